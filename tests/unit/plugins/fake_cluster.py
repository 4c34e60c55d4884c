# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster on loopback, in memory: as much of an API server as holds ConfigMaps and pods, and a scheduler behind its proxy.

The scheduler loads what stands in the ConfigMaps at every write, as YuniKorn does. Its tree is made of the configuration by the
collection's own parser; what a configuration does to a running YuniKorn, and says of it, is told by the test.
"""

from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import parse, quantity, validate

NAMESPACE = "yunikorn"
PROXY = f"/api/v1/namespaces/{NAMESPACE}/services/yunikorn-service:9080/proxy"
MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
SCHEDULER_POD = "yunikorn-scheduler-0"
TOKEN = "the-token-of-the-admin"


def status(code: int, message: str) -> tuple[int, Any]:
    """An answer of the API server that something can't be done."""
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}


def amounts(pairs: parse.model.Pairs | None) -> dict[str, int]:
    """Resources in the integers that YuniKorn's REST has."""
    return {name: quantity.parse(text, name) for name, text in pairs or ()}


@dataclass
class Application:
    """A running application."""

    id: str
    queue: str
    user: str
    used: dict[str, int] = field(default_factory=lambda: {"vcore": 1000, "memory": 2**30})
    pending: dict[str, int] = field(default_factory=dict)
    state: str = "Running"


@dataclass
class Scheduler:
    """YuniKorn: the configuration in force, the applications, and the queues that drain."""

    text: str = ""
    key: str = "queues.yaml"
    applications: list[Application] = field(default_factory=list)
    draining: list[str] = field(default_factory=list)
    dynamic: list[str] = field(default_factory=list)
    capacity: dict[str, int] = field(default_factory=lambda: {"vcore": 16000, "memory": 64 * 2**30, "pods": 110})
    refuses: str = ""  # why it refuses to load what comes next
    disallows: str = ""  # what validate-conf says
    deaf: bool = False  # it sees no change and says nothing
    stuck: bool = False  # it takes the next configuration, but its queues stay as they are
    standing: dict[str, validate.Placed] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    healthy: bool = True
    log: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    validated: list[str] = field(default_factory=list)
    down: str = ""  # what the API server's proxy says of it
    broken: dict[str, tuple[int, Any]] = field(default_factory=dict)  # answers of single paths

    def complain(self, message: str, error: str) -> None:
        stamp = f"2026-11-25T10:00:{len(self.log):02d}.000000000Z"
        line = f"{stamp} {stamp}\tERROR\tshim.context\tcache/context.go:672\t{message}\t{json.dumps({'error': error})}"
        self.log.append(line)

    def load(self, merged: dict[str, str]) -> None:
        """Read the ConfigMaps, as at every write of one of them."""
        text = merged.get(self.key, "")
        if self.deaf or text == self.text:
            return
        if self.refuses:
            self.complain("reload configuration failed", self.refuses)
            return
        if merged.get("service.schedulingInterval", "1s") == "soon":
            self.complain("failed to parse configmap entry", 'time: invalid duration "soon"')
            self.complain("Unable to update configmap, ignoring changes", "failed to load configmap")
            return
        if self.stuck:
            self.standing = self.standing or self.configured()
        before = self.configured()
        self.text, self.extra = text, {key: value for key, value in merged.items() if not key.endswith(".yaml")}
        after = self.configured()
        if self.stuck:
            return
        self.draining = [name for name in (*self.draining, *before) if name not in after]
        self.clean()

    def clean(self) -> None:
        """Remove what has drained, as YuniKorn does every ten seconds."""
        used = {one.queue for one in self.applications}
        self.draining = [
            name for name in self.draining if any(one == name or one.startswith(f"{name}.") for one in used)
        ]

    def configured(self) -> dict[str, validate.Placed]:
        partitions = parse.parse(self.text).config.partitions
        if not partitions:
            return {}
        return {placed.name: placed for placed in validate.tree(partitions[0], "").walk()}

    def queues(self) -> dict[str, Any]:
        """The tree, as REST has it."""
        found: dict[str, dict[str, Any]] = {}
        configured = self.standing or self.configured()
        for name in sorted({"root", *configured, *self.draining, *self.dynamic}):
            placed = configured.get(name)
            running = [one for one in self.applications if one.queue == name or one.queue.startswith(f"{name}.")]
            used: dict[str, int] = {}
            pending: dict[str, int] = {}
            for one in running:
                for total, part in ((used, one.used), (pending, one.pending)):
                    for resource, amount in part.items():
                        total[resource] = total.get(resource, 0) + amount
            maximum = self.capacity if name == "root" else amounts(placed.queue.resources.max) if placed else {}
            leaf = placed is None or not (placed.queue.parent or placed.children)
            found[name] = {
                "queuename": name,
                "status": "Draining" if name in self.draining else "Active",
                "partition": "",
                "pendingResource": pending,
                "maxResource": maximum,
                "guaranteedResource": amounts(placed.queue.resources.guaranteed) if placed else {},
                "allocatedResource": used,
                "headroom": {key: value - used.get(key, 0) for key, value in maximum.items()},
                "isLeaf": leaf,
                "isManaged": name not in self.dynamic,
                "properties": dict(placed.queue.properties) if placed else {},
                "maxRunningApps": placed.queue.maxapplications if placed else 0,
                "runningApps": sum(one.state == "Running" for one in running),
                "children": [],
            }
        for name, queue in found.items():
            parent = name.rpartition(".")[0]
            if parent:
                found[parent]["children"].append(queue)
                found[parent]["isLeaf"] = False
        return found["root"]

    def usage(self, user: str) -> dict[str, Any]:
        """What a user has in each queue, from the root."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.applications:
            if one.user != user:
                continue
            for name in accumulate(one.queue.split("."), "{}.{}".format):
                if name not in found:
                    found[name] = {"queuePath": name, "resourceUsage": {}, "runningApplications": [], "children": []}
                    if "." in name:
                        found[name.rpartition(".")[0]]["children"].append(found[name])
                found[name]["runningApplications"].append(one.id)
                total = found[name]["resourceUsage"]
                for resource, amount in one.used.items():
                    total[resource] = total.get(resource, 0) + amount
        return found["root"]

    def answer(self, path: str, accept: str, body: bytes | None) -> tuple[int, Any]:
        """REST."""
        self.asked.append(path)
        if path in self.broken:
            return self.broken[path]
        if body is not None:
            assert path == "/ws/v1/validate-conf"
            self.validated.append(body.decode())
            return 200, {"allowed": False, "reason": self.disallows} if self.disallows else {"allowed": True}
        if path == "/ws/v1/config":
            assert accept != "application/json", "YuniKorn's JSON has Go's names"
            return 200, self._config()
        partition = "/ws/v1/partition/default"
        answers: dict[str, Any] = {
            "/ws/v1/clusters": [
                {
                    "startTime": 1764000000000000000,
                    "partition": "default",
                    "clusterName": "kubernetes",
                    "rmBuildInformation": [{"buildVersion": "1.9.0", "rmId": "mycluster"}],
                }
            ],
            "/ws/v1/partitions": [
                {
                    "clusterId": "mycluster",
                    "name": "default",
                    "capacity": {"capacity": self.capacity, "usedCapacity": {}, "utilization": {}},
                    "nodeSortingPolicy": {"type": "fair", "resourceWeights": {"memory": 1.0, "vcore": 1.0}},
                    "preemptionEnabled": True,
                    "quotaPreemptionEnabled": False,
                    "totalNodes": 2,
                    "applications": {"total": len(self.applications)},
                    "state": "Active",
                }
            ],
            f"{partition}/queues": self.queues(),
            f"{partition}/applications/active": [
                {
                    "applicationID": one.id,
                    "usedResource": one.used,
                    "pendingResource": one.pending,
                    "partition": "default",
                    "queueName": one.queue,
                    "submissionTime": 1764000000000000000,
                    "applicationState": one.state,
                    "user": one.user,
                    "groups": ["staff"],
                    "allocations": [],
                    "requests": [],
                }
                for one in self.applications
            ],
            f"{partition}/usage/users": [
                {
                    "userName": user,
                    "groups": {},
                    "queues": self.usage(user),
                }
                for user in sorted({one.user for one in self.applications})
            ],
            f"{partition}/usage/groups": [],
            "/ws/v1/scheduler/healthcheck": {
                "Healthy": self.healthy,
                "HealthChecks": [
                    {
                        "Name": "Scheduling errors",
                        "Succeeded": self.healthy,
                        "Description": "Check for scheduling error entries in metrics",
                        "DiagnosisMessage": f"There were {0 if self.healthy else 3} scheduling errors logged in the metrics",
                    }
                ],
            },
        }
        if path in answers:
            return 200, answers[path]
        return 404, {"status_code": 404, "message": "Queue not found", "description": "Queue not found"}

    def _config(self) -> str:
        document = yaml.safe_load(self.text) or {"partitions": []}
        document["checksum"] = checksum(self.text)
        document["extra"] = self.extra
        return yaml.safe_dump({**document, "deadlockdetectionenabled": False, "deadlocktimeoutseconds": 0})


def checksum(text: str) -> str:
    """YuniKorn's checksum of a configuration."""
    return hashlib.sha256(text.encode()).hexdigest().upper()


@dataclass
class FakeCluster:
    """The API server: what it holds, what it was asked to write, and what a test does right before a write."""

    url: str = ""
    maps: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: list[dict[str, Any]] = field(default_factory=list)
    scheduler: Scheduler = field(default_factory=Scheduler)
    writes: list[tuple[str, str]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    meanwhile: list[Any] = field(default_factory=list)
    denies: str = ""
    version: int = 100

    def put(self, name: str, data: dict[str, str], binary: dict[str, str] | None = None) -> None:
        """Place a ConfigMap, as somebody else does it."""
        self.version += 1
        meta = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "resourceVersion": str(self.version)}
        self.maps[name] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(data)}
        if binary:
            packed = {key: base64.b64encode(gzip.compress(text.encode())).decode() for key, text in binary.items()}
            self.maps[name]["binaryData"] = packed

    def runs(self, text: str, *, configs: dict[str, str] | None = None) -> None:
        """Begin with a scheduler that runs ``text`` from yunikorn-configs."""
        self.put("yunikorn-configs", {"queues.yaml": text, **(configs or {})})
        self.reload()

    def reload(self) -> None:
        self.scheduler.load(self.merged())

    def merged(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in ("yunikorn-defaults", "yunikorn-configs"):
            manifest = self.maps.get(name, {})
            found |= manifest.get("data") or {}
            for key, packed in (manifest.get("binaryData") or {}).items():
                name, _, form = key.rpartition(".")
                found[name] = gzip.decompress(base64.b64decode(packed)).decode() if form == "gz" else ""
        return found

    def text(self, name: str = "yunikorn-configs") -> str:
        return str(self.maps[name]["data"]["queues.yaml"])

    def answer(self, method: str, target: str, accept: str, body: bytes | None) -> tuple[int, Any]:
        parts = urlsplit(target)
        path, query = parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.requests.append((method, path))
        if path.startswith(PROXY):
            if self.scheduler.down:
                return status(503, self.scheduler.down)
            return self.scheduler.answer(path.removeprefix(PROXY), accept, body)
        if path == "/version":
            return 200, {"major": "1", "minor": "37", "gitVersion": "v1.37.2"}
        if path == "/version/openshift":
            return status(404, "the server could not find the requested resource")
        if path == "/apis":
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}
        if path == "/api/v1":
            verbs = ["create", "delete", "get", "list", "update"]
            resources = [
                {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": verbs}
                for name, kind in (("configmaps", "ConfigMap"), ("pods", "Pod"))
            ]
            return 200, {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources}
        if path == "/api/v1/pods":
            assert query == {"fieldSelector": "spec.schedulerName=yunikorn"}
            return 200, {"kind": "PodList", "apiVersion": "v1", "items": self.pods}
        if path == f"/api/v1/namespaces/{NAMESPACE}/pods":
            assert query == {"labelSelector": "app=yunikorn,component=yunikorn-scheduler"}
            pod = {"metadata": {"name": SCHEDULER_POD, "namespace": NAMESPACE}, "status": {"phase": "Running"}}
            return 200, {"kind": "PodList", "apiVersion": "v1", "items": [pod]}
        if path == f"/api/v1/namespaces/{NAMESPACE}/pods/{SCHEDULER_POD}/log":
            assert (query["container"], query["timestamps"]) == ("yunikorn-scheduler-k8s", "true")
            lines = [line for line in self.scheduler.log if line.split()[0] >= query.get("sinceTime", "")]
            return 200, "\n".join(lines[-int(query.get("tailLines", "0")) :])
        if path.startswith(MAPS):
            return self._config_map(method, path.removeprefix(MAPS).strip("/"), json.loads(body) if body else {})
        raise AssertionError(f"nobody should ask {method} {target}")

    def _config_map(self, method: str, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            if name in self.maps:
                return 200, copy.deepcopy(self.maps[name])
            return status(404, f'configmaps "{name}" not found')
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if method == "DELETE":
            wanted = body["preconditions"]
            found = self.maps[name]["metadata"]
            if wanted["resourceVersion"] != found["resourceVersion"] or wanted["uid"] != found["uid"]:
                return status(409, f'Operation cannot be fulfilled on configmaps "{name}": the precondition failed')
            self.writes.append((method, name))
            del self.maps[name]
            self.reload()
            return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        name = name or body["metadata"]["name"]
        if self.denies:
            return status(403, self.denies)
        if method == "POST" and name in self.maps:
            return status(409, f'configmaps "{name}" already exists')
        if method == "PUT" and body["metadata"]["resourceVersion"] != self.maps[name]["metadata"]["resourceVersion"]:
            changed = "the object has been modified; please apply your changes to the latest version and try again"
            return status(409, f'Operation cannot be fulfilled on configmaps "{name}": {changed}')
        self.writes.append((method, name))
        self.version += 1
        meta = {**body["metadata"], "uid": f"uid-{name}", "resourceVersion": str(self.version)}
        self.maps[name] = {**body, "metadata": meta}
        self.reload()
        return 200, copy.deepcopy(self.maps[name])


@contextmanager
def served(cluster: FakeCluster) -> Iterator[FakeCluster]:
    """Serve ``cluster`` on a free port of loopback; what a handler raises is raised here at the end."""
    faults: list[BaseException] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            cluster.headers.append(self.headers.get("Authorization") or "")
            try:
                code, answer = cluster.answer(self.command, self.path, self.headers["Accept"] or "", body)
            except BaseException as error:
                faults.append(error)
                code, answer = status(500, f"{type(error).__name__}: {error}")
            text = isinstance(answer, str)
            content = (answer if text else json.dumps(answer)).encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain" if text else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(ConnectionError):  # a client that has given up
                self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    for method in ("GET", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    cluster.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    if faults:
        raise faults[0]
