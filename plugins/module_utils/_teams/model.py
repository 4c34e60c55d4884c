# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""A site's teams as values. Pure.

Amounts are YuniKorn's integers by YuniKorn's names: thousandths of a core under ``vcore``, bytes under ``memory``, counts of all else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.validate import ROOT

Amounts = Mapping[str, int]

OWN = "members"
"""The queue of the own members of a team that has teams below it: YuniKorn runs nothing in a queue that has queues below it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """A team and the teams below it.

    ``path`` is the full name of its queue. ``members`` are the hub's user names; ``default_of`` are those of them whose servers go here
    when they are in several teams. ``group`` is the hub's group, ``per_user`` and ``servers`` (0: any number) what each user may have.
    """

    name: str
    path: str = ""
    members: tuple[str, ...] = ()
    default_of: tuple[str, ...] = ()
    group: str = ""
    peopled: bool = False
    guaranteed: Amounts = field(default_factory=dict)
    max: Amounts = field(default_factory=dict)
    per_user: Amounts = field(default_factory=dict)
    servers: int = 0
    priority: int = 0
    children: tuple[Team, ...] = ()

    @property
    def queue(self) -> str:
        """The full name of the queue that takes its members' servers."""
        return f"{self.path}.{OWN}" if self.children else self.path


def walk(teams: Iterable[Team]) -> Iterator[Team]:
    """Yield each team, then the teams below it."""
    for team in teams:
        yield team
        yield from walk(team.children)


def below(path: str, name: str) -> str:
    """Return the full name of the queue ``name`` below ``path``, or below the root where that is empty."""
    return f"{path or ROOT}.{name}"
