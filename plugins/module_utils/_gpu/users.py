# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Who uses a machine's GPUs. Pure: reads what the API returned, asks nothing.

Source: the labels and annotations of KubeSpawner 7's pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines as _machines

_DONE = ("Succeeded", "Failed")
_OWNER = "hub.jupyter.org/username"


def holds_gpu(pod: Mapping[str, Any], node: str) -> bool:
    """Return whether a pod holds a GPU, or a part of one, of this node."""
    spec = pod.get("spec") or {}
    asked = {
        name
        for container in spec.get("containers") or ()
        for name in (container.get("resources") or {}).get("limits") or ()
    }
    return _runs(pod, node) and any(
        name == _machines.RESOURCE or name.startswith(_machines.MIG_RESOURCE) for name in asked
    )


def name(pod: Mapping[str, Any]) -> str:
    """Return a pod's namespace and name."""
    return f"{pod['metadata'].get('namespace')}/{pod['metadata'].get('name')}"


def users(pods: Iterable[Mapping[str, Any]], node: str, *, everybody: bool = False) -> list[dict[str, str]]:
    """Return ``namespace``, ``name`` and ``owner`` of each pod with a GPU of this node; with ``everybody``, of each user's server there, too.

    The owner is the hub's user, or else the pod itself.
    """
    found = []
    for pod in pods:
        server = (pod["metadata"].get("labels") or {}).get("component") == "singleuser-server"
        if holds_gpu(pod, node) or (everybody and server and _runs(pod, node)):
            owner = (pod["metadata"].get("annotations") or {}).get(_OWNER) or name(pod)
            found.append({"namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"], "owner": owner})
    return found


def _runs(pod: Mapping[str, Any], node: str) -> bool:
    return (pod.get("spec") or {}).get("nodeName") == node and (pod.get("status") or {}).get("phase") not in _DONE
