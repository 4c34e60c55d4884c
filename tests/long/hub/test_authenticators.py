# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in, by the real JupyterHub and its authenticators with the values that the role builds, and real servers at the other end.

Needs neither root nor a lab: ``.venv/bin/pytest tests/long/hub``. The image's Python packages and Debian's slapd are kept in the cache.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import reasons, values
from tests.unit.plugins.module_utils.jupyterhub import inputs

from . import real_hub, servers

SECRET = "not-for-anybody"
CALLBACK = "https://hub.example.org/hub/oauth_callback"
# Prints, by section of hub.config, the keys that are no traits of its class.
STRANGERS = """
import json, sys
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from jupyterhub.crypto import CryptKeeper
from kubespawner import KubeSpawner
from ldapauthenticator import LDAPAuthenticator
from nativeauthenticator import NativeAuthenticator
from oauthenticator.generic import GenericOAuthenticator
classes = {name: found for name, found in globals().items() if hasattr(found, "class_trait_names")}
config = json.load(sys.stdin)
print(json.dumps({name: sorted(set(keys) - set(classes[name].class_trait_names(config=True))) for name, keys in config.items()}))
"""


def site(**changes: Any) -> dict[str, Any]:
    """The role's inputs, which nothing speaks against."""
    made = inputs.settings(
        **{"database": "sqlite", "database_url": "", "sqlite_node": "w1", "cull_idle": 0, "cull_age": 0, **changes}
    )
    assert reasons.reasons(made) == []
    return made


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> servers.Authority:
    """The site's own CA."""
    return servers.authority(tmp_path_factory.mktemp("own") / "ca")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> servers.Authority:
    """A CA that nobody trusts."""
    return servers.authority(tmp_path_factory.mktemp("other") / "ca")


@pytest.fixture(scope="module")
def provider(own: servers.Authority) -> Iterator[tuple[servers.Provider, str]]:
    with servers.provider(own, SECRET) as found:
        yield found


@pytest.fixture(scope="module")
def ports(own: servers.Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    with servers.directory(tmp_path_factory.mktemp("ldap") / "slapd", own) as found:
        yield found


def oidc(url: str, **more: Any) -> dict[str, Any]:
    """The role's input for the provider."""
    return {
        "authorize_url": f"{url}/authorize",
        "token_url": f"{url}/token",
        "userdata_url": f"{url}/userinfo",
        "client_id": "hub",
        "client_secret": SECRET,
        **more,
    }


def single_sign_on(hub: real_hub.Hub, pair: servers.Authority, folder: Path) -> int:
    """The hub's last answer to a browser that went to the provider and came back: 302 where it is let in."""
    trusted = folder / "browser-ca.pem"
    trusted.write_text(pair.text, encoding="ascii")
    browser = requests.Session()
    there = browser.get(f"{hub.url}/oauth_login", allow_redirects=False, timeout=30)
    back = browser.get(there.headers["Location"], allow_redirects=False, verify=str(trusted), timeout=30)
    location = back.headers["Location"]
    assert location.startswith(f"{CALLBACK}?")
    # To the browser the front door is the hub.
    here = location.replace(CALLBACK, f"{hub.url}/oauth_callback")
    return browser.get(here, allow_redirects=False, timeout=60).status_code


@pytest.mark.parametrize("authenticator", ["native", "oidc", "ldap", "fixed"])
def test_every_key_of_the_configuration_is_a_trait_of_its_class(authenticator: str) -> None:
    settings = site(
        authenticator=authenticator,
        users=["alice"],
        oidc=oidc("https://localhost", groups_claim="groups", allowed_groups=["a"], admin_groups=["b"]),
        ldap={
            **inputs.LDAP,
            "port": 636,
            "search_base": "dc=example,dc=org",
            "search_user": "cn=hub",
            "search_password": SECRET,
            "allowed_groups": ["cn=students"],
        },
        ca_bundle="-----BEGIN CERTIFICATE-----",
    )
    config = values.values(settings, inputs.secrets(settings), inputs.PROGRAMS)["hub"]["config"]
    done = subprocess.run(
        [real_hub.environment() / "python3", "-c", STRANGERS],
        input=json.dumps(config),
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name: keys for name, keys in json.loads(done.stdout).items() if keys} == {}


def test_the_provider_says_who_comes_and_in_which_groups(
    provider: tuple[servers.Provider, str], own: servers.Authority, tmp_path: Path
) -> None:
    person, url = provider
    given = oidc(url, groups_claim="groups", allowed_groups=["students"], admin_groups=["staff"])
    with real_hub.running(tmp_path, site(authenticator="oidc", oidc=given, ca_bundle=own.text)) as hub:
        person.claims = {"preferred_username": "alice", "groups": ["students", "choir"]}
        assert single_sign_on(hub, own, tmp_path) == 302
        assert hub.user("alice") == (False, ["choir", "students"])

        person.claims = {"preferred_username": "ada", "groups": ["staff"]}
        assert single_sign_on(hub, own, tmp_path) == 302
        assert hub.user("ada") == (True, ["staff"])

        # Named by the inventory, in no group at all.
        person.claims = {"preferred_username": "root-admin"}
        assert single_sign_on(hub, own, tmp_path) == 302
        assert hub.user("root-admin") == (True, [])

        person.claims = {"preferred_username": "eve", "groups": ["choir"]}
        assert single_sign_on(hub, own, tmp_path) == 403
        assert hub.user("eve") is None
        assert "not recognized" not in hub.log.read_text(encoding="utf-8")


def test_without_groups_everybody_whom_the_provider_knows_gets_in_and_teams_are_groups(
    provider: tuple[servers.Provider, str], own: servers.Authority, tmp_path: Path
) -> None:
    person, url = provider
    teams = [{"name": "physics", "members": ["alice"]}]
    with real_hub.running(tmp_path, site(authenticator="oidc", oidc=oidc(url), ca_bundle=own.text, teams=teams)) as hub:
        person.claims = {"preferred_username": "alice"}
        assert single_sign_on(hub, own, tmp_path) == 302
        assert hub.user("alice") == (False, ["physics"])


def test_a_provider_of_another_ca_is_not_believed(
    provider: tuple[servers.Provider, str], own: servers.Authority, other: servers.Authority, tmp_path: Path
) -> None:
    person, url = provider
    with real_hub.running(tmp_path, site(authenticator="oidc", oidc=oidc(url), ca_bundle=other.text)) as hub:
        person.claims = {"preferred_username": "alice"}
        assert single_sign_on(hub, own, tmp_path) >= 400
        assert "CERTIFICATE_VERIFY_FAILED" in hub.log.read_text(encoding="utf-8")
        assert hub.user("alice") is None


def test_a_directory_takes_the_password_after_starttls(
    ports: tuple[int, int], own: servers.Authority, tmp_path: Path
) -> None:
    given = {
        "server": "localhost",
        "port": ports[0],
        "bind_dn_template": ["uid={username},ou=people,dc=example,dc=org"],
    }
    with real_hub.running(tmp_path, site(authenticator="ldap", ldap=given, ca_bundle=own.text)) as hub:
        assert hub.lets_in("alice", "alice-password")
        assert not hub.lets_in("alice", "another-password")
        assert not hub.lets_in("alice", "")
        assert not hub.lets_in("nobody", "alice-password")
        assert hub.lets_in("root-admin", "admin-password")
        assert (hub.user("alice"), hub.user("root-admin")) == ((False, []), (True, []))
        assert "not recognized" not in hub.log.read_text(encoding="utf-8")


def test_a_directory_is_searched_and_a_group_let_in(
    ports: tuple[int, int], own: servers.Authority, tmp_path: Path
) -> None:
    given = {
        "server": "localhost",
        "port": ports[1],
        "tls": "on_connect",
        "search_base": "ou=people,dc=example,dc=org",
        "search_user": "cn=hub,dc=example,dc=org",
        "search_password": "search-password",
        "allowed_groups": ["cn=students,dc=example,dc=org"],
    }
    with real_hub.running(tmp_path, site(authenticator="ldap", ldap=given, ca_bundle=own.text, admins=[])) as hub:
        assert hub.lets_in("alice", "alice-password")
        assert not hub.lets_in("alice", "another-password")
        assert not hub.lets_in("root-admin", "admin-password")
        assert hub.user("root-admin") is None


@pytest.mark.parametrize(("tls", "port"), [("before_bind", 0), ("on_connect", 1)])
def test_a_directory_of_another_ca_gets_no_password(
    ports: tuple[int, int], other: servers.Authority, tmp_path: Path, tls: str, port: int
) -> None:
    given = {
        "server": "localhost",
        "port": ports[port],
        "tls": tls,
        "bind_dn_template": ["uid={username},ou=people,dc=example,dc=org"],
    }
    with real_hub.running(tmp_path, site(authenticator="ldap", ldap=given, ca_bundle=other.text)) as hub:
        assert not hub.lets_in("alice", "alice-password")
        assert "certificate verify failed" in hub.log.read_text(encoding="utf-8").lower().replace("_", " ")
        assert hub.user("alice") is None


def test_a_sign_up_waits_for_an_admin_and_nobody_signs_up_as_one(tmp_path: Path) -> None:
    settings = site(authenticator="native")
    with real_hub.running(tmp_path, settings) as hub:
        password = hub.secrets["initial-password-root-admin"]
        fields = {"signup_password": "a-password-of-eve", "signup_password_confirmation": "a-password-of-eve"}
        for name in ("root-admin", "Root-Admin", *values.RESERVED):
            hub.form("signup", username=name, **fields)
            assert not hub.lets_in(name, "a-password-of-eve")
        assert hub.lets_in("root-admin", password)

        hub.form("signup", username="eve", **fields)
        assert not hub.lets_in("eve", "a-password-of-eve")
        browser = requests.Session()
        browser.get(f"{hub.url}/login", timeout=30)
        form = {"username": "root-admin", "password": password, "_xsrf": browser.cookies["_xsrf"]}
        browser.post(f"{hub.url}/login", data=form, allow_redirects=False, timeout=30)
        assert browser.get(f"{hub.url}/authorize/eve", timeout=30).ok
        assert hub.lets_in("eve", "a-password-of-eve")
        assert hub.user("eve") == (False, [])
        assert "not recognized" not in hub.log.read_text(encoding="utf-8")
    # The database is a file beside the hub, and another hub goes on with it.
    with real_hub.running(tmp_path, settings) as hub:
        assert hub.lets_in("eve", "a-password-of-eve")


def test_a_list_of_users_has_one_password_and_its_admins_another(tmp_path: Path) -> None:
    with real_hub.running(tmp_path, site(authenticator="fixed", users=["alice"])) as hub:
        assert hub.lets_in("alice", hub.secrets["user-password"])
        assert not hub.lets_in("alice", "another-password")
        assert not hub.lets_in("mallory", hub.secrets["user-password"])
        assert not hub.lets_in("root-admin", hub.secrets["user-password"])
        assert hub.lets_in("root-admin", hub.secrets["admin-password"])
        assert hub.user("root-admin") == (True, [])
