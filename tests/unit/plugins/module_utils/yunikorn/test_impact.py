# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each change does to what runs, word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import diff, impact, state
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.model import Config
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import parse
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.validate import validate

PARTITION = "partitions:\n- name: default\n"
QUEUES = f"{PARTITION}  queues:\n  - name: root\n    queues:\n"
LEAF = QUEUES + "    - {name: a}"


def a(settings: str) -> str:
    """One queue, root.a."""
    return f"{QUEUES}    - {{name: a, {settings}}}"


def quota(settings: str) -> str:
    """One queue, root.a, with quota preemption."""
    return a(settings).replace(PARTITION, f"{PARTITION}  preemption: {{quotapreemptionenabled: true}}\n")


GIB = 2**30
BUSY: dict[str, Any] = {
    "apps": [("app-1", "root.a", "ada", {"memory": 6 * GIB}), ("app-2", "root.a", "bob", {"memory": 4 * GIB})],
    "used": {"root.a": {"memory": 10 * GIB}},
}
IDLE: dict[str, Any] = {"used": {"root.a": {}}}


def live(
    *,
    used: Mapping[str, Mapping[str, int]],
    apps: Sequence[tuple[str, str, str, Mapping[str, int]]] = (),
    groups: tuple[str, ...] = (),
    pods: Mapping[str, Sequence[tuple[str, str, str]]] | None = None,
    status: Mapping[str, str] | None = None,
    parents: Sequence[str] = (),
    dynamic: Sequence[str] = (),
    pending: Mapping[str, Mapping[str, int]] | None = None,
    running: Mapping[str, int] | None = None,
    of_users: Sequence[tuple[str, str, Mapping[str, int], Sequence[str]]] = (),
    of_groups: Sequence[tuple[str, str, Mapping[str, int], Sequence[str]]] = (),
) -> state.State:
    """A scheduler with the queues of ``used``; applications are (id, queue, user, used), usages (name, queue, used, ids)."""

    def usages(found: Sequence[tuple[str, str, Mapping[str, int], Sequence[str]]]) -> tuple[state.Usage, ...]:
        return tuple(
            state.Usage(name=name, queue=queue, used=has, running=tuple(ids)) for name, queue, has, ids in found
        )

    return state.State(
        queues={
            name: state.LiveQueue(
                name=name,
                status=(status or {}).get(name, "Active"),
                leaf=name not in parents,
                managed=name not in dynamic,
                allocated=amounts,
                pending=(pending or {}).get(name, {}),
                running=(running or {}).get(name, 0),
            )
            for name, amounts in used.items()
        },
        applications=tuple(
            state.Application(
                id=name,
                queue=queue,
                user=user,
                groups=groups,
                used=has,
                pods=tuple(
                    state.Pod(namespace=namespace, name=pod, labels={impact.OWNER_LABEL: owner})
                    for namespace, pod, owner in (pods or {}).get(name, ())
                ),
            )
            for name, queue, user, has in apps
        ),
        users=usages(of_users),
        groups=usages(of_groups),
    )


def config(text: str) -> Config:
    document = parse(text)
    assert validate(document) == ()
    return document.config


# old, new, what runs (None: unknown), and of each change: id, level, text, applications, users
EFFECTS = [
    pytest.param(
        LEAF,
        "partitions: []",
        BUSY,
        [
            (
                "partition-remove:partition",
                "disrupts",
                (
                    "The scheduler deadlocks while it loads this: nothing is scheduled until it is restarted with a good "
                    "configuration. 2 applications affected, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="partition removed",
    ),
    pytest.param(
        LEAF,
        "partitions: []",
        None,
        [
            (
                "partition-remove:partition",
                "disrupts",
                (
                    "The scheduler deadlocks while it loads this: nothing is scheduled until it is restarted with a good "
                    "configuration. Which applications are affected is unknown."
                ),
                [],
                [],
            ),
        ],
        id="partition removed, unknown",
    ),
    pytest.param(
        LEAF,
        LEAF + "\n- {name: gpu, queues: []}",
        BUSY,
        [
            (
                "partition-add:[gpu]partition",
                "safe",
                "Nothing runs in this partition: Kubernetes only uses default.",
                [],
                [],
            ),
        ],
        id="another partition added",
    ),
    pytest.param(
        "partitions: []",
        LEAF,
        None,
        [
            ("partition-add:partition", "safe", "The partition is there at once, with its queues.", [], []),
        ],
        id="the partition added",
    ),
    pytest.param(
        LEAF + "\n- {name: gpu, queues: [{name: x}]}",
        LEAF + "\n- {name: gpu, queues: []}",
        BUSY,
        [
            ("remove:[gpu]root.x", "safe", "Nothing runs in this partition: Kubernetes only uses default.", [], []),
        ],
        id="something in another partition",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        PARTITION + "  queues: []\n  placementrules: [{name: user, create: true}]",
        BUSY,
        [
            (
                "rules:placementrules",
                "safe",
                (
                    "What runs stays where it is. New applications are placed by the new rules; one that no rule places "
                    "is rejected, and its pods fail."
                ),
                [],
                [],
            ),
        ],
        id="rules",
    ),
    pytest.param(
        LEAF + "\n  placementrules: [{name: user, create: true}]",
        LEAF + "\n  placementrules: [{name: fixed, value: root.b, create: true}]",
        BUSY,
        [
            (
                "rules:placementrules",
                "delays",
                (
                    "What runs stays where it is, but no rule leads there any more: its users' new applications are "
                    "placed elsewhere or rejected, and then their pods fail. 2 applications concerned, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="rules, no way any more",
    ),
    pytest.param(
        LEAF,
        LEAF + "\n  placementrules: [{name: user, create: true}]",
        None,
        [
            (
                "rules:placementrules",
                "delays",
                (
                    "What runs stays where it is; whether a rule still leads there is unknown. A new application that no "
                    "rule places is rejected, and its pods fail."
                ),
                [],
                [],
            ),
        ],
        id="rules, unknown",
    ),
    pytest.param(
        LEAF,
        LEAF + "\n  placementrules: [{name: provided}, {name: user, create: true}]",
        None,
        [
            (
                "rules:placementrules",
                "safe",
                (
                    "What runs stays where it is. New applications are placed by the new rules; one that no rule places "
                    "is rejected, and its pods fail."
                ),
                [],
                [],
            ),
        ],
        id="rules that lead anywhere, unknown",
    ),
    pytest.param(
        PARTITION + "  queues: []\n  placementrules: [{name: user}, {name: provided}]",
        PARTITION + "  queues: []\n  placementrules: [{name: provided}, {name: user}]",
        BUSY,
        [
            (
                "rules-order:placementrules",
                "safe",
                (
                    "What runs stays where it is. New applications are placed by the new rules; one that no rule places "
                    "is rejected, and its pods fail."
                ),
                [],
                [],
            ),
        ],
        id="order of rules",
    ),
    pytest.param(
        LEAF,
        LEAF + "\n  preemption: {enabled: false}",
        BUSY,
        [
            (
                "preemption:partition",
                "safe",
                "Pods are not stopped any more for queues that wait below their guaranteed resources.",
                [],
                [],
            ),
        ],
        id="preemption off",
    ),
    pytest.param(
        LEAF + "\n  preemption: {enabled: false}",
        LEAF,
        BUSY,
        [
            (
                "preemption:partition",
                "disrupts",
                (
                    "Pods in queues above their guaranteed resources may be stopped for those that wait below theirs. 2 "
                    "applications in question, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="preemption on",
    ),
    pytest.param(
        LEAF + "\n  preemption: {enabled: false}",
        LEAF,
        IDLE,
        [
            ("preemption:partition", "safe", "Nothing runs.", [], []),
        ],
        id="preemption on, nothing runs",
    ),
    pytest.param(
        LEAF + "\n  preemption: {enabled: false}",
        LEAF,
        None,
        [
            (
                "preemption:partition",
                "disrupts",
                (
                    "Pods in queues above their guaranteed resources may be stopped for those that wait below theirs. "
                    "Which applications are in question is unknown."
                ),
                [],
                [],
            ),
        ],
        id="preemption on, unknown",
    ),
    pytest.param(
        quota("maxapplications: 0"),
        LEAF,
        BUSY,
        [
            (
                "quota-preemption:partition",
                "safe",
                "Pods are not stopped any more in queues above their maximum.",
                [],
                [],
            ),
        ],
        id="quota preemption off",
    ),
    pytest.param(
        a("resources: {max: {memory: 8Gi}}"),
        quota("resources: {max: {memory: 8Gi}}"),
        BUSY,
        [
            (
                "quota-preemption:partition",
                "safe",
                "No queue with a maximum has a quota.preemption.delay, so nothing is stopped.",
                [],
                [],
            ),
        ],
        id="quota preemption on without a delay",
    ),
    pytest.param(
        a("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            (
                "quota-preemption:partition",
                "disrupts",
                "Above the maximum: root.a. Pods there may be stopped. 2 applications in question, of ada, bob.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="quota preemption on, above the maximum",
    ),
    pytest.param(
        a("resources: {max: {memory: 80Gi}}, properties: {quota.preemption.delay: 1m}"),
        quota("resources: {max: {memory: 80Gi}}, properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            ("quota-preemption:partition", "safe", "No queue is above its maximum.", [], []),
        ],
        id="quota preemption on, below the maximum",
    ),
    pytest.param(
        a("resources: {max: {memory: 8Gi}}, properties: {preemption.quota.delay: 1m}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {preemption.quota.delay: 1m}"),
        None,
        [
            (
                "quota-preemption:partition",
                "disrupts",
                "Pods of root.a are stopped if it is above its maximum; what is used there is unknown.",
                [],
                [],
            ),
        ],
        id="quota preemption on, unknown",
    ),
    pytest.param(
        LEAF,
        LEAF + "\n  nodesortpolicy: {type: binpacking}",
        BUSY,
        [
            ("node-sort:partition", "safe", "Only decides where new pods go.", [], []),
        ],
        id="node order",
    ),
    pytest.param(
        LEAF,
        LEAF + "\n  usergroupresolver: {type: os}",
        BUSY,
        [
            ("resolver:partition", "safe", "Without effect until the scheduler is restarted.", [], []),
        ],
        id="resolver",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        LEAF,
        {"used": {}},
        [
            ("add:root.a", "safe", "The queue is there at once.", [], []),
        ],
        id="added",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        LEAF,
        None,
        [
            (
                "add:root.a",
                "delays",
                "Whether a queue of that name drains or was created by a rule is unknown.",
                [],
                [],
            ),
        ],
        id="added, unknown",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        LEAF,
        {**BUSY, "status": {"root.a": "Draining"}},
        [
            (
                "add:root.a",
                "safe",
                "Revives the queue, which drains: active again. 2 applications in it, of ada, bob.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="revived",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        a("resources: {max: {memory: 8Gi}}"),
        {**BUSY, "status": {"root.a": "Draining"}},
        [
            (
                "add:root.a",
                "delays",
                (
                    "Revives the queue, which drains: active again. 2 applications in it, of ada, bob. Above the maximum "
                    "(memory 10Gi of 8Gi): nothing more starts until enough has ended."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="revived above its maximum",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        a("queues: [{name: b}, {name: c}]"),
        {
            "used": {"root.a": {}, "root.a.b": {}},
            "status": {"root.a": "Draining", "root.a.b": "Draining"},
            "parents": ["root.a"],
        },
        [
            (
                "add:root.a",
                "delays",
                (
                    "Revives the queue, which drains: active again. 0 applications in it. It drains until then, so "
                    "root.a.c may have to wait."
                ),
                [],
                [],
            ),
        ],
        id="revived with a queue that is gone",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        a("parent: true"),
        {**BUSY, "status": {"root.a": "Draining"}},
        [
            (
                "add:root.a",
                "disrupts",
                (
                    "A leaf of that name stands and becomes a parent: what runs in it gets nothing more. 2 applications "
                    "in it, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="revived as a parent",
    ),
    pytest.param(
        a("parent: true"),
        a("parent: true, queues: [{name: b}]"),
        {"used": {"root.a": {}}, "status": {"root.a": "Draining"}, "parents": ["root.a"]},
        [
            (
                "add:root.a.b",
                "delays",
                "Has to wait: root.a drains, and nothing can be added below it before it is active again.",
                [],
                [],
            ),
        ],
        id="below a queue that drains",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        LEAF,
        {**BUSY, "dynamic": ["root.a"]},
        [
            (
                "add:root.a",
                "safe",
                "The dynamic queue of that name becomes a configured one. 2 applications in it, of ada, bob.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="a dynamic queue becomes configured",
    ),
    pytest.param(
        PARTITION + "  queues: []",
        LEAF,
        BUSY,
        [
            (
                "add:root.a",
                "safe",
                "The queue stands already. 2 applications in it, of ada, bob.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="added where it stands",
    ),
    pytest.param(
        LEAF,
        PARTITION + "  queues: []",
        BUSY,
        [
            (
                "remove:root.a",
                "disrupts",
                (
                    "Drains: applications there keep running and still get pods, until they have ended. 2 applications "
                    "there, of ada, bob. New applications are not placed there: the next placement rule is tried, then "
                    "they are rejected. If the scheduler restarts before, they land in root.@recovery@, without limits."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="removed",
    ),
    pytest.param(
        LEAF,
        PARTITION + "  queues: []",
        {
            "apps": [("app-1", "root.a", "hub", {})],
            "used": {"root.a": {}},
            "pods": {"app-1": [("hub", "jupyter-ada", "ada")]},
        },
        [
            (
                "remove:root.a",
                "disrupts",
                (
                    "Drains: applications there keep running and still get pods, until they have ended. 1 application "
                    "there, of ada (pods hub/jupyter-ada). New applications are not placed there: the next placement rule "
                    "is tried, then they are rejected. If the scheduler restarts before, they land in root.@recovery@, "
                    "without limits."
                ),
                ["app-1"],
                ["ada"],
            ),
        ],
        id="removed with pods",
    ),
    pytest.param(
        a("parent: true"),
        PARTITION + "  queues: []",
        {"apps": [("app-1", "root.a.ada", "ada", {})], "used": {"root.a": {}}},
        [
            (
                "remove:root.a",
                "disrupts",
                (
                    "Drains: applications there keep running and still get pods, until they have ended. 1 application "
                    "there, of ada. New applications are not placed there: the next placement rule is tried, then they "
                    "are rejected. If the scheduler restarts before, they land in root.@recovery@, without limits."
                ),
                ["app-1"],
                ["ada"],
            ),
        ],
        id="removed, dynamic queues below",
    ),
    pytest.param(
        LEAF,
        PARTITION + "  queues: []",
        IDLE,
        [
            (
                "remove:root.a",
                "safe",
                (
                    "Nothing runs there: it is gone within ten seconds. New applications are not placed there: the next "
                    "placement rule is tried, then they are rejected."
                ),
                [],
                [],
            ),
        ],
        id="removed, empty",
    ),
    pytest.param(
        LEAF,
        PARTITION + "  queues: []",
        None,
        [
            (
                "remove:root.a",
                "disrupts",
                (
                    "Drains: applications there keep running and still get pods, until they have ended. Which "
                    "applications are there is unknown. New applications are not placed there: the next placement rule is "
                    "tried, then they are rejected. If the scheduler restarts before, they land in root.@recovery@, "
                    "without limits."
                ),
                [],
                [],
            ),
        ],
        id="removed, unknown",
    ),
    pytest.param(
        a("queues: [{name: b}]"),
        LEAF,
        {"apps": [("app-1", "root.a.b", "ada", {})], "used": {"root.a": {}, "root.a.b": {}}},
        [
            (
                "type:root.a",
                "disrupts",
                (
                    "A parent becomes a leaf: the queues below drain, and applications in them are not scheduled any "
                    "more. 1 application below it, of ada."
                ),
                ["app-1"],
                ["ada"],
            ),
            (
                "remove:root.a.b",
                "disrupts",
                (
                    "Drains: applications there keep running and get nothing more, because the queue above becomes a "
                    "leaf, until they have ended. 1 application there, of ada. New applications are not placed there: the "
                    "next placement rule is tried, then they are rejected. If the scheduler restarts before, they land in "
                    "root.@recovery@, without limits."
                ),
                ["app-1"],
                ["ada"],
            ),
        ],
        id="removed, so that a parent becomes a leaf",
    ),
    pytest.param(
        LEAF,
        PARTITION + "  queues: []",
        {
            "apps": [
                ("app-0", "root.a", "user0", {}),
                ("app-1", "root.a", "user1", {}),
                ("app-2", "root.a", "user2", {}),
                ("app-3", "root.a", "user3", {}),
                ("app-4", "root.a", "user4", {}),
                ("app-5", "root.a", "user5", {}),
                ("app-6", "root.a", "user6", {}),
            ],
            "used": {"root.a": {}},
        },
        [
            (
                "remove:root.a",
                "disrupts",
                (
                    "Drains: applications there keep running and still get pods, until they have ended. 7 applications "
                    "there, of user0, user1, user2, user3, user4 and 2 more. New applications are not placed there: the "
                    "next placement rule is tried, then they are rejected. If the scheduler restarts before, they land in "
                    "root.@recovery@, without limits."
                ),
                ["app-0", "app-1", "app-2", "app-3", "app-4", "app-5", "app-6"],
                ["user0", "user1", "user2", "user3", "user4", "user5", "user6"],
            ),
        ],
        id="many owners",
    ),
    pytest.param(
        LEAF,
        QUEUES + "    - {name: A}",
        BUSY,
        [
            ("spelling:root.A", "safe", "The queue stays the same: YuniKorn writes its name in lower case.", [], []),
        ],
        id="spelling",
    ),
    pytest.param(
        a("limits: [{users: [u], maxapplications: 1}]"),
        QUEUES + "    - {name: A, limits: [{users: [u], maxapplications: 1}]}",
        BUSY,
        [
            ("spelling:root.A", "safe", "The queue stays the same, but its limits are not enforced any more.", [], []),
        ],
        id="spelling, limits lost",
    ),
    pytest.param(
        QUEUES + "    - {name: A, limits: [{users: [u], maxapplications: 1}]}",
        a("limits: [{users: [u], maxapplications: 1}]"),
        BUSY,
        [
            (
                "spelling:root.a",
                "delays",
                "The queue stays the same. Its limits were not enforced and now are: who is above them has to wait.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="spelling, limits gained",
    ),
    pytest.param(
        PARTITION + "  queues: [{name: root}]",
        PARTITION + "  queues: [{name: Root}]",
        BUSY,
        [
            (
                "spelling:Root",
                "disrupts",
                "YuniKorn does not load a configuration whose root is not written in lower case.",
                [],
                [],
            ),
        ],
        id="spelling of the root",
    ),
    pytest.param(
        PARTITION + "  queues: [{name: Root}]",
        PARTITION + "  queues: [{name: root}]",
        BUSY,
        [
            ("spelling:root", "safe", "YuniKorn only loads a root that is written in lower case.", [], []),
        ],
        id="spelling of the root mended",
    ),
    pytest.param(
        LEAF,
        a("parent: true"),
        BUSY,
        [
            (
                "type:root.a",
                "disrupts",
                (
                    "A leaf becomes a parent: applications in it keep their pods and get nothing more while it is one. 2 "
                    "applications in it, of ada, bob. New applications are not placed there: the next placement rule is "
                    "tried, then they are rejected."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="leaf to parent",
    ),
    pytest.param(
        LEAF,
        a("parent: true"),
        IDLE,
        [
            (
                "type:root.a",
                "safe",
                (
                    "A leaf becomes a parent. Nothing runs in it. New applications are not placed there: the next "
                    "placement rule is tried, then they are rejected."
                ),
                [],
                [],
            ),
        ],
        id="leaf to parent, empty",
    ),
    pytest.param(
        LEAF,
        a("parent: true"),
        None,
        [
            (
                "type:root.a",
                "disrupts",
                (
                    "A leaf becomes a parent: applications in it keep their pods and get nothing more while it is one. "
                    "Which applications are in it is unknown. New applications are not placed there: the next placement "
                    "rule is tried, then they are rejected."
                ),
                [],
                [],
            ),
        ],
        id="leaf to parent, unknown",
    ),
    pytest.param(
        a("parent: true"),
        LEAF,
        {"apps": [("app-1", "root.a.ada", "ada", {})], "used": {"root.a": {}}},
        [
            (
                "type:root.a",
                "disrupts",
                (
                    "A parent becomes a leaf: the queues below drain, and applications in them are not scheduled any "
                    "more. 1 application below it, of ada."
                ),
                ["app-1"],
                ["ada"],
            ),
        ],
        id="parent to leaf",
    ),
    pytest.param(
        a("parent: true"),
        LEAF,
        IDLE,
        [
            ("type:root.a", "safe", "A parent becomes a leaf. Nothing runs below it.", [], []),
        ],
        id="parent to leaf, empty",
    ),
    pytest.param(
        a("queues: [{name: b}]"),
        a("parent: true, queues: [{name: b}]"),
        BUSY,
        [
            ("type:root.a", "safe", "A parent either way: without effect on what runs.", [], []),
        ],
        id="parent either way",
    ),
    pytest.param(
        a("resources: {max: {memory: 8Gi}}"),
        a("resources: {max: {memory: 9Gi}}"),
        BUSY,
        [
            ("max:root.a", "safe", "What waits may start at once.", [], []),
        ],
        id="max raised",
    ),
    pytest.param(
        a("resources: {max: {memory: 8Gi}}"),
        LEAF,
        BUSY,
        [
            ("max:root.a", "safe", "What waits may start at once.", [], []),
        ],
        id="max dropped",
    ),
    pytest.param(
        a("resources: {max: {memory: 8Gi}}"),
        a("resources: {max: {memory: 0}}"),
        BUSY,
        [
            (
                "max:root.a",
                "safe",
                "A maximum of nothing but zeros is no maximum. What waits may start at once.",
                [],
                [],
            ),
        ],
        id="max all zero",
    ),
    pytest.param(
        a("resources: {max: {memory: 20Gi}}"),
        a("resources: {max: {memory: 10Gi}}"),
        BUSY,
        [
            ("max:root.a", "safe", "What is used there fits.", [], []),
        ],
        id="max lowered, fits",
    ),
    pytest.param(
        a("resources: {max: {memory: 20Gi}}"),
        a("resources: {max: {memory: 8Gi}}"),
        BUSY,
        [
            (
                "max:root.a",
                "delays",
                (
                    "Above the new maximum: memory 10Gi of 8Gi. What runs keeps running, nothing more starts until enough "
                    "has ended. 2 applications there, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="max lowered below what is used",
    ),
    pytest.param(
        a("resources: {max: {memory: 20Gi}}"),
        a("resources: {max: {memory: 8Gi}}"),
        None,
        [
            (
                "max:root.a",
                "delays",
                (
                    "What is used there is unknown. Above the new maximum: what runs keeps running, nothing more starts "
                    "until enough has ended."
                ),
                [],
                [],
            ),
        ],
        id="max lowered, unknown",
    ),
    pytest.param(
        quota("resources: {max: {memory: 20Gi}}, properties: {quota.preemption.delay: 1m}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            (
                "max:root.a",
                "disrupts",
                (
                    "Above the new maximum: memory 10Gi of 8Gi. After 1m pods are stopped until it fits. 2 applications "
                    "there, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="max lowered with quota preemption",
    ),
    pytest.param(
        quota("resources: {max: {memory: 20Gi}}, properties: {quota.preemption.delay: 1m}"),
        quota("resources: {max: {memory: 8Gi}}"),
        BUSY,
        [
            (
                "max:root.a",
                "disrupts",
                (
                    "Above the new maximum: memory 10Gi of 8Gi. After 1m pods are stopped until it fits. 2 applications "
                    "there, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
            (
                "property:root.a quota.preemption.delay",
                "safe",
                "The old value stays in force until the scheduler is restarted.",
                [],
                [],
            ),
        ],
        id="max lowered with quota preemption of a delay that stays",
    ),
    pytest.param(
        quota("resources: {max: {memory: 20Gi}}, properties: {quota.preemption.delay: 1m}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        None,
        [
            (
                "max:root.a",
                "disrupts",
                "What is used there is unknown. Above the new maximum: after 1m pods are stopped until it fits.",
                [],
                [],
            ),
        ],
        id="max lowered with quota preemption, unknown",
    ),
    pytest.param(
        quota("properties: {quota.preemption.delay: 1m}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            (
                "max:root.a",
                "delays",
                (
                    "Above the new maximum: memory 10Gi of 8Gi. There was no maximum before, so nothing is stopped. What "
                    "runs keeps running, nothing more starts until enough has ended. 2 applications there, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="no max before, with quota preemption",
    ),
    pytest.param(
        a("resources: {guaranteed: {memory: 10Gi}}"),
        a("resources: {guaranteed: {memory: 8Gi}}"),
        BUSY,
        [
            (
                "guaranteed:root.a",
                "disrupts",
                (
                    "Above the new guarantee: memory 10Gi of 8Gi. Pods there may be stopped for queues that wait below "
                    "theirs. 2 applications there, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="guaranteed lowered",
    ),
    pytest.param(
        a("resources: {guaranteed: {memory: 20Gi}}"),
        a("resources: {guaranteed: {memory: 10Gi}}"),
        BUSY,
        [
            (
                "guaranteed:root.a",
                "safe",
                "Changes the order in which queues are served; nothing that runs is above the guarantee.",
                [],
                [],
            ),
        ],
        id="guaranteed lowered, fits",
    ),
    pytest.param(
        LEAF,
        a("resources: {guaranteed: {memory: 8Gi}}"),
        {**BUSY, "pending": {"root.a": {"memory": 1}}},
        [
            (
                "guaranteed:root.a",
                "disrupts",
                "What waits there may stop pods of queues that are above their guaranteed resources.",
                [],
                [],
            ),
        ],
        id="guaranteed raised, something waits",
    ),
    pytest.param(
        LEAF,
        a("resources: {guaranteed: {memory: 8Gi}}"),
        None,
        [
            (
                "guaranteed:root.a",
                "disrupts",
                (
                    "What is used there is unknown. Pods above guaranteed resources may be stopped for queues below "
                    "theirs."
                ),
                [],
                [],
            ),
        ],
        id="guaranteed raised, unknown",
    ),
    pytest.param(
        LEAF,
        a("resources: {guaranteed: {memory: 8Gi}}"),
        {"used": {}},
        [
            ("guaranteed:root.a", "safe", "Nothing runs there.", [], []),
        ],
        id="guaranteed of a queue that does not stand",
    ),
    pytest.param(
        LEAF + "\n  preemption: {enabled: false}",
        QUEUES + "    - {name: a, resources: {guaranteed: {memory: 8Gi}}}\n  preemption: {enabled: false}",
        BUSY,
        [
            (
                "guaranteed:root.a",
                "safe",
                "Preemption is off: only changes the order in which queues are served.",
                [],
                [],
            ),
        ],
        id="guaranteed without preemption",
    ),
    pytest.param(
        LEAF,
        a("maxapplications: 1"),
        {**BUSY, "running": {"root.a": 2}},
        [
            (
                "maxapplications:root.a",
                "delays",
                "2 run, 1 may: those that run stay, new ones wait.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="maxapplications lowered",
    ),
    pytest.param(
        a("maxapplications: 3"),
        a("maxapplications: 2"),
        {**BUSY, "running": {"root.a": 2}},
        [
            ("maxapplications:root.a", "safe", "2 of 2 run.", [], []),
        ],
        id="maxapplications lowered, fits",
    ),
    pytest.param(
        LEAF,
        a("maxapplications: 1"),
        None,
        [
            (
                "maxapplications:root.a",
                "delays",
                "How many run there is unknown. Above 1, those that run stay and new ones wait.",
                [],
                [],
            ),
        ],
        id="maxapplications lowered, unknown",
    ),
    pytest.param(
        a("maxapplications: 1"),
        a("maxapplications: 2"),
        BUSY,
        [
            ("maxapplications:root.a", "safe", "What waits may start at once.", [], []),
        ],
        id="maxapplications raised",
    ),
    pytest.param(
        PARTITION + "  queues: [{name: root}]",
        PARTITION + "  queues: [{name: root, maxapplications: 1}]",
        BUSY,
        [
            (
                "maxapplications:root",
                "safe",
                "Of the root queue it is only read when the scheduler starts: without effect until then.",
                [],
                [],
            ),
        ],
        id="maxapplications of root",
    ),
    pytest.param(
        a("submitacl: '*'"),
        a("submitacl: 'ada'"),
        BUSY,
        [
            (
                "submitacl:root.a",
                "delays",
                "What runs keeps running, but its users may start nothing new there. 1 application concerned, of bob.",
                ["app-2"],
                ["bob"],
            ),
        ],
        id="access lost",
    ),
    pytest.param(
        a("submitacl: '*'"),
        a("submitacl: ' staff'"),
        {**BUSY, "groups": ("staff",)},
        [
            (
                "submitacl:root.a",
                "safe",
                "Only new applications are checked. Nobody who runs something there loses access.",
                [],
                [],
            ),
        ],
        id="access by a group stays",
    ),
    pytest.param(
        PARTITION + "  queues:\n  - name: root\n    submitacl: '*'\n    queues:\n    - {name: a, submitacl: 'ada'}",
        PARTITION + "  queues:\n  - name: root\n    submitacl: '*'\n    queues:\n    - {name: a, submitacl: ''}",
        BUSY,
        [
            (
                "submitacl:root.a",
                "safe",
                "Only new applications are checked. Nobody who runs something there loses access.",
                [],
                [],
            ),
        ],
        id="access lost, root has it",
    ),
    pytest.param(
        a("adminacl: 'ada'"),
        a("adminacl: 'ada,bob'"),
        BUSY,
        [
            ("adminacl:root.a", "safe", "Only new applications are checked. Nobody loses access.", [], []),
        ],
        id="access gained",
    ),
    pytest.param(
        a("submitacl: '*'"),
        LEAF,
        None,
        [
            (
                "submitacl:root.a",
                "delays",
                (
                    "Only new applications are checked. Whether somebody who runs something there loses access is "
                    "unknown."
                ),
                [],
                [],
            ),
        ],
        id="access lost, unknown",
    ),
    pytest.param(
        a("properties: {application.sort.policy: fair}"),
        LEAF,
        BUSY,
        [
            (
                "property:root.a application.sort.policy",
                "safe",
                "The old value stays in force until the scheduler is restarted.",
                [],
                [],
            ),
        ],
        id="property removed",
    ),
    pytest.param(
        LEAF,
        a("properties: {application.sort.policy: fair}"),
        BUSY,
        [
            (
                "property:root.a application.sort.policy",
                "safe",
                "Applies at once, if YuniKorn knows the property and can read the value.",
                [],
                [],
            ),
        ],
        id="property set",
    ),
    pytest.param(
        a("properties: {preemption.policy: disabled}"),
        a("properties: {preemption.policy: default}"),
        BUSY,
        [
            (
                "property:root.a preemption.policy",
                "disrupts",
                (
                    "Pods there may be stopped for other queues, which they could not before. 2 applications there, of "
                    "ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="preemption allowed",
    ),
    pytest.param(
        quota("resources: {max: {memory: 8Gi}}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            (
                "property:root.a quota.preemption.delay",
                "disrupts",
                "Above the maximum: root.a. Pods there may be stopped after 1m. 2 applications there, of ada, bob.",
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="quota delay set, above the maximum",
    ),
    pytest.param(
        quota("resources: {max: {memory: 80Gi}}"),
        quota("resources: {max: {memory: 80Gi}}, properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            ("property:root.a quota.preemption.delay", "safe", "No queue there is above its maximum.", [], []),
        ],
        id="quota delay set, below the maximum",
    ),
    pytest.param(
        quota("maxapplications: 0"),
        quota("properties: {quota.preemption.delay: 1m}"),
        BUSY,
        [
            (
                "property:root.a quota.preemption.delay",
                "safe",
                "No queue there has a maximum, so nothing is stopped.",
                [],
                [],
            ),
        ],
        id="quota delay set, no maximum",
    ),
    pytest.param(
        quota("resources: {max: {memory: 8Gi}}"),
        quota("resources: {max: {memory: 8Gi}}, properties: {quota.preemption.delay: 1m}"),
        None,
        [
            (
                "property:root.a quota.preemption.delay",
                "disrupts",
                "What is used there is unknown. Above a maximum, pods are stopped after 1m.",
                [],
                [],
            ),
        ],
        id="quota delay set, unknown",
    ),
    pytest.param(
        a("parent: true"),
        a("parent: true, childtemplate: {maxapplications: 1}"),
        {"used": {"root.a": {}, "root.a.ada": {}}, "dynamic": ["root.a.ada"]},
        [
            (
                "template:root.a",
                "safe",
                (
                    "Without effect on the dynamic queues that exist below (1): only those that are created from now on "
                    "get it."
                ),
                [],
                [],
            ),
        ],
        id="template",
    ),
    pytest.param(
        a("parent: true"),
        a("parent: true, childtemplate: {maxapplications: 1}"),
        None,
        [
            (
                "template:root.a",
                "safe",
                "Without effect on queues that exist: only those that are created from now on get it.",
                [],
                [],
            ),
        ],
        id="template, unknown",
    ),
    pytest.param(
        LEAF,
        a("childtemplate: {maxapplications: 1}"),
        BUSY,
        [
            ("template:root.a", "safe", "Without effect: the queue is a leaf.", [], []),
        ],
        id="template of a leaf",
    ),
    pytest.param(
        LEAF,
        a("limits: [{users: [ada], maxresources: {memory: 1Gi}, maxapplications: 1}]"),
        {**BUSY, "of_users": [("ada", "root.a", {"memory": 6 * GIB}, ["app-1", "app-3"])]},
        [
            (
                "limit:root.a:user ada",
                "delays",
                (
                    "Above the new limit: user ada (memory 6Gi of 1Gi, 2 of 1 applications). What runs keeps running, "
                    "nothing more starts until enough has ended. 1 application concerned, of ada."
                ),
                ["app-1"],
                ["ada"],
            ),
        ],
        id="limit new, exceeded",
    ),
    pytest.param(
        a("limits: [{users: [ada], maxapplications: 3}]"),
        a("limits: [{users: [ada], maxapplications: 2}]"),
        {**BUSY, "of_users": [("ada", "root.a", {}, ["app-1"])]},
        [
            ("limit:root.a:user ada", "safe", "What is used there fits.", [], []),
        ],
        id="limit lowered, fits",
    ),
    pytest.param(
        a("limits: [{users: [ada], maxapplications: 3}]"),
        a("limits: [{users: [ada], maxapplications: 2}]"),
        None,
        [
            (
                "limit:root.a:user ada",
                "delays",
                (
                    "What user ada uses there is unknown. Above the new limit: what runs keeps running, nothing more "
                    "starts until enough has ended."
                ),
                [],
                [],
            ),
        ],
        id="limit lowered, unknown",
    ),
    pytest.param(
        a("limits: [{users: [ada], maxapplications: 3}]"),
        a("limits: [{users: [ada], maxapplications: 4}]"),
        BUSY,
        [
            ("limit:root.a:user ada", "safe", "What waits may start at once.", [], []),
        ],
        id="limit raised",
    ),
    pytest.param(
        a("limits: [{users: [ada], maxapplications: 3}]"),
        LEAF,
        BUSY,
        [
            ("limit:root.a:user ada", "safe", "What waits may start at once.", [], []),
        ],
        id="limit removed",
    ),
    pytest.param(
        a("limits: [{users: [ada], maxapplications: 3}, {users: ['*'], maxapplications: 1}]"),
        a("limits: [{users: ['*'], maxapplications: 1}]"),
        {**BUSY, "of_users": [("ada", "root.a", {}, ["app-1", "app-2"])]},
        [
            (
                "limit:root.a:user ada",
                "delays",
                (
                    "The limit of user * holds instead. Above the new limit: user ada (2 of 1 applications). What runs "
                    "keeps running, nothing more starts until enough has ended. 2 applications concerned, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="limit removed, that of everyone is lower",
    ),
    pytest.param(
        a("limits: [{users: [ada], maxapplications: 3}]"),
        a("limits: [{users: [ada], maxapplications: 3}, {users: ['*'], maxapplications: 1}]"),
        {**BUSY, "of_users": [("ada", "root.a", {}, ["app-1", "x"]), ("bob", "root.a", {}, ["app-2", "y"])]},
        [
            (
                "limit:root.a:user *",
                "delays",
                (
                    "Above the new limit: user bob (2 of 1 applications). What runs keeps running, nothing more starts "
                    "until enough has ended. 1 application concerned, of bob."
                ),
                ["app-2"],
                ["bob"],
            ),
        ],
        id="limit of everyone",
    ),
    pytest.param(
        LEAF,
        a("limits: [{groups: [staff], maxapplications: 1}]"),
        BUSY,
        [
            (
                "limit:root.a:group staff",
                "safe",
                (
                    "Applications that run are counted for the group that they were first counted for; new ones for this "
                    "one."
                ),
                [],
                [],
            ),
        ],
        id="limit of a group, new",
    ),
    pytest.param(
        a("limits: [{groups: [staff], maxapplications: 3}]"),
        a("limits: [{groups: [staff], maxapplications: 1}]"),
        {**BUSY, "of_groups": [("staff", "root.a", {}, ["app-1", "app-2"])]},
        [
            (
                "limit:root.a:group staff",
                "delays",
                (
                    "Above the new limit: group staff (2 of 1 applications). What runs keeps running, nothing more starts "
                    "until enough has ended. 2 applications concerned, of ada, bob."
                ),
                ["app-1", "app-2"],
                ["ada", "bob"],
            ),
        ],
        id="limit of a group, exceeded",
    ),
    pytest.param(
        a("limits: [{groups: [x, y], maxapplications: 3}]"),
        a("limits: [{groups: [y, x], maxapplications: 3}]"),
        BUSY,
        [
            ("limit-order:root.a", "safe", "Only new applications are counted by the new order.", [], []),
        ],
        id="order of groups",
    ),
]


@pytest.mark.parametrize(("old", "new", "runs", "effects"), EFFECTS)
def test_effect(old: str, new: str, runs: dict[str, Any] | None, effects: list[tuple[Any, ...]]) -> None:
    """Level, sentence, applications and owners of every change."""
    before, after = config(old), config(new)
    found = impact.impact(diff.diff(before, after), before, after, None if runs is None else live(**runs))
    assert [(each.change, each.level, each.text, [*each.applications], [*each.users]) for each in found] == effects


def test_every_kind_has_an_effect_above() -> None:
    """No kind of change is left out."""
    assert {str(effect[0]).partition(":")[0] for case in EFFECTS for effect in case.values[3]} == set(diff.KINDS)


@pytest.mark.parametrize("part", ["queues", "applications", "users", "groups"])
def test_a_part_that_is_unknown_counts_as_unknown(part: str) -> None:
    """What the scheduler did not tell is not taken for nothing."""
    found = state.State(unknown=(f"{part}: no answer",))
    old = config(
        QUEUES + "    - {name: a, resources: {max: {memory: 2Gi}}}\n    - {name: b, submitacl: '*'}\n    - name: c"
    )
    new = config(
        QUEUES + "    - {name: a, resources: {max: {memory: 1Gi}}}\n    - name: b\n      limits:\n"
        "      - {users: [u], maxapplications: 1}\n      - {groups: [g], maxapplications: 1}"
    )
    changes = diff.diff(old, new)
    without = {each.change: each.text for each in impact.impact(changes, old, new)}
    unknown = {each.change for each in impact.impact(changes, old, new, found) if each.text == without[each.change]}
    assert (
        unknown
        == {
            "queues": {"max:root.a"},
            "applications": {"submitacl:root.b", "remove:root.c"},
            "users": {"limit:root.b:user u"},
            "groups": {"limit:root.b:group g"},
        }[part]
    )
