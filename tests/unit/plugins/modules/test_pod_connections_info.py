# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils import _connections as core
from ansible_collections.kubehub.platform.plugins.modules import pod_connections_info

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

    def __init__(self, status: int, output: str, ends: bool = True) -> None:
        self.returncode = status
        self.output = output
        self.ends = ends
        self.closed = False

    def run_forever(self, timeout: float) -> None:
        assert timeout == 17

    def read_all(self) -> str:
        return self.output

    def is_open(self) -> bool:
        return not self.ends

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG, encoding="utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    """Run the module and return what it printed."""
    with patch_module_args(arguments), pytest.raises(SystemExit):
        pod_connections_info.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_every_connection_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kubeconfig: str
) -> None:
    asked: list[tuple[str, str, list[str]]] = []

    def stream(_method: object, pod: str, namespace: str, *, command: list[str], **_options: object) -> Process:
        asked.append((pod, namespace, command))
        return Process(0, "") if pod == "a" else Process(1, "TIMEOUT\n")

    monkeypatch.setattr(pod_connections_info, "stream", stream)
    result = run(capsys, kubeconfig=kubeconfig, namespace="n", pods=["a", "b"], targets=["x:1"])
    assert sorted(asked) == [
        ("a", "n", ["/agnhost", "connect", "x:1", "--timeout=2s"]),
        ("b", "n", ["/agnhost", "connect", "x:1", "--timeout=2s"]),
    ]
    assert result["changed"] is False
    assert result["as_expected"] is False
    assert result["msg"] == "1 of 2 connections open; b to x:1: TIMEOUT"
    found = [{key: item[key] for key in ("pod", "target", "outcome", "message")} for item in result["connections"]]
    assert found == [
        {"pod": "a", "target": "x:1", "outcome": "open", "message": ""},
        {"pod": "b", "target": "x:1", "outcome": "timeout", "message": "TIMEOUT"},
    ]


def test_a_refusal_can_be_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kubeconfig: str
) -> None:
    monkeypatch.setattr(pod_connections_info, "stream", lambda *_args, **_options: Process(1, "TIMEOUT\n"))
    result = run(capsys, kubeconfig=kubeconfig, namespace="n", pods=["a"], targets=["x:1"], expect="closed")
    assert (result["as_expected"], result["msg"]) == (True, "1 of 1 connections closed")


def test_a_pod_that_is_gone_is_an_error_and_no_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kubeconfig: str
) -> None:
    def stream(*_args: object, **_options: object) -> Process:
        raise pod_connections_info.ApiException(status=0, reason="Handshake status 404 Not Found")

    monkeypatch.setattr(pod_connections_info, "stream", stream)
    result = run(capsys, kubeconfig=kubeconfig, namespace="n", pods=["a"], targets=["x:1"], expect="closed")
    assert result["as_expected"] is False
    assert result["connections"][0]["outcome"] == "error"
    assert result["connections"][0]["message"] == "cannot run /agnhost in the pod: Handshake status 404 Not Found"


def test_a_program_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> None:
    process = Process(0, "", ends=False)
    monkeypatch.setattr(pod_connections_info, "stream", lambda *_args, **_options: process)
    cluster = pod_connections_info.Cluster(kubeconfig, "n", "/agnhost", 2.0)
    assert cluster.attempt("a", "x:1") == core.Answer("error", "/agnhost did not end within 17 s")
    assert process.closed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"targets": [":8080"]},
            "targets: ':8080' is not an address and a port, such as 198.51.100.7:8080",
        ),
        ({"pods": []}, "pods: expected at least one, none of them empty, got []"),
    ],
)
def test_a_question_that_proves_nothing_fails(
    capsys: pytest.CaptureFixture[str], kubeconfig: str, arguments: dict[str, Any], message: str
) -> None:
    asked = {"kubeconfig": kubeconfig, "namespace": "n", "pods": ["a"], "targets": ["x:1"]} | arguments
    result = run(capsys, **asked)
    assert (result["failed"], result["msg"]) == (True, message)


def test_a_kubeconfig_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    result = run(capsys, kubeconfig=missing, namespace="n", pods=["a"], targets=["x:1"])
    assert result["failed"] is True
    assert result["msg"].startswith(f"kubeconfig {missing}: Invalid kube-config file.")


def test_the_client_library_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kubeconfig: str
) -> None:
    monkeypatch.setattr(pod_connections_info, "IMPORT_ERROR", "Traceback")
    result = run(capsys, kubeconfig=kubeconfig, namespace="n", pods=["a"], targets=["x:1"])
    assert result["msg"].startswith("Failed to import the required Python library (kubernetes)")
