# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YuniKorn's stand-in on a cluster of dictionaries: an API server on loopback, and a clock that is set."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lab.content.items import VERDICTS
from lab.standins.yunikorn import server
from lab.standins.yunikorn.server.__main__ import look
from lab.standins.yunikorn.server.cluster import Api
from lab.standins.yunikorn.server.recorded import Recorded
from lab.standins.yunikorn.server.rest import Answer, Rest
from lab.standins.yunikorn.server.scheduler import Scheduler

TOKEN = "not-a-secret"
START = 1_800_000_000.0
REFUSALS = Path(server.__file__).with_name("refusals.json")

QUEUES = """
partitions:
- name: default
  placementrules:
  - name: provided
    create: false
  queues:
  - name: root
    submitacl: '*'
    queues:
    - name: teaching
      resources:
        guaranteed: {memory: 1Gi, vcore: 500m}
        max: {memory: 4Gi, vcore: 2, nvidia.com/gpu: 1}
      limits:
      - {limit: each, users: ['*'], maxresources: {memory: 2Gi}, maxapplications: 2}
      - {limit: all, groups: [teaching], maxresources: {memory: 3Gi}}
    - name: research
      properties: {application.sort.policy: fair}
      queues:
      - name: gpu
        maxapplications: 5
"""


class Cluster:
    """Objects of the API by path; ``status`` other than 200 is what every request gets."""

    def __init__(self) -> None:
        self.configmaps: dict[str, dict[str, Any]] = {}
        self.pods: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        self.status = 200
        self.asked: list[str] = []

    def answer(self, target: str, authorization: str) -> tuple[int, Any]:
        """What the API server answers."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self.asked.append(parts.path)
        if authorization != f"Bearer {TOKEN}":
            return 401, {}
        if self.status != 200:
            return self.status, {}
        if parts.path == "/api/v1/nodes":
            return 200, {"items": self.nodes}
        if parts.path == "/api/v1/pods":
            [selector] = query["fieldSelector"]
            name = selector.removeprefix("spec.schedulerName=")
            return 200, {"items": [pod for pod in self.pods if pod["spec"]["schedulerName"] == name]}
        found = self.configmaps.get(parts.path.removeprefix("/api/v1/namespaces/yunikorn/configmaps/"))
        return (200, found) if found else (404, {})

    def config(self, text: str | None, **more: str) -> None:
        """Set the ConfigMap yunikorn-configs; ``service__clusterId`` stands for ``service.clusterId``."""
        data = {name.replace("__", "."): value for name, value in more.items()}
        self.configmaps["yunikorn-configs"] = {"data": data if text is None else {"queues.yaml": text, **data}}

    def node(self, name: str, **allocatable: str) -> None:
        """Add a ready node."""
        self.nodes.append(
            {
                "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
                "spec": {},
                "status": {"allocatable": allocatable, "conditions": [{"type": "Ready", "status": "True"}]},
            }
        )

    def pod(
        self,
        application: str,
        queue: str,
        *,
        user: str = "alice",
        groups: tuple[str, ...] = (),
        node: str = "w1",
        created: float = START,
        **requests: str,
    ) -> dict[str, Any]:
        """Add a pod, running unless ``node`` is empty, and return it."""
        name = f"{application}-{sum(pod['metadata']['labels']['applicationId'] == application for pod in self.pods)}"
        pod = {
            "metadata": {
                "name": name,
                "namespace": "hub",
                "uid": f"uid-{name}",
                "labels": {"applicationId": application, "queue": queue},
                "annotations": {
                    "yunikorn.apache.org/user.info": json.dumps({"user": user, "groups": list(groups)}),
                },
                "creationTimestamp": datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "spec": {
                "schedulerName": "yunikorn",
                **({"nodeName": node} if node else {}),
                "containers": [{"resources": {"requests": requests or {"cpu": "100m", "memory": "1Gi"}}}],
            },
            "status": {"phase": "Running" if node else "Pending"},
        }
        self.pods.append(pod)
        return pod

    def end(self, application: str) -> None:
        """Delete an application's pods."""
        self.pods = [pod for pod in self.pods if pod["metadata"]["labels"]["applicationId"] != application]


@pytest.fixture
def cluster() -> Cluster:
    """A cluster with one node and the queues above."""
    found = Cluster()
    found.node("w1", **{"cpu": "4", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "2"})
    found.config(QUEUES)
    return found


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A service account's folder."""
    (tmp_path / "token").write_text(TOKEN, encoding="ascii")
    return tmp_path


@contextlib.contextmanager
def serving(cluster: Cluster, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of the cluster's API server on loopback, with TLS where a context is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = cluster.answer(self.path, self.headers.get("Authorization", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield listener.server_port
    listener.shutdown()
    listener.server_close()


@pytest.fixture
def api(cluster: Cluster, account: Path) -> Iterator[Api]:
    """The API server on loopback, as the stand-in reads it."""
    with serving(cluster) as port:
        yield Api(f"http://127.0.0.1:{port}", account)


class World:
    """The stand-in, looked after by hand."""

    def __init__(self, cluster: Cluster, api: Api, recorded: Recorded) -> None:
        self.cluster = cluster
        self.api = api
        self.recorded = recorded
        self.now = START
        self.restart()

    def restart(self) -> None:
        """Begin as a new process does, before its first look."""
        self.scheduler = Scheduler(self.recorded, lambda: self.now)
        self.rest = Rest(self.scheduler, "1.8.0")

    def look(self, seconds: float = 0) -> None:
        """Let time pass and look at the cluster."""
        self.now += seconds
        look(self.api, self.scheduler, "yunikorn", "yunikorn")

    def ask(self, path: str, method: str = "GET", accept: str = "", body: str = "") -> Answer:
        """One request."""
        return self.rest.answer(method, f"/ws/v1/{path}", accept, body.encode())

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON at a path."""
        answer = self.ask(path, accept="application/json")
        assert (answer.status, answer.kind) == (status, "application/json; charset=UTF-8"), answer.body
        return json.loads(answer.body)

    def queue(self, path: str) -> Any:
        """A queue, None if there is none."""
        answer = self.ask(f"partition/default/queue/{path}")
        return json.loads(answer.body) if answer.status == 200 else None

    def rejected(self) -> dict[str, str]:
        """Application id → why it was rejected."""
        return {
            each["applicationID"]: each["rejectedMessage"]
            for each in self.get("partition/default/applications/rejected")
        }


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """The answers that go into the image."""
    return Recorded.load(VERDICTS, REFUSALS)


@pytest.fixture
def world(cluster: Cluster, api: Api, recorded: Recorded) -> World:
    """A stand-in that has looked at its cluster once."""
    found = World(cluster, api, recorded)
    found.look()
    return found
