# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Decides what becomes of a wanted configuration: what it changes, whom that affects, whether it may be applied, whether it was.

Nothing is asked or written here. What can't be planned at all is a :class:`PlanError`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import diff, impact, lint, neighbours, quantity
from .model import Config, Pairs
from .parse import Document, parse
from .state import State
from .validate import DEFAULT_PARTITION, ROOT, Placed, tree, validate

UNPROVEN = "unproven"
"""What `allow` has to name where the scheduler can't be asked."""

BUILT_IN = """
partitions:
  - name: default
    placementrules:
      - name: tag
        value: namespace
        create: true
    queues:
      - name: root
        submitacl: '*'
"""
"""What YuniKorn runs where the ConfigMaps hold no configuration. Source: yunikorn-core ``pkg/common/configs/config.go``."""


class PlanError(Exception):
    """There is nothing to plan with, or an option can't be meant. The message says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a wanted configuration changes.

    ``base`` is what the changes start from: what the scheduler runs, or where it can't be asked, what the ConfigMaps hold.
    ``write`` tells whether the ConfigMaps mean something else than what is wanted, ``drift`` whether the scheduler runs something
    else than the ConfigMaps hold. ``findings`` are those that were not accepted, ``neighbours`` those about the values beside the
    queues. ``draining`` are queues that an earlier change removed. ``unreachable`` is why the scheduler can't be asked; empty where
    it can.
    """

    wanted: Config
    base: Config
    write: bool
    drift: bool
    changes: tuple[diff.Change, ...]
    effects: tuple[impact.Effect, ...]
    findings: tuple[lint.Finding, ...]
    neighbours: tuple[lint.Finding, ...]
    hot_refresh: bool
    draining: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreachable: str = ""

    @property
    def level(self) -> str:
        """The highest level of all changes; ``safe`` where there are none."""
        return max((effect.level for effect in self.effects), key=impact.LEVELS.index, default=impact.LEVELS[0])


def read(text: str) -> Document:
    """Return what a configuration says; raise :class:`PlanError` with every reason why YuniKorn refuses it."""
    document = parse(text)
    problems = validate(document)
    if problems:
        reasons = "".join(f"\n- {problem}" for problem in problems)
        raise PlanError(f"YuniKorn refuses this configuration:{reasons}")
    return document


def make(
    document: Document,
    merged: neighbours.Merged,
    after: neighbours.Merged,
    state: State | None,
    *,
    accept: Sequence[str] = (),
    unreachable: str = "",
) -> Plan:
    """Return the plan for a ``document`` that validates.

    ``merged`` is what YuniKorn makes of the ConfigMaps, ``after`` what it would make of them with the document written. ``state`` is
    None where ``unreachable`` says why the scheduler can't be asked.

    Raise :class:`PlanError` where ``accept`` names what can't be accepted.
    """
    try:
        findings = lint.accepted(lint.lint(document, offered=_offered(state), version=_version(state)), accept)
        beside = lint.accepted(neighbours.problems(after), accept)
    except lint.AcceptError as error:
        raise PlanError(str(error)) from error
    wanted = document.config
    present = parse(merged.text or BUILT_IN)
    valid = not validate(present)
    running = state.active if state else None
    base = present.config if running is None else running
    changes = diff.diff(base, wanted)
    unknown = state.unknown if state else ()
    if state and not (running and state.knows("queues")):
        unreachable = f"it does not tell what it runs ({'; '.join(unknown)})"
    return Plan(
        wanted=wanted,
        base=base,
        write=not valid or not same(present.config, wanted),
        drift=running is not None and not (valid and same(present.config, running)),
        changes=changes,
        effects=impact.impact(changes, base, wanted, state),
        findings=findings,
        neighbours=beside,
        hot_refresh=merged.hot_refresh,
        draining=draining(wanted, state) if state else (),
        unknown=unknown,
        unreachable=unreachable,
    )


def same(left: Config, right: Config) -> bool:
    """Return whether two configurations mean the same."""
    return diff.canonical(left) == diff.canonical(right)


def _offered(state: State | None) -> Mapping[str, int] | None:
    return state.capacity if state and state.knows("capacity") else None


def _version(state: State | None) -> tuple[int, int] | None:
    match = re.match(r"v?(\d+)\.(\d+)", state.version) if state else None
    return (int(match[1]), int(match[2])) if match else None


# -- may it be applied? ------------------------------------------------------------------------------------------------


def refusals(plan: Plan, allow: Sequence[str], *, brief: bool = False) -> tuple[str, ...]:
    """Return why the plan is not applied, a sentence or two each that say what to do; nothing means that it may be.

    With ``brief``, what a change does is left out, for a text that has it already.
    Raise :class:`PlanError` for an entry of ``allow`` that is no level, no id of a change and not :data:`UNPROVEN`.
    """
    for entry in allow:
        if entry not in (*impact.LEVELS, UNPROVEN) and entry.partition(":")[0] not in diff.KINDS:
            levels = ", ".join(impact.LEVELS)
            raise PlanError(
                f"allow: '{entry}' is no level ({levels}), not {UNPROVEN}, and no change's id such as remove:root.a.b"
            )
    found = [_finding(each) for each in plan.findings if each.level == lint.ERROR]
    if plan.write:
        found += [f"{_named(each)}. Correct it there first." for each in plan.neighbours if each.level == lint.ERROR]
        if not plan.hot_refresh:
            found.append(
                "service.enableConfigHotRefresh is off, so YuniKorn reads no change before it is restarted, not even this one. "
                'Set it to "true" in the ConfigMap, restart the scheduler, then apply.'
            )
    allowed = max((impact.LEVELS.index(entry) for entry in allow if entry in impact.LEVELS), default=0)
    found += [
        f'{each.change} ({each.level}): {"" if brief else each.text + " "}To allow it, add "{each.level}" or "{each.change}" to allow.'
        for each in plan.effects
        if impact.LEVELS.index(each.level) > allowed and each.change not in allow
    ]
    if plan.write and plan.unreachable and UNPROVEN not in allow:
        found.append(
            f"The scheduler can't be asked what this does, nor whether it took it: {plan.unreachable}. "
            f'Make it reachable, or add "{UNPROVEN}" to allow.'
        )
    return tuple(found)


def overruled(plan: Plan, wanted: str, merged: neighbours.Merged, name: str) -> tuple[str, ...]:
    """Return why a text that is ``wanted`` in the ConfigMap ``name`` would not be what YuniKorn reads; ``merged`` is what it would read."""
    if not plan.write or merged.text == wanted:
        return ()
    return (
        f"ConfigMap {merged.origin} holds {merged.key}, too, and wins over {name}. Write there, or remove it there first.",
    )


def _finding(finding: lint.Finding) -> str:
    if finding.trap:
        return f"{_named(finding)}. YuniKorn accepts this and then breaks, so nothing allows it: correct it."
    return f'{_named(finding)}. Correct it, or add "{finding.name}@{finding.path}" to accept.'


def _named(finding: lint.Finding) -> str:
    place = finding.path if finding.line is None else f"{finding.path} (line {finding.line})"
    return f"{finding.name} at {place}: {finding.message}"


def manifest(found: Mapping[str, Any] | None, *, name: str, namespace: str, key: str, text: str) -> dict[str, Any]:
    """Return the ConfigMap ``found``, or a new one, with ``text`` under ``key`` and all else as it was."""
    if found is None:
        meta = {"name": name, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {key: text}}
    written = {**found, "data": {**(found.get("data") or {}), key: text}}
    # A packed text (queues.yaml.gz) hides the plain one of the same name.
    packed = {each: value for each, value in (found.get("binaryData") or {}).items() if each.rpartition(".")[0] != key}
    if "binaryData" in found:
        written["binaryData"] = packed
    return written


# -- was it? -----------------------------------------------------------------------------------------------------------


def checksum(text: str) -> str:
    """Return YuniKorn's checksum of a configuration's text: SHA-256 in upper-case digits, of all but a checksum in the text itself.

    Source: yunikorn-core ``pkg/common/configs/config.go``, ``GetConfigurationString``.
    """
    content, mark = text.encode("utf-8", "surrogateescape"), b"checksum: "
    if mark in content:
        own = (mark + content.split(mark)[1]).rstrip(b"\n")
        content = content.replace(own[: len(mark) + 64], b"")
    return hashlib.sha256(content).hexdigest().upper()


def unproved(wanted: Config, state: State, partition: str = DEFAULT_PARTITION) -> tuple[str, ...]:
    """Return what of ``wanted`` the scheduler does not show: its configuration first, then queues that do not stand as they should."""
    if state.active is None:
        return tuple(each for each in state.unknown if each.startswith("config:"))
    if not same(state.active, wanted):
        return (f"the scheduler runs another configuration (checksum {state.checksum or 'unknown'})",)
    queues = _placed(wanted, partition)
    found = []
    for name, placed in queues.items():
        live = state.queues.get(name)
        if live is None:
            found.append(f"{name} is not there")
        elif live.status != "Active":
            found.append(f"{name} is {live.status or 'in an unknown state'}")
        elif placed.name != ROOT:
            resources = placed.queue.resources
            for kind, text, amounts in (
                ("max", resources.max, live.max),
                ("guaranteed", resources.guaranteed, live.guaranteed),
            ):
                if _positive(_amounts(text)) != _positive(amounts or {}):
                    found.append(f"{name} has another {kind}")
    found += [
        f"{name} is not draining"
        for name, live in state.queues.items()
        if live.managed and live.status == "Active" and name not in queues
    ]
    return tuple(found)


def draining(wanted: Config, state: State) -> tuple[str, ...]:
    """Return the full names of the queues that drain and are not wanted back."""
    kept = {name for each in wanted.partitions for name in _placed(wanted, each.name.lower() or DEFAULT_PARTITION)}
    return tuple(name for name, live in sorted(state.queues.items()) if live.status == "Draining" and name not in kept)


def occupied(wanted: Config, state: State) -> tuple[str, ...]:
    """Return what the queues of :func:`draining` wait for: each with the applications in it and their owners."""
    found = []
    for name in draining(wanted, state):
        inside = [f"{one.id} of {one.user}" for one in state.applications if one.queue == name]
        found.append(f"{name} drains ({', '.join(inside) or 'nothing in it'})")
    return tuple(found)


def _placed(config: Config, partition: str) -> dict[str, Placed]:
    """Return the queues of a partition by full name, as the scheduler writes it."""
    return {
        placed.name.lower(): placed
        for each in config.partitions
        if (each.name.lower() or DEFAULT_PARTITION) == partition
        for placed in tree(each, "").walk()
    }


def _amounts(pairs: Pairs | None) -> dict[str, int]:
    return {name: quantity.parse(text, name) for name, text in pairs or ()}


def _positive(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: value for name, value in amounts.items() if value}


# -- for people --------------------------------------------------------------------------------------------------------


def text(plan: Plan, refused: Sequence[str] = ()) -> str:
    """Return the plan for people: the changes with their effects, then all else that one has to know before applying it."""
    lines = []
    if plan.unreachable:
        lines.append(f"Compared with the ConfigMaps, because the scheduler can't be asked: {plan.unreachable}.")
    elif plan.drift:
        lines.append("The scheduler does not run what the ConfigMaps hold. Compared with what it runs:")
    lines += diff.tree(plan.changes, plan.effects).splitlines()
    if plan.effects:
        levels = Counter(effect.level for effect in plan.effects)
        lines.append(", ".join(f"{levels[level]} {level}" for level in reversed(impact.LEVELS) if levels[level]) + ".")
    if plan.draining:
        lines.append(f"Draining since an earlier change: {', '.join(plan.draining)}.")
    for title, items in (
        ("Found", [f"{each.level}: {_named(each)}" for each in (*plan.findings, *plan.neighbours)]),
        ("Not known", plan.unknown),
        ("Refused", refused),
    ):
        if items:
            lines += ["", f"{title}:", *(f"- {item}" for item in items)]
    return "".join(f"{line}\n" for line in lines)
