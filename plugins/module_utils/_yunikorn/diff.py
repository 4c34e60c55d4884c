# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What differs between two queue configurations in meaning, one change for each thing that YuniKorn treats on its own.

Configurations are those that validate; of others the result is not specified, but nothing is raised.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import gotext, quantity
from .collector import paused
from .model import (
    ChildTemplate,
    Config,
    Filter,
    Limit,
    NodeSortPolicy,
    Pairs,
    Partition,
    PlacementRule,
    Preemption,
    Queue,
    Resources,
    UserGroupResolver,
)
from .render import plain, text
from .validate import DEFAULT_PARTITION, WILDCARD
from .validate import tree as placed_tree

if TYPE_CHECKING:
    from .impact import Effect

LEAF = "leaf"
PARENT = "parent"
PARENT_BY_QUEUES = "parent by its queues"
"""A queue without ``parent: true`` that has queues: a parent for the scheduler, a leaf for the check of placement rules."""

MOVES_NAMED = 5
"""How many queues a note of a move names."""

NO_RENAME = "YuniKorn has no rename: the old queue drains, nothing that runs is moved"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of change: ``summary`` names it, ``explanation`` says what YuniKorn does with such a change."""

    name: str
    summary: str
    explanation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change.

    ``id`` is ``KIND:PATH``, for a limit ``KIND:PATH:user NAME``, for a property ``KIND:PATH NAME``. ``path`` is the queue's full
    name, ``partition`` or ``placementrules``; with ``[NAME]`` in front in another partition than ``default``. ``key`` is the
    part of the id behind the path: the limit's ``user NAME`` or ``group NAME``, the property's name. ``before`` and ``after``
    are parts of the model, quantities as the author wrote them, None where there is nothing. ``note`` says what else belongs to it.
    """

    id: str
    kind: str
    path: str
    before: Any
    after: Any
    note: str = ""
    partition: str = DEFAULT_PARTITION
    key: str = ""

    @property
    def queue(self) -> str:
        """The full name of the queue that changes, without its partition."""
        return self.path if self.partition == DEFAULT_PARTITION else self.path[len(self.partition) + 2 :]


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="partition-add",
            summary="A partition is added",
            explanation=(
                "YuniKorn makes the partition and its queues. On Kubernetes only the partition default ever gets nodes and applications: "
                "any other one stays empty."
            ),
        ),
        Kind(
            name="partition-remove",
            summary="A partition is removed or renamed",
            explanation=(
                "The scheduler deadlocks while it loads such a configuration: nothing is scheduled, its REST paths hang, and a good "
                "configuration that follows does not help. Only a restart of the scheduler does. The admission webhook lets the "
                "configuration pass."
            ),
        ),
        Kind(
            name="rules",
            summary="The placement rules change",
            explanation=(
                "New applications are placed by the new rules. Those that run stay where they are. An application that no rule places is "
                "rejected: its pods fail, they do not wait."
            ),
        ),
        Kind(
            name="rules-order",
            summary="The placement rules stand in another order",
            explanation="The first rule that gives a queue wins, so new applications may be placed elsewhere. Those that run stay where they are.",
        ),
        Kind(
            name="preemption",
            summary="Preemption is switched on or off",
            explanation=(
                "With preemption, applications that wait in a queue below its guaranteed resources may stop pods of queues above theirs. "
                "Switched off, guaranteed resources only decide who is next. Applies at once."
            ),
        ),
        Kind(
            name="quota-preemption",
            summary="Quota preemption is switched on or off",
            explanation=(
                "With quota preemption, a queue whose max is lowered below what it uses loses pods after its quota.preemption.delay, also "
                "if nobody waits. A queue without that delay is spared. Applies at once."
            ),
        ),
        Kind(
            name="node-sort",
            summary="The order in which nodes are chosen changes",
            explanation="Decides where new pods go: spread over the nodes (fair) or packed (binpacking). Pods that run stay on their nodes.",
        ),
        Kind(
            name="resolver",
            summary="The source of users' groups changes",
            explanation="YuniKorn reads it once in the life of its process: without effect until the scheduler is restarted.",
        ),
        Kind(
            name="add",
            summary="A queue is added, with all queues below it",
            explanation=(
                "The queue is there at once. If a queue of that name still drains because it was removed before, it is revived: active "
                "again, with the same applications. Below a queue that drains nothing can be added before it is gone or revived. A "
                "dynamic queue of that name becomes a configured one."
            ),
        ),
        Kind(
            name="remove",
            summary="A queue is removed, with all queues below it",
            explanation=(
                "The queue drains: what runs in it keeps running and still gets pods, new applications are not placed there (the next "
                "placement rule is tried, then they are rejected). Once it is empty, it is gone within ten seconds. If the scheduler "
                "restarts before that, the applications that are left land in root.@recovery@, which has no limits. YuniKorn has no "
                "rename: a queue under a new name is a removed and an added one."
            ),
        ),
        Kind(
            name="spelling",
            summary="A queue's name is written in other case",
            explanation=(
                "YuniKorn writes all queue names in lower case, so the queue stays the same. Its limits are an exception: under a name "
                "with an upper-case letter they are never enforced. A root queue whose name is not written in lower case is refused."
            ),
        ),
        Kind(
            name="type",
            summary="A leaf becomes a parent, a parent becomes a leaf",
            explanation=(
                "Applications live in leaves. Those in a leaf that becomes a parent keep their pods and get nothing more until it is a "
                "leaf again. The queues below a parent that becomes a leaf drain, and their applications are not scheduled any more. "
                "Between a parent with the flag and one that only has queues there is no difference for what runs: the flag counts when "
                "placement rules are checked."
            ),
        ),
        Kind(
            name="guaranteed",
            summary="A queue's guaranteed resources change",
            explanation=(
                "Applies at once, to the order in which queues are served and to preemption: a queue below its guaranteed resources may "
                "stop pods of a queue above its own. Nothing is reserved and nothing stops by the change alone."
            ),
        ),
        Kind(
            name="max",
            summary="A queue's maximum changes",
            explanation=(
                "Applies at once. Raised or dropped, what waits may start. Lowered below what is used, nothing more starts until enough "
                "has ended; pods are only stopped where quota preemption is on and the queue has a quota.preemption.delay, and not where "
                "there was no maximum before. A maximum of nothing but zeros is no maximum."
            ),
        ),
        Kind(
            name="maxapplications",
            summary="The number of applications that may run in a queue changes",
            explanation="Applies at once: those that run stay, new ones wait. Of the root queue it is only read when the scheduler starts.",
        ),
        Kind(
            name="adminacl",
            summary="Who may administer a queue changes",
            explanation="An administrator may also submit, there and in all queues below. Only new applications are checked.",
        ),
        Kind(
            name="submitacl",
            summary="Who may submit to a queue changes",
            explanation=(
                "The right holds in all queues below, too. Only new applications are checked; one that is refused goes to the next "
                "placement rule, then it is rejected."
            ),
        ),
        Kind(
            name="property",
            summary="A queue's property changes",
            explanation=(
                "A new value applies at once, also in configured queues below that do not set their own. A removed property keeps its old "
                "value until the scheduler is restarted (YuniKorn 1.8 and 1.9). Names that YuniKorn does not know and values that it "
                "can't read are ignored."
            ),
        ),
        Kind(
            name="template",
            summary="A queue's child template changes",
            explanation=(
                "Used when a placement rule creates a queue below this one. Dynamic queues that exist already keep what they were created "
                "with."
            ),
        ),
        Kind(
            name="limit",
            summary="A limit of a user or a group changes",
            explanation=(
                "Applies at once. Lowered, what runs keeps running; new pods and new applications wait until enough has ended. Raised or "
                "removed, what waits may start. An application is counted for the group that it was first counted for."
            ),
        ),
        Kind(
            name="limit-order",
            summary="The limits of groups stand in another order",
            explanation=(
                "An application of a user in several groups is counted for the first one that has a limit, from its queue upwards. "
                "Applies to new applications."
            ),
        ),
    )
}
"""All kinds of change, in the order in which they are printed."""


# -- equal configurations ----------------------------------------------------------------------------------------------


@paused()
def canonical(config: Config) -> Config:
    """Return the one configuration that stands for all that mean the same.

    The root queue is written out and has the partition's limits, siblings, users and access lists are sorted, limits are split by
    user and group, defaults are left out, quantities are in their shortest form, comments on limits are gone.
    """
    shaped = shape(config)
    return replace(
        shaped,
        partitions=tuple(
            replace(each, queues=each.queues if each.queues is None else tuple(_exact_queue(q) for q in each.queues))
            for each in shaped.partitions
        ),
    )


def _exact_queue(queue: Queue) -> Queue:
    return replace(
        queue,
        resources=_exact_resources(queue.resources),
        childtemplate=replace(queue.childtemplate, resources=_exact_resources(queue.childtemplate.resources)),
        limits=tuple(replace(limit, maxresources=_exact(limit.maxresources)) for limit in queue.limits),
        queues=tuple(_exact_queue(child) for child in queue.queues),
    )


def _exact_resources(resources: Resources) -> Resources:
    return Resources(
        guaranteed=None if resources.guaranteed is None else _exact(resources.guaranteed),
        max=None if resources.max is None else _exact(resources.max),
    )


@lru_cache(maxsize=4096)
def _exact(pairs: Pairs) -> Pairs:
    return tuple((name, _exact_quantity(name, amount)) for name, amount in pairs)


def _exact_quantity(name: str, amount: str) -> str:
    try:
        return quantity.render(quantity.parse(amount, name), name)
    except quantity.QuantityError:
        return amount


def shape(config: Config) -> Config:
    """Return :func:`canonical` of ``config``, but for the quantities, which stay as written."""
    partitions = [_shape_partition(partition) for partition in config.partitions]
    return Config(partitions=tuple(sorted(partitions, key=lambda each: (each.name != DEFAULT_PARTITION, each.name))))


def _shape_partition(partition: Partition) -> Partition:
    limits = partition.limits
    queues = partition.queues
    if queues is not None:
        root = placed_tree(partition, "")
        own = root.queue.limits
        if not own or own == limits:
            limits = ()
        queues = (_shape_queue(replace(root.queue, limits=own or root.limits), is_root=True),)
    return Partition(
        name=DEFAULT_PARTITION if partition.name.lower() in ("", DEFAULT_PARTITION) else partition.name,
        queues=queues,
        placementrules=_shape_rules(partition.placementrules),
        limits=limits,
        preemption=Preemption(
            enabled=False if partition.preemption.enabled is False else None,
            quotapreemptionenabled=True if partition.preemption.quotapreemptionenabled else None,
        ),
        nodesortpolicy=_shape_sorting(partition.nodesortpolicy),
        usergroupresolver=partition.usergroupresolver,
    )


def _shape_sorting(policy: NodeSortPolicy) -> NodeSortPolicy:
    return NodeSortPolicy(
        type="" if policy.type == "fair" else policy.type,
        resourceweights=() if policy.resourceweights == (("memory", 1.0), ("vcore", 1.0)) else policy.resourceweights,
    )


def _shape_rules(rules: Sequence[PlacementRule]) -> tuple[PlacementRule, ...]:
    shaped = tuple(_shape_rule(rule) for rule in rules)
    # Without rules YuniKorn has this one.
    return () if shaped == (PlacementRule(name="provided"),) else shaped


def _shape_rule(rule: PlacementRule) -> PlacementRule:
    kind = rule.filter.type
    return replace(
        rule,
        # Anything but "deny" allows, also "Deny".
        filter=Filter(
            type="" if kind != "deny" and gotext.fold(kind) in ("allow", "deny") else kind,
            users=tuple(sorted(rule.filter.users)),
            groups=tuple(sorted(rule.filter.groups)),
        ),
        parent=None if rule.parent is None else _shape_rule(rule.parent),
    )


def _shape_queue(queue: Queue, *, is_root: bool = False) -> Queue:
    template = queue.childtemplate
    return Queue(
        name=queue.name,
        parent=queue.parent,
        # Upstream refuses a root with resources, also with an empty mapping of them.
        resources=queue.resources if is_root else _shape_resources(queue.resources),
        maxapplications=queue.maxapplications,
        properties=queue.properties,
        adminacl=_shape_acl(queue.adminacl),
        submitacl=_shape_acl(queue.submitacl),
        childtemplate=replace(template, resources=_shape_resources(template.resources)),
        queues=tuple(sorted(map(_shape_queue, queue.queues), key=lambda each: (each.name.lower(), each.name))),
        limits=_shape_limits(queue.limits),
    )


def _shape_resources(resources: Resources) -> Resources:
    return Resources(guaranteed=resources.guaranteed or None, max=resources.max or None)


@lru_cache(maxsize=4096)
def _shape_acl(acl: str) -> str:
    """Return the access list with sorted words, as written where YuniKorn would read something else then."""
    fields = acl.split(" ")
    if len(fields) > 2 or any(gotext.fields(field) not in ([], [field]) for field in fields):
        return acl
    if gotext.trim(acl) == WILDCARD or WILDCARD in fields:
        return WILDCARD
    # Between other names the wildcard is a name that nobody has.
    users, *groups = (
        ",".join(sorted({word for word in field.split(",") if word not in ("", WILDCARD)})) for field in fields
    )
    return f"{users} {groups[0]}" if groups and groups[0] else users


def _shape_limits(limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """Return a limit for each user, sorted, and for each group, in their order, which decides whose an application is."""
    users: list[Limit] = []
    groups: list[Limit] = []
    rest: list[Limit] = []
    for limit in limits:
        users += [replace(limit, limit="", users=(name,), groups=()) for name in limit.users]
        groups += [replace(limit, limit="", users=(), groups=(name,)) for name in limit.groups]
        if not limit.users and not limit.groups:
            rest.append(limit)
    # Upstream wants the wildcard to be the last one; where it is not, it stays where it is.
    if not any(WILDCARD in limit.users for limit in users[:-1]):
        users.sort(key=lambda limit: (limit.users == (WILDCARD,), limit.users))
    return (*users, *groups, *rest)


# -- the differences ---------------------------------------------------------------------------------------------------


@paused()
def diff(old: Config, new: Config) -> tuple[Change, ...]:
    """Return what is to be done to make ``new`` of ``old``: partitions first, then queues from the root, each before those below."""
    before = {partition.name: partition for partition in shape(old).partitions}
    after = {partition.name: partition for partition in shape(new).partitions}
    changes: list[Change] = []
    for name in sorted(before.keys() | after.keys(), key=lambda each: (each != DEFAULT_PARTITION, each)):
        found = _Comparison(name)
        if name in before and name in after:
            found.partitions(before[name], after[name])
        elif name in after:
            found.add("partition-add", "partition", None, after[name])
        else:
            found.add("partition-remove", "partition", before[name], None)
        changes += _moves(found.changes)
    return tuple(changes)


class _Comparison:
    """The changes of one partition."""

    def __init__(self, partition: str) -> None:
        self._partition = partition
        self.changes: list[Change] = []

    def add(self, kind: str, path: str, before: Any, after: Any, *, key: str = "", between: str = "") -> None:
        place = path if self._partition == DEFAULT_PARTITION else f"[{self._partition}]{path}"
        self.changes.append(
            Change(
                id=f"{kind}:{place}{between}{key}",
                kind=kind,
                path=place,
                before=before,
                after=after,
                partition=self._partition,
                key=key,
            )
        )

    def _differ(self, kind: str, path: str, before: Any, after: Any) -> None:
        if before != after:
            self.add(kind, path, before, after)

    def partitions(self, old: Partition, new: Partition) -> None:
        if Counter(old.placementrules) == Counter(new.placementrules):
            self._differ("rules-order", "placementrules", old.placementrules, new.placementrules)
        else:
            self.add("rules", "placementrules", old.placementrules, new.placementrules)
        self._differ(
            "preemption", "partition", old.preemption.enabled is not False, new.preemption.enabled is not False
        )
        self._differ(
            "quota-preemption",
            "partition",
            bool(old.preemption.quotapreemptionenabled),
            bool(new.preemption.quotapreemptionenabled),
        )
        self._differ("node-sort", "partition", old.nodesortpolicy, new.nodesortpolicy)
        self._differ("resolver", "partition", old.usergroupresolver.type, new.usergroupresolver.type)
        self._queues(old.queues or (), new.queues or (), "")

    def _queues(self, old: Sequence[Queue], new: Sequence[Queue], above: str) -> None:
        before = {gotext.lower(queue.name): queue for queue in old}
        after = {gotext.lower(queue.name): queue for queue in new}
        for name in sorted(before.keys() | after.keys()):
            left, right = before.get(name), after.get(name)
            if left is None or right is None:
                shown = (right or left or Queue()).name
                self.add("add" if left is None else "remove", f"{above}{shown}", left, right)
            elif left is not right:
                self._queue(left, right, f"{above}{right.name}")

    def _queue(self, old: Queue, new: Queue, path: str) -> None:
        self._differ("spelling", path, old.name, new.name)
        self._differ("type", path, queue_type(old), queue_type(new))
        for kind, left, right in (
            ("guaranteed", old.resources.guaranteed, new.resources.guaranteed),
            ("max", old.resources.max, new.resources.max),
        ):
            if not _same(left, right):
                self.add(kind, path, left, right)
        self._differ("maxapplications", path, old.maxapplications, new.maxapplications)
        self._differ("adminacl", path, old.adminacl, new.adminacl)
        self._differ("submitacl", path, old.submitacl, new.submitacl)
        if old.properties != new.properties:
            before, after = dict(old.properties), dict(new.properties)
            for name in sorted(before.keys() | after.keys()):
                if before.get(name) != after.get(name):
                    self.add("property", path, before.get(name), after.get(name), key=name, between=" ")
        if old.childtemplate != new.childtemplate and not _same_template(old.childtemplate, new.childtemplate):
            self.add("template", path, old.childtemplate, new.childtemplate)
        if old.limits != new.limits:
            self._limits(old.limits, new.limits, path)
        if old.queues != new.queues:
            self._queues(old.queues, new.queues, f"{path}.")

    def _limits(self, old: Sequence[Limit], new: Sequence[Limit], path: str) -> None:
        before = {principal(limit): limit for limit in old}
        after = {principal(limit): limit for limit in new}
        for name in [*after, *(name for name in before if name not in after)]:
            left, right = before.get(name), after.get(name)
            if left is None or right is None or not _same_limit(left, right):
                self.add("limit", path, left, right, key=name, between=":")
        kept = _in_order(_groups(before.values()), [name for limit in after.values() for name in limit.groups])
        self._differ_order(path, kept, _groups(after.values()), _groups(before.values()))

    def _differ_order(self, path: str, kept: tuple[str, ...], after: tuple[str, ...], before: tuple[str, ...]) -> None:
        if kept != after:
            self.add("limit-order", path, before, after)


def principal(limit: Limit) -> str:
    """Return whom a limit of one user or one group is for: ``user NAME`` or ``group NAME``."""
    return f"user {limit.users[0]}" if limit.users else f"group {limit.groups[0]}" if limit.groups else "nobody"


def _groups(limits: Iterable[Limit]) -> tuple[str, ...]:
    return tuple(name for limit in limits for name in limit.groups)


def _in_order(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Return ``new`` in the order of ``old``; what is new comes after it, before the wildcard."""
    kept = [name for name in old if name in new] + [name for name in new if name not in old]
    return tuple(sorted(kept, key=lambda name: name == WILDCARD))


def queue_type(queue: Queue) -> str:
    return PARENT if queue.parent else PARENT_BY_QUEUES if queue.queues else LEAF


def _same(left: Pairs | None, right: Pairs | None) -> bool:
    return left == right or (left is not None and right is not None and _exact(left) == _exact(right))


def _same_limit(left: Limit, right: Limit) -> bool:
    return left.maxapplications == right.maxapplications and _same(left.maxresources, right.maxresources)


def _same_template(left: ChildTemplate, right: ChildTemplate) -> bool:
    return (
        left.maxapplications == right.maxapplications
        and left.properties == right.properties
        and _exact_resources(left.resources) == _exact_resources(right.resources)
    )


# -- moves -------------------------------------------------------------------------------------------------------------


def _moves(changes: Sequence[Change]) -> Iterator[Change]:
    """Yield ``changes``, those with a note that remove and add equal queues."""
    removed = [change for change in changes if change.kind == "remove"]
    added = [change for change in changes if change.kind == "add"]
    moves: dict[str, list[str]] = {}
    if removed and added:
        tops = {(change.kind, change.queue): change.id for change in (*removed, *added)}
        for old, new in _pairs(removed, added):
            for kind, name, words in (("remove", old, f"{old} becomes {new}"), ("add", new, f"{new} was {old}")):
                top = next((tops[kind, above] for above in upwards(name) if (kind, above) in tops), "")
                moves.setdefault(top, []).append(words)
    for change in changes:
        found = moves.get(change.id, [])
        if found:
            more = f" and {len(found) - MOVES_NAMED} more" if len(found) > MOVES_NAMED else ""
            yield replace(change, note=f"a move: {', '.join(found[:MOVES_NAMED])}{more}; {NO_RENAME}")
        else:
            yield change


def _pairs(removed: Sequence[Change], added: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Yield the full names of removed and added queues that are equal but for the name; below the topmost only under the same name."""
    tops: dict[Queue, list[str]] = {}
    named: dict[tuple[Queue, str], list[str]] = {}
    for change in reversed(added):
        for name, queue in walk(change.after, change.queue):
            key = _nameless(queue)
            named.setdefault((key, queue.name), []).append(name)
            if queue is change.after:
                tops.setdefault(key, []).append(name)
    taken: set[str] = set()

    def take(places: list[str]) -> str | None:
        while places:
            place = places.pop()
            if not any(above in taken for above in upwards(place)):
                taken.add(place)
                return place
        return None

    level = [(change.queue, change.before) for change in removed]
    candidates = tops
    while level:
        left = []
        for name, queue in level:
            key = _nameless(queue)
            place = take(named.get((key, queue.name), [])) or take(candidates.get(key, []))
            if place is None:
                left += [(f"{name}.{child.name}", child) for child in queue.queues]
            else:
                yield name, place
        level, candidates = left, {}


def upwards(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _nameless(queue: Queue) -> Queue:
    return _exact_queue(replace(queue, name=""))


def walk(queue: Queue, name: str) -> Iterator[tuple[str, Queue]]:
    yield name, queue
    for child in queue.queues:
        yield from walk(child, f"{name}.{child.name}")


# -- making the changes ------------------------------------------------------------------------------------------------


@paused()
def apply(changes: Iterable[Change], old: Config) -> Config:
    """Return ``old`` with ``changes`` made, in canonical form: ``apply(diff(a, b), a) == canonical(b)``."""
    partitions = {partition.name: partition for partition in shape(old).partitions}
    below: dict[str, list[Change]] = {}
    for change in changes:
        if change.kind == "partition-add":
            partitions[change.partition] = change.after
        elif change.kind == "partition-remove":
            del partitions[change.partition]
        elif change.kind in _PARTITION:
            partitions[change.partition] = _PARTITION[change.kind](partitions[change.partition], change.after)
        else:
            below.setdefault(change.partition, []).append(change)
    for name, own in below.items():
        partition = partitions[name]
        by_queue: dict[str, list[Change]] = {}
        for change in own:
            place = gotext.lower(change.queue)
            # What is added stands under the full name of the queue above it, a dot and a plus, which no name has.
            by_queue.setdefault(f"{place[: place.rfind('.') + 1]}+" if change.kind == "add" else place, []).append(
                change
            )
        partitions[name] = replace(partition, queues=tuple(_applied(partition.queues or (), by_queue, "")))
    return canonical(Config(partitions=tuple(partitions.values())))


def _applied(queues: Sequence[Queue], changes: Mapping[str, Sequence[Change]], above: str) -> Iterator[Queue]:
    """Yield the queues below ``above`` (a full name and a dot, in lower case) with all changes made."""
    for queue in queues:
        name = f"{above}{gotext.lower(queue.name)}"
        own = changes.get(name, ())
        if any(change.kind == "remove" for change in own):
            continue
        children = tuple(_applied(queue.queues, changes, f"{name}."))
        for change in own:
            if change.kind in _QUEUE:
                queue = _QUEUE[change.kind](queue, change)
        yield replace(queue, queues=children)
    for change in changes.get(f"{above}+", ()):
        yield change.after


def _set_limit(queue: Queue, change: Change) -> Queue:
    limits = {principal(limit): limit for limit in queue.limits}
    if change.after is None:
        del limits[change.key]
    else:
        limits[change.key] = change.after
    # Who is new comes before the wildcard.
    last = {f"user {WILDCARD}", f"group {WILDCARD}"}
    return replace(queue, limits=tuple(sorted(limits.values(), key=lambda limit: principal(limit) in last)))


def _order_limits(queue: Queue, change: Change) -> Queue:
    rank = {name: index for index, name in enumerate(change.after)}
    return replace(
        queue, limits=tuple(sorted(queue.limits, key=lambda limit: rank[limit.groups[0]] if limit.groups else -1))
    )


def _set_property(queue: Queue, change: Change) -> Queue:
    properties = dict(queue.properties)
    if change.after is None:
        del properties[change.key]
    else:
        properties[change.key] = change.after
    return replace(queue, properties=tuple(sorted(properties.items())))


_PARTITION: Mapping[str, Callable[[Partition, Any], Partition]] = {
    "rules": lambda partition, after: replace(partition, placementrules=after),
    "rules-order": lambda partition, after: replace(partition, placementrules=after),
    "preemption": lambda partition, after: replace(partition, preemption=replace(partition.preemption, enabled=after)),
    "quota-preemption": lambda partition, after: replace(
        partition, preemption=replace(partition.preemption, quotapreemptionenabled=after)
    ),
    "node-sort": lambda partition, after: replace(partition, nodesortpolicy=after),
    "resolver": lambda partition, after: replace(partition, usergroupresolver=UserGroupResolver(type=after)),
}
_QUEUE: Mapping[str, Callable[[Queue, Change], Queue]] = {
    "spelling": lambda queue, change: replace(queue, name=change.after),
    "type": lambda queue, change: replace(queue, parent=change.after == PARENT),
    "guaranteed": lambda queue, change: replace(queue, resources=replace(queue.resources, guaranteed=change.after)),
    "max": lambda queue, change: replace(queue, resources=replace(queue.resources, max=change.after)),
    "maxapplications": lambda queue, change: replace(queue, maxapplications=change.after),
    "adminacl": lambda queue, change: replace(queue, adminacl=change.after),
    "submitacl": lambda queue, change: replace(queue, submitacl=change.after),
    "property": _set_property,
    "template": lambda queue, change: replace(queue, childtemplate=change.after),
    "limit": _set_limit,
    "limit-order": _order_limits,
}


# -- showing them ------------------------------------------------------------------------------------------------------


def structured(change: Change) -> dict[str, Any]:
    """Return a change as what JSON can hold: ``id``, ``kind``, ``path``, ``before``, ``after``, ``note``."""
    return {
        "id": change.id,
        "kind": change.kind,
        "path": change.path,
        "before": _data(change, change.before),
        "after": _data(change, change.after),
        "note": change.note,
    }


def _data(change: Change, value: Any) -> Any:
    return dict(value) if change.kind in ("guaranteed", "max") and value is not None else plain(value)


def before_after(changes: Iterable[Change]) -> dict[str, str]:
    """Return Ansible's ``diff``: the texts ``before`` and ``after``, YAML of what changes by path and kind."""
    sides: dict[str, str] = {}
    for side in ("before", "after"):
        found: dict[str, dict[str, Any]] = {}
        for change in changes:
            value = _data(change, getattr(change, side))
            if value is not None:
                kind = "queue" if change.kind in ("add", "remove") else change.kind
                found.setdefault(change.path, {})[f"{kind} {change.key}".rstrip()] = value
        sides[side] = text(found) if found else ""
    return sides


def tree(changes: Sequence[Change], effects: Sequence[Effect] = ()) -> str:
    """Return the changes as a text for people, each with its id, what differs, and its effect if there is one for it."""
    if not changes:
        return "No changes.\n"
    by_change = {effect.change: effect for effect in effects}
    lines = []
    for change in changes:
        lines.append(f"{_sign(change)} {_shown(change.id)}")
        lines += [f"    {line}" for line in _details(change)]
        if change.note:
            lines.append(f"    {_shown(change.note)}")
        if change.id in by_change:
            lines.append(f"    {by_change[change.id].level}: {_shown(by_change[change.id].text)}")
    signs = Counter(map(_sign, changes))
    lines.append(f"{signs['+']} to add, {signs['~']} to change, {signs['-']} to remove.")
    return "".join(f"{line}\n" for line in lines)


def _sign(change: Change) -> str:
    if change.kind == "add" or change.kind == "partition-add":
        return "+"
    if change.kind == "remove" or change.kind == "partition-remove":
        return "-"
    return "~"


def _details(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if change.kind in ("add", "remove"):
        for name, queue in walk(after or before, change.path):
            yield f"{_shown(name)}: {_settings(queue)}"
    elif change.kind in ("partition-add", "partition-remove"):
        for queue in (after or before).queues or ():
            for name, each in walk(queue, queue.name):
                yield f"{_shown(name)}: {_settings(each)}"
    elif change.kind in ("guaranteed", "max"):
        yield from _entries(dict(before or ()), dict(after or ()), same=_same_quantity)
    elif change.kind in ("rules", "rules-order"):
        yield from _lists([_rule(rule) for rule in before], [_rule(rule) for rule in after])
    elif change.kind in ("limit", "template", "node-sort"):
        yield from _entries(_flat(before), _flat(after), same=_same_quantity)
    elif change.kind == "limit-order":
        yield f"{', '.join(before)} -> {', '.join(after)}"
    else:
        yield f"{_word(before)} -> {_word(after)}"


def _entries(
    before: Mapping[str, Any], after: Mapping[str, Any], same: Callable[[str, Any, Any], bool]
) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+ {_shown(name)}: {_word(after[name])}"
        elif name not in after:
            yield f"- {_shown(name)}: {_word(before[name])}"
        elif not same(name, before[name], after[name]):
            yield f"{_shown(name)}: {_word(before[name])} -> {_word(after[name])}"


def _same_quantity(name: str, left: Any, right: Any) -> bool:
    if not isinstance(left, str) or not isinstance(right, str):
        return bool(left == right)
    resource = name.rpartition(" ")[2]
    return _exact_quantity(resource, left) == _exact_quantity(resource, right)


def _flat(value: Any) -> dict[str, Any]:
    """Return the settings of a limit, a template or a node sort policy, mappings by their entries."""
    found = {} if value is None else plain(value)
    found = {**found, **found.pop("resources", {})}
    for name in ("users", "groups"):
        found.pop(name, None)
    flat = {}
    for name, item in found.items():
        if isinstance(item, dict):
            flat.update({f"{name} {key}": each for key, each in item.items()})
        else:
            flat[name] = item
    return flat


def _lists(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for sign, items in (("-", before), ("+", after)):
        for number, item in enumerate(items, start=1):
            yield f"{sign} {number}. {item}"


def _rule(rule: PlacementRule) -> str:
    words = [rule.name, *([_shown(rule.value)] if rule.value else []), *(["create"] if rule.create else [])]
    names = [
        f"{kind} {_shown(', '.join(names))}"
        for kind, names in (("users", rule.filter.users), ("groups", rule.filter.groups))
        if names
    ]
    if names or rule.filter.type:
        words.append(f"({'deny' if rule.filter.type == 'deny' else 'allow'} {', '.join(names) or 'nobody named'})")
    if rule.parent is not None:
        words.append(f"below {_rule(rule.parent)}")
    return " ".join(words)


def _settings(queue: Queue) -> str:
    """Return a queue's settings in one line."""
    words = [queue_type(queue)]
    for name, amounts in (("guaranteed", queue.resources.guaranteed), ("max", queue.resources.max)):
        if amounts:
            words.append(f"{name} {', '.join(f'{_shown(key)}: {_shown(amount)}' for key, amount in amounts)}")
    if queue.maxapplications:
        words.append(f"{queue.maxapplications} applications")
    words += [
        f"{name} {_shown(value)}"
        for name, value in (("adminacl", queue.adminacl), ("submitacl", queue.submitacl))
        if value
    ]
    words += [f"{_shown(name)}={_shown(value)}" for name, value in queue.properties]
    if queue.limits:
        words.append(f"limits of {', '.join(principal(limit) for limit in queue.limits)}")
    if queue.childtemplate != ChildTemplate():
        words.append("a child template")
    return "; ".join(words)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "nothing" if value in (None, "", 0) else _shown(str(value))


def _shown(text: str) -> str:
    """Return ``text`` so that it stays in its line."""
    return text if text.isprintable() else json.dumps(text)
