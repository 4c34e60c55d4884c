# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GPUs that a machine pretends to have, and what NVIDIA's programs would make of them.

The shapes are those of k8s-device-plugin's configuration file, of mig-parted's, and of the labels of GPU feature discovery.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GPU = "nvidia.com/gpu"


class ConfigurationError(Exception):
    """A label names a configuration that there isn't, or one that can't be read."""


@dataclass(frozen=True)
class Gpus:
    """A machine's GPUs; ``mig`` is whether they could be split, ``memory`` is in MiB."""

    node: str
    model: str
    count: int
    memory: int
    mig: bool

    @classmethod
    def read(cls, node: str, given: Mapping[str, Any]) -> Gpus:
        """Read an entry of the chart's ``standin.machines``."""
        return cls(node, str(given["model"]), int(given["count"]), int(given["memory"]), bool(given["mig"]))

    def uuid(self, number: int, *instance: object) -> str:
        """The id of a GPU, or of an instance of one: always the same."""
        name = "/".join(map(str, (self.node, number, *instance)))
        return f"{'MIG' if instance else 'GPU'}-{uuid.uuid5(uuid.NAMESPACE_DNS, name)}"


@dataclass(frozen=True)
class Settings:
    """What is asked of a machine: MIG's strategy, instances of each GPU by profile, and replicas by resource."""

    strategy: str
    instances: Mapping[str, int]
    replicas: Mapping[str, int]


def settings(
    strategy: str, labels: Mapping[str, str], sharing: Mapping[str, Any], layouts: Mapping[str, Any], default: str = ""
) -> Settings:
    """Choose a machine's settings by its labels out of the files that the ConfigMaps hold. Raises ConfigurationError."""
    chosen = labels.get("nvidia.com/device-plugin.config") or default
    if chosen and chosen not in sharing:
        raise ConfigurationError(f"specified config {chosen} does not exist")
    found = ((sharing.get(chosen) or {}).get("sharing") or {}).get("timeSlicing") or {}
    layout = labels.get("nvidia.com/mig.config") or "all-disabled"
    known = {"all-disabled": [{"devices": "all", "mig-enabled": False}], **(layouts.get("mig-configs") or {})}
    if layout not in known:
        raise ConfigurationError(f"selected mig-config not present: {layout}")
    return Settings(
        strategy,
        known[layout][0].get("mig-devices") or {},
        {entry["name"]: int(entry["replicas"]) for entry in found.get("resources") or ()},
    )


def devices(gpus: Gpus, asked: Settings) -> dict[str, list[str]]:
    """The ids of what is offered, by resource."""
    offered: dict[str, list[str]] = {}
    for number in range(gpus.count):
        if not asked.instances or not gpus.mig:
            offered.setdefault(GPU, []).append(gpus.uuid(number))
            continue
        for profile, count in sorted(asked.instances.items()):
            name = GPU if asked.strategy == "single" else f"nvidia.com/mig-{profile.replace('+', '.')}"
            offered.setdefault(name, []).extend(gpus.uuid(number, profile, instance) for instance in range(count))
    return {
        name: [each for one in ids for each in _replicas(one, asked.replicas.get(name, 1))]
        for name, ids in offered.items()
    }


def _replicas(device: str, number: int) -> list[str]:
    return [device] if number == 1 else [f"{device}::{replica}" for replica in range(number)]


def labels(gpus: Gpus, asked: Settings) -> dict[str, str]:
    """What the operator and its discovery write on the node."""
    split = bool(asked.instances) and gpus.mig and asked.strategy == "single"
    shared = asked.replicas.get(GPU, 1)
    product = "-".join(gpus.model.split())
    if split:
        product += "-MIG-" + next(iter(asked.instances)).replace("+", ".")
    found = {
        "feature.node.kubernetes.io/pci-10de.present": "true",
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.deploy.device-plugin": "true",
        "nvidia.com/gpu.deploy.dcgm-exporter": "true",
        "nvidia.com/gpu.product": product if shared == 1 else f"{product}-SHARED",
        "nvidia.com/gpu.count": str(gpus.count * (sum(asked.instances.values()) if split else 1)),
        "nvidia.com/gpu.memory": str(gpus.memory),
        "nvidia.com/gpu.replicas": str(shared),
        "nvidia.com/gpu.sharing-strategy": "none" if shared == 1 else "time-slicing",
        "nvidia.com/mig.capable": str(gpus.mig).lower(),
        "nvidia.com/mig.strategy": asked.strategy,
    }
    if gpus.mig:
        found["nvidia.com/mig.config.state"] = "success"
    return found
