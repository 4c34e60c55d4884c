# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What GPU machines offer less than they should, and why. Pure: reads what the API returned, asks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _faults
from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines as _machines
from ansible_collections.kubehub.platform.plugins.module_utils._gpu import values
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.machines import Machine

_PRODUCT_LABEL = "nvidia.com/gpu.product"
_MIG_STATE_LABEL = "nvidia.com/mig.config.state"
# What the operator adds to a product's name.
_SHARED = re.compile(r"(-MIG-[0-9]+g\.[0-9]+gb[A-Za-z0-9.]*)?(-SHARED)?")


def shortfall(machines: Iterable[Machine], strategy: str, nodes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each thing that a machine offers otherwise than the inventory says: machine, wanted, found."""
    by_name = {node["metadata"]["name"]: node for node in nodes}
    return [line for machine in machines for line in _lines(machine, strategy, by_name.get(machine.name))]


def explained(
    machines: Iterable[Machine],
    strategy: str,
    nodes: Iterable[Mapping[str, Any]],
    pods: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]] = (),
) -> list[str]:
    """Return :func:`shortfall` with the reasons of the operator's pods: those on a machine that falls short, and those on none."""
    known, all_nodes = list(machines), list(nodes)
    lines = shortfall(known, strategy, all_nodes)
    if not lines:
        return []
    short = {machine.name for machine in known if shortfall([machine], strategy, all_nodes)}
    near = [pod for pod in pods if (pod.get("spec") or {}).get("nodeName") in (*short, None)]
    silent = f"All pods of the operator on {', '.join(sorted(short))} are well: see how many GPUs the machine has (lspci -d 10de:)."
    return lines + (_faults.pod_faults(near, events) or [silent if near else "The operator has no pod there."])


def _lines(machine: Machine, strategy: str, node: Mapping[str, Any] | None) -> Iterator[str]:
    if node is None:
        yield f"{machine.name}: wanted a node of this name, found none"
        return
    labels = node["metadata"].get("labels") or {}
    for resource, wanted in _machines.offer(machine, strategy).items():
        found = str((node.get("status") or {}).get("allocatable", {}).get(resource, "none"))
        if found != str(wanted):
            yield f"{machine.name}: wanted {resource} {wanted}, found {found}"
    product = labels.get(_PRODUCT_LABEL, "")
    suffix = product.removeprefix(machine.model)
    if product and (suffix == product or not _SHARED.fullmatch(suffix)):
        yield f"{machine.name}: wanted the model {machine.model}, found {product}"
    state = labels.get(_MIG_STATE_LABEL)
    if machine.mig and values.MIG_LABEL in labels and state not in (None, "success"):
        yield f"{machine.name}: wanted the MIG layout {_machines.layout(machine)}, found its change {state}"
