# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the machines decide: judged from the answers of module machine_info."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site import addresses, proc
from ansible_collections.kubehub.platform.plugins.module_utils._site.judge import Finding, counted, judge, listed
from ansible_collections.kubehub.platform.plugins.module_utils._site.site import Site

KERNEL = "kernel"
# What the network plugins name their interfaces; some outlive `kubeadm reset`.
_PLUGIN_INTERFACE = re.compile(r"cilium_|cni0|flannel\.|lxc|kube-")


@dataclass(frozen=True)
class Limits:
    """What a machine must have at least or may have at most; the dictionaries are by part."""

    systems: tuple[str, ...]
    architectures: tuple[str, ...]
    python_min: str
    clock_skew_max_seconds: float
    sync_p99_max_ms: float
    cpus_min: Mapping[str, int] = field(default_factory=dict)
    memory_min_mib: Mapping[str, int] = field(default_factory=dict)
    disk_free_min_mib: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Limits:
        """Return the limits of a mapping with this class's fields; unknown and missing keys raise TypeError."""
        return cls(
            **{**value, "systems": tuple(value["systems"]), "architectures": tuple(value["architectures"])},
        )


@dataclass(frozen=True)
class Machine:
    """A machine that answered, and the parts of the site that it carries."""

    name: str
    parts: tuple[str, ...]
    seen: Mapping[str, Any]

    @property
    def own_addresses(self) -> list[str]:
        """The machine's IPv4 addresses, each with its prefix."""
        return [address for link in self.seen["interfaces"] or () for address in link["addresses"]]

    def floor(self, minimum: Mapping[str, int]) -> tuple[int, str]:
        """Return the highest minimum of the machine's parts, and the part that asks for it."""
        return max(((int(minimum[part]), part) for part in self.parts if part in minimum), default=(0, ""))


@dataclass(frozen=True)
class Answers:
    """What came back from the machines.

    ``results`` holds the registered result of machine_info by machine, ``collected_at`` the controller's time when all
    were there, and ``explained`` what a shell said on machines where the module failed (see ``explain.sh``).
    """

    results: Mapping[str, Mapping[str, Any]]
    collected_at: float
    explained: Mapping[str, str] = field(default_factory=dict)

    def machines(self, site: Site) -> list[Machine]:
        """Return the machines that answered."""
        return [
            Machine(
                name, tuple(part for part, hosts in site.parts.items() if name in hosts), self.results[name]["machine"]
            )
            for name in site.machines
            if "machine" in self.results.get(name, {})
        ]


def machine_checks(site: Site, answers: Answers, limits: Limits) -> list[_report.Check]:
    """Return what can be said of the machines of a site, rule by rule and machine by machine."""
    machines = answers.machines(site)
    rules: list[tuple[str, str, Callable[[Machine], Iterator[Finding]], Callable[[Machine], str]]] = [
        ("become", "Root", _become, lambda _m: "can be had"),
        ("python", "Python", lambda m: _python(m, limits), lambda m: m.seen["python"]),
        ("system", "System", lambda m: _system(m, limits), lambda m: f"{m.seen['system']} {m.seen['system_version']}"),
        ("init", "Init", _init, lambda m: m.seen["init"]),
        ("cpus", "CPUs", lambda m: _cpus(m, limits), lambda m: str(m.seen["cpus"])),
        ("memory", "Memory", lambda m: _memory(m, limits), lambda m: f"{m.seen['memory_mib']} MiB"),
        ("disk", "Disk", lambda m: _disk(m, limits), lambda m: "enough is free"),
        ("disk_sync", "Disk's speed for etcd", lambda m: _sync(m, limits), _sync_seen),
        ("clock", "Clock", lambda m: _clock(m, answers, limits), lambda _m: "agrees with the controller's"),
        ("kernel_modules", "Kernel modules", _kernel_modules, lambda _m: "the kernel has them"),
        ("machine_network", "Address in the machines' network", lambda m: _network(m, site), lambda _m: "has one"),
        (
            "networks_met",
            "Networks of the machine",
            lambda m: _networks_met(m, site),
            lambda _m: "apart from the cluster's",
        ),
        ("ports", "Ports", lambda m: _ports(m, site), lambda _m: "free or ours"),
        ("cluster", "Cluster", lambda m: _cluster(m, site, machines), lambda m: "ours" if _member(m) else "none yet"),
        ("kubernetes_running", "Running Kubernetes", lambda m: _running(m, site), lambda m: _versions(m) or "none yet"),
    ]
    return [
        *_connections(site, answers),
        *(
            check
            for identifier, name, rule, fine in rules
            for machine in machines
            for check in judge(identifier, name, rule(machine), fine(machine), machine.name)
        ),
        *_together(site, machines),
    ]


def _connections(site: Site, answers: Answers) -> list[_report.Check]:
    """Return which machines answered, and why the others did not."""
    checks = []
    for name in site.machines:
        result = answers.results.get(name, {})
        message = " ".join(str(result.get("msg", "")).split())
        if "machine" in result:
            findings = []
        elif not result:
            findings = [Finding("not part of this run (--limit)", host=name, kind="not proved")]
        elif result.get("unreachable"):
            remedy = f"Check the machine, its ansible_host and the SSH key with: ansible {name} -m ansible.builtin.ping"
            # Before what ssh says, Ansible tells what it tried.
            findings = [Finding(message.rpartition("over ssh: ")[2].removeprefix("ssh: "), remedy, host=name)]
        elif re.search(r"sudo|become|privilege|password", message, re.IGNORECASE):
            remedy = "Give the user of ansible_user sudo, and set ansible_become_password where sudo asks for one."
            findings = [Finding(f"no root: {message}", remedy, host=name)]
        else:
            findings = [Finding(*_explained(answers.explained.get(name, ""), message), host=name)]
        checks += judge("connection", "Connection", findings, "answers", name)
    return checks


def _explained(text: str, message: str) -> tuple[str, str]:
    """Return detail and remedy for a machine that could be reached and where no module runs."""
    system = " ".join(proc.os_release(text))
    python = re.search(r"^Python (\S+)$", text, re.MULTILINE)
    if not python:
        return f"there is no Python 3 ({system or 'unknown system'})", "Install the package python3."
    return f"no module runs with Python {python[1]} on {system or 'an unknown system'}: {message}", (
        "Install a supported system, or correct ansible_python_interpreter."
    )


def _become(machine: Machine) -> Iterator[Finding]:
    if machine.seen["uid"] != 0:
        yield Finding(
            f"modules run as uid {machine.seen['uid']}", "Set ansible_become: true for the machine.", host=machine.name
        )


def _python(machine: Machine, limits: Limits) -> Iterator[Finding]:
    if _numbers(machine.seen["python"]) < _numbers(limits.python_min):
        yield Finding(
            f"Python {machine.seen['python']}, at least {limits.python_min} is wanted",
            "Install a supported system, or name a newer Python in ansible_python_interpreter.",
            host=machine.name,
        )


def _system(machine: Machine, limits: Limits) -> Iterator[Finding]:
    system = f"{machine.seen['system']} {machine.seen['system_version']}".strip()
    architecture = machine.seen["architecture"]
    if system not in limits.systems:
        yield Finding(
            f"the system is {system or 'unknown'}", f"Install {listed(limits.systems, 'or')}.", host=machine.name
        )
    if architecture not in limits.architectures:
        yield Finding(
            f"the architecture is {architecture}",
            f"Take a machine of architecture {listed(limits.architectures, 'or')}.",
            host=machine.name,
        )


def _init(machine: Machine) -> Iterator[Finding]:
    if machine.seen["init"] != "systemd":
        yield Finding(
            f"the first process is {machine.seen['init'] or 'unknown'}, services need systemd",
            "Boot the machine with systemd.",
            host=machine.name,
        )


def _cpus(machine: Machine, limits: Limits) -> Iterator[Finding]:
    wanted, part = machine.floor(limits.cpus_min)
    if machine.seen["cpus"] < wanted:
        yield Finding(
            f"{counted(machine.seen['cpus'], 'CPU')}, a machine of {part} needs {wanted}",
            f"Give it more, or lower preflight_cpus_min.{part}.",
            host=machine.name,
        )


def _memory(machine: Machine, limits: Limits) -> Iterator[Finding]:
    wanted, part = machine.floor(limits.memory_min_mib)
    if machine.seen["memory_mib"] < wanted:
        yield Finding(
            f"{machine.seen['memory_mib']} MiB, a machine of {part} needs {wanted} MiB",
            f"Give it more, or lower preflight_memory_min_mib.{part}.",
            host=machine.name,
        )


def _disk(machine: Machine, limits: Limits) -> Iterator[Finding]:
    wanted, part = machine.floor(limits.disk_free_min_mib)
    free = machine.seen["disk_free_mib"]
    if free < wanted:
        # What a site has stored is no reason to refuse the next run on it, which may be the one that helps.
        yield Finding(
            f"{free} MiB are free, a machine of {part} needs {wanted} MiB",
            f"Free or add space for /var/lib, or lower preflight_disk_free_min_mib.{part}.",
            host=machine.name,
            kind="warning" if _member(machine) else "refused",
        )


def _sync(machine: Machine, limits: Limits) -> Iterator[Finding]:
    measured = machine.seen["sync_p99_ms"]
    if measured is not None and measured > limits.sync_p99_max_ms:
        yield Finding(
            f"99 of 100 synchronous writes take up to {measured} ms, etcd wants {limits.sync_p99_max_ms:g} ms",
            "Put /var/lib/etcd on an SSD of its own; a slow one delays the whole cluster and loses leaders.",
            host=machine.name,
            kind="warning",
        )


def _sync_seen(machine: Machine) -> str:
    measured = machine.seen["sync_p99_ms"]
    return "not measured: no new etcd comes here" if measured is None else "fast enough"


def _clock(machine: Machine, answers: Answers, limits: Limits) -> Iterator[Finding]:
    # The machine's answer lies between the two readings of the controller's clock; only what is outside is off for sure.
    behind = machine.seen["asked_at"] - machine.seen["time"]
    ahead = machine.seen["time"] - answers.collected_at
    if max(behind, ahead) > limits.clock_skew_max_seconds:
        yield Finding(
            f"{max(behind, ahead):.0f} s {'behind' if behind > ahead else 'ahead of'} the controller's",
            "Let the machine and the controller keep time, with chrony for example, and run this again.",
            host=machine.name,
        )


def _kernel_modules(machine: Machine) -> Iterator[Finding]:
    missing = machine.seen["missing_kernel_modules"]
    if missing and not machine.seen["container"]:
        yield Finding(
            f"the kernel lacks {listed(missing)}",
            "Install the kernel's package of modules, or a kernel that has them, and boot it.",
            host=machine.name,
        )
    elif missing:
        yield Finding(
            f"the machine is a container, and its host's kernel does not show {listed(missing)}",
            host=machine.name,
            kind="not proved",
        )


def _network(machine: Machine, site: Site) -> Iterator[Finding]:
    wanted = addresses.network(site.machine_network) if addresses.available() else None
    if not wanted or not {"load_balancers", "control_plane", "workers"} & {*machine.parts}:
        return
    if machine.seen["interfaces"] is None:
        yield Finding("the program ip is missing", "Install the package iproute2.", host=machine.name)
        return
    vip = site.vip.partition("/")[0]
    own = [text for text in machine.own_addresses if text.partition("/")[0] != vip]
    inside = [text for text in own if wanted.contains(text.partition("/")[0])]
    if not inside:
        yield Finding(
            f"none of its addresses ({', '.join(own) or 'none'}) is in platform_machine_network {wanted.text}",
            "Correct platform_machine_network, or give the machine an address in it.",
            host=machine.name,
        )
    elif "load_balancers" in machine.parts and not any(_reaches(text, vip) for text in inside):
        yield Finding(
            f"no interface's network ({', '.join(inside)}) holds the virtual IP {vip}",
            "Take a virtual IP of the network that the balancers' interfaces are in.",
            host=machine.name,
        )
    if "load_balancers" not in machine.parts and vip in [text.partition("/")[0] for text in machine.own_addresses]:
        yield Finding(
            f"it has the virtual IP {vip} and is no balancer",
            "Remove the address from the machine, or take another platform_vip.",
            host=machine.name,
        )


def _networks_met(machine: Machine, site: Site) -> Iterator[Finding]:
    # A machine of the cluster has the pods' network on interfaces that the network plugin made.
    if _member(machine) or not addresses.available() or not {"control_plane", "workers"} & {*machine.parts}:
        return
    for variable, text in (
        ("platform_pod_network", site.pod_network),
        ("platform_service_network", site.service_network),
    ):
        wanted = addresses.network(text)
        for link in machine.seen["interfaces"] or ():
            for own in filter(None, map(addresses.interface, link["addresses"])):
                if wanted and wanted.overlaps(own.network) and not _PLUGIN_INTERFACE.match(link["name"]):
                    yield Finding(
                        f"its interface {link['name']} is in {own.network.text}, and {variable} is {text}",
                        f"Take another network for {variable}, one that nobody at your site uses.",
                        host=machine.name,
                    )


def _ports(machine: Machine, site: Site) -> Iterator[Finding]:
    ours: dict[int, set[str]] = defaultdict(set)
    for part in machine.parts:
        for claim in site.ports.get(part, ()):
            ours[claim.number].update(claim.processes)
    foreign: dict[tuple[int, str], list[str]] = defaultdict(list)
    for listener in machine.seen["listeners"]:
        process = listener["process"] or KERNEL
        if listener["port"] in ours and process not in ours[listener["port"]]:
            foreign[listener["port"], process].append(listener["address"])
    for (port, process), where in foreign.items():
        yield Finding(
            f"port {port} is taken by {process} on {listed(where)}, and {listed(sorted(ours[port]), 'or')} needs it",
            f"Stop {process} for good, or move it to another port or machine.",
            host=machine.name,
        )


def _cluster(machine: Machine, site: Site, machines: list[Machine]) -> Iterator[Finding]:
    server = str(machine.seen["kubernetes"]["server"])
    if not server:
        return
    host, _colon, port = server.removeprefix("https://").rstrip("/").rpartition(":")
    # A control plane's kubelet may talk to the API server beside it.
    beside = {address.partition("/")[0] for other in machines for address in other.own_addresses}
    if (host, port) != (site.api_name, str(site.api_frontend_port)) and host not in beside | {*site.addresses.values()}:
        yield Finding(
            f"it belongs to the cluster of {server}, not of https://{site.api_name}:{site.api_frontend_port}",
            "Empty it with that cluster's tools (kubeadm reset), or take it out of the inventory. If it is this site's, put"
            " platform_api_name and platform_api_frontend_port back: they can't change later.",
            host=machine.name,
        )


def _running(machine: Machine, site: Site) -> Iterator[Finding]:
    if not _member(machine):
        return
    kubernetes = machine.seen["kubernetes"]
    for version in dict.fromkeys([kubernetes["api_server"], kubernetes["kubelet"]]):
        if version and version != site.kubernetes_version:
            older = _numbers(site.kubernetes_version) < _numbers(version)
            why = "Kubernetes can't go back" if older else "this release of the collection has no upgrade"
            yield Finding(
                f"it runs Kubernetes {version}, and {site.kubernetes_version} is wanted: {why}",
                f"Set release_kubernetes_version to {version}.",
                host=machine.name,
            )


def _together(site: Site, machines: list[Machine]) -> list[_report.Check]:
    """Return what only shows when machines are compared."""
    rules = (
        (
            "machine_ids",
            "Machine ids",
            lambda machine: [machine.seen["machine_id"]],
            "have the same machine id",
            "They are copies. On all but one: rm /etc/machine-id && systemd-machine-id-setup, then reboot.",
        ),
        (
            "host_names",
            "Host names",
            lambda machine: [machine.seen["hostname"].lower()],
            "have the same host name",
            "Give each its own with hostnamectl set-hostname.",
        ),
        (
            "addresses_in_use",
            "Addresses on the machines",
            lambda machine: _in_network(site, machine),
            "have the same address",
            "Give each its own address.",
        ),
    )
    nobody = [] if machines else [Finding("no machine answered", kind="not proved")]
    compared = f"each of {counted(len(machines), 'machine')} has its own"
    return [
        *(
            check
            for identifier, name, of, what, remedy in rules
            for check in judge(identifier, name, [*nobody, *_same(machines, of, what, remedy)], compared)
        ),
        *judge("cluster_ca", "Certificate authority", [*nobody, *_authorities(machines)], "no two clusters"),
    ]


def _same(machines: list[Machine], of: Callable[[Machine], list[str]], what: str, remedy: str) -> Iterator[Finding]:
    owners: dict[str, list[str]] = defaultdict(list)
    for machine in machines:
        for value in of(machine):
            if value:
                owners[value].append(machine.name)
    for value, names in owners.items():
        if len(names) > 1:
            yield Finding(f"{listed(names)} {what}, {value}", remedy)


def _in_network(site: Site, machine: Machine) -> list[str]:
    """Return the machine's addresses in the machines' network: bridges of containers are alike everywhere."""
    network = addresses.network(site.machine_network) if addresses.available() else None
    own = [text.partition("/")[0] for text in machine.own_addresses]
    vip = site.vip.partition("/")[0]
    return [address for address in own if network and network.contains(address) and address != vip]


def _authorities(machines: list[Machine]) -> Iterator[Finding]:
    holders: dict[str, list[str]] = defaultdict(list)
    for machine in machines:
        if _member(machine) and machine.seen["kubernetes"]["ca_sha256"]:
            holders[machine.seen["kubernetes"]["ca_sha256"]].append(machine.name)
    if len(holders) > 1:
        groups = sorted(holders.values(), key=len, reverse=True)
        yield Finding(
            f"the machines belong to {len(groups)} clusters: {'; '.join(', '.join(group) for group in groups)}",
            "Empty those that are not this site's with kubeadm reset, or take them out of the inventory.",
        )


def _reaches(interface: str, address: str) -> bool:
    found = addresses.interface(interface)
    return bool(found and addresses.is_address(address) and found.network.contains(address))


def _member(machine: Machine) -> bool:
    return bool(machine.seen["kubernetes"]["member"])


def _versions(machine: Machine) -> str:
    return (
        str(machine.seen["kubernetes"]["api_server"] or machine.seen["kubernetes"]["kubelet"])
        if _member(machine)
        else ""
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
