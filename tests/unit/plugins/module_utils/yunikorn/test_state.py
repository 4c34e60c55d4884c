# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a scheduler's answers, and what is called unknown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import state

PATHS = state.paths()
ROOT_QUEUE: dict[str, Any] = {
    "queuename": "root",
    "status": "Active",
    "partition": "default",
    "isLeaf": False,
    "isManaged": True,
    "allocatedResource": {"memory": 1024, "vcore": 500},
    "children": [
        {
            "queuename": "root.a",
            "status": "Draining",
            "isLeaf": True,
            "isManaged": False,
            "maxResource": {"memory": 4096},
            "guaranteedResource": {"memory": 512},
            "allocatedResource": {"memory": 1024, "vcore": 500},
            "pendingResource": {"vcore": 100},
            "headroom": {"memory": 3072},
            "runningApps": 1,
            "maxRunningApps": 5,
            "properties": {"application.sort.policy": "fair"},
        }
    ],
}
APPLICATION: dict[str, Any] = {
    "applicationID": "app-1",
    "queueName": "root.a",
    "user": "ada",
    "groups": ["staff"],
    "applicationState": "Running",
    "usedResource": {"memory": 1024, "vcore": 500},
    "submissionTime": 1_700_000_000_000_000_000,
    "partition": "default",
}
USAGE: dict[str, Any] = {
    "queuePath": "root",
    "resourceUsage": {"memory": 1024},
    "runningApplications": ["app-1"],
    "children": [{"queuePath": "root.a", "maxResources": {"memory": 2048}, "maxApplications": 3}],
}
CONFIG = (
    "partitions:\n- name: default\n  queues:\n  - name: root\nchecksum: ABC\n"
    "extra:\n  log.level: INFO\ndeadlockdetectionenabled: false\ndeadlocktimeoutseconds: 60\n"
)
ANSWERS: dict[str, Any] = {
    PATHS["queues"]: ROOT_QUEUE,
    PATHS["applications"]: [APPLICATION],
    PATHS["users"]: [{"userName": "ada", "groups": {"app-1": "staff"}, "queues": USAGE}],
    PATHS["groups"]: [{"groupName": "staff", "applications": ["app-1"], "queues": USAGE}],
    PATHS["capacity"]: [
        {"name": "gpu", "capacity": {"capacity": {"memory": 1}}},
        {"name": "default", "capacity": {"capacity": {"memory": 8192, "vcore": 4000}, "utilization": {"memory": 12}}},
    ],
    PATHS["config"]: CONFIG,
    PATHS["version"]: [{"startTime": 1, "rmBuildInformation": [{"buildVersion": "1.8.0", "rmId": "mycluster"}]}],
    PATHS["health"]: {
        "Healthy": False,
        "HealthChecks": [
            {"Name": "Failed nodes", "Succeeded": True, "DiagnosisMessage": ""},
            {"Name": "Negative resources", "Succeeded": False, "DiagnosisMessage": "node1 has some"},
            {"Name": "Reservations", "Succeeded": False},
        ],
    },
}


def test_all_of_it() -> None:
    """Every part of an answer of YuniKorn's form, pods joined to their application."""
    pod = state.Pod(namespace="hub", name="jupyter-ada", labels={"x": "y"})
    found = state.read(ANSWERS, pods={"app-1": [pod], "app-2": []})
    assert found.unknown == ()
    assert found.queues == {
        "root": state.LiveQueue(
            name="root", status="Active", leaf=False, managed=True, allocated={"memory": 1024, "vcore": 500}
        ),
        "root.a": state.LiveQueue(
            name="root.a",
            status="Draining",
            leaf=True,
            managed=False,
            max={"memory": 4096},
            guaranteed={"memory": 512},
            allocated={"memory": 1024, "vcore": 500},
            pending={"vcore": 100},
            headroom={"memory": 3072},
            running=1,
            max_running=5,
            properties={"application.sort.policy": "fair"},
        ),
    }
    assert found.applications == (
        state.Application(
            id="app-1",
            queue="root.a",
            user="ada",
            groups=("staff",),
            state="Running",
            used={"memory": 1024, "vcore": 500},
            submitted=1_700_000_000_000_000_000,
            pods=(pod,),
        ),
    )
    for name, usages in (("ada", found.users), ("staff", found.groups)):
        assert usages == (
            state.Usage(name=name, queue="root", used={"memory": 1024}, running=("app-1",)),
            state.Usage(name=name, queue="root.a", max={"memory": 2048}),
        )
    assert found.capacity == {"memory": 8192, "vcore": 4000}
    assert (found.config, found.checksum, found.version) == (CONFIG, "ABC", "1.8.0")
    assert found.active is not None
    assert [partition.name for partition in found.active.partitions] == ["default"]
    assert (found.healthy, found.ailments) == (False, ("Negative resources: node1 has some", "Reservations"))


def test_nothing_answers() -> None:
    """Every part is unknown, none is taken for empty."""
    found = state.read({})
    assert found.unknown == tuple(
        f"{part}: no answer from {PATHS[part]}"
        for part in ("config", "health", "queues", "applications", "users", "groups", "capacity", "version")
    )
    assert not any(found.knows(part) for part in state.PARTS)
    assert found == state.State(unknown=found.unknown)


@pytest.mark.parametrize(
    ("part", "answer", "unknown"),
    [
        pytest.param(
            "queues",
            {"status_code": 404, "message": "Partition not found", "description": "Partition not found"},
            f"queues: {PATHS['queues']} answers 404 'Partition not found'",
            id="an error",
        ),
        pytest.param("queues", [ROOT_QUEUE], f"queues: the answer of {PATHS['queues']} is no mapping", id="a list"),
        pytest.param(
            "applications", {}, f"applications: the answer of {PATHS['applications']} is no list", id="no list"
        ),
        pytest.param("queues", {**ROOT_QUEUE, "isLeaf": "no"}, "queues: isLeaf is no switch", id="no switch"),
        pytest.param(
            "queues",
            {**ROOT_QUEUE, "children": [{"status": "Active", "isLeaf": True, "isManaged": True}]},
            "queues: children[0].queuename is missing",
            id="a queue without a name",
        ),
        pytest.param(
            "queues", {**ROOT_QUEUE, "children": ["root.a"]}, "queues: children[0] is no mapping", id="no queue"
        ),
        pytest.param("queues", {**ROOT_QUEUE, "status": None}, "queues: status is missing", id="no status"),
        pytest.param(
            "queues", {**ROOT_QUEUE, "runningApps": True}, "queues: runningApps is no whole number", id="no number"
        ),
        pytest.param(
            "queues",
            {**ROOT_QUEUE, "maxResource": {"memory": "1Gi"}},
            "queues: maxResource is no mapping of whole numbers",
            id="no amounts",
        ),
        pytest.param(
            "queues",
            {**ROOT_QUEUE, "properties": {"priority.offset": 5}},
            "queues: properties is no mapping of texts",
            id="no properties",
        ),
        pytest.param(
            "applications",
            [{**APPLICATION, "queueName": ""}],
            "applications: [0].applicationID or queueName is missing",
            id="an application without a queue",
        ),
        pytest.param(
            "applications",
            [{**APPLICATION, "groups": ["a", 1]}],
            "applications: [0].groups is no list of texts",
            id="a group that is no text",
        ),
        pytest.param("users", [{"queues": USAGE}], "users: [0].userName is missing", id="a user without a name"),
        pytest.param(
            "groups",
            [{"groupName": "g", "queues": {**USAGE, "children": [3]}}],
            "groups: [0].queues.children[0] is no mapping",
            id="usage that is none",
        ),
        pytest.param("capacity", [], f"capacity: {PATHS['capacity']} has no partition 'default'", id="no partition"),
        pytest.param("config", {"Partitions": []}, f"config: the answer of {PATHS['config']} is no text", id="no YAML"),
        pytest.param(
            "config",
            "partitions: []\nother: 1",
            "config: line 2, other: field other not found in type configs.SchedulerConfig",
            id="an odd config",
        ),
        pytest.param("version", [{}], f"version: {PATHS['version']} has no buildVersion", id="no version"),
        pytest.param("health", {"HealthChecks": []}, "health: Healthy is missing", id="no health"),
    ],
)
def test_what_is_odd_is_unknown(part: str, answer: Any, unknown: str) -> None:
    """The place is named, the other parts are known, and nothing is raised."""
    found = state.read({**ANSWERS, PATHS[part]: answer})
    assert found.unknown == (unknown,)
    assert [each for each in state.PARTS if not found.knows(each)] == [part]


def test_another_partition() -> None:
    """The paths and the capacity are that partition's."""
    assert state.paths("gpu")["queues"] == "/ws/v1/partition/gpu/queues"
    assert state.read(ANSWERS, partition="gpu").capacity == {"memory": 1}
