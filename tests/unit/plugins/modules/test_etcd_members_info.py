# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils._pod_exec import Ended, PodExecError
from ansible_collections.kubehub.platform.plugins.modules import etcd_members_info

HEALTHY = '[{"endpoint":"https://a:2379","health":true},{"endpoint":"https://b:2379","health":true}]'
B_DOWN = '[{"endpoint":"https://a:2379","health":true},{"endpoint":"https://b:2379","health":false,"error":"down"}]'


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answers: dict[str, Ended | str]
) -> dict[str, Any]:
    """Run the module on pods that answer so, a text being the reason why one can't be asked."""

    class FakePods:
        def __init__(self, kubeconfig: str, namespace: str) -> None:
            assert (kubeconfig, namespace) == ("/kubeconfig", "kube-system")

        def names(self, selector: str) -> list[str]:
            assert selector == "component=etcd"
            return list(answers)

        def run(self, pod: str, _command: object, timeout: float) -> Ended:
            assert timeout == 15
            answer = answers[pod]
            if isinstance(answer, str):
                raise PodExecError(answer)
            return answer

    monkeypatch.setattr(etcd_members_info, "Pods", FakePods)
    with patch_module_args({"kubeconfig": "/kubeconfig"}), pytest.raises(SystemExit):
        etcd_members_info.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_all_members_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers: dict[str, Ended | str] = {"etcd-a": Ended(0, HEALTHY, ""), "etcd-b": Ended(1, B_DOWN, "unhealthy cluster")}
    result = run(monkeypatch, capsys, answers)
    assert result["members"] == [
        {"endpoint": "https://a:2379", "healthy": True, "error": ""},
        {"endpoint": "https://b:2379", "healthy": False, "error": "down"},
    ]
    assert (result["changed"], result["silent"]) == (False, [])


def test_a_silent_pod_is_judged_by_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(monkeypatch, capsys, {"etcd-a": "kubelet is away", "etcd-b": Ended(0, HEALTHY, "")})
    assert [member["healthy"] for member in result["members"]] == [True, True]
    assert result["silent"] == ["etcd-a: kubelet is away"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "no etcd member answers"),
        ({"etcd-a": "kubelet is away"}, "no etcd member answers; etcd-a: kubelet is away"),
        (
            {"etcd-a": Ended(127, "", "not found")},
            "no etcd member answers; etcd-a: etcdctl answered what is not its JSON: ",
        ),
    ],
)
def test_it_fails_when_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: dict[str, Ended | str],
    message: str,
) -> None:
    result = run(monkeypatch, capsys, answers)
    assert (result["failed"], result["msg"]) == (True, message)
