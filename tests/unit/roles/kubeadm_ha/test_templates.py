# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kubeadm and kubelet are told, rendered as Ansible renders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).parents[4] / "roles"
SITE = {
    "inventory_hostname": "cp1",
    "platform_name": "lab",
    "kubeadm_ha_virtual_address": "198.18.7.100",
    "platform_api_name": "api.example.org",
    "platform_api_frontend_port": 6443,
    "platform_machine_network": "198.18.7.0/24",
    "platform_pod_network": "198.19.0.0/17",
    "platform_service_network": "198.19.128.0/20",
    "platform_kubeconfig": "/tmp/kubeconfig",
    "kubeadm_ha_role": "control_plane",
    "kubeadm_ha_control_planes": ["cp1", "cp2", "cp3"],
    "kubeadm_ha_node_address": "198.18.7.21",
    "ansible_managed": "Ansible managed",
}
BARE_METAL = {
    "node_profile_cgroup_version": 2,
    "node_profile_cgroup_driver": "systemd",
    "node_profile_container": False,
    "node_profile_can_raise_limits": True,
}
CONTAINER = {
    "node_profile_cgroup_version": 1,
    "node_profile_cgroup_driver": "cgroupfs",
    "node_profile_container": True,
    "node_profile_can_raise_limits": False,
}
FOUND = {"__kubeadm_ha_machine": {"unfinished": ""}}
ENDS = {
    "token": "abcdef.0123456789abcdef",
    "api_server_endpoint": "api.example.org:6443",
    "ca_cert_hashes": ["sha256:" + "0" * 64],
    "certificate_key": "f" * 64,
}


def templar(**inputs: Any) -> Templar:
    """Return what renders with the role's defaults and variables."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("release/defaults/main.yml", "kubeadm_ha/defaults/main.yml", "kubeadm_ha/vars/main.yml"):
        variables |= loader.load_from_file(str(ROLES / path), trusted_as_template=True)
    return Templar(loader, variables=variables | SITE | BARE_METAL | FOUND | inputs)


def text(name: str, **inputs: Any) -> str:
    """Return a template's text."""
    source = (ROLES / "kubeadm_ha" / "templates" / name).read_text(encoding="utf-8")
    return str(templar(**inputs).template(trust_as_template(source)))


def documents(name: str, **inputs: Any) -> dict[str, dict[str, Any]]:
    """Return a template's objects by kind."""
    return {item["kind"]: item for item in yaml.safe_load_all(text(name, **inputs)) if item}


def arguments(component: dict[str, Any]) -> dict[str, str]:
    """Return a component's flags by name; a flag that is no text would be refused by kubeadm."""
    assert all(isinstance(flag["value"], str) for flag in component["extraArgs"])
    return {flag["name"]: flag["value"] for flag in component["extraArgs"]}


def test_init_on_bare_metal_ignores_nothing_and_leaves_kube_proxy_its_defaults() -> None:
    found = documents("kubeadm-init.yaml.j2")
    assert found["InitConfiguration"]["nodeRegistration"] == {
        "name": "cp1",
        "criSocket": "unix:///run/containerd/containerd.sock",
        "imagePullSerial": False,
        "ignorePreflightErrors": [],
        "kubeletExtraArgs": [{"name": "node-ip", "value": "198.18.7.21"}],
        "taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
    }
    assert found["KubeProxyConfiguration"] == {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
    }
    assert found["KubeletConfiguration"]["serverTLSBootstrap"] is True


def test_init_makes_one_token_of_ours_and_names_none() -> None:
    (token,) = documents("kubeadm-init.yaml.j2")["InitConfiguration"]["bootstrapTokens"]
    assert token == {
        "description": "kubehub.platform: lets machines join, revoked after the run",
        "ttl": "2h0m0s",
        "groups": ["system:bootstrappers:kubeadm:default-node-token"],
        "usages": ["signing", "authentication"],
    }


def test_cluster_has_the_sites_endpoint_networks_and_names() -> None:
    cluster = documents("kubeadm-init.yaml.j2", kubeadm_ha_extra_sans=["hub.example.org", "localhost"])[
        "ClusterConfiguration"
    ]
    assert cluster["controlPlaneEndpoint"] == "api.example.org:6443"
    assert cluster["networking"] == {
        "dnsDomain": "cluster.local",
        "podSubnet": "198.19.0.0/17",
        "serviceSubnet": "198.19.128.0/20",
    }
    assert cluster["apiServer"]["certSANs"] == ["198.18.7.100", "localhost", "127.0.0.1", "hub.example.org"]


def test_an_ipv6_endpoint_stands_in_brackets() -> None:
    cluster = documents("kubeadm-init.yaml.j2", kubeadm_ha_endpoint="2001:db8::100")["ClusterConfiguration"]
    assert cluster["controlPlaneEndpoint"] == "[2001:db8::100]:6443"


def test_api_server_encrypts_and_audits_unless_told_otherwise() -> None:
    server = documents("kubeadm-init.yaml.j2", kubeadm_ha_api_server_extra_args={"audit-log-maxage": 7, "v": 2})
    assert arguments(server["ClusterConfiguration"]["apiServer"]) == {
        "encryption-provider-config": "/etc/kubernetes/encryption/config.yaml",
        "encryption-provider-config-automatic-reload": "true",
        "audit-policy-file": "/etc/kubernetes/audit/policy.yaml",
        "audit-log-path": "/var/log/kubernetes/audit/audit.log",
        "audit-log-maxage": "7",
        "audit-log-maxbackup": "10",
        "audit-log-maxsize": "100",
        "v": "2",
    }
    volumes = server["ClusterConfiguration"]["apiServer"]["extraVolumes"]
    assert {volume["hostPath"] for volume in volumes} == {
        "/etc/kubernetes/encryption",
        "/etc/kubernetes/audit",
        "/var/log/kubernetes/audit",
    }
    neither = documents("kubeadm-init.yaml.j2", kubeadm_ha_encrypt_secrets=False, kubeadm_ha_audit=False)
    assert neither["ClusterConfiguration"]["apiServer"]["extraArgs"] == []
    assert neither["ClusterConfiguration"]["apiServer"]["extraVolumes"] == []


def test_init_in_a_container_takes_its_settings_from_the_detected_profile() -> None:
    found = documents("kubeadm-init.yaml.j2", **CONTAINER)
    assert found["InitConfiguration"]["nodeRegistration"]["ignorePreflightErrors"] == ["SystemVerification"]
    proxy = found["KubeProxyConfiguration"]
    assert (proxy["conntrack"], proxy["oomScoreAdj"]) == ({"maxPerCore": 0, "min": 0}, 0)


def test_a_resumed_init_accepts_what_the_interrupted_one_left() -> None:
    found = documents(
        "kubeadm-init.yaml.j2",
        __kubeadm_ha_machine={"unfinished": "init"},
        kubeadm_ha_etcd_data_dir="/srv/fast disk/etcd",
    )
    ignored = found["InitConfiguration"]["nodeRegistration"]["ignorePreflightErrors"]
    assert "DirAvailable--srv-fast disk-etcd" in ignored
    assert "Port-6443" in ignored
    assert "SystemVerification" not in ignored


@pytest.mark.parametrize(
    ("dedicated", "expected"),
    [
        (
            True,
            [
                {"key": "gpu", "effect": "NoSchedule"},
                {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
            ],
        ),
        (False, [{"key": "gpu", "effect": "NoSchedule"}]),
    ],
)
def test_taints_are_the_inventorys_and_a_dedicated_control_planes(
    dedicated: bool, expected: list[dict[str, str]]
) -> None:
    taints = [{"key": "gpu", "effect": "NoSchedule"}]
    found = documents("kubeadm-init.yaml.j2", kubeadm_ha_node_taints=taints, kubeadm_ha_dedicated=dedicated)
    assert found["InitConfiguration"]["nodeRegistration"]["taints"] == expected


def test_a_control_plane_joins_with_the_certificate_key_and_a_worker_without() -> None:
    control_plane = documents("kubeadm-join.yaml.j2", __kubeadm_ha_join=ENDS)["JoinConfiguration"]
    assert control_plane["discovery"] == {
        "bootstrapToken": {
            "token": "abcdef.0123456789abcdef",
            "apiServerEndpoint": "api.example.org:6443",
            "caCertHashes": ["sha256:" + "0" * 64],
        }
    }
    assert control_plane["controlPlane"] == {
        "certificateKey": "f" * 64,
        "localAPIEndpoint": {"advertiseAddress": "198.18.7.21", "bindPort": 6443},
    }
    worker = documents(
        "kubeadm-join.yaml.j2", __kubeadm_ha_join=ENDS, kubeadm_ha_role="worker", inventory_hostname="W1"
    )
    assert "controlPlane" not in worker["JoinConfiguration"]
    assert worker["JoinConfiguration"]["nodeRegistration"]["name"] == "w1"
    assert worker["JoinConfiguration"]["nodeRegistration"]["taints"] == []


def test_kubelet_follows_the_profile_and_the_inventorys_last_word() -> None:
    bare_metal = documents("kubelet.conf.j2")["KubeletConfiguration"]
    assert bare_metal["cgroupDriver"] == "systemd"
    assert {"failCgroupV1", "failSwapOn", "oomScoreAdj"}.isdisjoint(bare_metal)
    container = documents(
        "kubelet.conf.j2", **CONTAINER, kubeadm_ha_kubelet_config={"evictionHard": {"memory.available": "1Gi"}}
    )["KubeletConfiguration"]
    assert (
        container["cgroupDriver"],
        container["failCgroupV1"],
        container["failSwapOn"],
        container["oomScoreAdj"],
    ) == (
        "cgroupfs",
        False,
        False,
        0,
    )
    assert container["evictionHard"]["memory.available"] == "1Gi"
    assert container["evictionHard"]["nodefs.available"] == "10%"


def test_kernel_settings_of_a_container_are_its_networks() -> None:
    assert [line for line in text("sysctl.conf.j2", **CONTAINER).splitlines() if "=" in line] == [
        "net.ipv4.ip_forward = 1"
    ]
    assert "vm.overcommit_memory = 1" in text("sysctl.conf.j2")


def test_the_audit_log_holds_no_secrets_body() -> None:
    rules = documents("audit-policy.yaml.j2")["Policy"]["rules"]
    first = next(
        rule for rule in rules if any("secrets" in item.get("resources", []) for item in rule.get("resources", []))
    )
    assert first["level"] == "Metadata"
    bodies = [rule for rule in rules[: rules.index(first)] if rule["level"] in ("Request", "RequestResponse")]
    assert bodies == []


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("worker", ["10250, 30000-32767, 4240", "30000-32767, 8472", "10250"]),
        ("control_plane", ["10250, 30000-32767, 4240", "30000-32767, 8472", "10250", "6443, 2379-2380", "6443"]),
    ],
)
def test_nftables_opens_what_the_machines_role_needs(role: str, expected: list[str]) -> None:
    rules = [line for line in text("kubehub.nft.j2", kubeadm_ha_role=role).splitlines() if line.startswith("add rule")]
    assert [line.partition("{ ")[2].partition(" }")[0] for line in rules] == expected
    assert all(" saddr 198.1" in line and line.endswith(" accept") for line in rules)


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("kubeadm join api:6443 --token abcdef.0123456789abcdef --x", "abcdef.0123456789abcdef"),
        ("--certificate-key " + "0f" * 32, "0f" * 32),
    ],
)
def test_what_a_failed_step_said_is_shown_without_secrets(line: str, secret: str) -> None:
    shown = str(
        templar(line=line).template(trust_as_template("{{ line | regex_replace(__kubeadm_ha_secret, '<hidden>') }}"))
    )
    assert secret not in shown
    assert "<hidden>" in shown


@pytest.mark.parametrize(
    ("found", "inputs", "differs"),
    [
        ({}, {}, False),
        ({"packages_missing": ["chrony"]}, {}, True),
        ({"installed": "1.36.0"}, {}, True),
        ({"files": {}}, {}, True),
        ({"running": False}, {}, True),
        ({"swap": True}, {}, True),
        ({"swap": True}, {"kubeadm_ha_container": True}, False),
        ({"firewalls": ["ufw"]}, {}, True),
        ({"firewalls": ["ufw"]}, {"kubeadm_ha_firewall": False}, False),
        ({}, {"kubeadm_ha_endpoint_in_hosts_file": True}, True),
    ],
)
def test_a_machine_is_worked_on_where_anything_of_it_differs(
    found: dict[str, Any], inputs: dict[str, Any], differs: bool
) -> None:
    inputs = {**inputs, "ansible_search_path": [str(ROLES / "kubeadm_ha")]}
    stands = {
        "packages_missing": None,
        "installed": templar().template(trust_as_template("{{ kubeadm_ha_kubernetes_version }}")),
        "files": templar(**inputs).template(trust_as_template("{{ __kubeadm_ha_files }}")),
        "running": True,
        "swap": False,
        "firewalls": None,
    }
    machine = templar(**inputs, __kubeadm_ha_machine={**stands, **found})
    assert machine.template(trust_as_template("{{ __kubeadm_ha_differs }}")) is differs
