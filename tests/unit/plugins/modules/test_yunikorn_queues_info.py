# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import plan
from ansible_collections.kubehub.platform.plugins.modules import yunikorn_queues_info
from tests.unit.plugins.fake_cluster import TOKEN, Application, FakeCluster, checksum

CONFIG = """\
partitions:
  - name: default
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: research
            resources: {max: {vcore: 8}}
          - name: teaching
"""

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(cluster: FakeCluster, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module and return what it printed."""

    def run(**options: Any) -> dict[str, Any]:
        with patch_module_args(options), pytest.raises(SystemExit):
            yunikorn_queues_info.main()
        captured = capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        assert cluster.writes == []
        result: dict[str, Any] = json.loads(captured.out)
        return result

    return run


def test_the_queues_that_stand_are_told_with_who_uses_them(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(CONFIG)
    cluster.scheduler.dynamic = ["root.teaching.bob"]
    cluster.scheduler.applications = [
        Application("a-1", "root.research", "eve", used={"vcore": 3000}),
        Application("a-2", "root.research", "eve", used={}, pending={"vcore": 6000}, state="Accepted"),
        Application("a-3", "root.teaching.bob", "bob", used={"vcore": 1000}),
    ]
    result = run()
    assert result["changed"] is False
    queues = {queue["name"]: queue for queue in result["queues"]}
    assert list(queues) == ["root", "root.research", "root.teaching", "root.teaching.bob"]
    assert queues["root.research"] == {
        "name": "root.research",
        "status": "Active",
        "leaf": True,
        "managed": True,
        "guaranteed": {},
        "max": {"vcore": 8000},
        "allocated": {"vcore": 3000},
        "pending": {"vcore": 6000},
        "preempting": {},
        "headroom": {"vcore": 5000},
        "running": 1,
        "max_running": 0,
        "properties": {},
    }
    assert (queues["root.teaching.bob"]["managed"], queues["root.teaching"]["leaf"]) == (False, False)
    assert [(row["queue"], row["user"], row["running"], row["waiting"], row["used"]) for row in result["usage"]] == [
        ("root", None, 2, 1, {"vcore": 4000}),
        ("root.research", None, 1, 1, {"vcore": 3000}),
        ("root.research", "eve", 1, 1, {"vcore": 3000}),
        ("root.teaching", None, 1, 0, {"vcore": 1000}),
        ("root.teaching.bob", None, 1, 0, {"vcore": 1000}),
        ("root.teaching.bob", "bob", 1, 0, {"vcore": 1000}),
    ]
    assert [(one["id"], one["state"]) for one in result["applications"]] == [
        ("a-1", "Running"),
        ("a-2", "Accepted"),
        ("a-3", "Running"),
    ]
    assert (result["version"], result["healthy"], result["ailments"], result["unknown"]) == ("1.9.0", True, [], [])
    assert result["capacity"]["vcore"] == 16000


def test_one_queue_and_what_is_below_it(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(CONFIG.replace("- name: teaching", "- name: research-old"))
    cluster.scheduler.dynamic = ["root.research.bob"]
    cluster.scheduler.applications = [Application("a-1", "root.research.bob", "bob"), Application("a-2", "root", "eve")]
    result = run(queue="root.Research")
    assert [queue["name"] for queue in result["queues"]] == ["root.research", "root.research.bob"]
    assert [one["id"] for one in result["applications"]] == ["a-1"]
    assert {row["queue"] for row in result["usage"]} == {"root.research", "root.research.bob"}
    assert run(queue="root.none")["msg"] == (
        "There is no queue root.none. There are: root, root.research, root.research-old, root.research.bob."
    )


def test_drift_is_told_by_the_checksums(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(CONFIG)
    result = run()
    assert (result["drift"], result["checksum"], result["configmap_checksum"]) == (False, *[checksum(CONFIG)] * 2)
    cluster.scheduler.refuses = "no"
    changed = CONFIG.replace("vcore: 8", "vcore: 9")
    cluster.put("yunikorn-configs", {"queues.yaml": changed})
    cluster.reload()
    result = run()
    assert (result["drift"], result["checksum"]) == (True, checksum(CONFIG))
    assert result["configmap_checksum"] == checksum(changed)
    assert "vcore: 8\n" in result["config"]


def test_without_configmaps_the_built_in_configuration_is_expected(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.text = plan.BUILT_IN
    result = run()
    assert (result["drift"], result["configmap_checksum"]) == (False, checksum(plan.BUILT_IN))


def test_an_ill_scheduler_says_what_it_has(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(CONFIG)
    cluster.scheduler.healthy = False
    result = run()
    assert result["healthy"] is False
    assert result["ailments"] == ["Scheduling errors: There were 3 scheduling errors logged in the metrics"]


def test_what_it_does_not_tell_is_unknown(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(CONFIG)
    for path in ("/ws/v1/config", "/ws/v1/scheduler/healthcheck"):
        cluster.scheduler.broken[path] = (404, {"status_code": 404, "message": "not now"})
    result = run()
    assert (result["drift"], result["config"], result["healthy"]) == (None, "", None)
    assert result["unknown"] == [
        "config: /ws/v1/config answers 404 'not now'",
        "health: /ws/v1/scheduler/healthcheck answers 404 'not now'",
    ]


def test_a_scheduler_that_can_t_be_asked_is_a_failure(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.down = 'services "yunikorn-service" not found'
    result = run()
    assert result["failed"] is True
    assert result["msg"] == (
        'Service "yunikorn-service" in yunikorn can\'t be reached: services "yunikorn-service" not found'
    )


def test_another_partition_is_asked_for_and_is_not_there(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(CONFIG)
    cluster.scheduler.broken["/ws/v1/partition/gpu/queues"] = (
        404,
        {"status_code": 404, "message": "Partition not found"},
    )
    message = run(partition="gpu")["msg"]
    assert message.startswith(
        "The scheduler does not tell its queues: queues: /ws/v1/partition/gpu/queues answers 404 'Partition not found'; "
    )


@pytest.mark.parametrize("library", ["kubernetes and openshift", "PyYAML"])
def test_a_missing_library_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    if library == "PyYAML":
        monkeypatch.setattr(yunikorn_queues_info, "YAML_IMPORT_ERROR", ImportError("No module named 'yaml'"))
    else:
        monkeypatch.setattr(yunikorn_queues_info._cluster, "IMPORT_ERROR", "Traceback")
    assert run()["msg"].startswith(f"Failed to import the required Python library ({library}) on ")
