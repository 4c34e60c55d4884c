# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every reason that the doctor knows: its level, its words and what it tells people to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.doctor.judge import (
    GIB,
    INOTIFY_NEEDED,
    KERNEL_NEEDED,
    PYTHON_ADVICE,
    VM_ADVICE,
    Disk,
    Facts,
    Finding,
    ForwardChain,
    Network,
    gib,
    judge,
)

GOOD = Facts(
    lab_name="kubehub",
    lab_subnet="198.18.7.0/24",
    system="Linux",
    distribution="debian 12",
    architecture="x86_64",
    root=True,
    sudo=False,
    capabilities=(1 << 41) - 1,
    python="/usr/bin/python3.13",
    podman=(4, 3, 1),
    podman_candidate="",
    cgroup_version=2,
    runtimes=("crun",),
    memory_available=8 * GIB,
    cores=2,
    cache=Disk("/home/a/.cache/kubehub", 20 * GIB, 1),
    cache_warm=False,
    storage=Disk("/var/lib/containers/storage", 10 * GIB, 2),
    kernel=dict.fromkeys(KERNEL_NEEDED, "here"),
    inotify=dict(INOTIFY_NEEDED),
    containers={},
    networks=(Network("podman", ("10.88.0.0/16",)),),
    routes=("10.0.2.0/24", "10.88.0.0/16"),
    forward_drops=(),
    overlay_probe="",
)


def bad(facts: Facts) -> list[Finding]:
    """The findings that are not simply good."""
    return [finding for finding in judge(facts) if finding.level != "ok"]


def test_a_good_machine_has_nothing_against_it_and_says_what_was_measured() -> None:
    assert bad(GOOD) == []
    assert [(finding.about, finding.measured) for finding in judge(GOOD)] == [
        ("system", "Linux debian 12 x86_64"),
        ("rights", "root"),
        ("python", "/usr/bin/python3.13"),
        ("podman", "4.3.1, cgroup v2, runtimes crun"),
        ("memory", "8.0 GiB available, 2 cores"),
        ("disk", "20.0 GiB free for /home/a/.cache/kubehub"),
        ("disk", "10.0 GiB free for /var/lib/containers/storage"),
        ("kernel", "has overlay, br_netfilter, nf_tables, nf_conntrack, veth, bridge, vxlan"),
        ("inotify", "fs.inotify.max_user_instances = 8192"),
        ("inotify", "fs.inotify.max_user_watches = 524288"),
        ("name and subnet", "kubehub, 198.18.7.0/24"),
        ("firewall", "no other firewall drops what machines send through this host"),
        ("storage", "an overlay stands on podman's storage"),
    ]


@pytest.mark.parametrize(
    ("change", "about", "measured", "remedy"),
    [
        (
            {"system": "Darwin", "distribution": "unknown", "architecture": "arm64"},
            "system",
            "Darwin unknown arm64; a lab needs Debian or Ubuntu on x86_64",
            VM_ADVICE,
        ),
        (
            {"distribution": "fedora 44"},
            "system",
            "Linux fedora 44 x86_64; a lab needs Debian or Ubuntu on x86_64",
            VM_ADVICE,
        ),
        (
            {"architecture": "aarch64"},
            "system",
            "Linux debian 12 aarch64; a lab needs Debian or Ubuntu on x86_64",
            VM_ADVICE,
        ),
        (
            {"root": False},
            "rights",
            "neither root nor sudo without a password",
            'run as root, or allow it: echo "$USER ALL=(ALL) NOPASSWD: ALL" | sudo tee /etc/sudoers.d/lab',
        ),
        (
            {"capabilities": 1 << 12},
            "capabilities",
            "this environment can never have CAP_SYS_ADMIN",
            f"leave the container you are in, or start it privileged; else {VM_ADVICE}",
        ),
        (
            {"podman": (3, 4, 4)},
            "podman",
            "3.4.4, older than 4.3",
            f"upgrade the system; or {VM_ADVICE}",
        ),
        (
            {"podman": None, "podman_candidate": "3.4.4"},
            "podman",
            "not installed, and the system's packages have only 3.4.4",
            f"podman 4.3 or newer is needed: {VM_ADVICE}",
        ),
        (
            {"podman": None},
            "podman",
            "not installed, and apt knows no such package",
            "apt-get update; check the system's apt sources",
        ),
        (
            {"memory_available": 5 * GIB},
            "memory",
            "5.0 GiB available; a lab needs 6.0 GiB",
            "stop what uses it (another lab: make lab-destroy LAB_NAME=...), or give the machine more",
        ),
        (
            {"cache": Disk("/c", 19 * GIB, 1)},
            "disk",
            "19.0 GiB free for /c; a lab needs 20.0 GiB",
            "free some room, or set KUBEHUB_CACHE to a folder on a larger disk",
        ),
        (
            {"cache": Disk("/c", 2 * GIB, 1), "cache_warm": True},
            "disk",
            "2.0 GiB free for /c; a lab needs 3.0 GiB",
            "free some room, or set KUBEHUB_CACHE to a folder on a larger disk",
        ),
        (
            {"storage": Disk("/p", 9 * GIB, 2)},
            "disk",
            "9.0 GiB free for /p; a lab needs 10.0 GiB",
            "free some room, or set graphroot in /etc/containers/storage.conf to one on a larger disk",
        ),
        (
            {"kernel": {**GOOD.kernel, "vxlan": "missing"}},
            "kernel",
            "vxlan is neither built in nor a module; the network between pods needs it",
            "install the distribution's full kernel (linux-image-amd64, or linux-modules-extra-$(uname -r)) and start it",
        ),
        (
            {"lab_subnet": "198.18.7.1/24"},
            "subnet",
            "LAB_SUBNET=198.18.7.1/24: 198.18.7.1/24 has host bits set",
            "give a network like 198.18.7.0/24",
        ),
        (
            {"lab_subnet": "198.18.7.0/26"},
            "subnet",
            "LAB_SUBNET=198.18.7.0/26: machines have the addresses .11 to .100",
            "give an IPv4 network of /24 or larger",
        ),
        (
            {"lab_name": "My_Lab"},
            "name",
            "LAB_NAME='My_Lab' cannot name containers and hosts",
            "use at most 32 small letters, digits and hyphens",
        ),
        (
            {"containers": {"kubehub-cp1": "", "else": ""}},
            "name",
            "containers of something else have this lab's names: kubehub-cp1",
            "choose another LAB_NAME, or remove them",
        ),
        (
            {"networks": (Network("kubehub", ("198.18.9.0/24",)),)},
            "subnet",
            "the network kubehub exists with 198.18.9.0/24, LAB_SUBNET is 198.18.7.0/24",
            "use LAB_SUBNET=198.18.9.0/24, or make lab-destroy first",
        ),
        (
            {"networks": (Network("other", ("198.18.6.0/23",)),)},
            "subnet",
            "198.18.7.0/24 overlaps 198.18.6.0/23 of podman's network other",
            "choose another LAB_SUBNET of 198.18.0.0/15, or make lab-destroy LAB_NAME=other",
        ),
        (
            {"routes": ("198.18.7.128/25",)},
            "subnet",
            "198.18.7.0/24 overlaps this machine's route to 198.18.7.128/25",
            "choose another LAB_SUBNET of 198.18.0.0/15",
        ),
        (
            {
                "forward_drops": (
                    ForwardChain("ip", "filter", "FORWARD"),
                    ForwardChain("inet", "firewalld", "filter_FORWARD"),
                )
            },
            "firewall",
            "chain filter_FORWARD of table inet firewalld drops forwarded packets by default",
            "firewall-cmd --permanent --zone=trusted --add-source=198.18.7.0/24 && firewall-cmd --reload",
        ),
        (
            {"forward_drops": (ForwardChain("inet", "mine", "forward"),)},
            "firewall",
            "chain forward of table inet mine drops forwarded packets by default",
            "accept forwarding from and to 198.18.7.0/24 there",
        ),
        (
            {"overlay_probe": "mount: wrong fs type"},
            "storage",
            "no overlay can stand on podman's storage, so machines could not unpack images: mount: wrong fs type",
            "put podman's graphroot (/etc/containers/storage.conf) on ext4, btrfs or XFS with ftype=1",
        ),
        (
            {"proxies": {"http_proxy": "http://user:word@localhost:3128/"}},
            "proxy",
            "http_proxy is on localhost, where the lab's machines find only themselves",
            "let the proxy listen on an address that machines reach too, and name that one",
        ),
    ],
)
def test_each_reason_alone(change: dict[str, object], about: str, measured: str, remedy: str) -> None:
    assert bad(replace(GOOD, **change)) == [Finding("problem", about, measured, remedy)]


@pytest.mark.parametrize(
    ("change", "about", "measured", "remedy"),
    [
        (
            {"python": ""},
            "python",
            "no Python 3.12, 3.13 or 3.14 that runs",
            PYTHON_ADVICE,
        ),
        (
            {"podman": None, "podman_candidate": "5.4.2"},
            "podman",
            "not installed",
            "make lab installs podman 5.4.2",
        ),
        (
            {"cgroup_version": 1},
            "podman",
            "4.3.1, cgroup v1, runtimes crun",
            "make lab installs runc, which works with every cgroup layout",
        ),
        (
            {"kernel": {**GOOD.kernel, "overlay": "loadable", "vxlan": "loadable"}},
            "kernel",
            "not loaded, and machines cannot load them: overlay vxlan",
            "make lab runs modprobe --all overlay vxlan",
        ),
        (
            {"inotify": {**GOOD.inotify, "max_user_instances": 128}},
            "inotify",
            "fs.inotify.max_user_instances = 128, too few for nine systemd machines",
            "make lab sets it to 8192 until the next start; to keep it: /etc/sysctl.d/60-kubehub-lab.conf",
        ),
    ],
)
def test_what_make_lab_sees_to_is_no_problem(change: dict[str, object], about: str, measured: str, remedy: str) -> None:
    assert bad(replace(GOOD, **change)) == [Finding("will", about, measured, remedy)]


def test_all_reasons_come_at_once() -> None:
    facts = replace(GOOD, root=False, python="", podman=(3, 0, 0), memory_available=GIB, overlay_probe="no")
    assert [finding.about for finding in bad(facts)] == ["rights", "python", "podman", "memory", "storage"]


def test_a_lab_that_is_up_is_no_reason_against_itself() -> None:
    up = replace(
        GOOD,
        memory_available=GIB,
        storage=Disk("/p", GIB, 2),
        containers={"kubehub-cp1": "kubehub"},
        networks=(Network("kubehub", ("198.18.7.0/24",)),),
        routes=("198.18.7.0/24",),
    )
    assert bad(up) == []


def test_folders_on_one_disk_need_the_sum() -> None:
    one = replace(GOOD, cache=Disk("/c", 29 * GIB, 1), storage=Disk("/p", 29 * GIB, 1))
    assert [finding.measured for finding in bad(one)] == [
        "29.0 GiB free for /c; a lab needs 20.0 GiB, and 10.0 GiB for the other folders of that disk",
        "29.0 GiB free for /p; a lab needs 10.0 GiB, and 20.0 GiB for the other folders of that disk",
    ]
    enough = replace(GOOD, cache=Disk("/c", 30 * GIB, 1), storage=Disk("/p", 30 * GIB, 1))
    assert bad(enough) == []


def test_a_default_route_overlaps_nothing() -> None:
    assert bad(replace(GOOD, routes=("0.0.0.0/0",))) == []


def test_what_could_not_be_looked_at_is_unknown_and_no_problem() -> None:
    assert bad(replace(GOOD, forward_drops=None, overlay_probe=None)) == [
        Finding("unknown", "firewall", "no other firewall was looked for: nft is not installed, or needs root"),
        Finding("unknown", "storage", "no overlay was tried below podman's storage: that needs root"),
    ]


def test_a_proxy_that_machines_reach_is_named_without_its_password() -> None:
    found = judge(replace(GOOD, proxies={"https_proxy": "http://user:word@proxy.example:3128"}))[-1]
    assert found == Finding("ok", "proxy", "https_proxy goes to proxy.example, for the machines too")


def test_gib() -> None:
    assert gib(6 * GIB + GIB // 2) == "6.5 GiB"
