# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What changes of a queue configuration do to what runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .diff import Change
from .model import Config
from .state import State

LEVELS = ("safe", "delays", "disrupts")
"""Nothing that runs or waits is worse off; something has to wait; something may be stopped or never goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What one change does: ``change`` is its id, ``level`` one of :data:`LEVELS`, ``text`` a sentence or more for people.

    ``applications`` are the ids of the running ones that are affected, ``users`` their owners, both sorted.
    """

    change: str
    level: str
    text: str
    applications: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


def impact(changes: Sequence[Change], old: Config, new: Config, state: State | None = None) -> tuple[Effect, ...]:
    """Return the effect of each change. Without ``state`` the level is the worst that the configurations leave possible."""
    return tuple(Effect(change=change.id, level="disrupts", text="not known") for change in changes)
