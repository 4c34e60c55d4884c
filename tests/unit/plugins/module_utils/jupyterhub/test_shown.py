# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be shown of a release: everything but secrets."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.filter.jupyterhub import FilterModule
from ansible_collections.kubehub.platform.plugins.module_utils import _shown
from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import quantity
from ansible_collections.kubehub.platform.plugins.modules import helm_prepare

from .inputs import PROGRAMS, secrets, settings

FILTERS = FilterModule().filters()
MANIFEST = """---
# Source: jupyterhub/templates/hub/secret.yaml
apiVersion: v1
kind: Secret
metadata: {name: hub}
data: {token: %s, same: eHl6}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hub}
spec: {replicas: %d}
"""


def difference(old: dict[str, Any], new: dict[str, Any], manifest: str, wanted: str) -> list[str]:
    """The lines for a release with values and objects, and those that are wanted."""
    module = SimpleNamespace(params={"values": new, "secrets": []})
    return helm_prepare.difference(module, {"config": old, "manifest": manifest}, wanted)


def test_a_difference_tells_that_a_secret_is_another_one_and_not_which() -> None:
    old: dict[str, Any] = {"proxy": {"secretToken": "old-old-old"}, "cull": {"timeout": 1}, "hub": {"db": {"url": "u"}}}
    new: dict[str, Any] = {"proxy": {"secretToken": "new-new-new"}, "cull": {"timeout": 2}, "hub": {"db": {"url": "u"}}}
    found = difference(old, new, MANIFEST % ("b2xk", 1), MANIFEST % ("bmV3", 2))
    assert [line for line in found if line[0] in "+-"] == [
        "--- deployed values",
        "+++ wanted values",
        "-  timeout: 1",
        "+  timeout: 2",
        "-  secretToken: (secret)",
        "+  secretToken: (secret, another one)",
        "--- deployed Deployment hub",
        "+++ wanted Deployment hub",
        "-  replicas: 1",
        "+  replicas: 2",
        "--- deployed Secret hub",
        "+++ wanted Secret hub",
        "-  token: (secret)",
        "+  token: (secret, another one)",
    ]


def test_a_first_release_is_shown_whole() -> None:
    found = difference({}, {"cull": {"every": 300}}, "", MANIFEST % ("b2xk", 1))
    assert "+  every: 300" in found
    assert "+  token: (secret)" in found
    assert "b2xk" not in "\n".join(found)


def test_nothing_is_shown_of_two_equal_releases() -> None:
    values = {"proxy": {"secretToken": "x"}}
    assert difference(values, values, MANIFEST % ("b2xk", 1), MANIFEST % ("b2xk", 1)) == []


def test_no_secret_of_a_whole_release_is_shown() -> None:
    inputs = settings(
        authenticator="oidc",
        oidc={
            "client_secret": "provider-secret",
            **dict.fromkeys(("authorize_url", "token_url", "userdata_url", "client_id"), "https://id.example.org"),
        },
    )
    hidden = {name: f"{name}-0123456789abcdef" for name in secrets(inputs)}
    wanted = FILTERS["jupyterhub_values"](inputs, hidden, PROGRAMS)
    data = base64.b64encode(yaml.safe_dump(wanted).encode()).decode()
    manifest = f"kind: Secret\nmetadata: {{name: hub}}\ndata: {{values.yaml: {data}}}\n"
    text = "\n".join(difference({}, wanted, "", manifest))
    for secret in (*hidden.values(), "provider-secret", "db-password", data):
        assert secret not in text


def test_a_message_loses_its_secrets_the_longer_ones_first() -> None:
    assert FILTERS["jupyterhub_masked"](
        "bad value 12345678-9 of 12345678, not 1234", ["12345678", "12345678-9", "1234", ""]
    ) == ("bad value (secret) of (secret), not 1234")


def test_masked_values_keep_what_is_no_text() -> None:
    given = {"minimum_password_length": 10, "keys": ["a", "b"], "imagePullSecret": {"create": False}}
    assert _shown.masked(given, {"keys": ["a", "x"]}) == {
        "minimum_password_length": 10,
        "keys": ["(secret)", "(secret, another one)"],
        "imagePullSecret": {"create": False},
    }


def test_values_are_not_made_without_their_secrets() -> None:
    with pytest.raises(
        AnsibleFilterError, match=r"^jupyterhub_values: no secret cookie-secret, crypt-key, .* is given$"
    ):
        FILTERS["jupyterhub_values"](settings(), {"proxy-token": "x"}, {})


def test_secrets_are_read_from_the_cluster_and_the_missing_ones_are_random() -> None:
    inputs = settings()
    there = {"proxy-token": base64.b64encode(b"kept").decode()}
    found = FILTERS["jupyterhub_secrets"](inputs, there)
    assert found["kept"] == {"proxy-token": "kept"}
    assert set(found["made"]) == {"cookie-secret", "crypt-key", "verify-token", "initial-password-root-admin"}
    assert len(set(found["made"].values())) == 4
    assert FILTERS["jupyterhub_secrets"](inputs, there) != found


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), (2, 2), (0.1, 0.1), ("100m", 0.1), ("2Gi", 2 * 1024**3), ("500M", 500e6), ("1.5Ki", 1536), ("3k", 3000)],
)
def test_quantities(text: object, value: float) -> None:
    assert float(quantity.parse(text)) == value


@pytest.mark.parametrize("text", ["", "1GB", "K", "1K", "-1", "1e3", "1 Gi", "nan", None])
def test_no_quantity(text: object) -> None:
    with pytest.raises(quantity.QuantityError):
        quantity.parse(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("2Gi", "2G"), ("512Mi", "512M"), ("1Ti", "1T"), ("1000", "1K"), ("500M", "488282K"), ("0", "0K")],
)
def test_memory_for_kubespawner_is_never_less(text: str, wanted: str) -> None:
    assert quantity.spawner_memory(text) == wanted
