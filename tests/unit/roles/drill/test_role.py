# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of faults, what keeps one from being made, and the playbook as an admin calls it without a cluster."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).resolve().parents[4]
ROLE = ROOT / "roles" / "drill"
DEFAULTS: dict[str, Any] = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
FAULTS: dict[str, dict[str, Any]] = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))[
    "__drill_known"
]
SITE: dict[str, Any] = {
    "drill_confirm": "department",
    "drill_site": "department",
    "drill_kubeconfig": str(ROLE / "vars/main.yml"),
    "drill_balancers": ["lb1", "lb2"],
    "drill_control_planes": ["cp1", "cp2", "cp3"],
    "drill_workers": ["W1", "w2"],
    "drill_file_servers": ["nfs1"],
    "drill_database_servers": ["nfs1"],
    "drill_file_service": "nfs-server",
    "drill_virtual_ip": "192.0.2.100",
    "drill_api_port": 6443,
    "drill_hub_url": "https://hub.example.org",
    "drill_scheduler_namespace": "yunikorn",
    "ansible_check_mode": False,
    "hostvars": {
        name: {"drill_power_off": ["off", name], "drill_power_on": ["on", name]} for name in ("lb2", "cp1", "W1")
    },
    "__drill_unwell": "",
    "__drill_holder": "lb2",
    "__drill_user_node": "w1",
    "__drill_headers": {},
    "__drill_kernel": "k",
}


def render(expression: str, **variables: Any) -> Any:
    """Return what an expression becomes with the role's defaults and vars and the given ones."""
    loader = DataLoader()
    known: dict[str, Any] = {}
    for part in ("defaults", "vars"):
        known |= loader.load_from_file(str(ROLE / part / "main.yml"), trusted_as_template=True)
    return Templar(loader, variables=known | SITE | variables).template(trust_as_template(expression))


def unmade(fault: str, **changes: Any) -> str:
    """Return why a fault is not made; empty when it is."""
    host = render("{{ __drill_fault.host }}", __drill_id=fault, **changes)
    return str(render("{{ __drill_unmade }}", __drill_id=fault, __drill_host=host, **changes))


def test_every_fault_has_a_bound_tasks_and_a_row_in_both_tables() -> None:
    assert list(FAULTS) == DEFAULTS["drill_faults"] == list(DEFAULTS["drill_bounds"])
    kinds = {fault["kind"] for fault in FAULTS.values()}
    for step in ("break", "give"):
        assert {path.stem.removeprefix(f"{step}_") for path in (ROLE / "tasks").glob(f"{step}_*.yml")} - {
            "back"
        } == kinds
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| ([0-9.]+) s \|", (ROLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name: float(bound) for name, bound in rows} == DEFAULTS["drill_bounds"]
    page = (ROOT / "docs/docsite/rst/drill.rst").read_text(encoding="utf-8")
    entries = re.findall(r"^   \* - ``(\w+)``\n(?:     - .*\n)+?     - ([0-9.]+) s$", page, re.MULTILINE)
    assert {name: float(bound) for name, bound in entries} == DEFAULTS["drill_bounds"]


def test_what_a_fault_speaks_of_is_asked() -> None:
    targets = set(yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))["__drill_all_targets"])
    for name, fault in FAULTS.items():
        asked = {"api", "write", "hub", "kernel", *fault.get("more", ())}
        assert {fault["watch"], *fault.get("steady", ()), *fault.get("lost", ())} <= asked <= targets, name


@pytest.mark.parametrize(
    ("fault", "host"),
    [
        ("balancer_machine", "lb2"),
        ("apiserver", "cp1"),
        ("worker_machine", "W1"),
        ("nfs_service", "nfs1"),
        ("hub_pod", "site"),
    ],
)
def test_the_machine_is_the_one_that_it_is_about(fault: str, host: str) -> None:
    assert render("{{ __drill_fault.host }}", __drill_id=fault) == host
    assert unmade(fault) == ""


@pytest.mark.parametrize(
    ("fault", "changes", "reason"),
    [
        (
            "balancer_machine",
            {"__drill_holder": "lb1"},
            "The inventory does not say how to power lb1 off and on (drill_power_off, drill_power_on).",
        ),
        ("control_plane_machine", {"drill_control_planes": ["cp1"]}, "This site has a single control plane."),
        (
            "worker_machine",
            {"drill_workers": ["W1"]},
            "This site has a single worker: its user would have nowhere to go.",
        ),
        ("hub_pod", {"drill_hub_url": ""}, "This site has no hub."),
        ("queue_scheduler", {"drill_scheduler_namespace": ""}, "This site has no scheduler of queues."),
        ("nfs_service", {"drill_file_servers": []}, "This site has a file server of its own."),
        ("database", {"drill_database_servers": []}, "This site has a database of its own."),
        ("apiserver", {"ansible_check_mode": True}, "A check run breaks nothing."),
        ("apiserver", {"__drill_unwell": "Not made: after hub_pod."}, "Not made: after hub_pod."),
    ],
)
def test_a_fault_that_can_not_be_made_says_why(fault: str, changes: dict[str, Any], reason: str) -> None:
    assert unmade(fault, **changes) == reason


def test_the_hub_is_asked_only_where_there_is_one() -> None:
    assert render("{{ __drill_asked }}", __drill_id="nfs_service") == ["api", "write", "hub", "kernel", "home"]
    assert render("{{ __drill_asked }}", __drill_id="apiserver", drill_hub_url="") == ["api", "write"]
    assert render("{{ __drill_returning }}", __drill_id="worker_machine") == ["api", "write", "hub"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"drill_confirm": "dept"},
            "drill_confirm is 'dept', but this site is called 'department'. A drill disturbs whoever works: give the site's name",
        ),
        (
            {"drill_faults": ["apiserver", "apiservers"]},
            f"drill_faults: there is no apiservers; there are {', '.join(FAULTS)}",
        ),
        ({"drill_faults": []}, f"drill_faults is empty; name at least one of {', '.join(FAULTS)}"),
        (
            {"drill_bounds": {"apiserver": 1}},
            f"drill_bounds has not exactly one bound for each of {', '.join(FAULTS)}",
        ),
        (
            {"drill_kubeconfig": "/nonexistent/kubeconfig"},
            "there is no kubeconfig at /nonexistent/kubeconfig; playbooks/cluster.yml fetches it",
        ),
    ],
)
def test_what_is_not_meant_is_refused(changes: dict[str, Any], reason: str) -> None:
    given = SITE | {"drill_faults": list(FAULTS), "drill_bounds": dict.fromkeys(FAULTS, 1.0)}
    expression = "{{ __drill_refusals | selectattr('when') | map(attribute='reason') }}"
    assert render(expression, **given) == []
    assert render(expression, **(given | changes)) == [reason]


def test_the_playbook_asks_for_the_site_s_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            f"--inventory={ROOT / 'inventory/example'}",
            f"--extra-vars=platform_kubeconfig={tmp_path}/kubeconfig",
            "playbooks/drill.yml",
        ],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2, done.stdout
    assert "drill_confirm is '', but this site is called 'department'." in done.stdout
    assert f"there is no kubeconfig at {tmp_path}/kubeconfig" in done.stdout


@pytest.mark.parametrize(
    ("machines", "service"),
    [
        ({"nfs1": {"nfs_server_implementation": "ganesha"}}, "nfs-ganesha"),
        ({"nfs1": {"nfs_server_implementation": "kernel"}}, "nfs-server"),
        ({"nfs1": {}}, "nfs-server"),
        ({}, "nfs-server"),
    ],
)
def test_the_file_service_is_the_file_server_s_own(machines: dict[str, Any], service: str) -> None:
    assert render(DEFAULTS["drill_file_service"], hostvars=machines) == service


@pytest.mark.parametrize(
    ("result", "reasons"),
    [
        ({"resources": [{"metadata": {"name": "w1"}}]}, ["node w1: kubelet has not reported yet"]),
        (
            {
                "members": [
                    {"healthy": True},
                    {"endpoint": "https://192.0.2.1:2379", "healthy": False, "error": "refused"},
                ]
            },
            ["https://192.0.2.1:2379: refused"],
        ),
        (
            {
                "msg": "One or more items failed",
                "results": [
                    {"resources": [{"metadata": {"name": "hub", "namespace": "jupyterhub"}}]},
                    {"msg": "no API"},
                ],
            },
            ["pod jupyterhub/hub on no node: Unknown", "no API"],
        ),
        ({"msg": "no API"}, []),
    ],
)
def test_a_site_that_is_not_well_says_why(result: dict[str, Any], reasons: list[str]) -> None:
    assert render("{{ __drill_sick }}", ansible_failed_result=result) == reasons
