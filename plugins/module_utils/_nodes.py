# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What is to be done so that a cluster's nodes are as the inventory wants them: labels, taints and kubelets' serving certificates.

Pure: it takes API objects as dictionaries and returns arguments of kubectl.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LABELS = "kubehub.platform/labels"
TAINTS = "kubehub.platform/taints"
CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane"
SERVING_SIGNER = "kubernetes.io/kubelet-serving"
NODE_USER = "system:node:"
NODE_GROUP = "system:nodes"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A node as the inventory wants it.

    Taints are C(key=value:Effect) or C(key:Effect) as kubectl writes them, by C(key:Effect).
    """

    name: str
    address: str
    labels: Mapping[str, str]
    taints: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Request:
    """What a certificate signing request asks for."""

    common_name: str
    organizations: tuple[str, ...]
    names: frozenset[str]
    addresses: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Signing:
    """A kubelet's request for a serving certificate, as the API shows it. C(created) is a UTC time as RFC 3339 writes it."""

    name: str
    created: str
    username: str
    groups: tuple[str, ...]
    decided: bool
    approved: bool
    request: Request


def taint_key(taint: Mapping[str, Any]) -> str:
    """Return what makes a taint the same: key and effect."""
    return f"{taint['key']}:{taint['effect']}"


def taint_text(taint: Mapping[str, Any]) -> str:
    """Return a taint as kubectl writes it."""
    value = str(taint.get("value") or "")
    return f"{taint['key']}={value}:{taint['effect']}" if value else taint_key(taint)


def wanted(node: Mapping[str, Any]) -> Wanted:
    """Return a node of the inventory: name, address, labels (text by name) and taints (key, effect, perhaps value)."""
    return Wanted(
        name=str(node["name"]),
        address=str(node["address"]),
        labels={str(key): str(value) for key, value in node["labels"].items()},
        taints={taint_key(taint): taint_text(taint) for taint in node["taints"]},
    )


def _ours(metadata: Mapping[str, Any], annotation: str) -> set[str]:
    """Return what an earlier run noted as its own, by annotation."""
    return set(filter(None, str((metadata.get("annotations") or {}).get(annotation, "")).split(",")))


def commands(node: Mapping[str, Any], want: Wanted) -> list[list[str]]:
    """Return kubectl's arguments that make a node object (of the API) what is wanted; none when it is.

    Labels and taints that an earlier run set and nobody wants now are removed, everyone else's stay.
    kubeadm's own taint of control planes counts as ours.
    """
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    taints = {taint_key(taint): taint_text(taint) for taint in (node.get("spec") or {}).get("taints") or []}
    our_labels, our_taints = _ours(metadata, LABELS), _ours(metadata, TAINTS) | {f"{CONTROL_PLANE_TAINT}:NoSchedule"}
    result = []

    change = [f"{key}={value}" for key, value in sorted(want.labels.items()) if labels.get(key) != value]
    change += [f"{key}-" for key in sorted(our_labels - set(want.labels)) if key in labels]
    if change:
        result.append(["label", "node", want.name, "--overwrite", *change])

    change = [text for key, text in sorted(want.taints.items()) if taints.get(key) != text]
    change += [f"{key}-" for key in sorted(our_taints - set(want.taints)) if key in taints]
    if change:
        result.append(["taint", "node", want.name, "--overwrite", *change])

    notes = []
    for annotation, ours in (
        (LABELS, set(want.labels)),
        (TAINTS, set(want.taints) - {f"{CONTROL_PLANE_TAINT}:NoSchedule"}),
    ):
        if _ours(metadata, annotation) != ours:
            notes.append(f"{annotation}={','.join(sorted(ours))}" if ours else f"{annotation}-")
    if notes:
        result.append(["annotate", "node", want.name, "--overwrite", *notes])
    return result


def refusal(signing: Signing, want: Wanted) -> str | None:
    """Return why a request isn't what the node's kubelet would ask for, or None when it is."""
    user, request = f"{NODE_USER}{want.name}", signing.request
    if NODE_GROUP not in signing.groups:
        return f"its sender {signing.username} isn't in the group {NODE_GROUP}"
    if request.common_name != user or request.organizations != (NODE_GROUP,):
        return f"it is made out to {request.common_name}, not to {user} of {NODE_GROUP}"
    strangers = sorted(request.names - {want.name}) + sorted(request.addresses - {want.address})
    if strangers:
        return f"it asks for {', '.join(strangers)}; the inventory knows {want.name} at {want.address}"
    if not request.names and not request.addresses:
        return "it asks for no name and no address"
    return None


def plan(
    nodes: Sequence[Mapping[str, Any]],
    signings: Sequence[Signing],
    wants: Iterable[Wanted],
    newcomers: Iterable[str] = (),
) -> dict[str, list[Any]]:
    """Return what is to be done for the wanted nodes.

    C(commands) are kubectl's arguments, C(approve) names of requests for serving certificates, C(pending) wanted nodes of which something is
    still to come: their node or, for a newcomer, its kubelet's request. C(reasons) says what is wrong now, a line each.
    """
    known = {str(node["metadata"]["name"]): node for node in nodes}
    by_user: dict[str, list[Signing]] = {}
    for signing in signings:
        by_user.setdefault(signing.username, []).append(signing)
    result: dict[str, list[Any]] = {"commands": [], "approve": [], "pending": [], "reasons": []}
    new = set(newcomers)
    for want in wants:
        if want.name not in known:
            result["pending"].append(want.name)
            result["reasons"].append(
                f"{want.name}: the cluster doesn't know this node. See `journalctl -u kubelet` there."
            )
            continue
        result["commands"] += commands(known[want.name], want)
        good = False
        for signing in by_user.get(f"{NODE_USER}{want.name}", ()):
            reason = None if signing.decided else refusal(signing, want)
            if reason is not None:
                result["reasons"].append(
                    f"{want.name}: the request {signing.name} for its kubelet's serving certificate isn't approved: {reason}."
                )
            elif not signing.decided:
                result["approve"].append(signing.name)
            # What an earlier machine of this name asked for is no certificate of this one.
            fresh = signing.created >= str(known[want.name]["metadata"]["creationTimestamp"])
            good = good or (fresh and (signing.approved or (reason is None and not signing.decided)))
        if want.name in new and not good:
            result["pending"].append(want.name)
            result["reasons"].append(
                f"{want.name}: its kubelet has asked for no serving certificate. See `journalctl -u kubelet` there."
            )
    return result
