# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the role haproxy_keepalived refuses, every reason at once. Pure; the shapes are those of the role's inputs.

Limits: VRRP ids and intervals of RFC 5798 (VRRP version 3); names and times of HAProxy's configuration manual
(2.6, chapters 2.5 and 4).
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _certificate

REDIRECTED_PORT = 80
MOST_PEERS = 25
RESERVED_NAMES = ("health", "metrics", "stats")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NAME_RULE = "wanted letters, digits, dots, hyphens and underscores, a letter or digit first"
_TIME = re.compile(r"[1-9][0-9]*(us|ms|s|m|h|d)?")
_TIME_RULE = "wanted a time such as 500ms, 1s or 1h"
_PATH = re.compile(r"/[!-~]*")


@dataclass(frozen=True)
class Interface:
    """A network interface of a machine, with its IPv4 addresses as ``address/prefix``."""

    name: str
    addresses: tuple[str, ...]

    def network_of(self, address: str) -> ipaddress.IPv4Network | None:
        """Return the network in which the interface has this address, None where it has not."""
        for text in self.addresses:
            own = ipaddress.IPv4Interface(text)
            if str(own.ip) == address:
                return own.network
        return None


def interfaces(facts: Mapping[str, Any]) -> list[Interface]:
    """Return the interfaces with IPv4 addresses that Ansible's network facts tell of, in the order of their names."""
    found: dict[str, list[str]] = {}
    for fact in facts.values():
        if isinstance(fact, Mapping) and "device" in fact:
            for entry in (fact.get("ipv4"), *fact.get("ipv4_secondaries", ())):
                if isinstance(entry, Mapping) and "address" in entry:
                    own = ipaddress.IPv4Interface(f"{entry['address']}/{entry['netmask']}")
                    found.setdefault(str(fact["device"]), []).append(str(own))
    return [Interface(name, tuple(addresses)) for name, addresses in sorted(found.items())]


def carrier(facts: Mapping[str, Any], address: str) -> str:
    """Return the name of the interface that carries the address, an empty text where none does."""
    return next((one.name for one in interfaces(facts) if one.network_of(address)), "")


class AddressError(ValueError):
    """A machine whose address cannot be told. The message names the machine and what to set."""


def node_address(name: str, variables: Mapping[str, Any], network: str, vip: str) -> str:
    """Return the IPv4 address at which a machine's services are reached.

    That is its ``platform_node_address``, else the one of its gathered addresses in ``network`` that is not the virtual IP
    ``vip`` (with or without a prefix), else the ``ansible_host`` or the name that it is connected to by.
    Raises AddressError where none of them is an address.
    """
    gathered = [
        address
        for address in variables.get("ansible_facts", {}).get("all_ipv4_addresses", ())
        if ipaddress.IPv4Address(address) in ipaddress.IPv4Network(network) and address != vip.partition("/")[0]
    ]
    for address in (variables.get("platform_node_address"), *gathered, variables.get("ansible_host"), name):
        if address and _is_address(address):
            return str(address)
    raise AddressError(f"{name}: no IPv4 address is known; set platform_node_address for it in the inventory")


def reasons(settings: Mapping[str, Any], facts: Mapping[str, Any], now: datetime.datetime) -> list[str]:
    """Return why a balancer cannot be made of these settings, an empty list where it can.

    ``settings`` are the role's inputs without their prefix. ``facts`` are the machine's network facts. ``now`` has a time
    zone; certificates must be valid then. The messages repeat no key.
    """
    return [
        *_virtual_ip(settings, interfaces(facts)),
        *_vrrp(settings),
        *_endpoints(settings),
        *_frontends(settings),
        *_certificates(settings["certificates"], now),
    ]


def _virtual_ip(settings: Mapping[str, Any], known: Sequence[Interface]) -> Iterator[str]:
    peers, address, vip = settings["peers"], settings["address"], _interface(settings["vip"])
    for peer in peers:
        if not _is_address(peer):
            yield f"peers: {peer!r} is no IPv4 address"
    if len(peers) > MOST_PEERS:
        yield f"peers: {len(peers)} balancers, but VRRP's priorities are for {MOST_PEERS} here"
    yield from (f"peers: {peer} is listed {number} times" for peer, number in _repeated(peers))
    if not address:
        yield (
            f"peers: none of {', '.join(map(str, peers)) or 'an empty list'} is an address of this machine "
            f"({', '.join(text for one in known for text in one.addresses)}); list the addresses of all balancers"
        )
    elif address not in peers:
        yield f"address: {address} is not among the peers {', '.join(map(str, peers))}; list the addresses of all balancers"
    if vip is None or vip.ip in (vip.network.network_address, vip.network.broadcast_address):
        yield f"vip: {settings['vip']!r} is no address of a machine with its prefix, such as 192.0.2.100/24"
        return
    if str(vip.ip) in peers:
        yield f"vip: {vip.ip} is also the address of a balancer; take one that no machine has"
    if address:
        yield from _interface_reasons(settings["interface"], address, vip, known)


def _interface_reasons(
    name: str, address: str, vip: ipaddress.IPv4Interface, known: Sequence[Interface]
) -> Iterator[str]:
    chosen = next((one for one in known if one.name == name), None)
    if chosen is None:
        yield f"interface: {name!r} is not an interface with an IPv4 address; this machine has {', '.join(one.name for one in known)}"
        return
    if chosen.network_of(address) is None:
        yield f"interface: {name} does not carry {address}, this machine's own address; it has {', '.join(chosen.addresses)}"
    elif not any(vip.ip in ipaddress.IPv4Interface(text).network for text in chosen.addresses):
        yield f"vip: {vip.ip} is in no network of the interface {name} ({', '.join(chosen.addresses)})"


def _vrrp(settings: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= int(settings["vrrp_id"]) <= 255:
        yield f"vrrp_id: {settings['vrrp_id']} is not between 1 and 255; take a number that nobody else on the network uses"
    if not 0.01 <= float(settings["advert_interval"]) <= 40.95:
        yield f"advert_interval: {settings['advert_interval']} is not between 0.01 and 40.95 seconds"
    for name in ("check_interval", "check_timeout", "check_fall", "check_rise"):
        if int(settings[name]) < 1:
            yield f"{name}: {settings[name]} is less than 1"
    for name in ("timeout_connect", "timeout_http_request", "timeout_client", "timeout_server", "timeout_tunnel"):
        yield from _time(name, settings[name])
    yield from _time("hard_stop_after", settings["hard_stop_after"])


def _endpoints(settings: Mapping[str, Any]) -> Iterator[str]:
    """Refuse ports out of range, addresses that are none, and two listeners on one port."""
    own = [("health_port", "127.0.0.1", settings["health_port"])]
    for endpoint in ("metrics", "stats"):
        address = settings[f"{endpoint}_address"]
        if address:
            own.append((f"{endpoint}_port", address, settings[f"{endpoint}_port"]))
            if not _is_address(address):
                yield f"{endpoint}_address: {address!r} is no IPv4 address"
    if not _is_address(settings["bind_address"]):
        yield f"bind_address: {settings['bind_address']!r} is no IPv4 address"
    listeners = [*own]
    for frontend in settings["frontends"]:
        listeners.append((f"frontend {frontend['name']}", settings["bind_address"], frontend["port"]))
        if frontend.get("redirect_https") and frontend["port"] != REDIRECTED_PORT:
            listeners.append((f"frontend {frontend['name']}'s redirect", settings["bind_address"], REDIRECTED_PORT))
    for what, _address, port in listeners:
        yield from _port(what, port)
    for position, (what, address, port) in enumerate(listeners):
        for other, other_address, other_port in listeners[:position]:
            if port == other_port and (address == other_address or _is_any(address) or _is_any(other_address)):
                yield f"{other} and {what}: both want port {port} of {other_address if _is_any(address) else address}"


def _frontends(settings: Mapping[str, Any]) -> Iterator[str]:
    frontends = settings["frontends"]
    if not frontends:
        yield "frontends: the list is empty; there is nothing to balance"
    for name, number in _repeated(frontend["name"] for frontend in frontends):
        yield f"frontends: the name {name} is taken {number} times"
    certificates = [certificate["name"] for certificate in settings["certificates"]]
    for frontend in frontends:
        place = f"frontend {frontend['name']}"
        if not _NAME.fullmatch(frontend["name"]):
            yield f"{place}: the name is not one for HAProxy; {_NAME_RULE}"
        if frontend["name"] in RESERVED_NAMES:
            yield f"{place}: the role has a listener of this name itself; take another than {', '.join(RESERVED_NAMES)}"
        yield from _encryption(place, frontend, certificates)
        yield from _backend(place, frontend["backend"])


def _encryption(place: str, frontend: Mapping[str, Any], certificates: Sequence[str]) -> Iterator[str]:
    certificate = frontend.get("certificate")
    if certificate and certificate not in certificates:
        yield f"{place}: the certificate {certificate} is not among the certificates ({', '.join(certificates) or 'none is given'})"
    for key in ("redirect_https", "hsts_seconds"):
        if frontend.get(key) and (not certificate or frontend.get("mode", "tcp") != "http"):
            yield f"{place}: {key} needs mode http and a certificate"
    if int(frontend.get("hsts_seconds") or 0) < 0:
        yield f"{place}: hsts_seconds is {frontend['hsts_seconds']}, less than 0"


def _backend(place: str, backend: Mapping[str, Any]) -> Iterator[str]:
    servers = backend["servers"]
    if not servers:
        yield f"{place}: the backend has no servers"
    for name, number in _repeated(server["name"] for server in servers):
        yield f"{place}: {number} servers are called {name}"
    for server in servers:
        if not _NAME.fullmatch(server["name"]):
            yield f"{place}: the server {server['name']!r} has no name for HAProxy; {_NAME_RULE}"
        if not _is_address(server["address"]):
            yield f"{place}: the server {server['name']} has the address {server['address']!r}, wanted an IPv4 address"
        yield from _port(f"{place}: server {server['name']}", server["port"])
    check = backend.get("check") or {}
    for key in ("host", "status"):
        if check.get(key) and not check.get("path"):
            yield f"{place}: check.{key} needs check.path"
    if check.get("path") and not _PATH.fullmatch(check["path"]):
        yield f"{place}: check.path is {check['path']!r}, wanted a path that begins with / and has no blanks"
    if check.get("status") and not 100 <= int(check["status"]) <= 599:
        yield f"{place}: check.status is {check['status']}, wanted an HTTP status from 100 to 599"
    yield from _time(f"{place}: check.inter", check.get("inter") or "1s")
    for key in ("fall", "rise"):
        if int(check.get(key) or 1) < 1:
            yield f"{place}: check.{key} is {check[key]}, less than 1"


def _certificates(certificates: Sequence[Mapping[str, str]], now: datetime.datetime) -> Iterator[str]:
    for name, number in _repeated(certificate["name"] for certificate in certificates):
        yield f"certificates: the name {name} is taken {number} times"
    for certificate in certificates:
        if not _NAME.fullmatch(certificate["name"]):
            yield f"certificate {certificate['name']!r}: the name is not one for a file; {_NAME_RULE}"
        yield from _certificate.reasons(
            f"certificate {certificate['name']}", certificate["certificate"], certificate["key"], now
        )


def _port(what: str, port: Any) -> Iterator[str]:
    if not 1 <= int(port) <= 65535:
        yield f"{what}: {port} is no port, wanted 1 to 65535"


def _time(what: str, value: Any) -> Iterator[str]:
    if not _TIME.fullmatch(str(value)):
        yield f"{what}: {value!r} is no time for HAProxy; {_TIME_RULE}"


def _repeated(values: Iterable[Any]) -> Iterator[tuple[Any, int]]:
    return ((value, number) for value, number in Counter(values).items() if number > 1)


def _is_address(value: object) -> bool:
    try:
        ipaddress.IPv4Address(str(value))
    except ValueError:
        return False
    return True


def _is_any(address: str) -> bool:
    return _is_address(address) and ipaddress.IPv4Address(address).is_unspecified


def _interface(value: object) -> ipaddress.IPv4Interface | None:
    text = str(value)
    try:
        return ipaddress.IPv4Interface(text) if "/" in text else None
    except ValueError:
        return None
