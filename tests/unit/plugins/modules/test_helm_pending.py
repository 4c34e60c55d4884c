# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils import _helm
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import ClusterError
from ansible_collections.kubehub.platform.plugins.modules import helm_pending

SELECTOR = "owner=helm,name=hub,status in (pending-install,pending-upgrade,pending-rollback)"
BEGAN = 1767225600.0


def revision(number: int = 2, created: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"sh.helm.release.v1.hub.v{number}",
            "namespace": "jupyterhub",
            "uid": "u",
            "resourceVersion": "7",
            "creationTimestamp": created,
        }
    }


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: list[dict[str, Any]], **options: Any
) -> tuple[dict[str, Any], list[str]]:
    """Run the module on a cluster that has these revisions; return its result and what it removed."""
    removed: list[str] = []

    class FakeCluster:
        def __init__(self, given: dict[str, Any]) -> None:
            assert given["kubeconfig"] == "/kubeconfig"

        def find(self, kind: str, **selectors: str) -> list[dict[str, Any]]:
            assert (kind, selectors) == ("Secret", {"namespace": "jupyterhub", "label_selector": SELECTOR})
            return found

        def delete(self, manifest: dict[str, Any]) -> None:
            assert manifest["kind"] == "Secret"
            if manifest["metadata"]["name"].endswith("v9"):
                raise ClusterError("Secret is another's")
            removed.append(manifest["metadata"]["name"])

    monkeypatch.setattr(helm_pending, "Cluster", FakeCluster)
    given = {"kubeconfig": "/kubeconfig", "name": "hub", "namespace": "jupyterhub", **options}
    with patch_module_args(given), pytest.raises(SystemExit):
        helm_pending.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result, removed


def test_a_release_that_no_helm_works_on_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result, removed = run(monkeypatch, capsys, [])
    assert (result["changed"], result["removed"], removed) == (False, [], [])


def test_what_was_cut_off_is_removed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    result, removed = run(monkeypatch, capsys, [revision()])
    assert (result["changed"], result["removed"], removed) == (
        True,
        ["sh.helm.release.v1.hub.v2"],
        ["sh.helm.release.v1.hub.v2"],
    )


def test_a_check_run_tells_and_removes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result, removed = run(monkeypatch, capsys, [revision()], _ansible_check_mode=True)
    assert (result["changed"], result["removed"], removed) == (True, ["sh.helm.release.v1.hub.v2"], [])


def test_what_the_cluster_refuses_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    result, _removed = run(monkeypatch, capsys, [revision(9)])
    assert (result["failed"], result["msg"]) == (True, "Secret is another's")


class Time:
    """A clock that passes by sleeping alone."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def test_a_helm_that_may_be_at_work_is_waited_for() -> None:
    time = Time(BEGAN + 288)
    assert _helm.abandoned(lambda: [revision(), revision(1)], 300, time.now, time.sleep) == [revision(), revision(1)]
    assert time.slept == [5.0, 5.0, 2.0]


def test_a_helm_that_ends_meanwhile_is_left_its_release() -> None:
    time, answers = Time(BEGAN), [[revision()], [revision()], []]
    assert _helm.abandoned(lambda: answers.pop(0), 300, time.now, time.sleep) == []
    assert time.slept == [5.0, 5.0]
