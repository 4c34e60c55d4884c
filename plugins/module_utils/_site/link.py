# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Frames and packets on the balancers' network: ARP probes for the virtual IP, VRRP's announcements. Standard library alone."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

ETH_P_ARP = 0x0806
BROADCAST = b"\xff" * 6
VRRP_PROTOCOL = 112
VRRP_GROUP = "224.0.0.18"


class Announcement(NamedTuple):
    """A VRRP announcement that was heard: who sent it, and for which virtual router."""

    source: str
    vrrp_id: int


def arp_probe(mac: str, address: str) -> bytes:
    """Return the frame that asks who has ``address`` without claiming one, as RFC 5227 wants it of a probe."""
    sender = _mac_bytes(mac)
    header = BROADCAST + sender + struct.pack("!H", ETH_P_ARP)
    return header + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + sender + bytes(4) + bytes(6) + socket.inet_aton(address)


def arp_owner(frame: bytes, address: str) -> str | None:
    """Return the MAC address of who says in this frame that it has ``address``; None when the frame says no such thing."""
    if len(frame) < 42 or struct.unpack_from("!H", frame, 12)[0] != ETH_P_ARP:
        return None
    if frame[28:32] != socket.inet_aton(address):
        return None
    return ":".join(f"{byte:02x}" for byte in frame[22:28])


def announcement(packet: bytes) -> Announcement | None:
    """Return the VRRP announcement (version 2 or 3) in an IPv4 packet; None when it is none."""
    if len(packet) < 20 or packet[9] != VRRP_PROTOCOL:
        return None
    start = (packet[0] & 0x0F) * 4
    if len(packet) < start + 8 or packet[start] not in (0x21, 0x31):
        return None
    return Announcement(socket.inet_ntoa(packet[12:16]), packet[start + 1])


def _mac_bytes(mac: str) -> bytes:
    return bytes(int(part, 16) for part in mac.split(":"))
