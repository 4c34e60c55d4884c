# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils._pod_exec import Ended, PodExecError
from ansible_collections.kubehub.platform.plugins.modules import pod_connections_info


class FakePods:
    """Pods whose programs end as told by pod name; a text is the reason why one can't run."""

    asked: list[tuple[str, list[str], float]]
    answers: dict[str, Ended | str]

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        if kubeconfig != "/kubeconfig":
            raise PodExecError(f"kubeconfig {kubeconfig}: not there")
        assert namespace == "n"

    def run(self, pod: str, command: list[str], timeout: float) -> Ended:
        self.asked.append((pod, command, timeout))
        answer = self.answers[pod]
        if isinstance(answer, str):
            raise PodExecError(answer)
        return answer


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: dict[str, Ended | str],
    **arguments: Any,
) -> dict[str, Any]:
    """Run the module and return what it printed."""
    FakePods.asked, FakePods.answers = [], answers
    monkeypatch.setattr(pod_connections_info, "Pods", FakePods)
    defaults = {"kubeconfig": "/kubeconfig", "namespace": "n", "pods": list(answers), "targets": ["x:1"]}
    with patch_module_args(defaults | arguments), pytest.raises(SystemExit):
        pod_connections_info.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


OPEN, TIMEOUT = Ended(0, "", ""), Ended(1, "", "TIMEOUT\n")


def test_every_connection_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(monkeypatch, capsys, {"a": OPEN, "b": TIMEOUT})
    assert sorted(FakePods.asked) == [
        ("a", ["/agnhost", "connect", "x:1", "--timeout=2s"], 17),
        ("b", ["/agnhost", "connect", "x:1", "--timeout=2s"], 17),
    ]
    assert (result["changed"], result["as_expected"]) == (False, False)
    assert result["msg"] == "1 of 2 connections open; b to x:1: TIMEOUT"
    found = [{key: item[key] for key in ("pod", "target", "outcome", "message")} for item in result["connections"]]
    assert found == [
        {"pod": "a", "target": "x:1", "outcome": "open", "message": ""},
        {"pod": "b", "target": "x:1", "outcome": "timeout", "message": "TIMEOUT"},
    ]


def test_a_refusal_can_be_what_is_expected(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(monkeypatch, capsys, {"a": TIMEOUT}, expect="closed")
    assert (result["as_expected"], result["msg"]) == (True, "1 of 1 connections closed")


def test_a_pod_that_is_gone_is_an_error_and_no_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(monkeypatch, capsys, {"a": "cannot run /agnhost in pod a: 404"}, expect="closed")
    assert result["as_expected"] is False
    assert result["connections"][0]["outcome"] == "error"
    assert result["connections"][0]["message"] == "cannot run /agnhost in pod a: 404"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": [":8080"]}, "targets: ':8080' is not an address and a port, such as 198.51.100.7:8080"),
        ({"pods": []}, "pods: expected at least one, none of them empty, got []"),
        ({"kubeconfig": "/none"}, "kubeconfig /none: not there"),
    ],
)
def test_what_cannot_be_asked_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: dict[str, Any], message: str
) -> None:
    result = run(monkeypatch, capsys, {"a": OPEN}, **arguments)
    assert (result["failed"], result["msg"]) == (True, message)


def test_the_client_library_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pod_connections_info, "IMPORT_ERROR", "Traceback")
    result = run(monkeypatch, capsys, {"a": OPEN})
    assert result["msg"].startswith("Failed to import the required Python library (kubernetes)")
