# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of upstream's validator: one config that it accepts, one that it refuses, with text, path and line."""

from __future__ import annotations

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import parse, validate
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.problem import Problem

PARTITION = "partitions:\n- name: default\n  "
QUEUES = f"{PARTITION}queues:\n  - name: root\n    queues:\n    "
Q = "partitions[0].queues[0]"

# What stands below the prefix begins in line 3 (PARTITION) or 6 (QUEUES).
RULES = [
    pytest.param(
        "partitions:\n- {name: default, queues: []}\n- {name: gpu, queues: []}",
        "partitions:\n- {name: gpu, queues: []}\n- {name: GPU, queues: []}",
        [("partitions[1].name", 3, "duplicate partition name found with name GPU")],
        id="partition named twice",
    ),
    pytest.param(
        "partitions:\n- {queues: []}",
        "partitions:\n- {queues: []}\n- {name: Default, queues: []}",
        [("partitions[1].name", 3, "duplicate partition name found with name default")],
        id="partition without a name is the default one",
    ),
    pytest.param(
        PARTITION + "queues: []",
        PARTITION + "queues:",
        [("partitions[0]", 2, "queue config is not set")],
        id="queues are given",
    ),
    pytest.param(
        PARTITION + "queues:\n  - name: root\n    resources: {max: }",
        PARTITION + "queues:\n  - name: root\n    resources: {max: {}}",
        [(f"{Q}.resources", 5, "root queue must not have resource limits set")],
        id="root is unbounded",
    ),
    pytest.param(
        PARTITION + "limits: [{limit: x, users: [a], maxapplications: 1}]\n  queues:\n"
        "  - name: root\n    limits: [{limit: x, users: [a], maxapplications: 1}]",
        PARTITION + "limits: [{limit: x, users: [a], maxapplications: 1}]\n  queues:\n"
        "  - name: root\n    limits: [{limit: y, users: [a], maxapplications: 1}]",
        [("partitions[0].limits", 3, "partition limits and root queue limits are not equivalent")],
        id="partition limits are root's",
    ),
    pytest.param(
        QUEUES + "- {name: a, adminacl: 'u1,u2 g'}",
        QUEUES + "- {name: a, adminacl: ' u  g x '}\n    - name: b\n      submitacl: a b c",
        [
            (f"{Q}.queues[0].adminacl", 6, "multiple spaces found in ACL: 'u  g x'"),
            (f"{Q}.queues[1].submitacl", 8, "multiple spaces found in ACL: 'a b c'"),
        ],
        id="access lists have two fields",
    ),
    pytest.param(
        QUEUES + "- {name: 'A-_#@/:9'}\n    - {name: " + "x" * 64 + "}",
        QUEUES
        + "- {name: a.b}\n    - {name: "
        + "x" * 65
        + '}\n    - {name: "a\\n"}\n    - {name: ~}\n    - {name: ä}',
        [
            (
                f"{Q}.queues[{index}].name",
                6 + index,
                (
                    "invalid queue name, max 64 characters consisting of alphanumeric characters "
                    "and '-', '_', '#', '@', '/', ':' allowed"
                ),
            )
            for index in range(5)
        ],
        id="queue names",
    ),
    pytest.param(
        QUEUES + "- {name: a, queues: [{name: b}]}\n    - {name: b}",
        QUEUES + "- {name: a, queues: [{name: b}, {name: B}]}\n    - {name: A}",
        [
            (f"{Q}.queues[1].name", 7, "duplicate child name found with name 'A', level 1"),
            (f"{Q}.queues[0].queues[1].name", 6, "duplicate child name found with name 'B', level 2"),
        ],
        id="siblings differ",
    ),
    pytest.param(
        QUEUES + "- {name: a, resources: {guaranteed: {memory: 1Gi}, max: {memory: 1024Mi}}}",
        QUEUES + "- {name: a, resources: {guaranteed: {vcore: 2, memory: 1Gi}, max: {memory: 1G, vcore: 500m}}}",
        [
            (
                f"{Q}.queues[0].resources.guaranteed",
                6,
                (
                    "guaranteed resource map[memory:1073741824 vcore:2000] is larger than "
                    "maximum resource map[memory:1000000000 vcore:500] for queue a"
                ),
            )
        ],
        id="guaranteed within max",
    ),
    pytest.param(
        QUEUES
        + "- name: a\n      resources: {max: {memory: 2}}\n      queues: [{name: b, resources: {max: {memory: 2, x: 9}}}]",
        QUEUES + "- name: a\n      resources: {max: {memory: 2}}\n      queues:\n      - name: b\n"
        "        queues: [{name: c, resources: {max: {memory: 3}}}]",
        [
            (
                f"{Q}.queues[0].queues[0].queues[0].resources.max",
                10,
                "max resource of parent map[memory:2] is smaller than maximum resource map[memory:3] for queue c",
            )
        ],
        id="max within every ancestor's",
    ),
    pytest.param(
        QUEUES + "- name: a\n      resources: {guaranteed: {memory: 2}}\n      queues:\n"
        "      - {name: b, resources: {guaranteed: {memory: 1}}}\n      - {name: c, resources: {guaranteed: {memory: 1}}}",
        QUEUES + "- name: a\n      resources: {guaranteed: {memory: 1}}\n      queues:\n"
        "      - {name: b, resources: {guaranteed: {memory: 1}}}\n      - {name: c, resources: {guaranteed: {memory: 1}}}",
        [
            (
                f"{Q}.queues[0].resources.guaranteed",
                7,
                (
                    "guaranteed resource of parent map[memory:1] is smaller than sum of guaranteed resources map[memory:2] "
                    "of the children for queue a"
                ),
            )
        ],
        id="guaranteed holds the children's sum",
    ),
    pytest.param(
        QUEUES + "- name: a\n      resources: {max: {memory: 2}}\n      queues:\n"
        "      - {name: b, resources: {guaranteed: {memory: 1}}}\n      - {name: c, resources: {guaranteed: {memory: 1}}}",
        QUEUES + "- name: a\n      resources: {max: {memory: 1}}\n      queues:\n"
        "      - {name: b, resources: {guaranteed: {memory: 1}}}\n      - {name: c, resources: {guaranteed: {memory: 1}}}",
        [
            (
                f"{Q}.queues[0].resources.max",
                7,
                (
                    "max resource map[memory:1] is smaller than sum of guaranteed resources map[memory:2] "
                    "of the children for queue a"
                ),
            )
        ],
        id="max holds the children's guaranteed",
    ),
    pytest.param(
        QUEUES + "- {name: a, childtemplate: {resources: {max: {memory: lots}}}}",
        QUEUES
        + "- name: a\n      resources:\n        guaranteed: {memory: 1.5}\n        max:\n          cpu: 500m\n          memory: 10E",
        [
            (f"{Q}.queues[0].resources.guaranteed.memory", 8, "invalid quantity"),
            (f"{Q}.queues[0].resources.max.cpu", 10, "invalid suffix"),
            (f"{Q}.queues[0].resources.max.memory", 11, "invalid quantity: overflow"),
        ],
        id="quantities, but not of a template",
    ),
    pytest.param(
        QUEUES + "- {name: a, maxapplications: 2, queues: [{name: b, maxapplications: 2}]}",
        QUEUES
        + "- name: a\n      maxapplications: 2\n      queues:\n      - name: b\n        maxapplications: 3\n      - name: c",
        [
            (
                f"{Q}.queues[0].queues[0].maxapplications",
                10,
                "parent maxApplications must be larger than child maxApplications",
            ),
            (
                f"{Q}.queues[0].queues[1].maxapplications",
                11,
                "maxApplications is either undefined or zero, which is not allowed when parent queue's maxApplications is defined",
            ),
        ],
        id="applications within the parent's",
    ),
    pytest.param(
        PARTITION + "queues: []\n  nodesortpolicy: {type: binpacking, resourceweights: {memory: 0, vcore: .nan}}",
        PARTITION
        + "queues: []\n  nodesortpolicy:\n    type: Fair\n    resourceweights:\n      memory: 1\n      vcore: -0.5",
        [
            ("partitions[0].nodesortpolicy.type", 5, "undefined policy: Fair"),
            (
                "partitions[0].nodesortpolicy.resourceweights.vcore",
                8,
                "negative resource weight for vcore is not allowed",
            ),
        ],
        id="node sort policy",
    ),
]

LIMITS = [
    pytest.param(
        "- {limit: x, users: [a], maxapplications: 1}",
        "- {limit: x, users: [], maxresources: {memory: 1}, maxapplications: 2}",
        [("", "empty user and group lists defined in limit '{x [] [] map[memory:1] 2}'")],
        id="someone is named",
    ),
    pytest.param(
        "- {users: [_a, 'b:c#d/e_f.g@h-i$', '*'], groups: ['a_b:c.d-e', '*'], maxapplications: 1}",
        "- {users: [1a, 'a b', 'a*'], groups: [a/b, a$], maxapplications: 1}",
        [
            (".users[0]", "invalid limit user name '1a' in limit definition"),
            (".users[1]", "invalid limit user name 'a b' in limit definition"),
            (".users[2]", "invalid limit user name 'a*' in limit definition"),
            (".groups[0]", "invalid limit group name 'a/b' in limit definition"),
            (".groups[1]", "invalid limit group name 'a$' in limit definition"),
        ],
        id="names of users and groups",
    ),
    pytest.param(
        "- {users: [a, A], groups: [g, G], maxapplications: 1}",
        "- {users: [a, a], groups: [g, h, g], maxapplications: 1}",
        [
            (".users[1]", "duplicated user name 'a', already exists"),
            (".groups[2]", "duplicated group name 'g'"),
        ],
        id="named once",
    ),
    pytest.param(
        "- {users: [a, '*'], groups: [g, '*'], maxapplications: 1}",
        "- {users: ['*', a], groups: [g, '*', h], maxapplications: 1}",
        [
            (".users[1]", "should not set no wildcard user a after wildcard user limit"),
            (".groups[2]", "should not set no wildcard group h after wildcard group limit"),
        ],
        id="the wildcard is last",
    ),
    pytest.param(
        "- {users: ['*'], groups: [g, '*'], maxapplications: 1}",
        "- {groups: ['*'], maxapplications: 1}",
        [
            (
                ".groups",
                (
                    "should not specify only one group limit that is using the wildcard. "
                    "There must be at least one limit with a group name defined "
                ),
            )
        ],
        id="a named group before the wildcard",
    ),
    pytest.param(
        "- {limit: x, users: [a], maxresources: {memory: 0, vcore: 1}}",
        "- {limit: x, users: [a], maxresources: {memory: 0, vcore: 0m}, maxapplications: 1}",
        [(".maxresources", "MaxResources should be greater than zero in 'x' limit")],
        id="not all zero",
    ),
    pytest.param(
        "- {limit: x, users: [a], maxapplications: 1}",
        "- {limit: x, users: [a], maxresources: {}}",
        [("", "invalid resource combination for limit x all resource limits are null")],
        id="something is limited",
    ),
    pytest.param(
        "- {limit: x, users: [a], maxapplications: 5, maxresources: {memory: 8, cpu: 99}}",
        "- {limit: x, users: [a], maxapplications: 6, maxresources: {memory: 9}}",
        [
            (
                ".maxapplications",
                "invalid MaxApplications settings for limit x exceed current the queue MaxApplications",
            ),
            (".maxresources", "invalid MaxResources settings for limit x exeecd current the queue MaxResources"),
        ],
        id="within the queue's own bounds",
    ),
    pytest.param(
        "- {limit: x, users: [a], maxresources: {vcore: 500m}}",
        "- {limit: x, users: [a], maxresources: {memory: 500m, vcore: 1}}",
        [(".maxresources.memory", "invalid suffix")],
        id="quantities",
    ),
]

# Limits of root, then of its child `a`.
INHERITED = [
    pytest.param(
        "{users: [u], maxresources: {memory: 2, x: 1}}",
        "{users: [u], maxresources: {memory: 2, y: 9}}",
        "{users: [u], maxresources: {memory: 3}}",
        (
            "maxresources",
            (
                "user u max resource map[memory:3] of queue a is greater than "
                "immediate or ancestor parent maximum resource map[memory:2 x:1]"
            ),
        ),
        id="user's resources",
    ),
    pytest.param(
        "{users: ['*'], maxresources: {memory: 2}}",
        "{users: [u, '*'], maxresources: {memory: 2}}",
        "{users: [u], maxresources: {memory: 3}}",
        (
            "maxresources",
            (
                "user u max resource map[memory:3] of queue a is greater than "
                "wildcard maximum resource map[memory:2] of immediate or ancestor parent queue"
            ),
        ),
        id="wildcard's resources",
    ),
    pytest.param(
        "{groups: [g], maxresources: {memory: 2}}",
        "{groups: [h], maxresources: {memory: 3}}",
        "{groups: [g], maxresources: {memory: 3}}",
        (
            "maxresources",
            (
                "group g max resource map[memory:3] of queue a is greater than "
                "immediate or ancestor parent maximum resource map[memory:2]"
            ),
        ),
        id="group's resources",
    ),
    pytest.param(
        "{groups: [h, '*'], maxresources: {memory: 2}}",
        "{groups: [g], maxresources: {memory: 1}}",
        "{groups: [g], maxresources: {memory: 3}}",
        (
            "maxresources",
            (
                "group g max resource map[memory:3] of queue a is greater than "
                "wildcard maximum resource map[memory:2] of immediate or ancestor parent queue"
            ),
        ),
        id="group wildcard's resources",
    ),
    pytest.param(
        "{users: [u], maxapplications: 2}",
        "{users: [u], maxapplications: 2}",
        "{users: [u], maxapplications: 3}",
        (
            "maxapplications",
            "user u max applications 3 of queue a is greater than immediate or ancestor parent max applications 2",
        ),
        id="user's applications",
    ),
    pytest.param(
        "{users: [u], maxapplications: 2}",
        "{users: [v], maxresources: {memory: 1}}",
        "{users: [u], maxresources: {memory: 1}}",
        (
            "maxapplications",
            "user u max applications 0 of queue a is greater than immediate or ancestor parent max applications 2",
        ),
        id="user's applications must be said again",
    ),
    pytest.param(
        "{users: ['*'], maxapplications: 2}",
        "{users: [u], maxapplications: 1}",
        "{users: [u], maxapplications: 3}",
        (
            "maxapplications",
            (
                "user u max applications 3 of queue a is greater than "
                "wildcard max applications 2 of immediate or ancestor parent queue"
            ),
        ),
        id="wildcard's applications",
    ),
    pytest.param(
        "{groups: [g], maxapplications: 2}",
        "{groups: [g], maxapplications: 1}",
        "{groups: [g], maxapplications: 3}",
        (
            "maxapplications",
            "group g max applications 3 of queue a is greater than immediate or ancestor parent max applications 2",
        ),
        id="group's applications",
    ),
    pytest.param(
        "{groups: [h, '*'], maxapplications: 2}",
        "{groups: [g], maxapplications: 1}",
        "{groups: [g], maxapplications: 3}",
        (
            "maxapplications",
            (
                "group g max applications 3 of queue a is greater than "
                "wildcard max applications 2 of immediate or ancestor parent queue"
            ),
        ),
        id="group wildcard's applications",
    ),
]

# Below root stand the leaf `leaf`, the parent `parent` with the leaf `Kid`, and `flagless`, which has a child but no flag.
TREE = (
    QUEUES + "- {name: leaf}\n    - {name: parent, parent: true, queues: [{name: Kid}]}\n"
    "    - {name: flagless, queues: [{name: kid}]}\n  placementrules:\n  "
)
PLACEMENT = [
    pytest.param(
        "{name: _no_such_rule}",
        "{name: a-b}",
        (".name", "invalid rule name a-b, a name must be a valid identifier"),
        id="name",
    ),
    pytest.param(
        "{name: user, parent: {name: tag}}",
        "{name: user, parent: {name: ''}}",
        (".parent.name", "invalid rule name , a name must be a valid identifier"),
        id="parent's name",
    ),
    pytest.param(
        "{name: user, filter: {type: DENY}}",
        "{name: user, filter: {type: drop}}",
        (".filter.type", "invalid rule filter type drop, filter type  must be either '', allow or deny"),
        id="filter type",
    ),
    pytest.param(
        "{name: user, filter: {users: ['^a.*']}}",
        "{name: user, filter: {users: ['^(?=a)']}}",
        (".filter.users", "invalid rule filter user list is not a proper list or regexp: [^(?=a)]"),
        id="one user: a name or an expression",
    ),
    pytest.param(
        "{name: user, filter: {groups: ['1x', '2x']}}",
        "{name: user, filter: {groups: ['1x']}}",
        (".filter.groups", "invalid rule filter group list is not a proper list or regexp: [1x]"),
        id="one group: a name or an expression",
    ),
    pytest.param(
        "{name: fixed, value: root.leaf}",
        "{name: fixed, value: root.leaf, parent: {name: fixed, value: root}}",
        ("", "illegal fully qualified 'fixed' rule with value root.leaf"),
        id="qualified below fixed",
    ),
    pytest.param(
        "{name: fixed, value: flagless}",
        "{name: fixed, value: parent}",
        ("", "placement rule no. #0 (fixed) references a queue (root.parent) which is not a leaf"),
        id="fixed to a parent",
    ),
    pytest.param(
        "{name: user, parent: {name: fixed, value: parent}}",
        "{name: user, parent: {name: fixed, value: flagless}}",
        ("", "placement rule no. #0 (fixed->user) references a queue (root.flagless) which is not a leaf"),
        id="below a queue without the flag",
    ),
    pytest.param(
        "{name: fixed, value: none, create: true}",
        "{name: fixed, value: none}",
        ("", "placement rule no. #0 (fixed) references non-existing queues (root.none) and create is 'false'"),
        id="no such queue",
    ),
    pytest.param(
        "{name: fixed, value: flagless.kid}",
        "{name: fixed, value: parent.Kid}",
        ("", "placement rule no. #0 (fixed) references non-existing queues (root.parent.Kid) and create is 'false'"),
        id="paths are lower case",
    ),
    pytest.param(
        "{name: fixed, value: parent.new, create: true}",
        "{name: fixed, value: leaf.new, create: true}",
        (
            "",
            (
                "placement rule no. #0 (fixed) references non-existing queues (root.leaf.new) which cannot be created "
                "because the last queue (leaf) in the hierarchy is a leaf"
            ),
        ),
        id="nothing below a leaf",
    ),
]


def problems(text: str) -> tuple[Problem, ...]:
    return validate.validate(parse.parse(text))


@pytest.mark.parametrize(("accepted", "refused", "expected"), RULES)
def test_rule(accepted: str, refused: str, expected: list[tuple[str, int, str]]) -> None:
    assert problems(accepted) == ()
    assert [(each.path, each.line, each.message) for each in problems(refused)] == expected


def below_limited_queue(limit: str) -> str:
    return (
        QUEUES
        + f"- name: q\n      maxapplications: 5\n      resources: {{max: {{memory: 8}}}}\n      limits:\n      {limit}"
    )


@pytest.mark.parametrize(("accepted", "refused", "expected"), LIMITS)
def test_limit_of_a_queue(accepted: str, refused: str, expected: list[tuple[str, str]]) -> None:
    assert problems(below_limited_queue(accepted)) == ()
    assert problems(below_limited_queue(refused)) == tuple(
        Problem(path=f"{Q}.queues[0].limits[0]{place}", line=10, message=message) for place, message in expected
    )


def below_limited_root(above: str, below: str) -> str:
    return PARTITION + f"limits: [{above}]\n  queues:\n  - name: root\n    queues: [{{name: a, limits: [{below}]}}]"


@pytest.mark.parametrize(("above", "accepted", "refused", "expected"), INHERITED)
def test_limit_against_the_queues_above(above: str, accepted: str, refused: str, expected: tuple[str, str]) -> None:
    assert problems(below_limited_root(above, accepted)) == ()
    place, message = expected
    assert problems(below_limited_root(above, refused)) == (
        Problem(path=f"{Q}.queues[0].limits[0].{place}", line=6, message=message),
    )


@pytest.mark.parametrize(("accepted", "refused", "expected"), PLACEMENT)
def test_placement_rule(accepted: str, refused: str, expected: tuple[str, str]) -> None:
    assert problems(f"{TREE}- {accepted}") == ()
    place, message = expected
    assert problems(f"{TREE}- {refused}") == (
        Problem(path=f"partitions[0].placementrules[0]{place}", line=10, message=message),
    )


def test_names_of_users_add_up_over_the_limits_of_a_queue() -> None:
    text = (
        QUEUES
        + "- name: q\n      limits:\n      - {users: [a], maxapplications: 1}\n      - {users: [a], maxapplications: 2}"
    )
    assert [str(each) for each in problems(text)] == [
        f"line 9, {Q}.queues[0].limits[1].users[0]: duplicated user name 'a', already exists"
    ]


def test_a_bound_of_the_nearest_queue_above_counts_for_all_below() -> None:
    text = (
        PARTITION
        + "queues:\n  - name: root\n    limits: [{users: [u], maxresources: {memory: 2}}]\n    queues:\n    - name: a\n"
        "      queues:\n      - {name: b, limits: [{users: [u], maxresources: {memory: 3}}]}"
    )
    assert [each.message for each in problems(text)] == [
        (
            "user u max resource map[memory:3] of queue b is greater than "
            "immediate or ancestor parent maximum resource map[memory:2]"
        )
    ]


@pytest.mark.parametrize(
    ("queues", "names"),
    [
        ("[]", ["root"]),
        ("[{name: ROOT, queues: [{name: a}]}]", ["ROOT", "ROOT.a"]),
        ("[{name: a}]", ["root", "root.a"]),
        ("[{name: root}, {name: b}]", ["root", "root.root", "root.b"]),
    ],
)
def test_tree_has_one_root(queues: str, names: list[str]) -> None:
    document = parse.parse(f"{PARTITION}queues: {queues}")
    root = validate.tree(document.config.partitions[0], "partitions[0]")
    assert [placed.name for placed in root.walk()] == names
    assert root.queue.parent


def test_a_document_that_cannot_be_read_is_not_judged() -> None:
    assert [str(each) for each in problems("partitions: 5")] == [
        "line 1, partitions: cannot unmarshal !!int `5` into []configs.PartitionConfig"
    ]


def test_all_problems_are_named_at_once_upstreams_first() -> None:
    text = QUEUES + "- {name: a b, submitacl: a b c, resources: {max: {memory: x}}, limits: [{users: [1]}]}"
    assert [each.message for each in problems(text)] == [
        (
            "invalid queue name, max 64 characters consisting of alphanumeric characters "
            "and '-', '_', '#', '@', '/', ':' allowed"
        ),
        "multiple spaces found in ACL: 'a b c'",
        "invalid limit user name '1' in limit definition",
        "invalid resource combination for limit  all resource limits are null",
        "invalid quantity",
    ]
