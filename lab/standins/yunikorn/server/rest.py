# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YuniKorn's REST paths in its shapes: https://yunikorn.apache.org/docs/api/scheduler and its package ``dao``.

Amounts are integers: vcore in thousandths, memory in bytes. Fields that are empty or zero are left out, but for those that are named to ``lean``.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from .cluster import Node, Pod
from .config import Struct, shown
from .placement import RECOVERY
from .quantity import minus, total
from .queues import Queue
from .scheduler import LIVE, Application, Scheduler

LOG = logging.getLogger("yunikorn.rest")

JSON = "application/json; charset=UTF-8"
YAML = "application/x-yaml; charset=UTF-8"
NOT_RECORDED = "X-Standin-Verdict"
"""Set to ``not recorded`` where a verdict is the stand-in's own, for the real YuniKorn was never asked about the config."""
BODY_LIMIT = 4 * 2**20


@dataclass(frozen=True)
class Answer:
    """What a request gets."""

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class RestError(Exception):
    """An error in YuniKorn's shape."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    return Answer(status, JSON, json.dumps(value, separators=(",", ":")).encode() + b"\n", headers or {})


def lean(fields: Mapping[str, Any], *kept: str) -> dict[str, Any]:
    """The fields that hold something, and those that are always there."""
    return {name: value for name, value in fields.items() if value or name in kept}


def nanoseconds(seconds: float) -> int:
    """A time as YuniKorn has most."""
    return int(seconds * 1000) * 1_000_000


class Rest:
    """Answers requests about a scheduler. ``version`` is YuniKorn's whose shapes these are."""

    def __init__(self, scheduler: Scheduler, version: str) -> None:
        self.scheduler = scheduler
        self.version = version
        self.instance = str(uuid.UUID(int=int(scheduler.started * 1e6)))
        partition = r"/ws/v1/partition/(?P<partition>[^/]+)"
        queue = rf"{partition}/queue/(?P<queue>[^/]+)"
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", r"/ws/v1/clusters", self.clusters),
            ("GET", r"/ws/v1/config", self.config),
            ("POST", r"/ws/v1/validate-conf", self.validate),
            ("GET", r"/ws/v1/partitions", self.partitions),
            ("GET", rf"{partition}/queues", self.queues),
            ("GET", queue, self.queue),
            ("GET", rf"{queue}/applications", self.queue_applications),
            ("GET", rf"{queue}/applications/(?P<state>[^/]+)", self.queue_applications),
            ("GET", rf"{queue}/application/(?P<name>[^/]+)", self.application),
            ("GET", rf"{partition}/application/(?P<name>[^/]+)", self.application),
            ("GET", rf"{partition}/applications/(?P<state>[^/]+)", self.applications),
            ("GET", rf"{partition}/usage/users", self.users),
            ("GET", rf"{partition}/usage/user/(?P<name>[^/]+)", self.user),
            ("GET", rf"{partition}/usage/groups", self.groups),
            ("GET", rf"{partition}/usage/group/(?P<name>[^/]+)", self.group),
            ("GET", rf"{partition}/nodes", self.nodes),
            ("GET", rf"{partition}/node/(?P<name>[^/]+)", self.node),
            ("GET", rf"{partition}/placementrules", self.rules),
            ("GET", r"/ws/v1/scheduler/healthcheck", self.health),
            ("GET", r"/ws/v1/events/batch", self.events),
            ("GET", r"/ws/v1/metrics", self.metrics),
        ]
        self._routes = [(method, re.compile(path), answer) for method, path, answer in routes]

    def answer(self, method: str, target: str, accept: str = "", body: bytes = b"") -> Answer:
        """Answer one request; ``target`` is its path with the query."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        allowed = False
        for verb, pattern, handler in self._routes:
            match = pattern.fullmatch(parts.path)
            if not match:
                continue
            allowed = True
            if verb != method:
                continue
            given = {name: unquote(value) for name, value in match.groupdict().items()}
            try:
                with self.scheduler.lock:
                    if given.pop("partition", "default") != "default":
                        raise RestError(404, "Partition not found")
                    return handler(_Request(given, query, accept, body))
            except RestError as error:
                message = str(error)
                fields = {"status_code": error.status, "message": message, "description": message}
                return as_json(fields, error.status)
        if allowed:
            return Answer(405, "text/plain; charset=utf-8", b"Method Not Allowed\n")
        return Answer(404, "text/plain; charset=utf-8", b"404 page not found\n")

    # --- the cluster and its configuration ----------------------------------------------------------------------
    def clusters(self, request: _Request) -> Answer:
        """Says the version, and that this is no YuniKorn."""
        build = {
            "arch": "amd64",
            "buildDate": "1970-01-01T00:00:00+0000",
            "buildVersion": f"{self.version}+standin",
            "isPluginVersion": "false",
            "rmId": self._cluster,
        }
        return as_json(
            [
                {
                    "startTime": nanoseconds(self.scheduler.started),
                    "rmBuildInformation": [build],
                    "partition": "default",
                    "clusterName": "kubernetes",
                }
            ]
        )

    @property
    def _cluster(self) -> str:
        return self.scheduler.settings.get("service.clusterId", "mycluster")

    def config(self, request: _Request) -> Answer:
        """The config in force: YAML, or JSON for who accepts just that."""
        config = {**self.scheduler.config, "Checksum": self.scheduler.checksum}
        if request.accept == "application/json":
            more = lean({"Extra": self.scheduler.extra})
            flags = {"DeadlockDetectionEnabled": False, "DeadlockTimeoutSeconds": 60}
            return as_json({**shown("SchedulerConfig", config, json=True), **more, **flags})
        more = lean({"extra": self.scheduler.extra})
        flags = {"deadlockdetectionenabled": False, "deadlocktimeoutseconds": 60}
        text = yaml.safe_dump(
            {**shown("SchedulerConfig", config, json=False), **more, **flags}, sort_keys=False, width=10**6
        )
        return Answer(200, YAML, text.encode())

    def validate(self, request: _Request) -> Answer:
        """The validator's verdict, which does not say whether the config can be put in force."""
        verdict = self.scheduler.recorded.verdict(request.body.decode("utf-8", "replace"))
        headers = {} if verdict.recorded else {NOT_RECORDED: "not recorded"}
        return as_json(lean({"allowed": not verdict.reason, "reason": verdict.reason}, "allowed"), headers=headers)

    def partitions(self, request: _Request) -> Answer:
        """Every partition of the config; nodes and applications are in ``default`` alone."""
        return as_json([self._partition(each) for each in self.scheduler.config["Partitions"]])

    def _partition(self, config: Struct) -> dict[str, Any]:
        here = config["Name"] == "default"
        known = self.scheduler
        capacity = known.capacity() if here else {}
        used = known.allocated(known.root) if here and known.root else {}
        states: dict[str, int] = {}
        everyone = [*known.applications.values(), *known.completed, *known.rejected] if here else []
        for each in everyone:
            states[each.state] = states.get(each.state, 0) + 1
        preemption, sorting = config["Preemption"], config["NodeSortPolicy"]
        weights = {"vcore": 1.0, "memory": 1.0}
        return lean(
            {
                "clusterId": self._cluster,
                "name": config["Name"],
                "capacity": lean({"capacity": capacity, "usedCapacity": used, "utilization": _percent(used, capacity)}),
                "nodeSortingPolicy": {
                    "type": sorting["Type"] or "fair",
                    "resourceWeights": sorting["ResourceWeights"] or weights,
                },
                "preemptionEnabled": preemption["Enabled"] is not False,
                "quotaPreemptionEnabled": bool(preemption["QuotaPreemptionEnabled"]),
                "totalNodes": len(known.nodes) if here else 0,
                "applications": {**states, "total": len(everyone)} if everyone else {},
                "totalContainers": sum(len(each.running) for each in known.applications.values()) if here else 0,
                "state": "Active",
                "lastStateTransitionTime": nanoseconds(known.started),
            },
            *("clusterId", "name", "capacity", "nodeSortingPolicy", "preemptionEnabled", "quotaPreemptionEnabled"),
        )

    def rules(self, request: _Request) -> Answer:
        """The placement rules in force, the one for recovery last."""
        recovery = {"name": "recovery", "parameters": {"queue": RECOVERY}}
        return as_json([*(self._rule(rule) for rule in self.scheduler.rules), recovery])

    def _rule(self, rule: Struct) -> dict[str, Any]:
        kind = rule["Name"].lower()
        named = {"fixed": {"queue": rule["Value"]}, "tag": {"tagName": rule["Value"]}}.get(kind, {})
        given = rule["Filter"]
        lists = {"userList": given["Users"], "groupList": given["Groups"]}
        return lean(
            {
                "name": kind,
                "parameters": {**named, "create": str(rule["Create"]).lower()},
                "filter": lean({"type": given["Type"] or "allow", **lists}) if any(lists.values()) else {},
                "parentRule": self._rule(rule["Parent"]) if rule["Parent"] else {},
            },
            "name",
        )

    # --- queues -------------------------------------------------------------------------------------------------
    @property
    def _root(self) -> Queue:
        if self.scheduler.root is None:
            raise RestError(404, "Partition not found")
        return self.scheduler.root

    def _found(self, request: _Request) -> Queue:
        queue = self._root.find(request.given["queue"])
        if queue is None:
            raise RestError(404, "Queue not found")
        return queue

    def queues(self, request: _Request) -> Answer:
        """The whole tree."""
        return as_json({**self._queue(self._root, True), "partition": "default"})

    def queue(self, request: _Request) -> Answer:
        """One queue, with ``?subtree`` and all below it."""
        return as_json(self._queue(self._found(request), "subtree" in request.query))

    def _queue(self, queue: Queue, deep: bool) -> dict[str, Any]:
        known = self.scheduler
        inside = known.within(queue)
        properties = queue.properties()
        allocated, maximum = known.allocated(queue), known.maximum(queue)
        sorting = properties.get("application.sort.policy", "fifo")
        return lean(
            {
                "queuename": queue.path,
                "status": queue.status,
                "partition": "",
                "pendingResource": total(pod.resource for each in inside for pod in each.waiting),
                "maxResource": dict(maximum),
                "guaranteedResource": dict(queue.wanted.resources["Guaranteed"]),
                "allocatedResource": allocated,
                "headroom": known.headroom(queue),
                "isLeaf": queue.leaf,
                "isManaged": queue.managed,
                "properties": properties,
                "parent": queue.parent.path if queue.parent else "",
                "template": lean(queue.wanted.template.shown()) if queue.wanted.template else {},
                "children": [self._queue(each, True) for each in queue.children.values()] if deep else [],
                "childNames": [each.path for each in queue.children.values()],
                "absUsedCapacity": _percent(allocated, maximum),
                "maxRunningApps": queue.wanted.applications,
                "runningApps": sum(each.state in ("Running", "Completing") for each in inside),
                "currentPriority": max((pod.priority for each in inside for pod in each.waiting), default=-(2**31)),
                "allocatingAcceptedApps": [each.id for each in inside if each.state == "Accepted" and each.running],
                "sortingPolicy": (sorting if sorting in ("fifo", "fair") else "fifo") if queue.leaf else "fair",
                "prioritySorting": properties.get("application.sort.priority") != "disabled",
                "preemptionEnabled": properties.get("preemption.policy") != "disabled",
                "isPreemptionFence": properties.get("preemption.policy") == "fence",
                "preemptionDelay": properties.get("preemption.delay", "30s"),
                "quotaPreemptionDelay": properties.get("quota.preemption.delay", "0s"),
                "isPriorityFence": properties.get("priority.policy") == "fence",
                "priorityOffset": _integer(properties.get("priority.offset", "0")),
            },
            *("queuename", "partition", "isLeaf", "isManaged", "currentPriority", "prioritySorting"),
            *("preemptionEnabled", "isPreemptionFence", "isPriorityFence"),
        )

    # --- applications -------------------------------------------------------------------------------------------
    def queue_applications(self, request: _Request) -> Answer:
        """Those of one queue."""
        queue = self._found(request)
        if request.given.get("state", "active") != "active":
            raise RestError(400, "Only following application states are allowed: active")
        status = request.query.get("status", [""])[0].lower()
        here = [each for each in self.scheduler.applications.values() if each.queue is queue]
        return as_json([self._application(each) for each in here if status in ("", each.state.lower())])

    def applications(self, request: _Request) -> Answer:
        """Those of the partition in a state."""
        known = self.scheduler
        lists = {
            "active": list(known.applications.values()),
            "completed": known.completed,
            "rejected": known.rejected,
        }
        state = request.given["state"].lower()
        if state not in lists:
            raise RestError(400, "Only following application states are allowed: active, rejected, completed")
        return as_json([self._application(each) for each in lists[state]])

    def application(self, request: _Request) -> Answer:
        """One, in a queue where one is given."""
        queue = self._found(request) if "queue" in request.given else None
        found = self.scheduler.applications.get(request.given["name"])
        if found is None or (queue and found.queue is not queue):
            raise RestError(404, "Application not found")
        return as_json(self._application(found))

    def _application(self, one: Application) -> dict[str, Any]:
        return lean(
            {
                "applicationID": one.id,
                "usedResource": one.used,
                "maxUsedResource": dict(one.most),
                "pendingResource": total(pod.resource for pod in one.waiting),
                "partition": "default",
                "queueName": one.queue.path if one.queue else one.asked,
                "submissionTime": nanoseconds(one.submitted),
                "finishedTime": nanoseconds(one.finished),
                "requests": [self._request(one, pod) for pod in one.waiting],
                "allocations": [self._allocation(one, pod) for pod in one.running],
                "applicationState": one.state,
                "user": one.user,
                "groups": list(one.groups),
                "rejectedMessage": one.message,
                "stateLog": [{"time": nanoseconds(time), "applicationState": state} for time, state in one.states],
                "maxRequestPriority": max((pod.priority for pod in one.waiting), default=0),
                "startTime": int(one.started * 1000),
            },
            *("applicationID", "partition", "queueName", "submissionTime"),
        )

    @staticmethod
    def _asked(one: Application, pod: Pod) -> dict[str, Any]:
        return {
            "allocationKey": pod.uid,
            "allocationTags": {"kubernetes.io/meta/namespace": pod.namespace, "kubernetes.io/meta/podName": pod.name},
            "requestTime": nanoseconds(pod.created),
            "resource": dict(pod.resource),
            "priority": str(pod.priority),
            "applicationId": one.id,
        }

    def _request(self, one: Application, pod: Pod) -> dict[str, Any]:
        return {**self._asked(one, pod), "schedulingAttempted": True}

    def _allocation(self, one: Application, pod: Pod) -> dict[str, Any]:
        return {**self._asked(one, pod), "allocationTime": nanoseconds(one.started), "nodeId": pod.node}

    # --- usage --------------------------------------------------------------------------------------------------
    def _live(self) -> list[Application]:
        return [each for each in self.scheduler.applications.values() if each.state in LIVE]

    def _limited(self, names: str) -> list[str]:
        found = {name for queue in self._root.down for limit in queue.wanted.limits for name in getattr(limit, names)}
        return sorted(found)

    def users(self, request: _Request) -> Answer:
        """Everybody who uses something or has a limit."""
        names = {each.user for each in self._live()} | (set(self._limited("users")) - {"*"})
        return as_json([self._user(name) for name in sorted(names)])

    def user(self, request: _Request) -> Answer:
        """One user."""
        name = request.given["name"]
        if name not in {each.user for each in self._live()} | (set(self._limited("users")) - {"*"}):
            raise RestError(404, "User not found")
        return as_json(self._user(name))

    def _user(self, name: str) -> dict[str, Any]:
        own = [each for each in self._live() if each.user == name]
        return lean(
            {
                "userName": name,
                "groups": {each.id: each.group for each in own if each.group},
                "queues": self._usage(self._root, own, name, "users"),
            },
            "userName",
        )

    def groups(self, request: _Request) -> Answer:
        """Those that a limit names."""
        return as_json([self._group(name) for name in self._limited("groups")])

    def group(self, request: _Request) -> Answer:
        """One group."""
        if request.given["name"] not in self._limited("groups"):
            raise RestError(404, "Group not found")
        return as_json(self._group(request.given["name"]))

    def _group(self, name: str) -> dict[str, Any]:
        own = [each for each in self._live() if each.group == name]
        return lean(
            {
                "groupName": name,
                "applications": [each.id for each in own],
                "queues": self._usage(self._root, own, name, "groups"),
            },
            "groupName",
        )

    def _usage(self, queue: Queue, own: Sequence[Application], name: str, names: str) -> dict[str, Any]:
        """What somebody uses in a queue and below it; queues without usage and limit are left out."""
        below = [self._usage(child, own, name, names) for child in queue.children.values()]
        inside = set(map(id, self.scheduler.within(queue)))
        here = [each for each in own if id(each) in inside]
        limit = self.scheduler.limit(queue, name, names)
        exact = limit if limit and (here or name in getattr(limit, names)) else None
        fields = {
            "queuePath": queue.path,
            "resourceUsage": total(each.used for each in here),
            "runningApplications": [each.id for each in here],
            "maxResources": dict(exact.resources) if exact else {},
            "maxApplications": exact.applications if exact else 0,
            "children": [each for each in below if len(each) > 1],
        }
        return lean(fields, "queuePath")

    # --- nodes --------------------------------------------------------------------------------------------------
    def nodes(self, request: _Request) -> Answer:
        """All nodes."""
        return as_json([self._node(node) for node in self.scheduler.nodes])

    def node(self, request: _Request) -> Answer:
        """One node."""
        for node in self.scheduler.nodes:
            if node.name == request.given["name"]:
                return as_json(self._node(node))
        raise RestError(404, "Node not found")

    def _on(self, node: Node) -> Iterable[tuple[Application, Pod]]:
        for application in self.scheduler.applications.values():
            for pod in application.running:
                if pod.node == node.name:
                    yield application, pod

    def _node(self, node: Node) -> dict[str, Any]:
        here = list(self._on(node))
        allocated = total(pod.resource for _, pod in here)
        return lean(
            {
                "nodeID": node.name,
                "hostName": node.attributes["si.io/hostname"],
                "rackName": node.attributes["si.io/rackname"],
                "attributes": dict(node.attributes),
                "capacity": dict(node.capacity),
                "allocated": allocated,
                "available": minus(node.capacity, allocated),
                "utilized": _percent(allocated, node.capacity),
                "allocations": [self._allocation(*each) for each in here],
                "schedulable": node.schedulable,
                "isReserved": False,
            },
            *("nodeID", "schedulable", "isReserved"),
        )

    # --- health -------------------------------------------------------------------------------------------------
    def health(self, request: _Request) -> Answer:
        """Whether what is counted fits together."""
        over = [
            node.name
            for node in self.scheduler.nodes
            if any(
                value < 0 for value in minus(node.capacity, total(pod.resource for _, pod in self._on(node))).values()
            )
        ]
        known = {node.name for node in self.scheduler.nodes}
        orphans = sorted(
            {pod.node for each in self.scheduler.applications.values() for pod in each.running if pod.node not in known}
        )
        checks = [
            (
                "Consistency of data",
                "Check if node's allocated resource <= total resource of the node",
                f"Nodes with inconsistent data: [{' '.join(over)}]",
                not over,
            ),
            (
                "Consistency of data",
                "Check if allocated nodes are registered",
                f"Nodes that are not registered: [{' '.join(orphans)}]",
                not orphans,
            ),
        ]
        fields = ("Name", "Description", "DiagnosisMessage", "Succeeded")
        described = [dict(zip(fields, check, strict=True)) for check in checks]
        return as_json({"Healthy": all(check["Succeeded"] for check in described), "HealthChecks": described})

    def events(self, request: _Request) -> Answer:
        """Events by number, ``?start=&count=``."""
        known = self.scheduler
        try:
            start = int(request.query.get("start", ["0"])[0])
            count = int(request.query.get("count", ["10000"])[0])
        except ValueError as error:
            raise RestError(400, str(error)) from error
        if start < 0 or count <= 0:
            raise RestError(400, "start must be 0 or more, count 1 or more")
        skip = max(0, start - known.first_event)
        records = [
            lean(
                {
                    "type": event.kind,
                    "objectID": event.object,
                    "message": event.message,
                    "timestampNano": nanoseconds(event.time),
                    "eventChangeType": event.change,
                    "eventChangeDetail": event.detail,
                    "referenceID": event.reference,
                    "resource": {},
                },
                "resource",
            )
            for event in known.events[skip : skip + count]
        ]
        return as_json(
            {
                "InstanceUUID": self.instance,
                "LowestID": known.first_event,
                "HighestID": max(known.first_event, known.first_event + len(known.events) - 1),
                "EventRecords": records,
            }
        )

    def metrics(self, request: _Request) -> Answer:
        """Prometheus' text format."""
        known = self.scheduler
        resources = ["# HELP yunikorn_queue_resource Queue resource metrics.", "# TYPE yunikorn_queue_resource gauge"]
        applications = ["# HELP yunikorn_queue_app Queue application metrics.", "# TYPE yunikorn_queue_app gauge"]
        for queue in known.root.down if known.root else ():
            inside = known.within(queue)
            amounts = {
                "allocated": known.allocated(queue),
                "guaranteed": queue.wanted.resources["Guaranteed"],
                "max": known.maximum(queue),
                "pending": total(pod.resource for each in inside for pod in each.waiting),
            }
            for state, amount in amounts.items():
                for resource, value in amount.items():
                    labels = f'queue="{queue.path}",resource="{resource}",state="{state}"'
                    resources.append(f"yunikorn_queue_resource{{{labels}}} {value}")
            for state in ("accepted", "running", "completing"):
                value = sum(each.state.lower() == state for each in inside)
                applications.append(f'yunikorn_queue_app{{queue="{queue.path}",state="{state}"}} {value}')
        lines = "\n".join([*applications, *resources])
        return Answer(200, "text/plain; version=0.0.4; charset=utf-8", f"{lines}\n".encode())


@dataclass(frozen=True)
class _Request:
    given: Mapping[str, str]
    query: Mapping[str, list[str]]
    accept: str
    body: bytes


def _percent(used: Mapping[str, int], of: Mapping[str, int]) -> dict[str, int]:
    return {name: 100 * value // of[name] for name, value in used.items() if of.get(name)}


def _integer(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,10}", text) else 0


class Server(ThreadingHTTPServer):
    """The REST service of a scheduler."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], rest: Rest) -> None:
        super().__init__(address, _Handler)
        self.rest = rest


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Read the body and answer."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(self.rfile.read(length))

    def _answer(self, body: bytes) -> None:
        answer = self.server.rest.answer(self.command, self.path, self.headers.get("Accept", ""), body)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Every request, where one wants to see them."""
        LOG.debug(format, *args)
