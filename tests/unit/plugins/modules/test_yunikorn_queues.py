# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.modules import yunikorn_queues
from tests.unit.plugins.fake_cluster import TOKEN, Application, FakeCluster, checksum

OLD = """\
partitions:
  - name: default
    placementrules:
      - name: provided
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: research
            resources: {max: {vcore: 8, memory: 32Gi}}
          - name: teaching
"""
RAISED = OLD.replace("vcore: 8", "vcore: 12")
LOWERED = OLD.replace("vcore: 8", "vcore: 2")
WITHOUT_TEACHING = OLD.replace("          - name: teaching\n", "")
OURS = 'ConfigMap "yunikorn-configs" in yunikorn'

Run = Callable[..., dict[str, Any]]


class Clock:
    """Time that only passes while the module sleeps; each second the cluster may do something."""

    def __init__(self) -> None:
        self.now = 0.0
        self.each_second: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        self.each_second()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(yunikorn_queues, "time", clock)
    return clock


@pytest.fixture
def run(cluster: FakeCluster, clock: Clock, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module and return what it printed."""

    def run(config: Any, *, check: bool = False, **options: Any) -> dict[str, Any]:
        arguments = {"config": config, **options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            yunikorn_queues.main()
        captured = capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        result: dict[str, Any] = json.loads(captured.out)
        return result

    return run


# -- applied and proved ------------------------------------------------------------------------------------------------


def test_a_change_is_written_as_it_was_given_and_proved(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD, configs={"log.level": "INFO"})
    wanted = "# Our queues\n" + RAISED
    result = run(wanted)
    assert (result["changed"], result["proved"], result["level"], result["drift"]) == (True, True, "safe", False)
    assert [change["id"] for change in result["changes"]] == ["max:root.research"]
    assert cluster.maps["yunikorn-configs"]["data"] == {"queues.yaml": wanted, "log.level": "INFO"}
    assert cluster.scheduler.text == wanted
    assert cluster.scheduler.validated == [wanted]
    assert result["checksum"] == checksum(wanted)
    assert cluster.writes == [("PUT", "yunikorn-configs")]


def test_a_second_run_changes_nothing(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    run(RAISED)
    result = run(RAISED)
    assert (result["changed"], result["proved"], result["changes"]) == (False, True, [])
    assert result["plan"] == "No changes.\n"
    assert result["diff"] == {"before": "", "after": ""}
    assert len(cluster.writes) == 1


def test_what_means_the_same_is_not_written(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    result = run(OLD.replace("vcore: 8", 'vcore: "8000m"').replace("provided\n", "provided # as before\n"))
    assert (result["changed"], result["proved"]) == (False, True)
    assert cluster.writes == []


def test_a_mapping_is_written_as_yaml(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    queues = [{"name": "research", "resources": {"max": {"vcore": 4, "memory": "0x"}}}]
    config = {"partitions": [{"name": "default", "queues": [{"name": "root", "submitacl": "*", "queues": queues}]}]}
    assert run(config)["msg"] == (
        "YuniKorn refuses this configuration:\n"
        "- line 11, partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity"
    )
    queues[0]["resources"] = {"max": {"vcore": "4"}}
    assert run(config)["proved"] is True
    assert cluster.text() == (
        "partitions:\n"
        "  - name: default\n"
        "    queues:\n"
        "      - name: root\n"
        '        submitacl: "*"\n'
        "        queues:\n"
        "          - name: research\n"
        "            resources:\n"
        "              max:\n"
        "                vcore: 4\n"
    )


def test_the_first_configuration_is_created(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.text = yunikorn_queues.plan.BUILT_IN
    result = run(OLD)
    assert (result["changed"], result["proved"]) == (True, True)
    assert cluster.writes == [("POST", "yunikorn-configs")]
    assert cluster.text() == OLD


def test_defaults_count_and_what_they_say_is_not_written_again(run: Run, cluster: FakeCluster) -> None:
    cluster.put("yunikorn-defaults", {"queues.yaml": OLD})
    cluster.reload()
    assert run(OLD)["changed"] is False
    assert run(RAISED)["proved"] is True
    assert cluster.writes == [("POST", "yunikorn-configs")]
    assert cluster.text("yunikorn-defaults") == OLD


def test_a_packed_configuration_is_read_and_replaced(run: Run, cluster: FakeCluster) -> None:
    cluster.put("yunikorn-configs", {"log.level": "INFO"}, {"queues.yaml.gz": OLD, "other.gz": "kept"})
    cluster.reload()
    result = run(RAISED)
    assert [change["id"] for change in result["changes"]] == ["max:root.research"]
    assert result["proved"] is True
    assert list(cluster.maps["yunikorn-configs"]["binaryData"]) == ["other.gz"]
    assert cluster.maps["yunikorn-configs"]["data"] == {"queues.yaml": RAISED, "log.level": "INFO"}


def test_the_key_follows_the_policy_group(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.key = "lab.yaml"
    cluster.put("yunikorn-configs", {"service.policyGroup": "lab", "lab.yaml": OLD})
    cluster.reload()
    assert run(RAISED)["proved"] is True
    assert cluster.maps["yunikorn-configs"]["data"] == {"service.policyGroup": "lab", "lab.yaml": RAISED}


def test_a_slow_scheduler_is_waited_for(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD)
    cluster.scheduler.deaf = True

    def hear() -> None:
        cluster.scheduler.deaf = clock.now < 5
        cluster.reload()

    clock.each_second = hear
    assert run(RAISED)["proved"] is True
    assert clock.now == 5


# -- check mode and diff mode ------------------------------------------------------------------------------------------


def test_check_mode_plans_in_full_and_writes_nothing(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob"), Application("a-2", "root.research", "eve")]
    result = run(WITHOUT_TEACHING, check=True)
    refusal = (
        "remove:root.teaching (disrupts): Drains: applications there keep running and still get pods, until they have ended. "
        "1 application there, of bob. New applications are not placed there: the next placement rule is tried, then they are rejected. "
        "If the scheduler restarts before, they land in root.@recovery@, without limits. "
        'To allow it, add "disrupts" or "remove:root.teaching" to allow.'
    )
    assert (result["changed"], result["proved"], result["level"]) == (True, False, "disrupts")
    assert result["refusals"] == [refusal]
    assert result["warnings"] == [f"Would be refused: {refusal}"]
    (change,) = result["changes"]
    assert (change["applications"], change["users"], change["level"]) == (["a-1"], ["bob"], "disrupts")
    assert result["diff"]["before"] != result["diff"]["after"] == ""
    assert cluster.writes == []
    assert cluster.text() == cluster.scheduler.text == OLD
    assert cluster.scheduler.validated == [WITHOUT_TEACHING]


def test_the_difference_is_that_of_the_meaning(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    assert run(RAISED, check=True)["diff"] == {
        "before": "root.research:\n  max:\n    memory: 32Gi\n    vcore: 8\n",
        "after": "root.research:\n  max:\n    memory: 32Gi\n    vcore: 12\n",
    }


def test_pods_of_an_application_are_named_with_their_owner(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "system:serviceaccount:jupyterhub:hub")]
    labels = {"yunikorn.apache.org/app-id": "a-1", "hub.jupyter.org/username": "carol"}
    cluster.pods = [{"metadata": {"namespace": "jupyterhub", "name": "jupyter-carol", "labels": labels}}]
    (change,) = run(WITHOUT_TEACHING, check=True)["changes"]
    assert change["users"] == ["carol"]
    assert "1 application there, of carol (pods jupyterhub/jupyter-carol)." in change["effect"]


# -- refused before anything is written --------------------------------------------------------------------------------


def refused(result: dict[str, Any], *reasons: str) -> None:
    """Assert that the plan was refused for these reasons alone."""
    listed = "".join(f"\n- {reason}" for reason in reasons)
    assert result["msg"] == f"Nothing was written, because the plan is refused:{listed}"
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["refusals"] == list(reasons)
    for reason in reasons:
        assert f"- {reason}\n" in result["plan"]


def test_an_invalid_configuration_is_refused_with_every_reason(run: Run, cluster: FakeCluster) -> None:
    bad = OLD.replace("vcore: 8", "vcore: 8x").replace("name: teaching", "nam: teaching")
    assert run(bad, check=True)["msg"] == (
        "YuniKorn refuses this configuration:\n"
        "- line 11, partitions[0].queues[0].queues[1].nam: field nam not found in type configs.QueueConfig"
    )
    assert run(OLD.replace("vcore: 8", "vcore: 8x").replace("32Gi", "32GB"))["msg"] == (
        "YuniKorn refuses this configuration:\n"
        "- line 10, partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity\n"
        "- line 10, partitions[0].queues[0].queues[0].resources.max.vcore: invalid quantity"
    )
    assert run(["partitions"])["msg"] == "config is neither a mapping nor a text, but of type list"
    assert cluster.requests == []
