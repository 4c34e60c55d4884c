# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prober, run as the role runs it, against a web server that goes away and comes back."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._drill import outages
from tests.unit.certificates import self_signed

PROGRAM = Path(__file__).parents[4] / "roles/drill/files/probe.py"


class Server:
    """A web server on one port of this machine that can be taken away and given back; ``seen`` are the requests."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.status = 200
        self.delay = 0.0
        self.port = 0
        self.start()

    def start(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                server.seen.append((self.command, self.path, f"{self.headers.get('Authorization', '')} {body}".strip()))
                time.sleep(server.delay)
                self.send_response(server.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.answer()

            def do_PATCH(self) -> None:
                self.answer()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def until(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


class Prober:
    """The program with its folder."""

    def __init__(self, folder: Path, targets: dict[str, Any], process: int = 0) -> None:
        self.folder = folder
        (folder / "targets.json").write_text(json.dumps(targets), encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, str(PROGRAM), str(folder), str(process or os.getpid())])

    def samples(self, target: str = "api") -> list[outages.Sample]:
        path = self.folder / "samples.jsonl"
        return outages.parse(path.read_text(encoding="utf-8")).get(target, []) if path.exists() else []

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=20)


def test_an_outage_is_seen_and_its_end_too(server: Server, tmp_path: Path) -> None:
    prober = Prober(tmp_path, {"api": {"url": f"http://127.0.0.1:{server.port}/version", "timeout": 20}})
    until(lambda: any(sample.ok for sample in prober.samples()))
    begin = time.time()
    server.stop()
    until(lambda: bool(prober.samples()) and not prober.samples()[-1].ok)
    time.sleep(0.5)
    end = time.time()
    server.start()
    until(lambda: prober.samples()[-1].ok)
    assert (tmp_path / "pid").read_text(encoding="utf-8") == f"{prober.process.pid}\n"
    assert prober.end() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["samples.jsonl"]
    (outage,) = outages.outages(prober.samples())
    assert outage.end is not None
    assert outage.begin <= end
    assert outage.end >= begin
    assert outage.gap >= end - begin - 0.1
    assert outage.error.startswith("Connect call failed")
    assert {path for _method, path, _rest in server.seen} == {"/version"}


def test_method_body_headers_and_status_are_those_of_the_target(server: Server, tmp_path: Path) -> None:
    server.status = 403
    url = f"http://127.0.0.1:{server.port}/api/v1/x?a=b"
    write = {
        "url": url,
        "method": "PATCH",
        "headers": {"Authorization": "token t"},
        "body": '{"at": "@now@"}',
        "interval": 0.01,
        "timeout": 20,
    }
    prober = Prober(tmp_path, {"write": write, "refused": {**write, "status": [200, 403]}})
    until(lambda: bool(prober.samples("write")) and bool(prober.samples("refused")))
    assert prober.end() == 0
    assert {(sample.ok, sample.error) for sample in prober.samples("write")} == {(False, "HTTP 403")}
    assert {(sample.ok, sample.error) for sample in prober.samples("refused")} == {(True, "")}
    assert {seen[:2] for seen in server.seen} == {("PATCH", "/api/v1/x?a=b")}
    written = [json.loads(rest.removeprefix("token t "))["at"] for _method, _path, rest in server.seen]
    assert len(set(written)) == len(written)


def test_a_server_that_is_silent_does_not_slow_the_probes(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        prober = Prober(tmp_path, {"api": {"url": url, "timeout": 0.8, "interval": 0.05}})
        until(lambda: len(prober.samples()) >= 4)
        assert prober.end() == 0
    samples = prober.samples()
    assert {sample.error for sample in samples} == {"no answer in time"}
    assert samples[1].at - samples[0].at < 0.8


def test_what_it_slept_through_it_does_not_count(server: Server, tmp_path: Path) -> None:
    """Answers that came while the program was stopped are no outage; that it did not probe then is seen."""
    server.delay = 0.3
    prober = Prober(tmp_path, {"api": {"url": f"http://127.0.0.1:{server.port}/", "timeout": 1.0}})
    until(lambda: len(prober.samples()) >= 10)
    prober.process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    prober.process.send_signal(signal.SIGCONT)
    known = len(prober.samples())
    until(lambda: len(prober.samples()) >= known + 20)
    assert prober.end() == 0
    assert [sample for sample in prober.samples() if not sample.ok] == []
    assert outages.resolution(prober.samples()) > 1.5


def test_it_ends_when_its_folder_is_gone(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "drill"
    folder.mkdir()
    prober = Prober(folder, {"api": {"url": f"http://127.0.0.1:{server.port}/"}})
    until(lambda: bool(prober.samples()))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert prober.process.wait(timeout=20) == 0


def test_it_ends_when_the_run_is_gone_that_began_it(server: Server, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as run:
        prober = Prober(tmp_path, {"api": {"url": f"http://127.0.0.1:{server.port}/"}}, run.pid)
        until(lambda: bool(prober.samples()))
        run.kill()
    assert prober.process.wait(timeout=20) == 0


def test_tls_proves_both_sides_and_leaves_no_key_on_disk(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (certificate, key), (stranger, _key) = self_signed(), self_signed()
    pair = tmp_path / "pair.pem"
    pair.write_text(certificate + key, encoding="utf-8")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pair))
    context.load_cert_chain(pair)
    context.verify_mode = ssl.CERT_REQUIRED
    server.secure(context)
    folder, temporary = tmp_path / "drill", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    url = f"https://127.0.0.1:{server.port}/"
    own = {"url": url, "ca": certificate, "certificate": certificate, "key": key, "timeout": 20}
    prober = Prober(folder, {"api": own, "stranger": {**own, "ca": stranger}})
    until(lambda: bool(prober.samples("api")) and bool(prober.samples("stranger")))
    assert list(temporary.iterdir()) == []
    assert prober.end() == 0
    assert {sample.ok for sample in prober.samples("api")} == {True}
    (error,) = {sample.error for sample in prober.samples("stranger")}
    assert "certificate verify failed" in error
