# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _pod_exec
from ansible_collections.kubehub.platform.plugins.module_utils._pod_exec import Ended, PodExecError, Pods

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""


class Process:
    """What the Kubernetes client returns for a program that runs in a pod."""

    def __init__(self, status: int, ends: bool = True) -> None:
        self.status = status
        self.ends = ends
        self.closed = False

    @property
    def returncode(self) -> int:
        if self.status < 0:
            raise KeyError("details")
        return self.status

    def run_forever(self, timeout: float) -> None:
        assert timeout == 7

    def is_open(self) -> bool:
        return not self.ends

    def close(self) -> None:
        self.closed = True

    def read_stdout(self, timeout: float) -> str:
        return "said"

    def read_stderr(self, timeout: float) -> str:
        return "complained"


@pytest.fixture
def pods(tmp_path: Path) -> Pods:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG, encoding="utf-8")
    return Pods(str(path), "n")


def run(monkeypatch: pytest.MonkeyPatch, pods: Pods, process: Process) -> tuple[Ended, dict[str, Any]]:
    asked: dict[str, Any] = {}

    def stream(_method: object, pod: str, namespace: str, **options: Any) -> Process:
        asked.update(options, pod=pod, namespace=namespace)
        return process

    monkeypatch.setattr(_pod_exec, "stream", stream)
    return pods.run("a", ("/agnhost", "help"), 7), asked


def test_a_program_is_run_without_a_terminal_and_its_streams_are_kept_apart(
    monkeypatch: pytest.MonkeyPatch, pods: Pods
) -> None:
    ended, asked = run(monkeypatch, pods, Process(3))
    assert ended == Ended(3, "said", "complained")
    assert (asked["pod"], asked["namespace"], asked["command"]) == ("a", "n", ["/agnhost", "help"])
    assert (asked["stdin"], asked["tty"]) == (False, False)


def test_a_program_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch, pods: Pods) -> None:
    process = Process(0, ends=False)
    with pytest.raises(PodExecError, match=r"^/agnhost in pod a did not end within 7 s$"):
        run(monkeypatch, pods, process)
    assert process.closed


def test_an_end_without_a_status_is_an_error(monkeypatch: pytest.MonkeyPatch, pods: Pods) -> None:
    with pytest.raises(PodExecError, match=r"^/agnhost in pod a ended without an exit status: complained$"):
        run(monkeypatch, pods, Process(-1))


def test_a_pod_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch, pods: Pods) -> None:
    def stream(*_args: object, **_options: object) -> Process:
        raise _pod_exec.ApiException(status=0, reason="Handshake status\n404 Not Found")

    monkeypatch.setattr(_pod_exec, "stream", stream)
    with pytest.raises(PodExecError, match=r"^cannot run /agnhost in pod a: Handshake status 404 Not Found$"):
        pods.run("a", ["/agnhost"], 7)


def test_pods_are_listed_by_label_and_sorted(monkeypatch: pytest.MonkeyPatch, pods: Pods) -> None:
    def listed(namespace: str, label_selector: str, _request_timeout: float) -> SimpleNamespace:
        assert (namespace, label_selector) == ("n", "component=etcd")
        return SimpleNamespace(items=[SimpleNamespace(metadata=SimpleNamespace(name=name)) for name in ("b", "a")])

    monkeypatch.setattr(pods, "_api", lambda: SimpleNamespace(list_namespaced_pod=listed))
    assert pods.names("component=etcd") == ["a", "b"]


def test_a_cluster_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch, pods: Pods) -> None:
    def refuses(*_args: object, **_options: object) -> None:
        raise ConnectionRefusedError("connection refused")

    monkeypatch.setattr(pods, "_api", lambda: SimpleNamespace(list_namespaced_pod=refuses))
    with pytest.raises(PodExecError, match=r"^cannot list pods component=etcd in n: connection refused$"):
        pods.names("component=etcd")


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    with pytest.raises(PodExecError, match=f"^kubeconfig {re.escape(missing)}: Invalid kube-config file"):
        Pods(missing, "n")
