# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods and nodes as YuniKorn's Kubernetes side sees them, and the API server that they are read from."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...api_server import ApiError, ApiServer
from .configmaps import NAMES
from .quantity import kubernetes, largest, total

Object = Mapping[str, Any]

DOMAIN = "yunikorn.apache.org"


def seconds_of(timestamp: str) -> float:
    """A timestamp of Kubernetes in seconds since the epoch."""
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


@dataclass(frozen=True)
class Pod:
    """A pod that names this scheduler; ``node`` is empty until it is placed, ``resource`` holds YuniKorn's integers."""

    uid: str
    namespace: str
    name: str
    application: str
    queue: str
    user: str
    groups: tuple[str, ...]
    node: str
    resource: Mapping[str, int]
    created: float
    priority: int
    ended: bool

    @classmethod
    def read(cls, pod: Object) -> Pod:
        """Read a pod of the API; labels win over annotations, YuniKorn's own names over the old ones."""
        meta, spec = pod["metadata"], pod["spec"]
        labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}

        def first(*sources: tuple[Mapping[str, str], str]) -> str:
            return next((source[name] for source, name in sources if source.get(name)), "")

        application = first(
            *((source, f"{DOMAIN}/app-id") for source in (labels, annotations)),
            *((labels, name) for name in ("applicationId", "spark-app-selector")),
        )
        try:
            info = json.loads(annotations.get(f"{DOMAIN}/user.info", "{}"))
        except ValueError:
            info = {}
        return cls(
            uid=meta["uid"],
            namespace=meta["namespace"],
            name=meta["name"],
            application=application or f"yunikorn-{meta['namespace']}-autogen",
            queue=first((labels, f"{DOMAIN}/queue"), (annotations, f"{DOMAIN}/queue"), (labels, "queue")).lower(),
            user=info.get("user") or labels.get(f"{DOMAIN}/username") or "nobody",
            groups=tuple(info.get("groups") or ()),
            node=spec.get("nodeName") or "",
            resource=requests(spec),
            created=seconds_of(meta["creationTimestamp"]),
            priority=spec.get("priority") or 0,
            ended=pod.get("status", {}).get("phase") in ("Succeeded", "Failed"),
        )


def requests(spec: Object) -> dict[str, int]:
    """What a pod is charged: its containers' requests, or those of an init container where they are larger, and the pod itself."""

    def of(container: Object) -> dict[str, int]:
        return kubernetes((container.get("resources") or {}).get("requests") or {})

    beside: dict[str, int] = {}
    peak: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            beside = total([beside, of(container)])
            peak = largest(peak, beside)
        else:
            peak = largest(peak, total([beside, of(container)]))
    running = total([beside, *(of(container) for container in spec["containers"])])
    return total([largest(running, peak), kubernetes(spec.get("overhead") or {}), {"pods": 1}])


@dataclass(frozen=True)
class Node:
    """A node with what it can give in YuniKorn's integers."""

    name: str
    capacity: Mapping[str, int]
    schedulable: bool
    attributes: Mapping[str, str]

    @classmethod
    def read(cls, node: Object) -> Node:
        """Read a node of the API."""
        labels = node["metadata"].get("labels") or {}
        ready = any(
            each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions") or ()
        )
        return cls(
            name=node["metadata"]["name"],
            capacity=kubernetes(node["status"].get("allocatable") or {}),
            schedulable=not node["spec"].get("unschedulable", False),
            attributes={
                "ready": str(ready).lower(),
                "si.io/hostname": labels.get("kubernetes.io/hostname", node["metadata"]["name"]),
                "si.io/rackname": "/rack-default",
                "si/instance-type": labels.get("node.kubernetes.io/instance-type", ""),
            },
        )


class Api(ApiServer):
    """Reads what YuniKorn's Kubernetes side watches."""

    def configmaps(self, namespace: str) -> list[Object | None]:
        """The two ConfigMaps, None for one that is not there."""
        return [self.ask("GET", f"/api/v1/namespaces/{namespace}/configmaps/{name}") for name in NAMES]

    def pods(self, scheduler: str) -> list[Pod]:
        """All pods that name this scheduler."""
        return [Pod.read(each) for each in self._list("/api/v1/pods", fieldSelector=f"spec.schedulerName={scheduler}")]

    def nodes(self) -> list[Node]:
        """All nodes."""
        return [Node.read(each) for each in self._list("/api/v1/nodes")]

    def _list(self, path: str, **query: str) -> list[Object]:
        # From the API server's memory: these are asked for every second.
        found = self.ask("GET", f"{path}?{urllib.parse.urlencode({'resourceVersion': '0', **query})}")
        if found is None:
            raise ApiError(f"GET {path}: 404 Not Found")
        return list(found["items"])
