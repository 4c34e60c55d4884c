# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed while helm works on a release: helm would refuse that release for good, and the next run puts it right."""

from __future__ import annotations

import json
import subprocess

from .lab import Lab
from .person import Person


def states(lab: Lab) -> set[str]:
    """The states of the hub's revisions."""
    kubectl = ("podman", "exec", f"{lab.name}-cp2", "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
    read = ("-n", "jupyterhub", "get", "secrets", "-l", "owner=helm,name=jupyterhub", "-o", "json")
    done = subprocess.run([*kubectl, *read], capture_output=True, timeout=60, check=True)
    return {item["metadata"]["labels"]["status"] for item in json.loads(done.stdout)["items"]}


def test_a_release_that_was_cut_off_is_finished_by_the_next_run(lab: Lab) -> None:
    assert states(lab) <= {"deployed", "superseded"}
    lab.cut_off(
        lambda: "pending-upgrade" in states(lab),
        "playbooks/hub.yml",
        "-e",
        "jupyterhub_banner=half-done",
        log="hub-cut-off",
    )
    assert "pending-upgrade" in states(lab)
    # Another helm may work for as long as its timeout, so that is how long the next run waits.
    lab.playbook("playbooks/hub.yml", "-e", "jupyterhub_timeout=90", log="hub-after-cut-off")
    assert states(lab) <= {"deployed", "superseded"}
    shown = Person(lab, "alice").page("/hub/login").text
    assert "JupyterHub" in shown
    assert "half-done" not in shown
    assert lab.playbook("playbooks/hub.yml", log="hub-after-that").changed == {}
