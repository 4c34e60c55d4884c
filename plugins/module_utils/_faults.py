# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Why pods and nodes are not ready, in their own words. Pure: reads what the API returned, asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

Resource = Mapping[str, Any]
"""A Kubernetes object as the API returns it: ``metadata``, ``spec``, ``status``. Any part may be missing."""


class ReadyPod(TypedDict):
    """A pod that can be asked, the node that it runs on, and its address."""

    name: str
    node: str
    address: str


def pod_faults(pods: Iterable[Resource], events: Iterable[Resource] = ()) -> list[str]:
    """Return a line for each pod that is neither ready nor done, in the order of ``pods``.

    A line holds namespace and name, the node, the phase, every container at fault with its reason and message, and the
    newest warning of ``events`` (core/v1) about the pod.
    """
    warnings = _newest_warnings(events)
    return [_pod_line(pod, warnings.get(_identity(pod), "")) for pod in pods if not _is_ready_or_done(pod)]


def node_faults(nodes: Iterable[Resource]) -> list[str]:
    """Return a line for each node whose condition Ready is not true: its name and the condition's message."""
    lines = []
    for node in nodes:
        ready = _condition(node, "Ready")
        if ready.get("status") != "True":
            words = _words(ready.get("reason"), ready.get("message")) or "kubelet has not reported yet"
            lines.append(f"node {_name(node)}: {words}")
    return lines


def rollout_faults(workloads: Iterable[Resource], names: Sequence[str] | None = None) -> list[str]:
    """Return a line for each Deployment and DaemonSet of which the newest version does not run everywhere yet, sorted by name.

    With ``names``, only these are looked at, and each that is not there has a line, too.
    """
    found = {_name(workload): workload for workload in workloads}
    return list(filter(None, (_rollout(name, found.get(name)) for name in sorted(found if names is None else names))))


def _rollout(name: str, workload: Resource | None) -> str:
    if workload is None:
        return f"{name}: is not there"
    status, spec = _status(workload), _mapping(workload.get("spec"))
    if status.get("observedGeneration") != _mapping(workload.get("metadata")).get("generation"):
        return f"{name}: its newest version is not looked at yet"
    if "replicas" in spec:
        wanted, counts = spec["replicas"], ("updatedReplicas", "availableReplicas")
    else:
        wanted, counts = status.get("desiredNumberScheduled", 0), ("updatedNumberScheduled", "numberReady")
    runs = min(status.get(count, 0) for count in counts)
    # A DaemonSet that no node has yet is not done.
    return (
        ""
        if runs == wanted and (wanted or "replicas" in spec)
        else f"{name}: {runs} of {wanted} pods of its newest version are ready"
    )


def ready_pods(pods: Iterable[Resource]) -> list[ReadyPod]:
    """Return name, node and address of each pod that is ready and has an address, in the order of ``pods``."""
    found = []
    for pod in pods:
        address = _status(pod).get("podIP")
        if address and _condition(pod, "Ready").get("status") == "True":
            node = str(_mapping(pod.get("spec")).get("nodeName", ""))
            found.append(ReadyPod(name=_name(pod), node=node, address=str(address)))
    return found


def _is_ready_or_done(pod: Resource) -> bool:
    return _status(pod).get("phase") == "Succeeded" or _condition(pod, "Ready").get("status") == "True"


def _pod_line(pod: Resource, warning: str) -> str:
    node = _mapping(pod.get("spec")).get("nodeName")
    metadata = _mapping(pod.get("metadata"))
    head = f"pod {metadata.get('namespace', 'default')}/{_name(pod)} on {node or 'no node'}"
    phase = str(_status(pod).get("phase") or "Unknown")
    causes = [*_containers(pod), _scheduling(pod), warning and f"event {warning}"]
    return f"{head}: {'; '.join([phase, *filter(None, causes)])}"


def _scheduling(pod: Resource) -> str:
    scheduled = _condition(pod, "PodScheduled")
    return _words(scheduled.get("reason"), scheduled.get("message")) if scheduled.get("status") == "False" else ""


def _containers(pod: Resource) -> list[str]:
    lines = []
    for key in ("initContainerStatuses", "containerStatuses"):
        for container in _sequence(_status(pod).get(key)):
            state = _mapping(container.get("state"))
            waiting, ended = _mapping(state.get("waiting")), _mapping(state.get("terminated"))
            last = _mapping(_mapping(container.get("lastState")).get("terminated"))
            # Containers that only wait for the one at fault are no news.
            if waiting and waiting.get("reason") not in ("PodInitializing", "ContainerCreating"):
                words = [_words(waiting.get("reason"), waiting.get("message")), _end(last)]
            elif ended and ended.get("exitCode") != 0:
                words = [_end(ended)]
            elif state.get("running") is not None and not container.get("ready") and key == "containerStatuses":
                words = ["running, not ready", _end(last)]
            else:
                continue
            lines.append(f"container {container.get('name')}: {', '.join(filter(None, words))}")
    return lines


def _end(terminated: Mapping[str, Any]) -> str:
    if not terminated:
        return ""
    return _words(f"ended with {terminated.get('exitCode')}", terminated.get("message") or terminated.get("reason"))


def _newest_warnings(events: Iterable[Resource]) -> dict[tuple[str, str], str]:
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for event in events:
        about = _mapping(event.get("involvedObject"))
        if event.get("type") != "Warning" or about.get("kind") != "Pod":
            continue
        key = (str(about.get("namespace", "")), str(about.get("name", "")))
        # RFC 3339 in UTC sorts as text.
        when = str(event.get("lastTimestamp") or event.get("eventTime") or "")
        if key not in newest or when >= newest[key][0]:
            newest[key] = (when, _words(event.get("reason"), event.get("message")))
    return {key: words for key, (_when, words) in newest.items()}


def _condition(resource: Resource, kind: str) -> Mapping[str, Any]:
    found = [item for item in _sequence(_status(resource).get("conditions")) if item.get("type") == kind]
    return found[0] if found else {}


def _words(reason: object, message: object) -> str:
    """Join a reason and its message to one line, without saying the same twice."""
    parts = [" ".join(str(part).split()) for part in (reason, message) if part]
    return parts[0] if len(parts) == 2 and parts[0] == parts[1] else ": ".join(parts)


def _identity(resource: Resource) -> tuple[str, str]:
    metadata = _mapping(resource.get("metadata"))
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def _name(resource: Resource) -> str:
    return str(_mapping(resource.get("metadata")).get("name", "?"))


def _status(resource: Resource) -> Mapping[str, Any]:
    return _mapping(resource.get("status"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else ()
