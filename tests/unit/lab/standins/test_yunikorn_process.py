# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YuniKorn's stand-in as a process, over TLS, as it runs in its pod."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.content.items import VERDICTS
from tests.unit.certificates import self_signed

from .conftest import QUEUES, Cluster, serving
from .test_yunikorn_reload import SMALLER, sha256

ROOT = Path(__file__).parents[4]


def certificate(folder: Path) -> Path:
    """A key and a certificate of 127.0.0.1 that signs itself, in one file."""
    public, key = self_signed()
    path = folder / "server.pem"
    path.touch(mode=0o600)
    path.write_text(key + public, encoding="ascii")
    (folder / "ca.crt").write_text(public, encoding="ascii")
    return path


@pytest.fixture
def tls(cluster: Cluster, account: Path) -> Iterator[int]:
    """The port of an API server with TLS, whose certificate is the account's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(account))
    with serving(cluster, context) as port:
        yield port


class Process:
    """The stand-in, started as its image does."""

    def __init__(self, api: int, account: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            **os.environ,
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(api),
            "NAMESPACE": "yunikorn",
        }
        options = {
            "--verdicts": VERDICTS,
            "--account": account,
            "--address": "127.0.0.1",
            "--port": self.port,
            "--every": 0.05,
        }
        self.child = subprocess.Popen(
            [
                *(sys.executable, "-m", "lab.standins.yunikorn.server"),
                *(str(word) for option in options.items() for word in option),
            ],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def config(self) -> Any:
        """The config in force."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/ws/v1/config", headers={"Accept": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=2) as answer:
            return json.load(answer)

    def wait(self, checksum: str) -> None:
        """Until that config is in force."""
        found = None
        for _ in range(400):
            try:
                found = self.config()["Checksum"]
            except OSError as error:
                found = error
            if found == checksum:
                return
            assert self.child.poll() is None, self.child.communicate()[1]
            time.sleep(0.05)
        pytest.fail(f"{checksum} is not in force after 20 s, but {found}")

    def ask_on(self) -> None:
        """Ask for the config again and again."""
        for _ in range(400):
            self.config()
            time.sleep(0.05)

    def end(self) -> tuple[int, str]:
        """End it as the kubelet does; exit status and what it logged."""
        self.child.send_signal(signal.SIGTERM)
        _, log = self.child.communicate(timeout=10)
        return self.child.returncode, log


@pytest.fixture
def process(tls: int, account: Path) -> Iterator[Process]:
    """A running stand-in."""
    found = Process(tls, account)
    yield found
    found.child.kill()
    found.child.communicate()


def test_it_waits_for_the_api_follows_the_configmap_and_ends_when_told(cluster: Cluster, process: Process) -> None:
    process.wait(sha256(QUEUES))
    cluster.status = 500
    cluster.config(SMALLER)
    time.sleep(0.2)
    assert process.config()["Checksum"] == sha256(QUEUES)
    cluster.status = 200
    process.wait(sha256(SMALLER))
    status, log = process.end()
    assert status == 0
    assert "GET /api/v1/namespaces/yunikorn/configmaps/yunikorn-defaults: 500 Internal Server Error" in log
    assert "Traceback" not in log
    assert "not-a-secret" not in log


def test_it_ends_when_told_though_it_hangs(cluster: Cluster, process: Process) -> None:
    process.wait(sha256(QUEUES))
    cluster.config("# nothing is left\n")
    with pytest.raises(TimeoutError):
        process.ask_on()
    assert process.end()[0] == 0


def test_it_exits_where_yunikorn_would_not_start(cluster: Cluster, tls: int, account: Path) -> None:
    cluster.config(QUEUES, kubernetes__qps="many")
    process = Process(tls, account)
    _, log = process.child.communicate(timeout=20)
    assert process.child.returncode == 1
    assert log.splitlines()[-1].endswith("\tUnable to bootstrap configuration: kubernetes.qps: 'many' does not parse")
