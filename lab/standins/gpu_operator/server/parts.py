# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator, the device plugin and the exporter do in one look at the cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from . import metrics
from .api import Api
from .hardware import ConfigurationError, Gpus, Settings, devices, labels, settings
from .wire import Holder

LOG = logging.getLogger("gpu-operator")
MACHINES = "gpu-operator-standin"
BUSY = "gpu-operator-standin-busy"


class Plugin(Protocol):
    """What serves one resource to kubelet."""

    def offer(self, devices: list[str]) -> None:
        """Offer these devices."""

    def keep(self) -> bool:
        """Serve and register where that is not so; whether it did."""


class Site:
    """What the chart's ConfigMaps and the nodes' labels say."""

    def __init__(self, api: Api, environment: Mapping[str, str]) -> None:
        self.api = api
        self._strategy = environment["MIG_STRATEGY"]
        self._sharing = environment["CONFIG"]
        self._default = environment["DEFAULT_CONFIG"]
        self._layouts = environment["MIG_CONFIG"]

    def gpus(self) -> dict[str, Gpus]:
        """The machines that have GPUs, by their nodes' names."""
        return {node: Gpus.read(node, given) for node, given in self.api.documents(MACHINES).items()}

    def settings(self, found: Mapping[str, str]) -> Settings:
        """What a node's labels choose. Raises ConfigurationError."""
        layouts = self.api.documents(self._layouts).get("config.yaml") or {}
        return settings(self._strategy, found, self.api.documents(self._sharing), layouts, self._default)


def operate(site: Site) -> None:
    """Label every machine that has GPUs."""
    for node, gpus in site.gpus().items():
        has = site.api.labels(node)
        if has is None:
            continue
        try:
            wanted = labels(gpus, site.settings(has))
        except ConfigurationError as error:
            LOG.warning("%s: %s", node, error)
            continue
        new = {name: value for name, value in wanted.items() if has.get(name) != value}
        if new:
            LOG.info("%s: %s", node, new)
            site.api.label(node, new)


def plug(site: Site, node: str, plugins: dict[str, Plugin], make: Callable[[str], Plugin]) -> None:
    """Offer what a machine has; what it has no more is offered as none. Raises ConfigurationError, as NVIDIA's plugin then ends."""
    gpus = site.gpus().get(node)
    wanted = devices(gpus, site.settings(site.api.labels(node) or {})) if gpus else {}
    for resource in wanted:
        if resource not in plugins:
            plugins[resource] = make(resource)
    for resource, plugin in plugins.items():
        plugin.offer(wanted.get(resource, []))
        if plugin.keep():
            LOG.info("%s: %d devices", resource, len(wanted.get(resource, [])))


def export(site: Site, node: str, holders: Callable[[], list[Holder]]) -> str:
    """The metrics of a machine."""
    gpus = site.gpus().get(node)
    return metrics.text(gpus, holders(), site.api.configmap(BUSY)) if gpus else ""
