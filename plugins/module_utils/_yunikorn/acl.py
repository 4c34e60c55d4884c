# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Reads an access list as a running YuniKorn does, which is not how its validator reads it. Source: yunikorn-core ``pkg/common/security/acl.go``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import gotext

EVERYONE = "*"

_USER = re.compile(r"[_a-zA-Z][a-zA-Z0-9_.@-]*[$]?")
_GROUP = re.compile(r"[_a-zA-Z][a-zA-Z0-9_-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Whom an access list lets in. ``dropped`` are the names that YuniKorn leaves out without a word.

    ``broken`` tells that the scheduler refuses the list when it builds the queue.
    """

    everyone: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    broken: bool = False

    @property
    def anyone(self) -> bool:
        """Whether at least somebody is let in."""
        return self.everyone or bool(self.users or self.groups)


def parse(text: str) -> Access:
    """Return what ``text`` means: users, one blank, groups, each divided by commas; ``*`` for everyone, empty for nobody."""
    if not text:
        return Access()
    lists = text.split(" ")
    if len(lists) > 2:
        return Access(broken=True)
    users, groups = lists[0].split(","), lists[1].split(",") if len(lists) == 2 else []
    if gotext.trim(text) == EVERYONE or users == [EVERYONE] or groups == [EVERYONE]:
        return Access(everyone=True)
    named_users, named_groups = [name for name in users if name], [name for name in groups if name]
    return Access(
        users=tuple(name for name in named_users if _USER.fullmatch(name)),
        groups=tuple(name for name in named_groups if _GROUP.fullmatch(name)),
        dropped=(
            *(name for name in named_users if not _USER.fullmatch(name)),
            *(name for name in named_groups if not _GROUP.fullmatch(name)),
        ),
    )
