# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done so that nodes are as the inventory wants them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _nodes

DEDICATED = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
W1 = _nodes.wanted({"name": "w1", "address": "198.18.7.31", "labels": {}, "taints": []})
GOOD = _nodes.Signing(
    name="csr-1",
    created="2026-11-25T09:00:02Z",
    username="system:node:w1",
    groups=("system:nodes", "system:authenticated"),
    decided=False,
    approved=False,
    request=_nodes.Request("system:node:w1", ("system:nodes",), frozenset({"w1"}), frozenset({"198.18.7.31"})),
)


def node(name: str = "w1", **metadata: Any) -> dict[str, Any]:
    """Return a node as the API shows it."""
    taints = metadata.pop("taints", [])
    return {
        "kind": "Node",
        "metadata": {"name": name, "creationTimestamp": "2026-11-25T09:00:00Z", **metadata},
        "spec": {"taints": taints},
    }


def asked(**changes: Any) -> _nodes.Signing:
    """Return a good request with some of what it asks for changed."""
    return dataclasses.replace(GOOD, request=dataclasses.replace(GOOD.request, **changes))


@pytest.mark.parametrize(
    ("now", "labels", "taints", "expected"),
    [
        pytest.param(node(), {}, [], [], id="nothing wanted"),
        pytest.param(
            node(labels={"kubernetes.io/hostname": "w1"}),
            {"zone": "b", "disk": "fast"},
            [],
            [
                ["label", "node", "w1", "--overwrite", "disk=fast", "zone=b"],
                ["annotate", "node", "w1", "--overwrite", "kubehub.platform/labels=disk,zone"],
            ],
            id="labels are added and noted",
        ),
        pytest.param(
            node(labels={"zone": "a", "theirs": "x"}, annotations={"kubehub.platform/labels": "disk,zone"}),
            {"zone": "b"},
            [],
            [
                ["label", "node", "w1", "--overwrite", "zone=b"],
                ["annotate", "node", "w1", "--overwrite", "kubehub.platform/labels=zone"],
            ],
            id="one that is already gone is only forgotten",
        ),
        pytest.param(
            node(labels={"zone": "a", "theirs": "x"}, annotations={"kubehub.platform/labels": "zone"}),
            {},
            [],
            [
                ["label", "node", "w1", "--overwrite", "zone-"],
                ["annotate", "node", "w1", "--overwrite", "kubehub.platform/labels-"],
            ],
            id="ours leave, theirs stay",
        ),
        pytest.param(
            node(taints=[{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]),
            {},
            [{"key": "gpu", "value": "yes", "effect": "NoExecute"}],
            [
                ["taint", "node", "w1", "--overwrite", "gpu=yes:NoExecute"],
                ["annotate", "node", "w1", "--overwrite", "kubehub.platform/taints=gpu:NoExecute"],
            ],
            id="a taint beside the cluster's own",
        ),
        pytest.param(
            node(taints=[DEDICATED]), {}, [DEDICATED], [], id="a dedicated control plane is as kubeadm made it"
        ),
        pytest.param(
            node(taints=[DEDICATED]),
            {},
            [],
            [["taint", "node", "w1", "--overwrite", "node-role.kubernetes.io/control-plane:NoSchedule-"]],
            id="kubeadm's taint goes where it isn't wanted",
        ),
    ],
)
def test_commands(
    now: dict[str, Any], labels: dict[str, str], taints: list[dict[str, str]], expected: list[list[str]]
) -> None:
    want = _nodes.wanted({"name": "w1", "address": "198.18.7.31", "labels": labels, "taints": taints})
    assert _nodes.commands(now, want) == expected


def test_a_node_that_is_as_wanted_needs_nothing() -> None:
    want = _nodes.wanted(
        {
            "name": "w1",
            "address": "198.18.7.31",
            "labels": {"rank": 1},
            "taints": [{"key": "a", "effect": "NoSchedule"}],
        }
    )
    now = node(
        labels={"rank": "1"},
        annotations={"kubehub.platform/labels": "rank", "kubehub.platform/taints": "a:NoSchedule"},
        taints=[{"key": "a", "effect": "NoSchedule", "timeAdded": "2026-11-24T00:00:00Z"}],
    )
    assert _nodes.plan([now], [], [want]) == {"commands": [], "approve": [], "pending": [], "reasons": []}


def test_a_good_request_is_approved() -> None:
    assert _nodes.refusal(GOOD, W1) is None
    assert _nodes.plan([node()], [GOOD], [W1], ["w1"]) == {
        "commands": [],
        "approve": ["csr-1"],
        "pending": [],
        "reasons": [],
    }


@pytest.mark.parametrize(
    ("signing", "reason"),
    [
        (
            dataclasses.replace(GOOD, groups=("system:authenticated",)),
            "its sender system:node:w1 isn't in the group system:nodes",
        ),
        (
            asked(common_name="system:node:cp1"),
            "it is made out to system:node:cp1, not to system:node:w1 of system:nodes",
        ),
        (
            asked(organizations=("system:nodes", "system:masters")),
            "it is made out to system:node:w1, not to system:node:w1 of system:nodes",
        ),
        (
            asked(names=frozenset({"w1", "api.example.org"})),
            "it asks for api.example.org; the inventory knows w1 at 198.18.7.31",
        ),
        (
            asked(addresses=frozenset({"198.18.7.31", "198.18.7.100"})),
            "it asks for 198.18.7.100; the inventory knows w1 at 198.18.7.31",
        ),
        (asked(names=frozenset(), addresses=frozenset()), "it asks for no name and no address"),
    ],
)
def test_any_other_request_is_refused_with_its_reason(signing: _nodes.Signing, reason: str) -> None:
    assert _nodes.refusal(signing, W1) == reason
    found = _nodes.plan([node()], [signing], [W1])
    assert found["approve"] == []
    assert found["reasons"] == [
        f"w1: the request csr-1 for its kubelet's serving certificate isn't approved: {reason}."
    ]


def test_one_nodes_request_is_never_anothers() -> None:
    stranger = dataclasses.replace(GOOD, username="system:node:w2")
    assert _nodes.plan([node()], [stranger], [W1])["approve"] == []


def test_what_was_decided_is_left_alone() -> None:
    denied = dataclasses.replace(GOOD, decided=True)
    assert _nodes.plan([node()], [denied], [W1])["approve"] == []
    assert _nodes.plan([node()], [denied], [W1], ["w1"])["pending"] == ["w1"]
    approved = dataclasses.replace(GOOD, decided=True, approved=True)
    assert _nodes.plan([node()], [approved], [W1], ["w1"])["pending"] == []


def test_newcomers_without_node_or_request_are_waited_for_and_named() -> None:
    assert _nodes.plan([], [], [W1], ["w1"]) == {
        "commands": [],
        "approve": [],
        "pending": ["w1"],
        "reasons": ["w1: the cluster doesn't know this node. See `journalctl -u kubelet` there."],
    }
    assert _nodes.plan([node()], [], [W1], ["w1"])["reasons"] == [
        "w1: its kubelet has asked for no serving certificate. See `journalctl -u kubelet` there."
    ]
    assert _nodes.plan([node()], [], [W1])["reasons"] == []


def test_a_dead_machines_certificate_is_none_of_its_successors() -> None:
    approved = dataclasses.replace(GOOD, decided=True, approved=True, created="2026-11-25T08:59:59Z")
    assert _nodes.plan([node()], [approved], [W1], ["w1"])["pending"] == ["w1"]
    assert _nodes.plan([node()], [approved], [W1])["pending"] == []
    asking = dataclasses.replace(GOOD, name="csr-2")
    assert _nodes.plan([node()], [approved, asking], [W1], ["w1"]) == {
        "commands": [],
        "approve": ["csr-2"],
        "pending": [],
        "reasons": [],
    }
