# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How machines start on a host is decided from its facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.machines.profile import HostFacts, Profile, ProfileError, decide, gather

ORDINARY = HostFacts(
    cgroup_version=2,
    can_raise_limits=True,
    runtimes=frozenset({"crun", "runc"}),
    nofile=1048576,
    nproc=96365,
    pid_max=4194304,
)


def test_an_ordinary_host_takes_podmans_own_choices() -> None:
    assert decide(ORDINARY) == Profile(cgroup_version=2, can_raise_limits=True, runtime="crun", ulimits=())


def test_cgroup_v1_needs_runc() -> None:
    assert decide(replace(ORDINARY, cgroup_version=1)).runtime == "runc"
    with pytest.raises(ProfileError, match=r"^no container runtime for cgroup v1 was found: install runc$"):
        decide(replace(ORDINARY, cgroup_version=1, runtimes=frozenset({"crun"})))


def test_without_any_runtime_the_message_names_what_to_install() -> None:
    with pytest.raises(ProfileError, match=r"^no container runtime for cgroup v2 was found: install crun or runc$"):
        decide(replace(ORDINARY, runtimes=frozenset()))


@pytest.mark.parametrize(("nproc", "pid_max", "expected"), [(96365, 32768, 32768), (30000, 32768, 30000)])
def test_limits_that_nobody_can_raise_are_handed_on(nproc: int, pid_max: int, expected: int) -> None:
    facts = replace(ORDINARY, can_raise_limits=False, nofile=20000, nproc=nproc, pid_max=pid_max)
    assert decide(facts).ulimits == ("nofile=20000:20000", f"nproc={expected}:{expected}")


def test_a_profile_is_plain_data() -> None:
    assert decide(ORDINARY).to_dict() == {
        "cgroup_version": 2,
        "can_raise_limits": True,
        "runtime": "crun",
        "ulimits": [],
    }


def host(root: Path, capabilities: str) -> Path:
    """A file system with what the gatherer reads."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/sys/kernel").mkdir(parents=True)
    (root / "proc/self/status").write_text(f"Name:\tx\nCapBnd:\t{capabilities}\n")
    (root / "proc/sys/kernel/pid_max").write_text("32768\n")
    return root


def test_gather_reads_cgroups_capabilities_and_runtimes(tmp_path: Path) -> None:
    root = host(tmp_path, "000001fffeffffff")
    facts = gather(root, {"runc": "/usr/sbin/runc"}.get)
    assert (facts.cgroup_version, facts.can_raise_limits, facts.pid_max) == (1, False, 32768)
    assert facts.runtimes == {"runc"}


def test_gather_sees_the_unified_hierarchy_and_cap_sys_resource(tmp_path: Path) -> None:
    root = host(tmp_path, "000001ffffffffff")
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "sys/fs/cgroup/cgroup.controllers").touch()
    facts = gather(root, {}.get)
    assert (facts.cgroup_version, facts.can_raise_limits, facts.runtimes) == (2, True, frozenset())
