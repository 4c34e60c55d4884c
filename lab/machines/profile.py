# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How machines must be started on this host: decided from facts, never from constants.

Sources: podman-run(1), systemd.io/CONTAINER_INTERFACE, and what was measured on a host with hybrid cgroups (crun refuses that layout,
``--systemd=always`` and ``--cgroupns=host`` break a runc inside).
"""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CAP_SYS_RESOURCE = 24


@dataclass(frozen=True)
class HostFacts:
    """What was seen on the host: cgroup version, the bounding set, runtimes found, this process's hard limits, kernel.pid_max."""

    cgroup_version: int
    can_raise_limits: bool
    runtimes: frozenset[str]
    nofile: int
    nproc: int
    pid_max: int


@dataclass(frozen=True)
class Profile:
    """podman's arguments that depend on the host; ``ulimits`` is empty where podman's own defaults work."""

    cgroup_version: int
    can_raise_limits: bool
    runtime: str
    ulimits: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as plain data, for JSON."""
        return {**asdict(self), "ulimits": list(self.ulimits)}


class ProfileError(Exception):
    """This host cannot start machines; the message says what to install."""


def decide(facts: HostFacts) -> Profile:
    """Decide how machines start on a host with these facts; raise ``ProfileError`` where none can."""
    preferred = ("crun", "runc") if facts.cgroup_version == 2 else ("runc",)
    runtime = next((name for name in preferred if name in facts.runtimes), None)
    if runtime is None:
        raise ProfileError(
            f"no container runtime for cgroup v{facts.cgroup_version} was found: install {' or '.join(preferred)}"
        )
    # Without CAP_SYS_RESOURCE nobody can raise a hard limit; podman's defaults would try to, after it lowered its own nproc to pid_max.
    nproc = min(facts.nproc, facts.pid_max)
    ulimits = () if facts.can_raise_limits else (f"nofile={facts.nofile}:{facts.nofile}", f"nproc={nproc}:{nproc}")
    return Profile(facts.cgroup_version, facts.can_raise_limits, runtime, ulimits)


def _hard_limit(kind: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return 2**31 - 1 if hard == resource.RLIM_INFINITY else hard


def gather(root: Path = Path("/"), which: Callable[[str], str | None] = shutil.which) -> HostFacts:
    """Read the facts of the host whose file system is at ``root``; processes' limits are this process's own."""
    cgroup = 2 if (root / "sys/fs/cgroup/cgroup.controllers").exists() else 1
    bounding = next(
        (
            int(line.split()[1], 16)
            for line in (root / "proc/self/status").read_text().splitlines()
            if line.startswith("CapBnd:")
        ),
        0,
    )
    return HostFacts(
        cgroup_version=cgroup,
        can_raise_limits=bool(bounding >> CAP_SYS_RESOURCE & 1),
        runtimes=frozenset(name for name in ("crun", "runc") if which(name)),
        nofile=_hard_limit(resource.RLIMIT_NOFILE),
        nproc=_hard_limit(resource.RLIMIT_NPROC),
        pid_max=int((root / "proc/sys/kernel/pid_max").read_text()),
    )
