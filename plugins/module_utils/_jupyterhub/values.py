# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The role's inputs as values of the official chart zero-to-jupyterhub. Pure.

Sources: the chart's ``values.yaml`` and ``values.schema.yaml`` (4.4.0); the traits of JupyterHub 5, KubeSpawner 7, NativeAuthenticator 1.3,
OAuthenticator 17 and LDAPAuthenticator 2. No value is null: Helm drops such keys, and the hub does not start without a section.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import network, quantity
from ansible_collections.kubehub.platform.plugins.module_utils._teams import membership
from ansible_collections.kubehub.platform.plugins.module_utils._teams.model import OWN, Team, walk
from ansible_collections.kubehub.platform.plugins.module_utils._teams.parse import parse
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.quantity import VCORE

CLASSES = {"native": "native", "oidc": "generic-oauth", "ldap": "ldap", "fixed": "shared-password"}
"""JupyterHub's names of the authenticators that an input may name."""
VERIFIER = "kubehub-verify"
"""The service that proves the hub from outside."""
RESERVED = (f"{VERIFIER}-a", f"{VERIFIER}-b")
"""Users that only this service makes; nobody signs up as one of them."""

GPU_WATCH = "kubehub-gpu"
"""The service that stops servers whose GPUs are idle."""
GPU_EXPORTERS = "kubehub-gpu-exporters"
"""A service without an address of its own: its name stands for every exporter, where the operator's stands for any one of them."""
GPU_METRICS_PORT = 9400
GPU_EXPORTER_LABELS = {"app": "nvidia-dcgm-exporter"}

CA_BUNDLE = "/etc/kubehub/ca.pem"
DATABASE_CA = "/etc/kubehub/database-ca.pem"
PROGRAMS = "/usr/local/etc/jupyterhub"
"""Beside the hub's configuration, from where that can import them."""
PAGE = "page.html"
PAGES = ("home", "not_running", "spawn")
"""The hub's pages that tell why a server ended."""
REST_PORT = 9080
"""Where YuniKorn's scheduler listens; its chart can give the service another port, the program itself has only this one."""
NOTE = {
    "kubehub_home.py": "/usr/local/share/kubehub/kubehub_home.py",
    "jupyter_server_config.py": "/usr/local/etc/jupyter/jupyter_server_config.py",
    "package.json": "/usr/local/share/jupyter/labextensions/kubehub-home/package.json",
    "remoteEntry.js": "/usr/local/share/jupyter/labextensions/kubehub-home/static/remoteEntry.js",
}
"""The note on a home that is nearly full, in a user's pod: folders where Jupyter looks whatever Python it is installed in."""
HOMES = "/srv/kubehub/homes"
SHARED = "/srv/kubehub/shared"
HOMES_CLAIM = "homes"
SHARED_CLAIM = "shared"
DATABASE_LABEL = {"kubehub.platform/volume": "hub-database"}

CORE_PATIENCE = 10
"""Seconds after which hub and proxy leave a node that is lost: users' servers wait longer, the front page must not.

Kubernetes finds a node lost after 50 s; the front page is to be back within 90 s, and the hub's start takes its time, too.
"""


def values(settings: Mapping[str, Any], secrets: Mapping[str, str], programs: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart's values.

    ``settings`` are the role's inputs without their prefix, without a reason against them. ``secrets`` are those of
    :func:`kept.names`, by name. ``programs`` are texts by name: the Python modules ``kubehub.py`` and ``kubehub_queue.py``, whose
    ``configure(c)`` the hub calls at the end of its configuration, ``kubehub_gpu.py``, :data:`PAGE`, and those of :data:`NOTE`.
    """
    built = {
        "custom": {"kubehub": _custom(settings, secrets)},
        "hub": _hub(settings, secrets, programs),
        "proxy": _proxy(settings, secrets),
        "singleuser": _singleuser(settings, programs),
        "scheduling": {"userScheduler": {"enabled": False}, "userPlaceholder": {"enabled": False}},
        "prePuller": {
            "hook": {"enabled": False, "image": _image(settings["image_awaiter"])},
            "continuous": {"enabled": bool(settings["prepull"])},
            # Hub and proxy start on another node when theirs is lost. A registry must not be needed for that.
            "extraImages": {name: _image(settings[f"image_{name}"]) for name in ("hub", "proxy")},
            "pause": {"image": _image(settings["image_pause"])},
        },
        "cull": {
            "enabled": bool(int(settings["cull_idle"]) or int(settings["cull_age"])),
            # The culler has no switch for idleness alone: ten years are never.
            "timeout": int(settings["cull_idle"]) or 315360000,
            "maxAge": int(settings["cull_age"]),
            "every": 300,
        },
    }
    return merged(built, settings["values"])


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``over`` laid over ``base`` as Helm does it: dictionaries key by key, everything else as a whole."""
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        both = isinstance(known, Mapping) and isinstance(value, Mapping)
        result[key] = merged(known, value) if both else value  # type: ignore[arg-type]
    return result


def _custom(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return what the role's own program in the hub reads."""
    custom: dict[str, Any] = {
        "homes": {"path": HOMES, "quotaSeconds": int(settings["quota_timeout"]) if settings["homes_quota"] else 0},
        "lostNodeSeconds": int(settings["toleration_seconds"]),
        "reservedUsers": list(RESERVED),
        "notes": int(settings["home_warning"]) > 0,
    }
    if settings["shared_path"]:
        group_of_team = {team.name: team.group for team in walk(_teams(settings))}
        custom["shared"] = {
            "path": SHARED,
            "claim": SHARED_CLAIM,
            "groupOfTeam": group_of_team,
            "courses": {
                str(course["name"]): {
                    "groups": sorted(group_of_team[str(team)] for team in course.get("teams") or ()),
                    "writers": sorted(map(str, course.get("writers") or ())),
                }
                for course in settings["courses"]
            },
        }
    if settings["scheduler_name"]:
        custom["queues"] = _queues(settings)
    if not _manages_groups(settings):
        groups = membership.groups(_teams(settings))
        custom["members"] = {group: members for group, members in groups.items() if members}
    elif settings["authenticator"] == "ldap":
        custom["groupsAttribute"] = settings["ldap"]["groups_attribute"]
    if settings["authenticator"] == "native":
        custom["initialPasswords"] = {name: secrets[f"initial-password-{name}"] for name in settings["admins"]}
    return custom


def _teams(settings: Mapping[str, Any]) -> tuple[Team, ...]:
    return parse(settings["teams"], gpu_resource=settings["gpu_resource"])[0]


def _queues(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the program of the queues reads."""
    return {
        "url": settings["scheduler_url"].rstrip("/"),
        "queueOfGroup": dict(settings["queue_of_group"]),
        "groupOfUser": membership.default_groups(_teams(settings)),
        "default": settings["default_queue"],
        "own": OWN,
        "gpuResource": settings["gpu_resource"],
        "asked": {profile["name"]: _asked(settings, profile) for profile in settings["profiles"]},
    }


def _asked(settings: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, int]:
    """Return what YuniKorn charges for a server of a profile, in its own integers."""
    cpu, memory = ({**profile.get(name, {})} for name in ("cpu", "memory"))
    cores = quantity.parse(cpu["limit"] if cpu.get("guarantee") is None else cpu["guarantee"])
    size = memory["limit"] if memory.get("guarantee") is None else memory["guarantee"]
    asked = {VCORE: math.ceil(cores * 1000), "memory": quantity.spawner_bytes(size)}
    if int(profile.get("gpu") or 0):
        asked[profile.get("gpu_resource") or settings["gpu_resource"]] = int(profile["gpu"])
    return asked


def _hub(settings: Mapping[str, Any], secrets: Mapping[str, str], programs: Mapping[str, str]) -> dict[str, Any]:
    hub: dict[str, Any] = {
        "image": _image(settings["image_hub"]),
        "cookieSecret": secrets["cookie-secret"],
        "db": _database(settings),
        "config": _config(settings, secrets),
        "extraFiles": {"kubehub.py": _file(f"{PROGRAMS}/kubehub.py", programs["kubehub.py"])},
        "extraConfig": {"10-kubehub": "import kubehub\nkubehub.configure(c)\n"},
        # Five spawns in a row that found a full queue would end the hub; spawns that wait in one queue would block all others.
        "consecutiveFailureLimit": 0,
        "concurrentSpawnLimit": int(settings["concurrent_spawn_limit"]),
        "activeServerLimit": int(settings["active_server_limit"]),
        "allowNamedServers": int(settings["named_servers"]) > 0,
        "namedServerLimitPerUser": int(settings["named_servers"]),
        "templateVars": {"announcement": settings["banner"]} if settings["banner"] else {},
        "tolerations": _until_lost(CORE_PATIENCE),
        "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}},
        "networkPolicy": {"egressAllowRules": {"cloudMetadataServer": False}},
        "services": {VERIFIER: {"apiToken": secrets["verify-token"]}},
        "loadRoles": {VERIFIER: {"scopes": _verifier_scopes(), "services": [VERIFIER]}},
        "extraVolumes": [_claim("kubehub-homes", HOMES_CLAIM)],
        "extraVolumeMounts": [{"name": "kubehub-homes", "mountPath": HOMES}],
    }
    if settings["shared_path"]:
        hub["extraVolumes"].append(_claim("kubehub-shared", SHARED_CLAIM))
        hub["extraVolumeMounts"].append({"name": "kubehub-shared", "mountPath": SHARED})
    for key, path in (("ca_bundle", CA_BUNDLE), ("database_authority", DATABASE_CA)):
        if settings[key]:
            hub["extraFiles"][path.rpartition("/")[2]] = _file(path, settings[key])
    if settings["scheduler_name"]:
        hub["extraConfig"]["20-kubehub-queue"] = "import kubehub_queue\nkubehub_queue.configure(c)\n"
        module = "kubehub_queue.py"
        hub["extraFiles"][module] = _file(f"{PROGRAMS}/{module}", programs[module])
        for page in PAGES:
            # Its text has braces, which Ansible must not take for its own.
            text = base64.b64encode(programs[PAGE].replace("PAGE", page).encode()).decode()
            path = f"{PROGRAMS}/kubehub-templates/{page}.html"
            hub["extraFiles"][f"{page}.html"] = {"mountPath": path, "binaryData": text}
        hub["networkPolicy"].setdefault("egress", []).append(_to_scheduler(settings))
    if int(settings["gpu_cull_idle"]):
        module = "kubehub_gpu.py"
        hub["extraFiles"][module] = _file(f"{PROGRAMS}/{module}", programs[module])
        hub["services"][GPU_WATCH] = _gpu_watch(settings, secrets)
        hub["loadRoles"][GPU_WATCH] = {"scopes": ["delete:servers"], "services": [GPU_WATCH]}
        hub["networkPolicy"].setdefault("egress", []).append(_to_exporters(settings))
    return hub


def _gpu_watch(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    exporters = f"http://{GPU_EXPORTERS}.{settings['gpu_exporter_namespace']}:{GPU_METRICS_PORT}/metrics"
    options = {
        "exporters": exporters,
        "namespace": settings["namespace"],
        "idle": int(settings["gpu_cull_idle"]),
        "warning": int(settings["gpu_cull_warning"]),
    }
    return {
        "command": ["python3", f"{PROGRAMS}/kubehub_gpu.py", *(f"--{name}={value}" for name, value in options.items())],
        # The hub hands none of its own environment on.
        "environment": {"KUBERNETES_SERVICE_HOST": "kubernetes.default.svc", "KUBERNETES_SERVICE_PORT": "443"},
        "apiToken": secrets["gpu-token"],
    }


def _file(path: str, text: str) -> dict[str, str]:
    return {"mountPath": path, "stringData": text}


def _to_scheduler(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule for YuniKorn's REST API by its pods' labels: where a plugin knows pods, rules for addresses don't hold for them."""
    namespace = str(urlsplit(settings["scheduler_url"]).hostname).split(".")[1]
    return _to_pods(namespace, {"app": "yunikorn"}, REST_PORT)


def _to_exporters(settings: Mapping[str, Any]) -> dict[str, Any]:
    return _to_pods(settings["gpu_exporter_namespace"], GPU_EXPORTER_LABELS, GPU_METRICS_PORT)


def _to_pods(namespace: str, labels: Mapping[str, str], port: int) -> dict[str, Any]:
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchLabels": dict(labels)},
    }
    return {"to": [pods], "ports": [{"port": port, "protocol": "TCP"}]}


def _config(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    uid = int(settings["homes_uid"])
    jupyterhub: dict[str, Any] = {
        "authenticator_class": CLASSES[settings["authenticator"]],
        # A proxy that restarts knows no notebook until the hub looks at its routes: every so many seconds.
        "last_activity_interval": 3,
        # A hub that starts looks at all servers. The front page does not wait for those that are lost; so many seconds are the least.
        "init_spawners_timeout": 1,
    }
    if not _manages_groups(settings):
        groups = membership.groups(_teams(settings))
        jupyterhub["load_groups"] = {group: {"users": members} for group, members in groups.items()}
    return {
        "JupyterHub": jupyterhub,
        "CryptKeeper": {"keys": [secrets["crypt-key"]]},
        "KubeSpawner": {
            "automount_service_account_token": False,
            "gid": uid,
            "pod_security_context": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "container_security_context": {"capabilities": {"drop": ["ALL"]}},
            # A server that is gone is noticed within so many seconds.
            "poll_interval": 10,
            **{key: settings[key] for key in ("scheduler_name", "priority_class_name") if settings[key]},
        },
        **_authenticator(settings, secrets),
    }


def _manages_groups(settings: Mapping[str, Any]) -> bool:
    key = {"oidc": "groups_claim", "ldap": "groups_attribute"}.get(settings["authenticator"])
    return bool(key and settings[settings["authenticator"]].get(key))


def _authenticator(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    kind = settings["authenticator"]
    common: dict[str, Any] = {"admin_users": sorted(map(str, settings["admins"]))}
    if kind == "native":
        return {
            "Authenticator": {**common, "allow_all": True},
            "NativeAuthenticator": {
                "open_signup": False,
                "minimum_password_length": 10,
                "check_common_password": True,
                "allowed_failed_logins": 5,
                "seconds_before_next_try": 300,
            },
        }
    if kind == "fixed":
        return {
            "Authenticator": {
                **common,
                "allowed_users": sorted({*map(str, settings["users"]), *common["admin_users"]}),
                # Members of teams exist, too, and so do the users of verify.
                "allow_existing_users": False,
            },
            "SharedPasswordAuthenticator": {
                "user_password": secrets["user-password"],
                "admin_password": secrets["admin-password"],
            },
        }
    given = settings[kind]
    allowed = sorted(map(str, given.get("allowed_groups") or ()))
    common["allow_all"] = not allowed
    if kind == "oidc":
        return {"Authenticator": common, "GenericOAuthenticator": _oidc(settings, allowed)}
    return {"Authenticator": common, "LDAPAuthenticator": _ldap(settings, allowed)}


def _oidc(settings: Mapping[str, Any], allowed: list[str]) -> dict[str, Any]:
    given = settings["oidc"]
    built: dict[str, Any] = {
        key: given[key] for key in ("authorize_url", "token_url", "userdata_url", "client_id", "client_secret")
    }
    built["oauth_callback_url"] = f"https://{settings['host']}/hub/oauth_callback"
    built["username_claim"] = given.get("username_claim") or "preferred_username"
    built["scope"] = list(given.get("scope") or ("openid", "profile", "email"))
    built["login_service"] = given.get("login_service") or "single sign-on"
    if given.get("groups_claim"):
        built["manage_groups"] = True
        built["auth_state_groups_key"] = f"oauth_user.{given['groups_claim']}"
        built["allowed_groups"] = allowed
        built["admin_groups"] = sorted(map(str, given.get("admin_groups") or ()))
    if settings["ca_bundle"]:
        built["http_request_kwargs"] = {"ca_certs": CA_BUNDLE}
    return built


def _ldap(settings: Mapping[str, Any], allowed: list[str]) -> dict[str, Any]:
    given = settings["ldap"]
    tls = given.get("tls") or "before_bind"
    built: dict[str, Any] = {"server_address": given["server"], "tls_strategy": tls}
    if given.get("port"):
        built["server_port"] = int(given["port"])
    if tls != "insecure":
        # 2 is Python's ssl.CERT_REQUIRED; the library would take any certificate.
        built["tls_kwargs"] = {"validate": 2, **({"ca_certs_file": CA_BUNDLE} if settings["ca_bundle"] else {})}
    if given.get("search_base"):
        built["lookup_dn"] = True
        built["user_search_base"] = given["search_base"]
        built["user_attribute"] = given.get("user_attribute") or "uid"
        built["lookup_dn_user_dn_attribute"] = built["user_attribute"]
        if given.get("search_user"):
            built["lookup_dn_search_user"] = given["search_user"]
            built["lookup_dn_search_password"] = given["search_password"]
    if given.get("bind_dn_template"):
        built["bind_dn_template"] = list(given["bind_dn_template"])
    if allowed:
        built["allowed_groups"] = allowed
    if given.get("groups_attribute"):
        built["manage_groups"] = True
        built["auth_state_attributes"] = [given["groups_attribute"]]
    return built


def _database(settings: Mapping[str, Any]) -> dict[str, Any]:
    if settings["database"] == "postgres":
        url = settings["database_url"]
        if settings["database_authority"] and "sslmode=" not in url:
            url += f"{'&' if '?' in url else '?'}sslmode=verify-full&sslrootcert={DATABASE_CA}"
        return {"type": "postgres", "url": url, "upgrade": True}
    claim = {"storage": settings["sqlite_size"], "storageClassName": "", "selector": {"matchLabels": DATABASE_LABEL}}
    return {"type": "sqlite-pvc", "pvc": claim}


def _verifier_scopes() -> list[str]:
    """Return what the service may: make, start, use and remove the reserved users and their servers, nobody else's."""
    kinds = ("admin:users", "admin:servers", "access:servers")
    return [f"{kind}!user={user}" for user in RESERVED for kind in kinds]


def _proxy(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    return {
        # A token that the chart makes itself changes a checksum at the first upgrade, and the proxy restarts.
        "secretToken": secrets["proxy-token"],
        "service": {"type": "NodePort", "nodePorts": {"http": int(settings["node_port"])}},
        "chp": {
            "image": _image(settings["image_proxy"]),
            "tolerations": _until_lost(CORE_PATIENCE),
            "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
            "networkPolicy": {"egressAllowRules": {"cloudMetadataServer": False}},
        },
    }


def _singleuser(settings: Mapping[str, Any], programs: Mapping[str, str]) -> dict[str, Any]:
    note: dict[str, Any] = {}
    if int(settings["home_warning"]):
        files = {name: {"mountPath": path, "stringData": programs[name]} for name, path in NOTE.items()}
        note = {"extraFiles": files, "extraEnv": {"KUBEHUB_HOME_WARNING": str(int(settings["home_warning"]))}}
    return note | {
        "image": _image(settings["image_singleuser"]),
        "startTimeout": int(settings["start_timeout"]),
        "defaultUrl": "/lab",
        "uid": int(settings["homes_uid"]),
        # The policy closes the metadata address; the alternative would be a privileged container in every user's pod.
        "cloudMetadata": {"blockWithIptables": False},
        "networkPolicy": {
            "enabled": True,
            "egressAllowRules": {
                "cloudMetadataServer": False,
                "dnsPortsCloudMetadataServer": False,
                "dnsPortsKubeSystemNamespace": True,
                "dnsPortsPrivateIPs": False,
                "nonPrivateIPs": False,
                "privateIPs": False,
            },
            "egress": network.egress(settings),
        },
        "extraTolerations": _until_lost(int(settings["toleration_seconds"])),
        "storage": {"type": "static", "static": {"pvcName": HOMES_CLAIM, "subPath": "{username}"}},
        "profileList": [
            _profile(settings, profile, first=not number) for number, profile in enumerate(settings["profiles"])
        ],
    }


def _profile(settings: Mapping[str, Any], profile: Mapping[str, Any], *, first: bool) -> dict[str, Any]:
    chosen = any(one.get("default") for one in settings["profiles"])
    override: dict[str, Any] = {}
    for ours, theirs in (("guarantee", "cpu_guarantee"), ("limit", "cpu_limit")):
        if (profile.get("cpu") or {}).get(ours) is not None:
            override[theirs] = float(quantity.parse(profile["cpu"][ours]))
    for ours, theirs in (("guarantee", "mem_guarantee"), ("limit", "mem_limit")):
        if (profile.get("memory") or {}).get(ours) is not None:
            override[theirs] = quantity.spawner_memory(profile["memory"][ours])
    if int(profile.get("gpu") or 0):
        count = {profile.get("gpu_resource") or settings["gpu_resource"]: str(int(profile["gpu"]))}
        override |= {"extra_resource_limits": count, "extra_resource_guarantees": count}
    if profile.get("node_selector"):
        override["node_selector"] = dict(profile["node_selector"])
    if profile.get("image"):
        override["image"] = profile["image"]
    return {
        "slug": profile["name"],
        "display_name": profile.get("title") or profile["name"],
        "description": profile.get("description") or "",
        "default": bool(profile.get("default")) if chosen else first,
        "kubespawner_override": override,
    }


def _until_lost(seconds: int) -> list[dict[str, Any]]:
    """Return the tolerations of a pod that leaves a lost node after so many seconds, instead of Kubernetes' 300."""
    return [
        {
            "key": f"node.kubernetes.io/{taint}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": seconds,
        }
        for taint in ("not-ready", "unreachable")
    ]


def _claim(name: str, claim: str) -> dict[str, Any]:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}}


def _image(text: str) -> dict[str, str]:
    name, _colon, tag = text.rpartition(":")
    return {"name": name, "tag": tag}
