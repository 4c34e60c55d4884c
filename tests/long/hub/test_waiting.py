# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that waits in its queue while the hub restarts, by the real JupyterHub; only the pod is a file.

Needs neither root nor a lab: ``.venv/bin/pytest tests/long/hub``. The image's Python packages are kept in the cache.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import reasons
from tests.unit.plugins.module_utils.jupyterhub import inputs

from . import real_hub

# KubeSpawner, as far as the hub's program of the queues meets it. http_timeout is what JupyterHub gives a server that does not answer.
PODS = """
import asyncio, datetime, json, pathlib
from types import SimpleNamespace
from jupyterhub.spawner import Spawner
import kubehub_queue

class Pods(Spawner):
    namespace, pod_name, events = "jupyterhub", "jupyter-alice", []
    file = pathlib.Path("pod.json")

    @property
    def pod_reflector(self):
        return SimpleNamespace(pods={"jupyterhub/jupyter-alice": self.pod} if self.file.exists() else {})

    @property
    def pod(self):
        return json.loads(self.file.read_text())

    def is_pod_running(self, pod):
        return bool(pod) and pod["status"]["phase"] == "Running"

    def _get_pod_url(self, pod):
        return pod["status"]["url"]

    async def _start_watching_events(self):
        pass

    async def start(self):
        made = datetime.datetime.now(datetime.timezone.utc).isoformat()
        labels = {"queue": "root.vision"}
        self.file.write_text(json.dumps({
            "metadata": {"creationTimestamp": made, "labels": labels},
            "spec": {"containers": []},
            "status": {"phase": "Pending"},
        }))
        while not self.is_pod_running(self.pod):
            await asyncio.sleep(0.2)
        return self._get_pod_url(self.pod)

    async def stop(self, now=False):
        self.file.unlink(missing_ok=True)

    async def poll(self):
        return None if self.file.exists() else 1

    async def progress(self):
        while True:
            yield {"message": "still there"}
            await asyncio.sleep(0.2)

c.JupyterHub.spawner_class = SPAWNER
c.Spawner.http_timeout = 3
c.Spawner.start_timeout = 600
c.JupyterHub.load_roles.append({"name": "starter", "services": ["test"], "scopes": ["admin:servers"]})
"""
HEADERS = {"Authorization": "token not-secret"}


@pytest.fixture
def answering() -> Iterator[str]:
    """A user's server that answers whatever it is asked; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("X-JupyterHub-Version", "5")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def site() -> dict[str, Any]:
    """The role's inputs with YuniKorn, which nothing speaks against."""
    made = inputs.settings(
        authenticator="fixed",
        users=["alice"],
        database="sqlite",
        database_url="",
        sqlite_node="w1",
        cull_idle=0,
        cull_age=0,
        scheduler_name="yunikorn",
        teams=[{"name": "vision", "members": ["alice"]}],
        queue_of_group={"vision": "root.vision"},
    )
    assert reasons.reasons(made) == []
    return made


def ask(hub: real_hub.Hub, method: str, path: str) -> requests.Response:
    """One request to the hub's API."""
    return requests.request(method, f"{hub.url}/api/users/alice{path}", headers=HEADERS, timeout=30)


def server(hub: real_hub.Hub) -> Any:
    """What the hub says of alice's server, None where she has none."""
    return ask(hub, "GET", "").json()["servers"].get("")


def until(condition: Callable[[], bool], hub: real_hub.Hub) -> None:
    """Wait for something; what did not come is told with the hub's log."""
    end = time.monotonic() + real_hub.SECONDS
    while not condition():
        assert time.monotonic() < end, hub.log.read_text(encoding="utf-8")
        time.sleep(0.2)


def waits(folder: Path, more: str) -> None:
    """Start a server, and end the hub while it waits."""
    with real_hub.running(folder, site(), more) as hub:
        assert ask(hub, "POST", "/server").status_code == 202
        until((folder / "pod.json").exists, hub)


def test_a_server_that_waits_keeps_its_place_and_its_user_sees_it_start(tmp_path: Path, answering: str) -> None:
    more = PODS.replace("SPAWNER", "kubehub_queue.in_queues(Pods)")
    waits(tmp_path, more)
    file = tmp_path / "pod.json"
    before = json.loads(file.read_text(encoding="utf-8"))
    with real_hub.running(tmp_path, site(), more) as hub:
        # Long enough for a hub that would give the server up.
        time.sleep(8)
        assert json.loads(file.read_text(encoding="utf-8")) == before
        assert server(hub)["pending"] == "spawn"

        def start() -> None:
            file.write_text(json.dumps({**before, "status": {"phase": "Running", "url": answering}}), encoding="utf-8")

        threading.Timer(2, start).start()
        stream = requests.get(f"{hub.url}/api/users/alice/server/progress", headers=HEADERS, timeout=60, stream=True)
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith(b"data: ")]
        assert "still there" in {event["message"] for event in events}
        assert events[-1]["ready"] is True
        assert server(hub)["ready"] is True
        started = datetime.datetime.fromisoformat(server(hub)["started"])
        assert (
            abs((started - datetime.datetime.fromisoformat(before["metadata"]["creationTimestamp"])).total_seconds())
            < 60
        )


def test_without_the_platforms_spawner_the_hub_gives_it_up(tmp_path: Path) -> None:
    more = PODS.replace("SPAWNER", "Pods")
    waits(tmp_path, more)
    with real_hub.running(tmp_path, site(), more) as hub:
        until(lambda: not (tmp_path / "pod.json").exists(), hub)
        until(lambda: server(hub) is None, hub)
