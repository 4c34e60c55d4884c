# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from ansible_collections.kubehub.platform.plugins.module_utils import _certificate

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption | None = None) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def certificate(
    names: Sequence[str] = ("hub.example.org",),
    addresses: Sequence[str] = (),
    since: datetime.datetime = NOW - DAY,
    until: datetime.datetime = NOW + DAY,
) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(until)
    )
    alternatives = [
        *map(x509.DNSName, names),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
    ]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def reasons(text: str, key: str | None = None, host: str = "") -> list[str]:
    return _certificate.reasons("front door", text, pem(KEY) if key is None else key, NOW, host)


def test_a_valid_pair_has_no_reason_against_it() -> None:
    assert reasons(certificate(), host="hub.example.org") == []


def test_the_first_certificate_of_a_chain_counts() -> None:
    assert reasons(certificate() + certificate(until=NOW - DAY / 2)) == []


def test_a_key_of_another_certificate_is_seen() -> None:
    assert reasons(certificate(), pem(ec.generate_private_key(ec.SECP256R1()))) == [
        "front door: the key does not belong to the certificate (the server's own certificate stands first in a chain)"
    ]


def test_an_encrypted_key_is_seen() -> None:
    assert reasons(certificate(), pem(KEY, BestAvailableEncryption(b"secret"))) == [
        "front door: the key is encrypted; give it without a passphrase and keep it in a vault"
    ]


def test_texts_that_are_no_pem_are_seen_both_and_not_repeated() -> None:
    assert reasons("a path", "s3cret") == [
        "front door: the certificate is not PEM text that begins with -----BEGIN CERTIFICATE-----",
        "front door: the key is not the PEM text of a private key",
    ]


def test_the_last_moment_of_validity_is_too_late() -> None:
    assert reasons(certificate(until=NOW)) == [
        "front door: the certificate expired at 2026-06-01 12:00 UTC; give a valid one"
    ]


def test_a_certificate_of_tomorrow_is_seen() -> None:
    assert reasons(certificate(since=NOW + DAY / 2)) == [
        "front door: the certificate is valid only from 2026-06-02 00:00 UTC; check the clock"
    ]


@pytest.mark.parametrize("host", ["hub.example.org", "HUB.example.org", "other.example.net"])
def test_a_certificate_covers_its_names(host: str) -> None:
    assert reasons(certificate(["hub.example.org", "*.example.net"]), host=host) == []


@pytest.mark.parametrize("host", ["example.net", "a.b.example.net", "hub.example.com"])
def test_a_host_that_no_name_covers_is_seen(host: str) -> None:
    assert reasons(certificate(["hub.example.org", "*.example.net"]), host=host) == [
        f"front door: the certificate is for hub.example.org, *.example.net, not for {host}"
    ]


def test_a_certificate_covers_its_addresses() -> None:
    assert reasons(certificate([], addresses=["192.0.2.100"]), host="192.0.2.100") == []


def test_an_address_that_no_certificate_names_is_seen() -> None:
    assert reasons(certificate(addresses=["192.0.2.101"]), host="192.0.2.100") == [
        "front door: the certificate is for hub.example.org, 192.0.2.101, not for 192.0.2.100"
    ]


def test_a_common_name_is_no_dns_name() -> None:
    assert reasons(certificate([]), host="hub") == ["front door: the certificate is for no DNS name, not for hub"]


def test_a_controller_without_cryptography_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_certificate, "HAS_CRYPTOGRAPHY", False)
    assert reasons(certificate()) == [
        "front door: the controller's Python lacks the package cryptography, which reads certificates; install it"
    ]


@pytest.mark.parametrize(
    "name", ["hub", "hub.example.org", "HUB.example.org", "*.example.org", "192.0.2.100", "3com.example"]
)
def test_certificates_are_made_for_dns_names_and_addresses(name: str) -> None:
    assert _certificate.name_reasons("platform_domain", [name]) == []


@pytest.mark.parametrize(
    "name",
    [
        "our hub",
        "https://hub.example.org",
        "hub.example.org:443",
        "hub.example.org.",
        "hub_1.example.org",
        "-hub.example.org",
        "hub.*.org",
        "h\u00fcb.example.org",
        "192.0.2.256",
        "2001:db8::1",
        "a" * 64,
        ".".join(["a" * 63] * 4),
        "hub\n",
        "",
    ],
)
def test_what_is_neither_a_dns_name_nor_an_address_is_refused(name: str) -> None:
    assert _certificate.name_reasons("platform_domain", ["hub.example.org", name]) == [
        f"platform_domain: {name!r} is neither a DNS name nor an IPv4 address; write it like hub.example.org"
    ]


def test_a_certificate_for_nothing_is_refused() -> None:
    assert _certificate.name_reasons("certificate_names", []) == [
        "certificate_names: the list is empty; give the name or the address that clients ask for"
    ]
