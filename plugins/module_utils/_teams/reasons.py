# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What speaks against a site's teams, every reason at once. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.quantity import VCORE

from .model import Amounts, Team, walk
from .queues import text


def reasons(teams: Sequence[Team], fallback: Team, capacity: Amounts | None = None) -> list[str]:
    """Return why these teams can't share a cluster; an empty list where they can.

    ``fallback`` takes users without a team. ``capacity`` is what all nodes can give, None where that is unknown.
    """
    everybody = (*teams, fallback)
    return [
        *_twice(everybody),
        *_members(teams),
        *(reason for team in everybody for reason in _bounds(team, {}, {}, 0)),
        *_guaranteed("platform_teams", everybody, {}, capacity or {}, "the cluster's nodes have"),
    ]


def _twice(teams: Iterable[Team]) -> Iterator[str]:
    names, groups = defaultdict(list), defaultdict(list)
    for team in walk(teams):
        names[team.name].append(team.path)
        if team.peopled:
            groups[team.group].append(team.name)
    for name, paths in names.items():
        if len(paths) > 1:
            nested = next((longer for longer in paths for path in paths if longer.startswith(f"{path}.")), "")
            where = f"stands below itself ({nested})" if nested else f"is there {len(paths)} times ({', '.join(paths)})"
            yield f"team {name}: it {where}; a team's name is also its group and its shared folder, so give each its own"
    for group, owners in groups.items():
        if len(set(owners)) > 1:
            yield f"group {group}: it is the group of {' and '.join(owners)}; a group's servers can go to one queue alone"


def _members(teams: Sequence[Team]) -> Iterator[str]:
    homes, defaults = defaultdict(list), defaultdict(list)
    for team in walk(teams):
        if not team.peopled and not team.children:
            yield f"team {team.name}: it has neither members nor a group of the authenticator, so nobody could use it"
        for user in team.members:
            homes[user].append(team.name)
        for user in team.default_of:
            if user not in team.members:
                yield f"team {team.name}: default_of names {user}, who is no member"
            else:
                defaults[user].append(team.name)
    for user, names in homes.items():
        chosen = defaults[user]
        if len(names) > 1 and not chosen:
            yield f"user {user}: is in {' and '.join(names)} without a default; name {user} under default_of of one of them"
        elif len(chosen) > 1:
            yield f"user {user}: {' and '.join(chosen)} are both the default; keep one"


def _bounds(team: Team, above: Amounts, per_user: Amounts, servers: int) -> Iterator[str]:
    """Yield what is wrong with a team below these bounds, and with the teams below it."""
    place = f"team {team.name}"
    for name, value, bound in _over(team.max, above):
        yield f"{place}: max {name} is {value}, above {bound}, the most that a team above it has"
    bounds = {**above, **{name: min(value, above.get(name, value)) for name, value in team.max.items()}}
    for name, value, bound in _over(team.guaranteed, bounds):
        yield f"{place}: guaranteed {name} is {value}, above its max {bound}"
    for name, value, bound in _over(team.per_user, bounds):
        yield f"{place}: per_user.max {name} is {value}, above the team's max {bound}"
    for name, value, bound in _over(team.per_user, per_user):
        yield f"{place}: per_user.max {name} is {value}, above {bound}, which a user has in a team above it"
    if servers and team.servers > servers:
        yield f"{place}: per_user.servers is {team.servers}, above {servers}, which a user has in a team above it"
    yield from _guaranteed(place, team.children, team.guaranteed, bounds, "its max is")
    limits = {**per_user, **team.per_user}
    for child in team.children:
        yield from _bounds(child, bounds, limits, team.servers or servers)


def _guaranteed(place: str, teams: Iterable[Team], guaranteed: Amounts, bounds: Amounts, holder: str) -> Iterator[str]:
    total = _total(map(promised, teams))
    for name, value, bound in _over(total, guaranteed):
        yield f"{place}: the teams below it have {name} {value} guaranteed together, above its own guaranteed {bound}"
    for name, value, bound in _over({name: value for name, value in total.items() if name not in guaranteed}, bounds):
        yield f"{place}: {name} {value} is guaranteed together, and {holder} {bound}"


def promised(team: Team) -> dict[str, int]:
    """Return what is guaranteed to a team, or where it says nothing, to the teams below it."""
    return {**_total(map(promised, team.children)), **team.guaranteed}


def _total(amounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for each in amounts:
        for name, value in each.items():
            total[name] += value
    return total


def _over(amounts: Amounts, bounds: Amounts) -> Iterator[tuple[str, str, str]]:
    """Yield each resource of which there is more than its bound, as people write the three."""
    for name, value in amounts.items():
        if value > bounds.get(name, value):
            yield "cpu" if name == VCORE else name, text(value, name), text(bounds[name], name)
