# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs of a sound site, which the tests change one at a time."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import kept, values

OIDC = {
    "authorize_url": "https://id.example.org/auth",
    "token_url": "https://id.example.org/token",
    "userdata_url": "https://id.example.org/userinfo",
    "client_id": "hub",
    "client_secret": "not-for-anybody",
}
LDAP = {"server": "ldap.example.org", "bind_dn_template": ["uid={username},ou=people,dc=example,dc=org"]}
PROGRAMS = {name: f"# {name}\n" for name in ("kubehub.py", "kubehub_queue.py", "kubehub_gpu.py", *values.NOTE)} | {
    values.PAGE: "of PAGE\n"
}
SOUND: dict[str, Any] = {
    "chart": "",
    "chart_found": True,
    "namespace": "jupyterhub",
    "image_hub": "quay.io/jupyterhub/k8s-hub:4.4.0",
    "image_proxy": "quay.io/jupyterhub/configurable-http-proxy:5.3.0",
    "image_singleuser": "quay.io/jupyterhub/k8s-singleuser-sample:4.4.0",
    "image_awaiter": "quay.io/jupyterhub/k8s-image-awaiter:4.4.0",
    "image_pause": "registry.k8s.io/pause:3.10.2",
    "prepull": True,
    "host": "hub.example.org",
    "node_port": 30080,
    "profiles": [
        {"name": "small", "cpu": {"guarantee": "100m", "limit": 1}, "memory": {"guarantee": "512Mi", "limit": "2Gi"}}
    ],
    "gpu_resource": "nvidia.com/gpu",
    "gpu_cull_idle": 0,
    "gpu_cull_warning": 600,
    "gpu_exporter_namespace": "gpu-operator",
    "authenticator": "native",
    "admins": ["root-admin"],
    "users": [],
    "oidc": {},
    "ldap": {},
    "ca_bundle": "",
    "active_server_limit": 0,
    "concurrent_spawn_limit": 0,
    "named_servers": 0,
    "start_timeout": 1800,
    "cull_idle": 3600,
    "cull_age": 604800,
    "banner": "",
    "home_warning": 90,
    "homes_server": "198.18.7.41",
    "homes_path": "/srv/homes",
    "homes_uid": 1000,
    "homes_quota": False,
    "quota_timeout": 5,
    "shared_server": "198.18.7.41",
    "shared_path": "",
    "teams": [],
    "courses": [],
    "scheduler_name": "",
    "priority_class_name": "",
    "scheduler_url": "http://yunikorn-service.yunikorn:9080",
    "queue_of_group": {},
    "default_queue": "root.default",
    "database": "postgres",
    "database_url": "postgresql+psycopg2://jupyterhub:db-password@198.18.7.41:5432/jupyterhub",
    "database_authority": "",
    "sqlite_node": "",
    "sqlite_path": "/var/lib/kubehub/jupyterhub",
    "sqlite_size": "1Gi",
    "network_plugin": "cilium",
    "machine_network": "198.18.7.0/24",
    "pod_network": "198.19.0.0/17",
    "service_network": "198.19.128.0/20",
    "internet": True,
    "egress_allowed": [],
    "toleration_seconds": 30,
    "rotate": [],
    "values": {},
    "timeout": 600,
}


def settings(**changes: Any) -> dict[str, Any]:
    """Return the sound inputs with some changed."""
    assert set(changes) <= set(SOUND)
    return SOUND | changes


def secrets(of: dict[str, Any]) -> dict[str, str]:
    """Return all secrets that the inputs need, each of one letter."""
    return kept.made(of, {}, lambda alphabet: alphabet[0])
