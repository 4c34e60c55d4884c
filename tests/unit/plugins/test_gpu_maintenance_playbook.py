# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook gpu_maintenance.yml, run as an admin runs it, as far as it comes without a cluster. The rest is proved on the lab."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"gpu_maintenance_confirm": "else"},
            "gpu_maintenance_confirm is 'else', but this site is called 'department'. Nothing was changed.",
        ),
        (
            {"gpu_maintenance_machines": ["w2", "w9"]},
            "gpu_maintenance_machines: w9 is no machine of the group gpu_workers (w2). Nothing was changed.",
        ),
        (
            {"gpu_maintenance_notice_seconds": "1h"},
            "gpu_maintenance_notice_seconds is '1h', wanted whole seconds from 0. Nothing was changed.",
        ),
        (
            {"gpu_maintenance_hold": True},
            "gpu_maintenance_hold empties machines for work by hand, so name them in gpu_maintenance_machines. Nothing was changed.",
        ),
    ],
)
def test_what_was_not_meant_is_refused_before_a_machine_is_asked(given: dict[str, Any], reason: str) -> None:
    variables = {"gpu_maintenance_confirm": "department"} | given
    done = subprocess.run(
        ["ansible-playbook", "-i", "inventory/example", "-e", json.dumps(variables), "playbooks/gpu_maintenance.yml"],
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    report, _end = json.JSONDecoder().raw_decode(done.stdout[done.stdout.index("{") :])
    tasks = [task["hosts"] for play in report["plays"] for task in play["tasks"]]
    assert [(list(hosts), hosts["localhost"]["msg"]) for hosts in tasks if hosts["localhost"].get("failed")] == [
        (["localhost"], reason)
    ]
    assert done.returncode == 2
    assert set(report["stats"]) == {"localhost"}
