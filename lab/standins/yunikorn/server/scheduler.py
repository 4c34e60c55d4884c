# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scheduler knows and does about queues and applications, but for placing pods on nodes."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from . import configmaps
from .cluster import Node, Pod
from .config import DEFAULT, ConfigError, Struct, checksum, normal, read
from .placement import PROVIDED, place, recover
from .quantity import Resource, largest, total
from .queues import DRAINING, Limit, Queue, Wanted
from .recorded import Recorded

LOG = logging.getLogger("yunikorn")


def complain(message: str, reason: str) -> None:
    """Log an error as YuniKorn does, its reason as a field after a tab: there is no other place where it says why."""
    LOG.error("%s\t%s", message, json.dumps({"error": reason}, ensure_ascii=False))


CLEAN_SECONDS = 10.0
"""How often queues that came to their end are removed."""
COMPLETING_SECONDS = 30.0
"""How long an application without pods is kept for new ones."""
EVENTS_KEPT = 1000
LIVE = ("New", "Accepted", "Running", "Completing")


class FatalError(Exception):
    """What stops YuniKorn at start."""


@dataclass(eq=False)
class Application:
    """Pods with one application id; times are seconds since the epoch."""

    id: str
    user: str
    groups: tuple[str, ...]
    submitted: float
    queue: Queue | None = None
    asked: str = ""
    group: str = ""
    state: str = "New"
    states: list[tuple[float, str]] = field(default_factory=list)
    pods: dict[str, Pod] = field(default_factory=dict)
    started: float = 0
    finished: float = 0
    message: str = ""
    most: Mapping[str, int] = field(default_factory=dict)

    @property
    def running(self) -> list[Pod]:
        """Pods that have a node."""
        return [pod for pod in self.pods.values() if pod.node]

    @property
    def waiting(self) -> list[Pod]:
        """Pods without one."""
        return [pod for pod in self.pods.values() if not pod.node]

    @property
    def used(self) -> dict[str, int]:
        """What the placed pods ask for."""
        return total(pod.resource for pod in self.running)

    def turn(self, state: str, now: float) -> None:
        """Go to a state, if it is another one."""
        if state != self.state:
            self.state = state
            self.states.append((now, state))


@dataclass(frozen=True)
class Event:
    """An entry of ``events/batch``; ``kind``, ``change`` and ``detail`` are the numbers of YuniKorn's scheduler interface."""

    time: float
    kind: int
    object: str
    message: str
    change: int
    detail: int
    reference: str = ""


class Scheduler:
    """The state behind the REST paths; whoever reads or changes it holds ``lock``.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(self, recorded: Recorded, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.recorded = recorded
        self.clock = clock
        self.started = clock()
        self.settings: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.config: Struct = {}
        self.checksum = ""
        self.root: Queue | None = None
        self.rules: list[Struct] = []
        self.applications: dict[str, Application] = {}
        self.completed: list[Application] = []
        self.rejected: list[Application] = []
        self.nodes: list[Node] = []
        self.events: list[Event] = []
        self.first_event = 0
        self._seen: Mapping[str, str] | None = None
        self._refresh = True
        self._starting = True
        self._refused_pods: set[str] = set()
        self._cleaned = self.started

    # --- configuration ------------------------------------------------------------------------------------------
    def take(self, settings: Mapping[str, str]) -> None:
        """The merged ConfigMaps as they are now: started with, or taken up as far as a running YuniKorn does.

        Raises FatalError for what it does not start with.
        """
        if settings == self._seen:
            return
        first, self._seen = self._seen is None, dict(settings)
        bad = configmaps.bad_values(settings)
        if first:
            if bad:
                raise FatalError(f"Unable to bootstrap configuration: {'; '.join(bad)}")
            self._start(dict(settings))
        elif not self._refresh:
            LOG.info("hot-refresh disabled, skipping scheduler configuration update")
        elif bad:
            for each in bad:
                complain("failed to parse configmap entry", each)
            complain("Unable to update configmap, ignoring changes", "failed to load configmap")
        else:
            self._refresh = configmaps.hot_refresh(settings)
            self.extra = configmaps.extra(settings)
            refusal = self._reload(settings.get(configmaps.queues_key(self.settings)) or DEFAULT)
            if refusal:
                complain("reload configuration failed", refusal)

    def _start(self, settings: dict[str, str]) -> None:
        self.settings, self._refresh = settings, configmaps.hot_refresh(settings)
        self.extra = configmaps.extra(settings)
        text = settings.get(configmaps.queues_key(settings)) or DEFAULT
        refusal = self.recorded.verdict(text).reason
        stopped = self.recorded.refusal(text)
        if stopped and stopped.exits:
            refusal = stopped.reason
        try:
            config = normal(read(text)) if not refusal else {}
            wanted = self._wanted(config) if config else None
        except ValueError as error:
            refusal = str(error)
        if refusal:
            raise FatalError(f"Unable to start scheduler: failed to register shim with core: {refusal}")
        self.config, self.checksum = config, checksum(text)
        if wanted:
            self._follow(wanted)
            self.rules = [] if stopped else self._rules(config)
        if stopped:
            complain("placement rules not set, every application is rejected", stopped.reason)

    def _reload(self, text: str) -> str:
        """Put a config in force; the reason if it is refused, and then the old one stays."""
        if checksum(text) == self.checksum:
            return ""
        reason = self.recorded.verdict(text).reason
        if reason:
            return reason
        try:
            config = normal(read(text))
        except ConfigError as error:
            return str(error)
        if "default" not in [partition["Name"] for partition in config["Partitions"]]:
            # Upstream waits here for a lock that it holds, and every request after it; only a restart helps.
            LOG.error("partition default removed")
            threading.Thread(target=self._deadlock, daemon=True).start()
            return "deadlock"
        stopped = self.recorded.refusal(text)
        if stopped:
            return stopped.reason
        try:
            wanted = self._wanted(config)
        except ValueError as error:
            return f"configured queue creation failed: \n{error}"
        assert wanted
        self.config, self.checksum = config, checksum(text)
        self.rules = self._rules(config)
        self._follow(wanted)
        return ""

    def _deadlock(self) -> None:
        with self.lock:
            threading.Event().wait()

    @staticmethod
    def _partition(config: Struct) -> Struct | None:
        return next((each for each in config["Partitions"] if each["Name"] == "default"), None)

    def _wanted(self, config: Struct) -> Wanted | None:
        partition = self._partition(config)
        return Wanted.of(partition["Queues"][0]) if partition else None

    def _rules(self, config: Struct) -> list[Struct]:
        partition = self._partition(config)
        return list((partition or {}).get("PlacementRules") or [PROVIDED])

    def _follow(self, wanted: Wanted) -> None:
        if self.root is None:
            self.root = Queue(wanted)
            changes = [("added", queue) for child in wanted.children for _, queue in self.root.add(child)]
        else:
            changes = list(self.root.follow(wanted))
        for what, queue in changes:
            LOG.info("queue %s %s", queue.path, what)
            self._event(4, queue.path, what, *{"added": (2, 0), "changed": (1, 400), "drained": (1, 0)}[what])

    # --- applications -------------------------------------------------------------------------------------------
    def observe(self, nodes: Iterable[Node], pods: Iterable[Pod]) -> None:
        """The nodes and the pods as they are now."""
        now = self.clock()
        self.nodes = sorted(nodes, key=lambda node: node.name)
        alive: dict[str, dict[str, Pod]] = {}
        present = set()
        for pod in pods:
            present.add(pod.uid)
            if not pod.ended and pod.uid not in self._refused_pods:
                alive.setdefault(pod.application, {})[pod.uid] = pod
        self._refused_pods &= present
        for application in self.applications.values():
            application.pods = alive.pop(application.id, {})
            self._advance(application, now)
        for name, group in alive.items():
            self._submit(name, group, now)
        self._starting = False
        for application in [each for each in self.applications.values() if each.state == "Completed"]:
            self.completed.append(self.applications.pop(application.id))
        if now - self._cleaned >= CLEAN_SECONDS:
            self._cleaned = now
            self._clean()

    def _submit(self, name: str, pods: dict[str, Pod], now: float) -> None:
        first = min(pods.values(), key=lambda pod: pod.created)
        application = Application(name, first.user, first.groups, first.created, asked=first.queue, pods=pods)
        application.states.append((now, "New"))
        if self.root:
            application.queue = place(
                self.rules,
                self.root,
                queue=first.queue,
                namespace=first.namespace,
                user=first.user,
                groups=first.groups,
            )
            if application.queue is None and self.rules and self._starting and application.running:
                application.queue = recover(self.root)
        if application.queue is None:
            application.turn("Rejected", now)
            application.finished = now
            application.message = f"failed to place application {name}: application rejected: no placement rule matched"
            self._refused_pods.update(pods)
            self.rejected.append(application)
            LOG.info("%s", application.message)
            self._event(2, name, application.message, 3, 202)
            return
        application.group = self._group(application)
        self.applications[name] = application
        application.turn("Accepted", now)
        self._event(2, name, "", 2, 200, application.queue.path)
        self._advance(application, now)

    def _group(self, application: Application) -> str:
        """The first group with a limit, from the leaf up, that the user is in."""
        assert application.queue
        for queue in application.queue.up:
            for limit in queue.wanted.limits:
                for group in limit.groups:
                    if group == "*" or group in application.groups:
                        return group
        return ""

    @staticmethod
    def _advance(application: Application, now: float) -> None:
        application.most = largest(application.most, application.used)
        if application.running:
            application.started = application.started or now
            application.turn("Running", now)
        elif application.waiting:
            application.turn("Running" if application.started else "Accepted", now)
        elif application.state != "Completing":
            application.turn("Completing", now)
        elif now - application.states[-1][0] >= COMPLETING_SECONDS:
            application.finished = now
            application.turn("Completed", now)

    def _clean(self) -> None:
        """Remove draining queues and made ones that nothing is in any more, the lowest first."""
        for queue in reversed(list(self.root.down) if self.root else []):
            ended = queue.status == DRAINING or not queue.managed
            if ended and queue.parent and not queue.children and not self.within(queue):
                del queue.parent.children[queue.wanted.name]
                LOG.info("queue %s removed", queue.path)
                self._event(4, queue.path, "removed", 3, 0)

    # --- what is known ------------------------------------------------------------------------------------------
    def within(self, queue: Queue) -> list[Application]:
        """Applications in a queue and below it."""
        below = set(map(id, queue.down))
        return [each for each in self.applications.values() if id(each.queue) in below]

    def capacity(self) -> dict[str, int]:
        """What all nodes can give."""
        return total(node.capacity for node in self.nodes)

    def allocated(self, queue: Queue) -> dict[str, int]:
        """What placed pods ask for, in a queue and below it."""
        return total(application.used for application in self.within(queue))

    def maximum(self, queue: Queue) -> Resource:
        """A queue's own maximum; the root's is what the nodes can give."""
        return queue.wanted.resources["Max"] if queue.parent else self.capacity()

    def headroom(self, queue: Queue) -> dict[str, int]:
        """What is left of the maxima on the way up."""
        left: dict[str, int] = {}
        for each in queue.up:
            used = self.allocated(each)
            for name, value in self.maximum(each).items():
                left[name] = min(left.get(name, value), value - used.get(name, 0))
        return dict(sorted(left.items()))

    @staticmethod
    def limit(queue: Queue, name: str, names: str) -> Limit | None:
        """The limit of one of ``names`` ("users", "groups") in a queue, else that of everybody."""
        for wanted in (name, "*"):
            for limit in queue.wanted.limits:
                if wanted in getattr(limit, names):
                    return limit
        return None

    def _event(self, kind: int, name: str, message: str, change: int, detail: int, reference: str = "") -> None:
        self.events.append(Event(self.clock(), kind, name, message, change, detail, reference))
        excess = max(0, len(self.events) - EVENTS_KEPT)
        self.first_event += excess
        del self.events[:excess]
