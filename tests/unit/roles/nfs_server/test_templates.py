# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both servers and the quota service are told, rendered as Ansible renders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/nfs_server"
COURSES: dict[str, Any] = {
    "path": "/srv/courses",
    "clients": ["198.51.100.7", "0.0.0.0/0"],
    "options": {"access": "ro", "squash": "all", "anonymous_uid": 99, "anonymous_gid": 98, "secure_ports": False},
}


def templar(**inputs: Any) -> Templar:
    """Return what renders with the role's defaults and variables."""
    loader = DataLoader()
    variables: dict[str, Any] = {"ansible_managed": "Ansible managed", "platform_machine_network": "192.0.2.0/24"}
    variables |= {"node_profile_can_raise_limits": True, "ansible_search_path": [str(ROLE)]}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    return Templar(loader, variables=variables | inputs)


def render(name: str, **inputs: Any) -> str:
    """Return a rendered template."""
    text = trust_as_template((ROLE / "templates" / name).read_text(encoding="utf-8"))
    return str(templar(**inputs).template(text, escape_backslashes=False))


def value(expression: str, **inputs: Any) -> Any:
    """Return what an expression of the role's variables is."""
    return templar(**inputs).template(trust_as_template(f"{{{{ {expression} }}}}"))


def exports(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the homes as a site exports them, and more."""
    return [{"path": "/srv/homes", "clients": ["192.0.2.0/24"]}, *more]


def test_the_kernel_serves_homes_with_root_squashed() -> None:
    assert render("kernel.exports.j2") == (
        "#\n# Ansible managed\n#\n"
        "/srv/homes 192.0.2.0/24(rw,sync,no_subtree_check,sec=sys,root_squash,anonuid=65534,anongid=65534,secure)\n"
    )


def test_what_is_shared_is_one_more_export() -> None:
    clients = {"clients": ["192.0.2.0/24"]}
    both = [{"path": "/srv/homes", **clients}, {"path": "/srv/shared", **clients}]
    assert value("nfs_server_exports", platform_shared_path="/srv/shared") == both
    assert value("nfs_server_exports", nfs_server_homes="", platform_shared_path="/srv/shared") == both[1:]
    assert value("nfs_server_exports") == both[:1]


def test_the_kernel_serves_each_client_by_the_exports_options() -> None:
    options = "(ro,sync,no_subtree_check,sec=sys,all_squash,anonuid=99,anongid=98,insecure)"
    lines = render("kernel.exports.j2", nfs_server_exports=exports(COURSES)).splitlines()
    assert lines[-1] == f"/srv/courses 198.51.100.7/32{options} *{options}"
    assert lines[-2].startswith("/srv/homes 192.0.2.0/24(rw,")


def test_the_kernel_speaks_version_4_alone() -> None:
    text = render("nfs.conf.j2")
    assert "\nport = 2049\nudp = n\nvers2 = n\nvers3 = n\nvers4 = y\ngrace-time = 90\nlease-time = 90\n" in text


def test_version_3_has_fixed_ports() -> None:
    text = render("nfs.conf.j2", nfs_server_versions=[3, 4])
    assert "\nvers3 = y\nvers4 = y\n" in text
    assert "\n[mountd]\nport = 20048\n\n[lockd]\nport = 32803\nudp-port = 32803\n\n[statd]\nport = 32765\n" in text


def test_ganesha_speaks_version_4_alone_and_keeps_ids_as_numbers() -> None:
    text = render("ganesha.conf.j2", nfs_server_grace_seconds=15, nfs_server_lease_seconds=10)
    assert "\n    Protocols = 4;\n    NFS_Port = 2049;\n" in text
    assert "\n    Enable_NLM = false;\n" in text
    assert "\n    Only_Numeric_Owners = true;\n    Grace_Period = 15;\n    Lease_Lifetime = 10;\n" in text
    assert text.endswith('\n%include "/etc/ganesha/kubehub-exports.conf"\n')


@pytest.mark.parametrize(
    ("version", "can_raise_limits", "there"),
    [("4.3-2", False, False), ("6.5-9", True, False), ("6.5-9", False, True), ("", False, False)],
)
def test_ganesha_starts_without_a_capability_that_containers_may_lack(
    version: str, can_raise_limits: bool, there: bool
) -> None:
    text = render(
        "ganesha.conf.j2",
        __nfs_server_stands={"versions": {"nfs-ganesha": version} if version else {}},
        node_profile_can_raise_limits=can_raise_limits,
    )
    assert ("    allow_set_io_flusher_fail = true;\n" in text) is there


def test_ganesha_serves_nobody_but_the_clients() -> None:
    text = render("ganesha-exports.conf.j2", nfs_server_exports=exports(COURSES))
    homes, courses = text.split("EXPORT {")[1:]
    assert '\n    Path = "/srv/homes";\n    Pseudo = "/srv/homes";\n    Protocols = 4;\n' in homes
    assert "\n    Access_Type = None;\n    PrivilegedPort = true;\n    Squash = Root_Squash;\n" in homes
    assert (
        "\n    CLIENT {\n        Clients = 192.0.2.0/24;\n        Access_Type = RW;\n        Protocols = 4;\n    }\n"
        in homes
    )
    assert (
        "\n    PrivilegedPort = false;\n    Squash = All_Squash;\n    Anonymous_Uid = 99;\n    Anonymous_Gid = 98;\n"
        in courses
    )
    assert "\n        Clients = 198.51.100.7/32, *;\n        Access_Type = RO;\n" in courses


def test_a_server_does_not_start_without_its_disks() -> None:
    text = render("disks.conf.j2", nfs_server_exports=exports(COURSES))
    assert text.endswith("\n[Unit]\nRequiresMountsFor=/srv/homes /srv/courses\n")


def rules(name: str, **inputs: Any) -> list[str]:
    """Return a rendered ruleset's lines without indentation, comments and the table's own lines."""
    lines = [line.strip() for line in render(name, **inputs).splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "table", "delete table"))]


def test_the_server_s_firewall_lets_clients_in_and_no_pod() -> None:
    courses = COURSES | {"clients": ["198.51.100.7", "2001:db8::/64", "192.0.2.0/24"]}
    assert rules("server.nft.j2", nfs_server_exports=exports(courses), platform_pod_network="10.244.0.0/16") == [
        "chain input {",
        "type filter hook input priority filter - 5; policy accept;",
        'iifname != "lo" meta l4proto { tcp, udp } th dport { 2049 } jump nfs',
        "}",
        "chain nfs {",
        "ip saddr 10.244.0.0/16 reject with icmpx type admin-prohibited",
        "ip saddr 192.0.2.0/24 accept",
        "ip saddr 198.51.100.7/32 accept",
        "ip6 saddr 2001:db8::/64 accept",
        "reject with icmpx type admin-prohibited",
        "}",
        "}",
    ]


def test_the_server_s_firewall_stops_pods_alone_where_everybody_is_a_client() -> None:
    lines = rules("server.nft.j2", nfs_server_exports=exports(COURSES), nfs_server_pod_network="10.244.0.0/16")
    assert lines[4:] == ["chain nfs {", "ip saddr 10.244.0.0/16 reject with icmpx type admin-prohibited", "}", "}"]


def test_the_server_s_firewall_covers_version_3() -> None:
    lines = rules("server.nft.j2", nfs_server_versions=[3, 4], nfs_server_pod_network="")
    assert "th dport { 2049, 111, 20048, 32803, 32765 } jump nfs" in lines[2]
    assert lines[4:6] == ["chain nfs {", "ip saddr 192.0.2.0/24 accept"]


def test_a_client_s_firewall_lets_no_pod_through_to_a_server_outside_the_cluster() -> None:
    assert rules("client.nft.j2", nfs_server_pod_network="10.244.0.0/16") == [
        "chain forward {",
        "type filter hook forward priority filter - 5; policy accept;",
        (
            "ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 meta l4proto { tcp, udp } th dport 2049 "
            "reject with icmpx type admin-prohibited"
        ),
        "}",
        "}",
    ]


@pytest.mark.parametrize(
    ("side", "inputs", "wanted"),
    [
        ("server", {}, True),
        ("server", {"nfs_server_firewall": False}, False),
        ("server", {"nfs_server_state": "absent"}, False),
        ("client", {}, False),
        ("client", {"platform_pod_network": "10.244.0.0/16"}, True),
        ("client", {"platform_pod_network": "10.244.0.0/16", "nfs_server_firewall": False}, False),
    ],
)
def test_a_side_has_a_firewall_where_there_is_something_to_stop(
    side: str, inputs: dict[str, Any], wanted: bool
) -> None:
    assert value("__nfs_server_firewall_wanted", __nfs_server_side=side, **inputs) is wanted


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_firewall_is_made_where_anything_of_it_differs(side: str) -> None:
    inputs = {"__nfs_server_side": side, "platform_pod_network": "10.244.0.0/16"}
    wanted = value("__nfs_server_firewall_files", **inputs)
    stands = {"files": {**wanted, "/sbin/mount.nfs": "755 root root 0"}, "units_idle": [], "tables_missing": []}

    def differs(seen: dict[str, Any], **more: Any) -> Any:
        return value("__nfs_server_firewall_differs", **(inputs | more), __nfs_server_firewall={**stands, **seen})

    assert differs({}) is False
    assert differs({"tables_missing": [f"kubehub_nfs_{side}"]}) is True
    assert differs({"units_idle": [f"kubehub-nfs-{side}.service"]}) is True
    assert differs({"files": dict(list(wanted.items())[1:])}) is True
    assert differs({}, nfs_server_firewall=False) is True
    assert differs({"files": {"/sbin/mount.nfs": "755 root root 0"}}, nfs_server_firewall=False) is False


def test_what_is_looked_for_is_known_before_the_look() -> None:
    files = value("__nfs_server_files.keys() | list", nfs_server_implementation="ganesha", nfs_server_homes="")
    assert "/etc/ganesha/ganesha.conf" in files


def test_the_quota_service_may_write_where_homes_and_metrics_are() -> None:
    text = render("kubehub-quota.service.j2", nfs_server_metrics_folder="/var/lib/metrics")
    assert "\nReadWritePaths=/srv/homes /var/lib/metrics\n" in text
    assert "\nRequiresMountsFor=/srv/homes\n" in text


def test_the_quota_service_gets_bytes_and_homes() -> None:
    config = value(
        "__nfs_server_quota_config",
        platform_teams=[{"name": "ml", "members": ["Eve"]}],
        nfs_server_quota_soft="",
        nfs_server_quota_hard="1Gi",
        nfs_server_quota_overrides=[{"teams": ["ml"], "soft": "1Mi", "hard": "2Mi"}],
        nfs_server_metrics_folder="/var/lib/metrics",
    )
    assert config == {
        "path": "/srv/homes",
        "soft": 0,
        "hard": 2**30,
        "overrides": {"eve---b9bae658": {"soft": 2**20, "hard": 2**21}},
        "metrics": "/var/lib/metrics/kubehub-homes.prom",
    }


def test_the_quota_service_has_defaults() -> None:
    config = value("__nfs_server_quota_config")
    assert config == {"path": "/srv/homes", "soft": 9 * 2**30, "hard": 10 * 2**30, "overrides": {}, "metrics": ""}


def test_all_settings_but_names_and_folders_are_looked_at() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    settings = value("__nfs_server_settings")
    assert set(settings) == {name.removeprefix("nfs_server_") for name in defaults} - {
        "state",
        "firewall",
        "metrics_folder",
    }
