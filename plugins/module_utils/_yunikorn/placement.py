# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What placement rules can do with a tree of queues. Source: yunikorn-core ``pkg/scheduler/placement``."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from . import gotext
from .model import Filter, PlacementRule
from .validate import GROUP_NAME, ROOT, USER_NAME

KINDS = ("provided", "user", "fixed", "tag")
"""The rules that a config may name; ``recovery`` and ``test`` exist too."""

NAMESPACE = "namespace"
"""The tag that every application on Kubernetes has."""

DEFAULT_QUEUE = "root.default"
"""Where an application goes that no rule has a queue for, if it exists."""

RECOVERY_QUEUE = "root.@recovery@"
"""Where an application goes whose queue is gone when the scheduler starts."""

MAX_DEPTH = 1000
"""How far a way is followed; no queue that can be read lies deeper."""

IMPLICIT = (PlacementRule(name="provided"),)
"""The rules of a partition without any."""

# No queue has such a name: "." divides them.
_ANY_NAME, _NAMESPACE_NAME = ".any", ".namespace"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def kind(rule: PlacementRule) -> str:
    """Return the rule's kind as the scheduler looks it up."""
    return rule.name.lower()


def value(rule: PlacementRule) -> str:
    """Return the rule's value as the scheduler uses it."""
    return gotext.lower(rule.value)


def is_upper(name: str) -> bool:
    """Whether the scheduler writes a queue's full name in another way; the root's own name is another matter."""
    return name[len(ROOT) :] != name[len(ROOT) :].lower()


def chain(rule: PlacementRule) -> tuple[PlacementRule, ...]:
    """Return the rule and the rules above it, the outermost first."""
    links = []
    link: PlacementRule | None = rule
    while link is not None:
        links.append(link)
        link = link.parent
    return tuple(reversed(links))


def pattern(links: Sequence[PlacementRule]) -> tuple[str, ...] | None:
    """Return the names, from root on, of the queues that a chain of rules leads to. None where that is any queue at all."""
    names: tuple[str, ...] = (ROOT,)
    for link in links:
        if kind(link) == "fixed":
            parts = tuple(value(link).split("."))
            names = parts if value(link).startswith(ROOT) else names + parts
        elif kind(link) == "user":
            names += (_ANY_NAME,)
        elif kind(link) == "tag" and value(link) == NAMESPACE:
            names += (_NAMESPACE_NAME,)
        else:
            # A pod's label and a tag may hold a full name.
            return None
    return names


def fixed(names: Iterable[str]) -> tuple[str, ...]:
    """Return the part of a pattern that is the same for every application."""
    found: list[str] = []
    for name in names:
        if name in (_ANY_NAME, _NAMESPACE_NAME):
            break
        found.append(name)
    return tuple(found)


def always(links: Sequence[PlacementRule]) -> Sequence[PlacementRule]:
    """Return the links of a chain that every application passes: a full name from outside leaves out those above it."""
    free = [depth for depth, link in enumerate(links) if pattern((link,)) is None]
    return links[free[-1] :] if free else links


def ways(links: Sequence[PlacementRule]) -> Iterator[tuple[PlacementRule, tuple[str, ...]]]:
    """Yield each link up to which a chain leads every application to one queue alone, and that queue."""
    if pattern(links) is None:
        return
    for depth, link in enumerate(links, start=1):
        names = pattern(links[:depth]) or ()
        if names != fixed(names):
            return
        yield link, names


def keeps_everybody_out(names: Filter) -> bool:
    """Whether nobody passes a filter: it denies all, or it allows names alone that are none."""
    lists = [
        # A single entry may be a regular expression, which the validator has looked at.
        len(listed) == 1 or any(legal.fullmatch(name) for name in listed)
        for listed, legal in ((names.users, USER_NAME), (names.groups, GROUP_NAME))
        if listed
    ]
    return not lists if names.type == "deny" else bool(lists) and not any(lists)


@dataclass(slots=True)
class Step:
    """A place on the way that rules lead to: whether one ends here, and whether one may create the queue here."""

    next: dict[str, Step] = field(default_factory=dict)
    ends: bool = False
    made: bool = False

    @property
    def creates(self) -> bool:
        """Whether a rule may create a queue below this one."""
        return any(step.made for step in self.next.values())

    def follow(self, name: str) -> Iterator[Step]:
        """Yield where a queue named ``name`` leads from here."""
        for key in (name, _ANY_NAME, _NAMESPACE_NAME if _LABEL.fullmatch(name) else ""):
            if key in self.next:
                yield self.next[key]


class Reach:
    """Where a list of rules leads in a config whose queues have the full names ``existing``, in lower case.

    ``missing`` says by index of a rule that places no application which queue does not exist and is created by no rule.
    """

    def __init__(self, rules: Sequence[PlacementRule], existing: Container[str]) -> None:
        self.start = Step()
        self.anywhere = False
        self.creates_anywhere = False
        self.missing: dict[int, str] = {}
        waiting = {
            index: (links, [way for link, way in ways(links) if not link.create and ".".join(way) not in existing])
            for index, links in enumerate(map(chain, rules))
            if not any(keeps_everybody_out(link.filter) for link in always(links))
        }
        # What one rule creates may be what another one waits for.
        while ready := [index for index, (_links, needs) in waiting.items() if all(map(self._makes, needs))]:
            for index in ready:
                self._add(waiting.pop(index)[0])
        for index, (_links, needs) in waiting.items():
            self.missing[index] = ".".join(next(need for need in needs if not self._makes(need)))

    def _add(self, links: Sequence[PlacementRule]) -> None:
        names, create = pattern(links), links[-1].create
        if names is None:
            self.anywhere = True
            self.creates_anywhere |= create
            return
        step = self.start
        for name in names[:MAX_DEPTH]:
            step = step.next.setdefault(name, Step())
            step.made |= create
        step.ends |= len(names) <= MAX_DEPTH

    def _makes(self, names: Sequence[str]) -> bool:
        return self.creates_anywhere or any(step.made for step in self._at(names))

    def makes_parent(self, names: Sequence[str]) -> bool:
        """Whether a rule may create queues below one that a pattern of ``names`` describes."""
        steps = self._at(fixed(names))
        for _name in names[len(fixed(names)) :]:
            steps = [following for step in steps for following in step.next.values()]
        return self.creates_anywhere or any(step.creates for step in steps)

    def _at(self, names: Iterable[str]) -> list[Step]:
        steps = [self.start]
        for name in names:
            steps = [following for step in steps for following in step.follow(name)]
            if not steps:
                break
        return steps
