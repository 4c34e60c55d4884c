# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import re
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import certificate, command, plan, token
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.errors import KubeadmError

OURS = token.DEFAULT_DESCRIPTION
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)

IDS = st.text(token.ALPHABET, min_size=6, max_size=6)
SECRETS = st.text(token.ALPHABET, min_size=16, max_size=16)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(timezone.utc))
# Around now, where the decisions are made.
NEAR = st.integers(-200_000, 200_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
DESCRIPTIONS = st.sampled_from(["", OURS, token.INIT_DESCRIPTION, token.UPLOAD_DESCRIPTION, "by hand", "müde\n"])
TOKENS = st.builds(
    token.Token,
    id=IDS,
    secret=SECRETS,
    description=DESCRIPTIONS,
    expires=st.none() | NEAR,
    usages=st.sampled_from([(), ("authentication",), token.USAGES]),
    groups=st.sampled_from([(), token.GROUPS, (*token.GROUPS, "system:bootstrappers:site")]),
)
CLUSTERS = st.lists(TOKENS, max_size=5, unique_by=lambda one: one.id)
DURATIONS = st.integers(1, 200_000).map(lambda seconds: timedelta(seconds=seconds))
REVOKES: st.SearchStrategy[token.Revoke] = st.sampled_from(["managed", "kubeadm", "all"])
KEYS = st.text("0123456789abcdef", min_size=64, max_size=64)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(TOKENS)
def test_reading_is_the_inverse_of_writing_a_secret(one: token.Token) -> None:
    """from_secret(json(to_secret(t))) == t"""
    assert token.from_secret(json.loads(json.dumps(token.to_secret(one)))) == one


@given(TIMES)
def test_reading_is_the_inverse_of_writing_a_time(time: datetime) -> None:
    """parse_time(format_time(t)) == t to the second, and the text is RFC 3339 as Go writes it."""
    text = token.format_time(time)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    assert token.parse_time(text) == time.replace(microsecond=0)


@given(st.text("0123456789-+:.TZ ", max_size=30) | st.text(max_size=30))
@example("9999-12-31T23:59:59-23:59")
@example("0001-01-01T00:00:00+23:59")
@example("2026-11-24T12:00:00+99:99")
def test_a_text_is_a_time_or_the_typed_error(text: str) -> None:
    """parse_time raises KubeadmError or returns an aware time."""
    with contextlib.suppress(KubeadmError):
        assert token.parse_time(text).utcoffset() == timedelta()


@given(DURATIONS)
def test_reading_is_the_inverse_of_writing_a_duration(duration: timedelta) -> None:
    """parse_duration(format_duration(d)) == d"""
    assert token.parse_duration(token.format_duration(duration), "ttl") == duration


@given(CLUSTERS, NEAR, DURATIONS)
def test_what_is_reused_is_managed_and_lives_long_enough(
    tokens: list[token.Token], now: datetime, at_least: timedelta
) -> None:
    """The chosen token is ours, can join, has not expired and lives at least so long; none is chosen only if none does."""
    chosen = token.select(tokens, description=OURS, now=now, at_least=at_least)
    fit = [
        one
        for one in tokens
        if one.description == OURS
        and {"authentication", "signing"} <= set(one.usages)
        and "system:bootstrappers:kubeadm:default-node-token" in one.groups
        and (one.expires is None or one.expires >= now + at_least)
    ]
    assert (chosen in fit) if fit else (chosen is None)


@given(CLUSTERS, NEAR)
def test_an_expired_token_is_never_reused(tokens: list[token.Token], now: datetime) -> None:
    """Not even when no remaining lifetime is asked for."""
    chosen = token.select(tokens, description=OURS, now=now, at_least=timedelta())
    assert chosen is None or chosen.expires is None or chosen.expires > now


@given(CLUSTERS, st.randoms(use_true_random=False))
def test_the_order_of_the_list_decides_nothing(tokens: list[token.Token], shuffle: random.Random) -> None:
    """select(shuffle(ts)) == select(ts)"""
    shuffled = list(tokens)
    shuffle.shuffle(shuffled)
    choices = [token.select(each, description=OURS, now=NOW, at_least=timedelta()) for each in (tokens, shuffled)]
    assert choices[0] == choices[1]


@given(CLUSTERS, st.integers())
def test_a_new_token_is_one_that_would_be_reused(tokens: list[token.Token], seed: int) -> None:
    """A generated token is new, well-formed, survives its Secret, and is good enough for the run that made it."""
    taken = {one.id for one in tokens}
    expires = NOW + timedelta(hours=2)
    new = token.generate(random.Random(seed).choice, taken, description=OURS, expires=expires)
    assert new.id not in taken
    assert re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", token.format_token(new))
    assert token.from_secret(token.to_secret(new)) == new
    assert token.select([new], description=OURS, now=NOW, at_least=timedelta(hours=2)) == new


@given(CLUSTERS, REVOKES)
def test_revocation_grows_and_leaves_nothing_of_its_kind(tokens: list[token.Token], revoke: token.Revoke) -> None:
    """managed <= kubeadm <= all, every managed token goes in each, and a second time finds nothing."""
    reach = [
        {one.id for one in token.revoked(tokens, description=OURS, revoke=kind)}
        for kind in ("managed", "kubeadm", "all")
    ]
    assert reach[0] <= reach[1] <= reach[2] == {one.id for one in tokens}
    gone = token.revoked(tokens, description=OURS, revoke=revoke)
    left = [one for one in tokens if one not in gone]
    assert token.revoked(left, description=OURS, revoke=revoke) == []
    assert token.select(left, description=OURS, now=NOW, at_least=timedelta()) is None


@st.composite
def founds(draw: st.DrawFn) -> plan.Found:
    tokens = draw(CLUSTERS)
    names = [one.name for one in tokens]
    upload = draw(
        st.none()
        | st.builds(
            certificate.Upload,
            uid=st.sampled_from(["u1", "u2"]),
            resource_version=st.sampled_from(["7", "8"]),
            managed=st.booleans(),
            owners=st.lists(st.sampled_from([*names, "bootstrap-token-gone00"]), max_size=2).map(tuple),
        )
    )
    key = draw(
        st.none()
        | st.builds(
            certificate.StoredKey,
            certificate_key=KEYS,
            uid=st.sampled_from(["u1", "u2"]),
            resource_version=st.sampled_from(["7", "8"]),
        )
    )
    return plan.Found(tokens=tokens, upload=upload, key=key, key_file=key is not None)


@given(founds(), st.booleans(), DURATIONS, NEAR)
def test_a_plan_and_its_difference_agree_and_tell_no_secret(
    found: plan.Found, control_plane: bool, at_least: timedelta, now: datetime
) -> None:
    """changed == (before != after), except that an upload that replaces another of the same life looks the same."""
    wanted = plan.Wanted(description=OURS, ttl=at_least, at_least=at_least, control_plane=control_plane)
    join = plan.plan_join(found, wanted, now)
    diff = plan.join_diff(found, wanted, join)
    assert join.changed or diff["before"] == diff["after"]
    if join.token is None:
        assert diff["before"] != diff["after"]
    text = json.dumps(diff)
    assert not any(one.secret in text for one in found.tokens)
    assert found.key is None or found.key.certificate_key not in text
    if not control_plane:
        assert not join.upload
        assert join.certificate_key is None


@given(founds(), DURATIONS, NEAR)
def test_a_key_is_returned_only_for_the_upload_that_it_opens(
    found: plan.Found, at_least: timedelta, now: datetime
) -> None:
    """A reused key is the stored one, its upload is still there unchanged, and lives at least so long."""
    wanted = plan.Wanted(description=OURS, ttl=at_least, at_least=at_least, control_plane=True)
    join = plan.plan_join(found, wanted, now)
    assert join.upload == (join.certificate_key is None)
    if join.certificate_key is not None:
        assert found.upload is not None
        assert found.key is not None
        assert join.certificate_key == found.key.certificate_key
        assert (found.key.uid, found.key.resource_version) == (found.upload.uid, found.upload.resource_version)
        assert join.certificates_expire is None or join.certificates_expire >= now + at_least


@given(founds(), REVOKES)
def test_after_a_removal_there_is_nothing_to_remove(found: plan.Found, revoke: token.Revoke) -> None:
    """plan(apply(plan(f), f)) is empty, and changed == (before != after)."""
    removal = plan.plan_removal(found, description=OURS, revoke=revoke)
    diff = plan.removal_diff(found, removal)
    assert removal.changed == (diff["before"] != diff["after"])
    left = plan.Found(
        tokens=[one for one in found.tokens if one.name not in removal.secrets],
        upload=None if removal.certificates else found.upload,
    )
    assert not plan.plan_removal(left, description=OURS, revoke=revoke).changed


@given(st.builds(certificate.StoredKey, certificate_key=KEYS, uid=WORDS, resource_version=WORDS))
def test_reading_is_the_inverse_of_writing_a_key(key: certificate.StoredKey) -> None:
    """parse_key(format_key(k)) == k, and no proper beginning of the file is read as a key."""
    text = certificate.format_key(key)
    assert certificate.parse_key(text) == key
    assert all(certificate.parse_key(text[:end]) is None for end in range(len(text) - 1))


@given(st.text(max_size=80))
def test_any_text_is_a_key_or_none(text: str) -> None:
    """parse_key never fails."""
    assert certificate.parse_key(text) is None


def _element(tag: int, content: bytes) -> bytes:
    size = (len(content).bit_length() + 7) // 8
    length = bytes([len(content)]) if len(content) < 0x80 else bytes([0x80 | size]) + len(content).to_bytes(size, "big")
    return bytes([tag]) + length + content


ELEMENTS = st.lists(
    st.tuples(st.integers(0, 255).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=300)), max_size=6
)


@given(ELEMENTS)
def test_der_is_read_back(elements: list[tuple[int, bytes]]) -> None:
    """read(encode(es)) == es, and the encodings together are the input."""
    data = b"".join(_element(tag, content) for tag, content in elements)
    read = certificate.read_elements(data, "here")
    assert [(element.tag, element.content) for element in read] == elements
    assert b"".join(element.encoding for element in read) == data


@given(st.binary(max_size=400))
def test_random_bytes_are_elements_or_the_typed_error(data: bytes) -> None:
    """read_elements and public_key_info raise nothing but KubeadmError, and what is read covers every byte once."""
    with contextlib.suppress(KubeadmError):
        assert b"".join(element.encoding for element in certificate.read_elements(data, "here")) == data
    with pytest.raises(KubeadmError):
        certificate.public_key_info(data)


def _authority(kind: str, serial: int) -> x509.Certificate:
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(65537, 2048)
    elif kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind])
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial, NOW, NOW + timedelta(days=3650))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, None if kind == "ed25519" else hashes.SHA256())


AUTHORITIES = [_authority(kind, serial) for serial, kind in enumerate(("rsa", "p256", "p384", "p521", "ed25519"), 1)]


@given(st.lists(st.sampled_from(AUTHORITIES), min_size=1, max_size=4, unique=True))
def test_the_hash_is_that_of_a_full_x509_library(authorities: list[x509.Certificate]) -> None:
    """Of any bundle of RSA, EC and Ed25519 certificates, the hashes agree with those of the cryptography package."""
    wanted = [
        "sha256:"
        + hashlib.sha256(one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
        for one in authorities
    ]
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in authorities)
    assert certificate.public_key_hashes(pem, "ca.crt") == wanted


@given(st.sampled_from(AUTHORITIES), st.data())
def test_a_damaged_certificate_is_read_or_the_typed_error(authority: x509.Certificate, data: st.DataObject) -> None:
    """One changed byte anywhere, or the end cut off, raises nothing but KubeadmError."""
    der = bytearray(authority.public_bytes(Encoding.DER))
    position = data.draw(st.integers(0, len(der) - 1))
    cut = bytes(der[:position])
    with pytest.raises(KubeadmError):
        certificate.public_key_info(cut)
    der[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(KubeadmError):
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", certificate.public_key_hash(bytes(der)))


@given(st.text(max_size=60), TOKENS, KEYS, st.text(max_size=60))
def test_no_message_tells_a_secret(before: str, one: token.Token, key: str, after: str) -> None:
    """Whatever a command says, explain passes on neither a whole token nor a certificate key."""
    said = command.explain("This", f"{before} {token.format_token(one)} {key} {after}", "admin.conf")
    assert token.format_token(one) not in said
    assert key not in said
