# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The registry of what is looked for in a config that YuniKorn's validator accepts. The page for people is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

ERROR, WARNING, NOTE = LEVELS = ("error", "warning", "note")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lint:
    """One thing that is looked for.

    ``trap`` marks what the validator accepts and what then breaks a running scheduler or removes a bound that the config
    states; it can't be accepted. ``summary`` is one line, ``explanation`` says what YuniKorn does and what to write instead.
    """

    name: str
    level: str
    trap: bool
    summary: str
    explanation: str


def _lint(level: str, trap: bool, name: str, summary: str, explanation: str) -> Lint:
    return Lint(name=name, level=level, trap=trap, summary=summary, explanation=explanation)


_trap, _error, _warning, _note = (
    partial(_lint, level, trap) for level, trap in ((ERROR, True), (ERROR, False), (WARNING, False), (NOTE, False))
)
_ALL = (
    _trap(
        "no-default-partition",
        "There is no partition named default",
        "On Kubernetes YuniKorn uses the partition `default` and no other. A config without it (an empty list, a text of comments "
        "alone, another name) passes the validator. When it is reloaded, the scheduler removes the partition while it holds the "
        "lock that removing needs, and stops for good: nothing is scheduled, its REST interface hangs, and later good configs do "
        "not help until it is restarted. When it is there at a start, nothing can be scheduled. An empty text is replaced by "
        "YuniKorn's built-in config, and all queues drain. Name the partition `default`.",
    ),
    _trap(
        "root-name-case",
        "The root queue's name is not written in lower case",
        "The validator takes `Root` for the root queue, the scheduler does not: a reload is refused with `partition cannot be "
        "created without root queue`, and a scheduler that starts with it exits. Write `root`.",
    ),
    _trap(
        "acl-blanks",
        "An access list has a blank too many",
        "An access list is `users groups`, with one blank between. The validator trims it and counts words; the scheduler counts "
        "blanks, and refuses a reload with `multiple spaces found in ACL`, or exits at its start. Two blanks in a row, or one at "
        "the start and one at the end, are too many. For groups alone write one blank in front: `' group'`.",
    ),
    _trap(
        "template-quantity",
        "A quantity in a child template is none",
        "The validator does not look into `childtemplate`. The scheduler does when it builds the queue: it refuses a reload with "
        "`configured queue creation failed`, or exits at its start. Quantities are whole numbers with an optional suffix: `500m` "
        "for vcore alone, `k M G T P E`, `Ki Mi Gi Ti Pi Ei`.",
    ),
    _trap(
        "unknown-rule",
        "A placement rule is of no kind that YuniKorn has",
        "The kinds are `provided`, `user`, `fixed` and `tag`. The validator only asks whether a name is an identifier. A reload "
        "with an unknown one is refused; a scheduler that starts with it runs without any rule and rejects every application, "
        "which sets its pods to Failed.",
    ),
    _trap(
        "recovery-rule",
        "The rule recovery stands among the placement rules",
        "YuniKorn adds this rule itself. Named in a config it is refused at a reload, and a scheduler that starts with it runs "
        "without any rule and rejects every application. Leave it out.",
    ),
    _trap(
        "rule-without-value",
        "A placement rule fixed or tag has no value",
        "`fixed` needs the queue's name as its `value`, `tag` the tag's name. Without it a reload is refused, and a scheduler that "
        "starts with it runs without any rule and rejects every application.",
    ),
    _trap(
        "fixed-rule-name",
        "The value of a rule fixed is no queue's name",
        "Each part between the dots has to be a queue's name: 1 to 64 letters, digits and `- _ # @ / :`. The validator does not "
        "look where `create` is on or another rule comes first. A reload is refused, and a scheduler that starts with it runs "
        "without any rule and rejects every application.",
    ),
    _trap(
        "fixed-rule-parent",
        "A rule fixed has a full name and a parent rule",
        "A value that begins with `root` is taken for a full name, which leaves nothing for a parent rule to add. The validator "
        "sees it below another `fixed` alone. A reload is refused, and a scheduler that starts with it runs without any rule and "
        "rejects every application. Leave out the parent, or write the name without `root`.",
    ),
    _trap(
        "fixed-outside-root",
        "The value of a rule fixed begins with root and is not below root",
        "YuniKorn takes every value that begins with the letters `root` for a full name, so `rooms` is a queue below root and "
        "`rootless` is not. With `create` on, the validator lets it pass, and by its source the scheduler crashes when the rule "
        "places its first application. Write `root.rootless`.",
    ),
    _trap(
        "deny-filter-case",
        "A filter's type is deny, but not in lower case",
        "The validator compares without regard to case, the scheduler does not: `Deny` acts as `allow`, so the rule is for exactly "
        "those whom it should keep out. Write `deny`.",
    ),
    _trap(
        "limits-upper-case",
        "Limits stand in a queue with an upper-case letter in its full name",
        "The scheduler writes names of queues in lower case, but keeps limits under the name as it is written. Below an upper-case "
        "letter it never finds them: every user and group is unbounded there. Write the names in lower case.",
    ),
    _trap(
        "zero-max",
        "A max bounds nothing, because all of it is zero",
        "Where all quantities of a `max` are zero, YuniKorn takes it as not set: the queue is unbounded, not closed. (A zero beside "
        "a positive quantity does close that resource.) To close a queue, give it an empty `submitacl` or take it out.",
    ),
    _trap(
        "property-version",
        "The property of the quota preemption's delay has the name of another YuniKorn",
        "YuniKorn 1.8 reads `preemption.quota.delay`, YuniKorn 1.9 reads `quota.preemption.delay`; each ignores the other name "
        "without a word, and then never preempts for a lowered quota. Write the one of your version, or both with one value.",
    ),
    _trap(
        "setting-refused",
        "A setting beside the queues has a value that YuniKorn can't read",
        "The ConfigMaps of the queues hold YuniKorn's other settings as well. A number, a switch or a duration under `service.` or "
        "`kubernetes.` that can't be read makes a running scheduler ignore the whole update, queues included, with one line in its "
        "log; a scheduler that starts with it exits.",
    ),
    _trap(
        "binary-data",
        "A key in binaryData can't be read",
        "YuniKorn unpacks keys that end in `.gz`, and takes off the suffix. Of a key with another suffix it keeps the name without "
        "the suffix and an empty value, which hides a readable value: for `queues.yaml` that means the built-in config, and all "
        "queues drain. A broken archive is left out.",
    ),
    _error(
        "queue-named-root",
        "A queue below root is named root as well",
        "YuniKorn never applies `resources` and later changes of `maxapplications` to a queue of this name, so it is unbounded. It "
        "mostly comes from a second queue beside `root` at the top: YuniKorn then puts both below a root of its own. Move the other "
        "queues below `root`, or give this one another name.",
    ),
    _warning(
        "unknown-property",
        "A property has a name that YuniKorn does not read",
        "Unknown properties are ignored without a word: a typing mistake turns fair sharing or preemption off.",
    ),
    _warning(
        "property-value",
        "A property has a value that YuniKorn does not take",
        "The value is ignored without a word and the default is used. `application.sort.policy` wants lower case.",
    ),
    _warning(
        "property-without-effect",
        "A property stands where no queue uses it",
        "The order of applications, their preemption's delay and their back-off are used by queues without queues below. Configured "
        "ones inherit them from above, those that a placement rule creates do not: they get the properties of `childtemplate` "
        "alone. This one is inherited by nobody.",
    ),
    _warning(
        "quota-preemption-off",
        "Quota preemption is only half switched on",
        "Pods are preempted for a lowered quota if the partition has `quotapreemptionenabled: true` and the queue has a delay above "
        "0 and a max. One of them alone does nothing.",
    ),
    _warning(
        "cpu-for-vcore",
        "Cores are counted under another name than vcore",
        "YuniKorn charges a pod's cores as `vcore`. Any other name, `cpu` too, is a resource that no pod uses: it bounds and "
        "guarantees nothing.",
    ),
    _warning(
        "unknown-resource",
        "A resource has a name that no pod can ask for",
        "Besides `vcore`, `memory`, `ephemeral-storage`, `pods` and `hugepages-*`, Kubernetes wants names with a domain, such as "
        "`nvidia.com/gpu`. Other names bound and guarantee nothing.",
    ),
    _warning(
        "resource-not-offered",
        "No node offers a resource",
        "The name is legal, but the cluster's capacity does not have it. A mistyped name bounds and guarantees nothing.",
    ),
    _warning(
        "guaranteed-above-capacity",
        "More is guaranteed than the cluster has",
        "YuniKorn does not compare guarantees with the cluster. All queues then are below their share, so fairness and preemption "
        "between them no longer follow what the config says.",
    ),
    _warning(
        "unreachable-queue",
        "No placement rule leads to a queue",
        "An application gets its queue from the placement rules alone. A queue's label on a pod counts only with a rule `provided` "
        "(or without any rule). Add a rule, or take the queue out.",
    ),
    _warning(
        "nobody-may-submit",
        "No access list lets anybody into a queue",
        "An empty `submitacl` means nobody. Access is inherited from above, and `adminacl` includes it. Without any, every "
        "application is passed on to the next rule and in the end rejected. For everyone write `submitacl: '*'` at root.",
    ),
    _warning(
        "acl-without-effect",
        "An access list keeps nobody out, because a queue above lets everyone in",
        "Access is inherited from above and never taken away below: with `submitacl: '*'` at root, a list further down restricts "
        "nobody. Take the `*` away and name who may submit in each queue, or give the placement rule a filter.",
    ),
    _warning(
        "acl-name-dropped",
        "A name in an access list is left out",
        "The scheduler drops names that it does not take, without a word. It takes no `:` in users, so no service accounts, and "
        "neither `.` nor `:` in groups, so not `system:authenticated`; `*` counts only alone.",
    ),
    _warning(
        "acl-comma-blank",
        "An access list has a blank beside a comma",
        "The blank divides users from groups: `bob, sue` lets in the user bob and the group sue. Write `bob,sue`.",
    ),
    _warning(
        "recovery-queue",
        "A queue has the name of YuniKorn's own recovery queue",
        "YuniKorn makes `root.@recovery@` itself, for applications that run while their queue is gone when the scheduler starts. "
        "Nobody can submit to it, and its properties are ignored. Give the queue another name.",
    ),
    _warning(
        "limit-never-binds",
        "A user's limit can never bind",
        "The queue itself, or a queue above, allows no more than the limit: whoever reaches it has reached the queue's bound. "
        "Limits above an inherited max pass the validator, which looks at the queue's own.",
    ),
    _warning(
        "template-without-effect",
        "A child template is used by no queue",
        "`childtemplate` is for queues that a placement rule with `create` makes below this one. A queue without queues below "
        "ignores it; so do configured queues.",
    ),
    _warning(
        "fixed-name-case",
        "A rule fixed names a queue that is written in another case",
        "The scheduler finds it, the validator does not: it compares in lower case with the name as written, and without `create` "
        "refuses the config. With `create` it checks nothing, so a rule may lead to a parent queue, which never takes an "
        "application, or go below a leaf, which rejects every one. Write the queue's name in lower case.",
    ),
    _warning(
        "rule-never-matches",
        "A placement rule can never place an application",
        "Its filter keeps everybody out, its queue is a parent of others, or a queue on its way neither exists nor may be created. "
        "(The validator looks at the last rule's `create` alone, and at `parent: true` but not at queues below.)",
    ),
    _warning(
        "rule-never-runs",
        "A placement rule stands behind one that takes every application",
        "The first rule that finds a queue places the application. A rule without a filter whose queue exists, or may be created, "
        "and lets everyone in takes all of them.",
    ),
    _warning(
        "rule-value-ignored",
        "A placement rule has a value that it does not use",
        "`provided` takes the queue from the pod and `user` from the user's name; `value` is for `fixed` and `tag`.",
    ),
    _warning(
        "test-rule",
        "The rule test is for YuniKorn's own tests",
        "It is accepted, and sends every application without a queue of its own to a queue named `test`. Use another kind.",
    ),
    _warning(
        "filter-name-dropped",
        "A name in a filter is left out",
        "In a list of two or more, names that are none are dropped without a word; regular expressions are too, for they only count "
        "as the one entry of a list.",
    ),
    _warning(
        "other-partition",
        "There is a partition beside default",
        "On Kubernetes all nodes and applications belong to the partition `default`: no queue of another one is ever used. Taking "
        "such a partition out of a running scheduler stops it until it is restarted.",
    ),
    _warning(
        "unknown-resolver",
        "The user group resolver is of no useful kind",
        "Groups come with the pod, in the annotation that YuniKorn's admission controller writes. An unknown kind counts as none, "
        "`test` invents groups. It is read once, when the scheduler starts.",
    ),
    _warning(
        "ldap-resolver",
        "The user group resolver asks LDAP",
        "A scheduler without the mounted LDAP settings exits when it starts with it, while a running one does not read it again: the "
        "mistake shows at the next restart.",
    ),
    _warning(
        "setting-ignored",
        "A setting beside the queues has a value that YuniKorn replaces by its default",
        "Settings of the scheduler's core (`event.`, `health.`), of the log and of the admission controller fall back to their "
        "defaults, with a line in the log. For `bypassNamespaces` or `systemUsers` that changes who is let through.",
    ),
    _warning(
        "unknown-setting",
        "A key beside the queues means nothing to YuniKorn",
        "Unknown settings are ignored without a word, and so are documents under another key than the one the queues are read from "
        "(`service.policyGroup` and `.yaml`). If the queues' own key is misspelt, YuniKorn takes those of yunikorn-defaults, or "
        "its built-in ones, and all other queues drain.",
    ),
    _note(
        "filter-unanchored",
        "A regular expression of a filter also matches parts of names",
        "It is searched anywhere in the name: `dev.*` matches `webdev-2` too. Begin with `^`, or end with `$`.",
    ),
    _note(
        "root-maxapplications",
        "The bound on root's applications is only read at a start",
        "YuniKorn applies `maxapplications` of root when it starts; a reload ignores a change of it.",
    ),
    _note(
        "stateaware-policy",
        "The order stateaware is fifo today",
        "YuniKorn no longer has it and uses `fifo`. Write `fifo`.",
    ),
)

LINTS: Mapping[str, Lint] = {lint.name: lint for lint in _ALL}
"""Every lint by its name, the most serious first."""
