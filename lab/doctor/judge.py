# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decisions of ``make doctor``: facts of a machine in, findings out. Pure; nothing here looks at the machine.

A finding has one of four levels: ``ok`` (what was measured), ``will`` (``make lab`` sees to it and says what it does), ``unknown`` (it could
not be looked at, and why) and ``problem`` (somebody must act; the remedy says how). All findings are returned at once, never only the first.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

GIB = 2**30
MEMORY_NEEDED = 6 * GIB
# Measured on 2 cores: Go's caches 14, content 3 and the machines' root 0.3 GiB; nine machines with a cluster 7 GiB.
CACHE_NEEDED = 20 * GIB
WARM_CACHE_NEEDED = 3 * GIB
STORAGE_NEEDED = 10 * GIB
PODMAN_NEEDED = (4, 3)
# All containers of root share these; with 128 instances the twentieth systemd does not start. The cost is memory only when used.
INOTIFY_NEEDED = {"max_user_instances": 8192, "max_user_watches": 524288}
KERNEL_NEEDED = {
    "overlay": "containerd's images",
    "br_netfilter": "Services between pods of one node",
    "nf_tables": "kube-proxy and host firewalls",
    "nf_conntrack": "kube-proxy",
    "veth": "pods",
    "bridge": "the lab's network",
    "vxlan": "the network between pods",
}
PYTHON_ADVICE = (
    "make lab installs python3-venv, and where the system's Python is older it lets uv get one; "
    "without a way to uv's downloads build one with pyenv"
)
VM_ADVICE = (
    "use a virtual machine with Debian 12, Debian 13 or Ubuntu 24.04 on amd64, 4 processors, 12 GB of memory and 80 GB of disk "
    "(Multipass: multipass launch 24.04 --cpus 4 --memory 12G --disk 80G; on a Mac: Lima or UTM, with emulation of x86_64)"
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its level, what it is about, what was measured and what to do."""

    level: str
    about: str
    measured: str
    remedy: str = ""


@dataclass(frozen=True)
class Disk:
    """Room below ``path``, in bytes; ``device`` tells whether two paths share it."""

    path: str
    free: int
    device: int


@dataclass(frozen=True)
class Network:
    """A podman network: its name, subnets and the containers on it."""

    name: str
    subnets: tuple[str, ...]


@dataclass(frozen=True)
class ForwardChain:
    """A base chain of nftables that hooks forwarding and drops by default."""

    family: str
    table: str
    name: str


@dataclass(frozen=True)
class Facts:
    """All that the decisions depend on; what could not be read is None, and is said to be unknown."""

    lab_name: str
    lab_subnet: str
    system: str
    distribution: str
    architecture: str
    root: bool
    sudo: bool
    capabilities: int
    python: str
    podman: tuple[int, ...] | None
    podman_candidate: str
    cgroup_version: int
    runtimes: tuple[str, ...]
    memory_available: int
    cores: int
    cache: Disk
    cache_warm: bool
    storage: Disk
    kernel: dict[str, str]
    inotify: dict[str, int]
    containers: dict[str, str]
    networks: tuple[Network, ...]
    routes: tuple[str, ...]
    forward_drops: tuple[ForwardChain, ...] | None
    overlay_probe: str | None
    proxies: dict[str, str] = field(default_factory=dict)


def judge(facts: Facts) -> list[Finding]:
    """Return every finding, in the order in which a person would look."""
    return [
        *_system(facts),
        *_rights(facts),
        *_python(facts),
        *_podman(facts),
        *_room(facts),
        *_kernel(facts),
        *_inotify(facts),
        *_names(facts),
        *_firewall(facts),
        *_storage(facts),
        *_proxies(facts),
    ]


def gib(size: int) -> str:
    """Return a size in bytes for people: ``gib(6442450944) == '6.0 GiB'``."""
    return f"{size / GIB:.1f} GiB"


def _system(facts: Facts) -> list[Finding]:
    seen = f"{facts.system} {facts.distribution} {facts.architecture}".replace("  ", " ")
    fits = facts.system == "Linux" and facts.distribution.split()[0:1] in (["debian"], ["ubuntu"])
    if fits and facts.architecture == "x86_64":
        return [Finding("ok", "system", seen)]
    return [Finding("problem", "system", f"{seen}; a lab needs Debian or Ubuntu on x86_64", VM_ADVICE)]


def _rights(facts: Facts) -> list[Finding]:
    found = []
    if facts.root or facts.sudo:
        found.append(Finding("ok", "rights", "root" if facts.root else "sudo without a password"))
    else:
        found.append(
            Finding(
                "problem",
                "rights",
                "neither root nor sudo without a password",
                'run as root, or allow it: echo "$USER ALL=(ALL) NOPASSWD: ALL" | sudo tee /etc/sudoers.d/lab',
            )
        )
    missing = [
        name for name, bit in (("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21)) if not facts.capabilities >> bit & 1
    ]
    if missing:
        measured = f"this environment can never have {' and '.join(missing)}"
        found.append(
            Finding(
                "problem",
                "capabilities",
                measured,
                f"leave the container you are in, or start it privileged; else {VM_ADVICE}",
            )
        )
    return found


def _python(facts: Facts) -> list[Finding]:
    if facts.python:
        return [Finding("ok", "python", facts.python)]
    return [Finding("will", "python", "no Python 3.12, 3.13 or 3.14 that runs", PYTHON_ADVICE)]


def _podman(facts: Facts) -> list[Finding]:
    wanted = ".".join(map(str, PODMAN_NEEDED))
    if facts.podman is None:
        if facts.podman_candidate:
            version = tuple(map(int, re.findall(r"\d+", facts.podman_candidate)[:2]))
            if version >= PODMAN_NEEDED:
                return [
                    Finding("will", "podman", "not installed", f"make lab installs podman {facts.podman_candidate}")
                ]
            measured = f"not installed, and the system's packages have only {facts.podman_candidate}"
            return [Finding("problem", "podman", measured, f"podman {wanted} or newer is needed: {VM_ADVICE}")]
        return [
            Finding(
                "problem",
                "podman",
                "not installed, and apt knows no such package",
                "apt-get update; check the system's apt sources",
            )
        ]
    shown = ".".join(map(str, facts.podman))
    if facts.podman < PODMAN_NEEDED:
        return [Finding("problem", "podman", f"{shown}, older than {wanted}", f"upgrade the system; or {VM_ADVICE}")]
    usable = [name for name in facts.runtimes if facts.cgroup_version == 2 or name == "runc"]
    seen = f"{shown}, cgroup v{facts.cgroup_version}, runtimes {', '.join(facts.runtimes) or 'none'}"
    if usable:
        return [Finding("ok", "podman", seen)]
    return [Finding("will", "podman", seen, "make lab installs runc, which works with every cgroup layout")]


def _room(facts: Facts) -> list[Finding]:
    ours = any(name == facts.lab_name for name in facts.containers.values())
    found = []
    if facts.memory_available >= MEMORY_NEEDED:
        found.append(Finding("ok", "memory", f"{gib(facts.memory_available)} available, {facts.cores} cores"))
    elif ours:
        measured = f"{gib(facts.memory_available)} available; the lab {facts.lab_name} is up and holds the rest"
        found.append(Finding("ok", "memory", measured))
    else:
        measured = f"{gib(facts.memory_available)} available; a lab needs {gib(MEMORY_NEEDED)}"
        found.append(
            Finding(
                "problem",
                "memory",
                measured,
                "stop what uses it (another lab: make lab-destroy LAB_NAME=...), or give the machine more",
            )
        )
    cache = WARM_CACHE_NEEDED if facts.cache_warm else CACHE_NEEDED
    needs = [
        (facts.cache, cache, "set KUBEHUB_CACHE to a folder on a larger disk"),
        (facts.storage, STORAGE_NEEDED, "set graphroot in /etc/containers/storage.conf to one on a larger disk"),
    ]
    for disk, needed, move in needs:
        beside = sum(size for other, size, _move in needs if other != disk and other.device == disk.device)
        seen = f"{gib(disk.free)} free for {disk.path}"
        if ours or disk.free >= needed + beside:
            found.append(Finding("ok", "disk", seen))
        else:
            others = f", and {gib(beside)} for the other folders of that disk" if beside else ""
            found.append(
                Finding("problem", "disk", f"{seen}; a lab needs {gib(needed)}{others}", f"free some room, or {move}")
            )
    return found


def _kernel(facts: Facts) -> list[Finding]:
    by_state: dict[str, list[str]] = {"here": [], "loadable": [], "missing": []}
    for name in KERNEL_NEEDED:
        by_state[facts.kernel.get(name, "missing")].append(name)
    found = []
    if by_state["here"]:
        found.append(Finding("ok", "kernel", f"has {', '.join(by_state['here'])}"))
    if by_state["loadable"]:
        names = " ".join(by_state["loadable"])
        found.append(
            Finding(
                "will",
                "kernel",
                f"not loaded, and machines cannot load them: {names}",
                f"make lab runs modprobe --all {names}",
            )
        )
    for name in by_state["missing"]:
        remedy = "install the distribution's full kernel (linux-image-amd64, or linux-modules-extra-$(uname -r)) and start it"
        found.append(
            Finding(
                "problem", "kernel", f"{name} is neither built in nor a module; {KERNEL_NEEDED[name]} needs it", remedy
            )
        )
    return found


def _inotify(facts: Facts) -> list[Finding]:
    found = []
    for name, needed in INOTIFY_NEEDED.items():
        value = facts.inotify.get(name, 0)
        if value >= needed:
            found.append(Finding("ok", "inotify", f"fs.inotify.{name} = {value}"))
        else:
            remedy = f"make lab sets it to {needed} until the next start; to keep it: /etc/sysctl.d/60-kubehub-lab.conf"
            found.append(
                Finding("will", "inotify", f"fs.inotify.{name} = {value}, too few for nine systemd machines", remedy)
            )
    return found


def _names(facts: Facts) -> list[Finding]:
    try:
        subnet = ipaddress.ip_network(facts.lab_subnet)
    except ValueError as error:
        return [
            Finding("problem", "subnet", f"LAB_SUBNET={facts.lab_subnet}: {error}", "give a network like 198.18.7.0/24")
        ]
    if subnet.version != 4 or subnet.prefixlen > 24:
        return [
            Finding(
                "problem",
                "subnet",
                f"LAB_SUBNET={subnet}: machines have the addresses .11 to .100",
                "give an IPv4 network of /24 or larger",
            )
        ]
    found = []
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", facts.lab_name):
        remedy = "use at most 32 small letters, digits and hyphens"
        found.append(
            Finding("problem", "name", f"LAB_NAME={facts.lab_name!r} cannot name containers and hosts", remedy)
        )
    foreign = sorted(
        name
        for name, lab in facts.containers.items()
        if lab != facts.lab_name and name.startswith(f"{facts.lab_name}-")
    )
    if foreign:
        measured = f"containers of something else have this lab's names: {', '.join(foreign)}"
        found.append(Finding("problem", "name", measured, "choose another LAB_NAME, or remove them"))
    own: list[str] = []
    for network in facts.networks:
        if network.name == facts.lab_name:
            own = list(network.subnets)
            if str(subnet) not in own:
                measured = f"the network {network.name} exists with {', '.join(own)}, LAB_SUBNET is {subnet}"
                found.append(
                    Finding(
                        "problem",
                        "subnet",
                        measured,
                        f"use LAB_SUBNET={own[0] if own else subnet}, or make lab-destroy first",
                    )
                )
        else:
            for other in network.subnets:
                if _overlap(subnet, other):
                    remedy = f"choose another LAB_SUBNET of 198.18.0.0/15, or make lab-destroy LAB_NAME={network.name}"
                    found.append(
                        Finding(
                            "problem", "subnet", f"{subnet} overlaps {other} of podman's network {network.name}", remedy
                        )
                    )
    podman_subnets = {other for network in facts.networks for other in network.subnets}
    for route in facts.routes:
        if route not in podman_subnets and _overlap(subnet, route):
            found.append(
                Finding(
                    "problem",
                    "subnet",
                    f"{subnet} overlaps this machine's route to {route}",
                    "choose another LAB_SUBNET of 198.18.0.0/15",
                )
            )
    if not found:
        found.append(
            Finding("ok", "name and subnet", f"{facts.lab_name}, {subnet}{' (the lab is there)' if own else ''}")
        )
    return found


def _overlap(subnet: ipaddress.IPv4Network | ipaddress.IPv6Network, other: str) -> bool:
    network = ipaddress.ip_network(other, strict=False)
    return network.version == subnet.version and network.prefixlen > 0 and network.overlaps(subnet)


def _firewall(facts: Facts) -> list[Finding]:
    if facts.forward_drops is None:
        return [Finding("unknown", "firewall", "no other firewall was looked for: nft is not installed, or needs root")]
    # netavark's own accepting rules stand in ip filter FORWARD, before that chain's policy; a drop anywhere else wins over them.
    others = [
        chain for chain in facts.forward_drops if (chain.family, chain.table, chain.name) != ("ip", "filter", "FORWARD")
    ]
    if not others:
        return [Finding("ok", "firewall", "no other firewall drops what machines send through this host")]
    remedies = {
        "firewalld": f"firewall-cmd --permanent --zone=trusted --add-source={facts.lab_subnet} && firewall-cmd --reload",
    }
    default = f"accept forwarding from and to {facts.lab_subnet} there"
    return [
        Finding(
            "problem",
            "firewall",
            f"chain {chain.name} of table {chain.family} {chain.table} drops forwarded packets by default",
            remedies.get(chain.table, default),
        )
        for chain in others
    ]


def _storage(facts: Facts) -> list[Finding]:
    if facts.overlay_probe is None:
        return [Finding("unknown", "storage", "no overlay was tried below podman's storage: that needs root")]
    if facts.overlay_probe:
        remedy = "put podman's graphroot (/etc/containers/storage.conf) on ext4, btrfs or XFS with ftype=1"
        return [
            Finding(
                "problem",
                "storage",
                f"no overlay can stand on podman's storage, so machines could not unpack images: {facts.overlay_probe}",
                remedy,
            )
        ]
    return [Finding("ok", "storage", "an overlay stands on podman's storage")]


def _proxies(facts: Facts) -> list[Finding]:
    found = []
    for name, value in facts.proxies.items():
        host = re.sub(r"^[a-z]+://(?:[^@/]*@)?", "", value).split("/")[0].rsplit(":", 1)[0]
        if host in ("localhost", "::1", "[::1]") or host.startswith("127."):
            remedy = "let the proxy listen on an address that machines reach too, and name that one"
            found.append(
                Finding(
                    "problem", "proxy", f"{name} is on {host}, where the lab's machines find only themselves", remedy
                )
            )
        else:
            found.append(Finding("ok", "proxy", f"{name} goes to {host}, for the machines too"))
    return found
