#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: virtual_ip_info
short_description: Ask a network who has an address and who speaks VRRP
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Sends ARP probes for an address and listens to the answers and to VRRP's announcements at the same time.
  - Judges nothing and changes nothing; the probes claim no address, so nobody's ARP table changes (RFC 5227).
  - Announcements that others send to single machines instead of the multicast group can't be heard.
requirements:
  - the right to open raw sockets, so root
extends_documentation_fragment:
  - kubehub.platform._info
options:
  address:
    description: The IPv4 address to ask for.
    type: str
    required: true
  interface:
    description: Name of the network interface to ask on.
    type: str
    required: true
  mac:
    description: The interface's own hardware address.
    type: str
    required: true
  seconds:
    description: How long to listen. VRRP's usual interval is one second, three missed announcements make a new master.
    type: float
    default: 3
"""

EXAMPLES = r"""
- name: Ask who has the virtual IP
  kubehub.platform.virtual_ip_info:
    address: 192.0.2.100
    interface: eth0
    mac: 02:00:00:00:00:11
  become: true
  register: result
"""

RETURN = r"""
owners:
  description: Hardware addresses of those that say that they have the address, this machine left out.
  returned: success
  type: list
  elements: str
announcements:
  description: VRRP announcements that were heard, each C(source) and C(vrrp_id) once.
  returned: success
  type: list
  elements: dict
"""

import select
import socket
import struct
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubehub.platform.plugins.module_utils._site import link

PROBE_EVERY_SECONDS = 0.5


def listen(address: str, interface: str, mac: str, seconds: float) -> tuple[set[str], set[link.Announcement]]:
    """Return the owners of the address and the announcements heard on the interface."""
    owners: set[str] = set()
    announcements: set[link.Announcement] = set()
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(link.ETH_P_ARP)) as arp,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, link.VRRP_PROTOCOL) as vrrp,
    ):
        arp.bind((interface, link.ETH_P_ARP))
        vrrp.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        group = struct.pack("4s4si", socket.inet_aton(link.VRRP_GROUP), bytes(4), socket.if_nametoindex(interface))
        vrrp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        now = next_probe = time.monotonic()
        end = now + seconds
        while now < end:
            if now >= next_probe:
                arp.send(link.arp_probe(mac, address))
                next_probe += PROBE_EVERY_SECONDS
            for ready in select.select([arp, vrrp], [], [], max(0.0, min(next_probe, end) - now))[0]:
                packet = ready.recv(2048)
                owner = link.arp_owner(packet, address) if ready is arp else None
                heard = link.announcement(packet) if ready is vrrp else None
                owners |= {owner} if owner else set()
                announcements |= {heard} if heard else set()
            now = time.monotonic()
    return owners - {mac.lower()}, announcements


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "interface": {"type": "str", "required": True},
            "mac": {"type": "str", "required": True},
            "seconds": {"type": "float", "default": 3.0},
        },
        supports_check_mode=True,
    )
    where = module.params["interface"]
    try:
        owners, announcements = listen(module.params["address"], where, module.params["mac"], module.params["seconds"])
    except OSError as error:
        module.fail_json(msg=f"Asking on {where} who has {module.params['address']}: {error}")
    module.exit_json(
        changed=False,
        owners=sorted(owners),
        announcements=[heard._asdict() for heard in sorted(announcements)],
    )


if __name__ == "__main__":
    main()
