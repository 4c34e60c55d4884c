# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement rules: which queue an application lands in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .config import Struct, zero
from .queues import ACTIVE, NO_TEMPLATE, Queue, Wanted

RECOVERY = "root.@recovery@"
PROVIDED: Struct = {**zero("PlacementRule"), "Name": "provided"}
"""In force where a config has no rules."""


def place(
    rules: Sequence[Struct], root: Queue, *, queue: str, namespace: str, user: str, groups: tuple[str, ...]
) -> Queue | None:
    """The queue of an application that asks for ``queue``, made if a rule may; None if no rule has one for it."""
    for rule in rules:
        path = _path(rule, root, queue, namespace, user, groups)
        found = _usable(path, root, _creates(rule), user, groups) if path else None
        if found:
            return found
    default = root.find("root.default") if rules else None
    return default if default and _takes(default, user, groups) else None


def recover(root: Queue) -> Queue:
    """The queue of applications that run already when the scheduler starts, and that no rule has a queue for."""
    return root.find(RECOVERY) or _made(root, Wanted.made(RECOVERY.rpartition(".")[2], NO_TEMPLATE))


def _takes(queue: Queue, user: str, groups: tuple[str, ...]) -> bool:
    return queue.leaf and queue.status == ACTIVE and queue.admits(user, groups)


def _creates(rule: Struct) -> tuple[bool, ...]:
    """The create flags from the outermost parent's to the rule's own."""
    above = _creates(rule["Parent"]) if rule["Parent"] else ()
    return (*above, rule["Create"])


def _path(rule: Struct, root: Queue, queue: str, namespace: str, user: str, groups: tuple[str, ...]) -> str | None:
    """The full name that a rule gives, whether or not there is such a queue."""
    if not _passes(rule["Filter"], user, groups):
        return None
    names: dict[str, str] = {
        "provided": queue,
        "user": user.replace(".", "_dot_"),
        "fixed": rule["Value"],
        "tag": namespace.replace(".", "_dot_") if rule["Value"] == "namespace" else "",
    }
    name = names.get(rule["Name"].lower(), "")
    if not name:
        return None
    if name == "root" or name.startswith("root."):
        return name.lower()
    above = _path(rule["Parent"], root, queue, namespace, user, groups) if rule["Parent"] else "root"
    return f"{above}.{name}".lower() if above else None


def _passes(filter_: Struct, user: str, groups: tuple[str, ...]) -> bool:
    lists = [(filter_["Users"], (user,)), (filter_["Groups"], groups)]
    if not any(wanted for wanted, _ in lists):
        return True
    named = any(_named(wanted, has) for wanted, has in lists)
    return not named if filter_["Type"] == "deny" else named


def _named(wanted: Sequence[str] | None, has: Sequence[str]) -> bool:
    """A list of one name may be an expression."""
    if wanted and len(wanted) == 1 and re.search(r"[\^$*+?()\[{}|]", wanted[0]):
        return any(re.search(wanted[0], name) for name in has)
    return any(name in (wanted or ()) for name in has)


def _usable(path: str, root: Queue, creates: tuple[bool, ...], user: str, groups: tuple[str, ...]) -> Queue | None:
    """The queue if it takes the application; made, with what is missing above it, where the rules may."""
    found = root.find(path)
    if found:
        return found if _takes(found, user, groups) else None
    names = path.split(".")
    missing = [
        ".".join(names[: depth + 1]) for depth in range(len(names)) if not root.find(".".join(names[: depth + 1]))
    ]
    above = root.find(missing[0].rpartition(".")[0])
    if not above or above.leaf or above.status != ACTIVE or not above.admits(user, groups):
        return None
    if not all(creates[-len(missing) :]):
        return None
    for name in missing[:-1]:
        above = _made(above, Wanted.made(name.rpartition(".")[2], None))
    return _made(above, Wanted.made(names[-1], above.template() or NO_TEMPLATE))


def _made(above: Queue, wanted: Wanted) -> Queue:
    for _, queue in above.add(wanted, managed=False):
        return queue
    raise AssertionError(wanted)
