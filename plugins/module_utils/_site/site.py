# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the inventory alone decides: no machine is asked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site import addresses
from ansible_collections.kubehub.platform.plugins.module_utils._site.judge import Finding, counted, judge, listed

# The length of a host name's label is also that of the node label kubernetes.io/hostname.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Port:
    """A TCP port that a part of the site listens on, and the processes that may already do so."""

    number: int
    processes: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """A site as its inventory describes it. Texts are kept as they were written; an absent one is empty."""

    name: str = ""
    vip: str = ""
    api_name: str = ""
    api_frontend_port: int = 6443
    machine_network: str = ""
    pod_network: str = ""
    service_network: str = ""
    node_prefix: int = 24
    max_pods: int = 110
    single_control_plane: bool = False
    vrrp_id: int = 1
    mirror_url: str = ""
    kubernetes_version: str = ""
    kubernetes_minors: tuple[str, ...] = ()
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, Sequence[Port]] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Site:
        """Return the site of a mapping with this class's fields; unknown keys raise TypeError."""
        ports = {
            part: tuple(Port(int(port["port"]), tuple(map(str, port["processes"]))) for port in claimed)
            for part, claimed in value.get("ports", {}).items()
        }
        return cls(**{**value, "ports": ports, "kubernetes_minors": tuple(value.get("kubernetes_minors", ()))})

    def part(self, name: str) -> Sequence[str]:
        """Return the machines of a part, each once."""
        return list(dict.fromkeys(self.parts.get(name, ())))

    @property
    def machines(self) -> Sequence[str]:
        """Every machine of the site, each once."""
        return list(dict.fromkeys(host for hosts in self.parts.values() for host in hosts))

    @property
    def nodes(self) -> Sequence[str]:
        """Every machine that becomes a node of the cluster, each once."""
        return list(dict.fromkeys([*self.part("control_plane"), *self.part("workers")]))


def site_checks(site: Site) -> list[_report.Check]:
    """Return what can be said of a site from its inventory alone."""
    return [
        *judge("variables", "Variables that every site sets", _missing(site), "all are set"),
        *judge("platform_name", "Name of the site", _name(site), f"{site.name}"),
        *judge("api_name", "Name of the API", _api_name(site), f"{site.api_name}"),
        *judge("machine_names", "Names of the machines", _machine_names(site), counted(len(site.machines), "machine")),
        *judge("machine_addresses", "Addresses of the machines", _machine_addresses(site), "each machine has its own"),
        *judge(
            "control_planes", "Number of control planes", _control_planes(site), f"{len(site.part('control_plane'))}"
        ),
        *judge("load_balancers", "Number of balancers", _load_balancers(site), f"{len(site.part('load_balancers'))}"),
        *judge("workers", "Number of workers", _workers(site), f"{len(site.part('workers'))}"),
        *judge("gpu_workers", "Number of GPU machines", _gpu_workers(site), f"{len(site.part('gpu_workers'))}"),
        *judge("ports_planned", "Ports that parts share a machine for", _ports(site), "no machine needs a port twice"),
        *judge("vrrp_id", "VRRP id", _vrrp_id(site), f"{site.vrrp_id}"),
        *judge(
            "mirror_url", "Address of the mirror", _mirror_url(site), site.mirror_url or "none: upstream's addresses"
        ),
        *judge("kubernetes_version", "Version of Kubernetes", _version(site), site.kubernetes_version),
        *_address_checks(site),
    ]


def _missing(site: Site) -> Iterator[Finding]:
    wanted = {
        "platform_name": (site.name, "the site's name, such as department"),
        "platform_vip": (site.vip, "the virtual IP with its prefix, such as 192.0.2.100/24"),
        "platform_api_name": (site.api_name, "the API's DNS name, or the virtual IP without its prefix"),
        "platform_machine_network": (site.machine_network, "the machines' network, such as 192.0.2.0/24"),
        "platform_pod_network": (site.pod_network, "an unused network for pods, such as 10.244.0.0/16"),
        "platform_service_network": (site.service_network, "an unused network for services, such as 10.96.0.0/16"),
    }
    for variable, (value, example) in wanted.items():
        if not value:
            yield Finding(f"{variable} is not set", f"Set it in the inventory's group_vars/all: {example}.")


def _name(site: Site) -> Iterator[Finding]:
    if site.name and not _LABEL.fullmatch(site.name):
        yield Finding(
            f"platform_name is {site.name!r}",
            "Take at most 63 lower-case letters, digits and hyphens that begin and end with a letter or digit.",
        )


def _api_name(site: Site) -> Iterator[Finding]:
    name = site.api_name
    if not name:
        return
    if re.fullmatch(r"[0-9.]+", name):
        vip = site.vip.partition("/")[0]
        if vip and name != vip:
            yield Finding(
                f"platform_api_name is the address {name}, and the virtual IP is {vip}",
                "Set platform_api_name to the virtual IP, or to a DNS name that stands for it.",
            )
    elif not _is_dns_name(name):
        yield Finding(
            f"platform_api_name is {name!r}",
            "Take a DNS name in lower case (letters, digits, hyphens and dots), or the virtual IP without its prefix.",
        )


def _machine_names(site: Site) -> Iterator[Finding]:
    by_name = defaultdict(list)
    for machine in site.machines:
        by_name[machine.lower()].append(machine)
        if not _is_dns_name(machine.lower()):
            yield Finding(
                f"the name {machine!r} is no DNS name",
                "Rename the machine in the inventory: letters, digits, hyphens and dots.",
                host=machine,
            )
    for name, machines in by_name.items():
        if len(machines) > 1:
            yield Finding(
                f"{listed(machines)} are one name to Kubernetes, {name}", "Rename all but one of them in the inventory."
            )


def _machine_addresses(site: Site) -> Iterator[Finding]:
    by_address = defaultdict(list)
    for machine in site.machines:
        if site.addresses.get(machine):
            by_address[site.addresses[machine]].append(machine)
    for address, machines in by_address.items():
        if len(machines) > 1:
            yield Finding(
                f"{listed(machines)} have the same address, {address}",
                "Give each its own ansible_host; a machine that carries several parts is one name in several groups.",
            )


def _control_planes(site: Site) -> Iterator[Finding]:
    number = len(site.part("control_plane"))
    if number in (3, 5):
        return
    if number == 1 and site.single_control_plane:
        yield Finding(
            "one control plane: while it is down nothing starts, and its disk is the only copy of the cluster's state",
            "Add two more for high availability.",
            kind="warning",
        )
    elif number == 1:
        yield Finding(
            "one control plane is not highly available",
            "Put three machines into control_plane, or accept it with platform_single_control_plane: true.",
        )
    elif number == 0:
        yield Finding("no control plane", "Put three machines into the inventory's group control_plane.")
    elif number in (2, 4):
        yield Finding(
            f"{number} control planes survive no more failures than {number - 1}",
            f"Put {number - 1} or {number + 1} machines into control_plane.",
        )
    else:
        yield Finding(f"{number} control planes make every write slower", "Put 3 or 5 machines into control_plane.")


def _load_balancers(site: Site) -> Iterator[Finding]:
    number = len(site.part("load_balancers"))
    if number == 0:
        yield Finding(
            "no balancer",
            "Put two machines into the inventory's group load_balancers; they may be control planes.",
        )
    elif number == 1:
        yield Finding(
            "one balancer: while it is down nobody reaches the hub or the API",
            "Put a second machine into load_balancers; it may be a control plane.",
            kind="warning",
        )


def _workers(site: Site) -> Iterator[Finding]:
    if not site.part("workers"):
        yield Finding(
            "no worker", "Put at least one machine into the inventory's group workers; it may be a control plane."
        )


def _gpu_workers(site: Site) -> Iterator[Finding]:
    for machine in site.part("gpu_workers"):
        if machine not in site.part("workers"):
            yield Finding(
                "it is in gpu_workers and no worker",
                "Put it into the inventory's group workers too; gpu_workers is best a child of that.",
                host=machine,
            )


def _ports(site: Site) -> Iterator[Finding]:
    for machine in site.machines:
        claims: dict[int, dict[tuple[str, ...], str]] = defaultdict(dict)
        for part, hosts in site.parts.items():
            if machine in hosts:
                for port in site.ports.get(part, ()):
                    claims[port.number].setdefault(port.processes, part)
        for number, claimants in claims.items():
            if len(claimants) > 1:
                wanted = listed(f"{part} ({processes[0]})" for processes, part in claimants.items())
                api = number == site.api_frontend_port and "load_balancers" in claimants.values()
                yield Finding(
                    f"port {number} is wanted by {wanted}",
                    "Set platform_api_frontend_port to another port, for example 7443."
                    if api
                    else "Give one of them another port, or move it to another machine.",
                    host=machine,
                )
    if not 1 <= site.api_frontend_port <= 65535:
        yield Finding(f"platform_api_frontend_port is {site.api_frontend_port}", "Take a port from 1 to 65535.")


def _vrrp_id(site: Site) -> Iterator[Finding]:
    # Without a virtual IP there is no id yet: it comes from the last number of the address.
    if site.vip and not 1 <= site.vrrp_id <= 255:
        yield Finding(
            f"the VRRP id is {site.vrrp_id}", "Take a number from 1 to 255 that nobody else on the network uses."
        )


def _mirror_url(site: Site) -> Iterator[Finding]:
    if not site.mirror_url:
        return
    remedy = (
        "Write it as http://mirror.example.org or http://192.0.2.51, without a slash at the end; empty means upstream."
    )
    try:
        parts = urlsplit(site.mirror_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or site.mirror_url.endswith("/") or re.search(r"[\s?#]", site.mirror_url):
        yield Finding(f"platform_mirror_url is {site.mirror_url!r}", remedy)


def _version(site: Site) -> Iterator[Finding]:
    match = _VERSION.fullmatch(site.kubernetes_version)
    if not match or f"{match[1]}.{match[2]}" not in site.kubernetes_minors:
        yield Finding(
            f"release_kubernetes_version is {site.kubernetes_version!r}",
            f"Take a version {listed((f'{minor}.x' for minor in site.kubernetes_minors), 'or')}.",
        )


def _address_checks(site: Site) -> list[_report.Check]:
    """Return the checks that calculate with addresses; they are not proved where netaddr is missing."""
    rules = (
        ("vip", "Virtual IP", _vip, site.vip),
        ("networks", "Networks", _networks, "machines, pods and services are apart"),
        ("pod_network_size", "Size of the pods' network", _pod_network_size, f"{counted(len(site.nodes), 'node')} fit"),
        ("service_network_size", "Size of the services' network", _service_network_size, site.service_network),
    )
    if not addresses.available():
        missing = Finding(
            "the Python package netaddr is missing on the controller",
            "Install netaddr for the Python that runs ansible-playbook.",
            kind="not proved",
        )
        return [missing.to_check(identifier, name) for identifier, name, _rule, _fine in rules]
    return [check for identifier, name, rule, fine in rules for check in judge(identifier, name, rule(site), fine)]


def _vip(site: Site) -> Iterator[Finding]:
    if not site.vip:
        return
    vip = addresses.interface(site.vip)
    if not vip:
        yield Finding(
            f"platform_vip is {site.vip!r}", "Write an IPv4 address with its network's prefix, such as 192.0.2.100/24."
        )
        return
    for machine, address in site.addresses.items():
        if address == vip.address:
            yield Finding(
                f"platform_vip {vip.address} is the address of {machine}",
                "Take an address that no machine has; the balancers give it to themselves.",
            )
    machine_network = addresses.network(site.machine_network)
    if not machine_network:
        return
    if not machine_network.contains(vip.address):
        yield Finding(
            f"platform_vip {vip.address} is not in platform_machine_network {site.machine_network}",
            "Take a free address of the machines' network.",
        )
    elif vip.prefix != 32 and not machine_network.holds(vip.network):
        yield Finding(
            f"platform_vip {site.vip} has a wider network than platform_machine_network {site.machine_network}",
            f"Write {vip.address}/{machine_network.prefix}.",
        )
    elif vip.address in (*machine_network.edges, *(vip.network.edges if vip.prefix != 32 else ())):
        yield Finding(
            f"platform_vip {vip.address} is the first or last address of its network, which no machine can have",
            "Take a free address of the machines' network.",
        )


def _networks(site: Site) -> Iterator[Finding]:
    texts = {
        "platform_machine_network": site.machine_network,
        "platform_pod_network": site.pod_network,
        "platform_service_network": site.service_network,
    }
    networks: dict[str, addresses.Network] = {}
    for variable, text in texts.items():
        network = addresses.network(text)
        if network:
            networks[variable] = network
        elif addresses.interface(text):
            whole = addresses.interface(text)
            yield Finding(
                f"{variable} is {text!r}, an address inside a network",
                f"Write {whole.network.text if whole else text}.",
            )
        elif text:
            yield Finding(f"{variable} is {text!r}", "Write an IPv4 network with its prefix, such as 10.244.0.0/16.")
    names = list(networks)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if networks[first].overlaps(networks[second]):
                yield Finding(
                    f"{first} {networks[first].text} and {second} {networks[second].text} overlap",
                    f"Take another network for {second}, one that nobody at your site uses.",
                )
    for variable in ("platform_pod_network", "platform_service_network"):
        for machine, address in site.addresses.items():
            if variable in networks and addresses.is_address(address) and networks[variable].contains(address):
                yield Finding(
                    f"its address {address} is in {variable} {networks[variable].text}",
                    f"Take another network for {variable}, one that nobody at your site uses.",
                    host=machine,
                )


def _pod_network_size(site: Site) -> Iterator[Finding]:
    network = addresses.network(site.pod_network)
    if not network:
        return
    room = 2 ** (site.node_prefix - network.prefix) if network.prefix <= site.node_prefix else 0
    if room < len(site.nodes):
        enough = site.node_prefix - max(len(site.nodes) - 1, 0).bit_length()
        yield Finding(
            f"platform_pod_network {network.text} has room for {counted(room, 'node')} of a /{site.node_prefix} each,"
            f" and the inventory has {len(site.nodes)}",
            f"Take a network of /{enough} or wider; it can't change later, so leave room to grow.",
        )
    pods = 2 ** (32 - site.node_prefix) - 2
    if pods < site.max_pods:
        yield Finding(
            f"a node's /{site.node_prefix} has {pods} addresses for {site.max_pods} pods",
            "Lower the pods a node may run, or give nodes wider networks.",
        )


def _service_network_size(site: Site) -> Iterator[Finding]:
    network = addresses.network(site.service_network)
    if network and not 12 <= network.prefix <= 24:
        yield Finding(
            f"platform_service_network {network.text} is a /{network.prefix}",
            "Take a network from /12 to /24, such as 10.96.0.0/16; it can't change later.",
        )


def _is_dns_name(name: str) -> bool:
    return len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split("."))
