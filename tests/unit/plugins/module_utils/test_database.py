# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import ipaddress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ansible_collections.kubehub.platform.plugins.module_utils import _database

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub-database")])
    address = x509.IPAddress(ipaddress.ip_address("192.0.2.41"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.SubjectAlternativeName([address]), False)
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


GOOD: dict[str, Any] = {
    "address": "192.0.2.41",
    "clients": ["192.0.2.0/24", "192.0.2.31/32"],
    "name": "jupyterhub",
    "port": 5432,
    "dump_directory": "/var/backups/hub-database",
    "dumps_kept": 14,
    "certificate": certificate(),
    "certificate_key": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
}
NETWORK = "wanted one such as 192.0.2.0/24, or 192.0.2.31/32 for a single machine"
PLAIN = "wanted at most 50 lower-case letters, digits and underscores, no digit first"


def reasons(now: datetime.datetime = NOW, **settings: Any) -> list[str]:
    return _database.reasons(GOOD | settings, now)


def test_good_settings_have_no_reason_against_them() -> None:
    assert reasons() == []


@pytest.mark.parametrize("client", ["192.0.2.31", "192.0.2.31/24", "w1", "2001:db8::/32", ""])
def test_a_client_that_is_no_network_is_refused(client: str) -> None:
    assert reasons(clients=[client]) == [f"clients: {client!r} is no IPv4 network, {NETWORK}"]


def test_a_database_for_everybody_is_refused() -> None:
    assert reasons(clients=["0.0.0.0/0"]) == [
        "clients: 0.0.0.0/0 lets everybody in; list the networks of the cluster's machines"
    ]


def test_a_database_for_nobody_is_refused() -> None:
    assert reasons(clients=[]) == [
        "clients: the list is empty, so nobody could log in; list the networks of the cluster's machines"
    ]


@pytest.mark.parametrize("name", ["JupyterHub", "jupyter-hub", "1hub", "hub; DROP", "a" * 51, ""])
def test_a_name_that_needs_quotes_is_refused(name: str) -> None:
    assert reasons(name=name) == [f"name: {name!r} is no plain name of a database, {PLAIN}"]


@pytest.mark.parametrize("name", ["postgres", "template1", "all", "pg_hub"])
def test_a_name_of_postgresql_s_own_is_refused(name: str) -> None:
    assert reasons(name=name) == [f"name: {name!r} is PostgreSQL's own; take another, such as jupyterhub"]


def test_a_certificate_for_another_address_that_has_expired_is_refused() -> None:
    assert reasons(NOW + DAY, address="192.0.2.42") == [
        "certificate: the certificate expired at 2026-06-02 12:00 UTC; give a valid one",
        "certificate: the certificate is for 192.0.2.41, not for 192.0.2.42",
    ]


def test_all_reasons_are_given_at_once() -> None:
    assert reasons(
        port=0,
        dumps_kept=0,
        dump_directory="/var/'$(reboot)'",
        address="our server",
        certificate="a",
        certificate_key="s3cret",
    ) == [
        "port: 0 is no port, wanted 1 to 65535",
        (
            "dump_directory: \"/var/'$(reboot)'\" is no absolute path of letters, digits, dots, hyphens, underscores and "
            "slashes"
        ),
        "dumps_kept: 0 is less than 1",
        "address: 'our server' is neither a DNS name nor an IPv4 address; write it like hub.example.org",
        "certificate: the certificate is not PEM text that begins with -----BEGIN CERTIFICATE-----",
        "certificate: the key is not the PEM text of a private key",
    ]
