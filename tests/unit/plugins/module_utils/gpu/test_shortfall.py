# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines, shortfall

from .inputs import W1, node, pod

LABELS = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}
BROKEN = {
    **pod("nvidia-device-plugin-daemonset-x", "w1", phase="Running", ready=False),
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {"name": "nvidia-device-plugin", "ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        ],
    },
}


def lines(nodes: list[dict[str, Any]], strategy: str = "single", **changes: Any) -> list[str]:
    return shortfall.shortfall(machines.read_all([{**W1, **changes}]), strategy, nodes)


@pytest.mark.parametrize(
    ("labels", "offered", "changes"),
    [
        (LABELS, {"nvidia.com/gpu": "2"}, {}),
        ({}, {"nvidia.com/gpu": "2"}, {}),
        ({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-SHARED"}, {"nvidia.com/gpu": "8"}, {"slices": 4}),
        (
            {
                "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb.me-SHARED",
                "nvidia.com/mig.config": "1x1g.5gb.me",
                "nvidia.com/mig.config.state": "success",
            },
            {"nvidia.com/gpu": "4"},
            {"slices": 2, "mig": {"1g.5gb+me": 1}},
        ),
    ],
)
def test_a_machine_that_offers_what_it_should_says_nothing(
    labels: dict[str, str], offered: dict[str, str], changes: dict[str, Any]
) -> None:
    assert lines([node("w1", labels, **offered)], **changes) == []


@pytest.mark.parametrize(
    ("nodes", "changes", "expected"),
    [
        ([], {}, ["w1: wanted a node of this name, found none"]),
        ([node("w1")], {}, ["w1: wanted nvidia.com/gpu 2, found none"]),
        ([node("w1", **{"nvidia.com/gpu": "1"})], {}, ["w1: wanted nvidia.com/gpu 2, found 1"]),
        ([node("w1", **{"nvidia.com/gpu": "2"})], {"slices": 4}, ["w1: wanted nvidia.com/gpu 8, found 2"]),
        (
            [node("w1", {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}, **{"nvidia.com/gpu": "2"})],
            {},
            ["w1: wanted the model NVIDIA-A100-SXM4-40GB, found NVIDIA-A100-SXM4-80GB"],
        ),
        (
            [
                node(
                    "w1",
                    {"nvidia.com/mig.config": "7x1g.5gb", "nvidia.com/mig.config.state": "failed"},
                    **{"nvidia.com/gpu": "14"},
                )
            ],
            {"mig": {"1g.5gb": 7}},
            ["w1: wanted the MIG layout 7x1g.5gb, found its change failed"],
        ),
    ],
)
def test_a_machine_that_does_not_is_named_with_wanted_and_found(
    nodes: list[dict[str, Any]], changes: dict[str, Any], expected: list[str]
) -> None:
    assert lines(nodes, **changes) == expected


def test_the_pod_at_fault_is_named() -> None:
    wanted = machines.read_all([W1, {**W1, "name": "w2"}])
    nodes = [node("w1"), node("w2", **{"nvidia.com/gpu": "2"})]
    elsewhere = {**BROKEN, "spec": {"nodeName": "w2"}}
    assert shortfall.explained(wanted, "single", nodes, [BROKEN, elsewhere]) == [
        "w1: wanted nvidia.com/gpu 2, found none",
        (
            "pod jupyterhub/nvidia-device-plugin-daemonset-x on w1: Running; "
            "container nvidia-device-plugin: CrashLoopBackOff"
        ),
    ]


def test_where_all_pods_are_well_the_machine_has_other_cards() -> None:
    nodes = [node("w1", **{"nvidia.com/gpu": "1"})]
    wanted = machines.read_all([W1])
    assert shortfall.explained(wanted, "single", nodes, [pod("a", "w1")]) == [
        "w1: wanted nvidia.com/gpu 2, found 1",
        "All pods of the operator on w1 are well: see how many GPUs the machine has (lspci -d 10de:).",
    ]
    assert shortfall.explained(wanted, "single", nodes, [pod("a", "w9")]) == [
        "w1: wanted nvidia.com/gpu 2, found 1",
        "The operator has no pod there.",
    ]


def test_nothing_is_explained_where_nothing_is_short() -> None:
    nodes = [node("w1", **{"nvidia.com/gpu": "2"})]
    assert shortfall.explained(machines.read_all([W1]), "single", nodes, [BROKEN]) == []
