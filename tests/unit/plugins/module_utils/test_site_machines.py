# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site.machines import Answers, Limits, machine_checks
from ansible_collections.kubehub.platform.plugins.module_utils._site.network import (
    asking_interface,
    download_checks,
    virtual_ip_checks,
)
from ansible_collections.kubehub.platform.plugins.module_utils._site.site import Site

PARTS = {"load_balancers": ["lb1", "lb2"], "control_plane": ["cp1", "cp2", "cp3"], "workers": ["w1"]}
NAMES = [name for names in PARTS.values() for name in names]
SITE = Site.parse(
    {
        "name": "department",
        "vip": "192.0.2.100/24",
        "api_name": "api.example.org",
        "api_frontend_port": 6443,
        "machine_network": "192.0.2.0/24",
        "pod_network": "10.244.0.0/16",
        "service_network": "10.96.0.0/16",
        "vrrp_id": 100,
        "kubernetes_version": "1.37.2",
        "kubernetes_minors": ["1.37"],
        "parts": PARTS,
        "addresses": {},
        "ports": {
            "load_balancers": [{"port": 6443, "processes": ["haproxy"]}],
            "control_plane": [
                {"port": 6443, "processes": ["kube-apiserver"]},
                {"port": 2379, "processes": ["etcd"]},
            ],
            "workers": [{"port": 2049, "processes": ["ganesha.nfsd", "kernel"]}],
        },
    }
)
LIMITS = Limits.parse(
    {
        "systems": ["debian 12", "debian 13", "ubuntu 24.04"],
        "architectures": ["x86_64"],
        "python_min": "3.10",
        "clock_skew_max_seconds": 10.0,
        "sync_p99_max_ms": 10.0,
        "cpus_min": {"control_plane": 2},
        "memory_min_mib": {"load_balancers": 450, "control_plane": 1700, "workers": 1700},
        "disk_free_min_mib": {"control_plane": 10240},
    }
)
COLLECTED = 1005.0


def machine(name: str, **changes: Any) -> dict[str, Any]:
    """Return what a good machine answers, with some changes."""
    number = 11 + NAMES.index(name)
    return {
        "machine": {
            "asked_at": 1000.0,
            "time": 1002.0,
            "uid": 0,
            "python": "3.11.2",
            "system": "debian",
            "system_version": "12",
            "architecture": "x86_64",
            "init": "systemd",
            "container": False,
            "hostname": name,
            "machine_id": f"{number:032x}",
            "cpus": 2,
            "memory_mib": 3900,
            "disk_free_mib": 20480,
            "interfaces": [
                {"name": "eth0", "mac": f"02:00:00:00:00:{number}", "addresses": [f"192.0.2.{number}/24"]},
                {"name": "br0", "mac": "02:00:00:00:01:00", "addresses": ["10.88.0.1/16"]},
            ],
            "listeners": [{"address": "0.0.0.0", "port": 22, "process": "sshd"}],
            "missing_kernel_modules": [],
            "kubernetes": {"member": False, "server": "", "ca_sha256": "", "api_server": "", "kubelet": ""},
            "sync_p99_ms": 2.5,
            **changes,
        }
    }


def member(server: str = "https://api.example.org:6443", **changes: str) -> dict[str, Any]:
    return {
        "member": True,
        "server": server,
        "ca_sha256": "aa",
        "api_server": "1.37.2",
        "kubelet": "1.37.2",
        **changes,
    }


def answers(changed: dict[str, dict[str, Any]] | None = None, **explained: str) -> Answers:
    """Return the answers of a good site; a machine's changes, or a whole other result where they have a message."""
    results = {name: machine(name) for name in NAMES}
    for name, changes in (changed or {}).items():
        results[name] = changes if "msg" in changes or not changes else machine(name, **changes)
    return Answers(copy.deepcopy(results), COLLECTED, explained)


def said(checks: list[_report.Check]) -> list[str]:
    """Return what is not plainly ok."""
    return [
        f"{item['id']}: {_report.status(item)}: {item['host']}: {item['detail']} -> {item['remedy']}"
        for item in checks
        if _report.status(item) != "ok"
    ]


def test_good_machines_pass_every_rule() -> None:
    checks = machine_checks(SITE, answers(), LIMITS)
    assert said(checks) == []
    assert [item["host"] for item in checks if item["id"] == "memory"] == NAMES
    assert len(checks) == 16 * len(NAMES) + 4


def test_a_finished_site_passes_every_rule() -> None:
    finished: dict[str, dict[str, Any]] = {
        name: {
            "kubernetes": member(),
            "listeners": [
                {"address": "::", "port": 6443, "process": "kube-apiserver"},
                {"address": "192.0.2.13", "port": 2379, "process": "etcd"},
            ],
            "sync_p99_ms": None,
        }
        for name in PARTS["control_plane"]
    }
    # A control plane's kubelet may talk to the API server beside it.
    finished["cp2"]["kubernetes"] = member("https://192.0.2.14:6443")
    finished["w1"] = {
        "kubernetes": member(api_server=""),
        "listeners": [{"address": "0.0.0.0", "port": 2049, "process": ""}],
    }
    interfaces = [{"name": "eth0", "mac": "02:00:00:00:00:11", "addresses": ["192.0.2.11/24", "192.0.2.100/24"]}]
    listeners = [{"address": "192.0.2.100", "port": 6443, "process": "haproxy"}]
    finished["lb1"] = {"interfaces": interfaces, "listeners": listeners}
    checks = machine_checks(SITE, answers(finished), LIMITS)
    assert said(checks) == []
    assert {(item["host"], item["detail"]) for item in checks if item["id"] == "cluster"} == {
        ("lb1", "none yet"),
        ("lb2", "none yet"),
        ("cp1", "ours"),
        ("cp2", "ours"),
        ("cp3", "ours"),
        ("w1", "ours"),
    }


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    (
        "lb1",
        {
            "unreachable": True,
            "msg": "Task failed: Make sure it can be reached over ssh: ssh: connect to host lb1: gone",
        },
        (
            "connection: FAILED: lb1: connect to host lb1: gone -> Check the machine, its ansible_host and the SSH key with:"
            " ansible lb1 -m ansible.builtin.ping"
        ),
    ),
    (
        "lb1",
        {"msg": "Missing sudo password"},
        (
            "connection: FAILED: lb1: no root: Missing sudo password -> Give the user of ansible_user sudo, and set"
            " ansible_become_password where sudo asks for one."
        ),
    ),
    ("lb1", {}, "connection: not proved: lb1: not part of this run (--limit) -> "),
    (
        "lb1",
        {"uid": 1000},
        "become: FAILED: lb1: modules run as uid 1000 -> Set ansible_become: true for the machine.",
    ),
    (
        "lb1",
        {"python": "3.9.2"},
        (
            "python: FAILED: lb1: Python 3.9.2, at least 3.10 is wanted -> Install a supported system, or name a newer"
            " Python in ansible_python_interpreter."
        ),
    ),
    (
        "lb1",
        {"system_version": "11"},
        "system: FAILED: lb1: the system is debian 11 -> Install debian 12, debian 13 or ubuntu 24.04.",
    ),
    (
        "lb1",
        {"architecture": "aarch64"},
        "system: FAILED: lb1: the architecture is aarch64 -> Take a machine of architecture x86_64.",
    ),
    (
        "lb1",
        {"init": "sh"},
        "init: FAILED: lb1: the first process is sh, services need systemd -> Boot the machine with systemd.",
    ),
    (
        "cp1",
        {"cpus": 1},
        (
            "cpus: FAILED: cp1: 1 CPU, a machine of control_plane needs 2 -> Give it more, or lower"
            " preflight_cpus_min.control_plane."
        ),
    ),
    (
        "w1",
        {"memory_mib": 1024},
        (
            "memory: FAILED: w1: 1024 MiB, a machine of workers needs 1700 MiB -> Give it more, or lower"
            " preflight_memory_min_mib.workers."
        ),
    ),
    (
        "cp1",
        {"disk_free_mib": 512},
        (
            "disk: FAILED: cp1: 512 MiB are free, a machine of control_plane needs 10240 MiB -> Free or add space for"
            " /var/lib, or lower preflight_disk_free_min_mib.control_plane."
        ),
    ),
    (
        "cp1",
        {"disk_free_mib": 512, "kubernetes": member()},
        (
            "disk: warning: cp1: warning: 512 MiB are free, a machine of control_plane needs 10240 MiB -> Free or add space"
            " for /var/lib, or lower preflight_disk_free_min_mib.control_plane."
        ),
    ),
    (
        "cp1",
        {"sync_p99_ms": 42.5},
        (
            "disk_sync: warning: cp1: warning: 99 of 100 synchronous writes take up to 42.5 ms, etcd wants 10 ms -> Put"
            " /var/lib/etcd on an SSD of its own; a slow one delays the whole cluster and loses leaders."
        ),
    ),
    (
        "lb1",
        {"time": 900.0},
        (
            "clock: FAILED: lb1: 100 s behind the controller's -> Let the machine and the controller keep time, with chrony"
            " for example, and run this again."
        ),
    ),
    (
        "lb1",
        {"time": 4605.0},
        (
            "clock: FAILED: lb1: 3600 s ahead of the controller's -> Let the machine and the controller keep time, with"
            " chrony for example, and run this again."
        ),
    ),
    (
        "cp1",
        {"missing_kernel_modules": ["overlay", "br_netfilter"]},
        (
            "kernel_modules: FAILED: cp1: the kernel lacks overlay and br_netfilter -> Install the kernel's package of"
            " modules, or a kernel that has them, and boot it."
        ),
    ),
    (
        "cp1",
        {"missing_kernel_modules": ["br_netfilter"], "container": True},
        "kernel_modules: not proved: cp1: the machine is a container, and its host's kernel does not show br_netfilter -> ",
    ),
    (
        "cp1",
        {"interfaces": [{"name": "eth0", "mac": "", "addresses": ["198.51.100.7/24"]}]},
        (
            "machine_network: FAILED: cp1: none of its addresses (198.51.100.7/24) is in platform_machine_network"
            " 192.0.2.0/24 -> Correct platform_machine_network, or give the machine an address in it."
        ),
    ),
    (
        "cp1",
        {"interfaces": None},
        "machine_network: FAILED: cp1: the program ip is missing -> Install the package iproute2.",
    ),
    (
        "lb1",
        {"interfaces": [{"name": "eth0", "mac": "", "addresses": ["192.0.2.11/26"]}]},
        (
            "machine_network: FAILED: lb1: no interface's network (192.0.2.11/26) holds the virtual IP 192.0.2.100 -> Take a"
            " virtual IP of the network that the balancers' interfaces are in."
        ),
    ),
    (
        "w1",
        {"interfaces": [{"name": "eth0", "mac": "", "addresses": ["192.0.2.16/24", "192.0.2.100/32"]}]},
        (
            "machine_network: FAILED: w1: it has the virtual IP 192.0.2.100 and is no balancer -> Remove the address from"
            " the machine, or take another platform_vip."
        ),
    ),
    (
        "w1",
        {
            "interfaces": [
                {"name": "eth0", "mac": "", "addresses": ["192.0.2.16/24"]},
                {"name": "docker0", "mac": "", "addresses": ["10.244.7.1/20"]},
                {"name": "cilium_host", "mac": "", "addresses": ["10.244.3.9/32"]},
            ]
        },
        (
            "networks_met: FAILED: w1: its interface docker0 is in 10.244.0.0/20, and platform_pod_network is 10.244.0.0/16"
            " -> Take another network for platform_pod_network, one that nobody at your site uses."
        ),
    ),
    (
        "cp1",
        {
            "interfaces": [
                {"name": "eth0", "mac": "", "addresses": ["192.0.2.13/24"]},
                {"name": "eth1", "mac": "", "addresses": ["10.96.0.5/12"]},
            ]
        },
        (
            "networks_met: FAILED: cp1: its interface eth1 is in 10.96.0.0/12, and platform_service_network is 10.96.0.0/16"
            " -> Take another network for platform_service_network, one that nobody at your site uses."
        ),
    ),
    (
        "lb1",
        {
            "listeners": [
                {"address": "0.0.0.0", "port": 6443, "process": "nginx"},
                {"address": "::", "port": 6443, "process": "nginx"},
            ]
        },
        (
            "ports: FAILED: lb1: port 6443 is taken by nginx on 0.0.0.0 and ::, and haproxy needs it -> Stop nginx for good,"
            " or move it to another port or machine."
        ),
    ),
    (
        "cp1",
        {"listeners": [{"address": "0.0.0.0", "port": 2379, "process": ""}]},
        (
            "ports: FAILED: cp1: port 2379 is taken by kernel on 0.0.0.0, and etcd needs it -> Stop kernel for good, or move"
            " it to another port or machine."
        ),
    ),
    (
        "w1",
        {"kubernetes": member("https://203.0.113.9:6443")},
        (
            "cluster: FAILED: w1: it belongs to the cluster of https://203.0.113.9:6443, not of https://api.example.org:6443"
            " -> Empty it with that cluster's tools (kubeadm reset), or take it out of the inventory. If it is this site's,"
            " put platform_api_name and platform_api_frontend_port back: they can't change later."
        ),
    ),
    (
        "cp1",
        {"kubernetes": member(api_server="1.38.0", kubelet="1.38.0")},
        (
            "kubernetes_running: FAILED: cp1: it runs Kubernetes 1.38.0, and 1.37.2 is wanted: Kubernetes can't go back -> Set"
            " release_kubernetes_version to 1.38.0."
        ),
    ),
    (
        "w1",
        {"kubernetes": member(api_server="", kubelet="1.37.1")},
        (
            "kubernetes_running: FAILED: w1: it runs Kubernetes 1.37.1, and 1.37.2 is wanted: this release of the collection"
            " has no upgrade -> Set release_kubernetes_version to 1.37.1."
        ),
    ),
]


@pytest.mark.parametrize(("name", "changes", "expected"), FAULTS)
def test_each_fault_is_said_with_its_value_and_what_to_do(name: str, changes: dict[str, Any], expected: str) -> None:
    assert said(machine_checks(SITE, answers({name: changes}), LIMITS)) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'ID=ubuntu\nVERSION_ID="20.04"\nPython 3.8.10\n',
            (
                "connection: FAILED: lb1: no module runs with Python 3.8.10 on ubuntu 20.04: too old -> Install a supported"
                " system, or correct ansible_python_interpreter."
            ),
        ),
        (
            'ID=debian\nVERSION_ID="12"\n',
            "connection: FAILED: lb1: there is no Python 3 (debian 12) -> Install the package python3.",
        ),
    ],
)
def test_a_machine_where_no_module_runs_is_explained(text: str, expected: str) -> None:
    checks = machine_checks(SITE, answers({"lb1": {"msg": "too old"}}, lb1=text), LIMITS)
    assert said(checks) == [expected]


def test_what_shows_only_when_machines_are_compared() -> None:
    changed: dict[str, dict[str, Any]] = {
        "cp1": {"machine_id": "7" * 32, "kubernetes": member(ca_sha256="aa")},
        "cp2": {"machine_id": "7" * 32, "kubernetes": member(ca_sha256="aa"), "hostname": "debian"},
        "w1": {
            "hostname": "Debian",
            "kubernetes": member(ca_sha256="bb", api_server=""),
            "interfaces": [{"name": "eth0", "mac": "", "addresses": ["192.0.2.13/24"]}],
        },
    }
    assert said(machine_checks(SITE, answers(changed), LIMITS)) == [
        (
            f"machine_ids: FAILED: site: cp1 and cp2 have the same machine id, {'7' * 32} -> They are copies. On all but one:"
            " rm /etc/machine-id && systemd-machine-id-setup, then reboot."
        ),
        (
            "host_names: FAILED: site: cp2 and w1 have the same host name, debian -> Give each its own with hostnamectl"
            " set-hostname."
        ),
        "addresses_in_use: FAILED: site: cp1 and w1 have the same address, 192.0.2.13 -> Give each its own address.",
        (
            "cluster_ca: FAILED: site: the machines belong to 2 clusters: cp1, cp2; w1 -> Empty those that are not this"
            " site's with kubeadm reset, or take them out of the inventory."
        ),
    ]


def test_where_nobody_answers_nothing_is_compared() -> None:
    nobody = answers({name: {} for name in NAMES})
    assert [line for line in said(machine_checks(SITE, nobody, LIMITS)) if not line.startswith("connection")] == [
        f"{name}: not proved: site: no machine answered -> "
        for name in ("machine_ids", "host_names", "addresses_in_use", "cluster_ca")
    ]


def test_the_balancer_asks_on_the_interface_whose_network_holds_the_virtual_ip() -> None:
    assert asking_interface(SITE, answers(), "lb2") == {"interface": "eth0", "mac": "02:00:00:00:00:12"}
    elsewhere = {"lb2": {"interfaces": [{"name": "eth0", "mac": "02::", "addresses": ["198.51.100.7/24"]}]}}
    assert asking_interface(SITE, answers(elsewhere), "lb2") == {}
    assert asking_interface(SITE, answers({"lb2": {}}), "lb2") == {}


def heard(owners: list[str], announcements: list[tuple[str, int]]) -> dict[str, Any]:
    spoken = [{"source": source, "vrrp_id": number} for source, number in announcements]
    return {"owners": owners, "announcements": spoken}


@pytest.mark.parametrize(
    ("changed", "results", "expected"),
    [
        ({}, {"lb1": heard([], []), "lb2": heard([], [])}, []),
        # Our own balancer has it, and our own machines speak VRRP; another id is somebody else's business.
        ({}, {"lb1": heard(["02:00:00:00:00:12"], [("192.0.2.12", 100), ("192.0.2.200", 7)])}, []),
        (
            {},
            {"lb1": heard(["02:00:00:00:00:99"], [("192.0.2.200", 100)]), "lb2": heard(["02:00:00:00:00:99"], [])},
            [
                (
                    "vip_free: FAILED: site: 192.0.2.100 is in use by another machine, with the hardware address"
                    " 02:00:00:00:00:99 -> Take that address from the machine, or another free one as platform_vip."
                ),
                (
                    "vrrp_id_free: FAILED: site: 192.0.2.200 already speaks VRRP with the id 100 -> Take another VRRP id,"
                    " from 1 to 255, that nobody on the network uses."
                ),
            ],
        ),
        (
            {"lb2": {}},
            {"lb1": heard(["02:00:00:00:00:99"], [])},
            [
                "vip_free: not proved: site: somebody answers, and it may be lb2, which did not take part in this run -> ",
            ],
        ),
        (
            {},
            {"lb1": {"msg": "Operation not permitted"}},
            [
                "vip_free: not proved: site: no balancer could ask -> ",
                "vrrp_id_free: not proved: site: no balancer could ask -> ",
            ],
        ),
    ],
)
def test_who_has_the_virtual_ip(changed: dict[str, Any], results: dict[str, Any], expected: list[str]) -> None:
    assert said(virtual_ip_checks(SITE, answers(changed), results)) == expected


def download(url: str, **changes: Any) -> dict[str, Any]:
    return {"kind": "file", "url": url, "error": "", "size": 3, "published": "a" * 64, "sha256": "", **changes}


def test_downloads_that_can_be_had_pass() -> None:
    results = {"cp1": {"downloads": [download("http://m/kubeadm", sha256="a" * 64), download("http://m/kubelet")]}}
    checks = download_checks(results, "http://m")
    assert [(item["id"], item["ok"], item["detail"]) for item in checks] == [
        ("downloads", True, "2 items can be had"),
        ("download_checksum", True, "kubeadm is what it should be"),
    ]


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        (
            "http://m",
            (
                "Check that the mirror runs and is complete: ansible-playbook playbooks/mirror.yml, then:"
                " curl -I http://m/kubeadm"
            ),
        ),
        (
            "",
            "Check the machine's way out: curl -IL http://m/kubeadm; without one, use a mirror (platform_mirror_url).",
        ),
    ],
)
def test_downloads_that_cannot_be_had_are_said(source: str, remedy: str) -> None:
    missing = [download(f"http://m/{name}", error="404 Not Found") for name in ("kubeadm", "a", "b", "c")]
    results: dict[str, dict[str, Any]] = {
        "cp1": {"downloads": [*missing, download("http://m/d")]},
        "w1": {"msg": "no urllib"},
    }
    assert said(download_checks(results, source)) == [
        (
            "downloads: FAILED: cp1: 4 of 5 items can't be had: http://m/kubeadm: 404 Not Found; http://m/a: 404 Not Found;"
            f" http://m/b: 404 Not Found and 1 more -> {remedy}"
        ),
        "downloads: not proved: w1: could not be asked: no urllib -> ",
    ]


def test_an_altered_download_is_said() -> None:
    results = {"cp1": {"downloads": [download("http://m/helm.tar.gz", sha256="b" * 64)]}}
    assert said(download_checks(results, "http://m")) == [
        (
            f"download_checksum: FAILED: cp1: http://m/helm.tar.gz has the SHA-256 {'b' * 64}, and {'a' * 64} is published"
            " beside it -> The file was altered or cut: fetch it again into the mirror, and find out why."
        ),
    ]
