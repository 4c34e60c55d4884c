# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JupyterHub's configuration, made of the chart's values.

What each value does is documented at https://z2jh.jupyter.org/en/stable/resources/reference.html. The order counts:
the chart's own settings, then ``hub.config``, then the files of ``hub.extraConfig`` by name.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from z2jh import get_config, get_name, get_secret_value, set_config_if_not_none

HUB_PORT = 8081
PROXY_API_PORT = 8001

HUB_TRAITS = (
    "active_server_limit",
    "allow_named_servers",
    "authenticate_prometheus",
    "base_url",
    "concurrent_spawn_limit",
    "named_server_limit_per_user",
    "redirect_to_server",
    "shutdown_on_logout",
    "template_paths",
    "template_vars",
)
# KubeSpawner's traits by the value below singleuser.
SPAWNER_TRAITS = {
    "cpu.guarantee": "cpu_guarantee",
    "cpu.limit": "cpu_limit",
    "defaultUrl": "default_url",
    "events": "events_enabled",
    "extraAnnotations": "extra_annotations",
    "extraContainers": "extra_containers",
    "extraEnv": "environment",
    "extraLabels": "extra_labels",
    "extraNodeAffinity.preferred": "node_affinity_preferred",
    "extraNodeAffinity.required": "node_affinity_required",
    "extraPodAffinity.preferred": "pod_affinity_preferred",
    "extraPodAffinity.required": "pod_affinity_required",
    "extraPodAntiAffinity.preferred": "pod_anti_affinity_preferred",
    "extraPodAntiAffinity.required": "pod_anti_affinity_required",
    "extraPodConfig": "extra_pod_config",
    "extraResource.guarantees": "extra_resource_guarantees",
    "extraResource.limits": "extra_resource_limits",
    "fsGid": "fs_gid",
    "image.pullPolicy": "image_pull_policy",
    "initContainers": "init_containers",
    "lifecycleHooks": "lifecycle_hooks",
    "memory.guarantee": "mem_guarantee",
    "memory.limit": "mem_limit",
    "nodeSelector": "node_selector",
    "podNameTemplate": "pod_name_template",
    "profileList": "profile_list",
    "serviceAccountName": "service_account",
    "startTimeout": "start_timeout",
    "storage.extraLabels": "storage_extra_labels",
    "uid": "uid",
}
# Its flags, beside --url.
CULLER_FLAGS = {
    "timeout": "--timeout={}",
    "every": "--cull-every={}",
    "concurrency": "--concurrency={}",
    "maxAge": "--max-age={}",
    "users": "--cull-users",
    "removeNamedServers": "--remove-named-servers",
}
# Read from the hub's secret, never from hub.config, which is in the chart's values.
SECRET_TRAITS = {
    "JupyterHub": ("cookie_secret", "proxy_auth_token", "services"),
    "ConfigurableHTTPProxy": ("auth_token",),
    "CryptKeeper": ("keys",),
}


def camel(name: str) -> str:
    """The value's name of a trait: ``camel("base_url") == "baseUrl"``."""
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)


def configure_hub(c: Any) -> None:
    """The hub itself, its database and its proxy."""
    hub = c.JupyterHub
    hub.spawner_class = "kubespawner.KubeSpawner"
    hub.cleanup_servers = False
    hub.last_activity_interval = 60
    hub.tornado_settings = {"slow_spawn_timeout": 0}
    hub.hub_bind_url = f"http://:{HUB_PORT}"
    hub.hub_connect_url = f"http://{get_name('hub')}:{HUB_PORT}"
    for trait in HUB_TRAITS:
        set_config_if_not_none(hub, trait, f"hub.{camel(trait)}")
    kind = get_config("hub.db.type")
    if kind == "sqlite-pvc":
        hub.db_url = "sqlite:///jupyterhub.sqlite"
    elif kind == "sqlite-memory":
        hub.db_url = "sqlite://"
    else:
        set_config_if_not_none(hub, "db_url", "hub.db.url")
    password = get_secret_value("hub.db.password", None)
    if password is not None and kind == "postgres":
        os.environ["PGPASSWORD"] = password
    hub.cookie_secret = get_secret_value("hub.config.JupyterHub.cookie_secret")
    c.CryptKeeper.keys = get_secret_value("hub.config.CryptKeeper.keys").split(";")
    # Its token is in the environment of both pods.
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://{get_name('proxy-api')}:{PROXY_API_PORT}"


def configure_spawner(c: Any) -> None:
    """The users' pods."""
    spawner = c.KubeSpawner
    spawner.namespace = os.environ.get("POD_NAMESPACE", "default")
    name, release = get_config("nameOverride") or get_config("Chart.Name"), get_config("Release.Name")
    chart = f"{get_config('Chart.Name')}-{get_config('Chart.Version').replace('+', '_')}"
    spawner.common_labels = {
        "app": name,
        "release": release,
        "chart": chart,
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/managed-by": "kubespawner",
        "helm.sh/chart": chart,
    }
    for value, trait in SPAWNER_TRAITS.items():
        set_config_if_not_none(spawner, trait, f"singleuser.{value}")
    set_config_if_not_none(c.Spawner, "consecutive_failure_limit", "hub.consecutiveFailureLimit")
    image = get_config("singleuser.image")
    spawner.image = f"{image['name']}:{image['tag']}"
    # Null means something for both: neither allowed nor forbidden, and the image's own command.
    spawner.allow_privilege_escalation = get_config("singleuser.allowPrivilegeEscalation")
    c.Spawner.cmd = get_config("singleuser.cmd")
    secrets = [*(get_config("imagePullSecrets") or []), *(image.get("pullSecrets") or [])]
    if secrets:
        spawner.image_pull_secrets = secrets
    tolerations = [*get_config("scheduling.userPods.tolerations", []), *get_config("singleuser.extraTolerations", [])]
    if tolerations:
        spawner.tolerations = tolerations
    purpose = {
        "matchExpressions": [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}],
    }
    match = get_config("scheduling.userPods.nodeAffinity.matchNodePurpose")
    affinity = {
        kind: list(get_config(f"singleuser.extraNodeAffinity.{kind}") or []) for kind in ("required", "preferred")
    }
    if match == "prefer":
        spawner.node_affinity_preferred = [*affinity["preferred"], {"weight": 100, "preference": purpose}]
    elif match == "require":
        spawner.node_affinity_required = [*affinity["required"], purpose]
    configure_volumes(spawner)
    if get_config("debug.enabled"):
        c.JupyterHub.log_level = "DEBUG"
        c.Spawner.debug = True


def configure_volumes(spawner: Any) -> None:
    """Homes, files and the site's own volumes, as KubeSpawner takes them: by any key, so that a profile can replace one."""
    storage = get_config("singleuser.storage")
    volumes: dict[str, Any] = {}
    mounts: dict[str, Any] = {}

    def home(name: str, claim: str, path: str | None) -> None:
        volumes[name] = {"name": name, "persistentVolumeClaim": {"claimName": claim}}
        mounts[name] = {"name": name, "mountPath": storage["homeMountPath"], "subPath": path}

    if storage["type"] == "static":
        home("home", storage["static"]["pvcName"], storage["static"]["subPath"])
    elif storage["type"] == "dynamic":
        dynamic = storage["dynamic"]
        spawner.storage_pvc_ensure = True
        for trait, value in {
            "pvc_name_template": "dynamic.pvcNameTemplate",
            "storage_class": "dynamic.storageClass",
            "storage_access_modes": "dynamic.storageAccessModes",
            "storage_capacity": "capacity",
        }.items():
            set_config_if_not_none(spawner, trait, f"singleuser.storage.{value}")
        home(dynamic["volumeNameTemplate"], "{pvc_name}", dynamic.get("subPath"))
    files = get_config("singleuser.extraFiles") or {}
    if files:
        items = [
            {"key": key, "path": key} | {"mode": file["mode"]} if "mode" in file else {"key": key, "path": key}
            for key, file in files.items()
        ]
        volumes["files"] = {"name": "files", "secret": {"secretName": get_name("singleuser"), "items": items}}
        for index, (key, file) in enumerate(files.items()):
            mounts[f"{index}-files"] = {"name": "files", "mountPath": file["mountPath"], "subPath": key}
    for value, found in (("extraVolumes", volumes), ("extraVolumeMounts", mounts)):
        extra = storage.get(value) or {}
        if isinstance(extra, list):
            # A volume's name is its own; the same volume may be mounted twice.
            extra = {
                entry["name"] if found is volumes else f"{i}-{entry['name']}": entry for i, entry in enumerate(extra)
            }
        found.update(extra)
    spawner.volumes = volumes
    spawner.volume_mounts = mounts


def configure_services(c: Any) -> None:
    """The culler, and the site's services and roles: maps in the values, so that they can be merged."""
    services: list[Any] = []
    roles: list[Any] = []
    cull = get_config("cull")
    if cull["enabled"]:
        scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
        url = f"http://localhost:{HUB_PORT}{get_config('hub.baseUrl').rstrip('/')}/hub/api"
        command = ["python3", "-m", "jupyterhub_idle_culler", f"--url={url}"]
        command += [flag.format(cull[value]) for value, flag in CULLER_FLAGS.items() if cull.get(value)]
        if cull.get("users"):
            scopes.append("admin:users")
        if not cull.get("adminUsers"):
            command.append("--cull-admin-users=false")
        services.append({"name": "jupyterhub-idle-culler", "command": command})
        roles.append({"name": "jupyterhub-idle-culler", "scopes": scopes, "services": ["jupyterhub-idle-culler"]})
    for key, service in (get_config("hub.services") or {}).items():
        token = get_secret_value(f"hub.services.{key}.apiToken")
        services.append({"name": key, **{n: v for n, v in service.items() if n != "apiToken"}, "api_token": token})
    roles += [{"name": key, **role} for key, role in (get_config("hub.loadRoles") or {}).items()]
    c.JupyterHub.services = services
    c.JupyterHub.load_roles = roles


def configure_from_site(c: Any) -> None:
    """``hub.config`` and ``hub.extraConfig``."""
    for section, traits in (get_config("hub.config") or {}).items():
        if not section[:1].isupper():
            sys.exit(f"hub.config.{section}: wanted the name of a class, such as JupyterHub")
        secret = SECRET_TRAITS.get(section, ())
        c[section].update({name: value for name, value in traits.items() if name not in secret})
    # One namespace, as if the files were parts of this one.
    namespace = {**globals(), "c": c}
    for name, text in sorted((get_config("hub.extraConfig") or {}).items()):
        exec(compile(text, name, "exec"), namespace)


def configure(c: Any) -> None:
    """Everything, in the order that the chart documents."""
    configure_hub(c)
    configure_spawner(c)
    configure_services(c)
    configure_from_site(c)


# JupyterHub's loader runs this file with the configuration as a global name.
configure(globals()["c"])
