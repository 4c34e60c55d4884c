# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics under the names and labels of NVIDIA's DCGM exporter. How busy a pod keeps its GPU is what a test has set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .hardware import Gpus
from .wire import Holder

HELP = {
    "DCGM_FI_DEV_GPU_UTIL": "GPU utilization (in %).",
    "DCGM_FI_DEV_MEM_COPY_UTIL": "Memory utilization (in %).",
    "DCGM_FI_DEV_FB_USED": "Framebuffer memory used (in MiB).",
    "DCGM_FI_DEV_FB_FREE": "Framebuffer memory free (in MiB).",
    "DCGM_FI_DEV_GPU_TEMP": "GPU temperature (in C).",
    "DCGM_FI_DEV_POWER_USAGE": "Power draw (in W).",
}


def text(gpus: Gpus, holders: Iterable[Holder], busy: Mapping[str, str]) -> str:
    """The exposition of a machine's GPUs.

    ``busy`` holds percents by pod. A GPU that pods share is as busy as the busiest says, for each of them: it isn't split by pod there either.
    """
    by_device: dict[str, list[Holder]] = {}
    for holder in holders:
        for device in {device.partition("::")[0] for device in holder.devices}:
            by_device.setdefault(device, []).append(holder)
    lines: dict[str, list[str]] = {name: [] for name in HELP}
    for number in range(gpus.count):
        uuid = gpus.uuid(number)
        users = by_device.get(uuid, [])
        percent = max((int(busy.get(user.pod, "0")) for user in users), default=0)
        used = 512 + gpus.memory // 100 * percent // 2 if users else 0
        values = {
            "DCGM_FI_DEV_GPU_UTIL": percent,
            "DCGM_FI_DEV_MEM_COPY_UTIL": percent // 2,
            "DCGM_FI_DEV_FB_USED": used,
            "DCGM_FI_DEV_FB_FREE": gpus.memory - used,
            "DCGM_FI_DEV_GPU_TEMP": 30 + percent // 2,
            "DCGM_FI_DEV_POWER_USAGE": 50 + percent * 3,
        }
        card = {
            "gpu": str(number),
            "UUID": uuid,
            "device": f"nvidia{number}",
            "modelName": gpus.model,
            "Hostname": gpus.node,
        }
        owners = [{"container": user.container, "namespace": user.namespace, "pod": user.pod} for user in users] or [{}]
        for name, value in values.items():
            lines[name] += [_line(name, {**card, **owner}, value) for owner in owners]
    return "".join(
        f"# HELP {name} {words}\n# TYPE {name} gauge\n" + "".join(lines[name]) for name, words in HELP.items()
    )


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    listed = ",".join(f'{key}="{label}"' for key, label in labels.items())
    return f"{name}{{{listed}}} {value}\n"
