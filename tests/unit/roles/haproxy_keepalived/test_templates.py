# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HAProxy and keepalived are told, rendered as Ansible renders it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/haproxy_keepalived"
API: dict[str, Any] = {
    "name": "kubernetes-api",
    "port": 6443,
    "mode": "tcp",
    "backend": {
        "check": {"path": "/readyz", "tls": True},
        "servers": [
            {"name": "cp1", "address": "192.0.2.21", "port": 6443},
            {"name": "cp2", "address": "192.0.2.22", "port": 6443},
        ],
    },
}
HUB: dict[str, Any] = {
    "name": "hub",
    "port": 443,
    "mode": "http",
    "certificate": "front-door",
    "redirect_https": True,
    # A text, as the command line gives it.
    "hsts_seconds": "3600",
    "backend": {
        "balance": "source",
        "check": {"path": "/hub/health", "host": "hub.example.org", "status": 204, "inter": "2s", "fall": 3, "rise": 4},
        "servers": [{"name": "w1", "address": "192.0.2.31", "port": 30080}],
    },
}
MACHINE: dict[str, Any] = {
    "ansible_managed": "Ansible managed",
    "ansible_facts": {
        "all_ipv4_addresses": ["192.0.2.12", "198.51.100.7"],
        "eth0": {"device": "eth0", "ipv4": {"address": "192.0.2.12", "netmask": "255.255.255.0"}},
    },
    "haproxy_keepalived_vip": "192.0.2.100/24",
    "haproxy_keepalived_peers": ["192.0.2.11", "192.0.2.12", "192.0.2.13"],
    "haproxy_keepalived_frontends": [API],
}


def templar(**inputs: Any) -> Templar:
    """Return what renders with the role's defaults and variables, for the second of three balancers."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    return Templar(loader, variables=variables | MACHINE | inputs)


def render(name: str, **inputs: Any) -> str:
    """Return a rendered template."""
    text = trust_as_template((ROLE / "templates" / name).read_text(encoding="utf-8"))
    return str(templar(**inputs).template(text, escape_backslashes=False))


def section(text: str, head: str) -> list[str]:
    """Return the lines below a head of HAProxy's configuration, without comments."""
    found = re.search(rf"^{re.escape(head)}\n((?:    .*\n)*)", text, re.MULTILINE)
    assert found, text
    return [line.strip() for line in found.group(1).splitlines() if not line.strip().startswith("#")]


def test_the_api_is_passed_on_unread_and_asked_for_readiness_over_tls() -> None:
    text = render("haproxy.cfg.j2")
    assert section(text, "frontend kubernetes-api") == [
        "bind 192.0.2.100:6443",
        "mode tcp",
        "option tcplog",
        "default_backend kubernetes-api",
    ]
    assert section(text, "backend kubernetes-api") == [
        "mode tcp",
        "balance leastconn",
        "option httpchk GET /readyz",
        "http-check expect status 200",
        "default-server check check-ssl verify none inter 1s fall 2 rise 2",
        "server cp1 192.0.2.21:6443",
        "server cp2 192.0.2.22:6443",
    ]


def test_the_front_door_ends_tls_redirects_and_tells_the_truth_about_the_client() -> None:
    text = render("haproxy.cfg.j2", haproxy_keepalived_frontends=[API, HUB])
    assert section(text, "frontend hub") == [
        "bind 192.0.2.100:443 ssl crt /etc/haproxy/certs/front-door.pem alpn h2,http/1.1",
        "bind 192.0.2.100:80",
        "mode http",
        "option httplog",
        "http-request redirect code 308 location https://%[req.hdr(Host),host_only]%[capture.req.uri] unless { ssl_fc }",
        "http-request del-header ^(forwarded|x-forwarded-.*|x-real-ip|x-scheme)$ -m reg",
        "http-request set-header X-Forwarded-For %[src]",
        "http-request set-header X-Forwarded-Host %[req.hdr(Host)]",
        "http-request set-header X-Forwarded-Port %[dst_port]",
        "http-request set-header X-Forwarded-Proto https",
        "http-response set-header Strict-Transport-Security max-age=3600",
        "default_backend hub",
    ]
    assert section(text, "backend hub") == [
        "mode http",
        "balance source",
        "option httpchk",
        "http-check send meth GET uri /hub/health ver HTTP/1.1 hdr Host hub.example.org",
        "http-check expect status 204",
        "default-server check inter 2s fall 3 rise 4",
        "server w1 192.0.2.31:30080",
    ]


def test_a_redirect_to_another_port_names_it() -> None:
    lines = section(render("haproxy.cfg.j2", haproxy_keepalived_frontends=[{**HUB, "port": 8443}]), "frontend hub")
    assert (
        "http-request redirect code 308 location https://%[req.hdr(Host),host_only]:8443%[capture.req.uri] unless { ssl_fc }"
    ) in lines


def test_plain_http_says_so_and_tcp_may_be_encrypted() -> None:
    plain = {"name": "plain", "port": 8080, "mode": "http", "backend": {"servers": []}}
    wrapped = {"name": "wrapped", "port": 9443, "certificate": "front-door", "backend": {"servers": []}}
    text = render("haproxy.cfg.j2", haproxy_keepalived_frontends=[plain, wrapped])
    assert "http-request set-header X-Forwarded-Proto http" in section(text, "frontend plain")
    assert not [line for line in section(text, "frontend plain") if "redirect" in line or "Strict" in line]
    assert section(text, "backend plain")[-1] == "default-server check inter 1s fall 2 rise 2"
    assert section(text, "frontend wrapped") == [
        "bind 192.0.2.100:9443 ssl crt /etc/haproxy/certs/front-door.pem",
        "mode tcp",
        "option tcplog",
        "default_backend wrapped",
    ]


def test_what_haproxy_tells_of_itself_stays_on_loopback_unless_told_otherwise() -> None:
    text = render("haproxy.cfg.j2", haproxy_keepalived_stats_address="192.0.2.12")
    assert section(text, "frontend health") == ["bind 127.0.0.1:8404", "no log", "monitor-uri /healthz"]
    assert section(text, "frontend metrics")[0] == "bind 127.0.0.1:8405"
    assert section(text, "frontend stats")[0] == "bind 192.0.2.12:8406"


def test_empty_addresses_mean_neither_metrics_nor_statistics() -> None:
    text = render("haproxy.cfg.j2", haproxy_keepalived_metrics_address="", haproxy_keepalived_stats_address="")
    assert "prometheus-exporter" not in text
    assert "stats enable" not in text


def test_the_second_balancer_watches_its_own_haproxy_and_talks_to_the_others() -> None:
    text = render("keepalived.conf.j2")
    assert "virtual_router_id 100\n    priority 240\n    advert_int 0.3\n" in text
    assert "    interface eth0\n" in text
    assert "    unicast_src_ip 192.0.2.12\n    check_unicast_src\n" in text
    assert "    unicast_peer {\n        192.0.2.11\n        192.0.2.13\n    }\n" in text
    assert "        192.0.2.100/32 dev eth0\n" in text
    assert "    state BACKUP\n    nopreempt\n" in text
    assert ' --noproxy 127.0.0.1 --max-time 5 http://127.0.0.1:8404/healthz"\n' in text


@pytest.mark.parametrize(("address", "priority"), [("192.0.2.11", 250), ("192.0.2.12", 240), ("192.0.2.13", 230)])
def test_priorities_follow_the_order_of_the_peers(address: str, priority: int) -> None:
    assert f"    priority {priority}\n" in render("keepalived.conf.j2", haproxy_keepalived_address=address)


def test_a_single_balancer_has_nobody_to_talk_to() -> None:
    assert "unicast" not in render("keepalived.conf.j2", haproxy_keepalived_peers=["192.0.2.12"])


def test_haproxys_unit_says_what_keepalived_watches() -> None:
    unit = render("haproxy.service.conf.j2")
    said = dict(re.findall(r"^(ExecSt\w+Post)=/bin/sh -c 'echo (\d) >/run/kubehub-haproxy-ended'$", unit, re.M))
    assert said == {"ExecStartPost": "0", "ExecStopPost": "1"}
    assert '    file "/run/kubehub-haproxy-ended"\n    weight 0\n' in render("keepalived.conf.j2")


def test_all_settings_are_looked_at() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    settings = templar(haproxy_keepalived_vip="192.0.2.100/24").template(
        trust_as_template("{{ __haproxy_keepalived_settings }}")
    )
    required = {"frontends", "peers"}
    assert set(settings) == {name.removeprefix("haproxy_keepalived_") for name in defaults} | required


def test_what_shall_be_there_is_what_is_written() -> None:
    pair = {"name": "front-door", "certificate": "\nC1\nC2\n\n", "key": "K\n"}
    machine = templar(haproxy_keepalived_certificates=[pair], ansible_search_path=[str(ROLE)])
    files = machine.template(trust_as_template("{{ __haproxy_keepalived_files }}"))
    texts = {
        "/etc/haproxy/haproxy.cfg": render("haproxy.cfg.j2", haproxy_keepalived_certificates=[pair]),
        "/etc/keepalived/keepalived.conf": render("keepalived.conf.j2"),
        "/etc/systemd/system/haproxy.service.d/50-kubehub.conf": render("haproxy.service.conf.j2"),
        "/etc/sysctl.d/60-haproxy-keepalived.conf": "net.ipv4.ip_nonlocal_bind=1\n",
        "/etc/haproxy/certs/front-door.pem": "C1\nC2\nK\n",
    }
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    modes = dict.fromkeys(texts, 644) | {"/etc/haproxy/certs/front-door.pem": 600}
    assert files == {path: f"{modes[path]} root root {digest}" for path, digest in digests.items()}
