# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventories that an admin copies: short, complete and free of anybody's addresses."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

ROOT = Path(__file__).resolve().parents[3]
INVENTORIES = ("example", "small")
# RFC 5737: for documentation, nobody's machines.
DOCUMENTATION = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
GROUPS = {"load_balancers", "control_plane", "workers", "nfs_servers", "database_servers", "mirrors"}
SITE = {
    "platform_name",
    "platform_vip",
    "platform_api_name",
    "platform_api_frontend_port",
    "platform_machine_network",
    "platform_pod_network",
    "platform_service_network",
    "platform_mirror_url",
    "platform_kubeconfig",
}
every_inventory = pytest.mark.parametrize("name", INVENTORIES)


def inventory(name: str) -> InventoryManager:
    return InventoryManager(loader=DataLoader(), sources=[str(ROOT / "inventory" / name)])


def variables_of_all(name: str) -> dict[str, Any]:
    """The variables that stand for the whole site, from one file or a folder of them."""
    folder = ROOT / "inventory" / name / "group_vars"
    found: dict[str, Any] = {}
    for path in sorted([*folder.glob("all.yml"), *folder.glob("all/*.yml")]):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@every_inventory
def test_it_has_every_group_and_every_line_of_a_site(name: str) -> None:
    assert set(inventory(name).groups) >= GROUPS
    assert set(variables_of_all(name)) >= SITE


@every_inventory
def test_an_admin_edits_about_fifteen_lines(name: str) -> None:
    assert len(variables_of_all(name)) <= 15


@every_inventory
def test_its_machines_stand_in_nobody_s_network(name: str) -> None:
    addresses = {host.name: host.vars["ansible_host"] for host in inventory(name).get_hosts()}
    assert len(set(addresses.values())) == len(addresses)
    for machine, address in addresses.items():
        assert any(ipaddress.ip_address(address) in network for network in DOCUMENTATION), f"{machine}: {address}"


def test_the_example_has_nine_machines_and_the_small_one_three_that_carry_everything() -> None:
    assert len(inventory("example").get_hosts()) == 9
    small = inventory("small")
    for group in ("load_balancers", "control_plane", "workers"):
        assert [host.name for host in small.get_hosts(group)] == ["server1", "server2", "server3"]
