# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of this machine for ``judge``. Reads and asks; changes nothing but a temporary folder below podman's storage."""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.doctor.judge import KERNEL_NEEDED, Disk, Facts, ForwardChain, Network

# The kernel's name of each feature in its configuration.
KERNEL_OPTION = {
    "overlay": "CONFIG_OVERLAY_FS",
    "br_netfilter": "CONFIG_BRIDGE_NETFILTER",
    "nf_tables": "CONFIG_NF_TABLES",
    "nf_conntrack": "CONFIG_NF_CONNTRACK",
    "veth": "CONFIG_VETH",
    "bridge": "CONFIG_BRIDGE",
    "vxlan": "CONFIG_VXLAN",
}


def ask(command: Sequence[str]) -> str | None:
    """Return what a command printed, None where it is missing, failed or took more than 20 seconds."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _json(text: str | None) -> Any:
    return json.loads(text) if text and text.strip() else None


def kernel_states(names: Sequence[str], release: str, root: Path = Path("/")) -> dict[str, str]:
    """Return 'here', 'loadable' or 'missing' for each kernel feature, from the files of the system at ``root``."""
    config = _read(root / f"boot/config-{release}")
    if not config and (root / "proc/config.gz").exists():
        config = gzip.decompress((root / "proc/config.gz").read_bytes()).decode()
    options = set(config.splitlines())
    built_in = _read(root / f"lib/modules/{release}/modules.builtin")
    modules = _read(root / f"lib/modules/{release}/modules.dep")
    states = {}
    for name in names:
        if (root / "sys/module" / name).exists() or f"{KERNEL_OPTION[name]}=y" in options or f"/{name}.ko" in built_in:
            states[name] = "here"
        else:
            states[name] = "loadable" if f"/{name}.ko" in modules else "missing"
    return states


def forward_drops(ruleset: Any) -> tuple[ForwardChain, ...]:
    """Return the base chains of an nft ruleset (as JSON) that hook forwarding with the policy drop."""
    chains = [item["chain"] for item in ruleset["nftables"] if "chain" in item]
    return tuple(
        ForwardChain(chain["family"], chain["table"], chain["name"])
        for chain in chains
        if chain.get("hook") == "forward" and chain.get("policy") == "drop"
    )


def overlay_probe(graphroot: str, sudo: Sequence[str]) -> str | None:
    """Try an overlay on podman's storage, or where it will be: '' if it stands, the reason if not, None if it could not be tried."""
    script = (
        'set -e; d=$(mktemp -d -p "$1"); trap \'umount "$d/m" 2>/dev/null || true; rm -rf "$d"\' EXIT; mkdir "$d/l" "$d/u" "$d/w" "$d/m"; '
        'mount -t overlay overlay -o "lowerdir=$d/l,upperdir=$d/u,workdir=$d/w" "$d/m"; : >"$d/m/file"'
    )
    try:
        done = subprocess.run(
            [*sudo, "sh", "-c", script, "sh", str(_existing(graphroot))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def _existing(path: str) -> Path:
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    return place


def _free(path: str) -> Disk:
    place = _existing(path)
    return Disk(path, shutil.disk_usage(place).free, place.stat().st_dev)


def gather(environment: Mapping[str, str], python: str) -> Facts:
    """Read everything; ``python`` is what lab/python.sh chose, '' if nothing."""
    root = os.geteuid() == 0
    sudo = not root and ask(["sudo", "-n", "true"]) is not None
    become = [] if root else ["sudo", "-n"]
    os_release = dict(re.findall(r'(?m)^([A-Z_]+)="?([^"\n]*)', _read("/etc/os-release")))
    status = dict(re.findall(r"(?m)^(\w+):\s+(.*)$", _read("/proc/self/status")))
    version = re.search(r"(\d+)\.(\d+)\.(\d+)", ask(["podman", "--version"]) or "")
    candidate = re.search(r"Candidate:\s+(?:\d+:)?(\d[\w.]*)", ask(["apt-cache", "policy", "podman"]) or "")
    podman = [*become, "podman"]
    storage = _json(ask([*podman, "info", "--format", "json"])) if version else None
    graphroot = storage["store"]["graphRoot"] if storage else "/var/lib/containers/storage"
    containers = _json(ask([*podman, "ps", "--all", "--format", "json"])) if version else None
    networks = _json(ask([*podman, "network", "ls", "--format", "json"])) if version else None
    routes = _json(ask(["ip", "-json", "-4", "route", "show", "table", "all"])) or []
    ruleset = _json(ask([*become, "nft", "--json", "list", "ruleset"]))
    memory = re.search(r"MemAvailable:\s+(\d+)", _read("/proc/meminfo"))
    cache = environment.get("KUBEHUB_CACHE") or f"{environment.get('XDG_CACHE_HOME') or Path.home() / '.cache'}/kubehub"
    return Facts(
        lab_name=environment.get("LAB_NAME") or "kubehub",
        lab_subnet=environment.get("LAB_SUBNET") or "198.18.7.0/24",
        system=platform.system(),
        distribution=f"{os_release.get('ID', 'unknown')} {os_release.get('VERSION_ID', '')}".strip(),
        architecture=platform.machine(),
        root=root,
        sudo=sudo,
        capabilities=int(status.get("CapBnd", "0"), 16),
        python=python,
        podman=tuple(map(int, version.groups())) if version else None,
        podman_candidate=candidate[1] if candidate else "",
        cgroup_version=2 if Path("/sys/fs/cgroup/cgroup.controllers").exists() else 1,
        runtimes=tuple(name for name in ("crun", "runc") if shutil.which(name) or Path(f"/usr/sbin/{name}").exists()),
        memory_available=int(memory[1]) * 1024 if memory else 0,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cache=_free(cache),
        cache_warm=any(Path(cache, "content/folders").glob("*")),
        storage=_free(graphroot),
        kernel=kernel_states(tuple(KERNEL_NEEDED), platform.release()),
        inotify={
            name: int(_read(f"/proc/sys/fs/inotify/{name}") or 0) for name in ("max_user_instances", "max_user_watches")
        },
        containers={item["Names"][0]: (item.get("Labels") or {}).get("kubehub.lab", "") for item in containers or []},
        networks=tuple(
            Network(item["name"], tuple(subnet["subnet"] for subnet in item.get("subnets") or []))
            for item in networks or []
        ),
        routes=tuple(
            route["dst"]
            for route in routes
            if re.match(r"\d", route.get("dst", "")) and route.get("type", "unicast") == "unicast"
        ),
        forward_drops=forward_drops(ruleset) if ruleset else None,
        overlay_probe=overlay_probe(graphroot, become) if root or sudo else None,
        proxies={
            name: value
            for name in ("http_proxy", "https_proxy")
            if (value := environment.get(name) or environment.get(name.upper()))
        },
    )
