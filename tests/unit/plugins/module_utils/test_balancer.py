# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _balancer

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc)

FACTS: dict[str, Any] = {
    "all_ipv4_addresses": ["192.0.2.11", "198.51.100.7", "203.0.113.9"],
    "interfaces": ["lo", "br-lan", "eth1"],
    "default_ipv4": {"interface": "br-lan", "address": "192.0.2.11", "netmask": "255.255.255.0"},
    "lo": {"device": "lo", "ipv4": {"address": "127.0.0.1", "netmask": "255.0.0.0"}},
    "br_lan": {
        "device": "br-lan",
        "ipv4": {"address": "192.0.2.11", "netmask": "255.255.255.0"},
        "ipv4_secondaries": [{"address": "198.51.100.7", "netmask": "255.255.255.0"}],
    },
    "eth1": {"device": "eth1", "ipv4": {"address": "203.0.113.9", "netmask": "255.255.255.0"}},
    "eth2": {"device": "eth2", "active": False},
}


def server(**changes: Any) -> dict[str, Any]:
    return {"name": "cp1", "address": "192.0.2.21", "port": 6443, **changes}


def backend(**changes: Any) -> dict[str, Any]:
    return {"servers": [server()], "check": {"path": "/readyz", "tls": True}, **changes}


def frontend(**changes: Any) -> dict[str, Any]:
    return {"name": "api", "port": 6443, "mode": "tcp", "backend": backend(), **changes}


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "frontends": [frontend()],
        "certificates": [],
        "peers": ["192.0.2.11", "192.0.2.12"],
        "vip": "192.0.2.100/24",
        "address": "192.0.2.11",
        "interface": "br-lan",
        "bind_address": "192.0.2.100",
        "vrrp_id": 100,
        "advert_interval": 0.3,
        "check_interval": 1,
        "check_timeout": 5,
        "check_fall": 2,
        "check_rise": 2,
        "timeout_connect": "5s",
        "timeout_http_request": "10s",
        "timeout_client": "5m",
        "timeout_server": "5m",
        "timeout_tunnel": "1h",
        "hard_stop_after": "12h",
        "health_port": 8404,
        "metrics_address": "127.0.0.1",
        "metrics_port": 8405,
        "stats_address": "127.0.0.1",
        "stats_port": 8406,
        **changes,
    }


def reasons(**changes: Any) -> list[str]:
    return _balancer.reasons(settings(**changes), FACTS, NOW)


def test_good_settings_have_no_reason_against_them() -> None:
    assert reasons() == []


@pytest.mark.parametrize(
    ("address", "name"),
    [("192.0.2.11", "br-lan"), ("198.51.100.7", "br-lan"), ("203.0.113.9", "eth1"), ("192.0.2.12", ""), ("", "")],
)
def test_an_interface_is_found_by_any_of_its_addresses(address: str, name: str) -> None:
    assert _balancer.carrier(FACTS, address) == name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"vip": "192.0.2.100"},
            "vip: '192.0.2.100' is no address of a machine with its prefix, such as 192.0.2.100/24",
        ),
        (
            {"vip": "192.0.2.255/24", "bind_address": "0.0.0.0"},
            "vip: '192.0.2.255/24' is no address of a machine with its prefix, such as 192.0.2.100/24",
        ),
        (
            {"vip": "192.0.2.300/24"},
            "vip: '192.0.2.300/24' is no address of a machine with its prefix, such as 192.0.2.100/24",
        ),
        (
            {"vip": "192.0.2.12/24"},
            "vip: 192.0.2.12 is also the address of a balancer; take one that no machine has",
        ),
        (
            {"vip": "10.0.0.9/24"},
            "vip: 10.0.0.9 is in no network of the interface br-lan (192.0.2.11/24, 198.51.100.7/24)",
        ),
        (
            {"interface": "eth1"},
            "interface: eth1 does not carry 192.0.2.11, this machine's own address; it has 203.0.113.9/24",
        ),
        (
            {"interface": "eth9"},
            "interface: 'eth9' is not an interface with an IPv4 address; this machine has br-lan, eth1, lo",
        ),
        (
            {"address": "198.51.100.7"},
            "address: 198.51.100.7 is not among the peers 192.0.2.11, 192.0.2.12; list the addresses of all balancers",
        ),
        (
            {"address": "", "interface": "", "peers": ["192.0.2.12"]},
            (
                "peers: none of 192.0.2.12 is an address of this machine (192.0.2.11/24, 198.51.100.7/24, 203.0.113.9/24, "
                "127.0.0.1/8); list the addresses of all balancers"
            ),
        ),
        (
            {"address": "", "interface": "", "peers": []},
            (
                "peers: none of an empty list is an address of this machine (192.0.2.11/24, 198.51.100.7/24, 203.0.113.9/24, "
                "127.0.0.1/8); list the addresses of all balancers"
            ),
        ),
        ({"peers": ["192.0.2.11", "lb2"]}, "peers: 'lb2' is no IPv4 address"),
        ({"peers": ["192.0.2.11", "192.0.2.11"]}, "peers: 192.0.2.11 is listed 2 times"),
        (
            {"peers": [f"192.0.2.{number}" for number in range(11, 37)]},
            "peers: 26 balancers, but VRRP's priorities are for 25 here",
        ),
        ({"vrrp_id": 0}, "vrrp_id: 0 is not between 1 and 255; take a number that nobody else on the network uses"),
        ({"vrrp_id": 256}, "vrrp_id: 256 is not between 1 and 255; take a number that nobody else on the network uses"),
        ({"advert_interval": 0}, "advert_interval: 0 is not between 0.01 and 40.95 seconds"),
        ({"check_timeout": 0}, "check_timeout: 0 is less than 1"),
        ({"check_fall": 0}, "check_fall: 0 is less than 1"),
        (
            {"timeout_tunnel": "1 hour"},
            "timeout_tunnel: '1 hour' is no time for HAProxy; wanted a time such as 500ms, 1s or 1h",
        ),
        (
            {"hard_stop_after": "0s"},
            "hard_stop_after: '0s' is no time for HAProxy; wanted a time such as 500ms, 1s or 1h",
        ),
        ({"bind_address": "vip"}, "bind_address: 'vip' is no IPv4 address"),
        ({"metrics_address": "*"}, "metrics_address: '*' is no IPv4 address"),
        ({"stats_port": 0}, "stats_port: 0 is no port, wanted 1 to 65535"),
        ({"stats_port": 8405}, "metrics_port and stats_port: both want port 8405 of 127.0.0.1"),
        (
            {"bind_address": "0.0.0.0", "frontends": [frontend(port=8404)]},
            "health_port and frontend api: both want port 8404 of 127.0.0.1",
        ),
        (
            {"metrics_address": "0.0.0.0", "metrics_port": 6443},
            "metrics_port and frontend api: both want port 6443 of 192.0.2.100",
        ),
        ({"frontends": []}, "frontends: the list is empty; there is nothing to balance"),
        ({"frontends": [frontend(port=65536)]}, "frontend api: 65536 is no port, wanted 1 to 65535"),
        ({"frontends": [frontend(), frontend(port=7443)]}, "frontends: the name api is taken 2 times"),
        (
            {"frontends": [frontend(), frontend(name="hub")]},
            "frontend api and frontend hub: both want port 6443 of 192.0.2.100",
        ),
        (
            {"frontends": [frontend(name="the api")]},
            (
                "frontend the api: the name is not one for HAProxy; wanted letters, digits, dots, hyphens and underscores, "
                "a letter or digit first"
            ),
        ),
        (
            {"frontends": [frontend(name="stats")]},
            "frontend stats: the role has a listener of this name itself; take another than health, metrics, stats",
        ),
        (
            {"frontends": [frontend(certificate="hub")]},
            "frontend api: the certificate hub is not among the certificates (none is given)",
        ),
        (
            {"frontends": [frontend(redirect_https=True)]},
            "frontend api: redirect_https needs mode http and a certificate",
        ),
        (
            {"frontends": [frontend(mode="http", hsts_seconds=60)]},
            "frontend api: hsts_seconds needs mode http and a certificate",
        ),
        ({"frontends": [frontend(backend=backend(servers=[]))]}, "frontend api: the backend has no servers"),
        (
            {"frontends": [frontend(backend=backend(servers=[server(), server(port=1)]))]},
            "frontend api: 2 servers are called cp1",
        ),
        (
            {"frontends": [frontend(backend=backend(servers=[server(name="c p")]))]},
            (
                "frontend api: the server 'c p' has no name for HAProxy; wanted letters, digits, dots, hyphens and "
                "underscores, a letter or digit first"
            ),
        ),
        (
            {"frontends": [frontend(backend=backend(servers=[server(address="cp1.example.org")]))]},
            "frontend api: the server cp1 has the address 'cp1.example.org', wanted an IPv4 address",
        ),
        (
            {"frontends": [frontend(backend=backend(servers=[server(port=0)]))]},
            "frontend api: server cp1: 0 is no port, wanted 1 to 65535",
        ),
        (
            {"frontends": [frontend(backend=backend(check={"path": "readyz"}))]},
            "frontend api: check.path is 'readyz', wanted a path that begins with / and has no blanks",
        ),
        (
            {"frontends": [frontend(backend=backend(check={"status": 200}))]},
            "frontend api: check.status needs check.path",
        ),
        (
            {"frontends": [frontend(backend=backend(check={"path": "/", "status": 99}))]},
            "frontend api: check.status is 99, wanted an HTTP status from 100 to 599",
        ),
        (
            {"frontends": [frontend(backend=backend(check={"inter": "soon"}))]},
            "frontend api: check.inter: 'soon' is no time for HAProxy; wanted a time such as 500ms, 1s or 1h",
        ),
        ({"frontends": [frontend(backend=backend(check={"fall": -1}))]}, "frontend api: check.fall is -1, less than 1"),
        (
            {"certificates": [{"name": "../hub", "certificate": "", "key": ""}]},
            (
                "certificate '../hub': the name is not one for a file; wanted letters, digits, dots, hyphens and underscores, "
                "a letter or digit first"
            ),
        ),
        (
            {"certificates": [{"name": "hub", "certificate": "", "key": "s3cret"}]},
            "certificate hub: the key is not the PEM text of a private key",
        ),
        (
            {"certificates": [{"name": "hub", "certificate": "", "key": ""}] * 2},
            "certificates: the name hub is taken 2 times",
        ),
    ],
)
def test_what_makes_no_balancer_is_refused(changes: dict[str, Any], reason: str) -> None:
    found = reasons(**changes)
    assert reason in found
    assert not any("s3cret" in text for text in found)


def test_all_reasons_are_given_at_once() -> None:
    bad = [frontend(port=0), frontend(backend=backend(servers=[]))]
    assert reasons(vrrp_id=0, frontends=bad) == [
        "vrrp_id: 0 is not between 1 and 255; take a number that nobody else on the network uses",
        "frontend api: 0 is no port, wanted 1 to 65535",
        "frontends: the name api is taken 2 times",
        "frontend api: the backend has no servers",
    ]


def test_a_redirect_takes_port_80() -> None:
    front = frontend(name="hub", port=443, mode="http", certificate="hub", redirect_https=True)
    found = reasons(frontends=[front, frontend(port=80)])
    assert "frontend hub's redirect and frontend api: both want port 80 of 192.0.2.100" in found


def test_endpoints_without_an_address_want_no_port() -> None:
    assert reasons(metrics_address="", stats_address="", frontends=[frontend(port=8405)], bind_address="0.0.0.0") == []


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"platform_node_address": "10.1.1.1", "ansible_facts": FACTS, "ansible_host": "192.0.2.9"}, "10.1.1.1"),
        ({"ansible_facts": FACTS, "ansible_host": "203.0.113.9"}, "192.0.2.11"),
        ({"ansible_facts": {"all_ipv4_addresses": ["192.0.2.100", "192.0.2.13"]}}, "192.0.2.13"),
        ({"ansible_facts": {}, "ansible_host": "203.0.113.9"}, "203.0.113.9"),
        ({}, "192.0.2.44"),
    ],
)
def test_a_machine_has_one_address_for_its_services(variables: dict[str, Any], address: str) -> None:
    assert _balancer.node_address("192.0.2.44", variables, "192.0.2.0/24", "192.0.2.100/24") == address


def test_a_machine_without_an_address_is_named() -> None:
    message = "cp1: no IPv4 address is known; set platform_node_address for it in the inventory"
    with pytest.raises(_balancer.AddressError, match=f"^{re.escape(message)}$"):
        _balancer.node_address("cp1", {"ansible_host": "cp1.example.org"}, "192.0.2.0/24", "192.0.2.100/24")
