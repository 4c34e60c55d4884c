# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook itself, as an admin calls it, with what inventory and controller alone decide."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]


def preflight(inventory: Path, report: Path, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Return exit status, output and report of a run of playbooks/preflight.yml that asks no machine."""
    program = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [
            str(program),
            f"--inventory={inventory}",
            "--extra-vars=preflight_scope=inventory",
            f"--extra-vars=preflight_report_path={report}",
            *arguments,
            "playbooks/preflight.yml",
        ],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "PWD": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    written = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return done.returncode, done.stdout + done.stderr, written


@pytest.mark.parametrize("name", ["example", "small"])
def test_the_inventories_that_admins_begin_with_pass(name: str, tmp_path: Path) -> None:
    status, output, report = preflight(ROOT / "inventory" / name, tmp_path / "report.json", "--check")
    assert status == 0, output
    assert report["ok"] is True
    assert {item["ok"] for item in report["checks"]} == {True}
    assert not [item for item in report["checks"] if item["detail"].startswith("warning: ")]
    assert "17 checks ok, 0 warnings, 0 FAILED, 0 not proved." in output


def test_every_fault_is_refused_at_once_and_nobody_is_asked(tmp_path: Path) -> None:
    faults = {
        "platform_name": "Our Department",
        "platform_vip": "192.0.2.21/24",
        "platform_pod_network": "10.96.0.0/12",
        "platform_mirror_url": "mirror",
        "release_kubernetes_version": "1.36.0",
    }
    status, output, report = preflight(
        ROOT / "inventory/example", tmp_path / "report.json", f"--extra-vars={json.dumps(faults)}"
    )
    assert status == 2, output
    failed = [f"{item['id']}: {item['detail']}" for item in report["checks"] if item["ok"] is False]
    assert failed == [
        "platform_name: platform_name is 'Our Department'",
        "api_name: platform_api_name is the address 192.0.2.100, and the virtual IP is 192.0.2.21",
        "mirror_url: platform_mirror_url is 'mirror'",
        "kubernetes_version: release_kubernetes_version is '1.36.0'",
        "vip: platform_vip 192.0.2.21 is the address of cp1",
        "networks: platform_pod_network 10.96.0.0/12 and platform_service_network 10.96.0.0/16 overlap",
    ]
    for item in report["checks"]:
        if item["ok"] is False:
            assert item["remedy"] in output
    assert "UNREACHABLE" not in output


def test_the_hub_s_mistakes_are_told_before_there_is_a_cluster(tmp_path: Path) -> None:
    faults = {"jupyterhub_authenticator": "saml", "jupyterhub_node_port": 8080}
    status, output, report = preflight(
        ROOT / "inventory/example", tmp_path / "report.json", f"--extra-vars={json.dumps(faults)}"
    )
    assert status == 2, output
    assert [(item["name"], item["detail"], item["remedy"]) for item in report["checks"] if item["ok"] is False] == [
        ("Inputs of role jupyterhub", detail, "Correct it in the inventory, where its name begins with jupyterhub_.")
        for detail in (
            "authenticator: 'saml' is unknown, wanted one of native, oidc, ldap, fixed",
            "node_port: 8080 is no port for a service of kind NodePort, wanted 30000 to 32767",
        )
    ]


def test_balancers_on_control_planes_need_a_port_of_their_own(tmp_path: Path) -> None:
    status, output, report = preflight(
        ROOT / "inventory/small", tmp_path / "report.json", "--extra-vars=platform_api_frontend_port=6443"
    )
    assert status == 2, output
    assert [(item["host"], item["id"]) for item in report["checks"] if item["ok"] is False] == [
        (name, "ports_planned") for name in ("server1", "server2", "server3")
    ]


def test_an_empty_inventory_is_refused_and_says_what_is_missing(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {}\n", encoding="utf-8")
    status, output, report = preflight(inventory, tmp_path / "report.json")
    assert status == 2, output
    failed = [item["id"] for item in report["checks"] if item["ok"] is False]
    assert failed == ["variables"] * 6 + ["control_planes", "load_balancers", "workers"]


def test_a_limit_to_one_machine_still_judges_the_whole_site(tmp_path: Path) -> None:
    status, output, report = preflight(
        ROOT / "inventory/example", tmp_path / "report.json", "--limit=w1", "--extra-vars=platform_vip=192.0.2.32/24"
    )
    assert status == 2, output
    assert [item["detail"] for item in report["checks"] if item["id"] == "vip"] == [
        "platform_vip 192.0.2.32 is the address of w2"
    ]
