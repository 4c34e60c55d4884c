# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Says what YuniKorn's own validator says of a config, but all of it. Source: yunikorn-core ``pkg/common/configs/configvalidator.go``.

The rules are looked at in upstream's order, so the first problem is the one that upstream stops at. Where a rule needs a value
that an earlier rule refused (a quantity that is none), the value counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import gotext, quantity
from .collector import paused
from .model import Filter, Limit, Pairs, Partition, PlacementRule, Queue
from .parse import Document
from .problem import Problem
from .re2 import compiles

ROOT = "root"
DEFAULT_PARTITION = "default"
WILDCARD = "*"

QUEUE_NAME = re.compile(r"[a-zA-Z0-9_:#/@-]{1,64}")
USER_NAME = re.compile(r"[_a-zA-Z][a-zA-Z0-9:#/_.@-]*[$]?")
GROUP_NAME = re.compile(r"[_a-zA-Z][a-zA-Z0-9:_.-]*")
RULE_NAME = re.compile(r"[_a-zA-Z][a-zA-Z0-9_]*")
_REGEXP_CHARACTER = re.compile(r"[\^$*+?()\[{}|]")
_BAD_QUEUE_NAME = "invalid queue name, max 64 characters consisting of alphanumeric characters and '-', '_', '#', '@', '/', ':' allowed"

Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A queue where it stands: its path in the document, its full name and the queues below it."""

    queue: Queue
    path: str
    name: str
    children: tuple[Placed, ...]
    limits: tuple[Limit, ...]
    limits_path: str

    def walk(self) -> Iterator[Placed]:
        """Yield this queue and all below it, a queue before its children."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(partition: Partition, path: str) -> Placed:
    """Return the queues of ``partition`` (at ``path`` of the document) as YuniKorn builds them: below one root, with the partition's limits on it."""
    queues = partition.queues or ()
    if len(queues) == 1 and queues[0].name.lower() == ROOT:
        root = _place(replace(queues[0], parent=True), f"{path}.queues[0]", "")
    else:
        children = tuple(_place(queue, f"{path}.queues[{index}]", ROOT) for index, queue in enumerate(queues))
        inserted = Queue(name=ROOT, parent=True, queues=queues)
        root = Placed(inserted, path, ROOT, children, (), f"{path}.limits")
    if partition.limits and not root.limits:
        root = replace(root, limits=partition.limits, limits_path=f"{path}.limits")
    return root


def _place(queue: Queue, path: str, above: str) -> Placed:
    name = f"{above}.{queue.name}" if above else queue.name
    children = tuple(_place(child, f"{path}.queues[{index}]", name) for index, child in enumerate(queue.queues))
    return Placed(queue, path, name, children, queue.limits, f"{path}.limits")


@paused()
def validate(document: Document) -> tuple[Problem, ...]:
    """Return every reason why YuniKorn refuses ``document``, in upstream's order; nothing means that it accepts it."""
    if document.problems:
        return document.problems
    return _Validation(document).run()


class _Validation:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[Problem] = []
        self._amounts: dict[tuple[Pairs, str], dict[str, int]] = {}

    def run(self) -> tuple[Problem, ...]:
        names: set[str] = set()
        for index, partition in enumerate(self._document.config.partitions):
            path = f"partitions[{index}]"
            name = partition.name.lower() or DEFAULT_PARTITION
            if name in names:
                shown = DEFAULT_PARTITION if name == DEFAULT_PARTITION else partition.name
                self._add(f"{path}.name", f"duplicate partition name found with name {shown}")
            names.add(name)
            self._partition(partition, path)
        return tuple(self._problems)

    def _add(self, path: str, message: str) -> None:
        self._problems.append(Problem(path=path, message=message, line=self._document.line(path)))

    def _partition(self, partition: Partition, path: str) -> None:
        if partition.queues is None:
            self._add(path, "queue config is not set")
            return
        root = tree(partition, path)
        if root.queue.resources.guaranteed is not None or root.queue.resources.max is not None:
            self._add(f"{root.path}.resources", "root queue must not have resource limits set")
        if partition.limits and root.queue.limits and partition.limits != root.queue.limits:
            self._add(f"{path}.limits", "partition limits and root queue limits are not equivalent")
        self._queue(root, 1)
        self._queue_resources(root, None)
        self._placement_rules(partition.placementrules, f"{path}.placementrules", root)
        self._node_sort_policy(partition, f"{path}.nodesortpolicy")
        self._queue_max_applications(root)
        self._limit_resources(root, {}, {})
        self._limit_applications(root, {}, {})

    # -- one queue: access, limits, the names of its children ----------------------------------------------------------

    def _queue(self, placed: Placed, level: int) -> None:
        self._acl(placed.queue.adminacl, f"{placed.path}.adminacl")
        self._acl(placed.queue.submitacl, f"{placed.path}.submitacl")
        self._limits(placed)
        names: set[str] = set()
        for child in placed.children:
            if not QUEUE_NAME.fullmatch(child.queue.name):
                self._add(f"{child.path}.name", _BAD_QUEUE_NAME)
            elif child.queue.name.lower() in names:
                self._add(
                    f"{child.path}.name", f"duplicate child name found with name '{child.queue.name}', level {level}"
                )
            names.add(child.queue.name.lower())
        for child in placed.children:
            self._queue(child, level + 1)

    def _acl(self, acl: str, path: str) -> None:
        text = gotext.trim(acl)
        if len(gotext.fields(text)) > 2:
            self._add(path, f"multiple spaces found in ACL: '{text}'")

    def _limits(self, placed: Placed) -> None:
        users: set[str] = set()
        groups: set[str] = set()
        for index, limit in enumerate(placed.limits):
            self._limit(limit, f"{placed.limits_path}[{index}]", users, groups, placed)

    def _limit(self, limit: Limit, path: str, users: set[str], groups: set[str], placed: Placed) -> None:
        if not limit.users and not limit.groups:
            self._add(path, f"empty user and group lists defined in limit '{_go_limit(limit)}'")
        self._limit_names(limit.users, f"{path}.users", "user", USER_NAME, users)
        self._limit_names(limit.groups, f"{path}.groups", "group", GROUP_NAME, groups)
        if groups == {WILDCARD} and limit.groups:
            self._add(
                f"{path}.groups",
                "should not specify only one group limit that is using the wildcard. "
                "There must be at least one limit with a group name defined ",
            )
        amounts = self._resource(limit.maxresources, f"{path}.maxresources")
        if limit.maxresources and not any(amounts.values()):
            self._add(f"{path}.maxresources", f"MaxResources should be greater than zero in '{limit.limit}' limit")
        if limit.maxapplications == 0 and not limit.maxresources:
            self._add(path, f"invalid resource combination for limit {limit.limit} all resource limits are null")
        queue = placed.queue
        if queue.maxapplications != 0 and queue.maxapplications < limit.maxapplications:
            self._add(
                f"{path}.maxapplications",
                f"invalid MaxApplications settings for limit {limit.limit} exceed current the queue MaxApplications",
            )
        if queue.name != ROOT:
            bound = self._resource(queue.resources.max, f"{placed.path}.resources.max", report=False)
            if not _fits(bound, amounts):
                self._add(
                    f"{path}.maxresources",
                    f"invalid MaxResources settings for limit {limit.limit} exeecd current the queue MaxResources",
                )

    def _limit_names(self, names: Sequence[str], path: str, kind: str, legal: re.Pattern[str], known: set[str]) -> None:
        for index, name in enumerate(names):
            place = f"{path}[{index}]"
            if name != WILDCARD and not legal.fullmatch(name):
                self._add(place, f"invalid limit {kind} name '{name}' in limit definition")
            if name in known:
                again = ", already exists" if kind == "user" else ""
                self._add(place, f"duplicated {kind} name '{name}'{again}")
            known.add(name)
            if WILDCARD in known and name != WILDCARD:
                self._add(place, f"should not set no wildcard {kind} {name} after wildcard {kind} limit")

    # -- resources -----------------------------------------------------------------------------------------------------

    def _resource(self, pairs: Pairs | None, path: str, *, report: bool = True) -> Amounts:
        found: dict[str, int] = {}
        for name, text in pairs or ():
            try:
                found[name] = quantity.parse(text, name)
            except quantity.QuantityError as error:
                if report:
                    self._add(f"{path}.{name}", str(error))
        return found

    def _queue_resources(self, placed: Placed, above: Amounts | None) -> Amounts:
        queue = placed.queue
        guaranteed = self._resource(queue.resources.guaranteed, f"{placed.path}.resources.guaranteed")
        maximum = self._resource(queue.resources.max, f"{placed.path}.resources.max")
        if not _fits(maximum, guaranteed):
            self._add(
                f"{placed.path}.resources.guaranteed",
                f"guaranteed resource {_go_map(guaranteed)} is larger than maximum resource {_go_map(maximum)} for queue {queue.name}",
            )
        if above is not None and not _fits(above, maximum):
            self._add(
                f"{placed.path}.resources.max",
                f"max resource of parent {_go_map(above)} is smaller than maximum resource {_go_map(maximum)} for queue {queue.name}",
            )
        bound = _smallest(maximum, above or {})
        children: dict[str, int] = {}
        for child in placed.children:
            for name, value in self._queue_resources(child, bound).items():
                children[name] = min(children.get(name, 0) + value, quantity.MAX)
        if not _fits(guaranteed, children):
            self._add(
                f"{placed.path}.resources.guaranteed",
                f"guaranteed resource of parent {_go_map(guaranteed)} is smaller than sum of guaranteed resources "
                f"{_go_map(children)} of the children for queue {queue.name}",
            )
        if not _fits(bound, children):
            self._add(
                f"{placed.path}.resources.max",
                f"max resource {_go_map(bound)} is smaller than sum of guaranteed resources {_go_map(children)} "
                f"of the children for queue {queue.name}",
            )
        return guaranteed if any(guaranteed.values()) else children

    # -- placement -----------------------------------------------------------------------------------------------------

    def _placement_rules(self, rules: Sequence[PlacementRule], path: str, root: Placed) -> None:
        for index, rule in enumerate(rules):
            self._placement_rule(rule, f"{path}[{index}]")
        paths = []
        for index, rule in enumerate(rules):
            static = self._static_path(rule, f"{path}[{index}]")
            if static is not None and static[0].startswith(ROOT):
                paths.append((index, rule, *static))
        for index, rule, static_path, chain, dynamic in paths:
            fault = _misplaced(gotext.lower(static_path).split("."), rule.create, dynamic, root)
            if fault:
                self._add(
                    f"{path}[{index}]",
                    f"placement rule no. #{index} ({chain}) references {fault.format(path=static_path)}",
                )

    def _placement_rule(self, rule: PlacementRule, path: str) -> None:
        if not RULE_NAME.fullmatch(rule.name):
            self._add(f"{path}.name", f"invalid rule name {rule.name}, a name must be a valid identifier")
        if rule.parent is not None:
            self._placement_rule(rule.parent, f"{path}.parent")
        self._placement_filter(rule.filter, f"{path}.filter")

    def _placement_filter(self, rule_filter: Filter, path: str) -> None:
        if rule_filter.type and gotext.fold(rule_filter.type) not in ("allow", "deny"):
            self._add(
                f"{path}.type",
                f"invalid rule filter type {rule_filter.type}, filter type  must be either '', allow or deny",
            )
        for kind, names, legal in (("user", rule_filter.users, USER_NAME), ("group", rule_filter.groups, GROUP_NAME)):
            if len(names) != 1 or legal.fullmatch(names[0]):
                continue
            if not compiles(names[0]) or not _REGEXP_CHARACTER.search(names[0]):
                self._add(
                    f"{path}.{kind}s", f"invalid rule filter {kind} list is not a proper list or regexp: [{names[0]}]"
                )

    def _static_path(self, rule: PlacementRule, path: str) -> tuple[str, str, bool] | None:
        """Return the part of a rule's queue path that is fixed, the chain of rule names, and whether a dynamic part follows."""
        chain = []
        link: PlacementRule | None = rule
        while link is not None:
            chain.append(link)
            link = link.parent
        chain.reverse()
        static = ""
        for place in chain:
            if place.name != "fixed":
                return static or "<dynamic>", "->".join(each.name for each in chain), True
            if place.value.startswith(ROOT):
                if static:
                    self._add(path, f"illegal fully qualified 'fixed' rule with value {place.value}")
                    return None
                static = place.value
            else:
                static = f"{static or ROOT}.{place.value}"
        return static, "->".join(each.name for each in chain), False

    def _node_sort_policy(self, partition: Partition, path: str) -> None:
        policy = partition.nodesortpolicy
        if policy.type not in ("", "fair", "binpacking"):
            self._add(f"{path}.type", f"undefined policy: {policy.type}")
        for name, weight in policy.resourceweights:
            if weight < 0:
                self._add(f"{path}.resourceweights.{name}", f"negative resource weight for {name} is not allowed")

    # -- bounds against the queues above -------------------------------------------------------------------------------

    def _queue_max_applications(self, placed: Placed) -> None:
        bound = placed.queue.maxapplications
        for child in placed.children:
            own = child.queue.maxapplications
            if bound != 0 and bound < own:
                self._add(
                    f"{child.path}.maxapplications", "parent maxApplications must be larger than child maxApplications"
                )
            if bound != 0 and own == 0:
                self._add(
                    f"{child.path}.maxapplications",
                    "maxApplications is either undefined or zero, which is not allowed when parent queue's maxApplications is defined",
                )
            self._queue_max_applications(child)

    def _limit_resources(self, placed: Placed, users: Mapping[str, Amounts], groups: Mapping[str, Amounts]) -> None:
        below_users, below_groups = dict(users), dict(groups)
        for index, limit in enumerate(placed.limits):
            path = f"{placed.limits_path}[{index}].maxresources"
            own = self._resource(limit.maxresources, path, report=False)
            for kind, names, above, below in (
                ("user", limit.users, users, below_users),
                ("group", limit.groups, groups, below_groups),
            ):
                for name in names:
                    below[name] = own
                    if name in above:
                        below[name] = _smallest(own, above[name])
                        bound, whose = above[name], "immediate or ancestor parent maximum resource {}"
                    elif name != WILDCARD and WILDCARD in above:
                        bound, whose = (
                            above[WILDCARD],
                            "wildcard maximum resource {} of immediate or ancestor parent queue",
                        )
                    else:
                        continue
                    if not _fits(bound, own):
                        self._add(
                            path,
                            f"{kind} {name} max resource {_go_map(own)} of queue {placed.queue.name} is greater than "
                            + whose.format(_go_map(bound)),
                        )
        for child in placed.children:
            self._limit_resources(child, below_users, below_groups)

    def _limit_applications(self, placed: Placed, users: Mapping[str, int], groups: Mapping[str, int]) -> None:
        below_users, below_groups = dict(users), dict(groups)
        for index, limit in enumerate(placed.limits):
            path = f"{placed.limits_path}[{index}].maxapplications"
            own = limit.maxapplications
            for kind, names, above, below in (
                ("user", limit.users, users, below_users),
                ("group", limit.groups, groups, below_groups),
            ):
                for name in names:
                    below[name] = own
                    if name in above:
                        bound, whose = above[name], "immediate or ancestor parent max applications {}"
                    elif name != WILDCARD and WILDCARD in above:
                        bound, whose = (
                            above[WILDCARD],
                            "wildcard max applications {} of immediate or ancestor parent queue",
                        )
                    else:
                        continue
                    if bound != 0 and (bound < own or own == 0):
                        self._add(
                            path,
                            f"{kind} {name} max applications {own} of queue {placed.queue.name} is greater than {whose.format(bound)}",
                        )
        for child in placed.children:
            self._limit_applications(child, below_users, below_groups)


def _misplaced(path: Sequence[str], create: bool, dynamic: bool, root: Placed) -> str:
    """Return what is wrong with the fixed part of a rule's path, "" if nothing. A parent is a queue with the flag, not one with children."""
    above: Placed | None = None
    level: Sequence[Placed] = (root,)
    for depth, name in enumerate(path):
        if not level and above is not None:
            if not above.queue.parent:
                return (
                    "non-existing queues ({path}) which cannot be created because the last queue "
                    f"({above.queue.name.replace('{', '{{').replace('}', '}}')}) in the hierarchy is a leaf"
                )
            return "" if create else "non-existing queues ({path}) and create is 'false'"
        found = next((each for each in level if each.queue.name == name), None)
        if found is None:
            return "" if create else "non-existing queues ({path}) and create is 'false'"
        if depth == len(path) - 1:
            return "" if found.queue.parent == dynamic else "a queue ({path}) which is not a leaf"
        above, level = found, found.children
    return ""


def _fits(bound: Amounts, amounts: Amounts) -> bool:
    """Return whether nothing in ``amounts`` exceeds ``bound``; what the bound does not name is unbounded."""
    return all(name not in bound or value <= bound[name] for name, value in amounts.items())


def _smallest(left: Amounts, right: Amounts) -> Amounts:
    return {
        name: min(left.get(name, quantity.MAX), right.get(name, quantity.MAX)) for name in left.keys() | right.keys()
    }


def _go_map(amounts: Amounts) -> str:
    """Go's ``%v`` of a resource."""
    return f"map[{' '.join(f'{name}:{value}' for name, value in sorted(amounts.items()))}]"


def _go_limit(limit: Limit) -> str:
    """Go's ``%v`` of a limit."""
    resources = " ".join(f"{name}:{text}" for name, text in limit.maxresources)
    return f"{{{limit.limit} [{' '.join(limit.users)}] [{' '.join(limit.groups)}] map[{resources}] {limit.maxapplications}}}"
