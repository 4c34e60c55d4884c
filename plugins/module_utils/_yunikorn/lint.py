# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Finds in a config what YuniKorn's validator accepts and an admin did not mean: traps first, then mistakes."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import acl, placement, quantity
from .lints import ERROR, LEVELS, LINTS, NOTE, WARNING, Lint
from .model import ChildTemplate, Filter, Limit, Pairs, Partition, PlacementRule, Resources
from .parse import Document
from .properties import PROPERTIES, QUOTA_DELAY, QUOTA_DELAY_BEFORE_1_9, SORT_POLICY
from .quantity import VCORE
from .strconv import parse_duration
from .validate import DEFAULT_PARTITION, GROUP_NAME, QUEUE_NAME, ROOT, USER_NAME, WILDCARD, Placed, tree

__all__ = ["ERROR", "LEVELS", "LINTS", "NOTE", "WARNING", "AcceptError", "Finding", "Lint", "accepted", "lint"]

_CORES = frozenset(("vcore", "vcores", "cpu", "cpus", "vcpu", "vcpus", "core", "cores", "requests.cpu", "limits.cpu"))
_GPUS = frozenset(("gpu", "gpus", "nvidia-gpu"))
_NATIVE = (VCORE, "memory", "ephemeral-storage", "pods")
_NATIVE_PREFIXES = ("hugepages-", "attachable-volumes-")
_REGEXP = frozenset("^$*+?()[{}|")
_QUOTA_DELAYS = (QUOTA_DELAY, QUOTA_DELAY_BEFORE_1_9)
MAX_SHOWN = 64

Amounts = Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a lint found. ``path`` is a queue's full name as written, or a part of the partition such as ``placementrules[0]``.

    In another partition than ``default`` it has ``[NAME]`` in front. ``line`` counts from 1, None where no line is to blame.
    """

    name: str
    level: str
    path: str
    line: int | None
    message: str
    trap: bool


class AcceptError(ValueError):
    """What stands in ``accept`` can't be accepted; the message says which entry and why."""


def accepted(findings: Iterable[Finding], accept: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings that are left when ``accept`` is taken away: entries are ``name`` or ``name@path``, traps stay.

    Raise :class:`AcceptError` for an entry that names no lint or a trap.
    """
    for entry in accept:
        name = entry.partition("@")[0]
        if name not in LINTS:
            raise AcceptError(f"accept: there is no lint '{shown(name)}'{meant(name, tuple(LINTS))}")
        if LINTS[name].trap:
            raise AcceptError(f"accept: '{name}' breaks a running scheduler and can't be accepted")
    taken = frozenset(accept)
    return tuple(each for each in findings if each.trap or taken.isdisjoint((each.name, f"{each.name}@{each.path}")))


def lint(
    document: Document, *, offered: Amounts | None = None, version: tuple[int, int] | None = None
) -> tuple[Finding, ...]:
    """Return what is found in a ``document`` that YuniKorn's validator accepts, in the order of its lines.

    ``offered`` is the cluster's capacity by YuniKorn's names and in its units (vcore in thousandths), ``version`` the running
    scheduler's ``(major, minor)``. What needs one of them is left out where it is None.
    """
    return _Linting(document, offered, version).run()


def finding(name: str, path: str, line: int | None, message: str) -> Finding:
    """Return a finding of the lint ``name``."""
    return Finding(name=name, level=LINTS[name].level, path=path, line=line, message=message, trap=LINTS[name].trap)


@lru_cache(maxsize=1024)
def meant(name: str, known: tuple[str, ...]) -> str:
    """Return what ``name`` was perhaps meant to be, as the end of a message."""
    near = difflib.get_close_matches(name, known, n=1) if len(name) <= MAX_SHOWN else []
    return f", did you mean '{near[0]}'?" if near else ""


def shown(text: str) -> str:
    """Return a text of the author's for a message, cut where it is long."""
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def _listed(names: Sequence[str]) -> str:
    """Return names for a message: five at most."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"'{shown(name)}'" for name in names[:5]) + more


def _is_leaf(placed: Placed) -> bool:
    """Whether the queue runs applications: it has no queues below and is not meant to get some."""
    return not placed.queue.parent and not placed.children


class _Linting:
    def __init__(self, document: Document, offered: Amounts | None, version: tuple[int, int] | None) -> None:
        self._document = document
        self._offered = offered
        self._version = version
        self._found: list[Finding] = []
        self._prefix = ""
        self._values: dict[tuple[str, str], int | None] = {}
        # Lint and resource to the first place, and to how many there are.
        self._resources: dict[tuple[str, str], tuple[str, str]] = {}
        self._places: Counter[tuple[str, str]] = Counter()

    def run(self) -> tuple[Finding, ...]:
        partitions = self._document.config.partitions
        names = [partition.name.lower() or DEFAULT_PARTITION for partition in partitions]
        if DEFAULT_PARTITION not in names:
            self._add("no-default-partition", "partitions", "partitions", "there is no partition 'default'")
        for index, (name, partition) in enumerate(zip(names, partitions, strict=True)):
            path = f"partitions[{index}]"
            self._prefix = "" if name == DEFAULT_PARTITION else f"[{partition.name}]"
            if self._prefix and DEFAULT_PARTITION in names:
                self._add(
                    "other-partition", "partition", path, f"the partition '{shown(partition.name)}' is never used"
                )
            self._partition(partition, path)
        return tuple(sorted(self._found, key=lambda found: (found.line or 0, found.path)))

    def _add(self, name: str, place: str, path: str, message: str) -> None:
        self._found.append(finding(name, f"{self._prefix}{place}", self._document.line(path), message))

    def _partition(self, partition: Partition, path: str) -> None:
        root = tree(partition, path)
        self._names(root)
        self._access(root)
        for placed in root.walk():
            self._properties(placed)
            self._bounds(placed)
        self._inherited(root, {})
        self._quota_preemption(partition, path, root)
        self._limits(root, {}, 0)
        for name, _weight in partition.nodesortpolicy.resourceweights:
            self._resource(name, "nodesortpolicy", f"{path}.nodesortpolicy.resourceweights.{name}")
        self._report_resources()
        if self._offered is not None:
            self._guaranteed(root, self._offered)
        if root.queue.maxapplications:
            self._add(
                "root-maxapplications",
                root.name,
                f"{root.path}.maxapplications",
                "a reload ignores a change of root's maxapplications",
            )
        self._resolver(partition, path)
        self._placement(partition, path, root)

    # -- names ---------------------------------------------------------------------------------------------------------

    def _names(self, root: Placed) -> None:
        if root.name != ROOT:
            self._add("root-name-case", root.name, f"{root.path}.name", f"the root queue is named '{root.name}'")
        for placed in root.walk():
            if placed is not root and placed.queue.name.lower() == ROOT:
                self._add(
                    "queue-named-root",
                    placed.name,
                    f"{placed.path}.name",
                    "its resources are never applied: it is named root and is not the root queue",
                )
            if placed.name.lower() == placement.RECOVERY_QUEUE:
                self._add(
                    "recovery-queue", placed.name, f"{placed.path}.name", "nobody can submit here: it is YuniKorn's own"
                )
            if placed.limits and placement.is_upper(placed.name):
                self._add(
                    "limits-upper-case",
                    placed.name,
                    placed.limits_path,
                    f"its limits are never enforced: the scheduler looks for '{placed.name.lower()}'",
                )

    # -- access --------------------------------------------------------------------------------------------------------

    def _access(self, root: Placed) -> None:
        open_to_some: dict[str, bool] = {}

        def visit(placed: Placed, above: bool, everyone: str) -> None:
            admin = self._acl(placed.queue.adminacl, placed, "adminacl")
            submit = self._acl(placed.queue.submitacl, placed, "submitacl")
            if everyone and not submit.everyone and (submit.users or submit.groups):
                self._add(
                    "acl-without-effect",
                    placed.name,
                    f"{placed.path}.submitacl",
                    f"submitacl '{shown(placed.queue.submitacl)}' keeps nobody out: '{shown(everyone)}' lets everyone in",
                )
            here = above or admin.anyone or submit.anyone
            open_to_some[placed.path] = here
            if not everyone and (admin.everyone or submit.everyone):
                everyone = placed.name
            for child in placed.children:
                visit(child, here, everyone)

        visit(root, False, "")
        if any(access.broken for placed in root.walk() for access in _lists(placed)):
            return
        for placed in _barren(root, lambda placed: open_to_some[placed.path]):
            self._add("nobody-may-submit", placed.name, placed.path, "no access list lets anybody submit here")

    def _acl(self, text: str, placed: Placed, field: str) -> acl.Access:
        access = acl.parse(text)
        path = f"{placed.path}.{field}"
        if access.broken:
            self._add(
                "acl-blanks",
                placed.name,
                path,
                f"{field} '{shown(text)}' has more than the one blank before the groups",
            )
        elif ", " in text or " ," in text:
            self._add(
                "acl-comma-blank",
                placed.name,
                path,
                f"{field} '{shown(text)}' lets in {_who('user', access.users)} and {_who('group', access.groups)}",
            )
        if access.dropped:
            self._add("acl-name-dropped", placed.name, path, f"{field} leaves out {_listed(access.dropped)}")
        return access

    # -- properties ----------------------------------------------------------------------------------------------------

    def _properties(self, placed: Placed) -> None:
        queue = placed.queue
        self._property_values(queue.properties, placed, f"{placed.path}.properties", "")
        # YuniKorn leaves an empty value out of a template.
        template = tuple(pair for pair in queue.childtemplate.properties if all(pair))
        self._property_values(template, placed, f"{placed.path}.childtemplate.properties", "the child template's ")

    def _property_values(self, pairs: Pairs, placed: Placed, path: str, whose: str) -> None:
        for name, text in pairs:
            place = f"{path}.{name}"
            known = PROPERTIES.get(name)
            if known is None:
                hint = meant(name, tuple(PROPERTIES))
                self._add("unknown-property", placed.name, place, f"{whose}property '{shown(name)}' is unknown{hint}")
            elif not known.legal(text):
                self._add(
                    "property-value",
                    placed.name,
                    place,
                    f"{whose}{name} is '{shown(text)}', which YuniKorn does not take: it wants {known.wanted}",
                )
            elif name == SORT_POLICY and text == "stateaware":
                self._add(
                    "stateaware-policy", placed.name, place, f"{whose}{name} is 'stateaware', which is fifo today"
                )
        self._property_version(dict(pairs), placed, path, whose)

    def _property_version(self, pairs: Mapping[str, str], placed: Placed, path: str, whose: str) -> None:
        old = self._version is not None and self._version < (1, 9)
        read, ignored = reversed(_QUOTA_DELAYS) if old else _QUOTA_DELAYS
        if ignored in pairs and read not in pairs:
            versions = "1.9 and later" if old else "1.8"
            self._add(
                "property-version",
                placed.name,
                f"{path}.{ignored}",
                f"{whose}property '{ignored}' is only read by YuniKorn {versions}: this one reads '{read}'",
            )

    def _inherited(self, placed: Placed, above: Mapping[str, list[bool]]) -> None:
        """Look for properties that only leaves use, on queues from which no leaf inherits them."""
        own = {
            name: [False] for name, _text in placed.queue.properties if (known := PROPERTIES.get(name)) and known.leaf
        }
        used = {**above, **own} if own else above
        if _is_leaf(placed):
            for mark in used.values():
                mark[0] = True
        for child in placed.children:
            self._inherited(child, used)
        for name, mark in own.items():
            if not mark[0]:
                self._add(
                    "property-without-effect",
                    placed.name,
                    f"{placed.path}.properties.{name}",
                    f"{name} has no effect: only queues without queues below use it, and none inherits this one",
                )

    def _quota_preemption(self, partition: Partition, path: str, root: Placed) -> None:
        enabled = partition.preemption.quotapreemptionenabled
        delayed = [(placed, name) for placed in root.walk() for name in _QUOTA_DELAYS if _switches_on(placed, name)]
        if enabled and not delayed:
            self._add(
                "quota-preemption-off",
                "preemption",
                f"{path}.preemption.quotapreemptionenabled",
                f"quotapreemptionenabled is on and no queue has a {QUOTA_DELAY}: nothing is ever preempted",
            )
        for placed, name in delayed if not enabled else ():
            self._add(
                "quota-preemption-off",
                placed.name,
                f"{placed.path}.properties.{name}",
                f"{name} does nothing: the partition's preemption.quotapreemptionenabled is not on",
            )

    # -- resources -----------------------------------------------------------------------------------------------------

    def _value(self, name: str, text: str) -> int | None:
        if (name, text) not in self._values:
            try:
                self._values[name, text] = quantity.parse(text, name)
            except quantity.QuantityError:
                self._values[name, text] = None
        return self._values[name, text]

    def _amounts(self, pairs: Pairs | None) -> dict[str, int]:
        return {name: value for name, text in pairs or () if (value := self._value(name, text)) is not None}

    def _bounds(self, placed: Placed) -> None:
        """Look at a queue's own resources and at its child template's."""
        self._amounts_of(placed, placed.queue.resources, f"{placed.path}.resources", "")
        template = placed.queue.childtemplate
        if _is_leaf(placed) or template == _NO_TEMPLATE:
            return
        path, whose = f"{placed.path}.childtemplate.resources", "the child template's "
        self._amounts_of(placed, template.resources, path, whose)
        kinds = (("guaranteed", template.resources.guaranteed or ()), ("max", template.resources.max or ()))
        given = [
            pair for pairs in (template.properties, *(pairs for _kind, pairs in kinds)) for pair in pairs if all(pair)
        ]
        # The scheduler does not look into a template without any value.
        if not template.maxapplications and not given:
            return
        for kind, pairs in kinds:
            for name, text in pairs:
                if self._value(name, text) is None:
                    message = f"{whose}{kind} of {shown(name)} is '{shown(text)}', which is no quantity"
                    self._add("template-quantity", placed.name, f"{path}.{kind}.{name}", message)

    def _amounts_of(self, placed: Placed, resources: Resources, path: str, whose: str) -> None:
        for kind, pairs in (("guaranteed", resources.guaranteed), ("max", resources.max)):
            for name, text in pairs or ():
                if self._value(name, text):
                    self._resource(name, placed.name, f"{path}.{kind}.{name}")
        if resources.max and all(self._value(name, text) == 0 for name, text in resources.max):
            self._add("zero-max", placed.name, f"{path}.max", f"{whose}max is all zero, which bounds nothing")

    def _resource(self, name: str, place: str, path: str) -> None:
        """Note a resource that nothing will ever use."""
        if self._offered is not None and self._offered.get(name):
            return
        if name.lower() in _CORES and name != VCORE:
            found = "cpu-for-vcore"
        elif "/" not in name and name not in _NATIVE and not name.startswith(_NATIVE_PREFIXES):
            found = "unknown-resource"
        elif self._offered is not None:
            found = "resource-not-offered"
        else:
            return
        self._resources.setdefault((found, name), (place, path))
        self._places[found, name] += 1

    def _report_resources(self) -> None:
        """Report each resource once: a name that is wrong in one place mostly is in hundreds."""
        known = tuple(dict.fromkeys((*(self._offered or ()), *_NATIVE)))
        for (found, name), (place, path) in self._resources.items():
            if found == "cpu-for-vcore":
                message = f"'{name}' bounds and guarantees nothing: YuniKorn counts cores as '{VCORE}'"
            elif found == "unknown-resource":
                hint = ", did you mean 'nvidia.com/gpu'?" if name.lower() in _GPUS else meant(name, known)
                message = f"'{shown(name)}' is no resource that a pod can ask for{hint}"
            else:
                message = f"no node offers '{shown(name)}'{meant(name, known)}"
            places = self._places[found, name]
            self._add(found, place, path, f"{message} (in {places} places)" if places > 1 else message)
        self._resources.clear()
        self._places.clear()

    def _guaranteed(self, placed: Placed, offered: Amounts) -> tuple[Amounts, frozenset[str]]:
        """Report guarantees that the cluster can't keep, at the lowest queue.

        Return what the queue and those below guarantee together, and the resources that were reported.
        """
        below: Counter[str] = Counter()
        reported: frozenset[str] = frozenset()
        for child in placed.children:
            amounts, names = self._guaranteed(child, offered)
            below.update(amounts)
            reported |= names
        own = self._amounts(placed.queue.resources.guaranteed)
        amounts = own if any(own.values()) else below
        above = sorted(name for name in amounts.keys() - reported if amounts[name] > offered.get(name, 0) > 0)
        for name in above:
            self._add(
                "guaranteed-above-capacity",
                placed.name,
                f"{placed.path}.resources.guaranteed.{name}",
                f"{quantity.render(amounts[name], name)} of {name} is guaranteed "
                f"{'to it' if amounts is own else 'to the queues below'}, "
                f"the cluster has {quantity.render(offered[name], name)}",
            )
        return amounts, reported.union(above)

    # -- limits --------------------------------------------------------------------------------------------------------

    def _limits(self, placed: Placed, above: Amounts, applications_above: int) -> None:
        bound = above
        if placed.queue.resources.max:
            own = self._amounts(placed.queue.resources.max)
            # All zero is no bound.
            if any(own.values()):
                bound = {**above, **{name: min(value, above.get(name, value)) for name, value in own.items()}}
        applications = _tighter(placed.queue.maxapplications, applications_above)
        # A user's own limit takes him out of the wildcard's, whether it binds or not.
        wildcard = any(WILDCARD in limit.users for limit in placed.limits)
        for index, limit in enumerate(placed.limits):
            path = f"{placed.limits_path}[{index}]"
            amounts = self._amounts(limit.maxresources)
            for name, value in amounts.items():
                if value:
                    self._resource(name, placed.name, f"{path}.maxresources.{name}")
            if (
                limit.users
                and (not wildcard or WILDCARD in limit.users)
                and _never_binds(limit, amounts, bound, applications)
            ):
                self._add(
                    "limit-never-binds",
                    placed.name,
                    path,
                    f"the limit of {_who('user', limit.users)} never binds: no queue from here to root allows more than it",
                )
        for child in placed.children:
            self._limits(child, bound, applications)

    # -- the partition -------------------------------------------------------------------------------------------------

    def _resolver(self, partition: Partition, path: str) -> None:
        kind = partition.usergroupresolver.type
        place = f"{path}.usergroupresolver.type"
        if kind == "ldap":
            self._add(
                "ldap-resolver", "usergroupresolver", place, "the type 'ldap' ends a scheduler without LDAP's settings"
            )
        elif kind not in ("", "os"):
            self._add("unknown-resolver", "usergroupresolver", place, f"the type '{shown(kind)}' resolves no groups")

    def _placement(self, partition: Partition, path: str, root: Placed) -> None:
        queues = {placed.name.lower(): placed for placed in root.walk()}
        reach = placement.Reach(partition.placementrules or placement.IMPLICIT, queues)
        rules = _Rules(self._add, queues, reach)
        for index, rule in enumerate(partition.placementrules):
            rules.look_at(index, rule, f"{path}.placementrules[{index}]")
        # The scheduler loads all rules or none.
        if rules.loadable:
            self._reach(reach, root)

    def _reach(self, reach: placement.Reach, root: Placed) -> None:
        reached: dict[str, bool] = {}

        def visit(placed: Placed, steps: Sequence[placement.Step]) -> None:
            creates = reach.creates_anywhere or any(step.creates for step in steps)
            if _is_leaf(placed):
                name = placed.name.lower()
                ends = reach.anywhere or any(step.ends for step in steps)
                reached[placed.path] = ends or name == placement.DEFAULT_QUEUE
            else:
                reached[placed.path] = creates
            if placed.queue.childtemplate != _NO_TEMPLATE and (_is_leaf(placed) or not creates):
                why = (
                    "it is for queues below, and this queue has none"
                    if _is_leaf(placed)
                    else "no placement rule creates queues below"
                )
                self._add(
                    "template-without-effect",
                    placed.name,
                    f"{placed.path}.childtemplate",
                    f"childtemplate has no effect: {why}",
                )
            for child in placed.children:
                visit(child, [following for step in steps for following in step.follow(child.queue.name.lower())])

        visit(root, list(reach.start.follow(ROOT)))
        for placed in _barren(root, lambda placed: reached[placed.path]):
            where = "here" if _is_leaf(placed) else "to any queue here"
            self._add("unreachable-queue", placed.name, placed.path, f"no placement rule leads {where}")


class _Rules:
    """Looks at placement rules one after the other."""

    def __init__(
        self, add: Callable[[str, str, str, str], None], queues: Mapping[str, Placed], reach: placement.Reach
    ) -> None:
        self._add = add
        self._reach = reach
        self._queues = queues
        self._catch_all = ""
        self.loadable = True

    def look_at(self, index: int, rule: PlacementRule, path: str) -> None:
        """Report what is wrong with one rule and its parents."""
        place = f"placementrules[{index}]"
        links = placement.chain(rule)
        faults = []
        for depth, link in enumerate(reversed(links)):
            where = path + ".parent" * depth
            faults.append(self._fault(link, place, where))
            self._filter(link.filter, place, f"{where}.filter")
        if self._catch_all:
            self._add("rule-never-runs", place, path, f"never runs: {self._catch_all} takes every application")
        if any(faults):
            self.loadable = False
            return
        if any(placement.keeps_everybody_out(link.filter) for link in placement.always(links)):
            why = "its filter keeps everybody out"
        elif index in self._reach.missing:
            why = f"the queue '{shown(self._reach.missing[index])}' does not exist and may not be created"
        else:
            why = self._obstacle(links, place, path)
        if why:
            self._add("rule-never-matches", place, path, f"never matches: {why}")
        elif not self._catch_all and self._takes_all(links):
            self._catch_all = place

    def _fault(self, link: PlacementRule, place: str, path: str) -> bool:
        """Report why the scheduler does not load a rule; return whether it does not."""
        kind, value = placement.kind(link), placement.value(link)
        found = message = ""
        if kind == "recovery":
            found, message = "recovery-rule", "the rule 'recovery' is YuniKorn's own"
        elif kind == "test":
            self._add("test-rule", place, f"{path}.name", "the rule 'test' is for YuniKorn's own tests")
        elif kind not in placement.KINDS:
            found, message = "unknown-rule", f"there is no rule '{shown(link.name)}'{meant(kind, placement.KINDS)}"
        elif kind in ("fixed", "tag"):
            bad = [part for part in value.split(".") if kind == "fixed" and not QUEUE_NAME.fullmatch(part)]
            if not value:
                found, message = "rule-without-value", f"the rule '{kind}' has no value"
            elif bad:
                found = "fixed-rule-name"
                message = f"the value '{shown(link.value)}' is no queue: '{shown(bad[0])}' is no queue's name"
            elif kind == "fixed" and value.startswith(ROOT) and link.parent is not None:
                found = "fixed-rule-parent"
                message = f"the value '{shown(link.value)}' counts as a full name, so there can't be a parent rule"
            elif kind == "fixed" and value.startswith(ROOT) and value.partition(".")[0] != ROOT:
                found = "fixed-outside-root"
                message = f"the value '{shown(link.value)}' counts as a full name and is not below root"
        elif link.value:
            self._add(
                "rule-value-ignored",
                place,
                f"{path}.value",
                f"the rule '{kind}' does not use its value '{shown(link.value)}'",
            )
        if found:
            self._add(
                found,
                place,
                path if found == "rule-without-value" else f"{path}.{'value' if kind == 'fixed' else 'name'}",
                message,
            )
        return bool(found)

    def _filter(self, names: Filter, place: str, path: str) -> None:
        """Report what is wrong with a filter."""
        if names.type != "deny" and names.type.lower() == "deny":
            self._add("deny-filter-case", place, f"{path}.type", f"the filter's type '{names.type}' acts as allow")
        for kind, listed, legal in (("users", names.users, USER_NAME), ("groups", names.groups, GROUP_NAME)):
            dropped = [name for name in listed if not legal.fullmatch(name)] if len(listed) > 1 else []
            if dropped:
                self._add(
                    "filter-name-dropped",
                    place,
                    f"{path}.{kind}",
                    f"the filter leaves out {_listed(dropped)} of its {kind}",
                )
            if len(listed) == 1 and _is_unanchored(listed[0]):
                self._add(
                    "filter-unanchored",
                    place,
                    f"{path}.{kind}",
                    f"the expression '{shown(listed[0])}' of the filter's {kind} also matches parts of names",
                )

    def _obstacle(self, links: Sequence[PlacementRule], place: str, path: str) -> str:
        """Return which queue on a rule's way takes no application, "" if none is known."""
        names = placement.pattern(links) or ()
        steady = placement.fixed(names)
        above = list(self._existing(steady))
        if above and placement.is_upper(above[-1].name):
            self._add(
                "fixed-name-case",
                place,
                path,
                f"'{shown('.'.join(steady))}' leads to the queue '{shown(above[-1].name)}', which the validator does not find",
            )
        for depth, placed in enumerate(above, start=1):
            if _is_leaf(placed) and depth < len(names):
                return f"'{shown(placed.name)}' has no queues below, so every application is rejected"
            if not _is_leaf(placed) and depth == len(names):
                return f"'{shown(placed.name)}' is a parent of other queues"
        return ""

    def _takes_all(self, links: Sequence[PlacementRule]) -> bool:
        """Whether no application is left to the next rule: each gets a queue, or is rejected."""
        names = placement.pattern(links)
        if names is None or any(link.filter.users or link.filter.groups for link in links):
            return False
        steady = placement.fixed(names)
        above = list(self._existing(steady))
        if not any(access.everyone for each in above for access in _lists(each)):
            return False
        if len(above) == len(names):
            return True
        there = sum(".".join(way) in self._queues for _link, way in placement.ways(links))
        # A queue that is or becomes a parent leaves the application to the next rule.
        children = above[-1].children if len(above) == len(steady) else ()
        return (
            all(link.create for link in links[there:])
            and all(map(_is_leaf, children))
            and not self._reach.makes_parent(names)
        )

    def _existing(self, names: Sequence[str]) -> Iterator[Placed]:
        """Yield the queues on the way that ``names`` describe, from root down to the first that does not exist."""
        full = ""
        for name in names:
            full = f"{full}.{name}" if full else name
            if full not in self._queues:
                return
            yield self._queues[full]


_NO_TEMPLATE = ChildTemplate()


def _lists(placed: Placed) -> tuple[acl.Access, acl.Access]:
    return acl.parse(placed.queue.adminacl), acl.parse(placed.queue.submitacl)


def _barren(root: Placed, good: Callable[[Placed], bool]) -> Iterator[Placed]:
    """Yield the topmost queues below which, themselves included, no queue for applications is good."""
    some: dict[str, bool] = {}

    def visit(placed: Placed) -> bool:
        found = [visit(child) for child in placed.children]
        some[placed.path] = good(placed) or any(found)
        return some[placed.path]

    def topmost(placed: Placed) -> Iterator[Placed]:
        if not some[placed.path]:
            yield placed
            return
        for child in placed.children:
            yield from topmost(child)

    visit(root)
    return topmost(root)


def _switches_on(placed: Placed, name: str) -> bool:
    return any(key == name and (parse_duration(text) or 0) > 0 for key, text in placed.queue.properties)


def _tighter(left: int, right: int) -> int:
    """Return the smaller of two bounds of which 0 is none."""
    return min(left or right, right or left)


def _never_binds(limit: Limit, amounts: Amounts, bound: Amounts, applications: int) -> bool:
    if limit.maxapplications and not 0 < applications <= limit.maxapplications:
        return False
    return all(name in bound and bound[name] <= value for name, value in amounts.items())


def _is_unanchored(text: str) -> bool:
    """Whether a filter's one entry is a regular expression that is found in the middle of names."""
    if _REGEXP.isdisjoint(text):
        return False
    return not text.startswith(("^", ".*")) and not text.endswith("$")


def _who(kind: str, names: Sequence[str]) -> str:
    if not names:
        return f"no {kind}"
    return f"{kind if len(names) == 1 else kind + 's'} {_listed(names)}"
