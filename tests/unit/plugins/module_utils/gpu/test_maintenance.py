# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import maintenance
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.users import users

from .inputs import W1, W2, node, pod

# 2026-06-01 12:00 UTC
NOW = 1780315200.0
GPU = {"nvidia.com/gpu": "1"}
PLAIN = {"nvidia.com/device-plugin.config": "default", "nvidia.com/mig.config": "all-disabled"}
UNSPLIT = {"nvidia.com/device-plugin.config": "default"}
SHARED = {"nvidia.com/device-plugin.config": "shared-4"}
SEVENTHS = {**W1, "mig": {"1g.5gb": 7}}


def settings(**changes: Any) -> dict[str, Any]:
    """Return settings of a site that is as its inventory says, with some changed."""
    return {
        "machines": [W1, W2],
        "names": [],
        "mig_strategy": "single",
        "driver_version": "",
        "notice_seconds": 3600,
        "evict": False,
        "hold": False,
    } | changes


def steps(*pods: dict[str, Any], nodes: list[dict[str, Any]] | None = None, **changes: Any) -> list[dict[str, Any]]:
    """Return the steps for a site with two machines whose GPUs are whole."""
    return maintenance.steps(settings(**changes), nodes or [node("w1", PLAIN), node("w2", UNSPLIT)], pods, NOW)


def server(name: str, on: str, **limits: str) -> dict[str, Any]:
    """Return a user's server."""
    made = pod(f"jupyter-{name}", on, **limits)
    made["metadata"] |= {
        "labels": {"component": "singleuser-server"},
        "annotations": {"hub.jupyter.org/username": name},
    }
    return made


def marked(one: dict[str, Any], **mark: Any) -> dict[str, Any]:
    """Return a node on which an earlier run has begun."""
    text = {"kubehub.platform/gpu-maintenance": json.dumps(mark)}
    return {**one, "metadata": {**one["metadata"], "annotations": text}, "spec": {"unschedulable": True}}


def driver(name: str, on: str, image: str) -> dict[str, Any]:
    """Return a pod with the operator's driver."""
    made = pod(name, on)
    made["metadata"]["labels"] = {"app.kubernetes.io/component": "nvidia-driver"}
    made["spec"]["containers"] = [{"image": f"nvcr.io/nvidia/driver:{image}"}]
    return made


def test_a_site_that_is_as_it_should_be_has_nothing_to_do() -> None:
    assert steps(server("ada", "w1", **GPU)) == []


def test_slices_change_under_those_who_work() -> None:
    (step,) = steps(server("ada", "w2", **GPU), server("bob", "w2"), machines=[W1, {**W2, "slices": 4}])
    ada = {"namespace": "jupyterhub", "name": "jupyter-ada", "owner": "ada"}
    assert step == {
        "name": "w2",
        "changes": ["sharing default -> shared-4"],
        "empties": False,
        "users": [ada],
        "mark": {"until": NOW, "uncordon": True},
        "resumed": False,
        "notice": "The GPUs of w2 are being changed (sharing default -> shared-4). What runs there goes on.",
        "note": "The GPUs of w2 are being changed (sharing default -> shared-4). Your server goes on.",
        "machines": [W1, {**W2, "slices": 4}],
    }
    assert maintenance.plan([step]) == ["w2: sharing default -> shared-4; ada are told and go on."]


@pytest.mark.parametrize(
    ("evict", "end"),
    [(True, "At 2026-06-01 13:00 UTC it is stopped."), (False, "The work waits for it until 2026-06-01 13:00 UTC.")],
)
def test_an_other_mig_layout_needs_a_gpu_that_nobody_uses(evict: bool, end: str) -> None:
    (step,) = steps(server("ada", "w1", **GPU), machines=[SEVENTHS, W2], evict=evict)
    assert (step["name"], step["changes"], step["empties"]) == ("w1", ["MIG layout all-disabled -> 7x1g.5gb"], True)
    assert step["mark"] == {"until": NOW + 3600, "uncordon": True}
    assert step["note"] == (
        "w1, on which this server runs, needs work on its GPUs (MIG layout all-disabled -> 7x1g.5gb). "
        f"Please save and stop your server. {end}"
    )
    assert step["notice"] == (
        "w1 takes no new servers: MIG layout all-disabled -> 7x1g.5gb. Its users are told in their notebooks."
    )
    assert maintenance.plan([step]) == ["w1: MIG layout all-disabled -> 7x1g.5gb; ada must stop first."]


def test_machines_that_come_later_are_still_as_they_were() -> None:
    wanted = [{**SEVENTHS, "slices": 2}, {**W2, "slices": 4}]
    halves = {"nvidia.com/device-plugin.config": "default", "nvidia.com/mig.config": "1x1g.5gb.me-2x3g.20gb"}
    first, second = steps(machines=wanted, nodes=[node("w2", UNSPLIT), node("w1", halves)], names=["W2", "w1"])
    assert (first["name"], second["name"]) == ("w2", "w1")
    assert first["machines"] == [
        {**SEVENTHS, "slices": 1, "mig": {"1g.5gb+me": 1, "3g.20gb": 2}},
        {**W2, "slices": 4},
    ]
    assert second["machines"] == wanted
    assert second["changes"] == ["sharing default -> shared-2", "MIG layout 1x1g.5gb.me-2x3g.20gb -> 7x1g.5gb"]


def test_what_no_inventory_can_have_said_is_no_reason_to_keep_it() -> None:
    foreign = {"nvidia.com/device-plugin.config": "mine", "nvidia.com/mig.config": "all-1g.5gb"}
    first, _second = steps(
        machines=[W1, {**W2, "slices": 2}], nodes=[node("w1", foreign), node("w2", UNSPLIT)], names=["w2", "w1"]
    )
    assert first["machines"] == [W1, {**W2, "slices": 2}]


def test_what_has_begun_comes_first_and_keeps_its_time() -> None:
    nodes = [node("w1", PLAIN), marked(node("w2", SHARED), until=NOW - 60, uncordon=True)]
    first, second = steps(machines=[SEVENTHS, {**W2, "slices": 4}], nodes=nodes)
    assert (first["name"], first["changes"], first["resumed"]) == ("w2", [], True)
    assert first["mark"] == {"until": NOW - 60, "uncordon": True}
    assert second["name"] == "w1"
    assert maintenance.plan([first, second]) == [
        "w2: no change of the inventory; nobody uses its GPUs. It has begun in an earlier run.",
        "w1: MIG layout all-disabled -> 7x1g.5gb; nobody uses its GPUs.",
    ]


def test_a_machine_that_an_admin_had_closed_stays_closed() -> None:
    closed = {**node("w1", PLAIN), "spec": {"unschedulable": True}}
    (step,) = steps(machines=[SEVENTHS, W2], nodes=[closed, node("w2", UNSPLIT)])
    assert step["mark"]["uncordon"] is False


def test_a_machine_is_emptied_for_work_by_hand_only_by_its_name() -> None:
    pods = [server("ada", "w2"), pod("job", "w2", **GPU), pod("done", "w2", phase="Succeeded", **GPU), pod("web", "w2")]
    assert steps(*pods, hold=True) == []
    (step,) = steps(*pods, hold=True, names=["w2"])
    assert step["empties"] is True
    assert [user["owner"] for user in step["users"]] == ["ada", "jupyterhub/job"]
    assert step["note"] == (
        "w2, on which this server runs, needs work on its GPUs (maintenance by an admin). "
        "Please save and stop your server. The work waits for it until 2026-06-01 13:00 UTC."
    )


@pytest.mark.parametrize(
    ("runs", "version", "changes"),
    [
        ("580.95.05-ubuntu24.04", "", []),
        ("580.95.05-ubuntu24.04", "580.95.05", []),
        ("580-6.8.0-60-generic-ubuntu24.04", "580", []),
        ("580.95.05-ubuntu24.04", "590.48.01", ["driver 580.95.05-ubuntu24.04 -> 590.48.01"]),
    ],
)
def test_an_other_driver_needs_a_gpu_that_nobody_uses(runs: str, version: str, changes: list[str]) -> None:
    found = steps(driver("nvidia-driver-daemonset-x", "w1", runs), driver_version=version)
    assert [step["changes"] for step in found] == [changes] * bool(changes)
    assert all(step["empties"] for step in found)


def test_a_driver_pod_is_old_when_its_daemonset_makes_another_one() -> None:
    old, new = "580.95.05-ubuntu24.04", "590.48.01-ubuntu24.04"
    daemonset = {
        "metadata": {"labels": {"app.kubernetes.io/component": "nvidia-driver"}},
        "spec": {"template": driver("", "", new)},
    }
    other = {"metadata": {"labels": {"app": "nvidia-dcgm-exporter"}}, "spec": {"template": driver("", "", old)}}
    pods = [driver("a", "w1", old), driver("b", "w2", old), driver("c", "w1", new), pod("d", "w1")]
    assert maintenance.old_drivers(pods, [daemonset, other], "w1") == ["a"]
    assert maintenance.old_drivers(pods, [other], "w1") == []


def test_only_those_who_hold_a_gpu_use_it() -> None:
    waiting = pod("waiting", None, phase="Pending", **GPU)
    slice_ = pod("slice", "w1", **{"nvidia.com/mig-1g.5gb": "1"})
    found = users([waiting, slice_, server("ada", "w1"), server("bob", "w2", **GPU)], "w1")
    assert found == [{"namespace": "jupyterhub", "name": "slice", "owner": "jupyterhub/slice"}]
