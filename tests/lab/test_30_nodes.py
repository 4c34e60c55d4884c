# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Day 2: a worker leaves and comes, a control plane dies and is replaced even by a run that is cut off, by playbooks alone."""

from __future__ import annotations

import json

from .lab import Lab, running


def nodes(lab: Lab) -> dict[str, bool]:
    """Node name → ready."""
    found = json.loads(lab.kubectl("get", "nodes", "-o", "json").output)["items"]
    return {
        node["metadata"]["name"]: any(
            each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"]
        )
        for node in found
    }


def test_a_worker_is_removed(lab: Lab) -> None:
    """remove_node.yml drains and resets it."""
    refused = lab.playbook(
        "playbooks/remove_node.yml",
        "-e",
        "remove_node=w1",
        "-e",
        "remove_node_confirm=wrong",
        log="remove-refused",
        status=2,
    )
    assert lab.name in refused.output
    assert nodes(lab)["w1"]
    lab.playbook(
        "playbooks/remove_node.yml",
        "-e",
        "remove_node=w1",
        "-e",
        f"remove_node_confirm={lab.name}",
        log="remove-w1",
    )
    assert "w1" not in nodes(lab)


def test_a_dead_control_plane_is_replaced_and_the_worker_joins_again(lab: Lab) -> None:
    """The first control plane's machine is destroyed and made anew: it joins the living, and etcd has three healthy members.

    The worker that was removed is a new machine to site.yml, too.
    """
    lab.molecule("destroy", "cp1")
    lab.molecule("create", "cp1")
    # The first run is killed in the middle: kubeadm may go on, fail or be half done, and the next run takes it from there.
    init = lab.init_process("cp1")
    lab.cut_off(lambda: running("kubeadm", "join", init=init), "site.yml", log="site-cp1-cut-off")
    lab.playbook("site.yml", log="site-cp1-anew")
    assert nodes(lab) == dict.fromkeys(("cp1", "cp2", "cp3", "w1", "w2"), True)
    report = lab.logs / "verify-cp1.json"
    lab.playbook("playbooks/verify.yml", "-e", f"verify_report_path={report}", log="verify-cp1")
    members = [check for check in json.loads(report.read_text(encoding="utf-8"))["checks"] if "etcd" in check["id"]]
    assert members
    assert all(check["ok"] for check in members)
    assert lab.playbook("site.yml", log="site-after-cp1").changed == {}
