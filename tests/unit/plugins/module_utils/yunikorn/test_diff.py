# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of change as people read it, and what is no change."""

from __future__ import annotations

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import diff, impact, parse, validate

PARTITION = "partitions:\n- name: default\n"
QUEUES = f"{PARTITION}  queues:\n  - name: root\n    queues:\n"


def config(text: str) -> diff.Config:
    document = parse.parse(text)
    assert validate.validate(document) == ()
    return document.config


# name, old, new, what tree() prints of it without the counts
TREES = [
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES + ("    - {name: a}\n- {name: gpu, queues: [{name: x}]}"),
        [
            "+ partition-add:[gpu]partition",
            "    root: parent",
            "    root.x: leaf",
        ],
        id="partition-add",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        "partitions: []",
        [
            "- partition-remove:partition",
            "    root: parent",
            "    root.a: leaf",
        ],
        id="partition-remove",
    ),
    pytest.param(
        PARTITION + ("  queues: []\n  placementrules: [{name: user}]"),
        PARTITION
        + (
            "  queues: []\n"
            "  placementrules:\n"
            "  - {name: tag, value: namespace, create: true, filter: {type: deny, users: [eve]}, parent: {name: fixed, value: team}}\n"
            "  - {name: user}"
        ),
        [
            "~ rules:placementrules",
            "    - 1. user",
            "    + 1. tag namespace create (deny users eve) below fixed team",
            "    + 2. user",
        ],
        id="rules",
    ),
    pytest.param(
        PARTITION + ("  queues: []\n  placementrules: [{name: user}, {name: provided}]"),
        PARTITION + ("  queues: []\n  placementrules: [{name: provided}, {name: user}]"),
        [
            "~ rules-order:placementrules",
            "    - 1. user",
            "    - 2. provided",
            "    + 1. provided",
            "    + 2. user",
        ],
        id="rules-order",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        PARTITION + ("  queues: []\n  preemption: {enabled: false}"),
        [
            "~ preemption:partition",
            "    on -> off",
        ],
        id="preemption",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        PARTITION + ("  queues: []\n  preemption: {quotapreemptionenabled: true}"),
        [
            "~ quota-preemption:partition",
            "    off -> on",
        ],
        id="quota-preemption",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        PARTITION + ("  queues: []\n  nodesortpolicy: {type: binpacking, resourceweights: {vcore: 2}}"),
        [
            "~ node-sort:partition",
            "    + resourceweights vcore: 2.0",
            "    + type: binpacking",
        ],
        id="node-sort",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        PARTITION + ("  queues: []\n  usergroupresolver: {type: os}"),
        [
            "~ resolver:partition",
            "    nothing -> os",
        ],
        id="resolver",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES
        + (
            "    - {name: a}\n"
            "    - {name: b, parent: true, submitacl: '*', maxapplications: 3, childtemplate: {maxapplications: 1}, "
            "queues: [{name: c, maxapplications: 2, resources: {guaranteed: {vcore: 1}, max: {memory: 1G, vcore: 2}}, "
            "properties: {priority.offset: 5}, limits: [{users: [u], maxapplications: 1}]}]}"
        ),
        [
            "+ add:root.b",
            "    root.b: parent; 3 applications; submitacl *; a child template",
            "    root.b.c: leaf; guaranteed vcore: 1; max memory: 1G, vcore: 2; 2 applications; priority.offset=5; limits of user u",
        ],
        id="add",
    ),
    pytest.param(
        QUEUES + ("    - {name: a}\n    - {name: b}"),
        QUEUES + "    - {name: a}",
        [
            "- remove:root.b",
            "    root.b: leaf",
        ],
        id="remove",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES + "    - {name: A}",
        [
            "~ spelling:root.A",
            "    a -> A",
        ],
        id="spelling",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES + "    - {name: a, parent: true}",
        [
            "~ type:root.a",
            "    leaf -> parent",
        ],
        id="type",
    ),
    pytest.param(
        QUEUES + "    - {name: a, resources: {guaranteed: {memory: 1Gi, vcore: 2}}}",
        QUEUES + "    - {name: a, resources: {guaranteed: {memory: 1024Mi, vcore: 2500m}}}",
        [
            "~ guaranteed:root.a",
            "    vcore: 2 -> 2500m",
        ],
        id="guaranteed",
    ),
    pytest.param(
        QUEUES + "    - {name: a, resources: {max: {memory: 10G, pods: 5, vcore: 2}}}",
        QUEUES + "    - {name: a, resources: {max: {memory: 20Gi, nvidia.com/gpu: 1, vcore: 2000m}}}",
        [
            "~ max:root.a",
            "    memory: 10G -> 20Gi",
            "    + nvidia.com/gpu: 1",
            "    - pods: 5",
        ],
        id="max",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES + "    - {name: a, maxapplications: 5}",
        [
            "~ maxapplications:root.a",
            "    nothing -> 5",
        ],
        id="maxapplications",
    ),
    pytest.param(
        QUEUES + "    - {name: a, adminacl: 'ada'}",
        QUEUES + "    - {name: a, adminacl: 'bob,ada staff'}",
        [
            "~ adminacl:root.a",
            "    ada -> ada,bob staff",
        ],
        id="adminacl",
    ),
    pytest.param(
        QUEUES + "    - {name: a, submitacl: '*'}",
        QUEUES + "    - {name: a, submitacl: ''}",
        [
            "~ submitacl:root.a",
            "    * -> nothing",
        ],
        id="submitacl",
    ),
    pytest.param(
        QUEUES + "    - {name: a, properties: {priority.offset: 5, x: 1}}",
        QUEUES + "    - {name: a, properties: {priority.offset: 6, application.sort.policy: fair}}",
        [
            "~ property:root.a application.sort.policy",
            "    nothing -> fair",
            "~ property:root.a priority.offset",
            "    5 -> 6",
            "~ property:root.a x",
            "    1 -> nothing",
        ],
        id="property",
    ),
    pytest.param(
        QUEUES + "    - {name: a, parent: true, childtemplate: {resources: {max: {memory: 1Gi}}}}",
        QUEUES
        + "    - {name: a, parent: true, childtemplate: {maxapplications: 2, properties: {x: y}, resources: {max: {memory: 2Gi}}}}",
        [
            "~ template:root.a",
            "    max memory: 1Gi -> 2Gi",
            "    + maxapplications: 2",
            "    + properties x: y",
            "    resources max: {'memory': '1Gi'} -> {'memory': '2Gi'}",
        ],
        id="template",
    ),
    pytest.param(
        QUEUES
        + (
            "    - name: a\n"
            "      limits:\n"
            "      - {users: [ada, bob], maxresources: {memory: 1Gi}}\n"
            "      - {groups: [staff], maxapplications: 3}"
        ),
        QUEUES
        + (
            "    - name: a\n"
            "      limits:\n"
            "      - {users: [ada], maxresources: {memory: 2Gi}, maxapplications: 4}\n"
            "      - {users: ['*'], maxresources: {memory: 1Gi}}\n"
            "      - {groups: [staff], maxapplications: 3}"
        ),
        [
            "~ limit:root.a:user ada",
            "    + maxapplications: 4",
            "    maxresources memory: 1Gi -> 2Gi",
            "~ limit:root.a:user *",
            "    + maxresources memory: 1Gi",
            "~ limit:root.a:user bob",
            "    - maxresources memory: 1Gi",
        ],
        id="limit",
    ),
    pytest.param(
        QUEUES + ("    - name: a\n      limits: [{groups: [x, y], maxapplications: 3}]"),
        QUEUES + ("    - name: a\n      limits: [{groups: [y, x], maxapplications: 3}]"),
        [
            "~ limit-order:root.a",
            "    x, y -> y, x",
        ],
        id="limit-order",
    ),
    pytest.param(
        QUEUES
        + (
            "    - {name: a, queues: [{name: x, maxapplications: 0, resources: {max: {memory: 1Gi}}}]}\n"
            "    - {name: b, parent: true}"
        ),
        QUEUES
        + ("    - {name: c, queues: [{name: x, resources: {max: {memory: 1024Mi}}}]}\n    - {name: b, parent: true}"),
        [
            "- remove:root.a",
            "    root.a: parent by its queues",
            "    root.a.x: leaf; max memory: 1Gi",
            "    a move: root.a becomes root.c; YuniKorn has no rename: the old queue drains, nothing that runs is moved",
            "+ add:root.c",
            "    root.c: parent by its queues",
            "    root.c.x: leaf; max memory: 1024Mi",
            "    a move: root.c was root.a; YuniKorn has no rename: the old queue drains, nothing that runs is moved",
        ],
        id="move",
    ),
    pytest.param(
        QUEUES + "    - {name: a, resources: {max: {memory: 1Gi}}}",
        QUEUES + "    - {name: team, queues: [{name: a, resources: {max: {memory: 1Gi}}}, {name: b}]}",
        [
            "- remove:root.a",
            "    root.a: leaf; max memory: 1Gi",
            "    a move: root.a becomes root.team.a; YuniKorn has no rename: the old queue drains, nothing that runs is moved",
            "+ add:root.team",
            "    root.team: parent by its queues",
            "    root.team.a: leaf; max memory: 1Gi",
            "    root.team.b: leaf",
            "    a move: root.team.a was root.a; YuniKorn has no rename: the old queue drains, nothing that runs is moved",
        ],
        id="move below",
    ),
    pytest.param(
        QUEUES + ("    - {name: a}\n- {name: gpu, queues: [{name: x}]}"),
        QUEUES
        + (
            "    - {name: a}\n"
            "- {name: gpu, queues: [{name: x, maxapplications: 1}, {name: y}], placementrules: [{name: user}]}"
        ),
        [
            "~ rules:[gpu]placementrules",
            "    + 1. user",
            "~ maxapplications:[gpu]root.x",
            "    nothing -> 1",
            "+ add:[gpu]root.y",
            "    [gpu]root.y: leaf",
        ],
        id="other partition",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES + "    - {name: a, queues: [{name: b}]}",
        [
            "~ type:root.a",
            "    leaf -> parent by its queues",
            "+ add:root.a.b",
            "    root.a.b: leaf",
        ],
        id="leaf gets a queue",
    ),
    pytest.param(
        QUEUES + "    - {name: a}",
        QUEUES + '    - {name: a, properties: {"x\\ny": "\\e[31m"}}',
        [
            '~ "property:root.a x\\ny"',
            '    nothing -> "\\u001b[31m"',
        ],
        id="odd text",
    ),
]


@pytest.mark.parametrize(("old", "new", "lines"), TREES)
def test_tree(old: str, new: str, lines: list[str]) -> None:
    """Ids, details and notes stand in the tree, the counts in its last line."""
    changes = diff.diff(config(old), config(new))
    *shown, counts = diff.tree(changes).splitlines()
    assert shown == lines
    signs = [line[0] for line in lines if line[0] != " "]
    assert counts == f"{signs.count('+')} to add, {signs.count('~')} to change, {signs.count('-')} to remove."


def test_every_kind_is_shown() -> None:
    """No kind of change is left out above, and each is explained in sentences."""
    shown = {
        change.kind for case in TREES for change in diff.diff(config(str(case.values[0])), config(str(case.values[1])))
    }
    assert shown == set(diff.KINDS)
    for name, kind in diff.KINDS.items():
        assert kind.name == name
        assert kind.explanation.endswith(".")


LIMITS = "    - name: a\n      limits: "
SAME = [
    pytest.param(PARTITION + "  queues: [{name: a}]", QUEUES + "    - {name: a}", id="the root is inserted"),
    pytest.param(
        "partitions:\n- queues: [{name: b}, {name: a}]", QUEUES + "    - {name: a}\n    - {name: b}", id="siblings"
    ),
    pytest.param(
        QUEUES + "    - {name: a, resources: {max: {memory: 1Gi, vcore: 2}, guaranteed: {}}}",
        QUEUES + "    - {name: a, resources: {max: {vcore: ' 2000m ', memory: 1024 Mi}}}",
        id="quantities",
    ),
    pytest.param(
        PARTITION + "  limits: [{limit: x, users: [b, a], maxapplications: 2}]\n  queues: []",
        PARTITION
        + "  queues: [{name: root, limits: [{users: [a], maxapplications: 2}, {users: [b], maxapplications: 2}]}]",
        id="limits",
    ),
    pytest.param(
        QUEUES + "    - {name: a, submitacl: 'bob,ada staff', adminacl: ' *'}",
        QUEUES + "    - {name: a, submitacl: 'ada,bob,ada staff,', adminacl: '*'}",
        id="access lists",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        PARTITION
        + "  queues: []\n  placementrules: [{name: provided}]\n  preemption: {enabled: true, quotapreemptionenabled: false}"
        "\n  nodesortpolicy: {type: fair, resourceweights: {vcore: 1, memory: 1}}",
        id="defaults",
    ),
    pytest.param(
        PARTITION + "  queues: []\n  placementrules: [{name: user, filter: {type: allow, users: [b, a]}}]",
        PARTITION + "  queues: []\n  placementrules: [{name: user, filter: {users: [a, b]}}]",
        id="filters",
    ),
    pytest.param("partitions: []\nchecksum: x", "", id="nothing"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_the_same_in_other_words(old: str, new: str) -> None:
    """What is written differently and means the same is no change."""
    assert diff.diff(config(old), config(new)) == ()
    assert diff.tree(()) == "No changes.\n"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("submitacl: 'a '", "submitacl: '  a'", id="a list with two blanks is refused"),
        pytest.param("submitacl: '*,'", "submitacl: '*'", id="the wildcard counts only alone"),
        pytest.param("resources: {max: {memory: 0}}", "resources: {max: {memory: 1}}", id="zero"),
        pytest.param(
            "properties: {x: 30s}", "properties: {x: 30000ms}", id="what a property means is YuniKorn's to know"
        ),
        pytest.param("name: a", "name: A", id="spelling"),
    ],
)
def test_not_the_same(left: str, right: str) -> None:
    """What only looks alike is a change."""
    name = "" if left.startswith("name") else "name: a, "
    changes = diff.diff(*(config(f"{QUEUES}    - {{{name}{text}}}") for text in (left, right)))
    assert len(changes) == 1


def test_order_of_groups_counts_only_between_those_that_stay() -> None:
    """A new group at the end needs no order; in front it takes applications from those behind."""

    def of(*groups: str) -> diff.Config:
        return config(f"{QUEUES}{LIMITS}[{{groups: [{', '.join(groups)}], maxapplications: 1}}]")

    assert [change.id for change in diff.diff(of("x", '"*"'), of("x", "y", '"*"'))] == ["limit:root.a:group y"]
    assert [change.id for change in diff.diff(of("x"), of("y", "x"))] == ["limit:root.a:group y", "limit-order:root.a"]


def test_structured_and_before_after() -> None:
    """One list, three forms: the same change as data, and as Ansible's diff."""
    old = config(QUEUES + "    - {name: a, resources: {max: {memory: 10G}}}\n    - name: b")
    new = config(QUEUES + "    - {name: a, resources: {max: {memory: 20G}}}\n    - {name: c, maxapplications: 2}")
    changes = diff.diff(old, new)
    assert [diff.structured(change) for change in changes] == [
        {
            "id": "max:root.a",
            "kind": "max",
            "path": "root.a",
            "before": {"memory": "10G"},
            "after": {"memory": "20G"},
            "note": "",
        },
        {"id": "remove:root.b", "kind": "remove", "path": "root.b", "before": {"name": "b"}, "after": None, "note": ""},
        {
            "id": "add:root.c",
            "kind": "add",
            "path": "root.c",
            "before": None,
            "after": {"name": "c", "maxapplications": 2},
            "note": "",
        },
    ]
    assert diff.before_after(changes) == {
        "before": "root.a:\n  max:\n    memory: 10G\nroot.b:\n  queue:\n    name: b\n",
        "after": "root.a:\n  max:\n    memory: 20G\nroot.c:\n  queue:\n    name: c\n    maxapplications: 2\n",
    }
    assert diff.before_after(()) == {"before": "", "after": ""}


def test_the_tree_has_effects() -> None:
    """An effect stands below its change."""
    changes = diff.diff(config(QUEUES + "    - name: a"), config(QUEUES + "    - {name: a, maxapplications: 5}"))
    effect = impact.Effect(change="maxapplications:root.a", level="delays", text="Who comes late waits.")
    assert diff.tree(changes, [effect]) == (
        "~ maxapplications:root.a\n"
        "    nothing -> 5\n"
        "    delays: Who comes late waits.\n"
        "0 to add, 1 to change, 0 to remove.\n"
    )


def test_a_note_names_only_a_few_moves() -> None:
    """Of many moved queues the first few are named."""
    names = [f"q{number}" for number in range(8)]
    old = config(QUEUES + "".join(f"    - {{name: {name}, maxapplications: 1}}\n" for name in names))
    new = config(
        QUEUES
        + "    - name: team\n      queues:\n"
        + "".join(f"      - {{name: {name}, maxapplications: 1}}\n" for name in names)
    )
    added = next(change for change in diff.diff(old, new) if change.kind == "add")
    assert added.note == (
        "a move: root.team.q0 was root.q0, root.team.q1 was root.q1, root.team.q2 was root.q2, root.team.q3 was root.q3, "
        "root.team.q4 was root.q4 and 3 more; YuniKorn has no rename: the old queue drains, nothing that runs is moved"
    )
