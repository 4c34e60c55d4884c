# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the role jupyterhub refuses, every reason at once, and what it warns of. Pure; the shapes are those of the role's inputs."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import kept, network, quantity
from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub.values import CLASSES, RESERVED
from ansible_collections.kubehub.platform.plugins.module_utils._teams.model import walk
from ansible_collections.kubehub.platform.plugins.module_utils._teams.parse import parse

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_RULE = "wanted small letters, digits and hyphens, at most 63, a letter or digit first and last"
_USER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_USER_RULE = "wanted small letters, digits, dots, hyphens and underscores, a letter or digit first"
_IMAGE = re.compile(r"[a-z0-9][^\s@]*[a-z0-9]:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_QUEUE = re.compile(r"root(\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)+")
_OIDC_URLS = ("authorize_url", "token_url", "userdata_url")
Rooms: TypeAlias = "Mapping[str, Mapping[str, Decimal]]"
_TAINTS = ("NoSchedule", "NoExecute")


def reasons(
    settings: Mapping[str, Any],
    nodes: Iterable[Mapping[str, Any]] = (),
    volumes: Iterable[Mapping[str, Any]] = (),
    machines: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    """Return why a hub cannot be made of these settings, an empty list where it can.

    ``settings`` are the role's inputs without their prefix. ``nodes`` are the cluster's nodes; without any, no profile is held against
    them. ``volumes`` are the cluster's persistent volumes of these names: an existing one keeps its file server. ``machines`` are those
    that are to become nodes, by name, as module machine_info shows them; where one has not answered, it may be the one that is large enough.
    """
    nodes = list(nodes)
    rooms = _rooms(nodes)
    return [
        *_names(settings),
        *_images(settings),
        *_profiles(settings, nodes, _machine_rooms(machines or {})),
        *_people(settings),
        *_shared(settings),
        *_scheduler(settings),
        *_database(settings, [*rooms, *(name.lower() for name in machines or {})]),
        *_numbers(settings),
        *_gpu_watch(settings),
        *network.reasons(settings),
        *_volumes(settings, volumes),
        *_rest(settings),
    ]


def warnings(settings: Mapping[str, Any]) -> list[str]:
    """Return what an admin should know of settings that work."""
    found = []
    if settings["network_plugin"] == "flannel":
        found.append(
            "network_plugin: flannel enforces no policies, so every notebook reaches the file server and can read every home; "
            "take cilium for a hub whose users do not trust each other"
        )
    if settings["database"] == "sqlite":
        found.append(
            f"database: SQLite lives on {settings['sqlite_node']} alone; while that machine is down nobody can log in, and its disk is "
            "all there is of the users' list. PostgreSQL (role hub_database) is dumped every night"
        )
    if settings["authenticator"] == "fixed":
        found.append("authenticator: fixed gives all users one password, which is for a lab and nothing else")
    if settings["authenticator"] == "ldap" and settings["ldap"].get("tls") == "insecure":
        found.append("ldap: tls is insecure, so passwords cross the network unencrypted")
    if 0 < int(settings["gpu_cull_warning"]) < 120 and int(settings["gpu_cull_idle"]):
        found.append(
            f"gpu_cull_warning: JupyterLab looks for notes once a minute, so in {settings['gpu_cull_warning']} s a server may be stopped "
            "before its user could read why; take 120 or more"
        )
    return found


def _names(settings: Mapping[str, Any]) -> Iterator[str]:
    if not _is_label(settings["namespace"]):
        yield f"namespace: {settings['namespace']!r} is no name for Kubernetes; {_LABEL_RULE}"
    if not settings["chart_found"]:
        yield (
            f"chart: the controller has no folder with a Chart.yaml and no archive at {settings['chart']!r}; correct the path, "
            "or leave it empty for the chart repository"
        )
    host = str(settings["host"])
    if not _is_address(host) and not _is_host(host):
        yield f"host: {host!r} is neither a DNS name nor an IPv4 address; write it like hub.example.org"


def _images(settings: Mapping[str, Any]) -> Iterator[str]:
    for name in ("image_hub", "image_proxy", "image_singleuser", "image_awaiter", "image_pause"):
        if not _IMAGE.fullmatch(str(settings[name])):
            yield f"{name}: {settings[name]!r} is no image with its tag, wanted one such as quay.io/jupyterhub/k8s-hub:4.4.0"


def _profiles(settings: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], machines: Rooms) -> Iterator[str]:
    profiles = settings["profiles"]
    if not profiles:
        yield "profiles: the list is empty; give at least one, so that a server has limits"
    yield from _labels("profiles", profiles)
    if sum(bool(profile.get("default")) for profile in profiles) > 1:
        yield "profiles: more than one is the default"
    for profile in profiles:
        place = f"profile {profile['name']}"
        if profile.get("image") and not _IMAGE.fullmatch(profile["image"]):
            yield f"{place}: {profile['image']!r} is no image with its tag, wanted one such as quay.io/jupyterhub/k8s-hub:4.4.0"
        if int(profile.get("gpu") or 0) < 0:
            yield f"{place}: gpu is {profile['gpu']}, less than 0"
        try:
            wanted = _wanted(settings, profile)
        except quantity.QuantityError as error:
            yield f"{place}: {error}"
            continue
        yield from _orders(place, profile)
        selector = profile.get("node_selector") or {}
        labelled = [
            node
            for node in nodes
            if all((node.get("metadata", {}).get("labels") or {}).get(key) == value for key, value in selector.items())
        ]
        if _rooms(nodes) and not _rooms(labelled):
            labels = ", ".join(f"{label}={value}" for label, value in selector.items())
            yield f"{place}: no node that runs notebooks has the label {labels}; GPU machines get theirs from playbooks/gpu.yml"
        yield from _too_large(place, wanted, _rooms(labelled))
        # Which GPUs a machine has, only its node tells.
        yield from _too_large(place, {name: wanted[name] for name in ("cpu", "memory")}, machines)


def _too_large(place: str, wanted: Mapping[str, Decimal], rooms: Rooms) -> Iterator[str]:
    if not rooms or any(all(room.get(name, 0) >= value for name, value in wanted.items()) for room in rooms.values()):
        return
    asked = ", ".join(f"{name} {_plain(name, value)}" for name, value in wanted.items())
    have = "; ".join(
        f"{node} has {', '.join(f'{name} {_plain(name, room.get(name, Decimal(0)))}' for name in wanted)}"
        for node, room in rooms.items()
    )
    yield f"{place}: asks for {asked}, more than any node that runs notebooks has ({have})"


def _orders(place: str, profile: Mapping[str, Any]) -> Iterator[str]:
    for name in ("cpu", "memory"):
        given = profile.get(name) or {}
        if given.get("limit") is None:
            yield f"{place}: {name}.limit is missing; a server without one can take a whole node"
        elif given.get("guarantee") is not None and quantity.parse(given["guarantee"]) > quantity.parse(given["limit"]):
            yield f"{place}: {name}.guarantee {given['guarantee']} is above {name}.limit {given['limit']}"


def _wanted(settings: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return what the scheduler must find: guarantees, or limits where there is no guarantee. Raises QuantityError."""
    wanted = {}
    for name in ("cpu", "memory"):
        given = profile.get(name) or {}
        limit = quantity.parse(given.get("limit") or 0)
        wanted[name] = limit if given.get("guarantee") is None else quantity.parse(given["guarantee"])
    if int(profile.get("gpu") or 0):
        wanted[profile.get("gpu_resource") or settings["gpu_resource"]] = Decimal(int(profile["gpu"]))
    return wanted


def _room(node: Mapping[str, Any]) -> tuple[str, dict[str, Decimal]] | None:
    """Return a node's name with what pods may take there, None where notebooks do not run."""
    spec = node.get("spec") or {}
    if any(
        taint.get("effect") in _TAINTS and "node-role" in taint.get("key", "") for taint in spec.get("taints") or ()
    ):
        return None
    room: dict[str, Decimal] = {}
    for name, text in (node.get("status", {}).get("allocatable") or {}).items():
        try:
            room[name] = quantity.parse(text)
        except quantity.QuantityError:
            continue
    return str(node.get("metadata", {}).get("name")), room


def _rooms(nodes: Iterable[Mapping[str, Any]]) -> Rooms:
    """Return what pods may take on each node that runs notebooks."""
    return dict(filter(None, map(_room, nodes)))


def _machine_rooms(machines: Mapping[str, Mapping[str, Any]]) -> Rooms:
    """Return what machines have in all, an upper bound of what pods may take there; nothing where one has not answered."""
    if not all(machines.values()):
        return {}
    return {
        name: {"cpu": Decimal(seen["cpus"]), "memory": Decimal(seen["memory_mib"]) * 1024**2}
        for name, seen in machines.items()
    }


def _plain(name: str, value: Decimal) -> str:
    if name == "memory":
        return f"{value / 1024**3:.2f}Gi"
    return f"{value.normalize():f}"


def _people(settings: Mapping[str, Any]) -> Iterator[str]:
    kind = settings["authenticator"]
    if kind not in CLASSES:
        yield f"authenticator: {kind!r} is unknown, wanted one of {', '.join(CLASSES)}"
        return
    for name in settings["admins"]:
        if name in RESERVED:
            yield f"admins: {name} is reserved for verify"
    if kind in ("native", "fixed"):
        for key in ("admins", "users"):
            for name in settings[key]:
                if not _USER.fullmatch(str(name)):
                    yield f"{key}: {name!r} is no name for a user here; {_USER_RULE}"
    if kind == "native" and not settings["admins"]:
        yield "admins: the list is empty, so nobody could approve a sign-up; name at least one"
    if kind == "fixed" and not settings["users"]:
        yield "users: the list is empty, and with the authenticator fixed only they can log in"
    if kind == "oidc":
        yield from _oidc(settings)
    if kind == "ldap":
        yield from _ldap(settings)


def _oidc(settings: Mapping[str, Any]) -> Iterator[str]:
    given = settings["oidc"]
    for key in _OIDC_URLS:
        if not given.get(key):
            yield f"oidc: {key} is missing; the provider tells it under /.well-known/openid-configuration"
        elif urlsplit(given[key]).scheme != "https" or not urlsplit(given[key]).hostname:
            yield f"oidc: {key} is {given[key]!r}, wanted an address that begins with https://"
    for key in ("client_id", "client_secret"):
        if not given.get(key):
            yield f"oidc: {key} is missing; register the hub with the provider, callback https://{settings['host']}/hub/oauth_callback"
    for key in ("allowed_groups", "admin_groups"):
        if given.get(key) and not given.get("groups_claim"):
            yield f"oidc: {key} needs groups_claim, the provider's name for a user's groups"


def _ldap(settings: Mapping[str, Any]) -> Iterator[str]:
    given = settings["ldap"]
    if not given.get("server"):
        yield "ldap: server is missing"
    elif not _is_address(given["server"]) and not _is_host(given["server"]):
        yield f"ldap: server is {given['server']!r}, wanted a DNS name without ldap:// before it"
    tls = given.get("tls") or "before_bind"
    if tls not in ("before_bind", "on_connect", "insecure"):
        yield f"ldap: tls is {tls!r}, wanted before_bind, on_connect or insecure"
    if not given.get("bind_dn_template") and not given.get("search_base"):
        yield "ldap: bind_dn_template or search_base is missing; without them no user can be found"
    if given.get("search_user") and not given.get("search_password"):
        yield "ldap: search_user needs search_password"


def _shared(settings: Mapping[str, Any]) -> Iterator[str]:
    teams, wrong = parse(settings["teams"], gpu_resource=settings["gpu_resource"])
    courses = settings["courses"]
    yield from wrong
    yield from _labels("teams", [{"name": team.name} for team in walk(teams)])
    yield from _labels("courses", courses)
    known = {team.name for team in walk(teams)}
    for course in courses:
        for name in sorted(set(course.get("teams") or ()) - known):
            yield f"course {course['name']}: there is no team {name} ({', '.join(sorted(known)) or 'there are none'})"
    if courses and not settings["shared_path"]:
        yield "courses: they need shared_path, the file server's directory for what is shared"
    if not settings["homes_server"]:
        yield "homes_server: it is missing; put a machine into the inventory's group nfs_servers, or name a file server of your own (platform_homes_server)"
    for key in ("homes_path", "shared_path"):
        path = str(settings[key])
        if (path or key == "homes_path") and not re.fullmatch(r"(/[A-Za-z0-9][A-Za-z0-9._-]*)+", path):
            yield f"{key}: {path!r} is no absolute path below /, wanted one such as /srv/homes"
    same = (settings["homes_server"], settings["homes_path"]) == (settings["shared_server"], settings["shared_path"])
    if settings["shared_path"] and same:
        yield f"shared_path: {settings['shared_path']} is the homes' own directory; what is shared needs another"


def _scheduler(settings: Mapping[str, Any]) -> Iterator[str]:
    if not settings["scheduler_name"]:
        return
    if not _is_label(settings["scheduler_name"]):
        yield f"scheduler_name: {settings['scheduler_name']!r} is no name of a scheduler; {_LABEL_RULE}"
    try:
        url = urlsplit(str(settings["scheduler_url"]))
        sound = url.scheme == "http" and len((url.hostname or "").split(".")) >= 2 and url.path in ("", "/")
        sound = sound and _is_host(url.hostname or "") and (url.port or 0) > 0
    except ValueError:
        sound = False
    if not sound:
        yield (
            f"scheduler_url: {settings['scheduler_url']!r} is no address of YuniKorn's service in the cluster, "
            "wanted http://SERVICE.NAMESPACE:PORT"
        )
    queues = {"default_queue": settings["default_queue"]}
    queues |= {f"queue_of_group: {group}": queue for group, queue in settings["queue_of_group"].items()}
    for place, queue in queues.items():
        if len(str(queue)) > 63 or not _QUEUE.fullmatch(str(queue)):
            yield (
                f"{place}: {queue!r} is no queue for servers; wanted its full name such as root.vision, "
                "of letters, digits, hyphens and underscores, at most 63"
            )


def _database(settings: Mapping[str, Any], workers: list[str]) -> Iterator[str]:
    if settings["database"] == "sqlite":
        node = str(settings["sqlite_node"])
        if not _is_host(node):
            yield f"sqlite_node: {node!r} is no node's name; name the one whose disk keeps the database"
        elif workers and node not in workers:
            yield f"sqlite_node: {node} is none of the nodes that run notebooks ({', '.join(workers)}); the hub runs where its database is"
        if not str(settings["sqlite_path"]).startswith("/"):
            yield f"sqlite_path: {settings['sqlite_path']!r} is no absolute path"
    elif settings["database"] != "postgres":
        yield f"database: {settings['database']!r} is unknown, wanted postgres or sqlite"
    elif not settings["database_url"]:
        yield "database_url: it is missing; role hub_database makes a database, or set database to sqlite for a very small site"
    else:
        try:
            url = urlsplit(settings["database_url"])
            sound = url.scheme.partition("+")[0] == "postgresql" and url.hostname and url.path.strip("/")
        except ValueError:
            sound = False
        if not sound:
            # The URL may hold a password, so it is not repeated.
            yield "database_url: it is no address of a PostgreSQL database, wanted postgresql+psycopg2://USER:PASSWORD@HOST:PORT/DATABASE"


def _numbers(settings: Mapping[str, Any]) -> Iterator[str]:
    least = {
        "active_server_limit": 0,
        "concurrent_spawn_limit": 0,
        "named_servers": 0,
        "cull_idle": 0,
        "cull_age": 0,
        "home_warning": 0,
        "gpu_cull_idle": 0,
        "gpu_cull_warning": 1,
        "quota_timeout": 0,
        "start_timeout": 60,
        "toleration_seconds": 0,
        "timeout": 60,
        "homes_uid": 1,
    }
    for name, bound in least.items():
        if int(settings[name]) < bound:
            yield f"{name}: {settings[name]} is less than {bound}"
    if int(settings["quota_timeout"]) > 5:
        yield f"quota_timeout: {settings['quota_timeout']} is above 5; nobody should wait longer for a quota"
    if int(settings["home_warning"]) > 100:
        yield f"home_warning: {settings['home_warning']} is above 100, and it is percent; 0 never warns"
    if not 30000 <= int(settings["node_port"]) <= 32767:
        yield f"node_port: {settings['node_port']} is no port for a service of kind NodePort, wanted 30000 to 32767"


def _gpu_watch(settings: Mapping[str, Any]) -> Iterator[str]:
    idle, warning = int(settings["gpu_cull_idle"]), int(settings["gpu_cull_warning"])
    if idle <= 0:
        return
    if warning >= idle:
        yield f"gpu_cull_warning: {warning} s are no part of the {idle} s of gpu_cull_idle; users are warned so long before a server is stopped"
    if not int(settings["home_warning"]):
        yield (
            "gpu_cull_idle: its warnings come by the extension of JupyterLab that home_warning 0 leaves out; set home_warning above 0, "
            "or gpu_cull_idle to 0"
        )
    if not _is_label(settings["gpu_exporter_namespace"]):
        yield f"gpu_exporter_namespace: {settings['gpu_exporter_namespace']!r} is no name for Kubernetes; {_LABEL_RULE}"


def _volumes(settings: Mapping[str, Any], volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    wanted = {
        f"{settings['namespace']}-{name}": f"{settings[f'{name}_server']}:{settings[f'{name}_path']}"
        for name in ("homes", "shared")
        if settings[f"{name}_path"]
    }
    for volume in volumes:
        name = volume.get("metadata", {}).get("name")
        nfs = volume.get("spec", {}).get("nfs") or {}
        has = f"{nfs.get('server')}:{nfs.get('path')}"
        if name in wanted and has != wanted[name]:
            yield (
                f"{name}: the cluster's volume is {has}, wanted {wanted[name]}, and a volume can't move; copy the files, "
                "then run the role once with jupyterhub_state=absent, which leaves all users' data"
            )


def _rest(settings: Mapping[str, Any]) -> Iterator[str]:
    for key in ("ca_bundle", "database_authority"):
        if settings[key] and "-----BEGIN CERTIFICATE-----" not in settings[key]:
            yield f"{key}: it holds no certificate; give the text of a PEM file, not its name"
    config = (settings["values"].get("hub") or {}).get("config") or {}
    for section in sorted(name for name, value in config.items() if value is None):
        yield f"values: hub.config.{section} is null, and the hub would not start; set its keys instead"
    if settings["authenticator"] in CLASSES:
        for name in sorted(set(settings["rotate"]) - set(kept.names(settings))):
            yield f"rotate: there is no secret {name}; there are {', '.join(sorted(kept.names(settings)))}"
    for name in settings["rotate"]:
        if name.startswith("initial-password-"):
            yield f"rotate: {name} is what an account was made with; its owner changes the password at /hub/change-password"


def _labels(place: str, items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    names = [item["name"] for item in items]
    for name in names:
        if not _is_label(name):
            yield f"{place}: {name!r} is no DNS name; {_LABEL_RULE}"
    for name, number in Counter(map(str, names)).items():
        if number > 1:
            yield f"{place}: {name} is listed {number} times"


def _is_label(text: object) -> bool:
    return bool(_LABEL.fullmatch(str(text)))


def _is_host(text: str) -> bool:
    labels = text.lower().split(".")
    return len(text) <= 253 and all(map(_is_label, labels)) and not labels[-1].isdigit()


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
