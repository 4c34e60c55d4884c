# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the role hub_database refuses, every reason at once. Pure; the shapes are those of the role's inputs.

Limits: names of PostgreSQL's manual (chapter "Identifiers and Key Words": 63 bytes), less what a restore appends.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _certificate

# Plain identifiers, so that they stand unquoted in SQL, in pg_hba.conf and in file names.
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,49}")
# What PostgreSQL has already, and the words that pg_hba.conf reads as something else.
_RESERVED = ("all", "postgres", "replication", "samegroup", "samerole", "sameuser", "template0", "template1")
_PATH = re.compile(r"/[A-Za-z0-9._/-]+")


def reasons(settings: Mapping[str, Any], now: datetime.datetime) -> list[str]:
    """Return why the hub's database cannot be made of these settings, an empty list where it can.

    ``settings`` are the role's inputs without their prefix. ``now`` has a time zone; the certificate must be valid then.
    The messages repeat no key.
    """
    return [
        *_clients(settings["clients"]),
        *_names(settings),
        *_certificate.name_reasons("address", [settings["address"]]),
        *_certificate.reasons(
            "certificate", settings["certificate"], settings["certificate_key"], now, settings["address"]
        ),
    ]


def _clients(clients: Sequence[str]) -> Iterator[str]:
    if not clients:
        yield "clients: the list is empty, so nobody could log in; list the networks of the cluster's machines"
    for client in clients:
        try:
            network = ipaddress.IPv4Network(client)
        except ValueError:
            network = None
        if network is None or "/" not in client:
            yield f"clients: {client!r} is no IPv4 network, wanted one such as 192.0.2.0/24, or 192.0.2.31/32 for a single machine"
        elif network.prefixlen == 0:
            yield f"clients: {client} lets everybody in; list the networks of the cluster's machines"


def _names(settings: Mapping[str, Any]) -> Iterator[str]:
    name = settings["name"]
    if not _NAME.fullmatch(name):
        yield (
            f"name: {name!r} is no plain name of a database, wanted at most 50 lower-case letters, digits and underscores, "
            "no digit first"
        )
    elif name in _RESERVED or name.startswith("pg_"):
        yield f"name: {name!r} is PostgreSQL's own; take another, such as jupyterhub"
    if not 1 <= int(settings["port"]) <= 65535:
        yield f"port: {settings['port']} is no port, wanted 1 to 65535"
    if not _PATH.fullmatch(settings["dump_directory"]):
        yield (
            f"dump_directory: {settings['dump_directory']!r} is no absolute path of letters, digits, dots, hyphens, underscores and "
            "slashes"
        )
    if int(settings["dumps_kept"]) < 1:
        yield f"dumps_kept: {settings['dumps_kept']} is less than 1"
