# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What is refused of GPU machines, every reason at once, and what is warned of. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines as _machines
from ansible_collections.kubehub.platform.plugins.module_utils._gpu import models, users, values
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.machines import Machine


def reasons(
    settings: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]] = (), pods: Iterable[Mapping[str, Any]] = ()
) -> list[str]:
    """Return why the operator cannot be given these settings, an empty list where it can.

    ``settings`` are the role's inputs without their prefix. ``nodes`` and ``pods`` are the cluster's; without any node none is missed.
    """
    try:
        machines = _machines.read_all(settings["machines"])
    except (AttributeError, TypeError, ValueError) as error:
        return [
            f"machines: {error}; write whole numbers, and platform_gpu_mig as a dictionary of them such as {{1g.5gb: 7}}"
        ]
    names = Counter(machine.name for machine in machines)
    return [
        *(f"machines: {name} is listed {number} times" for name, number in names.items() if number > 1),
        *(
            f"{machine.name}: {wrong}; {remedy}"
            for machine in machines
            for wrong, remedy in _declaration(machine, settings["mig_strategy"])
        ),
        *_drivers(settings, machines),
        *_cluster(machines, settings["mig_strategy"], list(nodes), list(pods)),
    ]


def warnings(settings: Mapping[str, Any]) -> list[str]:
    """Return what an admin should know of settings that work."""
    found = []
    for machine in _machines.read_all(settings["machines"]):
        if models.profiles(machine.model) is None:
            unchecked = ", so its MIG layout was not checked" if machine.mig else ""
            found.append(f"{machine.name}: the model {machine.model} isn't in this release's table{unchecked}")
        if machine.slices > 1 and not machine.mig:
            found.append(
                f"{machine.name}: {machine.slices} pods share one card and all of its memory; one that takes too much ends the others"
            )
    return found


def driver_images(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the image of the operator's driver that each machine needs, by the machine's name: of a version that the site names, where it is known for what.

    Source: the tags of NVIDIA's driver containers, VERSION-SYSTEM, or for a precompiled one BRANCH-KERNEL-SYSTEM.
    """
    version = str(settings["driver_version"])
    if not version or not driver_by_operator(settings):
        return {}
    own = settings["values"].get("driver") or {}
    place = f"{own.get('repository') or 'nvcr.io/nvidia'}/{own.get('image') or 'driver'}"
    found = {}
    for machine in _machines.read_all(settings["machines"]):
        parts = [version, *([machine.kernel] if settings["driver_precompiled"] else []), machine.system]
        if all(parts):
            found[machine.name] = f"{place}:{'-'.join(parts)}"
    return found


def driver_reasons(settings: Mapping[str, Any], downloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return which of :func:`driver_images` do not exist; ``downloads`` are what module download_info found of them, in their order."""
    remedy = "take a version of https://catalog.ngc.nvidia.com/orgs/nvidia/containers/driver/tags"
    if settings["driver_precompiled"]:
        remedy += ", another kernel, or nvidia_gpu_operator_driver_precompiled: false"
    return [
        f"{name}: there is no driver {image} ({found['url']}: {found['error']}); {remedy}"
        for (name, image), found in zip(driver_images(settings).items(), downloads, strict=False)
        if found["error"].startswith("404 ")
    ]


def driver_doubts(settings: Mapping[str, Any], downloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return of which of :func:`driver_images` the registry did not tell whether they exist."""
    return [
        f"{name}: whether there is a driver {image} was not proved ({found['url']}: {found['error']})"
        for (name, image), found in zip(driver_images(settings).items(), downloads, strict=False)
        if found["error"] and not found["error"].startswith("404 ")
    ]


def driver_by_operator(settings: Mapping[str, Any]) -> bool:
    """Return whether the operator brings the driver: as set, or, with ``auto``, where no machine has one of its own."""
    if settings["driver"] != "auto":
        return bool(settings["driver"] == "operator")
    return not any(machine.host_driver for machine in _machines.read_all(settings["machines"]))


def _declaration(machine: Machine, strategy: str) -> Iterator[tuple[str, str]]:
    if not machine.model:
        yield (
            "its GPU's model isn't known",
            "set platform_gpu_model as nvidia-smi -L prints it, such as NVIDIA A100-SXM4-40GB",
        )
    if machine.count < 1:
        yield f"it has {machine.count} GPUs", "set platform_gpu_count, or take it out of gpu_workers"
    if machine.slices < 1:
        yield (
            f"slices is {machine.slices}",
            "set platform_gpu_slices to the number of pods that share one GPU, 1 for none",
        )
    yield from _layout(machine, strategy)


def _layout(machine: Machine, strategy: str) -> Iterator[tuple[str, str]]:
    for profile, number in machine.mig.items():
        if number < 1:
            yield f"mig has {number} of {profile}", "take the profile out, or give a number of instances from 1"
    if len(machine.mig) > 1 and strategy == "single":
        yield (
            f"mig has {len(machine.mig)} profiles, and the strategy single offers all instances as {_machines.RESOURCE}",
            "take one profile, or set nvidia_gpu_operator_mig_strategy: mixed",
        )
    known = models.profiles(machine.model)
    if not machine.mig or known is None:
        return
    if not known:
        yield f"MIG can't split the model {machine.model}", "set platform_gpu_slices instead of platform_gpu_mig"
        return
    strange = sorted(set(machine.mig) - set(known))
    if strange:
        yield f"the model {machine.model} has no MIG profile {', '.join(strange)}", f"take of {', '.join(known)}"
    elif not models.fits(known, machine.mig):
        wanted = ", ".join(f"{number} x {profile}" for profile, number in machine.mig.items())
        yield (
            f"the model {machine.model} has no room for {wanted}",
            "take fewer or smaller instances (NVIDIA's MIG User Guide)",
        )


def _drivers(settings: Mapping[str, Any], machines: Iterable[Machine]) -> Iterator[str]:
    by_operator = driver_by_operator(settings)
    for machine in machines:
        if by_operator and machine.host_driver:
            yield (
                f"{machine.name}: the driver {machine.host_driver} is installed on the machine, and the operator would bring its own; "
                "set nvidia_gpu_operator_driver: host, or remove it from the machine (apt-get purge '*nvidia*') and restart that"
            )
        elif by_operator and machine.host_driver is not None and machine.system.startswith("debian"):
            yield (
                f"{machine.name}: NVIDIA publishes no driver container for {machine.system}; install the driver on the machine "
                "(apt-get install nvidia-driver, from non-free), and set nvidia_gpu_operator_driver: host"
            )
        elif not by_operator and machine.host_driver == "":
            yield (
                f"{machine.name}: no driver runs on the machine, and nvidia_gpu_operator_driver is {settings['driver']}"
                f"{', with a driver on others' if settings['driver'] == 'auto' else ''}; install one there, or let the operator bring it"
            )


def _cluster(
    machines: Iterable[Machine], strategy: str, nodes: list[Mapping[str, Any]], pods: list[Mapping[str, Any]]
) -> Iterator[str]:
    by_name = {node["metadata"]["name"]: node for node in nodes}
    for machine in machines:
        if nodes and machine.name not in by_name:
            yield f"{machine.name}: the cluster has no node of this name; playbooks/cluster.yml joins a worker"
        elif nodes:
            labels = by_name[machine.name]["metadata"].get("labels") or {}
            has = labels.get(values.MIG_LABEL) or "all-disabled"
            wanted = values.labels(machine, strategy).get(values.MIG_LABEL) or "all-disabled"
            names = [users.name(pod) for pod in pods if has != wanted and users.holds_gpu(pod, machine.name)]
            if names:
                yield (
                    f"{machine.name}: its MIG layout would change from {has} to {wanted} under {', '.join(sorted(names))}; "
                    "playbooks/gpu_maintenance.yml tells their owners, and waits for them"
                )
