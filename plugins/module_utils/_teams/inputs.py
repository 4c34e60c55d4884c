# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""From a role's inputs to what is wrong with them, and to YuniKorn's document. Pure.

``settings`` are ``{default_team, gpu_resource, sort, node_sort, preemption, preemption_delay, document}``: ``default_team`` is the team of users without
one (a name and bounds), ``document`` a configuration of YuniKorn's own, as text or mapping, empty where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import quantity
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import plan, render
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.model import Config
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.quantity import VCORE

from . import parse as _parse
from . import queues
from .model import Team
from .reasons import reasons as _reasons

_CHOICES = {"sort": ("fair", "fifo"), "node_sort": ("fair", "binpacking")}
_NO_CAPACITY_TAINT = "node-role"


class Inputs:
    """A role's inputs as teams, policy and document; ``reasons`` are what is wrong with them, every one."""

    def __init__(self, given: Any, settings: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]] = ()) -> None:
        """Read all; without ``nodes`` no guarantee is held against them."""
        gpu = str(settings.get("gpu_resource") or _parse.GPU)
        self.teams, wrong = _parse.parse(given, gpu_resource=gpu)
        fallback, wrong_fallback = _parse.parse([settings.get("default_team") or {"name": "default"}], gpu_resource=gpu)
        self.fallback = fallback[0] if fallback else Team(name="default", path="root.default")
        self.text, self.document, wrong_document = _document(settings.get("document"))
        self.reasons = [
            *wrong,
            *(f"the default team: {reason}" for reason in wrong_fallback),
            *self._fallback_reasons(),
            *_reasons(self.teams, self.fallback, capacity(nodes)),
            *wrong_document,
            *_choices(settings),
        ]
        self.policy = queues.Policy(
            sort=str(settings.get("sort") or "fair"),
            node_sort=str(settings.get("node_sort") or "fair"),
            preemption=bool(settings.get("preemption", True)),
            preemption_delay=int(settings.get("preemption_delay") or 30),
        )
        if self.document and not self.reasons:
            try:
                queues.merged(self.document, self.teams, self.fallback)
            except queues.MergeError as error:
                self.reasons.append(str(error))

    def _fallback_reasons(self) -> Iterator[str]:
        if self.fallback.peopled or self.fallback.children:
            yield f"the default team: {self.fallback.name} has members, a group or teams below it; it is for users without a team"

    def config(self) -> str:
        """Return YuniKorn's configuration of inputs without faults: the document's own text where there are no teams beside it."""
        if self.document is None:
            return render.render(queues.config(self.teams, self.fallback, self.policy))
        if not self.teams:
            return self.text
        return render.render(queues.merged(self.document, self.teams, self.fallback))


def capacity(nodes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return what pods may take on all nodes that run notebooks; ``nodes`` are objects of the API."""
    total: dict[str, int] = {}
    for node in nodes:
        taints = (node.get("spec") or {}).get("taints") or ()
        if any(_NO_CAPACITY_TAINT in taint.get("key", "") for taint in taints):
            continue
        for name, text in (node.get("status", {}).get("allocatable") or {}).items():
            try:
                value = quantity.parse(text)
            except quantity.QuantityError:
                continue
            resource, scale = (VCORE, 1000) if name == "cpu" else (name, 1)
            total[resource] = total.get(resource, 0) + int(value * scale)
    return total


def _document(given: Any) -> tuple[str, Config | None, list[str]]:
    if not given:
        return "", None, []
    if not isinstance(given, (str, Mapping)):
        return "", None, [f"the document is neither a text nor a mapping, but of type {type(given).__name__}"]
    text = given if isinstance(given, str) else render.text(dict(given))
    try:
        return text, plan.read(text).config, []
    except plan.PlanError as error:
        return "", None, [f"the document: {error}"]


def _choices(settings: Mapping[str, Any]) -> Iterator[str]:
    for key, allowed in _CHOICES.items():
        if (settings.get(key) or allowed[0]) not in allowed:
            yield f"{key}: {settings[key]!r} is unknown, wanted one of {', '.join(allowed)}"
    if int(settings.get("preemption_delay") or 1) < 1:
        yield f"preemption_delay: {settings['preemption_delay']} is less than 1 second"
