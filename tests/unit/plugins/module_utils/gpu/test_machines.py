# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.machines import Machine


def machine(**changes: Any) -> Machine:
    return Machine.read({"name": "W2", "model": "NVIDIA A100-SXM4-40GB", "count": 2, **changes})


@pytest.mark.parametrize(
    ("changes", "strategy", "offered"),
    [
        ({}, "single", {"nvidia.com/gpu": 2}),
        ({"slices": 4}, "single", {"nvidia.com/gpu": 8}),
        ({"mig": {"1g.5gb": 7}}, "single", {"nvidia.com/gpu": 14}),
        ({"mig": {"1g.5gb": 7}, "slices": 2}, "single", {"nvidia.com/gpu": 28}),
        ({"mig": {"1g.5gb": 7}}, "mixed", {"nvidia.com/mig-1g.5gb": 14}),
        (
            {"mig": {"3g.20gb": 1, "1g.5gb+me": 1}, "slices": 3},
            "mixed",
            {"nvidia.com/mig-1g.5gb.me": 6, "nvidia.com/mig-3g.20gb": 6},
        ),
        ({"slices": 4}, "mixed", {"nvidia.com/gpu": 8}),
    ],
)
def test_what_a_machine_offers(changes: dict[str, Any], strategy: str, offered: dict[str, int]) -> None:
    assert machines.offer(machine(**changes), strategy) == offered


def test_the_inventorys_variables_become_machines_and_what_is_not_set_is_left_out() -> None:
    variables = {
        "W1": {"platform_gpu_model": "Tesla T4", "platform_gpu_count": "2", "gpu_node_driver": ""},
        "w2": {"platform_gpu_slices": 4, "platform_gpu_mig": {}, "gpu_node_system": "debian12"},
    }
    found = machines.declared(["W1", "w2"], variables)
    assert found == [
        {"name": "w1", "model": "Tesla T4", "count": "2", "host_driver": ""},
        {"name": "w2", "slices": 4, "mig": {}, "system": "debian12"},
    ]
    assert machines.read_all(found) == [
        Machine("w1", "Tesla-T4", 2, host_driver=""),
        Machine("w2", "", 0, slices=4, system="debian12"),
    ]


def test_names_of_configurations_are_values_of_labels() -> None:
    assert machines.sharing(machine()) == "default"
    assert machines.sharing(machine(slices=4)) == "shared-4"
    assert machines.layout(machine()) == "all-disabled"
    widest = dict.fromkeys(("1g.10gb", "1g.5gb", "1g.5gb+me", "2g.10gb", "3g.20gb"), 1)
    assert machines.layout(machine(mig=widest)) == "1x1g.10gb-1x1g.5gb-1x1g.5gb.me-1x2g.10gb-1x3g.20gb"
    assert len(machines.layout(machine(mig=widest))) <= 63


def test_each_kind_is_told_once_and_is_the_same_whatever_the_slices() -> None:
    t4 = Machine("w1", "Tesla-T4", 1)
    plain = [
        {
            "name": "gpu-tesla-t4",
            "title": "GPU: Tesla T4",
            "gpu_resource": "nvidia.com/gpu",
            "node_selector": {"kubehub.platform/gpu": "Tesla-T4"},
        }
    ]
    assert machines.kinds([t4, Machine("w2", "Tesla-T4", 4, slices=4)], "single") == plain


def test_instances_are_kinds_of_their_own() -> None:
    split = machine(mig={"3g.20gb": 1, "1g.5gb+me": 1})
    selector = {"kubehub.platform/gpu": "A100-SXM4-40GB"}
    assert machines.kinds([split], "mixed") == [
        {
            "name": "gpu-a100-sxm4-40gb-1g-5gb-me",
            "title": "GPU: NVIDIA A100 SXM4 40GB, MIG 1g.5gb.me",
            "gpu_resource": "nvidia.com/mig-1g.5gb.me",
            "node_selector": selector,
        },
        {
            "name": "gpu-a100-sxm4-40gb-3g-20gb",
            "title": "GPU: NVIDIA A100 SXM4 40GB, MIG 3g.20gb",
            "gpu_resource": "nvidia.com/mig-3g.20gb",
            "node_selector": selector,
        },
    ]
    assert machines.kinds([machine(), machine(mig={"1g.5gb": 7})], "single") == [
        {
            "name": "gpu-a100-sxm4-40gb",
            "title": "GPU: NVIDIA A100 SXM4 40GB",
            "gpu_resource": "nvidia.com/gpu",
            "node_selector": selector,
        },
        {
            "name": "gpu-a100-sxm4-40gb-1g-5gb",
            "title": "GPU: NVIDIA A100 SXM4 40GB, MIG 1g.5gb",
            "gpu_resource": "nvidia.com/gpu",
            "node_selector": {"kubehub.platform/gpu": "A100-SXM4-40GB.1g.5gb"},
        },
    ]
