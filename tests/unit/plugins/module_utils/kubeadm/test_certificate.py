# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import certificate, token
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.errors import KubeadmError

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
KEY = "0123456789abcdef" * 4


def der(tag: int, *parts: bytes) -> bytes:
    """One DER element, by the rules of X.690 and nothing of the code under test."""
    content = b"".join(parts)
    if len(content) < 0x80:
        length = bytes([len(content)])
    else:
        size = (len(content).bit_length() + 7) // 8
        length = bytes([0x80 | size]) + len(content).to_bytes(size, "big")
    return bytes([tag]) + length + content


NUMBER, SEQUENCE = der(0x02, b"\1"), der(0x30)
SPKI = der(0x30, SEQUENCE, der(0x03, b"\0" * 300))
FIELDS = (NUMBER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SPKI)
SIGNATURE = (SEQUENCE, der(0x03, b"\0"))
VERSION = der(0xA0, der(0x02, b"\2"))


def certificate_of(*fields: bytes) -> bytes:
    return der(0x30, der(0x30, *fields), *SIGNATURE)


def pem(data: bytes, label: str = "CERTIFICATE") -> bytes:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n".encode()


@pytest.mark.parametrize("fields", [FIELDS, (VERSION, *FIELDS), (VERSION, *FIELDS, der(0xA3, SEQUENCE))])
def test_the_public_key_is_found_with_and_without_a_version(fields: tuple[bytes, ...]) -> None:
    assert certificate.public_key_info(certificate_of(*fields)) == SPKI
    assert certificate.public_key_hash(certificate_of(*fields)) == "sha256:" + hashlib.sha256(SPKI).hexdigest()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "certificate: wanted one sequence and nothing after it"),
        (certificate_of(*FIELDS) + b"\5\0", "certificate: wanted one sequence and nothing after it"),
        (der(0x30, der(0x30, *FIELDS)), "certificate: wanted the certified part, an algorithm and a signature"),
        (certificate_of(*FIELDS[:5]), "tbsCertificate: wanted a serial number and five sequences up to the public key"),
        (certificate_of(), "tbsCertificate: wanted a serial number and five sequences up to the public key"),
        (certificate_of(*FIELDS[:5], SEQUENCE), "subjectPublicKeyInfo: wanted an algorithm and a bit string"),
        (b"\x30", "certificate: cut short at offset 1: no length"),
        (b"\x30\x05\0", "certificate: cut short at offset 0: 5 bytes announced, 1 left"),
        (b"\x30\x80\0\0", "certificate: length of an unknown form or cut short at offset 1"),
        (b"\x30\x82\x01", "certificate: length of an unknown form or cut short at offset 1"),
        (b"\x30\x85\1\0\0\0\0", "certificate: length of an unknown form or cut short at offset 1"),
        (b"\x30\x81\x05hello", "certificate: length not in its shortest form at offset 1"),
        (b"\x30\x82\x00\xff" + b"\0" * 255, "certificate: length not in its shortest form at offset 1"),
        (b"\x1f\x81\x01\0", "certificate: tag of more than one byte at offset 0, unknown to certificates"),
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(KubeadmError, match=f"^{re.escape(message)}$"):
        certificate.public_key_info(data)


def test_every_certificate_of_a_bundle_counts_once() -> None:
    other = certificate_of(NUMBER, *[SEQUENCE] * 4, der(0x30, SEQUENCE, der(0x03, b"other")))
    bundle = b"# the old one\n" + pem(certificate_of(*FIELDS)) + pem(b"\0", "EC PARAMETERS") + pem(other)
    hashes = certificate.public_key_hashes(bundle + pem(certificate_of(VERSION, *FIELDS)), "ca.crt")
    assert hashes == [
        "sha256:" + hashlib.sha256(SPKI).hexdigest(),
        "sha256:" + hashlib.sha256(der(0x30, SEQUENCE, der(0x03, b"other"))).hexdigest(),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ca.crt holds no certificate in PEM; it has to be the cluster's CA certificate"),
        (
            pem(b"\0", "RSA PRIVATE KEY"),
            "ca.crt holds no certificate in PEM; it has to be the cluster's CA certificate",
        ),
        (
            pem(b"\x30"),
            "ca.crt holds a broken certificate: certificate: cut short at offset 1: no length",
        ),
        (
            b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n",
            "ca.crt holds a broken certificate: Incorrect padding",
        ),
    ],
)
def test_a_file_without_a_whole_certificate_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(KubeadmError, match=f"^{re.escape(message)}$"):
        certificate.public_key_hashes(data, "ca.crt")


def secret(**metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Secret",
        "metadata": {
            "name": "kubeadm-certs",
            "uid": "u1",
            "resourceVersion": "7",
            "ownerReferences": [{"apiVersion": "v1", "kind": "Secret", "name": "bootstrap-token-abcdef", "uid": "t1"}],
            **metadata,
        },
        "data": {"ca.key": "sealed"},
    }


def owner(expires: datetime | None) -> token.Token:
    return token.Token(id="abcdef", secret="0123456789abcdef", description=token.UPLOAD_DESCRIPTION, expires=expires)


def test_an_upload_is_ours_once_it_is_marked() -> None:
    upload = certificate.read_upload(secret())
    assert upload == certificate.Upload(
        uid="u1", resource_version="7", managed=False, owners=("bootstrap-token-abcdef",)
    )
    marked = certificate.mark_managed(secret(labels={"site": "a"}))
    assert marked["metadata"]["labels"] == {"site": "a", "app.kubernetes.io/managed-by": "kubehub.platform"}
    assert {**marked, "metadata": None} == {**secret(), "metadata": None}
    assert certificate.read_upload(marked).managed


@pytest.mark.parametrize(
    ("owners", "expires", "remaining"),
    [
        (("bootstrap-token-abcdef",), NOW + HOUR, HOUR),
        (("bootstrap-token-abcdef",), None, timedelta.max),
        (("bootstrap-token-gone00",), NOW + HOUR, timedelta()),
        ((), NOW + HOUR, timedelta.max),
    ],
)
def test_an_upload_lives_as_long_as_its_owner(
    owners: tuple[str, ...], expires: datetime | None, remaining: timedelta
) -> None:
    upload = certificate.Upload(uid="u1", resource_version="7", managed=True, owners=owners)
    assert upload.remaining([owner(expires)], NOW) == remaining


UPLOAD = certificate.Upload(uid="u1", resource_version="7", managed=True, owners=("bootstrap-token-abcdef",))
STORED = certificate.StoredKey(certificate_key=KEY, uid="u1", resource_version="7")


@pytest.mark.parametrize(
    ("upload", "stored", "left", "usable"),
    [
        (UPLOAD, STORED, HOUR, True),
        (UPLOAD, STORED, HOUR / 2, True),
        (UPLOAD, STORED, HOUR / 2 - timedelta(seconds=1), False),
        (UPLOAD, STORED, -HOUR, False),
        (None, STORED, HOUR, False),
        (UPLOAD, None, HOUR, False),
        (UPLOAD, certificate.StoredKey(certificate_key=KEY, uid="u2", resource_version="7"), HOUR, False),
        (UPLOAD, certificate.StoredKey(certificate_key=KEY, uid="u1", resource_version="8"), HOUR, False),
    ],
)
def test_an_upload_is_reused_only_with_its_own_key_and_enough_time(
    upload: certificate.Upload | None, stored: certificate.StoredKey | None, left: timedelta, usable: bool
) -> None:
    key = certificate.usable_key(upload, stored, [owner(NOW + left)], now=NOW, at_least=HOUR / 2)
    assert key == (KEY if usable else None)


def test_a_keys_file_is_read_back_and_shows_its_key_nowhere_else() -> None:
    assert certificate.parse_key(certificate.format_key(STORED)) == STORED
    assert KEY not in repr(STORED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        certificate.format_key(STORED)[:40],
        "[]",
        json.dumps({"certificate_key": KEY}),
        json.dumps({"certificate_key": "short", "uid": "u1", "resource_version": "7"}),
        json.dumps({"certificate_key": KEY, "uid": "u1", "resource_version": 7}),
    ],
)
def test_half_a_keys_file_is_none(text: str) -> None:
    assert certificate.parse_key(text) is None
