# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What placement rules can do with a tree of queues. Source: yunikorn-core ``pkg/scheduler/placement``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from . import gotext
from .model import PlacementRule
from .validate import ROOT

KINDS = ("provided", "user", "fixed", "tag")
"""The rules that a config may name; ``recovery`` and ``test`` exist too."""

NAMESPACE = "namespace"
"""The tag that every application on Kubernetes has."""

DEFAULT_QUEUE = "root.default"
"""Where an application goes that no rule has a queue for, if it exists."""

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


@dataclass(slots=True)
class Step:
    """A place on the way that rules lead to: whether one ends here, and whether one creates queues below."""

    next: dict[str, Step] = field(default_factory=dict)
    ends: bool = False
    creates: bool = False

    def follow(self, name: str) -> Iterator[Step]:
        """Yield where a queue named ``name`` leads from here."""
        for key in (name, _ANY_NAME, _NAMESPACE_NAME if _LABEL.fullmatch(name) else ""):
            if key in self.next:
                yield self.next[key]


class Reach:
    """Where a list of rules leads; rules that the scheduler can't use are no part of it."""

    def __init__(self, rules: Iterable[PlacementRule]) -> None:
        self.start = Step()
        self.anywhere = False
        self.creates_anywhere = False
        for rule in rules:
            names = pattern(chain(rule))
            if names is None:
                self.anywhere = True
                self.creates_anywhere |= rule.create
                continue
            step = self.start
            for name in names[:MAX_DEPTH]:
                step.creates |= rule.create
                step = step.next.setdefault(name, Step())
            step.ends |= len(names) <= MAX_DEPTH
