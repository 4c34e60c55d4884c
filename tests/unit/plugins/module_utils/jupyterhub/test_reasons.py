# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every bad input with its whole message."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import reasons as core

from .inputs import LDAP, OIDC, settings

SMALL = {"name": "small", "cpu": {"limit": 1}, "memory": {"limit": "2Gi"}}
LABEL_RULE = "wanted small letters, digits and hyphens, at most 63, a letter or digit first and last"
IMAGE_RULE = "is no image with its tag, wanted one such as quay.io/jupyterhub/k8s-hub:4.4.0"
QUEUED = {"scheduler_name": "yunikorn", "queue_of_group": {"vision": "root.vision"}}
USER_RULE = "wanted small letters, digits, dots, hyphens and underscores, a letter or digit first"


def node(name: str, cpu: str, memory: str, *, taint: str = "", **more: str) -> dict[str, Any]:
    """Return a node with what pods may take there."""
    taints = [{"key": taint, "effect": "NoSchedule"}] if taint else None
    return {
        "metadata": {"name": name},
        "spec": {"taints": taints},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110", "odd": "1e3", **more}},
    }


CONTROL_PLANE = node("cp1", "64", "512Gi", taint="node-role.kubernetes.io/control-plane")
NODES = [CONTROL_PLANE, node("w1", "7910m", "32Gi"), node("w2", "4", "64Gi", **{"nvidia.com/gpu": "1"})]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"authenticator": "oidc", "oidc": OIDC},
        {"authenticator": "ldap", "ldap": LDAP},
        {"authenticator": "fixed", "users": ["alice"], "admins": []},
        {"database": "sqlite", "database_url": "", "sqlite_node": "w1"},
        {"host": "198.18.7.100"},
        {"shared_path": "/srv/shared", "teams": [{"name": "a"}], "courses": [{"name": "c", "teams": ["a"]}]},
        {"egress_allowed": [{"network": "203.0.113.7/32", "ports": [443]}]},
        QUEUED,
        {"image_hub": "mirror.example.org:5000/jupyterhub/k8s-hub:4.4.0"},
    ],
)
def test_nothing_is_said_against_a_sound_site(changes: dict[str, Any]) -> None:
    assert core.reasons(settings(**changes), NODES) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"chart": "/srv/hub.tgz", "chart_found": False},
            (
                "chart: the controller has no folder with a Chart.yaml and no archive at '/srv/hub.tgz'; correct the path, "
                "or leave it empty for the chart repository"
            ),
        ),
        (
            {"homes_server": "", "shared_server": ""},
            (
                "homes_server: it is missing; put a machine into the inventory's group nfs_servers, "
                "or name a file server of your own (platform_homes_server)"
            ),
        ),
        ({"namespace": "Jupyter_Hub"}, f"namespace: 'Jupyter_Hub' is no name for Kubernetes; {LABEL_RULE}"),
        (
            {"host": "hub_example"},
            "host: 'hub_example' is neither a DNS name nor an IPv4 address; write it like hub.example.org",
        ),
        (
            {"host": "192.0.2.300"},
            "host: '192.0.2.300' is neither a DNS name nor an IPv4 address; write it like hub.example.org",
        ),
        ({"image_hub": "quay.io/jupyterhub/k8s-hub"}, f"image_hub: 'quay.io/jupyterhub/k8s-hub' {IMAGE_RULE}"),
        ({"profiles": []}, "profiles: the list is empty; give at least one, so that a server has limits"),
        ({"profiles": [{**SMALL, "name": "Small one"}]}, f"profiles: 'Small one' is no DNS name; {LABEL_RULE}"),
        ({"profiles": [SMALL, SMALL]}, "profiles: small is listed 2 times"),
        (
            {"profiles": [{**SMALL, "default": True}, {**SMALL, "name": "b", "default": True}]},
            "profiles: more than one is the default",
        ),
        ({"profiles": [{**SMALL, "image": "cuda"}]}, f"profile small: 'cuda' {IMAGE_RULE}"),
        ({"profiles": [{**SMALL, "gpu": -1}]}, "profile small: gpu is -1, less than 0"),
        (
            {"profiles": [{**SMALL, "memory": {"limit": "2GB"}}]},
            "profile small: '2GB' is no quantity, wanted a number with a suffix such as 500m, 2Gi or none",
        ),
        (
            {"profiles": [{**SMALL, "cpu": {"guarantee": 1}}]},
            "profile small: cpu.limit is missing; a server without one can take a whole node",
        ),
        (
            {"profiles": [{**SMALL, "memory": {"guarantee": "3Gi", "limit": "2Gi"}}]},
            "profile small: memory.guarantee 3Gi is above memory.limit 2Gi",
        ),
        (
            {"profiles": [{**SMALL, "cpu": {"limit": 8}}]},
            (
                "profile small: asks for cpu 8, memory 2.00Gi, more than any node that runs notebooks has "
                "(w1 has cpu 7.91, memory 32.00Gi; w2 has cpu 4, memory 64.00Gi)"
            ),
        ),
        (
            {"profiles": [{**SMALL, "cpu": {"limit": 5}, "gpu": 1}]},
            (
                "profile small: asks for cpu 5, memory 2.00Gi, nvidia.com/gpu 1, more than any node that runs notebooks has "
                "(w1 has cpu 7.91, memory 32.00Gi, nvidia.com/gpu 0; w2 has cpu 4, memory 64.00Gi, nvidia.com/gpu 1)"
            ),
        ),
        (
            {"profiles": [{**SMALL, "node_selector": {"kubehub.platform/gpu": "A30"}}]},
            (
                "profile small: no node that runs notebooks has the label kubehub.platform/gpu=A30; "
                "GPU machines get theirs from playbooks/gpu.yml"
            ),
        ),
        ({"authenticator": "magic"}, "authenticator: 'magic' is unknown, wanted one of native, oidc, ldap, fixed"),
        ({"admins": ["kubehub-verify-a"]}, "admins: kubehub-verify-a is reserved for verify"),
        ({"admins": []}, "admins: the list is empty, so nobody could approve a sign-up; name at least one"),
        ({"admins": ["it@example.org"]}, f"admins: 'it@example.org' is no name for a user here; {USER_RULE}"),
        (
            {"authenticator": "fixed"},
            "users: the list is empty, and with the authenticator fixed only they can log in",
        ),
        (
            {"authenticator": "fixed", "users": ["Al ice"]},
            f"users: 'Al ice' is no name for a user here; {USER_RULE}",
        ),
        (
            {"authenticator": "oidc", "oidc": {**OIDC, "authorize_url": ""}},
            "oidc: authorize_url is missing; the provider tells it under /.well-known/openid-configuration",
        ),
        (
            {"authenticator": "oidc", "oidc": {**OIDC, "token_url": "http://id.example.org/token"}},
            "oidc: token_url is 'http://id.example.org/token', wanted an address that begins with https://",
        ),
        (
            {"authenticator": "oidc", "oidc": {**OIDC, "client_secret": ""}},
            (
                "oidc: client_secret is missing; register the hub with the provider, "
                "callback https://hub.example.org/hub/oauth_callback"
            ),
        ),
        (
            {"authenticator": "oidc", "oidc": {**OIDC, "allowed_groups": ["a"]}},
            "oidc: allowed_groups needs groups_claim, the provider's name for a user's groups",
        ),
        ({"authenticator": "ldap", "ldap": {**LDAP, "server": ""}}, "ldap: server is missing"),
        (
            {"authenticator": "ldap", "ldap": {**LDAP, "server": "ldap://ldap.example.org"}},
            "ldap: server is 'ldap://ldap.example.org', wanted a DNS name without ldap:// before it",
        ),
        (
            {"authenticator": "ldap", "ldap": {**LDAP, "tls": "yes"}},
            "ldap: tls is 'yes', wanted before_bind, on_connect or insecure",
        ),
        (
            {"authenticator": "ldap", "ldap": {"server": "ldap.example.org"}},
            "ldap: bind_dn_template or search_base is missing; without them no user can be found",
        ),
        (
            {"authenticator": "ldap", "ldap": {**LDAP, "search_user": "cn=hub"}},
            "ldap: search_user needs search_password",
        ),
        (
            {"teams": [{"name": "A b"}]},
            f"platform_teams: team 1: 'A b' is no name for a team; {LABEL_RULE}",
        ),
        ({"teams": [{"name": "a", "children": [{"name": "a"}]}]}, "teams: a is listed 2 times"),
        (
            {"shared_path": "/srv/shared", "courses": [{"name": "c", "teams": ["x"]}]},
            "course c: there is no team x (there are none)",
        ),
        (
            {"courses": [{"name": "c"}]},
            "courses: they need shared_path, the file server's directory for what is shared",
        ),
        (
            {**QUEUED, "scheduler_name": "Yuni Korn"},
            f"scheduler_name: 'Yuni Korn' is no name of a scheduler; {LABEL_RULE}",
        ),
        *(
            (
                {**QUEUED, "scheduler_url": url},
                (
                    f"scheduler_url: {url!r} is no address of YuniKorn's service in the cluster, "
                    "wanted http://SERVICE.NAMESPACE:PORT"
                ),
            )
            for url in (
                "http://yunikorn:9080",
                "yunikorn-service.yunikorn:9080",
                "https://yunikorn-service.yunikorn:9080",
                "http://yunikorn-service.yunikorn:port",
                "http://yunikorn-service.yunikorn",
                "http://198.18.7.9:9080",
            )
        ),
        (
            {**QUEUED, "default_queue": "default"},
            (
                "default_queue: 'default' is no queue for servers; wanted its full name such as root.vision, "
                "of letters, digits, hyphens and underscores, at most 63"
            ),
        ),
        (
            {**QUEUED, "queue_of_group": {"vision": "root.computer vision"}},
            (
                "queue_of_group: vision: 'root.computer vision' is no queue for servers; wanted its full name such as "
                "root.vision, of letters, digits, hyphens and underscores, at most 63"
            ),
        ),
        ({"homes_path": "/"}, "homes_path: '/' is no absolute path below /, wanted one such as /srv/homes"),
        ({"homes_path": ""}, "homes_path: '' is no absolute path below /, wanted one such as /srv/homes"),
        (
            {"shared_path": "/srv/homes"},
            "shared_path: /srv/homes is the homes' own directory; what is shared needs another",
        ),
        ({"database": "mysql"}, "database: 'mysql' is unknown, wanted postgres or sqlite"),
        (
            {"database_url": ""},
            (
                "database_url: it is missing; role hub_database makes a database, or set database to sqlite "
                "for a very small site"
            ),
        ),
        (
            {"database_url": "mysql://u:very-secret@h/d"},
            (
                "database_url: it is no address of a PostgreSQL database, "
                "wanted postgresql+psycopg2://USER:PASSWORD@HOST:PORT/DATABASE"
            ),
        ),
        (
            {"database": "sqlite"},
            "sqlite_node: '' is no node's name; name the one whose disk keeps the database",
        ),
        (
            {"database": "sqlite", "sqlite_node": "cp1"},
            "sqlite_node: cp1 is none of the nodes that run notebooks (w1, w2); the hub runs where its database is",
        ),
        (
            {"database": "sqlite", "sqlite_node": "w1", "sqlite_path": "hub"},
            "sqlite_path: 'hub' is no absolute path",
        ),
        ({"start_timeout": 5}, "start_timeout: 5 is less than 60"),
        ({"cull_idle": -1}, "cull_idle: -1 is less than 0"),
        ({"homes_uid": 0}, "homes_uid: 0 is less than 1"),
        ({"home_warning": 101}, "home_warning: 101 is above 100, and it is percent; 0 never warns"),
        ({"gpu_cull_idle": -1}, "gpu_cull_idle: -1 is less than 0"),
        (
            {"gpu_cull_idle": 600},
            (
                "gpu_cull_warning: 600 s are no part of the 600 s of gpu_cull_idle; "
                "users are warned so long before a server is stopped"
            ),
        ),
        ({"gpu_cull_idle": 600, "gpu_cull_warning": 0}, "gpu_cull_warning: 0 is less than 1"),
        (
            {"gpu_cull_idle": 3600, "home_warning": 0},
            (
                "gpu_cull_idle: its warnings come by the extension of JupyterLab that home_warning 0 leaves out; "
                "set home_warning above 0, or gpu_cull_idle to 0"
            ),
        ),
        (
            {"gpu_cull_idle": 3600, "gpu_exporter_namespace": "GPU"},
            (
                "gpu_exporter_namespace: 'GPU' is no name for Kubernetes; "
                "wanted small letters, digits and hyphens, at most 63, a letter or digit first and last"
            ),
        ),
        ({"quota_timeout": 6}, "quota_timeout: 6 is above 5; nobody should wait longer for a quota"),
        (
            {"node_port": 443},
            "node_port: 443 is no port for a service of kind NodePort, wanted 30000 to 32767",
        ),
        (
            {"pod_network": "198.19.0.1/17"},
            "pod_network: '198.19.0.1/17' is no network, wanted one such as 192.0.2.0/24",
        ),
        (
            {"homes_server": "nfs1.example.org"},
            "homes_server: 'nfs1.example.org' is no IPv4 address; policies and volumes name the file server by its address",
        ),
        (
            {"egress_allowed": [{"network": "licences"}]},
            "egress_allowed: 'licences' is no network, wanted one such as 198.51.100.7/32",
        ),
        (
            {"egress_allowed": [{"network": "203.0.113.7/32", "ports": [70000]}]},
            "egress_allowed: 203.0.113.7/32: 70000 is no port, wanted 1 to 65535",
        ),
        (
            {"ca_bundle": "/etc/ssl/ca.pem"},
            "ca_bundle: it holds no certificate; give the text of a PEM file, not its name",
        ),
        (
            {"values": {"hub": {"config": {"Authenticator": None}}}},
            "values: hub.config.Authenticator is null, and the hub would not start; set its keys instead",
        ),
        (
            {"rotate": ["initial-password-root-admin"]},
            (
                "rotate: initial-password-root-admin is what an account was made with; "
                "its owner changes the password at /hub/change-password"
            ),
        ),
        (
            {"rotate": ["token"]},
            (
                "rotate: there is no secret token; there are cookie-secret, crypt-key, "
                "initial-password-root-admin, proxy-token, verify-token"
            ),
        ),
    ],
)
def test_a_bad_input_has_its_reason(changes: dict[str, Any], reason: str) -> None:
    assert core.reasons(settings(**changes), NODES) == [reason]


def test_an_opened_network_must_not_touch_the_sites_own() -> None:
    opened = settings(egress_allowed=[{"network": "198.18.7.0/25"}], shared_server="203.0.113.9")
    closed = "which must stay closed to notebooks; name only what lies outside"
    assert core.reasons(opened, NODES) == [
        f"egress_allowed: 198.18.7.0/25 overlaps 198.18.7.0/24, {closed}",
        f"egress_allowed: 198.18.7.0/25 overlaps 198.18.7.41/32, {closed}",
    ]


def test_all_reasons_are_told_at_once() -> None:
    bad = settings(namespace="A", authenticator="oidc", node_port=1)
    assert len(core.reasons(bad)) == 7


def test_without_nodes_no_profile_is_held_against_them() -> None:
    assert core.reasons(settings(profiles=[{**SMALL, "cpu": {"limit": 999}}])) == []


def test_the_database_s_password_is_in_no_reason() -> None:
    assert "very-secret" not in " ".join(core.reasons(settings(database_url="mysql://u:very-secret@h/d")))


def volume(name: str, server: str, path: str) -> dict[str, Any]:
    """Return a persistent volume of a file server."""
    return {"metadata": {"name": name}, "spec": {"nfs": {"server": server, "path": path}}}


def test_a_volume_cannot_move() -> None:
    volumes = [
        volume("jupyterhub-homes", "198.18.7.41", "/export/homes"),
        volume("other-homes", "192.0.2.1", "/"),
    ]
    assert core.reasons(settings(), NODES, volumes) == [
        (
            "jupyterhub-homes: the cluster's volume is 198.18.7.41:/export/homes, wanted 198.18.7.41:/srv/homes, and a volume "
            "can't move; copy the files, then run the role once with jupyterhub_state=absent, which leaves all users' data"
        )
    ]
    assert core.reasons(settings(), NODES, [volume("jupyterhub-homes", "198.18.7.41", "/srv/homes")]) == []


def test_before_there_is_a_cluster_machines_are_the_bound() -> None:
    machines = {"w1": {"cpus": 8, "memory_mib": 16000}, "w2": {"cpus": 2, "memory_mib": 64000}}
    large = {"name": "large", "cpu": {"limit": 4}, "memory": {"limit": "32Gi"}, "gpu": 1}
    assert core.reasons(settings(profiles=[large]), machines=machines) == [
        (
            "profile large: asks for cpu 4, memory 32.00Gi, more than any node that runs notebooks has "
            "(w1 has cpu 8, memory 15.62Gi; w2 has cpu 2, memory 62.50Gi)"
        )
    ]
    # GPUs of machines are not known, and a machine that did not answer may be the large one.
    assert core.reasons(settings(profiles=[{**SMALL, "gpu": 1}]), machines=machines) == []
    assert core.reasons(settings(profiles=[large]), machines={**machines, "w3": {}}) == []


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        (
            {"network_plugin": "flannel"},
            "network_plugin: flannel enforces no policies, so every notebook reaches the file",
        ),
        ({"database": "sqlite", "sqlite_node": "w1"}, "database: SQLite lives on w1 alone; while that machine is down"),
        ({"authenticator": "fixed", "users": ["a"]}, "authenticator: fixed gives all users one password"),
        (
            {"authenticator": "ldap", "ldap": {**LDAP, "tls": "insecure"}},
            "ldap: tls is insecure, so passwords cross the network unencrypted",
        ),
    ],
)
def test_what_has_a_price_is_said(changes: dict[str, Any], start: str) -> None:
    (warning,) = core.warnings(settings(**changes))
    assert warning.startswith(start)
    assert core.warnings(settings()) == []


def test_a_profile_is_held_against_the_nodes_that_it_selects() -> None:
    labelled = node("w3", "2", "8Gi", **{"nvidia.com/mig-1g.6gb": "4"})
    labelled["metadata"]["labels"] = {"kubehub.platform/gpu": "A30", "zone": "a"}
    selects = {**SMALL, "node_selector": {"kubehub.platform/gpu": "A30"}}
    given = {**selects, "gpu": 1, "gpu_resource": "nvidia.com/mig-1g.6gb"}
    assert core.reasons(settings(profiles=[given]), [*NODES, labelled]) == []
    assert core.reasons(settings(profiles=[{**selects, "gpu": 1}]), [*NODES, labelled]) == [
        (
            "profile small: asks for cpu 1, memory 2.00Gi, nvidia.com/gpu 1, more than any node that runs notebooks has "
            "(w3 has cpu 2, memory 8.00Gi, nvidia.com/gpu 0)"
        )
    ]
