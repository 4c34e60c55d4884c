# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Teams as an inventory has them: mappings in, :class:`~.model.Team` out, with every fault of their form. Pure.

A team is ``{name, members, default_of, group, guaranteed, max, per_user: {max, servers}, priority, children}``; all but the name may be
missing. Amounts are Kubernetes' quantities of ``cpu``, ``memory``, ``gpu`` (the site's GPU resource) or a resource's exact name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import quantity
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.quantity import MAX, VCORE

from .model import OWN, Amounts, Team, below

GPU = "nvidia.com/gpu"
KEYS = ("name", "members", "default_of", "group", "guaranteed", "max", "per_user", "priority", "children")
_PER_USER_KEYS = ("max", "servers")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PATH_LENGTH = 63
_EXACT = re.compile(
    r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|hugepages-[0-9]+[KMG]i"
)
_PLAIN = ("ephemeral-storage", "pods")
_PRIORITIES = range(-(2**31), 2**31)


def parse(given: Any, *, gpu_resource: str = GPU) -> tuple[tuple[Team, ...], tuple[str, ...]]:
    """Return the teams of ``given`` and what is wrong with their form; what is wrong counts as missing."""
    reading = _Reading(gpu_resource)
    teams = tuple(reading.teams(given, "platform_teams", "", ()))
    return teams, tuple(reading.reasons)


class _Reading:
    """One reading: values in, teams out, reasons on the way."""

    def __init__(self, gpu_resource: str) -> None:
        self._gpu = gpu_resource
        self.reasons: list[str] = []

    def teams(self, given: Any, place: str, path: str, above: tuple[int, ...]) -> Iterator[Team]:
        """Yield the teams of a list; ``above`` are the identities of the lists that hold it."""
        if given is None:
            return
        if id(given) in above:
            self._say(place, "the list contains itself")
        elif not _is_list(given):
            self._say(place, f"wanted a list of teams, not {given!r}")
        else:
            for number, each in enumerate(given, start=1):
                yield from self._team(each, f"{place}: team {number}", path, (*above, id(given)))

    def _team(self, given: Any, place: str, path: str, above: tuple[int, ...]) -> Iterator[Team]:
        if not isinstance(given, Mapping):
            self._say(place, f"wanted a mapping with a name, not {given!r}")
            return
        name = given.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            what = "the name is missing" if name is None else f"{name!r} is no name for a team"
            self._say(
                place, f"{what}; wanted small letters, digits and hyphens, at most 63, a letter or digit first and last"
            )
            return
        place = f"team {name}"
        path = below(path, name)
        self._unknown(place, given, KEYS)
        per_user = self._mapping(place, given, "per_user")
        self._unknown(f"{place}: per_user", per_user, _PER_USER_KEYS)
        team = Team(
            name=name,
            path=path,
            members=self._names(place, given, "members"),
            default_of=self._names(place, given, "default_of"),
            group=self._text(place, given, "group") or name,
            guaranteed={key: value for key, value in self._amounts(place, given, "guaranteed").items() if value},
            max=self._bound(place, given, "max"),
            per_user=self._bound(f"{place}: per_user", per_user, "max"),
            servers=self._whole(f"{place}: per_user", per_user, "servers", range(2**31)),
            priority=self._whole(place, given, "priority", _PRIORITIES),
            children=tuple(self.teams(given.get("children"), f"{place}: children", path, above)),
        )
        team = replace(team, peopled=bool(team.members or given.get("group")))
        if team.children and any(child.name == OWN for child in team.children):
            self._say(place, f"no team below it can have the name {OWN}, which its own members' queue has")
        if len(team.queue) > _PATH_LENGTH:
            self._say(
                place,
                f"its queue {team.queue} has {len(team.queue)} characters, and a pod's label at most {_PATH_LENGTH}; take shorter names",
            )
        yield team

    def _say(self, place: str, reason: str) -> None:
        self.reasons.append(f"{place}: {reason}")

    def _unknown(self, place: str, given: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in given:
            if key not in keys:
                self._say(place, f"{key!r} is no key, wanted one of {', '.join(keys)}")

    def _mapping(self, place: str, given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = given.get(key)
        if value is None or isinstance(value, Mapping):
            return value or {}
        self._say(place, f"{key} is {value!r}, wanted a mapping")
        return {}

    def _text(self, place: str, given: Mapping[str, Any], key: str) -> str:
        value = given.get(key)
        if value is None or isinstance(value, str):
            return value or ""
        self._say(place, f"{key} is {value!r}, wanted a text")
        return ""

    def _names(self, place: str, given: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = given.get(key)
        if value is None:
            return ()
        if not _is_list(value):
            self._say(place, f"{key} is {value!r}, wanted a list of user names")
            return ()
        found: dict[str, None] = {}
        for each in value:
            # The hub compares names in small letters.
            name = each.lower() if isinstance(each, str) else ""
            if not name or re.search(r"[\s/\x00-\x1f]", name):
                self._say(place, f"{key}: {each!r} is no user name; wanted a text without blanks and slashes")
            elif name in found:
                self._say(place, f"{key}: {name} is there twice")
            else:
                found[name] = None
        return tuple(found)

    def _whole(self, place: str, given: Mapping[str, Any], key: str, within: range) -> int:
        value = given.get(key)
        if value is None:
            return 0
        if isinstance(value, int) and not isinstance(value, bool) and value in within:
            return value
        self._say(place, f"{key} is {value!r}, wanted a whole number from {within[0]} to {within[-1]}")
        return 0

    def _bound(self, place: str, given: Mapping[str, Any], key: str) -> Amounts:
        found = self._amounts(place, given, key)
        if found and not any(found.values()):
            self._say(
                place,
                f"all of {key} is 0, which YuniKorn takes for no bound; leave it out, or bound something to more than 0",
            )
            return {}
        return found

    def _amounts(self, place: str, given: Mapping[str, Any], key: str) -> Amounts:
        found: dict[str, int] = {}
        for name, text in self._mapping(place, given, key).items():
            resource = {"cpu": VCORE, "gpu": self._gpu}.get(name, str(name))
            if (
                resource not in (VCORE, "memory", self._gpu, *_PLAIN) and not _EXACT.fullmatch(resource)
            ) or name == VCORE:
                self._say(
                    f"{place}: {key}",
                    f"{name!r} is no resource; wanted cpu, memory, gpu or an exact name such as {GPU}",
                )
                continue
            if resource in found:
                self._say(f"{place}: {key}", f"gpu and {resource} are the same resource; keep one")
                continue
            try:
                found[resource] = _amount(resource, text)
            except quantity.QuantityError as error:
                self._say(f"{place}: {key}.{name}", str(error))
        return found


def _amount(resource: str, text: Any) -> int:
    """Return a quantity as YuniKorn counts it; raise QuantityError for what it can't count."""
    value = quantity.parse(text) * (1000 if resource == VCORE else 1)
    if value != value.to_integral_value():
        finest = "no finer than a thousandth of a core" if resource == VCORE else "a whole number"
        raise quantity.QuantityError(f"{str(text)!r} can't be counted, wanted {finest}")
    if value > Decimal(MAX):
        raise quantity.QuantityError(f"{str(text)!r} is more than YuniKorn can count")
    return int(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
