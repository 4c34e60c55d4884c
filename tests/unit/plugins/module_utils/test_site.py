# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site import addresses
from ansible_collections.kubehub.platform.plugins.module_utils._site.site import Site, site_checks

PARTS = {
    "load_balancers": ["lb1", "lb2"],
    "control_plane": ["cp1", "cp2", "cp3"],
    "workers": ["w1", "w2"],
    "nfs_servers": ["nfs1"],
    "database_servers": ["nfs1"],
}
ADDRESSES = {
    "lb1": "192.0.2.11",
    "lb2": "192.0.2.12",
    "cp1": "192.0.2.21",
    "cp2": "192.0.2.22",
    "cp3": "192.0.2.23",
    "w1": "192.0.2.31",
    "w2": "192.0.2.32",
    "nfs1": "storage.example.org",
}
GOOD: dict[str, Any] = {
    "name": "department",
    "vip": "192.0.2.100/24",
    "api_name": "api.example.org",
    "api_frontend_port": 6443,
    "machine_network": "192.0.2.0/24",
    "pod_network": "10.244.0.0/16",
    "service_network": "10.96.0.0/16",
    "node_prefix": 24,
    "max_pods": 110,
    "single_control_plane": False,
    "vrrp_id": 51,
    "mirror_url": "",
    "kubernetes_version": "1.37.2",
    "kubernetes_minors": ["1.37"],
    "parts": PARTS,
    "addresses": ADDRESSES,
    "ports": {
        "load_balancers": [{"port": 6443, "processes": ["haproxy"]}],
        "control_plane": [{"port": 6443, "processes": ["kube-apiserver"]}, {"port": 10250, "processes": ["kubelet"]}],
        "workers": [{"port": 10250, "processes": ["kubelet"]}],
    },
}


def found(**changes: Any) -> list[str]:
    """Return what is not plainly ok about the good site with some changes."""
    checks = site_checks(Site.parse({**GOOD, **changes}))
    return [
        f"{item['id']}: {item['host']}: {item['detail']}: {item['remedy']}"
        for item in checks
        if _report.status(item) != "ok"
    ]


def parts(**changes: list[str]) -> dict[str, list[str]]:
    return {**PARTS, **changes}


def test_a_good_site_passes_every_check() -> None:
    checks = site_checks(Site.parse(GOOD))
    assert [(item["id"], item["ok"], item["detail"]) for item in checks] == [
        ("variables", True, "all are set"),
        ("platform_name", True, "department"),
        ("api_name", True, "api.example.org"),
        ("machine_names", True, "8 machines"),
        ("machine_addresses", True, "each machine has its own"),
        ("control_planes", True, "3"),
        ("load_balancers", True, "2"),
        ("workers", True, "2"),
        ("gpu_workers", True, "0"),
        ("ports_planned", True, "no machine needs a port twice"),
        ("vrrp_id", True, "51"),
        ("mirror_url", True, "none: upstream's addresses"),
        ("kubernetes_version", True, "1.37.2"),
        ("vip", True, "192.0.2.100/24"),
        ("networks", True, "machines, pods and services are apart"),
        ("pod_network_size", True, "5 nodes fit"),
        ("service_network_size", True, "10.96.0.0/16"),
    ]


BAD: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"parts": parts(gpu_workers=["w2", "w3"])},
        [
            (
                "gpu_workers: w3: it is in gpu_workers and no worker: "
                "Put it into the inventory's group workers too; gpu_workers is best a child of that."
            )
        ],
    ),
    (
        {"name": "", "service_network": ""},
        [
            (
                "variables: site: platform_name is not set: "
                "Set it in the inventory's group_vars/all: the site's name, such as department."
            ),
            (
                "variables: site: platform_service_network is not set: "
                "Set it in the inventory's group_vars/all: an unused network for services, such as 10.96.0.0/16."
            ),
        ],
    ),
    (
        {"name": "Our Department"},
        [
            (
                "platform_name: site: platform_name is 'Our Department': Take at most 63 lower-case letters, digits and"
                " hyphens that begin and end with a letter or digit."
            )
        ],
    ),
    (
        {"api_name": "192.0.2.101"},
        [
            (
                "api_name: site: platform_api_name is the address 192.0.2.101, and the virtual IP is 192.0.2.100: "
                "Set platform_api_name to the virtual IP, or to a DNS name that stands for it."
            )
        ],
    ),
    (
        {"api_name": "Api_1"},
        [
            (
                "api_name: site: platform_api_name is 'Api_1': Take a DNS name in lower case (letters, digits, hyphens and"
                " dots), or the virtual IP without its prefix."
            )
        ],
    ),
    (
        {"parts": parts(workers=["w_1", "w2"])},
        [
            (
                "machine_names: w_1: the name 'w_1' is no DNS name: "
                "Rename the machine in the inventory: letters, digits, hyphens and dots."
            )
        ],
    ),
    (
        {"parts": parts(workers=["w1", "W1"])},
        ["machine_names: site: w1 and W1 are one name to Kubernetes, w1: Rename all but one of them in the inventory."],
    ),
    (
        {"addresses": {**ADDRESSES, "w2": "192.0.2.31"}},
        [
            (
                "machine_addresses: site: w1 and w2 have the same address, 192.0.2.31: Give each its own ansible_host; a"
                " machine that carries several parts is one name in several groups."
            )
        ],
    ),
    (
        {"parts": parts(control_plane=[])},
        ["control_planes: site: no control plane: Put three machines into the inventory's group control_plane."],
    ),
    (
        {"parts": parts(control_plane=["cp1"])},
        [
            (
                "control_planes: site: one control plane is not highly available: Put three machines into control_plane,"
                " or accept it with platform_single_control_plane: true."
            )
        ],
    ),
    (
        {"parts": parts(control_plane=["cp1"]), "single_control_plane": True},
        [
            (
                "control_planes: site: warning: one control plane: while it is down nothing starts, and its disk is the"
                " only copy of the cluster's state: Add two more for high availability."
            )
        ],
    ),
    (
        {"parts": parts(control_plane=["cp1", "cp2"])},
        [
            (
                "control_planes: site: 2 control planes survive no more failures than 1: "
                "Put 1 or 3 machines into control_plane."
            )
        ],
    ),
    (
        {"parts": parts(control_plane=["cp1", "cp2", "cp3", "cp4"])},
        [
            (
                "control_planes: site: 4 control planes survive no more failures than 3: "
                "Put 3 or 5 machines into control_plane."
            )
        ],
    ),
    (
        {"parts": parts(control_plane=[f"cp{number}" for number in range(7)])},
        ["control_planes: site: 7 control planes make every write slower: Put 3 or 5 machines into control_plane."],
    ),
    (
        {"parts": parts(load_balancers=[])},
        [
            (
                "load_balancers: site: no balancer: Put two machines into the inventory's group load_balancers; they may"
                " be control planes."
            )
        ],
    ),
    (
        {"parts": parts(load_balancers=["lb1", "lb1"])},
        [
            (
                "load_balancers: site: warning: one balancer: while it is down nobody reaches the hub or the API: "
                "Put a second machine into load_balancers; it may be a control plane."
            )
        ],
    ),
    (
        {"parts": parts(workers=[])},
        [
            (
                "workers: site: no worker: Put at least one machine into the inventory's group workers; it may be a"
                " control plane."
            )
        ],
    ),
    (
        {"parts": parts(load_balancers=["cp1", "cp2"])},
        [
            f"ports_planned: {machine}: port 6443 is wanted by load_balancers (haproxy) and control_plane"
            " (kube-apiserver): Set platform_api_frontend_port to another port, for example 7443."
            for machine in ("cp1", "cp2")
        ],
    ),
    (
        {
            "parts": parts(mirrors=["lb1"]),
            "ports": {
                "load_balancers": [{"port": 80, "processes": ["haproxy"]}],
                "mirrors": [{"port": 80, "processes": ["nginx"]}],
            },
        },
        [
            (
                "ports_planned: lb1: port 80 is wanted by load_balancers (haproxy) and mirrors (nginx): "
                "Give one of them another port, or move it to another machine."
            )
        ],
    ),
    (
        {"api_frontend_port": 70000},
        ["ports_planned: site: platform_api_frontend_port is 70000: Take a port from 1 to 65535."],
    ),
    (
        {"vrrp_id": 256},
        ["vrrp_id: site: the VRRP id is 256: Take a number from 1 to 255 that nobody else on the network uses."],
    ),
    (
        {"mirror_url": "http://192.0.2.51/"},
        [
            (
                "mirror_url: site: platform_mirror_url is 'http://192.0.2.51/': Write it as http://mirror.example.org or"
                " http://192.0.2.51, without a slash at the end; empty means upstream."
            )
        ],
    ),
    (
        {"kubernetes_version": "1.36.9"},
        [("kubernetes_version: site: release_kubernetes_version is '1.36.9': Take a version 1.37.x.")],
    ),
    (
        {"vip": "192.0.2.100"},
        [
            (
                "vip: site: platform_vip is '192.0.2.100': "
                "Write an IPv4 address with its network's prefix, such as 192.0.2.100/24."
            )
        ],
    ),
    (
        {"vip": "2001:db8::1/64"},
        [
            (
                "vip: site: platform_vip is '2001:db8::1/64': "
                "Write an IPv4 address with its network's prefix, such as 192.0.2.100/24."
            )
        ],
    ),
    (
        {"vip": "192.0.2.21/24"},
        [
            (
                "vip: site: platform_vip 192.0.2.21 is the address of cp1: "
                "Take an address that no machine has; the balancers give it to themselves."
            )
        ],
    ),
    (
        {"vip": "198.51.100.100/24"},
        [
            (
                "vip: site: platform_vip 198.51.100.100 is not in platform_machine_network 192.0.2.0/24: "
                "Take a free address of the machines' network."
            )
        ],
    ),
    (
        {"vip": "192.0.2.100/16"},
        [
            (
                "vip: site: platform_vip 192.0.2.100/16 has a wider network than platform_machine_network 192.0.2.0/24: "
                "Write 192.0.2.100/24."
            )
        ],
    ),
    *(
        (
            {"vip": vip},
            [
                (
                    f"vip: site: platform_vip {vip.partition('/')[0]} is the first or last address of its network, which no"
                    " machine can have: Take a free address of the machines' network."
                )
            ],
        )
        for vip in ("192.0.2.0/24", "192.0.2.255/24", "192.0.2.255/32", "192.0.2.128/25", "192.0.2.127/25")
    ),
    (
        {"machine_network": "192.0.2.1/24", "pod_network": "10.244.0.0"},
        [
            (
                "networks: site: platform_machine_network is '192.0.2.1/24', an address inside a network: "
                "Write 192.0.2.0/24."
            ),
            (
                "networks: site: platform_pod_network is '10.244.0.0': "
                "Write an IPv4 network with its prefix, such as 10.244.0.0/16."
            ),
        ],
    ),
    (
        {"pod_network": "10.96.0.0/12", "service_network": "10.96.0.0/16"},
        [
            (
                "networks: site: platform_pod_network 10.96.0.0/12 and platform_service_network 10.96.0.0/16 overlap: "
                "Take another network for platform_service_network, one that nobody at your site uses."
            )
        ],
    ),
    (
        {"pod_network": "192.0.0.0/16"},
        [
            (
                "networks: site: platform_machine_network 192.0.2.0/24 and platform_pod_network 192.0.0.0/16 overlap: "
                "Take another network for platform_pod_network, one that nobody at your site uses."
            ),
            *(
                f"networks: {machine}: its address {address} is in platform_pod_network 192.0.0.0/16: "
                "Take another network for platform_pod_network, one that nobody at your site uses."
                for machine, address in ADDRESSES.items()
                if machine != "nfs1"
            ),
        ],
    ),
    (
        {"pod_network": "10.244.0.0/22"},
        [
            (
                "pod_network_size: site: platform_pod_network 10.244.0.0/22 has room for 4 nodes of a /24 each, and the"
                " inventory has 5: Take a network of /21 or wider; it can't change later, so leave room to grow."
            )
        ],
    ),
    (
        {"pod_network": "10.244.0.0/25"},
        [
            (
                "pod_network_size: site: platform_pod_network 10.244.0.0/25 has room for 0 nodes of a /24 each, and the"
                " inventory has 5: Take a network of /21 or wider; it can't change later, so leave room to grow."
            )
        ],
    ),
    (
        {"max_pods": 300},
        [
            (
                "pod_network_size: site: a node's /24 has 254 addresses for 300 pods: "
                "Lower the pods a node may run, or give nodes wider networks."
            )
        ],
    ),
    (
        {"service_network": "10.96.0.0/28"},
        [
            (
                "service_network_size: site: platform_service_network 10.96.0.0/28 is a /28: "
                "Take a network from /12 to /24, such as 10.96.0.0/16; it can't change later."
            )
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), BAD)
def test_each_fault_is_said_with_its_value_and_what_to_do(changes: dict[str, Any], expected: list[str]) -> None:
    assert found(**changes) == expected


def test_all_faults_are_said_at_once() -> None:
    faults = found(vip="10.0.0.1", vrrp_id=0, kubernetes_version="latest", parts={**PARTS, "workers": []})
    assert [fault.partition(":")[0] for fault in faults] == ["workers", "vrrp_id", "kubernetes_version", "vip"]


@pytest.mark.parametrize("url", ["http://192.0.2.51", "https://mirror.example.org:8443/kubehub", "http://mirror"])
def test_addresses_of_mirrors_that_are_taken(url: str) -> None:
    assert found(mirror_url=url) == []


@pytest.mark.parametrize(
    "url", ["192.0.2.51", "ftp://mirror", "http://", "http://mirror:0x", "http://m?a=1", "http://m n"]
)
def test_addresses_of_mirrors_that_are_refused(url: str) -> None:
    assert [fault.partition(":")[0] for fault in found(mirror_url=url)] == ["mirror_url"]


def test_a_vip_of_32_bits_needs_only_to_be_in_the_machines_network() -> None:
    assert found(vip="192.0.2.100/32") == []


def test_three_machines_that_carry_everything_pass_with_another_port() -> None:
    everything = ["m1", "m2", "m3"]
    assert (
        found(
            parts={"load_balancers": everything, "control_plane": everything, "workers": everything},
            addresses={"m1": "192.0.2.11", "m2": "192.0.2.12", "m3": "192.0.2.13"},
            api_frontend_port=7443,
            ports={**GOOD["ports"], "load_balancers": [{"port": 7443, "processes": ["haproxy"]}]},
        )
        == []
    )


def test_without_netaddr_the_rules_of_addresses_are_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "netaddr", None)
    said = found(vip="nonsense")
    assert [line.partition(":")[0] for line in said] == ["vip", "networks", "pod_network_size", "service_network_size"]
    assert said[0] == (
        "vip: site: the Python package netaddr is missing on the controller: "
        "Install netaddr for the Python that runs ansible-playbook."
    )
