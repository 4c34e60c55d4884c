# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Readers of what a Linux machine says of itself. Pure: text in, values out; standard library alone, for the machines."""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Iterable
from typing import TypedDict

_LISTEN = "0A"


class Listener(TypedDict):
    """A TCP socket that listens. ``process`` is empty when no process holds it: then the kernel does."""

    address: str
    port: int
    process: str


class Interface(TypedDict):
    """A network interface: its hardware address, and IPv4 addresses with their prefix."""

    name: str
    mac: str
    addresses: list[str]


def os_release(text: str) -> tuple[str, str]:
    """Return the distribution and its version, such as ``("debian", "13")``, from /etc/os-release; empty where absent."""
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    return values.get("ID", ""), values.get("VERSION_ID", "")


def memory_mib(text: str) -> int:
    """Return the total memory in MiB from /proc/meminfo."""
    match = re.search(r"^MemTotal:\s+(\d+) kB$", text, re.MULTILINE)
    return int(match[1]) // 1024 if match else 0


def listening(text: str) -> dict[str, tuple[str, int]]:
    """Return address and port of each listening socket by its inode from /proc/net/tcp or /proc/net/tcp6."""
    found = {}
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == _LISTEN:
            address, _colon, port = words[1].partition(":")
            found[words[9]] = (_address(address), int(port, 16))
    return found


def listeners(sockets: dict[str, tuple[str, int]], holders: dict[str, str]) -> list[Listener]:
    """Return the listeners in the order of their ports; ``holders`` names the process of an inode."""
    found = [
        Listener(address=where[0], port=where[1], process=holders.get(inode, "")) for inode, where in sockets.items()
    ]
    return sorted(found, key=lambda item: (item["port"], item["address"], item["process"]))


def process_name(executable: str, comm: str) -> str:
    """Return a process's name: of its program, or of its script when the program is an interpreter.

    ``comm`` is what the kernel calls it, cut after 15 characters, so it is the second choice.
    """
    program = executable.removesuffix(" (deleted)").rpartition("/")[2]
    return comm if not program or re.match(r"(python|perl|ruby|node)", program) else program


def interfaces(text: str) -> list[Interface]:
    """Return the interfaces of ``ip -json address show``, the loopback left out."""
    found = []
    for link in json.loads(text or "[]"):
        if "LOOPBACK" in link.get("flags", []):
            continue
        addresses = [
            f"{address['local']}/{address['prefixlen']}"
            for address in link.get("addr_info", [])
            if address.get("family") == "inet"
        ]
        found.append(Interface(name=link["ifname"], mac=link.get("address", ""), addresses=addresses))
    return found


def modules_without_file(wanted: Iterable[str], present: Iterable[str], builtin: str, loadable: str) -> list[str]:
    """Return the wanted kernel modules that are neither loaded nor built in nor loadable.

    ``present`` are the names below /sys/module; ``builtin`` and ``loadable`` are the texts of modules.builtin and modules.dep.
    """
    files = re.findall(r"([\w-]+)\.ko(?:\.\w+)?(?::.*)?$", f"{builtin}\n{loadable}", re.MULTILINE)
    names = {name.replace("-", "_") for name in (*present, *files)}
    return [name for name in wanted if name.replace("-", "_") not in names]


def kubeconfig_server(text: str) -> str:
    """Return the first cluster's server of a kubeconfig, read without a YAML parser: machines need not have one."""
    match = re.search(r"^\s*server:\s*[\"']?(\S+?)[\"']?\s*$", text, re.MULTILINE)
    return match[1] if match else ""


def image_version(text: str) -> str:
    """Return the version in the first image's tag of a static pod's manifest, without the leading v."""
    match = re.search(r"^\s*(?:- )?image:[^\S\n]*[^\s@]+:v?([\w.-]+)(?:@\S+)?\s*$", text, re.MULTILINE)
    return match[1] if match else ""


def sync_p99_ms(durations: Iterable[float]) -> float | None:
    """Return the 99th percentile of durations in seconds, as milliseconds; None when there are none."""
    ordered = sorted(durations)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 2) if ordered else None


def _address(text: str) -> str:
    words = [socket.ntohl(int(text[index : index + 8], 16)) for index in range(0, len(text), 8)]
    packed = struct.pack(f"!{len(words)}I", *words)
    if len(packed) == 4:
        return socket.inet_ntop(socket.AF_INET, packed)
    return socket.inet_ntop(socket.AF_INET6, packed).removeprefix("::ffff:")
