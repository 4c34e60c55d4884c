# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils._cluster import ClusterError
from ansible_collections.kubehub.platform.plugins.modules import cluster_objects_info
from tests.unit.plugins.fake_cluster import TOKEN, FakeCluster, status

PODS = {"kind": "Pod", "field_selectors": ["spec.schedulerName=yunikorn"]}

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module and return what it printed."""

    def run(**options: Any) -> dict[str, Any]:
        with patch_module_args(options), pytest.raises(SystemExit):
            cluster_objects_info.main()
        captured = capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        result: dict[str, Any] = json.loads(captured.out)
        return result

    return run


@pytest.fixture
def kubeconfig(cluster: FakeCluster) -> str:
    """Access to ``cluster``."""
    assert cluster.url
    return os.environ["KUBECONFIG"]


class Clock:
    """A clock that passes by sleeping alone."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(cluster_objects_info, "time", clock)
    return clock


def test_objects_come_by_kind_without_the_notes_on_who_wrote_them(
    run: Run, cluster: FakeCluster, kubeconfig: str
) -> None:
    cluster.pods = [{"metadata": {"name": "p", "managedFields": [{"manager": "m"}]}}]
    result = run(kubeconfig=kubeconfig, objects=[PODS])
    assert (result["changed"], result["silence"]) == (False, "")
    assert [pod["metadata"] for pod in result["objects"]["Pod"]] == [{"name": "p"}]


def test_each_kind_is_asked_for_with_its_selectors(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []

    class Cluster:
        def __init__(self, options: dict[str, Any], connect: float) -> None:
            asked.append((options, connect))

        def find(self, kind: str, api_version: str, **selectors: str) -> list[dict[str, Any]]:
            asked.append((kind, api_version, selectors))
            return [{"metadata": {"name": f"{kind}-{len(asked)}"}}]

    monkeypatch.setattr(cluster_objects_info, "Cluster", Cluster)
    path = tmp_path / "kubeconfig"
    path.touch()
    wanted = [
        {"kind": "Node"},
        {"kind": "Deployment", "api_version": "apps/v1", "namespace": "n", "label_selectors": ["a=b", "c in (d, e)"]},
        {"kind": "Node", "name": "cp1", "field_selectors": ["spec.unschedulable=false"]},
    ]
    result = run(kubeconfig=str(path), objects=wanted, timeout=12)
    assert asked == [
        ({"kubeconfig": str(path)}, 4.0),
        ("Node", "v1", {}),
        ("Deployment", "apps/v1", {"namespace": "n", "label_selector": "a=b,c in (d, e)"}),
        ("Node", "v1", {"field_selector": "spec.unschedulable=false,metadata.name=cp1"}),
    ]
    names = {kind: [one["metadata"]["name"] for one in found] for kind, found in result["objects"].items()}
    assert names == {"Node": ["Node-2", "Node-4"], "Deployment": ["Deployment-3"]}


def test_an_api_server_that_answers_late_is_waited_for(
    run: Run, cluster: FakeCluster, kubeconfig: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = cluster.answer

    def starts(*question: Any) -> Any:
        return answer(*question) if clock.at >= 4 else status(503, "still starting")

    monkeypatch.setattr(cluster, "answer", starts)
    assert run(kubeconfig=kubeconfig, objects=[PODS])["objects"] == {"Pod": []}
    assert clock.at == 4


@pytest.mark.parametrize(("check_mode", "waited"), [(False, 30), (True, 4)])
def test_silence_ends_after_the_timeout(
    run: Run,
    cluster: FakeCluster,
    kubeconfig: str,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    check_mode: bool,
    waited: float,
) -> None:
    monkeypatch.setattr(cluster, "answer", lambda *_question: status(503, "still starting"))
    result = run(kubeconfig=kubeconfig, objects=[PODS, {"kind": "Node"}], _ansible_check_mode=check_mode)
    silence = f"{kubeconfig}: The API server {cluster.url}: still starting"
    assert clock.at == waited
    if check_mode:
        assert result["objects"] == {"Pod": [], "Node": []}
        assert result["silence"] == silence
    else:
        assert (result["failed"], result["msg"]) == (True, f"The cluster does not answer. {silence}")


def test_without_a_kubeconfig_only_a_check_run_goes_on(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "none"
    result = run(kubeconfig=str(path), objects=[{"kind": "Node"}])
    assert result["failed"]
    assert result["msg"] == (
        f"There is no kubeconfig at {path}. The role kubeadm_ha fetches it (playbooks/cluster.yml); "
        "or let the option kubeconfig name another one."
    )
    result = run(kubeconfig=str(path), objects=[{"kind": "Node"}], _ansible_check_mode=True)
    assert (result["changed"], result["objects"], result["silence"]) == (
        False,
        {"Node": []},
        f"no kubeconfig at {path}",
    )


def test_a_kubeconfig_that_is_none_is_said_at_once(run: Run, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.touch()
    result = run(kubeconfig=str(path), objects=[{"kind": "Node"}])
    assert result["failed"]
    refusal = f"Invalid kube-config. {path} file is empty"
    assert result["msg"] == f"The cluster does not answer. {path}: kubeconfig {path}: {refusal}"
    assert clock.at == 0


def test_a_kind_that_the_cluster_refuses_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, clock: Clock, tmp_path: Path
) -> None:
    class Cluster:
        def __init__(self, _options: dict[str, Any], _connect: float) -> None:
            pass

        def find(self, kind: str, _api_version: str) -> list[dict[str, Any]]:
            raise ClusterError(f"The list of {kind}s: nodes is forbidden")

    monkeypatch.setattr(cluster_objects_info, "Cluster", Cluster)
    path = tmp_path / "kubeconfig"
    path.touch()
    result = run(kubeconfig=str(path), objects=[{"kind": "Node"}], timeout=1)
    assert result["msg"] == f"The cluster does not answer. {path}: The list of Nodes: nodes is forbidden"
    assert clock.at == 0
