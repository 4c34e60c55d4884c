# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs of a site with two GPU machines, which the tests change one at a time."""

from __future__ import annotations

from typing import Any

W1 = {"name": "w1", "model": "NVIDIA A100-SXM4-40GB", "count": 2}
W2 = {"name": "w2", "model": "Tesla T4", "count": 1}
SOUND: dict[str, Any] = {
    "machines": [W1, W2],
    "driver": "operator",
    "driver_version": "",
    "driver_precompiled": False,
    "mig_strategy": "single",
    "image_operator": "nvcr.io/nvidia/gpu-operator:v26.7.0",
    "image_toolkit": "nvcr.io/nvidia/k8s/container-toolkit:v1.20.0",
    "image_device_plugin": "nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
    "image_mig_manager": "nvcr.io/nvidia/cloud-native/k8s-mig-manager:v0.15.0",
    "image_dcgm_exporter": "nvcr.io/nvidia/k8s/dcgm-exporter:4.6.0-4.8.3-distroless",
    "image_node_feature_discovery": "registry.k8s.io/nfd/node-feature-discovery:v0.19.0",
    "service_monitor": False,
    "values": {},
}


def settings(**changes: Any) -> dict[str, Any]:
    return {**SOUND, **changes}


def node(name: str, labels: dict[str, str] | None = None, **allocatable: str) -> dict[str, Any]:
    """Return a node with what it offers."""
    return {"metadata": {"name": name, "labels": labels or {}}, "status": {"allocatable": allocatable}}


def pod(name: str, on: str | None, *, phase: str = "Running", ready: bool = True, **limits: str) -> dict[str, Any]:
    """Return a pod with a container that asks for something."""
    return {
        "metadata": {"namespace": "jupyterhub", "name": name},
        "spec": {"nodeName": on, "containers": [{"resources": {"limits": limits}}, {}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }
