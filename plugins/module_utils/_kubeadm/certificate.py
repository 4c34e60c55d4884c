# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The CA's public-key hash, and the control plane's certificates that kubeadm uploads for joining control planes.

The hash is what ``kubeadm join`` pins: SHA-256 over the DER of the certificate's SubjectPublicKeyInfo (RFC 5280, 4.1;
DER: X.690). Machines have no cryptography package, so the few structures on the way are read here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from .errors import KubeadmError
from .token import Token

CERTS_SECRET = "kubeadm-certs"
MANAGED_LABEL = ("app.kubernetes.io/managed-by", "kubehub.platform")
# kubeadm's DefaultCertTokenDuration: uploaded certificates go with their owner, a token of this lifetime.
UPLOAD_LIFETIME = timedelta(hours=2)

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----")
_KEY = re.compile(r"[0-9a-f]{64}")

_NEVER = datetime.max.replace(tzinfo=timezone.utc)
_INTEGER, _BIT_STRING, _SEQUENCE, _VERSION = 0x02, 0x03, 0x30, 0xA0


@dataclass(frozen=True)
class Element:
    """One DER element: its tag, the whole encoding with tag and length, and the content alone."""

    tag: int
    encoding: bytes
    content: bytes


def read_elements(data: bytes, what: str) -> list[Element]:
    """The DER elements that ``data`` consists of, without their insides. ``what`` names the place in errors."""
    elements = []
    position = 0
    while position < len(data):
        start, tag = position, data[position]
        if tag & 0x1F == 0x1F:
            raise KubeadmError(f"{what}: tag of more than one byte at offset {start}, unknown to certificates")
        length, position = _read_length(data, position + 1, what)
        if length > len(data) - position:
            raise KubeadmError(
                f"{what}: cut short at offset {start}: {length} bytes announced, {len(data) - position} left"
            )
        elements.append(Element(tag, data[start : position + length], data[position : position + length]))
        position += length
    return elements


def public_key_info(der: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate, as it stands there."""
    outer = read_elements(der, "certificate")
    if [element.tag for element in outer] != [_SEQUENCE]:
        raise KubeadmError("certificate: wanted one sequence and nothing after it")
    parts = read_elements(outer[0].content, "certificate")
    if [element.tag for element in parts] != [_SEQUENCE, _SEQUENCE, _BIT_STRING]:
        raise KubeadmError("certificate: wanted the certified part, an algorithm and a signature")
    fields = read_elements(parts[0].content, "tbsCertificate")
    if fields and fields[0].tag == _VERSION:
        del fields[0]
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    if [element.tag for element in fields[:6]] != [_INTEGER] + [_SEQUENCE] * 5:
        raise KubeadmError("tbsCertificate: wanted a serial number and five sequences up to the public key")
    key = read_elements(fields[5].content, "subjectPublicKeyInfo")
    if [element.tag for element in key] != [_SEQUENCE, _BIT_STRING]:
        raise KubeadmError("subjectPublicKeyInfo: wanted an algorithm and a bit string")
    return fields[5].encoding


def public_key_hash(der: bytes) -> str:
    """The hash that ``kubeadm join`` pins, as ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(public_key_info(der)).hexdigest()


def public_key_hashes(pem: bytes, path: str) -> list[str]:
    """The hash of each certificate of a PEM file, in its order and each once: more than one while a CA is replaced."""
    hashes: dict[str, None] = {}
    for label, body in _PEM.findall(pem):
        if label == b"CERTIFICATE":
            try:
                hashes[public_key_hash(base64.b64decode(b"".join(body.split()), validate=True))] = None
            except (KubeadmError, ValueError) as error:
                raise KubeadmError(f"{path} holds a broken certificate: {error}") from error
    if not hashes:
        raise KubeadmError(f"{path} holds no certificate in PEM; it has to be the cluster's CA certificate")
    return list(hashes)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The Secret ``kubeadm-certs`` as far as it matters here; its content is encrypted with a key that is not in it.

    ``owners`` are the names of the token Secrets with which the garbage collector removes it.
    """

    uid: str
    resource_version: str
    managed: bool
    owners: tuple[str, ...]

    def owner(self, tokens: Iterable[Token]) -> Token | None:
        """The living owner that goes last, or None when every owner is gone and the upload with them."""
        owners = [token for token in tokens if token.name in self.owners]
        return max(owners, key=lambda token: token.expires or _NEVER, default=None)

    def remaining(self, tokens: Iterable[Token], now: datetime) -> timedelta:
        """How long it can still be fetched."""
        if not self.owners:
            return timedelta.max
        owner = self.owner(tokens)
        return owner.remaining(now) if owner else timedelta()


@dataclass(frozen=True, kw_only=True)
class StoredKey:
    """A certificate key, kept on the control plane that made it, and the very upload that it opens."""

    certificate_key: str = field(repr=False)
    uid: str
    resource_version: str


def read_upload(secret: Mapping[str, Any]) -> Upload:
    """Reads the Secret's metadata."""
    metadata = secret["metadata"]
    label, value = MANAGED_LABEL
    return Upload(
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        managed=metadata.get("labels", {}).get(label) == value,
        owners=tuple(owner["name"] for owner in metadata.get("ownerReferences", []) if owner["kind"] == "Secret"),
    )


def mark_managed(secret: Mapping[str, Any]) -> dict[str, Any]:
    """The Secret with our label: it says in the cluster, to every control plane, whose upload this is."""
    label, value = MANAGED_LABEL
    metadata = secret["metadata"]
    labels = {**metadata.get("labels", {}), label: value}
    return {**secret, "metadata": {**metadata, "labels": labels}}


def format_key(key: StoredKey) -> str:
    """The text of the key's file."""
    return (
        json.dumps(
            {
                "certificate_key": key.certificate_key,
                "uid": key.uid,
                "resource_version": key.resource_version,
            }
        )
        + "\n"
    )


def parse_key(text: str) -> StoredKey | None:
    """The inverse of format_key; None when the file is not ours or only half of it, which makes a new upload."""
    try:
        stored = json.loads(text)
    except ValueError:
        return None
    if not isinstance(stored, dict) or set(stored) != {"certificate_key", "uid", "resource_version"}:
        return None
    if not all(isinstance(value, str) for value in stored.values()) or not _KEY.fullmatch(stored["certificate_key"]):
        return None
    return StoredKey(**stored)


def usable_key(
    upload: Upload | None,
    key: StoredKey | None,
    tokens: Iterable[Token],
    *,
    now: datetime,
    at_least: timedelta,
) -> str | None:
    """The key of an upload that lives long enough, or None: then the certificates have to be uploaded with a new key.

    A key can't be read back from the cluster, so an upload whose key is not here is worth nothing. The key fits only
    the upload that it was stored with: whoever uploads anew or touches it changes its resource version.
    """
    if upload is None or key is None:
        return None
    if (key.uid, key.resource_version) != (upload.uid, upload.resource_version):
        return None
    remaining = upload.remaining(list(tokens), now)
    return key.certificate_key if remaining > timedelta() and remaining >= at_least else None


def _read_length(data: bytes, position: int, what: str) -> tuple[int, int]:
    """The length at a position and the position after it: definite and in its shortest form, as DER demands."""
    if position >= len(data):
        raise KubeadmError(f"{what}: cut short at offset {position}: no length")
    first = data[position]
    position += 1
    if first < 0x80:
        return first, position
    size = first & 0x7F
    encoded = data[position : position + size]
    if not 0 < size <= 4 or len(encoded) < size:
        raise KubeadmError(f"{what}: length of an unknown form or cut short at offset {position - 1}")
    length = int.from_bytes(encoded, "big")
    if length < 0x80 or encoded[0] == 0:
        raise KubeadmError(f"{what}: length not in its shortest form at offset {position - 1}")
    return length, position + size
