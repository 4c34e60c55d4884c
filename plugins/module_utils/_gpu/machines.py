# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What an inventory says of its GPU machines, and what each then offers to pods. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import models

RESOURCE = "nvidia.com/gpu"
MIG_RESOURCE = "nvidia.com/mig-"
KIND_LABEL = "kubehub.platform/gpu"


@dataclass(frozen=True)
class Machine:
    """A GPU machine as the inventory wants it.

    ``name`` is the node's. ``mig`` holds instances of each card by profile, ``slices`` is how many pods share one card or instance.
    ``host_driver`` is the version of a driver that was found on the machine, empty where there is none, None where nobody could look.
    """

    name: str
    model: str
    count: int
    slices: int = 1
    mig: Mapping[str, int] = field(default_factory=dict)
    host_driver: str | None = None
    system: str = ""
    kernel: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Machine:
        """Return the machine of a dictionary with these keys; those without a value have the defaults."""
        return cls(
            name=str(given["name"]).lower(),
            model=models.product(str(given.get("model") or "")),
            count=int(given.get("count") or 0),
            slices=int(1 if given.get("slices") is None else given["slices"]),
            mig={str(profile): int(number) for profile, number in (given.get("mig") or {}).items()},
            host_driver=None if given.get("host_driver") is None else str(given["host_driver"]),
            system=str(given.get("system") or ""),
            kernel=str(given.get("kernel") or ""),
        )


def read_all(given: Iterable[Mapping[str, Any]]) -> list[Machine]:
    """Return the machines of a list of dictionaries."""
    return [Machine.read(one) for one in given]


def declared(names: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the inventory's variables (``platform_gpu_*``, and the facts of the role gpu_node) say of machines, by their names."""
    wanted = {
        "model": "platform_gpu_model",
        "count": "platform_gpu_count",
        "slices": "platform_gpu_slices",
        "mig": "platform_gpu_mig",
        "host_driver": "gpu_node_driver",
        "system": "gpu_node_system",
        "kernel": "gpu_node_kernel",
    }
    found = []
    for name in names:
        given = {key: variables[name].get(variable) for key, variable in wanted.items()}
        found.append({"name": name.lower(), **{key: value for key, value in given.items() if value is not None}})
    return found


def offer(machine: Machine, strategy: str) -> dict[str, int]:
    """Return what a machine offers by resource name, with MIG's strategy ``single`` or ``mixed``.

    >>> offer(Machine("w2", "NVIDIA-A30", 2, slices=2, mig={"1g.6gb": 2, "2g.12gb": 1}), "mixed")
    {'nvidia.com/mig-1g.6gb': 8, 'nvidia.com/mig-2g.12gb': 4}
    """
    if machine.mig and strategy == "mixed":
        return {
            _instance(profile): machine.count * number * machine.slices
            for profile, number in sorted(machine.mig.items())
        }
    return {RESOURCE: machine.count * sum(machine.mig.values() or (1,)) * machine.slices}


def sharing(machine: Machine) -> str:
    """Return the name of the device plugin's configuration for a machine, as a label's value."""
    return "default" if machine.slices == 1 else f"shared-{machine.slices}"


def layout(machine: Machine) -> str:
    """Return the name of a machine's MIG layout, as a label's value.

    >>> layout(Machine("w2", "NVIDIA-A30", 1, mig={"2g.12gb": 1, "1g.6gb+me": 1, "1g.6gb": 1}))
    '1x1g.6gb-1x1g.6gb.me-1x2g.12gb'
    """
    if not machine.mig:
        return "all-disabled"
    return "-".join(f"{number}x{profile.replace('+', '.')}" for profile, number in sorted(machine.mig.items()))


def kind(machine: Machine, strategy: str) -> str:
    """Return the kind of GPU that a machine offers as ``nvidia.com/gpu``, as a label's value: its model, and its instances' profile.

    Unlike ``nvidia.com/gpu.product`` it stays the same when the number of slices changes.
    """
    profile = next(iter(machine.mig)).replace("+", ".") if machine.mig and strategy == "single" else ""
    return ".".join(filter(None, (machine.model.removeprefix("NVIDIA-"), profile)))


def kinds(machines: Iterable[Machine], strategy: str) -> list[dict[str, Any]]:
    """Return what users may choose from, each kind of GPU once, as a profile of the role jupyterhub begins."""
    found: dict[str, dict[str, Any]] = {}
    for machine in machines:
        for resource in offer(machine, strategy):
            instance = resource.removeprefix(MIG_RESOURCE) if resource != RESOURCE else ""
            label = kind(machine, strategy)
            name = re.sub(r"[^a-z0-9]+", "-", "-".join(filter(None, ("gpu", label, instance))).lower())[:63].strip("-")
            part = instance or label.removeprefix(machine.model.removeprefix("NVIDIA-")).lstrip(".")
            title = machine.model.replace("-", " ") + (f", MIG {part}" if part else "")
            found.setdefault(
                name,
                {
                    "name": name,
                    "title": f"GPU: {title}",
                    "gpu_resource": resource,
                    "node_selector": {KIND_LABEL: label},
                },
            )
    return list(found.values())


def _instance(profile: str) -> str:
    return MIG_RESOURCE + profile.replace("+", ".")
