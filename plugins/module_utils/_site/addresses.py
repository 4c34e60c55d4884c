# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""IPv4 addresses and networks as sites write them; the only place that knows netaddr."""

from __future__ import annotations

import re
from dataclasses import dataclass

try:
    import netaddr
except ImportError:
    netaddr = None


@dataclass(frozen=True)
class Network:
    """An IPv4 network without host bits."""

    text: str

    @property
    def prefix(self) -> int:
        """Length of the prefix."""
        return int(netaddr.IPNetwork(self.text).prefixlen)

    @property
    def edges(self) -> tuple[str, ...]:
        """The network's own and its broadcast address; none where the network is too small to have them."""
        whole = netaddr.IPNetwork(self.text)
        return (str(whole.network), str(whole.broadcast)) if whole.broadcast else ()

    def contains(self, address: str) -> bool:
        """Whether an address lies in this network."""
        return netaddr.IPAddress(address) in netaddr.IPNetwork(self.text)

    def holds(self, other: Network) -> bool:
        """Whether all addresses of another network lie in this one."""
        return netaddr.IPNetwork(other.text) in netaddr.IPNetwork(self.text)

    def overlaps(self, other: Network) -> bool:
        """Whether the networks have an address in common."""
        return not netaddr.IPSet([self.text]).isdisjoint(netaddr.IPSet([other.text]))


@dataclass(frozen=True)
class Interface:
    """An IPv4 address with the prefix of its network, as an interface has it."""

    address: str
    prefix: int

    @property
    def network(self) -> Network:
        """The network that the address is in."""
        return Network(str(netaddr.IPNetwork(f"{self.address}/{self.prefix}").cidr))


def available() -> bool:
    """Whether netaddr can be imported."""
    return netaddr is not None


def is_address(text: str) -> bool:
    """Whether the text is an IPv4 address without a prefix."""
    return bool(re.fullmatch(r"[0-9.]+", text) and netaddr.valid_ipv4(text))


def interface(text: str) -> Interface | None:
    """Return the interface of ``192.0.2.1/24``, or None when the text is something else."""
    address, slash, prefix = text.partition("/")
    if not slash or not is_address(address) or not re.fullmatch(r"[0-9]{1,2}", prefix) or int(prefix) > 32:
        return None
    return Interface(address, int(prefix))


def network(text: str) -> Network | None:
    """Return the network of ``192.0.2.0/24``, or None when the text is something else or has host bits."""
    found = interface(text)
    return found.network if found and found.network.text == text else None
