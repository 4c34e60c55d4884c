# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.modules import notebook_cell

ARGUMENTS = {
    "url": "https://hub.example.org",
    "user": "alice",
    "token": "t-o-k-e-n",
    "code": "print(42)",
    "ca_path": "/ca.pem",
}
SERVER = "https://hub.example.org/user/alice/"


class Channels:
    """A kernel's websocket: what a cell makes it say, in order."""

    def __init__(self, said: list[dict[str, Any]]) -> None:
        self.said = said
        self.request: dict[str, Any] = {}
        self.closed = False

    def send(self, text: str) -> None:
        self.request = json.loads(text)

    def settimeout(self, seconds: float) -> None:
        assert seconds >= 1

    def recv(self) -> str:
        one = self.said.pop(0)
        return json.dumps({"parent_header": {"msg_id": self.request["header"]["msg_id"]}, **one})

    def close(self) -> None:
        self.closed = True


def says(kind: str, **content: Any) -> dict[str, Any]:
    """Return a kernel's message."""
    return {"header": {"msg_type": kind}, "content": content}


ANSWERED = [says("execute_reply", status="ok"), says("status", execution_state="idle")]


class Hub:
    """What the module asks and connects to."""

    def __init__(self, channels: Channels, refuse: dict[str, int] | None = None) -> None:
        self.channels = channels
        self.refuse = refuse or {}
        self.asked: list[tuple[str, str]] = []
        self.connected: dict[str, Any] = {}

    def open_url(self, url: str, *, method: str, headers: dict[str, str], **options: Any) -> io.BytesIO:
        assert headers["Authorization"] == "token t-o-k-e-n"
        assert (options["ca_path"], options["use_proxy"]) == ("/ca.pem", False)
        self.asked.append((method, url))
        if method in self.refuse:
            raise HTTPError(url, self.refuse[method], "Refused", {}, None)  # type: ignore[arg-type]
        return io.BytesIO(b'{"id": "k1"}' if method == "POST" else b"")

    def connect(self, url: str, **options: Any) -> Channels:
        self.connected = {"url": url, **options}
        return self.channels


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Return a function that runs the module against a hub and returns its answer."""

    def module(hub: Hub, **changes: Any) -> dict[str, Any]:
        monkeypatch.setattr(notebook_cell, "open_url", hub.open_url)
        monkeypatch.setattr(notebook_cell.websocket, "create_connection", hub.connect)
        with patch_module_args(ARGUMENTS | changes), pytest.raises(SystemExit):
            notebook_cell.main()
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return module


def test_a_cell_is_run_in_a_kernel_of_its_own(run: Any) -> None:
    hub = Hub(Channels([says("stream", name="stdout", text="42\n"), *ANSWERED]))
    found = run(hub)
    assert (found["stdout"], found["stderr"], found["error"]) == ("42\n", "", "")
    assert hub.asked == [("POST", f"{SERVER}api/kernels"), ("DELETE", f"{SERVER}api/kernels/k1")]
    assert hub.connected["url"].startswith("wss://hub.example.org/user/alice/api/kernels/k1/channels?session_id=")
    assert hub.connected["header"] == ["Authorization: token t-o-k-e-n"]
    assert hub.connected["sslopt"] == {"ca_certs": "/ca.pem"}
    assert hub.channels.request["content"]["code"] == "print(42)"
    assert hub.channels.closed


def test_a_cell_that_fails_is_told(run: Any) -> None:
    hub = Hub(Channels([says("error", ename="OSError", evalue="timed out", traceback=[]), *ANSWERED]))
    assert run(hub)["error"] == "OSError: timed out"


def test_a_server_that_refuses_is_a_failure_and_leaves_nothing(run: Any) -> None:
    hub = Hub(Channels([]), {"POST": 403})
    found = run(hub)
    assert found["failed"] is True
    assert found["msg"] == f"POST {SERVER}api/kernels: 403 Refused"
    assert [method for method, _url in hub.asked] == ["POST"]


def test_the_kernel_is_ended_when_the_websocket_breaks(run: Any) -> None:
    class Broken(Channels):
        def recv(self) -> str:
            raise ConnectionResetError("reset by peer")

    hub = Hub(Broken([]))
    found = run(hub)
    assert found["msg"] == f"websocket of kernel k1 at {SERVER}: reset by peer"
    assert [method for method, _url in hub.asked] == ["POST", "DELETE"]
    assert hub.channels.closed


def test_a_cell_that_does_not_end_is_told_with_what_it_wrote(run: Any) -> None:
    class Silent(Channels):
        def recv(self) -> str:
            if self.said:
                return super().recv()
            time.sleep(0.1)
            raise notebook_cell.websocket.WebSocketTimeoutException("timed out")

    hub = Hub(Silent([says("stream", name="stdout", text="begun")]))
    assert run(hub, timeout=0.2)["msg"] == "the cell has not ended in time; so far it wrote 'begun'"
    assert hub.channels.closed
