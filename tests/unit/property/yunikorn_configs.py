# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes queue configurations that YuniKorn accepts, other ways to write the same, and states of a scheduler that has them.

Names are few, so that two configurations have much in common. Amounts shrink with each level, so that every child fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import model, quantity, state

LEVELS = 2
NAMES = ("a", "b", "c", "x:y", "Lab")
USERS = ("ada", "bob", "eve")
GROUPS = ("staff", "students")
RESOURCES = ("memory", "vcore", "nvidia.com/gpu")
PROPERTIES = (
    ("application.sort.policy", "fair"),
    ("application.sort.policy", "fifo"),
    ("preemption.policy", "fence"),
    ("preemption.policy", "disabled"),
    ("quota.preemption.delay", "1m"),
    ("quota.preemption.delay", "0s"),
    ("priority.offset", "5"),
    ("x:y application.sort.policy", "odd"),
)
ACLS = ("", "*", "ada", "ada,bob staff", " students", "bob", "*,ada", "root staff,students")


@cache
def amounts(level: int, share: int) -> st.SearchStrategy[model.Pairs]:
    """Amounts of which four fit into those of the level above; a smaller ``share`` is a larger amount."""
    scale = 16 ** (LEVELS + 1 - level)

    def written(counts: dict[str, int]) -> model.Pairs:
        return tuple(sorted((name, quantity.render(count * scale // share, name)) for name, count in counts.items()))

    return st.dictionaries(st.sampled_from(RESOURCES), st.integers(8, 16), max_size=2).map(written)


@cache
def bounds(level: int, share: int) -> st.SearchStrategy[model.Pairs | None]:
    """Guaranteed resources or a maximum."""
    return st.none() | amounts(level, share)


@cache
@st.composite
def limits(draw: st.DrawFn, level: int, counted: bool) -> tuple[model.Limit, ...]:
    """Limits of one queue: named ones, then perhaps the wildcard, each name once."""
    found = []
    for kind, pool in (("users", USERS), ("groups", GROUPS)):
        names = draw(st.lists(st.sampled_from(pool), unique=True, max_size=2))
        if names and draw(st.booleans()):
            names.append("*")
        for name in names:
            bound = draw(amounts(level, 8).filter(bool))
            number = 100 - 20 * level + draw(st.integers(0, 5)) if counted else 0
            found.append(model.Limit(**{kind: (name,)}, maxresources=bound, maxapplications=number))
    return tuple(found)


@cache
def templates(level: int) -> st.SearchStrategy[model.ChildTemplate]:
    """What a rule's queues below a queue of ``level`` get; often nothing."""
    return st.just(model.ChildTemplate()) | st.builds(
        model.ChildTemplate,
        maxapplications=st.integers(0, 3),
        properties=st.sampled_from(PROPERTIES).map(lambda pair: (pair,)),
        resources=st.builds(model.Resources, max=st.none() | amounts(level, 4)),
    )


@cache
@st.composite
def queues(draw: st.DrawFn, name: str, level: int, counted: bool) -> model.Queue:
    """A queue with up to three queues below it."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3)) if level < LEVELS else []
    children = tuple(draw(queues(each, level + 1, counted)) for each in names)
    return model.Queue(
        name=name,
        parent=level == 0 or draw(st.booleans()),
        resources=model.Resources()
        if level == 0
        else model.Resources(guaranteed=draw(bounds(level, 16)), max=draw(bounds(level, 1))),
        maxapplications=1000 - 100 * level + draw(st.integers(0, 5)) if counted else 0,
        properties=tuple(sorted(dict(draw(st.lists(st.sampled_from(PROPERTIES), max_size=2))).items())),
        adminacl=draw(st.sampled_from(ACLS)),
        submitacl=draw(st.sampled_from(ACLS)),
        childtemplate=draw(templates(level)),
        queues=children,
        limits=draw(limits(level, counted)),
    )


RULES = st.recursive(
    st.builds(
        model.PlacementRule,
        name=st.sampled_from(["provided", "user", "tag"]),
        create=st.booleans(),
        filter=st.builds(
            model.Filter,
            type=st.sampled_from(["", "allow", "deny", "Deny"]),
            users=st.sampled_from([(), ("ada",), ("bob", "ada"), ("^a.*",)]),
            groups=st.sampled_from([(), ("staff",)]),
        ),
        value=st.sampled_from(["", "namespace"]),
    ),
    lambda inner: st.builds(model.PlacementRule, name=st.just("user"), create=st.just(True), parent=inner),
    max_leaves=2,
)


SWITCHES = st.sampled_from([None, True, False])
PREEMPTION = st.builds(model.Preemption, enabled=SWITCHES, quotapreemptionenabled=SWITCHES)
NODE_SORT_POLICIES = st.builds(
    model.NodeSortPolicy,
    type=st.sampled_from(["", "fair", "binpacking"]),
    resourceweights=st.sampled_from([(), (("memory", 1.0), ("vcore", 1.0)), (("vcore", float("inf")),)]),
)
RESOLVERS = st.builds(model.UserGroupResolver, type=st.sampled_from(["", "os"]))


@cache
@st.composite
def partitions(draw: st.DrawFn, name: str) -> model.Partition:
    """A partition, its root queue written out."""
    return model.Partition(
        name=name,
        queues=(draw(queues("root", 0, draw(st.booleans()))),),
        placementrules=tuple(draw(st.lists(RULES, max_size=3))),
        preemption=draw(PREEMPTION),
        nodesortpolicy=draw(NODE_SORT_POLICIES),
        usergroupresolver=draw(RESOLVERS),
    )


@cache
@st.composite
def configs(draw: st.DrawFn) -> model.Config:
    """A configuration that validates."""
    names = draw(st.sampled_from([("default",), ("default",), ("default", "gpu")]))
    return model.Config(partitions=tuple(draw(partitions(name)) for name in names))


def _root(partition: model.Partition) -> model.Queue:
    assert partition.queues
    return partition.queues[0]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[model.Config, model.Config]:
    """Two configurations; often the second is the first with queues taken away, renamed, or taken from a third."""
    old, new = draw(configs()), draw(configs())
    if draw(st.booleans()):
        return old, new
    kept, fresh = _root(old.partitions[0]), _root(new.partitions[0])
    if kept.maxapplications or fresh.maxapplications:
        fresh = replace(fresh, queues=())
    children = {queue.name: queue for queue in (*kept.queues, *fresh.queues) if draw(st.booleans())}
    if children and draw(st.booleans()):
        moved = children.pop(draw(st.sampled_from(sorted(children))))
        children["moved"] = replace(moved, name="moved")
    root = replace(kept, queues=tuple(children.values()))
    first = replace(old.partitions[0], queues=(root,))
    # Bounds of users of the third need not fit into those of the first's root.
    if fresh.queues:
        first = replace(first, queues=(replace(root, limits=()),))
    return old, replace(old, partitions=(first, *old.partitions[1:]))


# -- other ways to write the same --------------------------------------------------------------------------------------


@st.composite
def rewritten(draw: st.DrawFn, config: model.Config) -> model.Config:
    """The same configuration, written by someone else."""
    return replace(
        config,
        partitions=tuple(
            draw(_rewritten_partition(partition)) for partition in draw(st.permutations(config.partitions))
        ),
    )


@st.composite
def _rewritten_partition(draw: st.DrawFn, partition: model.Partition) -> model.Partition:
    root = draw(_rewritten_queue(_root(partition)))
    limits_above: tuple[model.Limit, ...] = ()
    if draw(st.booleans()):
        limits_above, root = root.limits, replace(root, limits=root.limits if draw(st.booleans()) else ())
    written = (root,)
    if root == model.Queue(name="root", parent=True, queues=root.queues) and [queue.name for queue in root.queues] != [
        "root"
    ]:
        written = draw(st.sampled_from([(root,), root.queues]))
    return replace(
        partition,
        name=draw(st.sampled_from(["", "default", "Default"])) if partition.name == "default" else partition.name,
        queues=written,
        limits=limits_above,
        placementrules=partition.placementrules or draw(st.sampled_from([(), (model.PlacementRule(name="provided"),)])),
    )


@st.composite
def _rewritten_queue(draw: st.DrawFn, queue: model.Queue) -> model.Queue:
    return replace(
        queue,
        queues=tuple(draw(_rewritten_queue(child)) for child in draw(st.permutations(queue.queues))),
        resources=model.Resources(
            guaranteed=draw(_rewritten_amounts(queue.resources.guaranteed)),
            max=draw(_rewritten_amounts(queue.resources.max)),
        ),
        submitacl=draw(_rewritten_acl(queue.submitacl)),
        adminacl=draw(_rewritten_acl(queue.adminacl)),
        limits=draw(_rewritten_limits(queue.limits)),
    )


@st.composite
def _rewritten_amounts(draw: st.DrawFn, pairs: model.Pairs | None) -> model.Pairs | None:
    return (
        pairs if pairs is None else tuple((name, draw(st.sampled_from(spellings(name, text)))) for name, text in pairs)
    )


def spellings(name: str, text: str) -> list[str]:
    """Some ways to write a quantity."""
    value = quantity.parse(text, name)
    ways = [text, f" {text} ", f"0{text}"]
    if name == quantity.VCORE:
        return [*ways, f"{value}m"]
    return [
        *ways,
        str(value),
        *(f"{value // scale} {suffix}" for suffix, scale in (("k", 1000), ("Ki", 1024)) if value % scale == 0),
    ]


@st.composite
def _rewritten_acl(draw: st.DrawFn, acl: str) -> str:
    if acl in ("", "*"):
        return draw(st.sampled_from([acl, f"{acl} "]))
    users, blank, groups = acl.partition(" ")
    words = draw(st.permutations(users.split(",")))
    return f"{','.join(words)}{blank}{','.join(draw(st.permutations(groups.split(','))))}"


@st.composite
def _rewritten_limits(draw: st.DrawFn, own: Sequence[model.Limit]) -> tuple[model.Limit, ...]:
    users = [limit for limit in own if limit.users and limit.users != ("*",)]
    groups = [limit for limit in own if limit.groups]
    wildcard = [limit for limit in own if limit.users == ("*",)]
    ordered = [*draw(st.permutations(users)), *wildcard, *groups]
    merged = []
    for _bounds, same in itertools.groupby(ordered, key=lambda limit: (limit.maxresources, limit.maxapplications)):
        entries = list(same)
        merged.append(
            replace(
                entries[0],
                limit=draw(st.sampled_from(["", "a comment"])),
                users=tuple(name for entry in entries for name in entry.users),
                groups=tuple(name for entry in entries for name in entry.groups),
                maxresources=draw(_rewritten_amounts(entries[0].maxresources)) or (),
            )
        )
    return tuple(merged)


# -- any document at all -----------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
MAPPING = st.dictionaries(TEXT, TEXT, max_size=3).map(lambda found: tuple(sorted(found.items())))
COUNT = st.integers(0, 2**64 - 1)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
ANY_RESOURCES = st.builds(model.Resources, guaranteed=st.none() | MAPPING, max=st.none() | MAPPING)
ANY_LIMITS = st.lists(
    st.builds(model.Limit, limit=TEXT, users=TEXTS, groups=TEXTS, maxresources=MAPPING, maxapplications=COUNT),
    max_size=2,
).map(tuple)
ANY_QUEUES: st.SearchStrategy[tuple[model.Queue, ...]] = st.recursive(
    st.just(()),
    lambda below: st.lists(
        st.builds(
            model.Queue,
            name=TEXT,
            parent=st.booleans(),
            resources=ANY_RESOURCES,
            maxapplications=COUNT,
            properties=MAPPING,
            adminacl=TEXT,
            submitacl=TEXT,
            childtemplate=st.builds(
                model.ChildTemplate, maxapplications=COUNT, properties=MAPPING, resources=ANY_RESOURCES
            ),
            limits=ANY_LIMITS,
            queues=below,
        ),
        max_size=2,
    ).map(tuple),
    max_leaves=4,
)
ANY_CONFIGS = st.builds(
    model.Config,
    partitions=st.lists(
        st.builds(
            model.Partition,
            name=TEXT,
            queues=st.none() | ANY_QUEUES,
            placementrules=st.lists(RULES, max_size=2).map(tuple),
            limits=ANY_LIMITS,
            nodesortpolicy=st.builds(
                model.NodeSortPolicy,
                type=TEXT,
                resourceweights=st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=2).map(
                    lambda found: tuple(sorted(found.items()))
                ),
            ),
            usergroupresolver=st.builds(model.UserGroupResolver, type=TEXT),
        ),
        max_size=2,
    ).map(tuple),
    checksum=TEXT,
)


# -- the scheduler -----------------------------------------------------------------------------------------------------


def full_names(config: model.Config) -> list[str]:
    """The queues of the default partition."""
    return sorted(
        {
            name.lower()
            for partition in config.partitions
            if partition.name == "default"
            for name in _names(_root(partition), "root")
        }
    )


def _names(queue: model.Queue, name: str) -> list[str]:
    return [name, *(each for child in queue.queues for each in _names(child, f"{name}.{child.name}"))]


@st.composite
def states(draw: st.DrawFn, names: Sequence[str]) -> state.State:
    """A scheduler with some of the queues and applications in them."""
    used = st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 2**20), max_size=2)
    standing = [name for name in names if draw(st.booleans())]
    applications = tuple(
        state.Application(
            id=f"app-{index}",
            queue=draw(st.sampled_from(standing)),
            user=draw(st.sampled_from(USERS)),
            groups=draw(st.sampled_from([(), ("staff",), ("students", "staff")])),
            state="Running",
            used=draw(used),
        )
        for index in range(draw(st.integers(0, 4)) if standing else 0)
    )

    def live(name: str) -> Any:
        return state.LiveQueue(
            name=name,
            status=draw(st.sampled_from(["Active", "Draining"])),
            leaf=draw(st.booleans()),
            managed=draw(st.booleans()),
            allocated=draw(used),
            pending=draw(used),
            running=draw(st.integers(0, 2000)),
        )

    return state.State(
        queues={name: live(name) for name in standing},
        applications=applications,
        users=tuple(
            state.Usage(name=each.user, queue=each.queue, used=draw(used), running=(each.id,)) for each in applications
        ),
        groups=tuple(
            state.Usage(name=each.groups[0], queue=each.queue, used=draw(used), running=(each.id,))
            for each in applications
            if each.groups
        ),
        unknown=tuple(draw(st.lists(st.sampled_from([f"{part}: lost" for part in state.PARTS]), max_size=1))),
    )
