# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lints say of placement is true of each application: shown by placing many, as the scheduler's source does it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import acl, model, validate
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.lint import lint
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import Document


class Application(NamedTuple):
    """Who submits what, and what stands on the pod."""

    user: str
    group: str
    namespace: str
    label: str
    team: str


NAMES = ("a", "b", "Lab", "default")
PLACES = ("", "a", "lab", "root.a", "root.a.b", "root.Lab.a", "root.default", "new.one", "root.new")
APPLICATIONS = [
    Application(*each)
    for each in product(
        ("a", "b", "bob", "eve.x"), ("staff", "guests"), ("a", "lab", "n-1"), PLACES, ("", "b", "root.a")
    )
]

filters = st.sampled_from(
    (
        *[model.Filter()] * 12,
        model.Filter(type="deny"),
        model.Filter(users=("a", "bob")),
        model.Filter(type="deny", users=("bob", "a")),
        model.Filter(type="deny", users=("1", "2")),
        model.Filter(groups=("1", "2")),
        model.Filter(groups=("^st",)),
    )
)
values = st.sampled_from(
    ("a", "lab", "b", "root.a", "root.lab", "root.a.b", "root.lab.a", "new", "root.new.one", "root.default")
)
links = st.one_of(
    st.builds(model.PlacementRule, name=st.just("fixed"), value=values, create=st.booleans(), filter=filters),
    st.builds(
        model.PlacementRule,
        name=st.just("tag"),
        value=st.sampled_from(("namespace", "team")),
        create=st.booleans(),
        filter=filters,
    ),
    st.builds(model.PlacementRule, name=st.sampled_from(("user", "provided")), create=st.booleans(), filter=filters),
)


@st.composite
def rules(draw: st.DrawFn) -> model.PlacementRule:
    """A rule with up to two above it."""
    rule: model.PlacementRule | None = None
    for depth in range(draw(st.sampled_from((1, 1, 1, 2, 2, 3)))):
        link = draw(links)
        # The scheduler does not load a full name below another rule.
        value = link.value.removeprefix("root.") if depth and link.name == "fixed" else link.value
        rule = replace(link, value=value, parent=rule)
    assert rule is not None
    return rule


def queues(depth: int) -> st.SearchStrategy[tuple[model.Queue, ...]]:
    """Queues and those below them."""
    below = queues(depth - 1) if depth > 1 else st.just(())
    return st.lists(
        st.builds(
            model.Queue,
            name=st.sampled_from(NAMES),
            parent=st.booleans(),
            submitacl=st.sampled_from(("", "", "*", "a", "bob staff")),
            queues=below,
        ),
        max_size=3,
        unique_by=lambda queue: queue.name,
    ).map(tuple)


configs = st.builds(
    lambda acl_text, below, found: model.Config(
        partitions=(
            model.Partition(
                queues=(model.Queue(name="root", submitacl=acl_text, queues=below),), placementrules=tuple(found)
            ),
        )
    ),
    st.sampled_from(("*", "*", "", "bob")),
    queues(2),
    st.lists(rules(), max_size=3),
).filter(lambda config: validate.validate(Document(config=config)) == ())


# -- yunikorn-core pkg/scheduler/placement -----------------------------------------------------------------------------


class RejectedError(Exception):
    """A rule fails, so no other one is tried."""


class Scheduler:
    """The queues of a config, and where its rules place an application."""

    def __init__(self, config: model.Config) -> None:
        self.rules = config.partitions[0].placementrules or (model.PlacementRule(name="provided"),)
        self.queues: dict[str, model.Queue] = {}
        assert config.partitions[0].queues is not None
        self._add(config.partitions[0].queues[0], "root")

    def _add(self, queue: model.Queue, name: str) -> None:
        self.queues[name] = queue
        for child in queue.queues:
            self._add(child, f"{name}.{child.name.lower()}")

    def is_leaf(self, name: str) -> bool:
        return name != "root" and not self.queues[name].parent and not self.queues[name].queues

    def may_submit(self, name: str, application: Application) -> bool:
        parts = name.split(".")
        lists = [acl.parse(self.queues[".".join(parts[:depth])].submitacl) for depth in range(1, len(parts) + 1)]
        return any(
            each.everyone or application.user in each.users or application.group in each.groups for each in lists
        )

    def rule(self, rule: model.PlacementRule, application: Application) -> str:
        """``placeApplication`` of one rule: a queue's full name, or nothing."""
        found = {
            "fixed": rule.value,
            "user": application.user,
            "provided": application.label,
            "tag": application.namespace if rule.value == "namespace" else application.team,
        }[rule.name]
        if not found or not allows(rule.filter, application):
            return ""
        qualified = found.startswith("root" if rule.name == "fixed" else "root.") and rule.name != "user"
        if qualified:
            name = found
        else:
            child = found if rule.name == "fixed" else found.replace(".", "_dot_")
            above = ""
            if rule.parent is not None:
                above = self.rule(rule.parent, application)
                if not above:
                    return ""
                if above.lower() in self.queues and self.is_leaf(above.lower()):
                    raise RejectedError
            name = f"{above or 'root'}.{child}"
        return name if rule.create or name.lower() in self.queues else ""

    def accepts(self, name: str, application: Application) -> bool:
        """Whether the manager takes what a rule returned; if so, the queue is there from now on."""
        nearest = name
        while nearest not in self.queues:
            nearest = nearest.rpartition(".")[0]
        if nearest == name:
            return self.is_leaf(name) and self.may_submit(name, application)
        if not self.may_submit(nearest, application):
            return False
        if self.is_leaf(nearest):
            raise RejectedError
        for end in [*(match.start() for match in re.finditer(r"\.", name) if match.start() > len(nearest)), len(name)]:
            self.queues[name[:end]] = model.Queue(parent=end < len(name))
        return True

    def place(self, application: Application) -> tuple[str, int]:
        """The queue, "" if rejected, and how many rules were tried."""
        for tried, rule in enumerate(self.rules, start=1):
            try:
                name = self.rule(rule, application).lower()
                if not name and tried == len(self.rules) and "root.default" in self.queues:
                    # The rule has not placed it.
                    return ("root.default" if self.accepts("root.default", application) else ""), tried + 1
                if name and self.accepts(name, application):
                    return name, tried
            except RejectedError:
                return "", tried
        return "", len(self.rules) + 1


def allows(names: model.Filter, application: Application) -> bool:
    """Whether a filter lets a rule run."""
    if not names.users and not names.groups:
        return names.type != "deny"
    for listed, wanted in ((names.users, application.user), (names.groups, application.group)):
        if len(listed) == 1 and re.search(listed[0], wanted) if len(listed) == 1 else wanted in listed:
            return names.type != "deny"
    return names.type == "deny"


# -- laws --------------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(configs)
def test_what_is_said_of_rules_and_queues_is_true_of_every_application(config: model.Config) -> None:
    """Nobody gets into a queue that is called unreachable, and no rule that is called dead places anybody."""
    scheduler = Scheduler(config)
    found = lint(Document(config=config))
    # Queues that the first of them create may change the way of the next.
    places = [scheduler.place(application) for _round in range(2) for application in APPLICATIONS]
    for each in found:
        index = int(each.path[len("placementrules[") : -1]) if each.path.startswith("placementrules") else 0
        event(each.name)
        if each.name in ("unreachable-queue", "nobody-may-submit"):
            name = each.path.lower()
            assert not [place for place, _tried in places if place == name or place.startswith(f"{name}.")], each
        elif each.name == "rule-never-runs":
            assert max(tried for _place, tried in places) <= index, each
        elif each.name == "rule-never-matches":
            assert not [place for place, tried in places if place and tried == index + 1], each
