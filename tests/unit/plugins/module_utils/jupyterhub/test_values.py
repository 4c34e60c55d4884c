# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart's values. Each trap that was met with the official chart has its test."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import kept, values

from .inputs import LDAP, OIDC, PROGRAMS, secrets, settings

UNTIL_30 = [
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
]


def built(**changes: Any) -> dict[str, Any]:
    """Return the values of the sound inputs with some changed."""
    inputs = settings(**changes)
    return values.values(inputs, secrets(inputs), PROGRAMS)


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each leaf with its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, f"{place}.{key}")
    if not isinstance(value, (dict, list)):
        yield place, value


def test_a_full_queue_does_not_end_the_hub() -> None:
    assert built()["hub"]["consecutiveFailureLimit"] == 0


def test_spawns_that_wait_in_one_queue_do_not_block_the_others() -> None:
    assert built()["hub"]["concurrentSpawnLimit"] == 0
    assert built(concurrent_spawn_limit=200)["hub"]["concurrentSpawnLimit"] == 200


def test_the_first_upgrade_finds_the_proxys_token_unchanged() -> None:
    assert built()["proxy"]["secretToken"] == "0" * 64
    assert built()["hub"]["cookieSecret"] == "0" * 64
    assert built()["hub"]["config"]["CryptKeeper"] == {"keys": ["0" * 64]}


def test_a_proxy_that_restarts_gets_its_routes_back_within_ten_seconds() -> None:
    assert built()["hub"]["config"]["JupyterHub"]["last_activity_interval"] == 3


def test_the_front_page_waits_neither_for_lost_servers_nor_for_a_registry() -> None:
    found = built()
    assert found["hub"]["config"]["JupyterHub"]["init_spawners_timeout"] == 1
    assert found["prePuller"]["extraImages"] == {"hub": found["hub"]["image"], "proxy": found["proxy"]["chp"]["image"]}


def test_a_server_may_wait_for_a_place_longer_than_the_charts_five_minutes() -> None:
    assert built()["singleuser"]["startTimeout"] == 1800


@pytest.mark.parametrize("authenticator", ["native", "oidc", "ldap", "fixed"])
def test_no_value_is_null(authenticator: str) -> None:
    found = built(authenticator=authenticator, oidc=OIDC, ldap=LDAP, users=["alice"])
    assert [place for place, value in leaves(found) if value is None] == []


def test_an_admins_account_is_made_before_anybody_can_sign_up_as_the_admin() -> None:
    assert built()["custom"]["kubehub"]["initialPasswords"] == {"root-admin": "a" * 16}
    assert built()["hub"]["config"]["NativeAuthenticator"]["open_signup"] is False


def test_no_users_pod_has_rights() -> None:
    found = built()
    assert found["hub"]["config"]["KubeSpawner"] == {
        "automount_service_account_token": False,
        "gid": 1000,
        "pod_security_context": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "container_security_context": {"capabilities": {"drop": ["ALL"]}},
        "poll_interval": 10,
    }
    assert found["singleuser"]["uid"] == 1000
    assert found["singleuser"]["cloudMetadata"] == {"blockWithIptables": False}


def test_homes_are_directories_of_one_claim_that_the_hub_has_too() -> None:
    found = built()
    assert found["singleuser"]["storage"] == {
        "type": "static",
        "static": {"pvcName": "homes", "subPath": "{username}"},
    }
    assert found["hub"]["extraVolumes"] == [{"name": "kubehub-homes", "persistentVolumeClaim": {"claimName": "homes"}}]
    assert found["hub"]["extraVolumeMounts"] == [{"name": "kubehub-homes", "mountPath": "/srv/kubehub/homes"}]
    assert found["custom"]["kubehub"]["homes"] == {"path": "/srv/kubehub/homes", "quotaSeconds": 0}
    assert built(homes_quota=True)["custom"]["kubehub"]["homes"]["quotaSeconds"] == 5


def test_notebooks_reach_names_the_hub_and_the_internet_and_nothing_of_the_site() -> None:
    policy = built()["singleuser"]["networkPolicy"]
    rules = policy["egressAllowRules"]
    assert {name for name, allowed in rules.items() if allowed} == {"dnsPortsKubeSystemNamespace"}
    assert policy["egress"] == [
        {
            "to": [
                {
                    "ipBlock": {
                        "cidr": "0.0.0.0/0",
                        "except": [
                            "10.0.0.0/8",
                            "100.64.0.0/10",
                            "169.254.0.0/16",
                            "172.16.0.0/12",
                            "192.168.0.0/16",
                            "198.18.7.0/24",
                            "198.19.0.0/17",
                            "198.19.128.0/20",
                        ],
                    }
                }
            ]
        }
    ]


def test_a_file_server_outside_of_the_machines_network_is_closed_too() -> None:
    (rule,) = built(homes_server="203.0.113.9")["singleuser"]["networkPolicy"]["egress"]
    assert "203.0.113.9/32" in rule["to"][0]["ipBlock"]["except"]


def test_the_internet_can_be_closed_and_a_network_opened() -> None:
    opened = [{"network": "203.0.113.7/32", "ports": [27000, 27001]}, {"network": "203.0.113.64/26"}]
    assert built(internet=False, egress_allowed=opened)["singleuser"]["networkPolicy"]["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}],
            "ports": [{"port": 27000, "protocol": "TCP"}, {"port": 27001, "protocol": "TCP"}],
        },
        {"to": [{"ipBlock": {"cidr": "203.0.113.64/26"}}]},
    ]


def test_servers_leave_a_lost_node_soon_and_hub_and_proxy_sooner() -> None:
    found = built()
    assert found["singleuser"]["extraTolerations"] == UNTIL_30
    core = [{**one, "tolerationSeconds": 10} for one in UNTIL_30]
    assert found["hub"]["tolerations"] == core
    assert found["proxy"]["chp"]["tolerations"] == core
    assert found["custom"]["kubehub"]["lostNodeSeconds"] == 30


def test_profiles_say_what_they_mean_in_kubespawners_units() -> None:
    given = [
        {"name": "small", "cpu": {"guarantee": "100m", "limit": 1}, "memory": {"guarantee": "500M", "limit": "2Gi"}},
        {
            "name": "gpu",
            "title": "A GPU",
            "description": "For training",
            "default": True,
            "image": "example.org/cuda:12",
            "cpu": {"limit": 4},
            "memory": {"limit": "16G"},
            "gpu": 1,
        },
    ]
    assert built(profiles=given)["singleuser"]["profileList"] == [
        {
            "slug": "small",
            "display_name": "small",
            "description": "",
            "default": False,
            "kubespawner_override": {
                "cpu_guarantee": 0.1,
                "cpu_limit": 1.0,
                "mem_guarantee": "488282K",
                "mem_limit": "2G",
            },
        },
        {
            "slug": "gpu",
            "display_name": "A GPU",
            "description": "For training",
            "default": True,
            "kubespawner_override": {
                "cpu_limit": 4.0,
                "mem_limit": "15625000K",
                "extra_resource_limits": {"nvidia.com/gpu": "1"},
                "extra_resource_guarantees": {"nvidia.com/gpu": "1"},
                "image": "example.org/cuda:12",
            },
        },
    ]


def test_a_kind_of_gpu_has_a_resource_and_nodes_of_its_own() -> None:
    labels = {"kubehub.platform/gpu": "A30"}
    given = {
        "name": "gpu-a30-1g-6gb",
        "gpu": 1,
        "gpu_resource": "nvidia.com/mig-1g.6gb",
        "node_selector": labels,
        "cpu": {"limit": 1},
        "memory": {"limit": "1Gi"},
    }
    (profile,) = built(profiles=[given])["singleuser"]["profileList"]
    assert profile["kubespawner_override"] == {
        "cpu_limit": 1.0,
        "mem_limit": "1G",
        "extra_resource_limits": {"nvidia.com/mig-1g.6gb": "1"},
        "extra_resource_guarantees": {"nvidia.com/mig-1g.6gb": "1"},
        "node_selector": labels,
    }


def test_the_first_profile_is_chosen_beforehand() -> None:
    assert [one["default"] for one in built()["singleuser"]["profileList"]] == [True]


def test_native_sign_up_needs_an_admins_approval() -> None:
    config = built(admins=["zoe", "root-admin"])["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "native"
    assert config["Authenticator"] == {"admin_users": ["root-admin", "zoe"], "allow_all": True}
    assert config["NativeAuthenticator"] == {
        "open_signup": False,
        "minimum_password_length": 10,
        "check_common_password": True,
        "allowed_failed_logins": 5,
        "seconds_before_next_try": 300,
    }


def test_fixed_lets_the_listed_in_and_nobody_else() -> None:
    config = built(authenticator="fixed", users=["bob", "alice"], admins=["root-admin"])["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "shared-password"
    assert config["Authenticator"] == {
        "admin_users": ["root-admin"],
        "allowed_users": ["alice", "bob", "root-admin"],
        "allow_existing_users": False,
    }
    assert config["SharedPasswordAuthenticator"] == {"user_password": "a" * 12, "admin_password": "a" * 32}


def test_oidc_knows_its_way_back_and_takes_groups_from_the_provider() -> None:
    given = {**OIDC, "groups_claim": "groups", "allowed_groups": ["staff"], "admin_groups": ["it"]}
    teams = [{"name": "vision", "members": ["alice"]}]
    config = built(authenticator="oidc", oidc=given, ca_bundle="PEM", teams=teams)["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "generic-oauth"
    assert "load_groups" not in config["JupyterHub"]
    assert config["Authenticator"] == {"admin_users": ["root-admin"], "allow_all": False}
    assert config["GenericOAuthenticator"] == {
        **OIDC,
        "oauth_callback_url": "https://hub.example.org/hub/oauth_callback",
        "username_claim": "preferred_username",
        "scope": ["openid", "profile", "email"],
        "login_service": "single sign-on",
        "manage_groups": True,
        "auth_state_groups_key": "oauth_user.groups",
        "allowed_groups": ["staff"],
        "admin_groups": ["it"],
        "http_request_kwargs": {"ca_certs": "/etc/kubehub/ca.pem"},
    }


def test_ldap_verifies_the_servers_certificate() -> None:
    config = built(authenticator="ldap", ldap=LDAP, ca_bundle="PEM")["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "ldap"
    assert config["Authenticator"]["allow_all"] is True
    assert config["LDAPAuthenticator"] == {
        "server_address": "ldap.example.org",
        "tls_strategy": "before_bind",
        "tls_kwargs": {"validate": 2, "ca_certs_file": "/etc/kubehub/ca.pem"},
        "bind_dn_template": ["uid={username},ou=people,dc=example,dc=org"],
    }


def test_ldap_can_search() -> None:
    given = {
        "server": "ldap.example.org",
        "port": 636,
        "tls": "on_connect",
        "search_base": "ou=people,dc=example,dc=org",
        "search_user": "cn=hub",
        "search_password": "hidden",
        "allowed_groups": ["cn=lab"],
    }
    config = built(authenticator="ldap", ldap=given)["hub"]["config"]
    assert config["Authenticator"]["allow_all"] is False
    assert config["LDAPAuthenticator"] == {
        "server_address": "ldap.example.org",
        "server_port": 636,
        "tls_strategy": "on_connect",
        "tls_kwargs": {"validate": 2},
        "lookup_dn": True,
        "user_search_base": "ou=people,dc=example,dc=org",
        "user_attribute": "uid",
        "lookup_dn_user_dn_attribute": "uid",
        "lookup_dn_search_user": "cn=hub",
        "lookup_dn_search_password": "hidden",
        "allowed_groups": ["cn=lab"],
    }


def test_ldap_can_say_who_is_in_which_group() -> None:
    found = built(authenticator="ldap", ldap={**LDAP, "groups_attribute": "memberOf"}, teams=[{"name": "vision"}])
    config = found["hub"]["config"]
    assert config["LDAPAuthenticator"]["manage_groups"] is True
    assert config["LDAPAuthenticator"]["auth_state_attributes"] == ["memberOf"]
    assert "load_groups" not in config["JupyterHub"]
    assert found["custom"]["kubehub"]["groupsAttribute"] == "memberOf"
    assert "members" not in found["custom"]["kubehub"]
    assert "load_groups" in built(authenticator="ldap", ldap=LDAP)["hub"]["config"]["JupyterHub"]


def test_the_sites_certificates_reach_the_hub_as_a_file() -> None:
    assert built(ca_bundle="PEM", database_authority="ITS")["hub"]["extraFiles"] == {
        "kubehub.py": {"mountPath": "/usr/local/etc/jupyterhub/kubehub.py", "stringData": "# kubehub.py\n"},
        "ca.pem": {"mountPath": "/etc/kubehub/ca.pem", "stringData": "PEM"},
        "database-ca.pem": {"mountPath": "/etc/kubehub/database-ca.pem", "stringData": "ITS"},
    }


def test_the_hub_calls_the_program_last() -> None:
    assert built()["hub"]["extraConfig"] == {"10-kubehub": "import kubehub\nkubehub.configure(c)\n"}


def test_the_databases_certificate_is_verified_where_an_authority_is_given() -> None:
    url = "postgresql+psycopg2://jupyterhub:db-password@198.18.7.41:5432/jupyterhub"
    assert built()["hub"]["db"] == {"type": "postgres", "url": url, "upgrade": True}
    assert built(database_authority="PEM")["hub"]["db"]["url"] == (
        f"{url}?sslmode=verify-full&sslrootcert=/etc/kubehub/database-ca.pem"
    )
    own = f"{url}?sslmode=require"
    assert built(database_authority="PEM", database_url=own)["hub"]["db"]["url"] == own


def test_sqlite_lives_on_a_volume_that_no_provisioner_makes() -> None:
    assert built(database="sqlite", sqlite_node="w1")["hub"]["db"] == {
        "type": "sqlite-pvc",
        "pvc": {
            "storage": "1Gi",
            "storageClassName": "",
            "selector": {"matchLabels": {"kubehub.platform/volume": "hub-database"}},
        },
    }


def test_limits_and_named_servers() -> None:
    hub = built(active_server_limit=50, named_servers=2)["hub"]
    assert (hub["activeServerLimit"], hub["allowNamedServers"], hub["namedServerLimitPerUser"]) == (50, True, 2)
    assert built()["hub"]["allowNamedServers"] is False


@pytest.mark.parametrize(
    ("idle", "age", "wanted"),
    [
        (3600, 604800, {"enabled": True, "timeout": 3600, "maxAge": 604800, "every": 300}),
        (0, 604800, {"enabled": True, "timeout": 315360000, "maxAge": 604800, "every": 300}),
        (0, 0, {"enabled": False, "timeout": 315360000, "maxAge": 0, "every": 300}),
    ],
)
def test_idle_and_old_servers_are_stopped(idle: int, age: int, wanted: dict[str, Any]) -> None:
    assert built(cull_idle=idle, cull_age=age)["cull"] == wanted


def test_users_are_told_of_a_home_that_is_nearly_full() -> None:
    found = built(home_warning=80)["singleuser"]
    assert found["extraEnv"] == {"KUBEHUB_HOME_WARNING": "80"}
    assert found["extraFiles"] == {
        name: {"mountPath": path, "stringData": f"# {name}\n"} for name, path in values.NOTE.items()
    }


def test_users_are_told_nothing_where_the_site_wants_it_so() -> None:
    assert {"extraEnv", "extraFiles"} & built(home_warning=0)["singleuser"].keys() == set()


def test_a_banner_stands_above_every_page() -> None:
    assert built(banner="Closed on Monday")["hub"]["templateVars"] == {"announcement": "Closed on Monday"}
    assert built()["hub"]["templateVars"] == {}


def test_images_are_pulled_ahead_without_a_hook_that_holds_helm_up() -> None:
    found = built()["prePuller"]
    assert found["continuous"] == {"enabled": True}
    assert found["hook"]["enabled"] is False
    assert found["pause"] == {"image": {"name": "registry.k8s.io/pause", "tag": "3.10.2"}}
    assert built(prepull=False)["prePuller"]["continuous"] == {"enabled": False}


def test_an_image_of_a_registry_with_a_port_keeps_it() -> None:
    found = built(image_hub="mirror.example.org:5000/jupyterhub/k8s-hub:4.4.0")
    assert found["hub"]["image"] == {"name": "mirror.example.org:5000/jupyterhub/k8s-hub", "tag": "4.4.0"}


def test_teams_are_groups_the_nested_ones_too() -> None:
    teams = [
        {"name": "vision", "members": ["bob", "alice"], "children": [{"name": "drones", "members": ["alice"]}]},
        {"name": "empty", "group": "grp-empty"},
    ]
    found = built(teams=teams)
    assert found["hub"]["config"]["JupyterHub"]["load_groups"] == {
        "vision": {"users": ["alice", "bob"]},
        "drones": {"users": ["alice"]},
        "grp-empty": {"users": []},
    }
    # The hub follows those that the inventory lists, and leaves the others to its admins.
    assert found["custom"]["kubehub"]["members"] == {"vision": ["alice", "bob"], "drones": ["alice"]}


def test_what_is_shared_has_a_claim_of_its_own() -> None:
    found = built(
        shared_path="/srv/shared",
        teams=[{"name": "vision", "members": ["alice"], "group": "grp-vision"}],
        courses=[{"name": "intro", "teams": ["vision"], "writers": ["bob"]}, {"name": "open"}],
    )
    assert found["custom"]["kubehub"]["shared"] == {
        "path": "/srv/kubehub/shared",
        "claim": "shared",
        "groupOfTeam": {"vision": "grp-vision"},
        "courses": {"intro": {"groups": ["grp-vision"], "writers": ["bob"]}, "open": {"groups": [], "writers": []}},
    }
    assert [one["name"] for one in found["hub"]["extraVolumes"]] == ["kubehub-homes", "kubehub-shared"]
    assert "shared" not in built()["custom"]["kubehub"]


def test_the_verifier_may_touch_its_two_users_and_nobody_else() -> None:
    hub = built()["hub"]
    role = hub["loadRoles"]["kubehub-verify"]
    assert role["services"] == ["kubehub-verify"]
    assert {scope.partition("!user=")[2] for scope in role["scopes"]} == {"kubehub-verify-a", "kubehub-verify-b"}
    assert hub["services"] == {"kubehub-verify": {"apiToken": "0" * 64}}


def test_given_values_are_laid_over_key_by_key_and_lists_as_a_whole() -> None:
    given = {"hub": {"concurrentSpawnLimit": 7, "tolerations": []}, "singleuser": {"extraEnv": {"A": "1"}}}
    found = built(values=given)
    assert found["hub"]["concurrentSpawnLimit"] == 7
    assert found["hub"]["tolerations"] == []
    assert found["hub"]["consecutiveFailureLimit"] == 0
    assert found["singleuser"]["extraEnv"]["A"] == "1"
    assert found["singleuser"]["startTimeout"] == 1800


def test_secrets_are_made_once_and_again_only_when_asked() -> None:
    inputs = settings()
    there = secrets(inputs)
    assert kept.made(inputs, there, max) == {}
    assert kept.made(inputs, there, max, ["proxy-token"]) == {"proxy-token": "f" * 64}
    assert kept.made(settings(admins=["root-admin", "zoe"]), there, max) == {"initial-password-zoe": "z" * 16}


SHARING = {
    "scheduler_name": "yunikorn",
    "priority_class_name": "kubehub-notebook",
    "teams": [
        {"name": "vision", "members": ["alice", "bob"], "default_of": ["bob"]},
        {"name": "drones", "group": "grp-drones", "members": ["bob"]},
    ],
    "queue_of_group": {"vision": "root.vision", "grp-drones": "root.drones"},
}


def test_without_a_scheduler_of_its_own_the_hub_hears_nothing_of_queues() -> None:
    found = built(teams=SHARING["teams"], queue_of_group=SHARING["queue_of_group"])
    assert "queues" not in found["custom"]["kubehub"]
    assert not {"scheduler_name", "priority_class_name"} & set(found["hub"]["config"]["KubeSpawner"])
    assert set(found["hub"]["extraFiles"]) == {"kubehub.py"}
    assert set(found["hub"]["extraConfig"]) == {"10-kubehub"}
    assert "egress" not in found["hub"]["networkPolicy"]


def test_servers_name_the_scheduler_and_the_hub_knows_their_queues() -> None:
    profiles = [
        {"name": "small", "cpu": {"guarantee": "100m", "limit": 1}, "memory": {"guarantee": "500M", "limit": "2Gi"}},
        {"name": "gpu", "cpu": {"limit": 4}, "memory": {"limit": "16Gi"}, "gpu": 1},
        {
            "name": "mig",
            "cpu": {"limit": 4},
            "memory": {"limit": "16Gi"},
            "gpu": 1,
            "gpu_resource": "nvidia.com/mig-1g.5gb",
        },
    ]
    found = built(**SHARING, profiles=profiles)
    assert found["hub"]["config"]["KubeSpawner"]["scheduler_name"] == "yunikorn"
    assert found["hub"]["config"]["KubeSpawner"]["priority_class_name"] == "kubehub-notebook"
    assert found["hub"]["extraConfig"] == {
        "10-kubehub": "import kubehub\nkubehub.configure(c)\n",
        "20-kubehub-queue": "import kubehub_queue\nkubehub_queue.configure(c)\n",
    }
    assert found["custom"]["kubehub"]["queues"] == {
        "url": "http://yunikorn-service.yunikorn:9080",
        "queueOfGroup": {"vision": "root.vision", "grp-drones": "root.drones"},
        "groupOfUser": {"bob": "vision"},
        "default": "root.default",
        "own": "members",
        "gpuResource": "nvidia.com/gpu",
        # KubeSpawner asks for whole KiB.
        "asked": {
            "small": {"vcore": 100, "memory": 500000768},
            "gpu": {"vcore": 4000, "memory": 16 * 2**30, "nvidia.com/gpu": 1},
            "mig": {"vcore": 4000, "memory": 16 * 2**30, "nvidia.com/mig-1g.5gb": 1},
        },
    }


def test_the_hub_shows_why_a_server_ended_on_the_pages_that_offer_a_new_one() -> None:
    files = built(**SHARING)["hub"]["extraFiles"]
    assert files["kubehub_queue.py"] == {
        "mountPath": "/usr/local/etc/jupyterhub/kubehub_queue.py",
        "stringData": "# kubehub_queue.py\n",
    }
    assert {name: base64.b64decode(files[name]["binaryData"]) for name in files if name.endswith(".html")} == {
        "home.html": b"of home\n",
        "not_running.html": b"of not_running\n",
        "spawn.html": b"of spawn\n",
    }
    assert files["home.html"]["mountPath"] == "/usr/local/etc/jupyterhub/kubehub-templates/home.html"


def test_the_hub_may_ask_yunikorn_where_a_plugin_knows_pods_too() -> None:
    assert built(**SHARING, scheduler_url="http://rest.queues.svc:9080/")["hub"]["networkPolicy"]["egress"] == [
        {
            "to": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "queues"}},
                    "podSelector": {"matchLabels": {"app": "yunikorn"}},
                }
            ],
            "ports": [{"port": 9080, "protocol": "TCP"}],
        }
    ]


def test_nothing_watches_gpus_unless_it_is_told_to() -> None:
    hub = built()["hub"]
    assert "kubehub_gpu.py" not in hub["extraFiles"]
    assert set(hub["services"]) == set(hub["loadRoles"]) == {"kubehub-verify"}
    assert "egress" not in hub["networkPolicy"]


def test_the_watch_of_idle_gpus_may_stop_servers_and_reach_exporters_and_nothing_else() -> None:
    hub = built(gpu_cull_idle=3600, gpu_cull_warning=600, gpu_exporter_namespace="gpus")["hub"]
    program = "/usr/local/etc/jupyterhub/kubehub_gpu.py"
    assert hub["extraFiles"]["kubehub_gpu.py"] == {"mountPath": program, "stringData": "# kubehub_gpu.py\n"}
    assert hub["services"]["kubehub-gpu"] == {
        "command": [
            "python3",
            program,
            "--exporters=http://kubehub-gpu-exporters.gpus:9400/metrics",
            "--namespace=jupyterhub",
            "--idle=3600",
            "--warning=600",
        ],
        "environment": {"KUBERNETES_SERVICE_HOST": "kubernetes.default.svc", "KUBERNETES_SERVICE_PORT": "443"},
        "apiToken": "0" * 64,
    }
    assert hub["loadRoles"]["kubehub-gpu"] == {"scopes": ["delete:servers"], "services": ["kubehub-gpu"]}
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gpus"}},
        "podSelector": {"matchLabels": {"app": "nvidia-dcgm-exporter"}},
    }
    assert hub["networkPolicy"]["egress"] == [{"to": [pods], "ports": [{"port": 9400, "protocol": "TCP"}]}]


def test_notes_are_for_notebooks_that_can_show_them() -> None:
    assert built()["custom"]["kubehub"]["notes"] is True
    assert built(home_warning=0)["custom"]["kubehub"]["notes"] is False
