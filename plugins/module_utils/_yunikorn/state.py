# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What a running scheduler says of itself: its REST answers, typed.

Nothing here is trusted. What is absent or has another form than YuniKorn 1.8 and 1.9 give it, is left out and named in
:attr:`State.unknown`; nothing is raised. Amounts are YuniKorn's whole numbers: thousandths of a core for ``vcore``, bytes for
``memory``, a count for anything else. Source: yunikorn-core ``pkg/webservice/dao``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .model import Config
from .parse import parse
from .validate import DEFAULT_PARTITION

PARTS = ("queues", "applications", "users", "groups", "capacity", "config", "version", "health")
"""What :attr:`State.unknown` can be about; the first word of each entry."""

Amounts = Mapping[str, int]
_T = TypeVar("_T")

# /ws/v1/config prints these beside the document.
_BESIDE_CONFIG = frozenset(("extra", "deadlockdetectionenabled", "deadlocktimeoutseconds"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod:
    """A pod of an application."""

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveQueue:
    """A queue that stands. ``status`` is ``Active``, ``Draining`` or ``Stopped``, ``managed`` tells a configured from a dynamic one.

    Text and switch are None where they are unknown; ``max`` is None where the queue has none. ``running`` counts applications,
    ``max_running`` is 0 where nothing bounds them. ``properties`` are those in force, inherited ones too.
    """

    name: str
    status: str | None = None
    leaf: bool | None = None
    managed: bool | None = None
    guaranteed: Amounts = field(default_factory=dict)
    max: Amounts | None = None
    allocated: Amounts = field(default_factory=dict)
    pending: Amounts = field(default_factory=dict)
    preempting: Amounts = field(default_factory=dict)
    headroom: Amounts = field(default_factory=dict)
    running: int = 0
    max_running: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """An application that has not ended. ``submitted`` is nanoseconds since 1970; ``pods`` are those that were joined to it."""

    id: str
    queue: str
    user: str = ""
    groups: tuple[str, ...] = ()
    state: str = ""
    used: Amounts = field(default_factory=dict)
    pending: Amounts = field(default_factory=dict)
    submitted: int = 0
    pods: tuple[Pod, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a user or a group uses in a queue and those below it, and the limits there."""

    name: str
    queue: str
    used: Amounts = field(default_factory=dict)
    running: tuple[str, ...] = ()
    max: Amounts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A scheduler's state. ``config`` is the text that is in force, ``active`` what it says, ``checksum`` that of the text it was loaded from.

    ``healthy`` is None where it is unknown; ``ailments`` are the health checks that failed. Each entry of ``unknown`` begins with
    one of :data:`PARTS` and a colon, and says what could not be read.
    """

    queues: Mapping[str, LiveQueue] = field(default_factory=dict)
    applications: tuple[Application, ...] = ()
    users: tuple[Usage, ...] = ()
    groups: tuple[Usage, ...] = ()
    capacity: Amounts = field(default_factory=dict)
    config: str = ""
    active: Config | None = None
    checksum: str = ""
    version: str = ""
    healthy: bool | None = None
    ailments: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def knows(self, part: str) -> bool:
        """Return whether all of ``part``, one of :data:`PARTS`, could be read."""
        return not any(entry.startswith(f"{part}:") for entry in self.unknown)


def paths(partition: str = DEFAULT_PARTITION) -> Mapping[str, str]:
    """Return the REST paths that :func:`read` looks at, by the part of the state that they answer."""
    return {
        "queues": f"/ws/v1/partition/{partition}/queues",
        "applications": f"/ws/v1/partition/{partition}/applications/active",
        "users": f"/ws/v1/partition/{partition}/usage/users",
        "groups": f"/ws/v1/partition/{partition}/usage/groups",
        "capacity": "/ws/v1/partitions",
        "config": "/ws/v1/config",
        "version": "/ws/v1/clusters",
        "health": "/ws/v1/scheduler/healthcheck",
    }


def read(
    answers: Mapping[str, Any],
    *,
    partition: str = DEFAULT_PARTITION,
    pods: Mapping[str, Sequence[Pod]] | None = None,
) -> State:
    """Return the state that ``answers`` tell: bodies by REST path, decoded from JSON, that of the config as YAML text.

    None stands for an answer that did not come. ``pods`` are the pods of an application by its id.
    """
    reading = _Reading(answers, paths(partition))
    config, active, checksum = reading.config()
    healthy, ailments = reading.health()
    return State(
        queues=reading.queues(),
        applications=reading.applications(pods or {}),
        users=reading.usages("users", "userName"),
        groups=reading.usages("groups", "groupName"),
        capacity=reading.capacity(partition),
        config=config,
        active=active,
        checksum=checksum,
        version=reading.version(),
        healthy=healthy,
        ailments=ailments,
        unknown=tuple(reading.unknown),
    )


class _Reading:
    """One reading: answers in, typed values out, what is unknown on the way."""

    def __init__(self, answers: Mapping[str, Any], places: Mapping[str, str]) -> None:
        self._answers = answers
        self._places = places
        self.unknown: list[str] = []

    def _answer(self, part: str, wanted: type[_T], form: str) -> _T | None:
        place = self._places[part]
        answer = self._answers.get(place)
        if answer is None:
            self.unknown.append(f"{part}: no answer from {place}")
        elif isinstance(answer, Mapping) and "status_code" in answer:
            self.unknown.append(f"{part}: {place} answers {answer['status_code']!r} {answer.get('message', '')!r}")
        elif isinstance(answer, wanted):
            return answer
        else:
            self.unknown.append(f"{part}: the answer of {place} is no {form}")
        return None

    def _typed(
        self, part: str, item: Mapping[str, Any], key: str, wanted: type[_T], form: str, place: str
    ) -> _T | None:
        """Return what stands under ``key``; None where it is absent or no ``wanted``, which is then unknown."""
        value = item.get(key)
        if value is None:
            return None
        if isinstance(value, wanted) and (wanted is not int or not isinstance(value, bool)):
            return value
        self.unknown.append(f"{part}: {place}{key} is no {form}")
        return None

    def _text(self, part: str, item: Mapping[str, Any], key: str, place: str) -> str | None:
        return self._typed(part, item, key, str, "text", place)

    def _flag(self, part: str, item: Mapping[str, Any], key: str, place: str) -> bool | None:
        return self._typed(part, item, key, bool, "switch", place)

    def _count(self, part: str, item: Mapping[str, Any], key: str, place: str) -> int:
        return self._typed(part, item, key, int, "whole number", place) or 0

    def _texts(self, part: str, item: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        found = self._typed(part, item, key, list, "list", place) or []
        texts = tuple(each for each in found if isinstance(each, str))
        if len(texts) != len(found):
            self.unknown.append(f"{part}: {place}{key} is no list of texts")
        return texts

    def _mapping(self, part: str, item: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] | None = self._typed(part, item, key, Mapping, "mapping", place)  # type: ignore[type-abstract]
        return found or {}

    def _amounts(self, part: str, item: Mapping[str, Any], key: str, place: str) -> dict[str, int]:
        found = self._mapping(part, item, key, place)
        amounts = {
            str(name): value for name, value in found.items() if isinstance(value, int) and not isinstance(value, bool)
        }
        if len(amounts) != len(found):
            self.unknown.append(f"{part}: {place}{key} is no mapping of whole numbers")
        return amounts

    def _items(self, part: str, items: list[Any], place: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                yield item, f"{place}[{index}]."
            else:
                self.unknown.append(f"{part}: {place}[{index}] is no mapping")

    # -- the parts -----------------------------------------------------------------------------------------------------

    def queues(self) -> dict[str, LiveQueue]:
        part = "queues"
        root: Mapping[str, Any] | None = self._answer(part, Mapping, "mapping")  # type: ignore[type-abstract]
        found: dict[str, LiveQueue] = {}
        waiting = [] if root is None else [(root, "")]
        while waiting:
            item, place = waiting.pop()
            name = self._text(part, item, "queuename", place)
            if name is None:
                self.unknown.append(f"{part}: {place}queuename is missing")
            else:
                found[name] = self._queue(name, item, place)
            children = self._typed(part, item, "children", list, "list", place) or []
            waiting += reversed(list(self._items(part, children, f"{place}children")))
        return found

    def _queue(self, name: str, item: Mapping[str, Any], place: str) -> LiveQueue:
        part = "queues"
        for key in ("status", "isLeaf", "isManaged"):
            if item.get(key) is None:
                self.unknown.append(f"{part}: {place}{key} is missing")
        return LiveQueue(
            name=name,
            status=self._text(part, item, "status", place),
            leaf=self._flag(part, item, "isLeaf", place),
            managed=self._flag(part, item, "isManaged", place),
            guaranteed=self._amounts(part, item, "guaranteedResource", place),
            max=self._amounts(part, item, "maxResource", place) or None,
            allocated=self._amounts(part, item, "allocatedResource", place),
            pending=self._amounts(part, item, "pendingResource", place),
            preempting=self._amounts(part, item, "preemptingResource", place),
            headroom=self._amounts(part, item, "headroom", place),
            running=self._count(part, item, "runningApps", place),
            max_running=self._count(part, item, "maxRunningApps", place),
            properties=self._properties(item, place),
        )

    def _properties(self, item: Mapping[str, Any], place: str) -> dict[str, str]:
        found = self._mapping("queues", item, "properties", place)
        texts = {str(name): value for name, value in found.items() if isinstance(value, str)}
        if len(texts) != len(found):
            self.unknown.append(f"queues: {place}properties is no mapping of texts")
        return texts

    def applications(self, pods: Mapping[str, Sequence[Pod]]) -> tuple[Application, ...]:
        part = "applications"
        found = []
        for item, place in self._items(part, self._answer(part, list, "list") or []):
            name = self._text(part, item, "applicationID", place)
            queue = self._text(part, item, "queueName", place)
            if not name or not queue:
                self.unknown.append(f"{part}: {place}applicationID or queueName is missing")
                continue
            found.append(
                Application(
                    id=name,
                    queue=queue,
                    user=self._text(part, item, "user", place) or "",
                    groups=self._texts(part, item, "groups", place),
                    state=self._text(part, item, "applicationState", place) or "",
                    used=self._amounts(part, item, "usedResource", place),
                    pending=self._amounts(part, item, "pendingResource", place),
                    submitted=self._count(part, item, "submissionTime", place),
                    pods=tuple(pods.get(name, ())),
                )
            )
        return tuple(sorted(found, key=lambda application: application.id))

    def usages(self, part: str, key: str) -> tuple[Usage, ...]:
        found = []
        for item, place in self._items(part, self._answer(part, list, "list") or []):
            name = self._text(part, item, key, place)
            if not name:
                self.unknown.append(f"{part}: {place}{key} is missing")
                continue
            waiting = [(self._mapping(part, item, "queues", place), f"{place}queues.")]
            while waiting:
                queue, where = waiting.pop()
                full_name = self._text(part, queue, "queuePath", where)
                if full_name:
                    found.append(
                        Usage(
                            name=name,
                            queue=full_name,
                            used=self._amounts(part, queue, "resourceUsage", where),
                            running=self._texts(part, queue, "runningApplications", where),
                            max=self._amounts(part, queue, "maxResources", where),
                        )
                    )
                children = self._typed(part, queue, "children", list, "list", where) or []
                waiting += self._items(part, children, f"{where}children")
        return tuple(sorted(found, key=lambda usage: (usage.name, usage.queue)))

    def capacity(self, partition: str) -> dict[str, int]:
        part = "capacity"
        answer = self._answer(part, list, "list")
        if answer is None:
            return {}
        for item, place in self._items(part, answer):
            if self._text(part, item, "name", place) == partition:
                return self._amounts(
                    part, self._mapping(part, item, "capacity", place), "capacity", f"{place}capacity."
                )
        self.unknown.append(f"{part}: {self._places[part]} has no partition {partition!r}")
        return {}

    def config(self) -> tuple[str, Config | None, str]:
        part = "config"
        content = self._answer(part, str, "text")
        if content is None:
            return "", None, ""
        document = parse(content)
        faults = [problem for problem in document.problems if problem.path not in _BESIDE_CONFIG]
        if faults:
            self.unknown.append(f"{part}: {faults[0]}")
        return content, None if faults else document.config, document.config.checksum

    def version(self) -> str:
        part = "version"
        answer = self._answer(part, list, "list")
        if answer is None:
            return ""
        for item, place in self._items(part, answer):
            builds = self._typed(part, item, "rmBuildInformation", list, "list", place) or []
            for build, where in self._items(part, builds, f"{place}rmBuildInformation"):
                version = self._text(part, build, "buildVersion", where)
                if version:
                    return version
        self.unknown.append(f"{part}: {self._places[part]} has no buildVersion")
        return ""

    def health(self) -> tuple[bool | None, tuple[str, ...]]:
        part = "health"
        answer: Mapping[str, Any] | None = self._answer(part, Mapping, "mapping")  # type: ignore[type-abstract]
        if answer is None:
            return None, ()
        healthy = self._flag(part, answer, "Healthy", "")
        if healthy is None:
            self.unknown.append(f"{part}: Healthy is missing")
        ailments = []
        for check, place in self._items(
            part, self._typed(part, answer, "HealthChecks", list, "list", "") or [], "HealthChecks"
        ):
            if self._flag(part, check, "Succeeded", place) is False:
                name, detail = (self._text(part, check, key, place) or "" for key in ("Name", "DiagnosisMessage"))
                ailments.append(f"{name}: {detail}" if detail else name)
        return healthy, tuple(ailments)
