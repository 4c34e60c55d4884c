# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that say what is ready and why the rest is not, each documented in the YAML file of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _faults


def pod_faults(pods: object, events: object = ()) -> list[str]:
    """Return a line for each pod that is neither ready nor done."""
    return _faults.pod_faults(_list(pods, "pod_faults"), _list(events, "pod_faults: events"))


def node_faults(nodes: object) -> list[str]:
    """Return a line for each node that is not ready."""
    return _faults.node_faults(_list(nodes, "node_faults"))


def rollout_faults(workloads: object, names: object = None) -> list[str]:
    """Return a line for each Deployment and DaemonSet whose newest version does not run everywhere yet."""
    wanted = None if names is None else _list(names, "rollout_faults: names")
    return _faults.rollout_faults(_list(workloads, "rollout_faults"), wanted)


def ready_pods(pods: object) -> list[dict[str, Any]]:
    """Return name, node and address of each pod that is ready."""
    return [dict(pod) for pod in _faults.ready_pods(_list(pods, "ready_pods"))]


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise AnsibleFilterError(f"{what}: expected a list, got {type(value).__name__}")
    return list(value)


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "pod_faults": pod_faults,
            "node_faults": node_faults,
            "rollout_faults": rollout_faults,
            "ready_pods": ready_pods,
        }
