# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Who belongs to which team, as the hub knows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Team, walk


def queue_of_group(teams: Iterable[Team]) -> dict[str, str]:
    """Return the full name of the queue that takes a group's servers, by the hub's group."""
    return {team.group: team.queue for team in walk(teams) if team.peopled}


def groups(teams: Iterable[Team]) -> dict[str, list[str]]:
    """Return the members that the inventory names, sorted, by the hub's group."""
    return {team.group: sorted(team.members) for team in walk(teams)}


def default_groups(teams: Iterable[Team]) -> dict[str, str]:
    """Return the group of the default team by the user who is in several."""
    return {user: team.group for team in walk(teams) for user in team.default_of}
