# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils import _helm
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import ClusterError
from ansible_collections.kubehub.platform.plugins.modules import helm_prepare

PENDING = "owner=helm,name=hub,status in (pending-install,pending-upgrade,pending-rollback)"
DEPLOYED = "owner=helm,name=hub,status in (deployed)"
ALL = "owner=helm,name=hub"
BEGAN = 1767225600.0


def revision(number: int = 4, status: str = "", **content: Any) -> dict[str, Any]:
    packed = base64.b64encode(gzip.compress(json.dumps(content).encode()))
    return {
        "metadata": {
            "name": f"sh.helm.release.v1.hub.v{number}",
            "namespace": "jupyterhub",
            "labels": {"version": str(number), "status": status},
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "data": {"release": base64.b64encode(packed).decode()},
    }


class Runner:
    """Runs the module on a cluster with some revisions and a helm that writes down how it is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.monkeypatch, self.capsys, self.folder = monkeypatch, capsys, folder
        self.removed: list[str] = []
        self.all: list[dict[str, Any]] = []
        self.prints = ""

    def __call__(
        self, pending: list[dict[str, Any]], deployed: list[dict[str, Any]], status: int = 0, **options: Any
    ) -> dict[str, Any]:
        runner = self

        class FakeCluster:
            def __init__(self, given: dict[str, Any]) -> None:
                assert {name: value for name, value in given.items() if value} == {"kubeconfig": "/kubeconfig"}

            def find(self, kind: str, namespace: str, label_selector: str) -> list[dict[str, Any]]:
                assert (kind, namespace) == ("Secret", "jupyterhub")
                return {PENDING: pending, DEPLOYED: deployed, ALL: runner.all}[label_selector]

            def delete(self, manifest: dict[str, Any]) -> None:
                assert manifest["kind"] == "Secret"
                if manifest["metadata"]["name"].endswith("v9"):
                    raise ClusterError("Secret is another's")
                runner.removed.append(manifest["metadata"]["name"])

        helm = self.folder / "helm"
        helm.write_text(
            f'#!/bin/sh\necho "$KUBECONFIG $*" >>{self.folder}/calls\n[ "$1" = rollback ] || cat >{self.folder}/values\n'
            f"cat {self.folder}/rendered\necho no, not top-secret >&2\nexit {status}\n",
            encoding="utf-8",
        )
        helm.chmod(0o755)
        (self.folder / "rendered").write_text(self.prints, encoding="utf-8")
        self.monkeypatch.setattr(helm_prepare, "Cluster", FakeCluster)
        given = {"kubeconfig": "/kubeconfig", "binary_path": str(helm), "name": "hub", "namespace": "jupyterhub"}
        with patch_module_args({**given, **options}), pytest.raises(SystemExit):
            helm_prepare.main()
        result: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return result

    @property
    def calls(self) -> str:
        path = self.folder / "calls"
        return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Runner:
    return Runner(monkeypatch, capsys, tmp_path)


def test_a_release_that_no_helm_works_on_is_left_alone(run: Runner) -> None:
    result = run([], [revision(3)])
    assert (result["changed"], result["pending"], result["rolled_back_to"]) == (False, [], 0)
    assert (run.removed, run.calls) == ([], "")
    assert (result["status"], result["difference"]) == ("", [])


def test_the_last_revision_s_state_is_told(run: Runner) -> None:
    run.all = [revision(9, "superseded"), revision(11, "failed"), revision(10, "deployed")]
    assert run([], [])["status"] == "failed"


CHART = {"chart_ref": "hub", "values": {"a": {"b": 2}, "token": "new-token"}, "kube_version": "v1.37.2"}


def test_the_chart_renders_the_values_which_are_on_no_disk_and_no_command_line(run: Runner) -> None:
    run([], [], **CHART)
    assert run.calls == "/kubeconfig template hub hub --values - --namespace jupyterhub --kube-version v1.37.2\n"
    assert json.loads((run.folder / "values").read_text(encoding="utf-8")) == CHART["values"]
    run([], [], **CHART, chart_repo_url="https://hub.example.org", chart_version="4.4.0")
    assert run.calls.endswith(" --kube-version v1.37.2 --repo https://hub.example.org --version 4.4.0\n")


def test_what_the_chart_refuses_is_said_before_anything_is_cleared_up(run: Runner) -> None:
    result = run([revision(4)], [revision(3)], status=1, **CHART, secrets=["top-secret"])
    wanted = "The chart cannot be rendered with these values. no, not (secret)"
    assert (result["failed"], result["msg"]) == (True, wanted)
    assert (run.removed, run.calls.split()[1]) == ([], "template")


def test_a_helm_that_is_not_there_is_said(run: Runner) -> None:
    result = run([], [], binary_path="/nonexistent/helm", **CHART)
    wanted = "The program helm can't be run: [Errno 2] No such file or directory: b'/nonexistent/helm'"
    assert (result["failed"], result["msg"]) == (True, wanted)


def test_in_diff_mode_what_would_change_is_told_without_secrets(run: Runner) -> None:
    run.prints = "kind: Service\nmetadata: {name: hub}\nport: 2\n"
    release = {"config": {"a": {"b": 1}, "token": "old-token"}, "manifest": run.prints.replace("2", "1")}
    run.all = [revision(4, "deployed", **release), revision(3, "superseded")]
    assert run([], [], **CHART)["difference"] == []
    result = run([], [], **CHART, _ansible_diff=True)
    assert (result["changed"], result["status"]) == (False, "deployed")
    assert [line for line in result["difference"] if line[0] in "+-"] == [
        "--- deployed values",
        "+++ wanted values",
        "-  b: 1",
        "-token: (secret)",
        "+  b: 2",
        "+token: (secret, another one)",
        "--- deployed Service hub",
        "+++ wanted Service hub",
        "-port: 1",
        "+port: 2",
    ]
    whole = {**CHART, "values": {"a": {"b": 1.0}, "token": "old-token"}}
    run.prints = release["manifest"]
    assert run([], [], **whole, _ansible_diff=True)["difference"] == []
    run.all = []
    assert "+++ wanted Service hub" in run([], [], **CHART, _ansible_diff=True)["difference"]


def test_an_upgrade_that_was_cut_off_is_rolled_back(run: Runner) -> None:
    result = run([revision(4)], [revision(2), revision(3)])
    assert (result["changed"], result["rolled_back_to"]) == (True, 3)
    assert result["pending"] == ["sh.helm.release.v1.hub.v4"]
    assert run.calls == "/kubeconfig rollback hub 3 --namespace jupyterhub\n"
    assert run.removed == ["sh.helm.release.v1.hub.v4"]


def test_an_install_that_was_cut_off_loses_its_mark(run: Runner) -> None:
    result = run([revision(1)], [])
    assert (result["changed"], result["rolled_back_to"]) == (True, 0)
    assert (run.removed, run.calls) == (["sh.helm.release.v1.hub.v1"], "")


def test_a_check_run_tells_and_does_nothing(run: Runner) -> None:
    assert run([revision(4)], [revision(3)], _ansible_check_mode=True)["changed"] is True
    assert run([revision(1)], [], _ansible_check_mode=True)["changed"] is True
    assert (run.removed, run.calls) == ([], "")


def test_what_is_refused_is_said(run: Runner) -> None:
    result = run([revision(4)], [revision(3)], status=1)
    assert (result["failed"], result["msg"]) == (
        True,
        "Release hub in jupyterhub can't be rolled back to 3: no, not top-secret",
    )
    result = run([revision(9)], [])
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
