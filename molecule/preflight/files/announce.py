# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Announces a virtual router (VRRPv3) from an address, with an id, while a file exists: somebody else's balancer."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

address, vrrp_id, while_exists = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
packet = bytes([0x31, vrrp_id, 100, 1, 0, 30, 0, 0]) + socket.inet_aton(address)
with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as vrrp:
    vrrp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    vrrp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    while while_exists.exists():
        vrrp.sendto(packet, ("224.0.0.18", 0))
        time.sleep(0.3)
