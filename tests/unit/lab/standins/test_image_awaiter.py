# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for zero-to-jupyterhub's image-awaiter, against an API server that says what the tests tell it."""

from __future__ import annotations

import json
import runpy
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.unit.certificates import self_signed

PROGRAM = Path(__file__).parents[4] / "lab" / "standins" / "jupyterhub" / "image-awaiter" / "image_awaiter.py"
PATH = "/apis/apps/v1/namespaces/jupyterhub/daemonsets/hook-image-puller"


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1, with its key in the same file."""
    path = folder / "server.pem"
    path.write_text("".join(self_signed()), encoding="ascii")
    return path


class Api:
    """An API server that gives its answers one after another, the last one for ever."""

    def __init__(self, folder: Path) -> None:
        self.answers: list[tuple[int, object]] = []
        self.asked: list[tuple[str, str]] = []
        self.token = folder / "token"
        self.token.write_text("t0ken\n", encoding="ascii")
        self.certificate = certificate(folder)
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.asked.append((self.path, self.headers["Authorization"]))
                status, content = api.answers.pop(0) if len(api.answers) > 1 else api.answers[0]
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def await_images(self, *arguments: str, ca: Path | None = None, timeout: float = 30) -> list[str]:
        """Run the program; what it said, and its exit status last."""
        done = subprocess.run(
            [
                *(sys.executable, PROGRAM),
                f"-api-server-address=https://127.0.0.1:{self.server.server_port}",
                f"-ca-path={ca or self.certificate}",
                f"-auth-token-path={self.token}",
                "-namespace=jupyterhub",
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return [*done.stderr.splitlines(), str(done.returncode)]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A server that runs."""
    server = Api(tmp_path)
    thread = threading.Thread(target=server.server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.server.shutdown()
    thread.join()
    server.server.server_close()


def daemon_set(ready: int, current: int, desired: int, *, observed: int = 3) -> tuple[int, object]:
    """An answer: a DaemonSet of generation 3 with these numbers of pods."""
    status = {
        "observedGeneration": observed,
        "currentNumberScheduled": current,
        "desiredNumberScheduled": desired,
        "numberReady": ready,
    }
    return 200, {"metadata": {"generation": 3}, "status": status}


def test_it_ends_when_every_pod_is_ready_and_says_each_change_once(api: Api) -> None:
    api.answers = [daemon_set(0, 2, 2), daemon_set(0, 2, 2), daemon_set(1, 2, 2), daemon_set(2, 2, 2)]
    assert api.await_images() == [
        "0 of 2 pods are ready, 2 are scheduled",
        "1 of 2 pods are ready, 2 are scheduled",
        "2 of 2 pods are ready, 2 are scheduled",
        "0",
    ]
    assert api.asked == [(PATH, "Bearer t0ken")] * 4


def test_numbers_that_the_controller_has_not_counted_mean_nothing(api: Api) -> None:
    api.answers = [daemon_set(0, 0, 0, observed=2), daemon_set(2, 2, 2)]
    assert api.await_images()[-1] == "0"
    assert len(api.asked) == 2


def test_a_pod_that_is_never_scheduled_is_waited_for_only_so_long(api: Api) -> None:
    api.answers = [daemon_set(1, 1, 2)]
    assert api.await_images("-pod-scheduling-wait-duration=1")[-1] == "0"
    assert len(api.asked) == 2


def test_without_end_it_waits_for_such_a_pod(api: Api) -> None:
    api.answers = [daemon_set(1, 1, 2), daemon_set(1, 1, 2), daemon_set(2, 2, 2)]
    assert api.await_images("-pod-scheduling-wait-duration=-1")[-1] == "0"
    assert len(api.asked) == 3


def test_an_api_server_that_fails_for_a_moment_is_asked_again(api: Api) -> None:
    api.answers = [(503, {}), daemon_set(0, 0, 0)]
    said = api.await_images()
    address = f"https://127.0.0.1:{api.server.server_port}{PATH}"
    assert said == [
        f"GET {address}: HTTP Error 503: Service Unavailable",
        "0 of 0 pods are ready, 0 are scheduled",
        "0",
    ]


def test_an_api_server_that_stays_away_ends_it(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = runpy.run_path(str(PROGRAM))
    monkeypatch.setitem(program["main"].__globals__, "PATIENCE_SECONDS", 0.0)
    api.answers = [(503, {})]
    address = f"https://127.0.0.1:{api.server.server_port}"
    given = [f"-api-server-address={address}", f"-ca-path={api.certificate}", f"-auth-token-path={api.token}"]
    assert program["main"]([*given, "-namespace=jupyterhub"]) == 1
    assert capsys.readouterr().err == f"GET {address}{PATH}: HTTP Error 503: Service Unavailable\n"


def test_an_api_server_with_another_certificate_is_not_believed(api: Api, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    api.answers = [daemon_set(0, 0, 0)]
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        api.await_images(ca=certificate(tmp_path / "other"), timeout=8)
    assert b"CERTIFICATE_VERIFY_FAILED" in (caught.value.stderr or b"")
    assert api.asked == []
