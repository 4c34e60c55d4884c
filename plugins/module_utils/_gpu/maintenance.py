# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What GPU machines have otherwise than the inventory says, and what a change of it means for those who use them. Pure: the time is an argument.

What has begun on a machine stands in an annotation of its node, so that another run, from whatever controller, goes on with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import values
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.machines import Machine
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.users import users

ANNOTATION = "kubehub.platform/gpu-maintenance"
DRIVER_LABEL = "app.kubernetes.io/component"
DRIVER = "nvidia-driver"
_SHARED = re.compile(r"shared-([1-9][0-9]*)")
_INSTANCES = re.compile(r"([1-9][0-9]*)x([0-9]+g\.[0-9]+gb)((?:\.[a-z]+)*)")


def steps(
    settings: Mapping[str, Any],
    nodes: Iterable[Mapping[str, Any]],
    pods: Iterable[Mapping[str, Any]],
    now: float,
) -> list[dict[str, Any]]:
    """Return what is to be done, one machine after the other: first those on which it has begun, then as the inventory lists them.

    ``settings`` are ``machines`` and ``names`` of those that are meant (all where there are none), ``mig_strategy``, ``driver_version``,
    ``notice_seconds``, ``evict`` and ``hold``, which empties a machine for an admin's own work. ``nodes`` and ``pods`` are the cluster's,
    ``now`` is seconds since 1970.

    Each has the machine's ``name``; ``changes`` in words; ``empties``, whether its users must go; ``users``; ``machines``, the whole site's
    when it is done: those that come later as they are now; ``mark``, what the node is annotated with: ``until`` when it is waited for users,
    in seconds since 1970, and ``uncordon``, whether the machine took pods before; ``resumed``; ``notice`` for all of the hub and ``note``
    for its users.
    """
    all_pods = list(pods)
    by_name = {node["metadata"]["name"]: node for node in nodes}
    given = {str(one["name"]).lower(): dict(one) for one in settings["machines"]}
    named = [str(name).lower() for name in settings["names"]]
    found = []
    for name in named or given:
        if name not in given or name not in by_name:
            continue
        machine, node = Machine.read(given[name]), by_name[name]
        mark = json.loads((node["metadata"].get("annotations") or {}).get(ANNOTATION) or "{}")
        hold = bool(settings["hold"] and named)
        changes = list(_changes(machine, node, settings, all_pods))
        if not (changes or mark or hold):
            continue
        empties = hold or any(empties for _words, empties in changes)
        until = mark.get("until") or now + (int(settings["notice_seconds"]) if empties else 0)
        step = {
            "name": name,
            "changes": [words for words, _empties in changes],
            "empties": empties,
            "users": users(all_pods, name, everybody=hold),
            "mark": {
                "until": until,
                "uncordon": mark.get("uncordon", not (node.get("spec") or {}).get("unschedulable")),
            },
            "resumed": bool(mark),
        }
        found.append(step | _words(step, evict=bool(settings["evict"])))
    found.sort(key=lambda step: not step["resumed"])
    order = [step["name"] for step in found]
    for place, step in enumerate(found):
        later = order[place + 1 :]
        step["machines"] = [one | _has(by_name[name]) if name in later else one for name, one in given.items()]
    return found


def plan(steps_: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each machine: what changes, and whom that meets."""
    return [
        f"{step['name']}: {'; '.join(step['changes']) or 'no change of the inventory'}; {_met(step)}"
        + (" It has begun in an earlier run." if step["resumed"] else "")
        for step in steps_
    ]


def old_drivers(pods: Iterable[Mapping[str, Any]], daemonsets: Iterable[Mapping[str, Any]], node: str) -> list[str]:
    """Return the operator's driver pods on a node that are not what their DaemonSet makes now; it replaces a pod that is deleted."""
    wanted = {_image(daemonset["spec"]["template"]) for daemonset in daemonsets if _is_driver(daemonset)}
    return [pod["metadata"]["name"] for pod in _drivers(pods, node) if wanted and _image(pod) not in wanted]


def _changes(
    machine: Machine, node: Mapping[str, Any], settings: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, bool]]:
    """Yield each difference, and whether it can only be changed where nobody uses the GPUs."""
    has = node["metadata"].get("labels") or {}
    wanted = values.labels(machine, settings["mig_strategy"])
    sharing = has.get(values.SHARING_LABEL, "none")
    if sharing != wanted[values.SHARING_LABEL]:
        yield f"sharing {sharing} -> {wanted[values.SHARING_LABEL]}", False
    layouts = [labels.get(values.MIG_LABEL) or "all-disabled" for labels in (has, wanted)]
    if layouts[0] != layouts[1]:
        yield f"MIG layout {layouts[0]} -> {layouts[1]}", True
    version = str(settings["driver_version"])
    for pod in _drivers(pods, machine.name):
        runs = _image(pod).rpartition(":")[2]
        if version and not runs.startswith(f"{version}-"):
            yield f"driver {runs} -> {version}", True


def _has(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a node's labels say that its GPUs are shared, as the inventory would; nothing of what no inventory can have said."""
    labels = node["metadata"].get("labels") or {}
    found: dict[str, Any] = {}
    shared = _SHARED.fullmatch(labels.get(values.SHARING_LABEL, ""))
    if shared or labels.get(values.SHARING_LABEL) == "default":
        found["slices"] = int(shared[1]) if shared else 1
    layout = labels.get(values.MIG_LABEL, "all-disabled")
    parts = [_INSTANCES.fullmatch(part) for part in layout.split("-")]
    if layout == "all-disabled":
        found["mig"] = {}
    elif all(parts):
        found["mig"] = {part[2] + part[3].replace(".", "+"): int(part[1]) for part in parts if part}
    return found


def _words(step: Mapping[str, Any], *, evict: bool) -> dict[str, str]:
    changed = "; ".join(step["changes"]) or "maintenance by an admin"
    until = datetime.fromtimestamp(step["mark"]["until"], tz=timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    if not step["empties"]:
        note = f"The GPUs of {step['name']} are being changed ({changed}). Your server goes on."
        return {"notice": note.replace("Your server goes on.", "What runs there goes on."), "note": note}
    end = f"At {until} it is stopped" if evict else f"The work waits for it until {until}"
    return {
        "notice": f"{step['name']} takes no new servers: {changed}. Its users are told in their notebooks.",
        "note": f"{step['name']}, on which this server runs, needs work on its GPUs ({changed}). Please save and stop your server. {end}.",
    }


def _met(step: Mapping[str, Any]) -> str:
    owners = ", ".join(sorted({user["owner"] for user in step["users"]}))
    if not owners:
        return "nobody uses its GPUs."
    return f"{owners} must stop first." if step["empties"] else f"{owners} are told and go on."


def _is_driver(one: Mapping[str, Any]) -> bool:
    return (one["metadata"].get("labels") or {}).get(DRIVER_LABEL) == DRIVER


def _drivers(pods: Iterable[Mapping[str, Any]], node: str) -> Iterator[Mapping[str, Any]]:
    return (pod for pod in pods if _is_driver(pod) and (pod.get("spec") or {}).get("nodeName") == node)


def _image(pod: Mapping[str, Any]) -> str:
    return str(pod["spec"]["containers"][0]["image"])
