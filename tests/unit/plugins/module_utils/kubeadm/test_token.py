# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import token
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.errors import KubeadmError

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
OURS = "kubehub.platform: lets machines join, revoked after the run"


def make(identifier: str = "abcdef", **changes: Any) -> token.Token:
    values: dict[str, Any] = {
        "id": identifier,
        "secret": "0123456789abcdef",
        "description": OURS,
        "expires": NOW + HOUR,
        "usages": token.USAGES,
        "groups": token.GROUPS,
        **changes,
    }
    return token.Token(**values)


def secret(**data: str) -> dict[str, Any]:
    """The Secret of a token as the API server returns it, with these data changed; an empty text removes one."""
    full = {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "description": OURS,
        "expiration": "2026-11-24T13:00:00Z",
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        **data,
    }
    return {
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in full.items() if value},
    }


def test_the_secret_of_a_token_is_the_one_that_kubeadm_writes() -> None:
    written = token.to_secret(make())
    assert {key: base64.b64decode(value).decode() for key, value in written.pop("data").items()} == {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "description": OURS,
        "expiration": "2026-11-24T13:00:00Z",
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
    }
    assert written == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"},
    }


def test_a_secret_is_read() -> None:
    assert token.from_secret(secret()) == make()
    assert token.from_secret(secret(expiration="", description="")) == make(expires=None, description="")


def test_a_usage_that_is_not_true_is_none() -> None:
    assert token.from_secret(secret(**{"usage-bootstrap-signing": "false"})).usages == ("authentication",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"token-id": "ABCDEF"}, "data.token-id does not match the name bootstrap-token-<token-id>"),
        ({"token-id": "abcdeg"}, "data.token-id does not match the name bootstrap-token-<token-id>"),
        ({"token-id": ""}, "data.token-id does not match the name bootstrap-token-<token-id>"),
        ({"token-secret": "short"}, "data.token-secret is not 16 characters of a-z or 0-9"),
        ({"expiration": "tomorrow"}, "data.expiration: 'tomorrow' is not a time of RFC 3339"),
        (
            {"expiration": "2026-02-30T00:00:00Z"},
            "data.expiration: '2026-02-30T00:00:00Z' is not a time of RFC 3339: {detail}",
        ),
        (
            {"auth-extra-groups": "system:masters"},
            'data.auth-extra-groups: "system:masters" is not a group of bootstrap tokens',
        ),
    ],
)
def test_a_secret_that_kubernetes_does_not_accept_is_refused(data: dict[str, str], reason: str) -> None:
    pattern = re.escape(f'Secret "bootstrap-token-abcdef": {reason}').replace(r"\{detail\}", ".+")
    with pytest.raises(KubeadmError, match=f"^{pattern}$"):
        token.from_secret(secret(**data))


def test_data_that_is_no_base64_is_refused() -> None:
    broken = secret()
    broken["data"]["token-id"] = "%%%"
    with pytest.raises(KubeadmError, match=r'^Secret "bootstrap-token-abcdef": data\.token-id is not text in base64$'):
        token.from_secret(broken)


def test_a_secret_that_is_being_removed_is_refused() -> None:
    going = secret()
    going["metadata"]["deletionTimestamp"] = "2026-11-24T12:00:00Z"
    with pytest.raises(KubeadmError, match=r'^Secret "bootstrap-token-abcdef" is being removed$'):
        token.from_secret(going)


def test_one_bad_secret_hides_no_other() -> None:
    bad = secret(**{"token-secret": ""})
    bad["metadata"] = {"name": "bootstrap-token-aaaaaa"}
    del bad["data"]
    tokens, unreadable = token.read_all([bad, secret()])
    assert tokens == [make()]
    assert unreadable == [
        token.Unreadable(
            name="bootstrap-token-aaaaaa",
            reason='Secret "bootstrap-token-aaaaaa": data.token-id does not match the name bootstrap-token-<token-id>',
        )
    ]


def test_a_token_never_shows_its_secret() -> None:
    assert "0123456789abcdef" not in repr(make())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("90m", 5400), ("1h30m", 5400), ("24h0m0s", 86400), ("45s", 45), ("8784h", 366 * 86400)],
)
def test_a_duration_is_read_in_kubeadms_spelling(text: str, seconds: int) -> None:
    assert token.parse_duration(text, "ttl") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0", "0s", "2", "h", "-1h", "1.5h", "1m1h", "1d", " 2h", "8785h", "99999999999h"])
def test_any_other_duration_is_refused(text: str) -> None:
    message = (
        f'ttl is "{text}": wanted whole hours, minutes and seconds such as 2h, 90m or 1h30m, more than 0 and at most '
        "8784h; a token that never expires is not made"
    )
    with pytest.raises(KubeadmError, match=f"^{re.escape(message)}$"):
        token.parse_duration(text, "ttl")


@pytest.mark.parametrize("text", ["", "  ", token.INIT_DESCRIPTION, token.UPLOAD_DESCRIPTION])
def test_a_description_that_is_no_mark_is_refused(text: str) -> None:
    message = (
        f'description is "{text}": wanted a text of its own, since it is the mark by which managed tokens are known'
    )
    with pytest.raises(KubeadmError, match=f"^{re.escape(message)}$"):
        token.check_description(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24T12:00:00Z", NOW),
        ("2026-11-24T13:30:00+01:30", NOW),
        ("2026-11-24T04:00:00-08:00", NOW),
        ("2026-11-24T12:00:00.5Z", NOW + timedelta(milliseconds=500)),
        ("2026-11-24T12:00:00.123456789Z", NOW + timedelta(microseconds=123456)),
    ],
)
def test_a_time_is_read_as_go_reads_it(text: str, time: datetime) -> None:
    assert token.parse_time(text) == time


def test_a_token_dies_in_the_instant_of_its_expiry() -> None:
    assert make(expires=NOW).expired(NOW)
    assert not make(expires=NOW + timedelta(seconds=1)).expired(NOW)
    assert not make(expires=None).expired(NOW)


def test_the_longest_lived_managed_token_is_reused() -> None:
    tokens = [
        make("aaaaaa", expires=NOW + HOUR),
        make("bbbbbb", expires=NOW + 2 * HOUR),
        make("cccccc", expires=NOW + 3 * HOUR, description="somebody else's"),
        make("dddddd", expires=NOW + 3 * HOUR, usages=("authentication",)),
        make("eeeeee", expires=NOW + 3 * HOUR, groups=("system:bootstrappers:others",)),
    ]
    chosen = token.select(tokens, description=OURS, now=NOW, at_least=HOUR)
    assert chosen == tokens[1]
    assert token.select(tokens, description=OURS, now=NOW, at_least=2 * HOUR + timedelta(seconds=1)) is None


def test_revocation_reaches_as_far_as_it_is_told() -> None:
    ours = make("aaaaaa", expires=NOW - HOUR)
    init = make("bbbbbb", description=token.INIT_DESCRIPTION)
    init_by_file = make("cccccc", description="")
    owner = make("dddddd", description=token.UPLOAD_DESCRIPTION, usages=(), groups=())
    by_hand = make("eeeeee", description="", usages=("authentication",), groups=())
    named = make("ffffff", description="for the new rack")
    tokens = [ours, init, init_by_file, owner, by_hand, named]
    assert token.revoked(tokens, description=OURS, revoke="managed") == [ours]
    assert token.revoked(tokens, description=OURS, revoke="kubeadm") == [ours, init, init_by_file, owner]
    assert token.revoked(tokens, description=OURS, revoke="all") == tokens


def test_a_new_token_takes_no_id_that_is_taken() -> None:
    drawn = iter("aaaaaa" + "bbbbbb" + "0123456789abcdef")
    new = token.generate(lambda _alphabet: next(drawn), {"aaaaaa"}, description=OURS, expires=NOW + HOUR)
    assert new == make("bbbbbb")
    assert token.format_token(new) == "bbbbbb.0123456789abcdef"
