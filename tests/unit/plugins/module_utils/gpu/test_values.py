# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines, values

from .inputs import W1, W2, node, settings


def built(*, driver: bool = True, **changes: Any) -> dict[str, Any]:
    return values.values(settings(**changes), driver=driver)


def test_images_are_pinned_as_the_chart_names_them() -> None:
    found = built()
    assert found["devicePlugin"] | {"config": None} == {
        "repository": "nvcr.io/nvidia",
        "image": "k8s-device-plugin",
        "version": "v0.20.0",
        "config": None,
    }
    assert found["operator"] == found["validator"]
    assert found["dcgmExporter"]["version"] == "4.6.0-4.8.3-distroless"
    nfd = {"repository": "registry.k8s.io/nfd/node-feature-discovery", "tag": "v0.19.0"}
    assert found["node-feature-discovery"] == {"image": nfd}


def test_a_plain_site_shares_nothing_and_has_no_layouts() -> None:
    found = built()
    config = found["devicePlugin"]["config"]
    assert (config["create"], config["name"], config["default"]) == (True, "device-plugin-config", "default")
    assert {name: yaml.safe_load(text) for name, text in config["data"].items()} == {"default": {"version": "v1"}}
    assert "config" not in found["migManager"]
    assert found["mig"] == {"strategy": "single"}


def test_slices_and_layouts_become_files_of_their_programs() -> None:
    mig = {"2g.10gb": 1, "1g.5gb": 2}
    found = built(machines=[{**W1, "mig": mig, "slices": 2}, {**W2, "slices": 2}], mig_strategy="mixed")
    data = found["devicePlugin"]["config"]["data"]
    assert list(data) == ["default", "shared-2"]
    assert yaml.safe_load(data["shared-2"]) == {
        "version": "v1",
        "sharing": {
            "timeSlicing": {
                "failRequestsGreaterThanOne": True,
                "resources": [
                    {"name": "nvidia.com/gpu", "replicas": 2},
                    {"name": "nvidia.com/mig-1g.5gb", "replicas": 2},
                    {"name": "nvidia.com/mig-2g.10gb", "replicas": 2},
                ],
            }
        },
    }
    config = found["migManager"]["config"]
    assert (config["create"], config["name"], config["default"]) == (True, "mig-parted-config", "all-disabled")
    assert yaml.safe_load(config["data"]["config.yaml"]) == {
        "version": "v1",
        "mig-configs": {
            "all-disabled": [{"devices": "all", "mig-enabled": False}],
            "2x1g.5gb-1x2g.10gb": [{"devices": "all", "mig-enabled": True, "mig-devices": {"1g.5gb": 2, "2g.10gb": 1}}],
        },
    }


def test_the_driver_is_the_operators_or_left_alone() -> None:
    assert built(driver=False, driver_version="580.95.05")["driver"] == {"enabled": False}
    assert built(driver_version="580.95.05", driver_precompiled=True)["driver"] == {
        "enabled": True,
        "version": "580.95.05",
        "usePrecompiled": True,
        "upgradePolicy": {"autoUpgrade": False},
    }
    assert "version" not in built()["driver"]


def test_the_exporter_tells_of_every_pod_that_shares_a_gpu() -> None:
    every = [{"name": "KUBERNETES_VIRTUAL_GPUS", "value": "true"}]
    assert built(machines=[W1, {**W2, "slices": 4}])["dcgmExporter"]["env"] == every
    assert "env" not in built()["dcgmExporter"]


def test_the_sites_own_values_win() -> None:
    found = built(values={"dcgmExporter": {"version": "mine"}, "standin": {"machines": {}}})
    assert found["dcgmExporter"] == {
        "repository": "nvcr.io/nvidia/k8s",
        "image": "dcgm-exporter",
        "version": "mine",
        "serviceMonitor": {"enabled": False},
    }
    assert found["standin"] == {"machines": {}}


def test_labels_choose_a_machines_configuration() -> None:
    whole, split, strange = machines.read_all(
        [{**W2, "slices": 4}, {**W1, "mig": {"1g.5gb+me": 1}}, {**W1, "model": "NVIDIA A900"}]
    )
    assert values.labels(whole, "single") == {
        "nvidia.com/device-plugin.config": "shared-4",
        "kubehub.platform/gpu": "Tesla-T4",
    }
    assert values.labels(split, "single") == {
        "nvidia.com/device-plugin.config": "default",
        "nvidia.com/mig.config": "1x1g.5gb.me",
        "kubehub.platform/gpu": "A100-SXM4-40GB.1g.5gb.me",
    }
    assert values.labels(split, "mixed")["kubehub.platform/gpu"] == "A100-SXM4-40GB"
    assert values.labels(strange, "single") == {
        "nvidia.com/device-plugin.config": "default",
        "nvidia.com/mig.config": "all-disabled",
        "kubehub.platform/gpu": "A900",
    }


def test_a_node_that_is_no_gpu_machine_any_more_loses_its_configuration() -> None:
    old = {
        "nvidia.com/device-plugin.config": "shared-4",
        "nvidia.com/mig.config": "7x1g.5gb",
        "kubehub.platform/gpu": "A30",
        "zone": "a",
    }
    nodes = [node("w1", old), node("w2", old), node("w3")]
    assert values.node_labels(machines.read_all([{**W2, "slices": 2}]), "single", nodes) == {
        "w1": {"nvidia.com/device-plugin.config": None, "nvidia.com/mig.config": None, "kubehub.platform/gpu": None},
        "w2": {
            "nvidia.com/device-plugin.config": "shared-2",
            "nvidia.com/mig.config": None,
            "kubehub.platform/gpu": "Tesla-T4",
        },
    }


def test_a_node_that_has_its_labels_is_not_patched() -> None:
    wanted = machines.read_all([{**W2, "slices": 2}])
    patch = values.node_labels(wanted, "single", [node("w2", {"zone": "a"})])
    assert set(patch) == {"w2"}
    assert values.node_labels(wanted, "single", [node("w2", {"zone": "a", **patch["w2"]})]) == {}


def test_the_operators_labels_are_found_and_no_others() -> None:
    ours = {
        "nvidia.com/gpu.count": "1",
        "feature.node.kubernetes.io/pci-10de.present": "true",
        "kubehub.platform/gpu": "A30",
    }
    nodes = [node("w1", {**ours, "zone": "a", "kubehub.platform/zone": "b"}), node("w2", {"zone": "a"})]
    assert values.leftovers(nodes) == {"w1": dict.fromkeys(ours)}
