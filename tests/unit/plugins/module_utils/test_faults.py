# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.filter.faults import FilterModule
from ansible_collections.kubehub.platform.plugins.module_utils import _faults as core


def pod(name: str, phase: str = "Pending", ready: str = "False", **status: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}, *status.pop("conditions", [])]
    return {
        "metadata": {"namespace": "kube-system", "name": name},
        "spec": {"nodeName": "w1"},
        "status": {"phase": phase, "conditions": conditions, **status},
    }


def event(name: str, reason: str, message: str, when: str, kind: str = "Warning") -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "kube-system", "name": name}
    return {"involvedObject": about, "type": kind, "reason": reason, "message": message, "lastTimestamp": when}


def test_pods_that_are_ready_or_done_are_no_fault() -> None:
    assert core.pod_faults([pod("a", "Running", "True"), pod("b", "Succeeded")]) == []


def test_an_image_that_is_not_there() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling\n image"}
    found = pod("a", containerStatuses=[{"name": "agent", "ready": False, "state": {"waiting": waiting}}])
    assert core.pod_faults([found]) == [
        "pod kube-system/a on w1: Pending; container agent: ImagePullBackOff: Back-off pulling image"
    ]


def test_an_init_container_that_fails_is_named_and_those_that_wait_for_it_are_not() -> None:
    crashed = {
        "name": "clean-cilium-state",
        "ready": False,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
        "lastState": {"terminated": {"exitCode": 128, "reason": "StartError", "message": "unable to apply caps"}},
    }
    done = {"name": "mount-cgroup", "ready": True, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    waits = {"name": "agent", "ready": False, "state": {"waiting": {"reason": "PodInitializing"}}}
    found = pod("a", initContainerStatuses=[done, crashed], containerStatuses=[waits])
    assert core.pod_faults([found]) == [
        (
            "pod kube-system/a on w1: Pending; container clean-cilium-state: CrashLoopBackOff: back-off 10s, "
            "ended with 128: unable to apply caps"
        )
    ]


def test_containers_that_ended_or_are_not_ready() -> None:
    ended = {"name": "x", "ready": False, "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}
    deaf = {"name": "y", "ready": False, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    assert core.pod_faults([pod("a", "Running", containerStatuses=[ended, deaf])]) == [
        "pod kube-system/a on w1: Running; container x: ended with 2: Error; container y: running, not ready"
    ]


def test_a_pod_that_no_node_takes() -> None:
    found = pod(
        "a", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3"}]
    )
    found["spec"] = {}
    assert core.pod_faults([found]) == ["pod kube-system/a on no node: Pending; Unschedulable: 0/3"]


def test_the_newest_warning_about_the_pod_is_told() -> None:
    events = [
        event("a", "FailedCreatePodSandBox", "plugin not initialized", "2026-01-01T00:00:09Z"),
        event("a", "FailedMount", "older", "2026-01-01T00:00:01Z"),
        event("a", "Pulled", "newer, but no warning", "2026-01-01T00:00:10Z", "Normal"),
        event("b", "FailedMount", "of another pod", "2026-01-01T00:00:11Z"),
    ]
    assert core.pod_faults([pod("a")], events) == [
        "pod kube-system/a on w1: Pending; event FailedCreatePodSandBox: plugin not initialized"
    ]


def test_nodes_tell_their_own_reason() -> None:
    nodes = [
        {"metadata": {"name": "cp1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
        {
            "metadata": {"name": "w1"},
            "status": {
                "conditions": [
                    {
                        "type": "Ready",
                        "status": "False",
                        "reason": "KubeletNotReady",
                        "message": "cni plugin not initialized",
                    }
                ]
            },
        },
        {"metadata": {"name": "w2"}, "status": {}},
    ]
    assert core.node_faults(nodes) == [
        "node w1: KubeletNotReady: cni plugin not initialized",
        "node w2: kubelet has not reported yet",
    ]


def deployment(name: str, replicas: int, updated: int, available: int, generation: int = 2) -> dict[str, Any]:
    status = {"observedGeneration": 2, "updatedReplicas": updated, "availableReplicas": available}
    meta = {"name": name, "generation": generation}
    return {"metadata": meta, "spec": {"replicas": replicas}, "status": status}


def daemon_set(name: str, desired: int, updated: int, ready: int) -> dict[str, Any]:
    status = {"observedGeneration": 1, "desiredNumberScheduled": desired}
    status |= {"updatedNumberScheduled": updated, "numberReady": ready}
    return {"metadata": {"name": name, "generation": 1}, "spec": {}, "status": status}


def test_workloads_are_done_when_all_pods_of_the_newest_version_are_ready() -> None:
    done = [deployment("proxy", 1, 1, 1), deployment("none", 0, 0, 0), daemon_set("cilium", 5, 5, 5)]
    assert core.rollout_faults(done) == []
    others = [
        deployment("new", 1, 1, 1, generation=3),
        deployment("hub", 2, 2, 1),
        deployment("all-old", 1, 0, 1),
        daemon_set("flannel", 5, 4, 5),
        daemon_set("early", 0, 0, 0),
    ]
    assert core.rollout_faults([*done, *others]) == [
        "all-old: 0 of 1 pods of its newest version are ready",
        "early: 0 of 0 pods of its newest version are ready",
        "flannel: 4 of 5 pods of its newest version are ready",
        "hub: 1 of 2 pods of its newest version are ready",
        "new: its newest version is not looked at yet",
    ]


def test_workloads_that_are_named_must_be_there_and_others_are_not_looked_at() -> None:
    assert core.rollout_faults([deployment("hub", 1, 1, 1), deployment("other", 1, 0, 0)], ["hub", "proxy"]) == [
        "proxy: is not there"
    ]
    made = {"metadata": {"name": "hub", "generation": 1}, "spec": {"replicas": 1}}
    assert core.rollout_faults([made]) == ["hub: its newest version is not looked at yet"]


def test_objects_with_nothing_in_them_are_described_all_the_same() -> None:
    assert core.pod_faults([{}], [{}]) == ["pod default/? on no node: Unknown"]
    assert core.node_faults([{}]) == ["node ?: kubelet has not reported yet"]


def test_the_filters_are_the_cores_functions() -> None:
    filters = FilterModule().filters()
    assert filters["pod_faults"]([pod("a")], []) == core.pod_faults([pod("a")])
    assert filters["node_faults"]([{}]) == core.node_faults([{}])
    assert filters["rollout_faults"]([], ["hub"]) == core.rollout_faults([], ["hub"])


@pytest.mark.parametrize("name", ["pod_faults", "node_faults", "rollout_faults", "ready_pods"])
def test_a_filter_refuses_what_is_no_list(name: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{name}: expected a list, got str$"):
        FilterModule().filters()[name]("pods")


def test_a_pod_without_an_address_cannot_be_asked() -> None:
    pods = [
        pod("a", "Running", "True", podIP="198.51.100.7"),
        pod("b", podIP="198.51.100.8"),
        pod("c", "Running", "True"),
    ]
    assert core.ready_pods(pods) == [{"name": "a", "node": "w1", "address": "198.51.100.7"}]
    assert FilterModule().filters()["ready_pods"](pods) == core.ready_pods(pods)
