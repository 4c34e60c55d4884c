# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failover drill, the faults that take seconds: what fails is given back, and nobody noticed for longer than the bounds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.lab.lab import Lab
from tests.long.labs import lab_of

FAULTS = ("balancer_service", "balancer_machine", "apiserver", "hub_pod")
QUICK = {"drill_away_seconds": 5, "drill_notice_seconds": 5}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A whole site."""
    with lab_of("drill", 20) as made:
        made.playbook("site.yml", log="site-first")
        yield made


def arguments(lab: Lab, *faults: str) -> tuple[str, ...]:
    """What the playbook is called with."""
    return ("-e", f"drill_confirm={lab.name}", "-e", json.dumps({**QUICK, "drill_faults": faults}))


def haproxy(lab: Lab) -> dict[str, str]:
    """The state of HAProxy on each balancer."""
    ask = ("systemctl", "is-active", "haproxy")
    return {
        machine: subprocess.run(
            ["podman", "exec", f"{lab.name}-{machine}", *ask], capture_output=True, text=True, timeout=60, check=False
        ).stdout.strip()
        for machine in ("lb1", "lb2")
    }


def test_a_drill_that_is_cut_off_leaves_a_fault_that_the_next_one_takes_back(lab: Lab) -> None:
    lab.cut_off(
        lambda: "inactive" in haproxy(lab).values(),
        "playbooks/drill.yml",
        *arguments(lab, "balancer_service"),
        log="drill-cut-off",
    )
    assert sorted(haproxy(lab).values()) == ["active", "inactive"]
    path = lab.logs / "drill.json"
    lab.playbook("playbooks/drill.yml", *arguments(lab, *FAULTS), "-e", f"drill_report_path={path}", log="drill")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["ok"] is True
    assert {check["id"]: check["ok"] for check in report["checks"]} == {f"drill_{fault}": True for fault in FAULTS}
    for check in report["checks"]:
        print(f"{check['id']}: {check['seconds']} s; {check['detail']}")
    assert haproxy(lab) == {"lb1": "active", "lb2": "active"}
    assert lab.kubectl("get", "namespace", "kubehub-drill", status=1).output.count("NotFound") == 1
