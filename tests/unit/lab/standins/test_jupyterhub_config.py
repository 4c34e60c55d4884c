# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in's chart makes of its values inside the hub's pod: each value's effect on JupyterHub's configuration."""

from __future__ import annotations

import importlib
import json
import os
import runpy
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[4] / "lab" / "standins" / "jupyterhub" / "chart"
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
NAMES = ("hub", "proxy", "proxy-api", "proxy-public", "singleuser")
SECRETS = {
    "hub.config.ConfigurableHTTPProxy.auth_token": "token",
    "hub.config.JupyterHub.cookie_secret": "cookie",
    "hub.config.CryptKeeper.keys": "one;two",
}
USER_TOLERATIONS = [
    {"key": "hub.jupyter.org/dedicated", "operator": "Equal", "value": "user", "effect": "NoSchedule"},
    {"key": "hub.jupyter.org_dedicated", "operator": "Equal", "value": "user", "effect": "NoSchedule"},
]
ON_USER_NODES = {"matchExpressions": [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}]}
CULLER = {
    "name": "jupyterhub-idle-culler",
    "command": [
        *("python3", "-m", "jupyterhub_idle_culler", "--url=http://localhost:8081/hub/api"),
        *("--timeout=3600", "--cull-every=600", "--concurrency=10"),
    ],
}
CULLER_ROLE = {
    "name": "jupyterhub-idle-culler",
    "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    "services": ["jupyterhub-idle-culler"],
}


class Section(dict[str, Any]):
    """A section of a configuration, as traitlets has it: a dictionary with attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class Config(dict[str, Section]):
    """A configuration: a section is there when it is asked for."""

    def __missing__(self, name: str) -> Section:
        return self.setdefault(name, Section())

    def __getattr__(self, name: str) -> Section:
        return self[name]


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values over defaults as helm merges them."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        result[name] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


Configure = Callable[..., Config]


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the hub's pod with its mounts; what running the file does to this process is undone."""
    for file in (CHART / "files/hub").glob("*.py"):
        shutil.copy(file, tmp_path)
    for folder, files in {"config": {name: name for name in NAMES}, "secret": SECRETS}.items():
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text, encoding="ascii")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "z2jh", raising=False)
    monkeypatch.setenv("POD_NAMESPACE", "jupyterhub")
    monkeypatch.setenv("PGPASSWORD", "")
    return tmp_path


@pytest.fixture
def configure(pod: Path) -> Configure:
    """Run the chart's configuration over its defaults and the given values."""

    def run(values: Mapping[str, Any] | None = None) -> Config:
        facts = {"Chart": {"Name": "jupyterhub", "Version": "1.2.3+4"}, "Release": {"Name": "site"}}
        text = json.dumps(merged(DEFAULTS, values or {}) | facts)
        (pod / "secret/values.yaml").write_text(text, encoding="utf-8")
        config = Config()
        sys.modules.pop("z2jh", None)
        runpy.run_path(str(pod / "jupyterhub_config.py"), init_globals={"c": config})
        return config

    return run


def test_the_charts_defaults(configure: Configure) -> None:
    assert configure() == {
        "JupyterHub": {
            "admin_access": True,
            "allow_named_servers": False,
            "authenticator_class": "dummy",
            "base_url": "/",
            "cleanup_servers": False,
            "concurrent_spawn_limit": 64,
            "cookie_secret": "cookie",
            "db_url": "sqlite:///jupyterhub.sqlite",
            "hub_bind_url": "http://:8081",
            "hub_connect_url": "http://hub:8081",
            "last_activity_interval": 60,
            "load_roles": [CULLER_ROLE],
            "services": [CULLER],
            "spawner_class": "kubespawner.KubeSpawner",
            "template_paths": [],
            "template_vars": {},
            "tornado_settings": {"slow_spawn_timeout": 0},
        },
        "ConfigurableHTTPProxy": {"should_start": False, "api_url": "http://proxy-api:8001"},
        "CryptKeeper": {"keys": ["one", "two"]},
        "Spawner": {"cmd": "jupyterhub-singleuser", "consecutive_failure_limit": 5},
        "KubeSpawner": {
            "allow_privilege_escalation": False,
            "common_labels": {
                "app": "jupyterhub",
                "release": "site",
                "chart": "jupyterhub-1.2.3_4",
                "app.kubernetes.io/name": "jupyterhub",
                "app.kubernetes.io/instance": "site",
                "app.kubernetes.io/managed-by": "kubespawner",
                "helm.sh/chart": "jupyterhub-1.2.3_4",
            },
            "environment": {},
            "events_enabled": True,
            "extra_annotations": {},
            "extra_containers": [],
            "extra_labels": {"hub.jupyter.org/network-access-hub": "true"},
            "extra_pod_config": {},
            "extra_resource_guarantees": {},
            "extra_resource_limits": {},
            "fs_gid": 100,
            "image": "quay.io/jupyterhub/k8s-singleuser-sample:4.4.0",
            "init_containers": [],
            "lifecycle_hooks": {},
            "mem_guarantee": "1G",
            "namespace": "jupyterhub",
            "node_affinity_preferred": [{"weight": 100, "preference": ON_USER_NODES}],
            "node_affinity_required": [],
            "node_selector": {},
            "pod_affinity_preferred": [],
            "pod_affinity_required": [],
            "pod_anti_affinity_preferred": [],
            "pod_anti_affinity_required": [],
            "profile_list": [],
            "start_timeout": 300,
            "storage_access_modes": ["ReadWriteOnce"],
            "storage_capacity": "10Gi",
            "storage_extra_labels": {},
            "storage_pvc_ensure": True,
            "tolerations": USER_TOLERATIONS,
            "uid": 1000,
            "volume_mounts": {
                "volume-{user_server}": {
                    "name": "volume-{user_server}",
                    "mountPath": "/home/jovyan",
                    "subPath": None,
                }
            },
            "volumes": {
                "volume-{user_server}": {
                    "name": "volume-{user_server}",
                    "persistentVolumeClaim": {"claimName": "{pvc_name}"},
                }
            },
        },
    }


@pytest.mark.parametrize(
    ("value", "given", "section", "trait", "expected"),
    [
        ("hub.activeServerLimit", 7, "JupyterHub", "active_server_limit", 7),
        ("hub.allowNamedServers", True, "JupyterHub", "allow_named_servers", True),
        ("hub.authenticatePrometheus", False, "JupyterHub", "authenticate_prometheus", False),
        ("hub.baseUrl", "/lab/", "JupyterHub", "base_url", "/lab/"),
        ("hub.concurrentSpawnLimit", 500, "JupyterHub", "concurrent_spawn_limit", 500),
        ("hub.consecutiveFailureLimit", 0, "Spawner", "consecutive_failure_limit", 0),
        ("hub.namedServerLimitPerUser", 2, "JupyterHub", "named_server_limit_per_user", 2),
        ("hub.redirectToServer", False, "JupyterHub", "redirect_to_server", False),
        ("hub.shutdownOnLogout", True, "JupyterHub", "shutdown_on_logout", True),
        ("hub.templatePaths", ["/etc/t"], "JupyterHub", "template_paths", ["/etc/t"]),
        ("hub.templateVars", {"announcement": "x"}, "JupyterHub", "template_vars", {"announcement": "x"}),
        ("hub.db.type", "sqlite-memory", "JupyterHub", "db_url", "sqlite://"),
        ("debug.enabled", True, "JupyterHub", "log_level", "DEBUG"),
        ("debug.enabled", True, "Spawner", "debug", True),
        ("singleuser.allowPrivilegeEscalation", None, "KubeSpawner", "allow_privilege_escalation", None),
        ("singleuser.cmd", None, "Spawner", "cmd", None),
        ("singleuser.cpu.guarantee", 0.2, "KubeSpawner", "cpu_guarantee", 0.2),
        ("singleuser.cpu.limit", 2, "KubeSpawner", "cpu_limit", 2),
        ("singleuser.defaultUrl", "/lab", "KubeSpawner", "default_url", "/lab"),
        ("singleuser.events", False, "KubeSpawner", "events_enabled", False),
        ("singleuser.extraAnnotations", {"a": "b"}, "KubeSpawner", "extra_annotations", {"a": "b"}),
        ("singleuser.extraContainers", [{"name": "a"}], "KubeSpawner", "extra_containers", [{"name": "a"}]),
        ("singleuser.extraEnv", {"A": "1"}, "KubeSpawner", "environment", {"A": "1"}),
        (
            "singleuser.extraPodConfig",
            {"schedulerName": "x"},
            "KubeSpawner",
            "extra_pod_config",
            {"schedulerName": "x"},
        ),
        ("singleuser.extraResource.limits", {"gpu": 1}, "KubeSpawner", "extra_resource_limits", {"gpu": 1}),
        ("singleuser.extraResource.guarantees", {"gpu": 1}, "KubeSpawner", "extra_resource_guarantees", {"gpu": 1}),
        ("singleuser.extraPodAffinity.required", [{"a": 1}], "KubeSpawner", "pod_affinity_required", [{"a": 1}]),
        ("singleuser.extraPodAffinity.preferred", [{"a": 1}], "KubeSpawner", "pod_affinity_preferred", [{"a": 1}]),
        (
            "singleuser.extraPodAntiAffinity.required",
            [{"a": 1}],
            "KubeSpawner",
            "pod_anti_affinity_required",
            [{"a": 1}],
        ),
        (
            "singleuser.extraPodAntiAffinity.preferred",
            [{"a": 1}],
            "KubeSpawner",
            "pod_anti_affinity_preferred",
            [{"a": 1}],
        ),
        ("singleuser.fsGid", 0, "KubeSpawner", "fs_gid", 0),
        ("singleuser.image", {"name": "example.org/a", "tag": "2"}, "KubeSpawner", "image", "example.org/a:2"),
        ("singleuser.image.pullPolicy", "Always", "KubeSpawner", "image_pull_policy", "Always"),
        ("singleuser.image.pullSecrets", ["a"], "KubeSpawner", "image_pull_secrets", ["a"]),
        ("imagePullSecrets", [{"name": "a"}], "KubeSpawner", "image_pull_secrets", [{"name": "a"}]),
        ("singleuser.initContainers", [{"name": "a"}], "KubeSpawner", "init_containers", [{"name": "a"}]),
        ("singleuser.lifecycleHooks", {"a": {}}, "KubeSpawner", "lifecycle_hooks", {"a": {}}),
        ("singleuser.memory.guarantee", "2G", "KubeSpawner", "mem_guarantee", "2G"),
        ("singleuser.memory.limit", "3G", "KubeSpawner", "mem_limit", "3G"),
        ("singleuser.nodeSelector", {"a": "b"}, "KubeSpawner", "node_selector", {"a": "b"}),
        ("singleuser.podNameTemplate", "nb-{user_server}", "KubeSpawner", "pod_name_template", "nb-{user_server}"),
        ("singleuser.profileList", [{"slug": "a"}], "KubeSpawner", "profile_list", [{"slug": "a"}]),
        ("singleuser.serviceAccountName", "users", "KubeSpawner", "service_account", "users"),
        ("singleuser.startTimeout", 1800, "KubeSpawner", "start_timeout", 1800),
        ("singleuser.uid", 0, "KubeSpawner", "uid", 0),
        ("singleuser.storage.extraLabels", {"a": "b"}, "KubeSpawner", "storage_extra_labels", {"a": "b"}),
        ("singleuser.storage.capacity", "1Gi", "KubeSpawner", "storage_capacity", "1Gi"),
        ("singleuser.storage.dynamic.storageClass", "nfs", "KubeSpawner", "storage_class", "nfs"),
        (
            "singleuser.storage.dynamic.pvcNameTemplate",
            "c-{user_server}",
            "KubeSpawner",
            "pvc_name_template",
            "c-{user_server}",
        ),
        (
            "singleuser.extraTolerations",
            [{"key": "a"}],
            "KubeSpawner",
            "tolerations",
            [*USER_TOLERATIONS, {"key": "a"}],
        ),
        (
            "scheduling.userPods.nodeAffinity.matchNodePurpose",
            "require",
            "KubeSpawner",
            "node_affinity_required",
            [ON_USER_NODES],
        ),
        ("scheduling.userPods.nodeAffinity.matchNodePurpose", "ignore", "KubeSpawner", "node_affinity_preferred", []),
        (
            "singleuser.extraNodeAffinity.preferred",
            [{"weight": 1}],
            "KubeSpawner",
            "node_affinity_preferred",
            [{"weight": 1}, {"weight": 100, "preference": ON_USER_NODES}],
        ),
        ("nameOverride", "other", "KubeSpawner", "common_labels.app", "other"),
        ("hub.config.JupyterHub.last_activity_interval", 10, "JupyterHub", "last_activity_interval", 10),
        ("hub.config.Authenticator.admin_users", ["a"], "Authenticator", "admin_users", ["a"]),
    ],
)
def test_a_value_sets_its_trait(
    configure: Configure, value: str, given: Any, section: str, trait: str, expected: Any
) -> None:
    values: Any = given
    for name in reversed(value.split(".")):
        values = {name: values}
    found: Any = configure(values)[section]
    for name in trait.split("."):
        found = found[name]
    assert found == expected


def test_a_database_server_takes_its_password_from_the_secret(configure: Configure, pod: Path) -> None:
    (pod / "secret/hub.db.password").write_text("s3cret", encoding="ascii")
    found = configure({"hub": {"db": {"type": "postgres", "url": "postgresql://jupyterhub@192.0.2.1/jupyterhub"}}})
    assert found.JupyterHub.db_url == "postgresql://jupyterhub@192.0.2.1/jupyterhub"
    assert os.environ["PGPASSWORD"] == "s3cret"


def test_homes_are_folders_of_one_claim(configure: Configure) -> None:
    storage = {"type": "static", "static": {"pvcName": "homes"}, "homeMountPath": "/home/me"}
    spawner = configure({"singleuser": {"storage": storage}}).KubeSpawner
    assert spawner.volumes == {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "homes"}}}
    assert spawner.volume_mounts == {"home": {"name": "home", "mountPath": "/home/me", "subPath": "{username}"}}
    assert "storage_pvc_ensure" not in spawner


@pytest.mark.parametrize(
    ("volumes", "mounts"),
    [
        ([{"name": "a"}], [{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": "/b"}]),
        ({"a": {"name": "a"}}, {"0-a": {"name": "a", "mountPath": "/a"}, "1-a": {"name": "a", "mountPath": "/b"}}),
    ],
)
def test_further_volumes_come_as_a_list_or_a_map(configure: Configure, volumes: Any, mounts: Any) -> None:
    storage = {"type": "none", "extraVolumes": volumes, "extraVolumeMounts": mounts}
    spawner = configure({"singleuser": {"storage": storage}}).KubeSpawner
    assert spawner.volumes == {"a": {"name": "a"}}
    assert spawner.volume_mounts == {
        "0-a": {"name": "a", "mountPath": "/a"},
        "1-a": {"name": "a", "mountPath": "/b"},
    }


def test_files_are_mounted_from_the_users_secret(configure: Configure) -> None:
    files = {"b": {"mountPath": "/b", "data": {}}, "ca": {"mountPath": "/etc/ca.crt", "mode": 0o440, "stringData": "x"}}
    spawner = configure({"singleuser": {"storage": {"type": "none"}, "extraFiles": files}}).KubeSpawner
    items = [{"key": "b", "path": "b"}, {"key": "ca", "path": "ca", "mode": 0o440}]
    assert spawner.volumes == {"files": {"name": "files", "secret": {"secretName": "singleuser", "items": items}}}
    assert spawner.volume_mounts == {
        "0-files": {"name": "files", "mountPath": "/b", "subPath": "b"},
        "1-files": {"name": "files", "mountPath": "/etc/ca.crt", "subPath": "ca"},
    }


def test_the_culler_is_told_what_it_may_do(configure: Configure) -> None:
    cull = {"users": True, "adminUsers": False, "removeNamedServers": True, "timeout": 60, "every": 0, "maxAge": 86400}
    hub = configure({"cull": cull, "hub": {"baseUrl": "/lab/"}}).JupyterHub
    assert hub.services == [
        {
            "name": "jupyterhub-idle-culler",
            "command": [
                *("python3", "-m", "jupyterhub_idle_culler", "--url=http://localhost:8081/lab/hub/api"),
                *("--timeout=60", "--concurrency=10", "--max-age=86400", "--cull-users", "--remove-named-servers"),
                "--cull-admin-users=false",
            ],
        }
    ]
    assert hub.load_roles == [{**CULLER_ROLE, "scopes": [*CULLER_ROLE["scopes"], "admin:users"]}]


def test_services_and_roles_are_maps_and_tokens_come_from_the_secret(configure: Configure, pod: Path) -> None:
    (pod / "secret/hub.services.verify.apiToken").write_text("t0ken", encoding="ascii")
    values = {
        "cull": {"enabled": False},
        "hub": {
            "services": {"verify": {"display": False, "apiToken": "not this"}},
            "loadRoles": {"verify": {"scopes": ["self"], "services": ["verify"]}},
        },
    }
    hub = configure(values).JupyterHub
    assert hub.services == [{"name": "verify", "display": False, "api_token": "t0ken"}]
    assert hub.load_roles == [{"name": "verify", "scopes": ["self"], "services": ["verify"]}]


def test_a_service_without_a_token_is_named(configure: Configure) -> None:
    with pytest.raises(KeyError) as caught:
        configure({"hub": {"services": {"verify": {}}}})
    assert caught.value.args == ("hub.services.verify.apiToken: in none of the hub's secrets",)


def test_secrets_in_the_values_do_not_replace_the_kept_ones(configure: Configure) -> None:
    found = configure(
        {
            "hub": {
                "config": {
                    "JupyterHub": {"cookie_secret": "no", "proxy_auth_token": "no", "services": "no"},
                    "ConfigurableHTTPProxy": {"auth_token": "no", "debug": True},
                    "CryptKeeper": {"keys": ["no"]},
                }
            }
        }
    )
    assert found.JupyterHub.cookie_secret == "cookie"
    assert found.JupyterHub.services == [CULLER]
    assert "proxy_auth_token" not in found.JupyterHub
    assert found.ConfigurableHTTPProxy == {"should_start": False, "api_url": "http://proxy-api:8001", "debug": True}
    assert found.CryptKeeper["keys"] == ["one", "two"]


def test_a_section_that_is_no_class_ends_the_hub(configure: Configure) -> None:
    with pytest.raises(SystemExit) as caught:
        configure({"hub": {"config": {"loadRoles": {}}}})
    assert caught.value.code == "hub.config.loadRoles: wanted the name of a class, such as JupyterHub"


def test_extra_files_run_last_by_name_in_one_namespace_with_the_values(configure: Configure) -> None:
    extra = {
        "20-second": "c.JupyterHub.seen = [*first, get_config('custom.a.b'), get_config('custom.a.b.c', 'none')]",
        "10-first": "from z2jh import get_config, get_secret_value\nfirst = [c.JupyterHub.last_activity_interval]",
    }
    values = {
        "custom": {"a": {"b": 1}},
        "hub": {"config": {"JupyterHub": {"last_activity_interval": 10}}, "extraConfig": extra},
    }
    assert configure(values).JupyterHub.seen == [10, 1, "none"]


def test_an_error_in_an_extra_file_names_it(configure: Configure) -> None:
    with pytest.raises(SyntaxError) as caught:
        configure({"hub": {"extraConfig": {"10-bad.py": "c.JupyterHub.x = ("}}})
    assert caught.value.filename == "10-bad.py"


def test_a_secret_of_the_sites_own_comes_first(configure: Configure, pod: Path) -> None:
    (pod / "existing-secret").mkdir()
    (pod / "existing-secret/hub.config.JupyterHub.cookie_secret").write_text("theirs", encoding="ascii")
    (pod / "existing-secret/values.yaml").write_text(
        "hub: {config: {Authenticator: {allow_all: true}}}\n", encoding="ascii"
    )
    found = configure({"hub": {"config": {"Authenticator": {"allow_all": False, "admin_users": ["a"]}}}})
    assert found.JupyterHub.cookie_secret == "theirs"
    assert found.Authenticator == {"allow_all": True, "admin_users": ["a"]}


def test_names_and_secrets_are_read_from_the_pods_mounts(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(pod))
    z2jh = importlib.import_module("z2jh")
    assert z2jh.get_name("proxy-public") == "proxy-public"
    assert z2jh.get_secret_value("hub.config.JupyterHub.cookie_secret") == "cookie"
    assert z2jh.get_secret_value("nothing", None) is None
    assert z2jh.get_config("hub.image", "no values at all") == "no values at all"
