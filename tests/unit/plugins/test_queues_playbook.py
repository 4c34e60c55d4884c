# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook queues.yml, run as an admin runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.fake_cluster import TOKEN, Application, FakeCluster

ROOT = Path(__file__).resolve().parents[3]
CONFIG = """\
partitions:
  - name: default
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: research
            resources: {max: {vcore: 8}}
          - name: teaching
"""
WITHOUT_TEACHING = CONFIG.replace("          - name: teaching\n", "")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(cluster: FakeCluster, tmp_path: Path) -> Run:
    """Run the playbook; return its exit status, the lines that it shows at its end, and all of its output."""

    def run(*arguments: str, **variables: Any) -> tuple[int, str, str]:
        given = {"platform_kubeconfig": os.environ["KUBECONFIG"], **variables}
        done = subprocess.run(
            ["ansible-playbook", "-i", "localhost,", *arguments, "-e", json.dumps(given), "playbooks/queues.yml"],
            cwd=ROOT,
            env=os.environ
            | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "PWD": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert TOKEN not in done.stdout + done.stderr
        report, _end = json.JSONDecoder().raw_decode(done.stdout[done.stdout.index("{") :])
        tasks = [task["hosts"]["localhost"] for play in report["plays"] for task in play["tasks"] if task["hosts"]]
        shown = [task["msg"] for task in tasks if not task.get("skipped") and "msg" in task]
        last = shown[-1]
        return done.returncode, last if isinstance(last, str) else "\n".join(last), done.stdout

    return run


def test_it_plans_applies_and_reports(run: Run, cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.runs(CONFIG)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob")]
    status, shown, output = run(queues_config=WITHOUT_TEACHING)
    assert (status, cluster.writes) == (0, [])
    assert "- remove:root.teaching" in output
    assert shown == (
        "Nothing was changed. As it is, applying this is refused; each line under Refused says what to do.\n"
        "Next: ansible-playbook playbooks/queues.yml -e queues_action=apply, with queues_allow and queues_accept as those lines say"
    )

    options = {
        "queues_config": WITHOUT_TEACHING,
        "queues_action": "apply",
        "queues_allow": "delays,remove:root.teaching",
    }
    status, shown, _output = run("--check", **options)
    assert (status, cluster.writes) == (0, [])
    assert shown == (
        "Nothing was changed. Nothing speaks against applying this.\n"
        "Next: ansible-playbook playbooks/queues.yml -e queues_action=apply"
    )
    status, shown, _output = run(**options)
    assert (status, cluster.text()) == (0, WITHOUT_TEACHING)
    assert shown == (
        "Changes applied: 1. The scheduler was seen to run the configuration.\n"
        "Next: ansible-playbook playbooks/queues.yml -e queues_action=report\n"
        "Draining until their applications have ended: root.teaching. To wait for them: -e queues_wait=true"
    )

    status, shown, _output = run(queues_action="report", queues_usage_format="csv", queues_usage_path="usage.csv")
    assert status == 0
    assert shown == (
        "The usage stands in usage.csv.\nYuniKorn 1.9.0, healthy.\nDraining until their applications have ended: root.teaching"
    )
    lines = (tmp_path / "usage.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:4] for line in lines[-2:]] == [
        ["root.teaching", "", "1", "0"],
        ["root.teaching", "bob", "1", "0"],
    ]


def test_it_plans_for_the_teams(run: Run) -> None:
    teams = [{"name": "physics", "members": ["alice"], "max": {"cpu": 2}}]
    status, shown, output = run(platform_teams=teams)
    assert status == 0
    assert shown.startswith("Nothing was changed. ")
    assert {"root.physics", "root.default"} <= set(re.findall(r"root\.\w+", output))


def test_it_says_what_is_wrong_with_the_teams_before_it_asks(run: Run, cluster: FakeCluster) -> None:
    status, shown, _output = run(platform_teams=[{"name": "a.b"}, {"name": "c"}])
    assert status == 2
    assert shown.strip() == (
        "The cluster can't be shared like this:\n"
        "- platform_teams: team 1: 'a.b' is no name for a team; "
        "wanted small letters, digits and hyphens, at most 63, a letter or digit first and last\n"
        "- team c: it has neither members nor a group of the authenticator, so nobody could use it"
    )
    assert cluster.requests == []
