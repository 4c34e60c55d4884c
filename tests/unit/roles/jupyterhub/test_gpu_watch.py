# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The watch of idle GPUs. Exporters and the hub are a server on loopback; the cluster's API is stood in for."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import types
from argparse import Namespace
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[4] / "roles/jupyterhub/files/kubehub_gpu.py"
NOTE = (
    "The GPU of this server has not been used for 50 minutes. If it stays so, the server is stopped in 10 minutes, "
    "so that others get the GPU. What is saved stays."
)
# As dcgm-exporter writes it: a card that is shared, one that nobody has, another namespace's, and another metric.
METRICS = """\
# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",pci_bus_id="00000000:07:00.0",modelName="NVIDIA \\"A\\", 1",container="notebook",namespace="hub",pod="jupyter-ada"} 0
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-2",container="notebook",namespace="hub",pod="jupyter-ada"} 7
DCGM_FI_DEV_GPU_UTIL{gpu="2",UUID="GPU-3",container="notebook",namespace="hub",pod="jupyter-bob"} 0
DCGM_FI_DEV_GPU_UTIL{gpu="3",UUID="GPU-4"} 0
DCGM_FI_DEV_GPU_UTIL{gpu="4",UUID="GPU-5",container="c",namespace="other",pod="jupyter-eve"} 0
DCGM_FI_DEV_MEM_COPY_UTIL{gpu="2",UUID="GPU-3",container="notebook",namespace="hub",pod="jupyter-bob"} 9
"""
BOB_IDLE = 'DCGM_FI_DEV_GPU_UTIL{namespace="hub",pod="jupyter-bob"} 0\n'
BOB_BUSY = 'DCGM_FI_DEV_GPU_UTIL{namespace="hub",pod="jupyter-bob"} 1\n'


@pytest.fixture
def program() -> Any:
    """Return the program as a module."""
    module = types.ModuleType("kubehub_gpu")
    exec(compile(PROGRAM.read_text(encoding="utf-8"), str(PROGRAM), "exec"), module.__dict__)
    return module


class Web(ThreadingHTTPServer):
    """An exporter and a hub: answers metrics, and keeps what else it is asked."""

    def __init__(self) -> None:
        """Listen on a free port of loopback."""
        super().__init__(("127.0.0.1", 0), Answer)
        self.metrics = METRICS
        self.asked: list[tuple[str, str, str | None]] = []
        self.status = 204


class Answer(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Web

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.metrics.encode())

    def do_DELETE(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests read no log of it."""


@pytest.fixture
def web() -> Iterator[Web]:
    """Return a server that runs."""
    with Web() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


class Api:
    """The pods of a namespace, and what is written to them."""

    def __init__(self, **servers: str) -> None:
        """Have a pod of each user with such a uid; its server is named where the user's name has a hyphen."""
        self.pods = []
        for user, uid in servers.items():
            owner, _hyphen, name = user.partition("__")
            annotations = {"hub.jupyter.org/username": owner} | ({"hub.jupyter.org/servername": name} if name else {})
            metadata = SimpleNamespace(
                name=f"jupyter-{user}", uid=uid, annotations=annotations, deletion_timestamp=None
            )
            self.pods.append(SimpleNamespace(metadata=metadata))
        self.written: list[tuple[str, str]] = []

    async def list_namespaced_pod(self, namespace: str, *, label_selector: str) -> SimpleNamespace:
        assert (namespace, label_selector) == ("hub", "component=singleuser-server")
        return SimpleNamespace(items=self.pods)

    async def patch_namespaced_pod(self, name: str, namespace: str, body: Any) -> None:
        assert namespace == "hub"
        ((annotation, text),) = body["metadata"]["annotations"].items()
        assert annotation == "kubehub.platform/gpu-idle"
        self.written.append((name, text))
        for pod in self.pods:
            if pod.metadata.name == name:
                pod.metadata.annotations[annotation] = text


@pytest.fixture
def look(program: Any, web: Web, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that looks once at a time, with one memory."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-token")
    url = f"http://127.0.0.1:{web.server_port}"
    options = Namespace(exporters=f"{url}/metrics", namespace="hub", hub=f"{url}/hub/api")
    idle = program.Idle(3600, 600)
    return lambda api, now: asyncio.run(program.look(api, idle, options, now))


def test_a_pod_is_as_busy_as_the_busiest_of_its_gpus(program: Any) -> None:
    assert program.usage(METRICS, "hub") == {"jupyter-ada": 7, "jupyter-bob": 0}
    assert program.usage("", "hub") == {}


def test_an_idle_server_is_warned_then_stopped_and_a_busy_one_never(look: Any, web: Web) -> None:
    api = Api(ada="1", bob="2")
    for now in (0, 2999):
        look(api, now)
    assert (api.written, web.asked) == ([], [])
    look(api, 3000)
    look(api, 3599)
    assert (api.written, web.asked) == ([("jupyter-bob", NOTE)], [])
    look(api, 3600)
    assert web.asked == [("DELETE", "/hub/api/users/bob/server", "token the-token")]


def test_who_uses_the_gpu_again_is_told_so_and_has_all_the_time_again(look: Any, web: Web) -> None:
    api = Api(bob="2")
    web.metrics = BOB_IDLE
    for now in (0, 3000):
        look(api, now)
    web.metrics = BOB_BUSY
    look(api, 3300)
    web.metrics = BOB_IDLE
    for now in (3600, 6599):
        look(api, now)
    assert (api.written, web.asked) == ([("jupyter-bob", NOTE), ("jupyter-bob", "")], [])


@pytest.mark.parametrize("gap", ["", "DCGM_FI_DEV_GPU_TEMP 40\n", BOB_IDLE.replace("jupyter-bob", "jupyter-eve")])
def test_nobody_is_stopped_of_whom_no_exporter_tells(look: Any, web: Web, gap: str) -> None:
    api = Api(bob="2")
    web.metrics = BOB_IDLE
    for now in (0, 3000):
        look(api, now)
    web.metrics = gap
    look(api, 3600)
    web.metrics = BOB_IDLE
    look(api, 3660)
    assert (api.written, web.asked) == ([("jupyter-bob", NOTE), ("jupyter-bob", "")], [])


def test_a_missing_exporter_stops_nobody_and_is_told(look: Any, web: Web, caplog: pytest.LogCaptureFixture) -> None:
    api = Api(bob="2")
    web.server_close()
    web.shutdown()
    for now in (0, 99999):
        look(api, now)
    assert (api.written, web.asked) == ([], [])
    assert [message.partition(": ")[0] for message in caplog.messages] == [
        f"http://127.0.0.1:{web.server_port}/metrics does not answer, so nobody is stopped there"
    ] * 2


def test_a_warning_that_could_not_be_given_does_not_count(look: Any, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(bob="2")
    write = api.patch_namespaced_pod

    async def refuse(*_arguments: Any) -> None:
        raise OSError("away")

    look(api, 0)
    monkeypatch.setattr(api, "patch_namespaced_pod", refuse)
    with pytest.raises(OSError, match=r"^away$"):
        look(api, 3000)
    monkeypatch.setattr(api, "patch_namespaced_pod", write)
    for now in (3700, 4299):
        look(api, now)
    assert (api.written, web.asked) == ([("jupyter-bob", NOTE)], [])
    look(api, 4300)
    assert len(web.asked) == 1


def test_a_server_that_was_started_anew_has_all_the_time_again(look: Any, web: Web) -> None:
    look(Api(bob="2"), 0)
    api = Api(bob="3")
    for now in (3600, 6599):
        look(api, now)
    assert (api.written, web.asked) == ([], [])


def test_a_note_of_an_earlier_life_of_the_hub_is_taken_back(look: Any, web: Web) -> None:
    api = Api(bob="2")
    api.pods[0].metadata.annotations["kubehub.platform/gpu-idle"] = NOTE
    look(api, 0)
    assert (api.written, web.asked) == ([("jupyter-bob", "")], [])


def test_a_server_on_its_way_out_is_left_alone(look: Any, web: Web) -> None:
    api = Api(bob="2")
    for now in (0, 3000):
        look(api, now)
    api.pods[0].metadata.deletion_timestamp = "2026-06-01T12:00:00Z"
    look(api, 3600)
    assert web.asked == []


def test_a_hub_that_refuses_is_asked_again(look: Any, web: Web) -> None:
    api, web.status = Api(bob="2"), 503
    for now in (0, 3000):
        look(api, now)
    with pytest.raises(
        OSError, match=r"^DELETE http://127\.0\.0\.1:[0-9]+/hub/api/users/bob/server: 503 Service Unavailable$"
    ):
        look(api, 3600)
    web.status = 202
    look(api, 3630)
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("user", "server", "path"),
    [("bob", "", "users/bob/server"), ("a@b/c", "my lab", "users/a%40b%2Fc/servers/my%20lab")],
)
def test_the_hub_is_asked_for_exactly_that_server(program: Any, user: str, server: str, path: str) -> None:
    assert program.server_url("http://localhost:8081/hub/api", user, server) == f"http://localhost:8081/hub/api/{path}"


def test_every_exporter_is_asked_not_any_one_of_them(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def known(host: str, port: int, *, type: int) -> list[Any]:
        assert (host, port, type) == ("exporters.gpu", 9400, socket.SOCK_STREAM)
        return [(0, 0, 0, "", (address, port)) for address in ("198.19.0.9", "fd00::1", "198.19.0.9")]

    monkeypatch.setattr(program.socket, "getaddrinfo", known)
    assert program.exporters("http://exporters.gpu:9400/metrics") == [
        "http://198.19.0.9:9400/metrics",
        "http://[fd00::1]:9400/metrics",
    ]


def test_a_name_that_stands_for_nobody_is_no_error(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_more: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(program.socket, "getaddrinfo", unknown)
    assert program.exporters("http://exporters.gpu:9400/metrics") == []


def test_its_options_are_those_that_the_hub_gives_it(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    async def watch(options: Namespace) -> None:
        given.append(vars(options))

    monkeypatch.setattr(program, "watch", watch)
    monkeypatch.setattr(logging, "basicConfig", lambda **_how: None)
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://hub:8081/base/hub/api")
    program.main(["--exporters=http://e.g:9400/metrics", "--namespace=hub", "--idle=3600", "--warning=600"])
    assert json.loads(json.dumps(given)) == [
        {
            "exporters": "http://e.g:9400/metrics",
            "namespace": "hub",
            "idle": 3600,
            "warning": 600,
            "hub": "http://localhost:8081/base/hub/api",
        }
    ]
