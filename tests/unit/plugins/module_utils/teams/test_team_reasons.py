# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault of a site's teams with its whole message."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._teams.inputs import Inputs

NAME_RULE = "wanted small letters, digits and hyphens, at most 63, a letter or digit first and last"
RESOURCE_RULE = "wanted cpu, memory, gpu or an exact name such as nvidia.com/gpu"
QUANTITY_RULE = "wanted a number with a suffix such as 500m, 2Gi or none"


def team(name: str = "a", **keys: Any) -> dict[str, Any]:
    """A team with a member of its own."""
    return {"name": name, "members": [f"{name}-member"], **keys}


def node(cpu: str, memory: str, *, taint: str = "", **more: str) -> dict[str, Any]:
    """A node with what pods may take there."""
    return {
        "spec": {"taints": [{"key": taint, "effect": "NoSchedule"}] if taint else None},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "odd": "1e3", **more}},
    }


NODES = [
    node("64", "512Gi", taint="node-role.kubernetes.io/control-plane"),
    node("7910m", "32Gi"),
    node("4", "64Gi", **{"nvidia.com/gpu": "2"}),
]


@pytest.mark.parametrize(
    "teams",
    [
        None,
        [],
        [team()],
        [{"name": "a", "group": "staff"}],
        [{"name": "a", "children": [team("b")]}],
        [team(members=["anna.maria", "zoë@example.org", "李雷", "o'hara", "1st"])],
        [team(max={"cpu": 1, "gpu": 0}), team("b", max={"amd.com/gpu": 1, "pods": 5, "ephemeral-storage": "1Gi"})],
        [team(guaranteed={"cpu": 0}, max={"cpu": "11.91", "memory": "96Gi"})],
        [team(guaranteed={"cpu": "11.91", "memory": "96Gi", "gpu": 2})],
        [
            team(
                guaranteed={"cpu": 2},
                children=[team("b", guaranteed={"cpu": "1.5"}), team("c", guaranteed={"cpu": 0.5})],
            )
        ],
        [team(members=["x"], default_of=["x"]), team("b", members=["x"])],
    ],
)
def test_nothing_is_said_against_sound_teams(teams: Any) -> None:
    assert Inputs(teams, {}, NODES).reasons == []


@pytest.mark.parametrize(
    ("teams", "reasons"),
    [
        ("physics", ["platform_teams: wanted a list of teams, not 'physics'"]),
        (["physics"], ["platform_teams: team 1: wanted a mapping with a name, not 'physics'"]),
        ([{"members": ["x"]}], [f"platform_teams: team 1: the name is missing; {NAME_RULE}"]),
        *(
            ([team(name)], [f"platform_teams: team 1: {name!r} is no name for a team; {NAME_RULE}"])
            for name in ("bio.dry", "a b", "Physics", "müller", "-a", "root.a", "a" * 64, "a\n", "")
        ),
        (
            [team(children=[team("B")])],
            [f"team a: children: team 1: 'B' is no name for a team; {NAME_RULE}"],
        ),
        (
            [team(guarantee={"cpu": 1})],
            [
                (
                    "team a: 'guarantee' is no key, "
                    "wanted one of name, members, default_of, group, guaranteed, max, per_user, priority, children"
                )
            ],
        ),
        ([team(per_user={"cpu": 1})], ["team a: per_user: 'cpu' is no key, wanted one of max, servers"]),
        ([team(max=5)], ["team a: max is 5, wanted a mapping"]),
        ([{"name": "a", "group": ["staff"]}], ["team a: group is ['staff'], wanted a text"]),
        ([team(members=["x", ""])], ["team a: members: '' is no user name; wanted a text without blanks and slashes"]),
        (
            [team(members=["x", "anna maria"])],
            ["team a: members: 'anna maria' is no user name; wanted a text without blanks and slashes"],
        ),
        ([team(members=["x", 7])], ["team a: members: 7 is no user name; wanted a text without blanks and slashes"]),
        ([team(members=["Anna", "anna"])], ["team a: members: anna is there twice"]),
        (
            [team(priority="high")],
            ["team a: priority is 'high', wanted a whole number from -2147483648 to 2147483647"],
        ),
        (
            [team(per_user={"servers": -1})],
            ["team a: per_user: servers is -1, wanted a whole number from 0 to 2147483647"],
        ),
        *(
            ([team(max={"memory": text})], [f"team a: max.memory: {text!r} is no quantity, {QUANTITY_RULE}"])
            for text in ("10GB", "-1", "1e3", "", "much", "1 Gi")
        ),
        (
            [team(max={"cpu": "100u"})],
            [f"team a: max.cpu: '100u' is no quantity, {QUANTITY_RULE}"],
        ),
        (
            [team(max={"cpu": "0.0001"})],
            ["team a: max.cpu: '0.0001' can't be counted, wanted no finer than a thousandth of a core"],
        ),
        ([team(max={"gpu": "0.5"})], ["team a: max.gpu: '0.5' can't be counted, wanted a whole number"]),
        (
            [team(max={"memory": "999999999999Pi"})],
            ["team a: max.memory: '999999999999Pi' is more than YuniKorn can count"],
        ),
        ([team(max={"vcore": 1})], [f"team a: max: 'vcore' is no resource; {RESOURCE_RULE}"]),
        ([team(max={"mem": "1Gi"})], [f"team a: max: 'mem' is no resource; {RESOURCE_RULE}"]),
        (
            [team(max={"gpu": 1, "nvidia.com/gpu": 1})],
            ["team a: max: gpu and nvidia.com/gpu are the same resource; keep one"],
        ),
        (
            [team(max={"cpu": 0, "memory": "0Gi"})],
            [
                (
                    "team a: all of max is 0, which YuniKorn takes for no bound; "
                    "leave it out, or bound something to more than 0"
                )
            ],
        ),
        ([team(guaranteed={"cpu": 2}, max={"cpu": 1})], ["team a: guaranteed cpu is 2, above its max 1"]),
        (
            [team(max={"cpu": 2}, children=[team("b", children=[team("c", max={"cpu": "2500m"})])])],
            ["team c: max cpu is 2500m, above 2, the most that a team above it has"],
        ),
        (
            [team(max={"memory": "500M"}, children=[team("b", guaranteed={"memory": "1Gi"})])],
            [
                "team a: memory 1Gi is guaranteed together, and its max is 500M",
                "team b: guaranteed memory is 1Gi, above its max 500M",
            ],
        ),
        (
            [
                team(
                    guaranteed={"cpu": 2}, children=[team("b", guaranteed={"cpu": 1}), team("c", guaranteed={"cpu": 2})]
                )
            ],
            ["team a: the teams below it have cpu 3 guaranteed together, above its own guaranteed 2"],
        ),
        (
            [team(max={"cpu": 2}, per_user={"max": {"cpu": 3}})],
            ["team a: per_user.max cpu is 3, above the team's max 2"],
        ),
        (
            [
                team(
                    per_user={"max": {"cpu": 1}, "servers": 1},
                    children=[team("b", per_user={"max": {"cpu": 2}, "servers": 2})],
                )
            ],
            [
                "team b: per_user.max cpu is 2, above 1, which a user has in a team above it",
                "team b: per_user.servers is 2, above 1, which a user has in a team above it",
            ],
        ),
        (
            [team(guaranteed={"cpu": 8}), team("b", guaranteed={"cpu": 4, "gpu": 3})],
            [
                "platform_teams: cpu 12 is guaranteed together, and the cluster's nodes have 11910m",
                "platform_teams: nvidia.com/gpu 3 is guaranteed together, and the cluster's nodes have 2",
            ],
        ),
        (
            [team(), team("b", children=[team("a", members=["y"])])],
            [
                "team a: it is there 2 times (root.a, root.b.a); a team's name is also its group and its shared folder, so give each its own"
            ],
        ),
        (
            [team(children=[team("a", members=["y"])])],
            [
                "team a: it stands below itself (root.a.a); a team's name is also its group and its shared folder, so give each its own"
            ],
        ),
        (
            [team("default")],
            [
                "team default: it is there 2 times (root.default, root.default); a team's name is also its group and its shared folder, so give each its own"
            ],
        ),
        (
            [{"name": "a", "group": "staff"}, {"name": "b", "group": "staff"}],
            ["group staff: it is the group of a and b; a group's servers can go to one queue alone"],
        ),
        (
            [team(children=[team("members")])],
            ["team a: no team below it can have the name members, which its own members' queue has"],
        ),
        (
            [team("a" * 30, children=[team("b" * 40)])],
            [
                (
                    f"team {'b' * 40}: its queue root.{'a' * 30}.{'b' * 40} has 76 characters, and a pod's label at most 63; "
                    "take shorter names"
                )
            ],
        ),
        ([{"name": "a"}], ["team a: it has neither members nor a group of the authenticator, so nobody could use it"]),
        (
            [team(members=["x"]), team("b", members=["X"])],
            ["user x: is in a and b without a default; name x under default_of of one of them"],
        ),
        (
            [team(members=["x"], default_of=["x"]), team("b", members=["x"], default_of=["x"])],
            ["user x: a and b are both the default; keep one"],
        ),
        ([team(default_of=["y"])], ["team a: default_of names y, who is no member"]),
    ],
)
def test_each_fault_is_told(teams: Any, reasons: list[str]) -> None:
    assert Inputs(teams, {}, NODES).reasons == reasons


def test_a_list_that_contains_itself_is_no_endless_tree() -> None:
    teams: list[dict[str, Any]] = [team()]
    teams[0]["children"] = teams
    assert Inputs(teams, {}).reasons == ["team a: children: the list contains itself"]


def test_all_is_told_at_once() -> None:
    faults = [team("a.b"), team("c", max={"cpu": "x"}), {"name": "d"}]
    assert len(Inputs(faults, {"sort": "lifo"}).reasons) == 4


DOCUMENT = """
partitions:
  - name: default
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: batch
"""


@pytest.mark.parametrize(
    ("settings", "reasons"),
    [
        ({"sort": "lifo"}, ["sort: 'lifo' is unknown, wanted one of fair, fifo"]),
        ({"node_sort": "random"}, ["node_sort: 'random' is unknown, wanted one of fair, binpacking"]),
        ({"preemption_delay": -5}, ["preemption_delay: -5 is less than 1 second"]),
        (
            {"default_team": {"name": "rest", "members": ["x"]}},
            ["the default team: rest has members, a group or teams below it; it is for users without a team"],
        ),
        (
            {"default_team": {"name": "The rest"}},
            [f"the default team: platform_teams: team 1: 'The rest' is no name for a team; {NAME_RULE}"],
        ),
        ({"document": 5}, ["the document is neither a text nor a mapping, but of type int"]),
        (
            {"document": DOCUMENT.replace("batch", "a.b")},
            [
                (
                    "the document: YuniKorn refuses this configuration:\n"
                    "- line 8, partitions[0].queues[0].queues[0].name: invalid queue name, max 64 characters consisting of "
                    "alphanumeric characters and '-', '_', '#', '@', '/', ':' allowed"
                )
            ],
        ),
        (
            {"document": DOCUMENT.replace("batch", "A")},
            ["a: the document has a queue of this name, and there is such a team; keep one of both"],
        ),
        (
            {"document": "partitions: [{name: other, queues: [{name: root}]}]"},
            ["the document has no partition default, so teams can't be added to it"],
        ),
    ],
)
def test_other_inputs_have_faults_too(settings: dict[str, Any], reasons: list[str]) -> None:
    assert Inputs([team()], settings).reasons == reasons
