# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What keeps a certificate and its key from serving TLS. Runs on the controller, where ansible-core brings cryptography."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Sequence
from typing import Protocol

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

# RFC 1123, 2.1; a wildcard may stand for the first label (RFC 6125, 6.4.3).
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}")


class _PublicKey(Protocol):
    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes: ...


def reasons(name: str, certificate: str, key: str, now: datetime.datetime, host: str = "") -> list[str]:
    """Return why the pair cannot serve, an empty list where it can.

    ``name`` is what the messages call the pair. ``certificate`` is PEM text, the server's own certificate first and the
    chain after it; ``key`` is the PEM text of its private key, which no message repeats. ``now`` has a time zone.
    ``host``, where not empty, is a DNS name or an IPv4 address that the certificate must hold.
    """
    if not HAS_CRYPTOGRAPHY:
        return [f"{name}: the controller's Python lacks the package cryptography, which reads certificates; install it"]
    found: list[str] = []
    chain: list[x509.Certificate] = []
    try:
        chain = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError:
        found.append(f"{name}: the certificate is not PEM text that begins with -----BEGIN CERTIFICATE-----")
    public_key = None
    try:
        public_key = _public_bytes(load_pem_private_key(key.encode(), password=None).public_key())
    except TypeError:
        found.append(f"{name}: the key is encrypted; give it without a passphrase and keep it in a vault")
    except (ValueError, UnsupportedAlgorithm):
        found.append(f"{name}: the key is not the PEM text of a private key")
    if not chain:
        return found
    own = chain[0]
    if public_key is not None and _public_bytes(own.public_key()) != public_key:
        found.append(
            f"{name}: the key does not belong to the certificate (the server's own certificate stands first in a chain)"
        )
    if own.not_valid_after_utc <= now:
        found.append(
            f"{name}: the certificate expired at {own.not_valid_after_utc:%Y-%m-%d %H:%M} UTC; give a valid one"
        )
    if own.not_valid_before_utc > now:
        found.append(
            f"{name}: the certificate is valid only from {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC; check the clock"
        )
    if host:
        names = _names(own)
        if not any(_matches(pattern, host) for pattern in names):
            found.append(f"{name}: the certificate is for {', '.join(names) or 'no DNS name'}, not for {host}")
    return found


def name_reasons(place: str, names: Sequence[str]) -> list[str]:
    """Return why a certificate cannot be made for these names, an empty list where it can.

    ``place`` is what the messages call the list. A name is a DNS name, whose first label may be ``*``, or an IPv4 address.
    """
    if not names:
        return [f"{place}: the list is empty; give the name or the address that clients ask for"]
    return [
        f"{place}: {name!r} is neither a DNS name nor an IPv4 address; write it like hub.example.org"
        for name in names
        if not _is_address(name) and not _is_dns_name(name)
    ]


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _is_dns_name(name: str) -> bool:
    """Say whether clients take the text for a DNS name: one that ends in a number is an address to them, and a wrong one."""
    return len(name) <= 253 and bool(_DNS_NAME.fullmatch(name)) and not name.rpartition(".")[2].isdigit()


def _public_bytes(key: _PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    names = extension.value
    return names.get_values_for_type(x509.DNSName) + [str(one) for one in names.get_values_for_type(x509.IPAddress)]


def _matches(pattern: str, host: str) -> bool:
    """Say whether a certificate's name covers a host; a wildcard stands for one label (RFC 6125, 6.4.3)."""
    pattern, host = pattern.lower(), host.lower()
    if pattern.startswith("*."):
        label, _dot, rest = host.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern == host
