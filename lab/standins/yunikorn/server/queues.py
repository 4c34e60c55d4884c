# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of queues in force: made of a config, changed by the next one, with those that placement rules made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from .config import Struct, zero
from .quantity import configured

ACTIVE, DRAINING = "Active", "Draining"
# A configured child does not get these from its parent; of the third only "disabled".
OWN = ("priority.policy", "priority.offset", "preemption.policy")


@dataclass(frozen=True)
class Acl:
    """Who may do something: ``"user1,user2 group1,group2"``, ``*`` is everyone."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Acl:
        """Read a config's text."""
        users, _, groups = text.partition(" ")
        return cls(tuple(filter(None, users.split(","))), tuple(filter(None, groups.strip().split(","))))

    def allows(self, user: str, groups: tuple[str, ...]) -> bool:
        """Whether a user or one of the groups is named."""
        everyone = self.users == ("*",) or self.groups == ("*",)
        return everyone or user in self.users or any(group in self.groups for group in groups)


@dataclass(frozen=True)
class Limit:
    """What each of some users and groups may use in a queue."""

    users: tuple[str, ...]
    groups: tuple[str, ...]
    resources: Mapping[str, int]
    applications: int


@dataclass(frozen=True)
class Template:
    """What a queue gets that a placement rule makes."""

    applications: int
    resources: Mapping[str, Mapping[str, int]]
    properties: Mapping[str, str]

    def shown(self) -> dict[str, object]:
        """As the REST API has it."""
        return {
            "maxApplications": self.applications,
            "maxResource": self.resources["Max"],
            "guaranteedResource": self.resources["Guaranteed"],
            "properties": dict(self.properties),
        }


def amounts(resources: Struct) -> dict[str, Mapping[str, int]]:
    """Maximum and guaranteed in integers; amounts that are all zero count as not set."""
    found = {name: configured(values or {}) for name, values in resources.items()}
    return {name: values if any(values.values()) else {} for name, values in found.items()}


@dataclass(frozen=True)
class Wanted:
    """A queue as its config wants it. ``of`` raises ValueError for an amount that is none."""

    name: str
    parent: bool
    resources: Mapping[str, Mapping[str, int]]
    applications: int
    properties: Mapping[str, str]
    submit: tuple[Acl, Acl]
    template: Template | None
    limits: tuple[Limit, ...]
    children: tuple[Wanted, ...]

    @classmethod
    def of(cls, queue: Struct) -> Wanted:
        """Read a queue of a config and all below it."""
        template = queue["ChildTemplate"]
        return cls(
            name=queue["Name"].lower(),
            parent=queue["Parent"] or bool(queue["Queues"]),
            resources=amounts(queue["Resources"]),
            applications=queue["MaxApplications"],
            properties=queue["Properties"] or {},
            submit=(Acl.read(queue["SubmitACL"]), Acl.read(queue["AdminACL"])),
            template=None
            if template == zero("ChildTemplate")
            else Template(
                template["MaxApplications"], amounts(template["Resources"]), dict(template["Properties"] or {})
            ),
            limits=tuple(
                Limit(
                    tuple(limit["Users"] or ()),
                    tuple(limit["Groups"] or ()),
                    configured(limit["MaxResources"] or {}),
                    limit["MaxApplications"],
                )
                for limit in queue["Limits"] or []
            ),
            children=tuple(cls.of(child) for child in queue["Queues"] or []),
        )

    @classmethod
    def made(cls, name: str, template: Template | None) -> Wanted:
        """A queue that a placement rule makes: a leaf with the template's settings, or without one a parent on the way to it."""
        return cls(
            name=name,
            parent=template is None,
            resources=template.resources if template else amounts(zero("Resources")),
            applications=template.applications if template else 0,
            properties=template.properties if template else {},
            submit=(Acl(), Acl()),
            template=None,
            limits=(),
            children=(),
        )


NO_TEMPLATE = Template(0, amounts(zero("Resources")), {})


@dataclass(eq=False)
class Queue:
    """A queue in force. ``managed`` ones stand in the config, the others were made by placement rules."""

    wanted: Wanted
    parent: Queue | None = None
    managed: bool = True
    status: str = ACTIVE
    children: dict[str, Queue] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The full name."""
        return f"{self.parent.path}.{self.wanted.name}" if self.parent else self.wanted.name

    @property
    def leaf(self) -> bool:
        """Whether applications can run in it."""
        return not self.wanted.parent

    @property
    def up(self) -> Iterator[Queue]:
        """The queue and all above it, the root last."""
        queue: Queue | None = self
        while queue:
            yield queue
            queue = queue.parent

    @property
    def down(self) -> Iterator[Queue]:
        """The queue and all below it."""
        yield self
        for child in self.children.values():
            yield from child.down

    def properties(self) -> dict[str, str]:
        """The effective ones: a configured queue inherits, one that was made does not."""
        inherited = self.parent.properties() if self.parent and self.managed else {}
        kept = {
            name: value
            for name, value in inherited.items()
            if name not in OWN or (name, value) == ("preemption.policy", "disabled")
        }
        return {**kept, **self.wanted.properties}

    def template(self) -> Template | None:
        """The nearest template on the way up."""
        return next((queue.wanted.template for queue in self.up if queue.wanted.template), None)

    def admits(self, user: str, groups: tuple[str, ...]) -> bool:
        """Whether somebody may submit here; what is allowed above is allowed below."""
        return any(acl.allows(user, groups) for queue in self.up for acl in queue.wanted.submit)

    def follow(self, wanted: Wanted) -> Iterator[tuple[str, Queue]]:
        """Take the new config: what is no longer in it drains, what is in it again lives. Yields what was added, changed or drained."""
        if self.status == DRAINING or replace(self.wanted, children=()) != replace(wanted, children=()):
            yield "changed", self
        self.wanted, self.managed, self.status = wanted, True, ACTIVE
        names = {child.name for child in wanted.children}
        for child in wanted.children:
            if child.name in self.children:
                yield from self.children[child.name].follow(child)
            else:
                yield from self.add(child)
        for name, queue in self.children.items():
            if name not in names and queue.managed:
                yield from queue.drain()

    def add(self, wanted: Wanted, *, managed: bool = True) -> Iterator[tuple[str, Queue]]:
        """Make a child and all below it."""
        queue = self.children[wanted.name] = Queue(wanted, self, managed)
        yield "added", queue
        for child in wanted.children:
            yield from queue.add(child)

    def drain(self) -> Iterator[tuple[str, Queue]]:
        """Let the queue and its configured children come to their end; limits are those of the config in force, so theirs are gone."""
        for queue in self.down:
            if queue.managed and queue.status != DRAINING:
                queue.status = DRAINING
                queue.wanted = replace(queue.wanted, limits=())
                yield "drained", queue

    def find(self, path: str) -> Queue | None:
        """The queue with a full name, from the root."""
        names = path.lower().split(".")
        queue: Queue | None = self if names[0] == self.wanted.name else None
        for name in names[1:]:
            queue = queue.children.get(name) if queue else None
        return queue
