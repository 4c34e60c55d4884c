# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every REST path of YuniKorn's stand-in has YuniKorn's shape."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator

import pytest
import yaml

from lab.standins.yunikorn.server.cluster import requests
from lab.standins.yunikorn.server.quantity import configured, kubernetes
from lab.standins.yunikorn.server.rest import BODY_LIMIT, Server

from .conftest import QUEUES, START, World
from .test_yunikorn_reload import sha256

GIB = 2**30
NANOSECONDS = 10**9


@pytest.fixture
def busy(world: World) -> World:
    """Alice runs one pod in each queue and waits for another; bob of group teaching runs one in root.teaching."""
    world.cluster.pod("alice-1", "root.teaching", user="alice")
    world.cluster.pod("alice-2", "root.research.gpu", user="alice", cpu="1", memory="2Gi", **{"nvidia.com/gpu": "1"})
    world.cluster.pod("alice-2", "root.research.gpu", user="alice", node="", memory="1Gi")
    world.cluster.pod("bob-1", "root.teaching", user="bob", groups=("teaching", "staff"))
    world.look(5)
    return world


def test_config_is_the_validated_one_with_its_checksum(world: World) -> None:
    world.cluster.config(QUEUES, log__level="INFO")
    world.look()
    answer = world.ask("config")
    assert answer.kind == "application/x-yaml; charset=UTF-8"
    assert answer.body.decode().startswith(
        "partitions:\n- name: default\n  queues:\n  - name: root\n    parent: true\n"
    )
    assert yaml.safe_load(answer.body) == {
        "partitions": [
            {
                "name": "default",
                "queues": [
                    {
                        "name": "root",
                        "parent": True,
                        "submitacl": "*",
                        "queues": [
                            {
                                "name": "teaching",
                                "resources": {
                                    "guaranteed": {"memory": "1Gi", "vcore": "500m"},
                                    "max": {"memory": "4Gi", "vcore": "2", "nvidia.com/gpu": "1"},
                                },
                                "limits": [
                                    {
                                        "limit": "each",
                                        "users": ["*"],
                                        "maxresources": {"memory": "2Gi"},
                                        "maxapplications": 2,
                                    },
                                    {"limit": "all", "groups": ["teaching"], "maxresources": {"memory": "3Gi"}},
                                ],
                            },
                            {
                                "name": "research",
                                "properties": {"application.sort.policy": "fair"},
                                "queues": [{"name": "gpu", "maxapplications": 5}],
                            },
                        ],
                    }
                ],
                "placementrules": [{"name": "provided"}],
            }
        ],
        "checksum": sha256(QUEUES),
        "extra": {"log.level": "INFO"},
        "deadlockdetectionenabled": False,
        "deadlocktimeoutseconds": 60,
    }


def test_config_in_json_has_the_names_and_the_empty_structs_of_go(world: World) -> None:
    world.cluster.config(
        "partitions:\n- name: Default\n  preemption: {enabled: false}\n  nodesortpolicy: {type: binpacking}\n"
        "  limits: [{limit: '', users: [bob], maxapplications: 1}]\n"
        "  queues: [{name: a, childtemplate: {maxapplications: 2}}, {name: root}]\n"
    )
    world.look()
    found = world.get("config")
    empty = {"Resources": {}, "ChildTemplate": {"Resources": {}}}
    limit = {"Limit": "", "Users": ["bob"], "MaxApplications": 1}
    assert found["Partitions"] == [
        {
            "Name": "default",
            "Queues": [
                {
                    "Name": "root",
                    "Parent": True,
                    **empty,
                    "Queues": [
                        {"Name": "a", "Resources": {}, "ChildTemplate": {"MaxApplications": 2, "Resources": {}}},
                        {"Name": "root", **empty},
                    ],
                    "Limits": [limit],
                }
            ],
            "Limits": [limit],
            "Preemption": {"Enabled": False},
            "NodeSortPolicy": {"Type": "binpacking"},
            "UserGroupResolver": {},
        }
    ]
    assert set(found) == {"Partitions", "Checksum", "DeadlockDetectionEnabled", "DeadlockTimeoutSeconds"}


def test_json_is_for_who_accepts_nothing_else(world: World) -> None:
    assert world.ask("config", accept="application/json, */*").kind == "application/x-yaml; charset=UTF-8"


def test_clusters_says_the_version_and_that_this_is_a_standin(world: World) -> None:
    assert world.get("clusters") == [
        {
            "startTime": int(START) * NANOSECONDS,
            "rmBuildInformation": [
                {
                    "arch": "amd64",
                    "buildDate": "1970-01-01T00:00:00+0000",
                    "buildVersion": "1.8.0+standin",
                    "isPluginVersion": "false",
                    "rmId": "mycluster",
                }
            ],
            "partition": "default",
            "clusterName": "kubernetes",
        }
    ]


def test_partitions(busy: World) -> None:
    busy.cluster.pod("lost", "root.nowhere")
    busy.look()
    assert busy.get("partitions") == [
        {
            "clusterId": "mycluster",
            "name": "default",
            "capacity": {
                "capacity": {"memory": 8 * GIB, "nvidia.com/gpu": 2, "pods": 110, "vcore": 4000},
                "usedCapacity": {"memory": 4 * GIB, "nvidia.com/gpu": 1, "pods": 3, "vcore": 1200},
                "utilization": {"memory": 50, "nvidia.com/gpu": 50, "pods": 2, "vcore": 30},
            },
            "nodeSortingPolicy": {"type": "fair", "resourceWeights": {"vcore": 1.0, "memory": 1.0}},
            "preemptionEnabled": True,
            "quotaPreemptionEnabled": False,
            "totalNodes": 1,
            "applications": {"Running": 3, "Rejected": 1, "total": 4},
            "totalContainers": 3,
            "state": "Active",
            "lastStateTransitionTime": int(START) * NANOSECONDS,
        }
    ]


LEAF = {
    "partition": "",
    "isManaged": True,
    "currentPriority": -(2**31),
    "prioritySorting": True,
    "preemptionEnabled": True,
    "isPreemptionFence": False,
    "preemptionDelay": "30s",
    "quotaPreemptionDelay": "0s",
    "isPriorityFence": False,
    "status": "Active",
}


def test_the_tree_of_queues(busy: World) -> None:
    teaching = {
        **LEAF,
        "queuename": "root.teaching",
        "maxResource": {"memory": 4 * GIB, "vcore": 2000, "nvidia.com/gpu": 1},
        "guaranteedResource": {"memory": GIB, "vcore": 500},
        "allocatedResource": {"memory": 2 * GIB, "pods": 2, "vcore": 200},
        "headroom": {"memory": 2 * GIB, "nvidia.com/gpu": 1, "pods": 107, "vcore": 1800},
        "isLeaf": True,
        "parent": "root",
        "absUsedCapacity": {"memory": 50, "vcore": 10},
        "runningApps": 2,
        "sortingPolicy": "fifo",
    }
    rest = {"memory": 4 * GIB, "nvidia.com/gpu": 1, "pods": 107, "vcore": 2800}
    used = {"memory": 2 * GIB, "nvidia.com/gpu": 1, "pods": 1, "vcore": 1000}
    gpu = {
        **LEAF,
        "queuename": "root.research.gpu",
        "pendingResource": {"memory": GIB, "pods": 1},
        "allocatedResource": used,
        "headroom": rest,
        "isLeaf": True,
        "properties": {"application.sort.policy": "fair"},
        "parent": "root.research",
        "maxRunningApps": 5,
        "runningApps": 1,
        "currentPriority": 0,
        "sortingPolicy": "fair",
    }
    gpu = {name: value for name, value in gpu.items() if value or name in ("partition", "currentPriority", *LEAF)}
    research = {
        **LEAF,
        "queuename": "root.research",
        "pendingResource": {"memory": GIB, "pods": 1},
        "allocatedResource": used,
        "headroom": rest,
        "isLeaf": False,
        "properties": {"application.sort.policy": "fair"},
        "parent": "root",
        "children": [gpu],
        "childNames": ["root.research.gpu"],
        "runningApps": 1,
        "currentPriority": 0,
        "sortingPolicy": "fair",
    }
    assert busy.get("partition/default/queues") == {
        **LEAF,
        "queuename": "root",
        "partition": "default",
        "pendingResource": {"memory": GIB, "pods": 1},
        "maxResource": {"memory": 8 * GIB, "nvidia.com/gpu": 2, "pods": 110, "vcore": 4000},
        "allocatedResource": {"memory": 4 * GIB, "nvidia.com/gpu": 1, "pods": 3, "vcore": 1200},
        "headroom": rest,
        "isLeaf": False,
        "children": [teaching, research],
        "childNames": ["root.teaching", "root.research"],
        "absUsedCapacity": {"memory": 50, "nvidia.com/gpu": 50, "pods": 2, "vcore": 30},
        "runningApps": 3,
        "currentPriority": 0,
        "sortingPolicy": "fair",
    }
    assert busy.get("partition/default/queue/root.teaching?subtree") == teaching
    assert busy.get("partition/default/queue/root.research?subtree") == research
    del research["children"]
    assert busy.get("partition/default/queue/root.research") == research


def test_properties_and_template_of_a_queue(world: World) -> None:
    world.cluster.config(
        """
partitions:
- name: default
  queues:
  - name: root
    properties: {preemption.policy: disabled, priority.offset: '5', preemption.delay: 10s, x: y}
    queues:
    - name: Upper
      parent: true
      properties: {priority.policy: fence, application.sort.priority: disabled, quota.preemption.delay: 1m}
      resources: {max: {memory: 0}, guaranteed: {vcore: 0, memory: 1}}
      childtemplate: {resources: {guaranteed: {vcore: 1}}}
      queues: [{name: a}]
"""
    )
    world.look()
    found = world.queue("root.upper")
    wanted = {
        "queuename": "root.upper",
        "guaranteedResource": {"vcore": 0, "memory": 1},
        "template": {"guaranteedResource": {"vcore": 1000}},
        "isPriorityFence": True,
        "prioritySorting": False,
        "preemptionEnabled": False,
        "preemptionDelay": "10s",
        "quotaPreemptionDelay": "1m",
    }
    assert {name: found[name] for name in wanted} == wanted
    assert "maxResource" not in found
    assert "priorityOffset" not in found
    assert world.queue("root")["priorityOffset"] == 5
    assert world.queue("root.upper.a")["properties"] == {
        "preemption.policy": "disabled",
        "preemption.delay": "10s",
        "x": "y",
        "application.sort.priority": "disabled",
        "quota.preemption.delay": "1m",
    }


def test_applications(busy: World) -> None:
    tags = {"kubernetes.io/meta/namespace": "hub"}
    placed = {
        "allocationKey": "uid-alice-2-0",
        "allocationTags": {**tags, "kubernetes.io/meta/podName": "alice-2-0"},
        "requestTime": int(START) * NANOSECONDS,
        "allocationTime": int(START + 5) * NANOSECONDS,
        "resource": {"memory": 2 * GIB, "nvidia.com/gpu": 1, "pods": 1, "vcore": 1000},
        "priority": "0",
        "nodeId": "w1",
        "applicationId": "alice-2",
    }
    waiting = {
        "allocationKey": "uid-alice-2-1",
        "allocationTags": {**tags, "kubernetes.io/meta/podName": "alice-2-1"},
        "requestTime": int(START) * NANOSECONDS,
        "resource": {"memory": GIB, "pods": 1},
        "priority": "0",
        "applicationId": "alice-2",
        "schedulingAttempted": True,
    }
    one = {
        "applicationID": "alice-2",
        "usedResource": placed["resource"],
        "maxUsedResource": placed["resource"],
        "pendingResource": waiting["resource"],
        "partition": "default",
        "queueName": "root.research.gpu",
        "submissionTime": int(START) * NANOSECONDS,
        "requests": [waiting],
        "allocations": [placed],
        "applicationState": "Running",
        "user": "alice",
        "stateLog": [
            {"time": int(START + 5) * NANOSECONDS, "applicationState": state}
            for state in ("New", "Accepted", "Running")
        ],
        "startTime": int(START + 5) * 1000,
    }
    assert busy.get("partition/default/queue/root.research.gpu/applications") == [one]
    assert busy.get("partition/default/queue/root.research.gpu/applications/active?status=Running") == [one]
    assert busy.get("partition/default/queue/root.research.gpu/applications/active?status=accepted") == []
    assert busy.get("partition/default/queue/root.research.gpu/application/alice-2") == one
    assert busy.get("partition/default/application/alice-2") == one
    assert busy.get("partition/default/queue/root.research/applications") == []
    active = busy.get("partition/default/applications/active")
    assert [each["applicationID"] for each in active] == ["alice-1", "alice-2", "bob-1"]
    assert active[2]["groups"] == ["teaching", "staff"]


def test_usage_of_users_and_groups(busy: World) -> None:
    def usage(path: str, applications: list[str], memory: int, vcore: int, **more: object) -> dict[str, object]:
        used = {"memory": memory * GIB, "pods": len(applications), "vcore": vcore}
        return {"queuePath": path, "resourceUsage": used, "runningApplications": applications, **more}

    each = {"maxResources": {"memory": 2 * GIB}, "maxApplications": 2}
    gpu = usage("root.research.gpu", ["alice-2"], 2, 1000)
    gpu["resourceUsage"] = {"memory": 2 * GIB, "nvidia.com/gpu": 1, "pods": 1, "vcore": 1000}
    alice = {
        "userName": "alice",
        "queues": {
            **usage("root", ["alice-1", "alice-2"], 3, 1100),
            "resourceUsage": {"memory": 3 * GIB, "nvidia.com/gpu": 1, "pods": 2, "vcore": 1100},
            "children": [
                usage("root.teaching", ["alice-1"], 1, 100, **each),
                {**gpu, "queuePath": "root.research", "children": [gpu]},
            ],
        },
    }
    bob = {
        "userName": "bob",
        "groups": {"bob-1": "teaching"},
        "queues": usage("root", ["bob-1"], 1, 100, children=[usage("root.teaching", ["bob-1"], 1, 100, **each)]),
    }
    teaching = {
        "groupName": "teaching",
        "applications": ["bob-1"],
        "queues": usage(
            "root",
            ["bob-1"],
            1,
            100,
            children=[usage("root.teaching", ["bob-1"], 1, 100, maxResources={"memory": 3 * GIB})],
        ),
    }
    assert busy.get("partition/default/usage/users") == [alice, bob]
    assert busy.get("partition/default/usage/user/bob") == bob
    assert busy.get("partition/default/usage/groups") == [teaching]
    assert busy.get("partition/default/usage/group/teaching") == teaching


def test_who_has_a_limit_is_listed_before_any_usage(world: World) -> None:
    world.cluster.config(
        "partitions:\n- name: default\n  limits: [{limit: l, users: [sue, '*'], groups: [ops, '*'], maxapplications: 3}]\n"
        "  queues: [{name: a}]\n"
    )
    world.look()
    root = {"queuePath": "root", "maxApplications": 3}
    assert world.get("partition/default/usage/users") == [{"userName": "sue", "queues": root}]
    assert world.get("partition/default/usage/groups") == [
        {"groupName": "*", "queues": root},
        {"groupName": "ops", "queues": root},
    ]


def test_nodes(busy: World) -> None:
    [node] = busy.get("partition/default/nodes")
    assert len(node.pop("allocations")) == 3
    assert node == {
        "nodeID": "w1",
        "hostName": "w1",
        "rackName": "/rack-default",
        "attributes": {
            "ready": "true",
            "si.io/hostname": "w1",
            "si.io/rackname": "/rack-default",
            "si/instance-type": "",
        },
        "capacity": {"vcore": 4000, "memory": 8 * GIB, "pods": 110, "nvidia.com/gpu": 2},
        "allocated": {"memory": 4 * GIB, "nvidia.com/gpu": 1, "pods": 3, "vcore": 1200},
        "available": {"vcore": 2800, "memory": 4 * GIB, "pods": 107, "nvidia.com/gpu": 1},
        "utilized": {"memory": 50, "nvidia.com/gpu": 50, "pods": 2, "vcore": 30},
        "schedulable": True,
        "isReserved": False,
    }
    assert busy.get("partition/default/node/w1")["nodeID"] == "w1"


def test_capacity_follows_the_nodes(world: World) -> None:
    world.cluster.node("w2", cpu="500m", memory="1Gi")
    world.cluster.nodes[0]["spec"]["unschedulable"] = True
    world.look()
    assert world.queue("root")["maxResource"]["vcore"] == 4500
    assert [each["schedulable"] for each in world.get("partition/default/nodes")] == [False, True]


def test_placement_rules(world: World) -> None:
    recovery = {"name": "recovery", "parameters": {"queue": "root.@recovery@"}}
    assert world.get("partition/default/placementrules") == [
        {"name": "provided", "parameters": {"create": "false"}},
        recovery,
    ]
    world.cluster.config(
        "partitions:\n- name: default\n  placementrules:\n"
        "  - {name: user, create: true, filter: {type: deny, users: [a, b]}, parent: {name: fixed, value: root.p}}\n"
        "  - {name: tag, value: namespace, create: true}\n  queues: [{name: p, parent: true}]\n"
    )
    world.look()
    assert world.get("partition/default/placementrules") == [
        {
            "name": "user",
            "parameters": {"create": "true"},
            "filter": {"type": "deny", "userList": ["a", "b"]},
            "parentRule": {"name": "fixed", "parameters": {"queue": "root.p", "create": "false"}},
        },
        {"name": "tag", "parameters": {"tagName": "namespace", "create": "true"}},
        recovery,
    ]


def test_health(busy: World) -> None:
    found = busy.get("scheduler/healthcheck")
    assert found["Healthy"] is True
    assert {tuple(sorted(each)) for each in found["HealthChecks"]} == {
        ("Description", "DiagnosisMessage", "Name", "Succeeded")
    }
    busy.cluster.nodes[0]["status"]["allocatable"]["memory"] = "1Gi"
    busy.cluster.pod("far", "root.teaching", node="w9")
    busy.look()
    found = busy.get("scheduler/healthcheck")
    assert found["Healthy"] is False
    assert [each["DiagnosisMessage"] for each in found["HealthChecks"] if not each["Succeeded"]] == [
        "Nodes with inconsistent data: [w1]",
        "Nodes that are not registered: [w9]",
    ]


def test_events(world: World) -> None:
    world.cluster.config("partitions:\n- name: default\n  queues: [{name: teaching}]\n")
    world.cluster.pod("lost", "root.nowhere")
    world.look(1)
    batch = world.get("events/batch")
    assert (batch["LowestID"], batch["HighestID"]) == (0, len(batch["EventRecords"]) - 1)
    assert [(each["objectID"], each["message"]) for each in batch["EventRecords"]] == [
        ("root.teaching", "added"),
        ("root.research", "added"),
        ("root.research.gpu", "added"),
        ("root", "changed"),
        ("root.teaching", "changed"),
        ("root.research", "drained"),
        ("root.research.gpu", "drained"),
        ("lost", "failed to place application lost: application rejected: no placement rule matched"),
    ]
    assert world.get("events/batch?start=7&count=1")["EventRecords"] == [
        {
            "type": 2,
            "objectID": "lost",
            "message": "failed to place application lost: application rejected: no placement rule matched",
            "timestampNano": int(START + 1) * NANOSECONDS,
            "eventChangeType": 3,
            "eventChangeDetail": 202,
            "resource": {},
        }
    ]
    assert world.get("events/batch?start=x", 400)["message"] == "invalid literal for int() with base 10: 'x'"
    assert world.get("events/batch?count=0", 400)["message"] == "start must be 0 or more, count 1 or more"


def test_metrics(busy: World) -> None:
    answer = busy.ask("metrics")
    assert answer.kind == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.body.decode().splitlines()
    for line in (
        "# TYPE yunikorn_queue_resource gauge",
        f'yunikorn_queue_resource{{queue="root.teaching",resource="memory",state="allocated"}} {2 * GIB}',
        f'yunikorn_queue_resource{{queue="root.teaching",resource="memory",state="max"}} {4 * GIB}',
        f'yunikorn_queue_resource{{queue="root",resource="memory",state="pending"}} {GIB}',
        'yunikorn_queue_app{queue="root.teaching",state="running"} 2',
    ):
        assert line in lines


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("partition/other/queues", 404, "Partition not found"),
        ("partition/default/queue/root.nowhere", 404, "Queue not found"),
        ("partition/default/queue/nowhere", 404, "Queue not found"),
        ("partition/default/queue/root.nowhere/applications", 404, "Queue not found"),
        ("partition/default/application/none", 404, "Application not found"),
        ("partition/default/queue/root/application/alice-1", 404, "Application not found"),
        ("partition/default/usage/user/nobody", 404, "User not found"),
        ("partition/default/usage/group/none", 404, "Group not found"),
        ("partition/default/node/w9", 404, "Node not found"),
        (
            "partition/default/applications/sleeping",
            400,
            "Only following application states are allowed: active, rejected, completed",
        ),
    ],
)
def test_what_is_not_there_is_said_in_yunikorns_shape(busy: World, path: str, status: int, message: str) -> None:
    assert busy.get(path, status) == {"status_code": status, "message": message, "description": message}


@pytest.mark.parametrize("path", ["queues", "apps", "nodes", "partition/default"])
def test_paths_that_yunikorn_does_not_have(world: World, path: str) -> None:
    answer = world.ask(path)
    assert (answer.status, answer.kind, answer.body) == (404, "text/plain; charset=utf-8", b"404 page not found\n")
    assert world.ask("config", "POST").status == 405


@pytest.fixture
def port(world: World) -> Iterator[int]:
    """The stand-in over HTTP."""
    server = Server(("127.0.0.1", 0), world.rest)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_over_http(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/ws/v1/config", headers={"Accept": "application/json"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=UTF-8")
    assert json.load(answer)["Checksum"] == sha256(QUEUES)
    connection.request("POST", "/ws/v1/validate-conf", body=QUEUES)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["X-Standin-Verdict"]) == (200, "not recorded")
    assert json.load(answer) == {"allowed": True}
    connection.request("GET", "/ws/v1/partition/default/queue/root%2Eteaching")
    assert json.load(connection.getresponse())["queuename"] == "root.teaching"
    connection.request("POST", "/ws/v1/validate-conf", headers={"Content-Length": str(BODY_LIMIT + 1)})
    assert connection.getresponse().status == 413
    connection.close()


# --- amounts and pods ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("vcore", "2", 2000),
        ("vcore", "500m", 500),
        ("vcore", "1k", 10**6),
        ("memory", "1 Gi", GIB),
        ("x", "3M", 3 * 10**6),
    ],
)
def test_amounts_of_a_config(name: str, text: str, value: int) -> None:
    assert configured({name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("memory", "1.5", "invalid quantity"),
        ("memory", "-1", "invalid quantity"),
        ("memory", "", "invalid quantity"),
        ("memory", "1m", "invalid suffix"),
        ("memory", "1K", "invalid suffix"),
        ("memory", "8Ei", "invalid quantity: overflow"),
    ],
)
def test_amounts_that_are_none(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        configured({name: text})


def test_amounts_of_kubernetes() -> None:
    given = {"cpu": "0.25", "memory": "1.5Gi", "ephemeral-storage": "1e3", "x": "1500m", "y": "12E"}
    assert kubernetes(given) == {
        "vcore": 250,
        "memory": 3 * GIB // 2,
        "ephemeral-storage": 1000,
        "x": 2,
        "y": 12 * 10**18,
    }
    with pytest.raises(ValueError, match=r"^'1 Gi' is no quantity of Kubernetes$"):
        kubernetes({"memory": "1 Gi"})


def test_a_pod_is_charged_what_it_needs_at_its_peak() -> None:
    def container(cpu: str, **more: str) -> dict[str, object]:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "initContainers": [container("100m", restartPolicy="Always"), container("1"), container("200m")],
        "containers": [container("300m"), container("300m"), {}],
        "overhead": {"cpu": "10m"},
    }
    assert requests(spec) == {"vcore": 1110, "pods": 1}
    spec["containers"] = [container("2")]
    assert requests(spec) == {"vcore": 2110, "pods": 1}
