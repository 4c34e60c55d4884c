# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""GPU machines as values of the official chart gpu-operator and as labels of nodes. Pure.

Sources: the chart's ``values.yaml`` (26.7.0), the configuration file of NVIDIA's k8s-device-plugin (0.20) and of mig-parted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines as _machines
from ansible_collections.kubehub.platform.plugins.module_utils._gpu import models
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.machines import Machine
from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub.values import merged

SHARING_LABEL = "nvidia.com/device-plugin.config"
MIG_LABEL = "nvidia.com/mig.config"
_DOMAINS = ("nvidia.com", "feature.node.kubernetes.io")
PLUGIN_CONFIG = "device-plugin-config"
MIG_CONFIG = "mig-parted-config"
IMAGES = {
    "operator": "image_operator",
    "validator": "image_operator",
    "toolkit": "image_toolkit",
    "devicePlugin": "image_device_plugin",
    "gfd": "image_device_plugin",
    "migManager": "image_mig_manager",
    "dcgmExporter": "image_dcgm_exporter",
}
"""The chart's components whose images the role pins, and the input for each."""


def values(settings: Mapping[str, Any], *, driver: bool) -> dict[str, Any]:
    """Return the chart's values.

    ``settings`` are the role's inputs without their prefix, without a reason against them. ``driver`` is whether the operator brings it.
    """
    machines = _machines.read_all(settings["machines"])
    built: dict[str, Any] = {name: _image(settings[given]) for name, given in IMAGES.items()}
    repository, image, tag = _parts(settings["image_node_feature_discovery"])
    built["node-feature-discovery"] = {"image": {"repository": f"{repository}/{image}", "tag": tag}}
    built["driver"] = {"enabled": driver}
    if driver and settings["driver_version"]:
        built["driver"]["version"] = str(settings["driver_version"])
    if driver:
        # A new driver by itself would evict notebooks, or wait for them for weeks; an admin has it when the machine is empty.
        built["driver"]["usePrecompiled"] = bool(settings["driver_precompiled"])
        built["driver"]["upgradePolicy"] = {"autoUpgrade": False}
    built["mig"] = {"strategy": settings["mig_strategy"]}
    built["devicePlugin"]["config"] = {
        "create": True,
        "name": PLUGIN_CONFIG,
        "default": "default",
        "data": _sharing(machines, settings["mig_strategy"]),
    }
    if any(machine.mig for machine in machines):
        built["migManager"]["config"] = {
            "create": True,
            "name": MIG_CONFIG,
            "default": "all-disabled",
            "data": {"config.yaml": _layouts(machines)},
        }
    built["dcgmExporter"]["serviceMonitor"] = {"enabled": bool(settings["service_monitor"])}
    if any(machine.slices > 1 for machine in machines):
        # Else it tells of one of the pods that share a GPU, as if it had it alone.
        built["dcgmExporter"]["env"] = [{"name": "KUBERNETES_VIRTUAL_GPUS", "value": "true"}]
    # containerd 2 reads the Container Device Interface by itself.
    built["cdi"] = {"enabled": True}
    return merged(built, settings["values"])


def labels(machine: Machine, strategy: str) -> dict[str, str]:
    """Return the labels by which the operator finds a machine's configuration, and users its GPUs; a card that MIG can't split has none of MIG's."""
    wanted = {SHARING_LABEL: _machines.sharing(machine), _machines.KIND_LABEL: _machines.kind(machine, strategy)}
    if machine.mig or models.profiles(machine.model) != {}:
        wanted[MIG_LABEL] = _machines.layout(machine)
    return wanted


def node_labels(
    machines: Iterable[Machine], strategy: str, nodes: Iterable[Mapping[str, Any]] = ()
) -> dict[str, dict[str, str | None]]:
    """Return what is to be patched into nodes' labels, by the names of the nodes that lack it.

    A node that is none of the machines loses what it has of them.
    """
    known = dict(_labels_of(nodes))
    wanted: dict[str, dict[str, str | None]] = {machine.name: {**labels(machine, strategy)} for machine in machines}
    for name, has in known.items():
        old = {label: None for label in (SHARING_LABEL, MIG_LABEL, _machines.KIND_LABEL) if label in has}
        if old and name not in wanted:
            wanted[name] = {**old}
        elif name in wanted:
            wanted[name] = {**old, **wanted[name]}
    return {
        name: patch
        for name, patch in wanted.items()
        if any(known.get(name, {}).get(label) != value for label, value in patch.items())
    }


def leftovers(nodes: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, None]]:
    """Return what is to be patched into nodes' labels so that the operator's and its feature discovery's are gone."""
    return {
        name: dict.fromkeys(found)
        for name, has in _labels_of(nodes)
        if (found := [label for label in has if label.partition("/")[0] in _DOMAINS or label == _machines.KIND_LABEL])
    }


def _labels_of(nodes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for node in nodes:
        yield node["metadata"]["name"], node["metadata"].get("labels") or {}


def _sharing(machines: Iterable[Machine], strategy: str) -> dict[str, str]:
    """Return the device plugin's configurations by name; each names every resource that is shared so, wherever it is offered."""
    found: dict[str, Any] = {"default": {"version": "v1"}}
    shared: dict[str, tuple[int, set[str]]] = {}
    for machine in machines:
        if machine.slices > 1:
            name = _machines.sharing(machine)
            shared.setdefault(name, (machine.slices, set()))[1].update(_machines.offer(machine, strategy))
    for name, (slices, resources) in sorted(shared.items()):
        found[name] = {
            "version": "v1",
            "sharing": {
                "timeSlicing": {
                    # Two shares may be of one card, and are no two cards to a program.
                    "failRequestsGreaterThanOne": True,
                    "resources": [{"name": resource, "replicas": slices} for resource in sorted(resources)],
                }
            },
        }
    return {name: _text(content) for name, content in found.items()}


def _layouts(machines: Iterable[Machine]) -> str:
    """Return mig-parted's file with the layouts by name."""
    found: dict[str, Any] = {"all-disabled": [{"devices": "all", "mig-enabled": False}]}
    for machine in machines:
        if machine.mig:
            found[_machines.layout(machine)] = [
                {"devices": "all", "mig-enabled": True, "mig-devices": dict(sorted(machine.mig.items()))}
            ]
    return _text({"version": "v1", "mig-configs": found})


def _text(content: Any) -> str:
    """Return YAML, of which JSON is a part."""
    return f"{json.dumps(content, indent=2)}\n"


def _image(reference: str) -> dict[str, Any]:
    repository, image, version = _parts(reference)
    return {"repository": repository, "image": image, "version": version}


def _parts(reference: str) -> tuple[str, str, str]:
    """Return repository, name and tag of an image."""
    path, _colon, tag = str(reference).rpartition(":")
    repository, _slash, image = path.rpartition("/")
    return repository, image, tag
