# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the role nfs_server serves and what it refuses, every reason at once. Pure; the shapes are those of the role's inputs.

Sources: exports(5) and ganesha-export-config(8) for what an export is; kubespawner's ``slugs.py`` for the names of homes.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import quantity

EVERYBODY = "*"
FILE_SYSTEMS = ("btrfs", "ext3", "ext4", "f2fs", "xfs", "zfs")
"""Those whose files both servers find again by a handle (name_to_handle_at(2)); overlays and memory are not among them."""

_DEFAULTS: Mapping[str, Any] = {
    "access": "rw",
    "squash": "root",
    "anonymous_uid": 65534,
    "anonymous_gid": 65534,
    "secure_ports": True,
    "root_for_everybody": False,
}
_PATH = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._+@-]*)+")
_PORTS = ("port", "mountd_port", "lockd_port", "statd_port")


def completed(exports: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return exports with every option, clients in one spelling (``*`` for everybody), and an ``id`` of 1 to 65535.

    The id is part of what clients hold of a file at NFS-Ganesha, so it depends on the path alone.
    """
    return [
        {
            "path": export["path"],
            "clients": [_client(client) or client for client in export["clients"]],
            "options": {**_DEFAULTS, **{name: value for name, value in _options(export).items() if value is not None}},
            "id": 1 + zlib.crc32(export["path"].encode()) % 65535,
        }
        for export in exports
    ]


def home_name(user: str) -> str:
    """Return the name of a user's home: the slug that kubespawner makes of a user's name (its scheme "safe", 48 letters)."""
    if re.fullmatch(r"[a-z]([a-z0-9-]{0,46}[a-z0-9])?", user) and "--" not in user:
        return user
    name = re.sub(r"[^a-z0-9]+", "-", user.lower()).lstrip("-")[:37].rstrip("-")
    if name and not "a" <= name[0] <= "z":
        name = f"x-{name[:35]}"
    return f"{name or 'x'}---{hashlib.sha256(user.encode()).hexdigest()[:8]}"


def home_limits(
    overrides: Iterable[Mapping[str, Any]], teams: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """Return ``{home: {"soft": bytes, "hard": bytes}}`` of the users that overrides name themselves or by their team.

    A user's own override wins over that of a team, else the last one in the list. A team's members are those of its children too.
    Sizes and teams are those that :func:`reasons` has nothing against.
    """
    members = {team["name"]: names for team, names in _teams(teams)}
    found: dict[str, dict[str, int]] = {}
    for key in ("teams", "users"):
        for override in overrides:
            limits = {kind: size(override.get(kind)) for kind in ("soft", "hard")}
            for name in override.get(key) or ():
                for user in members[name] if key == "teams" else [name]:
                    found[home_name(user)] = limits
    return dict(sorted(found.items()))


def size(text: Any) -> int:
    """Return the bytes of a quantity such as ``10Gi``; nothing is 0, no limit. Raise ValueError for what is no quantity."""
    return quantity.parse(str(text), "memory") if text else 0


def reasons(settings: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """Return why the machine cannot serve these settings, an empty list where it can.

    ``settings`` are the role's inputs without their prefix. ``seen`` is what ``kubehub-quota look`` found at the exports and the homes
    (``{"paths": {path: {"exists", "folder", "real", "mount", "type", "bytes"}}, "quota": why not}``), with ``nfsd``, whether the kernel has a server.
    """
    exports = completed(settings["exports"])
    return [
        *_server(settings, seen),
        *_exports(exports, settings, seen["paths"]),
        *_homes(exports, settings, seen),
        *_quotas(settings, seen),
    ]


def _server(settings: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    if settings["implementation"] == "kernel" and not seen["nfsd"]:
        yield "implementation: this machine's kernel has no NFS server (nfsd); set nfs_server_implementation to ganesha"
    if not settings["versions"]:
        yield "versions: the list is empty, wanted 4, or 3 and 4"
    for name in _PORTS:
        if not 1 <= int(settings[name]) <= 65535:
            yield f"{name}: {settings[name]} is no port, wanted 1 to 65535"
    for port, names in _same((int(settings[name]), name) for name in _PORTS):
        yield f"{' and '.join(names)}: both are {port}; give each its own"
    if settings["pod_network"] and _client(settings["pod_network"]) in (None, EVERYBODY):
        yield f"pod_network: {settings['pod_network']!r} is no network such as 10.244.0.0/16"
    if int(settings["threads"]) < 1:
        yield f"threads: {settings['threads']}, wanted at least 1"
    if not 10 <= int(settings["lease_seconds"]) <= int(settings["grace_seconds"]):
        yield (
            f"grace_seconds: {settings['grace_seconds']} with lease_seconds {settings['lease_seconds']}, "
            "wanted a lease of at least 10 and a grace period that is no shorter"
        )


def _exports(
    exports: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], paths: Mapping[str, Any]
) -> Iterator[str]:
    if not exports:
        yield "exports: the list is empty; there is nothing to serve"
    for path, number in Counter(export["path"] for export in exports).items():
        if number > 1:
            yield f"exports: {path} is listed {number} times"
    for number, names in _same({(export["id"], export["path"]) for export in exports}):
        yield f"exports: {' and '.join(names)} get the same number {number}; rename one of them"
    for export in exports:
        place, path = f"export {export['path']}", export["path"]
        if path == "/":
            yield f"{place}: the whole machine would be served; take a folder of a file system of its own"
        elif not _PATH.fullmatch(path):
            yield f"{place}: wanted an absolute path of letters, digits and . _ + @ -, no name beginning with a dot"
        else:
            yield from _path(place, path, settings, paths[path])
        yield from _clients(place, export)


def _path(place: str, path: str, settings: Mapping[str, Any], at: Mapping[str, Any]) -> Iterator[str]:
    file_system = settings["filesystem"]
    if at["exists"] and not at["folder"]:
        yield f"{place}: this is no folder"
    elif not at["exists"] and path not in (settings["homes"], settings["shared"]):
        yield f"{place}: there is no such folder on this machine; make it, or mount the file system that holds it"
    elif at["real"] != path:
        yield f"{place}: this leads to {at['real']}; export that path"
    if file_system and at["mount"].rstrip("/") != file_system.rstrip("/"):
        yield (
            f"{place}: this lies on the file system of {at['mount']}, outside that of {file_system}; "
            f"mount {file_system}, or set nfs_server_filesystem to where the exports lie"
        )
    elif at["type"] not in FILE_SYSTEMS:
        yield f"{place}: the file system of {at['mount']} is {at['type']}, which cannot be served; wanted one of {', '.join(FILE_SYSTEMS)}"


def _clients(place: str, export: Mapping[str, Any]) -> Iterator[str]:
    options, clients = export["options"], export["clients"]
    if not clients:
        yield f"{place}: no client is named; list networks such as 192.0.2.0/24"
    for client in clients:
        if _client(client) is None:
            yield f"{place}: the client {client!r} is no network such as 192.0.2.0/24, no address, and not {EVERYBODY}"
    if EVERYBODY in clients and options["squash"] == "none" and not options["root_for_everybody"]:
        yield (
            f"{place}: everybody would be root there (clients {EVERYBODY}, squash none); name the clients, "
            "set squash to root, or say root_for_everybody: true"
        )


def _homes(exports: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    for key in ("homes", "shared"):
        folder = settings[key]
        holding = [export for export in exports if _lies_in(folder, export["path"])]
        if folder and not holding:
            yield f"{key}: {folder} lies in no export ({', '.join(export['path'] for export in exports)})"
        for export in holding:
            if folder and export["options"]["squash"] != "root":
                yield f"{key}: {folder} is in an export with squash {export['options']['squash']}; it is only served with squash root"
    homes, shared = settings["homes"], settings["shared"]
    if homes and shared and (_lies_in(shared, homes) or _lies_in(homes, shared)):
        yield f"shared: {shared} and the homes' {homes} lie in each other; what is shared needs a folder beside them"
    if not homes:
        return
    for name in ("homes_uid", "homes_gid"):
        if int(settings[name]) < 1:
            yield f"{name}: {settings[name]}, but homes must not belong to root; take the notebooks' own"
    if settings["quota_required"] and seen["quota"]:
        yield f"quota_required: {homes} has no project quotas: {seen['quota']}"


def _lies_in(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")


def _quotas(settings: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    disk = seen["paths"].get(settings["homes"], {"bytes": 0, "mount": ""})
    places = {"quota": {"soft": settings["quota_soft"], "hard": settings["quota_hard"]}}
    known = [team["name"] for team, _members in _teams(settings["teams"])]
    for number, override in enumerate(settings["quota_overrides"], start=1):
        place = f"quota_overrides, entry {number}"
        places[place] = {"soft": override.get("soft"), "hard": override.get("hard")}
        if not (override.get("users") or override.get("teams")):
            yield f"{place}: neither users nor teams are named"
        for team in override.get("teams") or ():
            if team not in known:
                yield f"{place}: there is no team {team} ({', '.join(known) or 'none is known'})"
    for place, limits in places.items():
        sizes = {}
        for kind, text in limits.items():
            try:
                sizes[kind] = size(text)
            except ValueError:
                yield f"{place}: {kind} is {text!r}, which is no size such as 500Mi or 10Gi"
        if len(sizes) == 2 and sizes["hard"] and sizes["soft"] > sizes["hard"]:
            yield f"{place}: soft {limits['soft']} is more than hard {limits['hard']}"
        for kind, value in sizes.items():
            if settings["homes"] and value > disk["bytes"]:
                yield (
                    f"{place}: {kind} {limits[kind]} is more than the whole file system of {disk['mount']}, "
                    f"which has {disk['bytes'] // 2**20}Mi"
                )


def _options(export: Mapping[str, Any]) -> Mapping[str, Any]:
    return export.get("options") or {}


def _client(text: str) -> str | None:
    """Return a client in one spelling, None for what is neither a network nor an address nor everybody."""
    if text == EVERYBODY:
        return text
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return None
    return EVERYBODY if network.prefixlen == 0 else str(network)


def _teams(teams: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    """Yield each team, children too, with its members and those of its children."""
    for team in teams:
        members = list(team.get("members") or ())
        for child, theirs in _teams(team.get("children") or ()):
            members += theirs
            yield child, theirs
        yield team, members


def _same(pairs: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield numbers that more than one name has, with these names."""
    named: dict[int, list[str]] = {}
    for number, name in pairs:
        named.setdefault(number, []).append(name)
    for number, names in named.items():
        if len(names) > 1:
            yield number, sorted(names)
