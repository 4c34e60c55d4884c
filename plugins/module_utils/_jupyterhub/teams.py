# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Teams as JupyterHub's groups. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def teams(given: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield each team, then the teams below it. A team is ``{name, members, children}``, all but the name may be missing."""
    for team in given:
        yield team
        yield from teams(team.get("children") or ())


def groups(given: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Return ``JupyterHub.load_groups``: every team's name with the names of its members, sorted."""
    return {
        str(team["name"]): {"users": sorted({str(name) for name in team.get("members") or ()})} for team in teams(given)
    }
