# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three servers that carry everything: `inventory/small` as an admin would fill it in, brought up and proved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.lab import ROOT, Lab
from tests.long.labs import lab_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three bare machines and a mirror, and the inventory of an admin who has just these."""
    inventory = tmp_path_factory.mktemp("inventory")
    with lab_of("small", 12, LAB_MACHINES="nfs1,cp2,cp3,mirror1") as lab:
        write(inventory, lab)
        lab.inventory = str(inventory)
        yield lab


def write(inventory: Path, lab: Lab) -> None:
    """Write `inventory/small` with this lab's addresses: what an admin edits, and how the controller logs in."""
    small = ROOT / "inventory/small"
    hosts = (small / "hosts.yml").read_text(encoding="utf-8")
    # The first server also carries the storage, so it is the lab's machine with a disk for it.
    for number, machine in ((1, 41), (2, 22), (3, 23)):
        hosts = hosts.replace(f"192.0.2.1{number}", lab.address(machine))
    (inventory / "hosts.yml").write_text(hosts, encoding="utf-8")
    settings = yaml.safe_load(
        (small / "group_vars/all.yml").read_text(encoding="utf-8").replace("192.0.2.", lab.address(0)[:-1])
    )
    for path in ("all/hub.yml", "nfs_servers/storage.yml"):
        settings |= yaml.safe_load((ROOT / "inventory/lab/group_vars" / path).read_text(encoding="utf-8"))
    settings |= {
        "platform_name": "small",
        "platform_pod_network": "198.19.0.0/17",
        "platform_service_network": "198.19.128.0/20",
        "platform_mirror_url": f"http://{lab.address(51)}",
        "platform_kubeconfig": str(lab.state / "kubeconfig"),
        "platform_helm": str(lab.state / "bin/helm"),
        "ansible_ssh_private_key_file": str(lab.state / "ssh/id_ed25519"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={lab.state}/ssh/known_hosts.d/{{{{ ansible_host }}}} -o StrictHostKeyChecking=yes",
    }
    (inventory / "group_vars").mkdir()
    (inventory / "group_vars/all.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def test_three_servers_become_a_site_that_verify_proves(site: Lab) -> None:
    site.playbook("site.yml", log="site-small")
    report = site.logs / "verify-small.json"
    site.playbook("playbooks/verify.yml", "-e", f"verify_report_path={report}", log="verify-small")
    checks = json.loads(report.read_text(encoding="utf-8"))["checks"]
    assert False not in {check["ok"] for check in checks}, checks
    assert {"api", "etcd", "policy_denies"} <= {check["id"] for check in checks}


def test_a_second_run_changes_nothing(site: Lab) -> None:
    assert site.playbook("site.yml", log="site-small-second").changed == {}
