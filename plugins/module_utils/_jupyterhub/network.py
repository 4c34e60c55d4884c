# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Where notebooks may connect to: rules of a NetworkPolicy. Pure.

NFS believes a client's address and user id, so whoever reaches the file server from a notebook reads every home. Everything that is
the site's own is therefore denied, and a network that the site opens must not touch it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

METADATA = "169.254.0.0/16"
"""Link-local addresses; the metadata service of clouds is among them."""
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""RFC 1918, and RFC 6598's space for carriers."""


def own_networks(settings: Mapping[str, Any]) -> list[ipaddress.IPv4Network]:
    """Return the networks of machines, pods and services, and the addresses of the file servers."""
    texts = [settings[f"{name}_network"] for name in ("machine", "pod", "service")]
    texts += [f"{settings[key]}/32" for key in ("homes_server", "shared_server") if settings.get(key)]
    return [ipaddress.IPv4Network(text) for text in texts]


def egress(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rules beside those for DNS and the hub, which are the chart's own."""
    rules: list[dict[str, Any]] = []
    if settings["internet"]:
        denied = [*own_networks(settings), *map(ipaddress.IPv4Network, (*PRIVATE, METADATA))]
        excepted = [str(network) for network in ipaddress.collapse_addresses(denied)]
        rules.append({"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": excepted}}]})
    for allowed in settings["egress_allowed"]:
        rule: dict[str, Any] = {"to": [{"ipBlock": {"cidr": str(ipaddress.IPv4Network(allowed["network"]))}}]}
        if allowed.get("ports"):
            rule["ports"] = [{"port": int(port), "protocol": "TCP"} for port in allowed["ports"]]
        rules.append(rule)
    return rules


def reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield why the rules cannot be made, or would open what they must close."""
    own: list[ipaddress.IPv4Network] = []
    for name in ("machine", "pod", "service"):
        network = _network(settings[f"{name}_network"])
        if network is None:
            yield f"{name}_network: {settings[f'{name}_network']!r} is no network, wanted one such as 192.0.2.0/24"
        else:
            own.append(network)
    for key in ("homes_server", "shared_server"):
        if settings.get(key):
            server = _network(f"{settings[key]}/32")
            if server is None:
                yield f"{key}: {settings[key]!r} is no IPv4 address; policies and volumes name the file server by its address"
            else:
                own.append(server)
    for allowed in settings["egress_allowed"]:
        network = _network(allowed["network"])
        if network is None:
            yield f"egress_allowed: {allowed['network']!r} is no network, wanted one such as 198.51.100.7/32"
            continue
        for closed in own:
            if network.overlaps(closed):
                yield f"egress_allowed: {network} overlaps {closed}, which must stay closed to notebooks; name only what lies outside"
        for port in allowed.get("ports") or ():
            if not 1 <= int(port) <= 65535:
                yield f"egress_allowed: {network}: {port} is no port, wanted 1 to 65535"


def _network(text: object) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(str(text))
    except ValueError:
        return None
