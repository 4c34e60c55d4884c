# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters from the inventory's GPU machines to what the GPU Operator is given and what is expected of it, each documented in the YAML file of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines as _machines
from ansible_collections.kubehub.platform.plugins.module_utils._gpu import maintenance, reasons, shortfall, values
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.users import users


def gpu_machines(names: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the inventory says of GPU machines."""
    return _machines.declared(names, hostvars)


def gpu_reasons(
    settings: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]] = (), pods: Iterable[Mapping[str, Any]] = ()
) -> list[str]:
    """Return why the operator cannot be given the role's inputs."""
    return reasons.reasons(settings, nodes, pods)


def gpu_warnings(settings: Mapping[str, Any]) -> list[str]:
    """Return what an admin should know of inputs that work."""
    return reasons.warnings(settings)


def gpu_driver_images(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the image of the operator's driver that each machine needs, by the machine's name."""
    return reasons.driver_images(settings)


def gpu_driver_reasons(settings: Mapping[str, Any], downloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return which of these images do not exist."""
    return reasons.driver_reasons(settings, downloads)


def gpu_driver_doubts(settings: Mapping[str, Any], downloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return of which of these images nobody told whether they exist."""
    return reasons.driver_doubts(settings, downloads)


def gpu_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chart's values."""
    return values.values(settings, driver=reasons.driver_by_operator(settings))


def gpu_labels(
    machines: Iterable[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]] = (), strategy: str = "single"
) -> dict[str, dict[str, str | None]]:
    """Return what is to be patched into nodes' labels, by the nodes' names."""
    return values.node_labels(_machines.read_all(machines), strategy, nodes)


def gpu_kinds(machines: Iterable[Mapping[str, Any]], strategy: str = "single") -> list[dict[str, Any]]:
    """Return the kinds of GPU that users may choose from."""
    return _machines.kinds(_machines.read_all(machines), strategy)


def gpu_leftovers(nodes: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, None]]:
    """Return what is to be patched into nodes' labels where the operator is gone, by the nodes' names."""
    return values.leftovers(nodes)


def gpu_offer(machines: Iterable[Mapping[str, Any]], strategy: str = "single") -> dict[str, dict[str, int]]:
    """Return what each machine offers, by its node's name."""
    return {machine.name: _machines.offer(machine, strategy) for machine in _machines.read_all(machines)}


def gpu_shortfall(
    machines: Iterable[Mapping[str, Any]],
    nodes: Iterable[Mapping[str, Any]],
    strategy: str = "single",
    pods: Iterable[Mapping[str, Any]] | None = None,
    events: Iterable[Mapping[str, Any]] = (),
) -> list[str]:
    """Return a line for each thing that nodes offer otherwise than the inventory says, with the pods' reasons where there are pods."""
    wanted = _machines.read_all(machines)
    if pods is None:
        return shortfall.shortfall(wanted, strategy, nodes)
    return shortfall.explained(wanted, strategy, nodes, pods, events)


def gpu_maintenance(
    settings: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]], now: float
) -> list[dict[str, Any]]:
    """Return what is to be done on GPU machines, one after the other."""
    return maintenance.steps(settings, nodes, pods, now)


def gpu_maintenance_plan(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each machine that is to be changed."""
    return maintenance.plan(steps)


def gpu_users(pods: Iterable[Mapping[str, Any]], node: str, everybody: bool = False) -> list[dict[str, str]]:
    """Return who uses a node's GPUs."""
    return users(pods, node, everybody=everybody)


def gpu_old_drivers(pods: Iterable[Mapping[str, Any]], daemonsets: Iterable[Mapping[str, Any]], node: str) -> list[str]:
    """Return the driver pods on a node that their DaemonSet would make otherwise."""
    return maintenance.old_drivers(pods, daemonsets, node)


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "gpu_machines": gpu_machines,
            "gpu_reasons": gpu_reasons,
            "gpu_warnings": gpu_warnings,
            "gpu_driver_images": gpu_driver_images,
            "gpu_driver_reasons": gpu_driver_reasons,
            "gpu_driver_doubts": gpu_driver_doubts,
            "gpu_values": gpu_values,
            "gpu_labels": gpu_labels,
            "gpu_kinds": gpu_kinds,
            "gpu_leftovers": gpu_leftovers,
            "gpu_maintenance": gpu_maintenance,
            "gpu_maintenance_plan": gpu_maintenance_plan,
            "gpu_old_drivers": gpu_old_drivers,
            "gpu_users": gpu_users,
            "gpu_offer": gpu_offer,
            "gpu_shortfall": gpu_shortfall,
        }
