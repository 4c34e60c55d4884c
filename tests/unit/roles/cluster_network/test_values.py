# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The charts' values that the role makes of its inputs, rendered as Ansible renders them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLES = Path(__file__).parents[4] / "roles"
SITE = {"platform_pod_network": "198.19.0.0/17", "platform_kubeconfig": "/tmp/kubeconfig"}
# The lists of Cilium's chart 1.20.2.
CHART_CAPABILITIES = {
    "ciliumAgent": ["CHOWN", "KILL", "NET_ADMIN", "SYS_RESOURCE", "SYSLOG"],
    "mountCgroup": ["SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE"],
    "cleanCiliumState": ["NET_ADMIN", "SYS_MODULE", "SYS_RESOURCE", "SYS_ADMIN"],
}


def values(plugin: str, **inputs: Any) -> dict[str, Any]:
    """Return what the role gives to helm."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in (
        "release/defaults/main.yml",
        "cluster_network/defaults/main.yml",
        f"cluster_network/vars/{plugin}.yml",
    ):
        variables |= loader.load_from_file(str(ROLES / path), trusted_as_template=True)
    variables |= {**SITE, "__cluster_network_chart_capabilities": CHART_CAPABILITIES, "cluster_network_plugin": plugin}
    tasks = loader.load_from_file(str(ROLES / "cluster_network/tasks/present.yml"), trusted_as_template=True)
    (helm,) = [task["kubernetes.core.helm"] for task in tasks if "kubernetes.core.helm" in task]
    rendered = Templar(loader, variables=variables | inputs).template(helm["release_values"])
    assert isinstance(rendered, dict)
    return rendered


def test_cilium_on_bare_metal_takes_the_charts_own_images_and_capabilities() -> None:
    assert values("cilium") == {
        "ipam": {"mode": "kubernetes"},
        "routingMode": "tunnel",
        "tunnelProtocol": "vxlan",
        "kubeProxyReplacement": "false",
        "MTU": 0,
        "policyCIDRMatchMode": [],
        "envoy": {"enabled": False},
        "hubble": {"enabled": False},
        "rollOutCiliumPods": True,
        "operator": {"replicas": 2, "rollOutPods": True},
        "image": {},
        "securityContext": {},
    }


def test_a_mirror_turns_the_charts_digests_off_unless_told_otherwise() -> None:
    mirrored = values("cilium", platform_mirror_url="http://198.18.7.51")
    assert mirrored["image"] == {"useDigest": False}
    assert mirrored["operator"] == {"replicas": 2, "rollOutPods": True, "image": {"useDigest": False}}
    kept = values("cilium", platform_mirror_url="http://198.18.7.51", cluster_network_image_digests=True)
    assert kept["image"] == {}
    assert kept["operator"] == {"replicas": 2, "rollOutPods": True}


def test_missing_capabilities_are_taken_from_the_charts_lists_in_a_stable_order() -> None:
    found = values("cilium", cluster_network_missing_capabilities=["SYS_RESOURCE"])["securityContext"]
    assert found == {
        "capabilities": {
            "ciliumAgent": ["CHOWN", "KILL", "NET_ADMIN", "SYSLOG"],
            "mountCgroup": ["SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE"],
            "cleanCiliumState": ["NET_ADMIN", "SYS_ADMIN", "SYS_MODULE"],
        }
    }


def test_inputs_become_values() -> None:
    found = values(
        "cilium",
        cluster_network_mtu="1400",
        cluster_network_operator_replicas="1",
        cluster_network_policies_match_nodes="true",
    )
    assert found["MTU"] == 1400
    assert found["operator"]["replicas"] == 1
    assert found["policyCIDRMatchMode"] == ["nodes"]


@pytest.mark.parametrize("plugin", ["cilium", "flannel"])
def test_given_values_are_merged_last_and_leave_their_neighbours_alone(plugin: str) -> None:
    given = {"operator": {"replicas": 5}, "flannel": {"backend": "host-gw"}, "new": {"a": 1}}
    found = values(plugin, cluster_network_values=given)
    assert found["new"] == {"a": 1}
    assert found["operator"]["replicas"] == 5
    assert found["flannel"]["backend"] == "host-gw"
    if plugin == "cilium":
        assert found["operator"]["rollOutPods"] is True
    else:
        assert found["flannel"]["image"]["repository"] == "ghcr.io/flannel-io/flannel"


def test_flannel_gets_the_pods_network_and_the_images_that_the_mirror_holds() -> None:
    images = {"flannel": "mirror:5000/flannel-io/flannel:v1.2.3", "flannel_cni_plugin": "ghcr.io/flannel-io/plugin:v4"}
    assert values("flannel", release_images=images, cluster_network_mtu=1400) == {
        "podCidr": "198.19.0.0/17",
        "flannel": {
            "mtu": 1400,
            "image": {"repository": "mirror:5000/flannel-io/flannel", "tag": "v1.2.3"},
            "flannel_cni": {"image": {"repository": "ghcr.io/flannel-io/plugin", "tag": "v4"}},
        },
    }
