# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each lint: a config that YuniKorn's validator accepts, and all that is found in it, with path, line and text."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import parse, validate
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.lint import (
    LEVELS,
    LINTS,
    AcceptError,
    accepted,
    lint,
)

PARTITION = "partitions:\n- name: default\n  "
# Everybody may submit, and a pod may name its queue: what stands below root begins in line 7.
QUEUES = PARTITION + "queues:\n  - name: root\n    submitacl: '*'\n    queues:\n    "
CLOSED = QUEUES.replace("'*'", "ops")
# Rules begin in line 7.
RULES = (
    PARTITION
    + "queues:\n  - name: root\n    submitacl: '*'\n    queues: [{name: a}, {name: q, queues: [{name: b}]}]\n  "
    + "placementrules:\n  - name: provided\n  "
)
DYNAMIC = "\n    - {name: d, parent: true}\n  placementrules:\n  - {name: provided, create: true}"
QUOTA = "\n  preemption: {quotapreemptionenabled: true}"

# Each: the config, what is found as (name, path, line, message), and options of lint.
TRAPS = [
    pytest.param(
        "# partitions: []",
        [("no-default-partition", "partitions", None, "there is no partition 'default'")],
        {},
        id="comments alone",
    ),
    pytest.param(
        "# one\npartitions: []",
        [("no-default-partition", "partitions", 2, "there is no partition 'default'")],
        {},
        id="no partition",
    ),
    pytest.param(
        "partitions:\n- name: gpu\n  queues: [{name: root, submitacl: '*', queues: [{name: a}]}]",
        [("no-default-partition", "partitions", 1, "there is no partition 'default'")],
        {},
        id="another partition alone",
    ),
    pytest.param(
        PARTITION
        + "queues:\n  - name: Root\n    submitacl: '*'\n    queues: [{name: a, limits: [{users: [u], maxapplications: 1}]}]",
        [("root-name-case", "Root", 4, "the root queue is named 'Root'")],
        {},
        id="root's name",
    ),
    pytest.param(
        CLOSED + "- {name: a, submitacl: 'u  g'}\n    - name: b\n      adminacl: ' g '\n"
        "    - {name: c, submitacl: ' g'}\n    - {name: d, submitacl: 'u '}\n    - {name: e, adminacl: '  g'}",
        [
            ("acl-blanks", "root.a", 7, "submitacl 'u  g' has more than the one blank before the groups"),
            ("acl-blanks", "root.b", 9, "adminacl ' g ' has more than the one blank before the groups"),
            ("acl-blanks", "root.e", 12, "adminacl '  g' has more than the one blank before the groups"),
        ],
        {},
        id="blanks in an access list",
    ),
    pytest.param(
        QUEUES + "- name: a\n      parent: true\n      childtemplate:\n        maxapplications: 1\n        resources:\n"
        "          guaranteed: {memory: 1.5Gi}\n          max: {vcore: 1, memory: }" + DYNAMIC,
        [
            (
                "template-quantity",
                "root.a",
                12,
                "the child template's guaranteed of memory is '1.5Gi', which is no quantity",
            ),
            ("template-quantity", "root.a", 13, "the child template's max of memory is '', which is no quantity"),
        ],
        {},
        id="quantities of a template",
    ),
    pytest.param(
        PARTITION
        + "queues:\n  - name: root\n    submitacl: '*'\n    childtemplate: {resources: {max: {memory: 1gb}}}\n"
        "    queues: [{name: a}]\n  placementrules:\n  - {name: provided, create: true}",
        [("template-quantity", "root", 6, "the child template's max of memory is '1gb', which is no quantity")],
        {},
        id="quantity of root's template",
    ),
    pytest.param(
        QUEUES
        + "- {name: a, parent: true, childtemplate: {resources: {max: {memory: }}, properties: {x: }}}"
        + DYNAMIC,
        [],
        {},
        id="a template of empty values is none",
    ),
    pytest.param(
        RULES
        + "- name: usr\n  - {name: primarygroup, parent: {name: User}}\n  - name: user\n    parent:\n      name: taag",
        [
            ("unknown-rule", "placementrules[1]", 9, "there is no rule 'usr', did you mean 'user'?"),
            ("unknown-rule", "placementrules[2]", 10, "there is no rule 'primarygroup'"),
            ("unknown-rule", "placementrules[3]", 13, "there is no rule 'taag', did you mean 'tag'?"),
        ],
        {},
        id="unknown rules",
    ),
    pytest.param(
        RULES + "- name: Recovery",
        [("recovery-rule", "placementrules[1]", 9, "the rule 'recovery' is YuniKorn's own")],
        {},
        id="recovery rule",
    ),
    pytest.param(
        RULES + "- {name: fixed, create: true}\n  - {name: user, parent: {name: Tag}}",
        [
            ("rule-without-value", "placementrules[1]", 9, "the rule 'fixed' has no value"),
            ("rule-without-value", "placementrules[2]", 10, "the rule 'tag' has no value"),
        ],
        {},
        id="rules without a value",
    ),
    pytest.param(
        RULES
        + "- name: fixed\n    create: true\n    value: root.a b\n  - {name: fixed, create: true, value: root..x}\n"
        "  - {name: fixed, value: a$, parent: {name: user}}",
        [
            ("fixed-rule-name", "placementrules[1]", 11, "the value 'root.a b' is no queue: 'a b' is no queue's name"),
            ("fixed-rule-name", "placementrules[2]", 12, "the value 'root..x' is no queue: '' is no queue's name"),
            ("fixed-rule-name", "placementrules[3]", 13, "the value 'a$' is no queue: 'a$' is no queue's name"),
        ],
        {},
        id="fixed to no queue's name",
    ),
    pytest.param(
        RULES
        + "- {name: fixed, value: Root.a, parent: {name: user}}\n  - {name: fixed, value: rootless, parent: {name: user}}",
        [
            (
                "fixed-rule-parent",
                "placementrules[1]",
                9,
                "the value 'Root.a' counts as a full name, so there can't be a parent rule",
            ),
            (
                "fixed-rule-parent",
                "placementrules[2]",
                10,
                "the value 'rootless' counts as a full name, so there can't be a parent rule",
            ),
        ],
        {},
        id="full name below a parent rule",
    ),
    pytest.param(
        RULES + "- {name: fixed, value: rootless, create: true}",
        [
            (
                "fixed-outside-root",
                "placementrules[1]",
                9,
                "the value 'rootless' counts as a full name and is not below root",
            )
        ],
        {},
        id="full name outside of root",
    ),
    pytest.param(
        RULES + "- name: user\n    create: true\n    filter:\n      type: Deny\n      users: [eve, mallory]",
        [("deny-filter-case", "placementrules[1]", 12, "the filter's type 'Deny' acts as allow")],
        {},
        id="deny in another case",
    ),
    pytest.param(
        QUEUES + "- name: Team\n      limits: [{users: [u], maxapplications: 1}]\n      queues:\n      - name: a\n"
        "        limits: [{users: [u], maxapplications: 1}]\n    - name: B",
        [
            ("limits-upper-case", "root.Team", 8, "its limits are never enforced: the scheduler looks for 'root.team'"),
            (
                "limits-upper-case",
                "root.Team.a",
                11,
                "its limits are never enforced: the scheduler looks for 'root.team.a'",
            ),
        ],
        {},
        id="limits below an upper-case letter",
    ),
    pytest.param(
        QUEUES
        + "- {name: a, resources: {max: {memory: 0, vcore: 0m}}}\n    - {name: b, resources: {max: {memory: 0, vcore: 1}}}\n"
        "    - {name: c, parent: true, childtemplate: {resources: {max: {memory: 0}}}}" + DYNAMIC,
        [
            ("zero-max", "root.a", 7, "max is all zero, which bounds nothing"),
            ("zero-max", "root.c", 9, "the child template's max is all zero, which bounds nothing"),
        ],
        {},
        id="a max of zero",
    ),
    pytest.param(
        QUEUES + "- name: a\n      properties:\n        preemption.quota.delay: 1m" + QUOTA,
        [
            (
                "property-version",
                "root.a",
                9,
                "property 'preemption.quota.delay' is only read by YuniKorn 1.8: this one reads 'quota.preemption.delay'",
            )
        ],
        {},
        id="property of 1.8",
    ),
    pytest.param(
        QUEUES + "- name: a\n      properties:\n        quota.preemption.delay: 1m" + QUOTA,
        [
            (
                "property-version",
                "root.a",
                9,
                "property 'quota.preemption.delay' is only read by YuniKorn 1.9 and later: this one reads 'preemption.quota.delay'",
            )
        ],
        {"version": (1, 8)},
        id="property of 1.9",
    ),
    pytest.param(
        QUEUES + "- {name: a, properties: {preemption.quota.delay: 1m, quota.preemption.delay: 1m}}" + QUOTA,
        [],
        {"version": (1, 8)},
        id="property for both versions",
    ),
]

MISTAKES = [
    pytest.param(
        PARTITION + "queues:\n  - name: root\n    submitacl: '*'\n  - name: b",
        [
            (
                "queue-named-root",
                "root.root",
                4,
                "its resources are never applied: it is named root and is not the root queue",
            ),
            ("nobody-may-submit", "root.b", 6, "no access list lets anybody submit here"),
        ],
        {},
        id="two queues at the top",
    ),
    pytest.param(
        QUEUES + "- name: a\n      properties:\n        application.sort.polcy: fair\n        x: y\n"
        "    - {name: b, parent: true, childtemplate: {properties: {priority.ofset: 1}}}" + DYNAMIC,
        [
            (
                "unknown-property",
                "root.a",
                9,
                "property 'application.sort.polcy' is unknown, did you mean 'application.sort.policy'?",
            ),
            ("unknown-property", "root.a", 10, "property 'x' is unknown"),
            (
                "unknown-property",
                "root.b",
                11,
                "the child template's property 'priority.ofset' is unknown, did you mean 'priority.offset'?",
            ),
        ],
        {},
        id="unknown properties",
    ),
    pytest.param(
        QUEUES
        + "- name: a\n      properties:\n        application.sort.policy: Fair\n        application.sort.priority: 'yes'\n"
        "        priority.policy: fenced\n        priority.offset: 2147483648\n        preemption.policy: none\n"
        "        preemption.delay: 10 minutes\n        quota.preemption.delay: -1s\n"
        "        application.unschedasks.backoff: -1\n        application.unschedasks.backoff.delay: 0s\n"
        "    - {name: b, parent: true, childtemplate: {properties: {preemption.delay: 30, priority.offset: }}}"
        + DYNAMIC,
        [
            (
                "property-value",
                "root.a",
                9 + index,
                f"{name} is '{value}', which YuniKorn does not take: it wants {wanted}",
            )
            for index, (name, value, wanted) in enumerate(
                [
                    ("application.sort.policy", "Fair", "fifo or fair"),
                    ("application.sort.priority", "yes", "enabled or disabled"),
                    ("priority.policy", "fenced", "default or fence"),
                    ("priority.offset", "2147483648", "a whole number of 32 bits"),
                    ("preemption.policy", "none", "default, fence or disabled"),
                    ("preemption.delay", "10 minutes", "a duration above 0 such as 30s or 10m"),
                    ("quota.preemption.delay", "-1s", "a duration such as 30s or 10m"),
                    ("application.unschedasks.backoff", "-1", "a whole number from 0"),
                    ("application.unschedasks.backoff.delay", "0s", "a duration above 0 such as 30s or 10m"),
                ]
            )
        ]
        + [
            (
                "property-value",
                "root.b",
                18,
                (
                    "the child template's preemption.delay is '30', which YuniKorn does not take: "
                    "it wants a duration above 0 such as 30s or 10m"
                ),
            )
        ],
        {},
        id="values of properties",
    ),
    pytest.param(
        QUEUES
        + "- name: a\n      properties:\n        application.sort.policy: fair\n        application.sort.priority: Disabled\n"
        "        priority.policy: FENCE\n        priority.offset: '-5'\n        preemption.policy: Fence\n"
        "        preemption.delay: 1h30m\n        quota.preemption.delay: 0s\n"
        "        application.unschedasks.backoff: 18446744073709551615\n        application.unschedasks.backoff.delay: 1.5s",
        [],
        {},
        id="values that properties take",
    ),
    pytest.param(
        QUEUES + "- name: a\n      parent: true\n      properties: {application.sort.policy: fair}\n"
        "    - name: b\n      properties: {application.sort.policy: fair, preemption.delay: 1m, priority.policy: fence}\n"
        "      queues: [{name: c, properties: {application.sort.policy: fifo}}]\n"
        "    - name: e\n      properties: {application.sort.policy: fair}\n      queues: [{name: f, queues: [{name: g}]}]"
        + DYNAMIC,
        [
            (
                "property-without-effect",
                f"root.{queue}",
                line,
                "application.sort.policy has no effect: only queues without queues below use it, and none inherits this one",
            )
            for queue, line in (("a", 9), ("b", 11))
        ],
        {},
        id="fair on a parent",
    ),
    pytest.param(
        QUEUES + "- {name: a, properties: {quota.preemption.delay: 1m}}",
        [
            (
                "quota-preemption-off",
                "root.a",
                7,
                "quota.preemption.delay does nothing: the partition's preemption.quotapreemptionenabled is not on",
            )
        ],
        {},
        id="a delay without quota preemption",
    ),
    pytest.param(
        QUEUES + "- {name: a, properties: {quota.preemption.delay: 0s}}" + QUOTA,
        [
            (
                "quota-preemption-off",
                "preemption",
                8,
                "quotapreemptionenabled is on and no queue has a quota.preemption.delay: nothing is ever preempted",
            )
        ],
        {},
        id="quota preemption without a delay",
    ),
    pytest.param(
        QUEUES + "- {name: a, resources: {guaranteed: {cpu: 1}, max: {cpu: 2, Vcore: 1}}}\n"
        "    - {name: b, limits: [{users: [u], maxresources: {cpu: 1}}]}",
        [
            (
                "cpu-for-vcore",
                "root.a",
                7,
                "'cpu' bounds and guarantees nothing: YuniKorn counts cores as 'vcore' (in 3 places)",
            ),
            (
                "cpu-for-vcore",
                "root.a",
                7,
                "'Vcore' bounds and guarantees nothing: YuniKorn counts cores as 'vcore'",
            ),
        ],
        {},
        id="cpu for vcore",
    ),
    pytest.param(
        QUEUES + "- {name: a, resources: {max: {gpu: 2, Memory: 1Gi, mem: 0}}}\n"
        "    - {name: b, resources: {max: {nvidia.com/gpu: 1, hugepages-2Mi: 1Gi, ephemeral-storage: 1Gi, pods: 5}}}\n"
        "  nodesortpolicy: {type: fair, resourceweights: {memry: 2}}",
        [
            ("unknown-resource", "root.a", 7, "'Memory' is no resource that a pod can ask for, did you mean 'memory'?"),
            (
                "unknown-resource",
                "root.a",
                7,
                "'gpu' is no resource that a pod can ask for, did you mean 'nvidia.com/gpu'?",
            ),
            (
                "unknown-resource",
                "nodesortpolicy",
                9,
                "'memry' is no resource that a pod can ask for, did you mean 'memory'?",
            ),
        ],
        {},
        id="resources without a domain",
    ),
    pytest.param(
        QUEUES + "- {name: a, resources: {max: {nvidia.com/gpuu: 2, memory: 1Gi, example.com/fpga: 0}}}\n"
        "    - {name: b, limits: [{users: [u], maxresources: {nvidia.com/gpuu: 1}}]}",
        [
            (
                "resource-not-offered",
                "root.a",
                7,
                "no node offers 'nvidia.com/gpuu', did you mean 'nvidia.com/gpu'? (in 2 places)",
            )
        ],
        {"offered": {"nvidia.com/gpu": 8, "memory": 2**40, "vcore": 64000}},
        id="a resource that no node offers",
    ),
    pytest.param(
        QUEUES
        + "- {name: a, resources: {guaranteed: {vcore: 3, memory: 4Gi}}}\n    - {name: b, resources: {guaranteed: {vcore: 2}}}\n"
        "    - name: c\n      resources:\n        guaranteed:\n          memory: 9Gi",
        [
            (
                "guaranteed-above-capacity",
                "root",
                4,
                "5 of vcore is guaranteed to the queues below, the cluster has 4500m",
            ),
            ("guaranteed-above-capacity", "root.c", 12, "9Gi of memory is guaranteed to it, the cluster has 8Gi"),
        ],
        {"offered": {"vcore": 4500, "memory": 8 * 2**30}},
        id="guarantees above the cluster",
    ),
    pytest.param(
        PARTITION
        + "queues:\n  - name: root\n    submitacl: '*'\n    queues:\n    - name: a\n    - name: t\n      queues:\n"
        "      - name: b\n      - name: c\n    - name: p\n      parent: true\n    - name: default\n    - name: Fixed\n    - name: ns-1\n"
        "    - name: n_s\n    - name: u\n      parent: true\n      queues: [{name: eve_dot_b}]\n"
        "  placementrules:\n  - {name: tag, value: Namespace}\n  - {name: fixed, value: fixed, create: true}\n"
        "  - {name: user, parent: {name: fixed, value: u}}",
        [
            ("unreachable-queue", "root.t", 8, "no placement rule leads to any queue here"),
            ("unreachable-queue", "root.p", 12, "no placement rule leads to any queue here"),
            ("unreachable-queue", "root.n_s", 17, "no placement rule leads here"),
            (
                "fixed-name-case",
                "placementrules[1]",
                23,
                "'root.fixed' leads to the queue 'root.Fixed', which the validator does not find",
            ),
            ("rule-never-runs", "placementrules[2]", 24, "never runs: placementrules[1] takes every application"),
        ],
        {},
        id="queues that no rule reaches",
    ),
    pytest.param(
        RULES.replace("{name: a}", "{name: a}, {name: p, parent: true}") + "- {name: user}",
        [("unreachable-queue", "root.p", 6, "no placement rule leads to any queue here")],
        {},
        id="a parent below which nothing is created",
    ),
    pytest.param(
        PARTITION
        + "queues:\n  - name: root\n    queues:\n    - name: a\n      queues: [{name: b}, {name: c, adminacl: bob}]\n"
        "    - name: d\n      queues: [{name: e}, {name: f}]",
        [
            ("nobody-may-submit", "root.a.b", 7, "no access list lets anybody submit here"),
            ("nobody-may-submit", "root.d", 8, "no access list lets anybody submit here"),
        ],
        {},
        id="queues that are open to nobody",
    ),
    pytest.param(
        CLOSED + "- name: a\n      submitacl: 'system:serviceaccount:hub:hub,bob,*'\n"
        "      adminacl: bob my.group,system:authenticated,ops\n    - {name: b, submitacl: ' *'}\n    - {name: c, submitacl: '* x'}",
        [
            ("acl-name-dropped", "root.a", 8, "submitacl leaves out 'system:serviceaccount:hub:hub', '*'"),
            ("acl-name-dropped", "root.a", 9, "adminacl leaves out 'my.group', 'system:authenticated'"),
        ],
        {},
        id="names that an access list drops",
    ),
    pytest.param(
        CLOSED + "- {name: a, submitacl: 'bob, sue'}\n    - {name: b, adminacl: 'bob,eve ,ops'}",
        [
            ("acl-comma-blank", "root.a", 7, "submitacl 'bob, sue' lets in user 'bob' and group 'sue'"),
            ("acl-comma-blank", "root.b", 8, "adminacl 'bob,eve ,ops' lets in users 'bob', 'eve' and group 'ops'"),
        ],
        {},
        id="a blank after a comma",
    ),
    pytest.param(
        QUEUES + "- name: a\n      resources: {max: {memory: 10Gi}}\n      queues:\n      - name: b\n        limits:\n"
        "        - {users: [u, v], maxresources: {memory: 20Gi}}\n        - {users: [w], maxresources: {memory: 20Gi, vcore: 1}}\n"
        "        - {users: [x], maxresources: {memory: 20Gi}, maxapplications: 3}\n        - {groups: [g], maxresources: {memory: 20Gi}}\n"
        "      - name: c\n        limits:\n        - {users: [u], maxresources: {memory: 20Gi}}\n"
        "        - {users: ['*'], maxresources: {memory: 5Gi}}\n"
        "      - {name: d, resources: {max: {memory: 5Gi}}, limits: [{users: ['*'], maxresources: {memory: 5120Mi}}]}",
        [
            (
                "limit-never-binds",
                "root.a.b",
                12,
                "the limit of users 'u', 'v' never binds: no queue from here to root allows more than it",
            ),
            (
                "limit-never-binds",
                "root.a.d",
                20,
                "the limit of user '*' never binds: no queue from here to root allows more than it",
            ),
        ],
        {},
        id="limits above what the queue allows",
    ),
    pytest.param(
        QUEUES + "- name: a\n      maxapplications: 5\n      limits:\n      - {users: [u], maxapplications: 5}\n"
        "      - {users: [v], maxapplications: 4}\n",
        [
            (
                "limit-never-binds",
                "root.a",
                10,
                "the limit of user 'u' never binds: no queue from here to root allows more than it",
            )
        ],
        {},
        id="limits of applications",
    ),
    pytest.param(
        QUEUES
        + "- {name: a, childtemplate: {maxapplications: 1}}\n    - name: b\n      childtemplate: {maxapplications: 1}\n"
        "      queues: [{name: c}]",
        [
            (
                "template-without-effect",
                "root.a",
                7,
                "childtemplate has no effect: it is for queues below, and this queue has none",
            ),
            (
                "template-without-effect",
                "root.b",
                9,
                "childtemplate has no effect: no placement rule creates queues below",
            ),
        ],
        {},
        id="templates for nobody",
    ),
    pytest.param(
        RULES.replace("name: q", "name: Q") + "- {name: fixed, value: root.q.b, create: true, filter: {users: [eve]}}\n"
        "  - {name: user, create: true, parent: {name: fixed, value: q.b, create: true}}",
        [
            (
                "fixed-name-case",
                "placementrules[1]",
                9,
                "'root.q.b' leads to the queue 'root.Q.b', which the validator does not find",
            ),
            (
                "fixed-name-case",
                "placementrules[2]",
                10,
                "'root.q.b' leads to the queue 'root.Q.b', which the validator does not find",
            ),
            (
                "rule-never-matches",
                "placementrules[2]",
                10,
                "never matches: 'root.Q.b' has no queues below, so every application is rejected",
            ),
        ],
        {},
        id="fixed in lower case",
    ),
    pytest.param(
        RULES + "- {name: user, create: true, filter: {type: deny}}\n  - {name: fixed, value: root.q}\n"
        "  - {name: user, create: true, parent: {name: fixed, value: root.new}}\n"
        "  - {name: tag, value: team, create: true, filter: {groups: [1, 2]}}",
        [
            ("rule-never-matches", "placementrules[1]", 9, "never matches: its filter keeps everybody out"),
            ("rule-never-matches", "placementrules[2]", 10, "never matches: 'root.q' is a parent of other queues"),
            (
                "rule-never-matches",
                "placementrules[3]",
                11,
                "never matches: the queue 'root.new' does not exist and may not be created",
            ),
            ("filter-name-dropped", "placementrules[4]", 12, "the filter leaves out '1', '2' of its groups"),
            ("rule-never-matches", "placementrules[4]", 12, "never matches: its filter keeps everybody out"),
        ],
        {},
        id="rules that never match",
    ),
    pytest.param(
        RULES + "- {name: fixed, value: root.a}\n  - {name: tag, value: namespace, create: true}\n  - {name: user}",
        [
            ("rule-never-runs", "placementrules[2]", 10, "never runs: placementrules[1] takes every application"),
            ("rule-never-runs", "placementrules[3]", 11, "never runs: placementrules[1] takes every application"),
        ],
        {},
        id="rules behind a queue for all",
    ),
    pytest.param(
        RULES
        + "- {name: fixed, value: root.a, filter: {users: ['^e']}}\n  - {name: tag, value: namespace, create: true}\n"
        "  - {name: user, create: true, parent: {name: fixed, value: root.new, create: true, filter: {users: [b, c]}}}\n"
        "  - {name: fixed, value: a}",
        [],
        {},
        id="rules that leave some for the next",
    ),
    pytest.param(
        RULES + "- {name: user, value: root.a, create: true}\n  - {name: Provided, value: a}",
        [
            ("rule-value-ignored", "placementrules[1]", 9, "the rule 'user' does not use its value 'root.a'"),
            ("rule-value-ignored", "placementrules[2]", 10, "the rule 'provided' does not use its value 'a'"),
        ],
        {},
        id="values that rules ignore",
    ),
    pytest.param(
        RULES + "- name: test",
        [("test-rule", "placementrules[1]", 9, "the rule 'test' is for YuniKorn's own tests")],
        {},
        id="test rule",
    ),
    pytest.param(
        RULES
        + "- name: user\n    create: true\n    filter:\n      users: [bob, '^dev-', '2nd']\n      groups: [a/b, c]",
        [
            ("filter-name-dropped", "placementrules[1]", 12, "the filter leaves out '^dev-', '2nd' of its users"),
            ("filter-name-dropped", "placementrules[1]", 13, "the filter leaves out 'a/b' of its groups"),
        ],
        {},
        id="names that a filter drops",
    ),
    pytest.param(
        QUEUES
        + "- name: a\n- name: gpu\n  queues: [{name: root, submitacl: '*', queues: [{name: b, resources: {max: {memory: 0}}}]}]",
        [
            ("other-partition", "[gpu]partition", 8, "the partition 'gpu' is never used"),
            ("zero-max", "[gpu]root.b", 9, "max is all zero, which bounds nothing"),
        ],
        {},
        id="a second partition",
    ),
    pytest.param(
        QUEUES + "- name: a\n  usergroupresolver:\n    type: LDAP",
        [("unknown-resolver", "usergroupresolver", 9, "the type 'LDAP' resolves no groups")],
        {},
        id="unknown resolver",
    ),
    pytest.param(
        QUEUES + "- name: a\n  usergroupresolver: {type: ldap}",
        [("ldap-resolver", "usergroupresolver", 8, "the type 'ldap' ends a scheduler without LDAP's settings")],
        {},
        id="LDAP",
    ),
    pytest.param(
        RULES + "- {name: user, create: true, filter: {users: ['dev.*'], groups: [a|b]}}\n"
        "  - {name: user, create: true, filter: {users: ['^dev.*'], groups: [bob$]}}\n  - {name: user, filter: {users: [bob]}}",
        [
            (
                "filter-unanchored",
                "placementrules[1]",
                9,
                "the expression 'dev.*' of the filter's users also matches parts of names",
            ),
            (
                "filter-unanchored",
                "placementrules[1]",
                9,
                "the expression 'a|b' of the filter's groups also matches parts of names",
            ),
        ],
        {},
        id="expressions without anchors",
    ),
    pytest.param(
        PARTITION
        + "queues:\n  - name: root\n    submitacl: '*'\n    maxapplications: 5\n    queues: [{name: a, maxapplications: 5}]",
        [("root-maxapplications", "root", 6, "a reload ignores a change of root's maxapplications")],
        {},
        id="root's applications",
    ),
    pytest.param(
        QUEUES + "- {name: a, properties: {application.sort.policy: stateaware}}",
        [("stateaware-policy", "root.a", 7, "application.sort.policy is 'stateaware', which is fifo today")],
        {},
        id="stateaware",
    ),
    pytest.param(
        QUEUES
        + "- name: a\n      submitacl: bob\n      queues: [{name: b, submitacl: ' staff'}, {name: c, submitacl: '*'}]\n"
        "    - {name: d, adminacl: eve}",
        [
            ("acl-without-effect", "root.a", 8, "submitacl 'bob' keeps nobody out: 'root' lets everyone in"),
            ("acl-without-effect", "root.a.b", 9, "submitacl ' staff' keeps nobody out: 'root' lets everyone in"),
        ],
        {},
        id="an access list below everyone's",
    ),
    pytest.param(
        QUEUES + "- name: '@Recovery@'",
        [("recovery-queue", "root.@Recovery@", 7, "nobody can submit here: it is YuniKorn's own")],
        {},
        id="recovery queue",
    ),
]


@pytest.mark.parametrize(("config", "expected", "options"), [*TRAPS, *MISTAKES])
def test_lint_says_what_the_validator_does_not(
    config: str, expected: list[tuple[str, str, int | None, str]], options: dict[str, Any]
) -> None:
    document = parse.parse(config)
    assert validate.validate(document) == ()
    found = lint(document, **options)
    assert [(each.name, each.path, each.line, each.message) for each in found] == expected
    assert [(each.level, each.trap) for each in found] == [
        (LINTS[each.name].level, LINTS[each.name].trap) for each in found
    ]


def test_every_lint_of_the_config_is_shown_here() -> None:
    shown = {name for case in (*TRAPS, *MISTAKES) for name, *_rest in case.values[1]}
    # The settings beside the queues have a test of their own.
    assert set(LINTS) - shown == {"setting-refused", "setting-ignored", "unknown-setting", "binary-data"}
    assert {name for name in shown if LINTS[name].trap} == {
        name for case in TRAPS for name, *_rest in case.values[1] if LINTS[name].trap
    }


def test_traps_are_errors_and_every_text_is_there() -> None:
    for name, each in LINTS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert each.name == name
        assert each.level in LEVELS
        assert each.level == "error" or not each.trap
        assert re.fullmatch(r"[A-Z].*[^.]", each.summary)
        assert re.fullmatch(r"[A-Z`].*[.)]", each.explanation)


def test_a_good_config_has_no_findings() -> None:
    config = """
partitions:
- name: default
  placementrules:
  - {name: provided, filter: {type: deny, users: [guest]}}
  - name: user
    create: true
    parent: {name: fixed, value: root.notebooks, create: true}
  preemption: {enabled: true, quotapreemptionenabled: true}
  nodesortpolicy: {type: binpacking, resourceweights: {nvidia.com/gpu: 10}}
  queues:
  - name: root
    submitacl: '*'
    adminacl: admin ops
    properties: {application.sort.policy: fair}
    queues:
    - name: notebooks
      parent: true
      resources: {guaranteed: {vcore: 8}, max: {vcore: 16, memory: 64Gi, nvidia.com/gpu: 4}}
      childtemplate: {maxapplications: 2, resources: {max: {nvidia.com/gpu: 1}}}
      limits:
      - {limit: each, users: ['*'], maxresources: {nvidia.com/gpu: 2}}
    - name: batch
      properties: {preemption.policy: fence, quota.preemption.delay: 10m}
      resources: {max: {memory: 64Gi, pods: 100}}
"""
    document = parse.parse(config)
    assert validate.validate(document) == ()
    assert lint(document, offered={"vcore": 64000, "memory": 2**40, "pods": 110, "nvidia.com/gpu": 8}) == ()
    assert lint(document) == ()


# -- accepting ---------------------------------------------------------------------------------------------------------


def names(accept: list[str]) -> list[tuple[str, str]]:
    """What is left of a trap, and of two findings of one lint."""
    config = (
        QUEUES + "- {name: a, properties: {x: y}, resources: {max: {memory: 0}}}\n    - {name: b, properties: {x: y}}"
    )
    return [(each.name, each.path) for each in accepted(lint(parse.parse(config)), accept)]


def test_findings_are_accepted_by_name_or_in_one_place() -> None:
    trap, first, second = ("zero-max", "root.a"), ("unknown-property", "root.a"), ("unknown-property", "root.b")
    assert names([]) == [first, trap, second]
    assert names(["unknown-property"]) == [trap]
    assert sorted(names(["unknown-property@root.a"])) == sorted([trap, second])
    assert names(["unknown-property@root.a", "unknown-property@root.b", "ldap-resolver"]) == [trap]
    assert sorted(names(["unknown-property@root"])) == sorted([trap, first, second])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("unknown-propertie", "accept: there is no lint 'unknown-propertie', did you mean 'unknown-property'?"),
        ("@root.a", "accept: there is no lint ''"),
        ("zero-max@root.a", "accept: 'zero-max' breaks a running scheduler and can't be accepted"),
    ],
)
def test_what_cannot_be_accepted_is_an_error(entry: str, message: str) -> None:
    with pytest.raises(AcceptError, match=f"^{re.escape(message)}$"):
        accepted((), ["unknown-property", entry])


# -- sizes -------------------------------------------------------------------------------------------------------------


def test_long_texts_are_cut_in_messages() -> None:
    long = "x" * 10**6
    document = parse.parse(
        QUEUES + f"- name: a\n      adminacl: 'b, {long}'\n      submitacl: '{long}:'\n"
        f"      properties:\n        priority.offset: {long}\n        {long[:1000]}: y"
    )
    found = lint(document)
    cut = f"{'x' * 61}..."
    assert [each.message for each in found] == [
        f"adminacl 'b, {'x' * 58}...' lets in user 'b' and group '{cut}'",
        f"submitacl leaves out '{cut}'",
        f"priority.offset is '{cut}', which YuniKorn does not take: it wants a whole number of 32 bits",
        f"property '{cut}' is unknown",
    ]


def test_the_time_grows_with_the_size_alone() -> None:
    def seconds(teams: int) -> float:
        queues = "".join(
            f"    - name: t{team}\n      resources: {{max: {{vcore: 100}}}}\n      properties: {{aplication.sort.policy: fair}}\n"
            "      queues:\n"
            + "".join(
                f"      - name: q{queue}\n        limits:\n"
                + "".join(
                    f"        - {{users: [u{user}], maxresources: {{gpu: 2, vcore: {user}}}}}\n" for user in range(1, 5)
                )
                for queue in range(50)
            )
            for team in range(teams)
        )
        document = parse.parse(QUEUES[: -len("    ")] + queues)
        assert validate.validate(document) == ()
        begin = time.process_time()
        assert len(lint(document)) == teams + 1
        return time.process_time() - begin

    seconds(1)
    small = min(seconds(2) for _ in range(3))
    assert seconds(20) < 20 * small
