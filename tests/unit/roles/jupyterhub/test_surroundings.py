# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role makes beside the chart, rendered as Ansible renders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/jupyterhub"
SITE: dict[str, Any] = {
    "platform_vip": "198.51.100.10/24",
    "jupyterhub_homes_server": "198.51.100.20",
    "jupyterhub_homes_path": "/srv/homes",
    "jupyterhub_shared_path": "",
    "jupyterhub_namespace": "hub",
    "jupyterhub_network_plugin": "flannel",
    "jupyterhub_database": "postgres",
    "jupyterhub_database_url": "postgresql://hub@198.51.100.20:5433/hub",
    "ansible_check_mode": False,
    "__jupyterhub_cluster": {"objects": {"Namespace": [{"metadata": {"name": "gpu-operator"}}]}},
}
OWN = ["Namespace hub", "PersistentVolume hub-homes", "PersistentVolumeClaim hub/homes"]
NODES = ["ClusterRole hub-nodes", "ClusterRoleBinding hub-nodes"]


def objects(**inputs: Any) -> dict[str, dict[str, Any]]:
    """Return the objects by kind, namespace and name, in their order."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    text = trust_as_template((ROLE / "templates/surroundings.yml.j2").read_text(encoding="utf-8"))
    rendered = Templar(loader, variables=variables | SITE | inputs).template(text, escape_backslashes=False)
    found = {}
    for one in yaml.safe_load_all(str(rendered)):
        name = "/".join(filter(None, (one["metadata"].get("namespace"), one["metadata"]["name"])))
        found[f"{one['kind']} {name}"] = one
    return found


def test_homes_are_a_volume_that_only_its_claim_gets() -> None:
    found = objects()
    assert list(found) == [*OWN, *NODES]
    assert found["PersistentVolume hub-homes"]["spec"] == {
        "capacity": {"storage": "1Ti"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "mountOptions": ["vers=4", "hard", "nosuid", "nodev"],
        "nfs": {"server": "198.51.100.20", "path": "/srv/homes"},
        "claimRef": {"namespace": "hub", "name": "homes"},
    }
    assert found["PersistentVolumeClaim hub/homes"]["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "",
        "volumeName": "hub-homes",
        "resources": {"requests": {"storage": "1Ti"}},
    }
    assert "PersistentVolume hub-shared" in objects(jupyterhub_shared_path="/srv/shared")


def test_the_hub_reads_nodes_and_pods_of_its_namespace_have_few_rights() -> None:
    found = objects()
    assert found["Namespace hub"]["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert found["ClusterRole hub-nodes"]["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    assert found["ClusterRoleBinding hub-nodes"]["subjects"] == [
        {"kind": "ServiceAccount", "namespace": "hub", "name": "hub"}
    ]


def test_a_check_run_tries_nothing_in_a_namespace_that_is_not_there() -> None:
    assert list(objects(ansible_check_mode=True)) == ["Namespace hub"]
    there = {"objects": {"Namespace": [{"metadata": {"name": "hub"}}]}}
    assert list(objects(ansible_check_mode=True, __jupyterhub_cluster=there)) == [*OWN, *NODES]


def test_idle_gpus_are_watched_only_where_they_are_culled() -> None:
    notes = ["Role hub/hub-notes", "RoleBinding hub/hub-notes"]
    found = objects(jupyterhub_gpu_cull_idle="1800")
    assert list(found) == [*OWN, *NODES, *notes, "Service gpu-operator/kubehub-gpu-exporters"]
    assert found["Service gpu-operator/kubehub-gpu-exporters"]["spec"]["clusterIP"] == "None"
    assert list(objects(jupyterhub_gpu_cull_idle=1800, jupyterhub_gpu_exporter_namespace="none")) == [
        *OWN,
        *NODES,
        *notes,
    ]


def test_cilium_lets_the_hub_reach_the_api_server_and_its_database() -> None:
    server = {"toEntities": ["kube-apiserver"]}
    port = {"port": "5433", "protocol": "TCP"}
    database = {"toEntities": ["host", "remote-node"], "toPorts": [{"ports": [port]}]}
    policy = objects(jupyterhub_network_plugin="cilium")["CiliumNetworkPolicy hub/hub-to-nodes"]
    assert policy["spec"] == {"endpointSelector": {"matchLabels": {"component": "hub"}}, "egress": [server, database]}
    plain = {"jupyterhub_network_plugin": "cilium", "jupyterhub_database": "sqlite", "jupyterhub_sqlite_node": "W1"}
    assert objects(**plain)["CiliumNetworkPolicy hub/hub-to-nodes"]["spec"]["egress"] == [server]


def test_sqlite_s_volume_is_on_its_node() -> None:
    found = objects(jupyterhub_database="sqlite", jupyterhub_sqlite_node="W1", jupyterhub_sqlite_path="/var/lib/hub")
    volume = found["PersistentVolume hub-database"]
    assert volume["metadata"]["labels"] == {"kubehub.platform/volume": "hub-database"}
    assert volume["spec"]["local"] == {"path": "/var/lib/hub"}
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term == {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["w1"]}]}
    assert volume["spec"]["claimRef"] == {"namespace": "hub", "name": "hub-db-dir"}
