# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in reads and writes in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from ...api_server import ApiServer


class Api(ApiServer):
    """Reads ConfigMaps of a namespace and nodes, and writes nodes' labels."""

    def __init__(self, url: str, namespace: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._namespace = namespace

    def configmap(self, name: str) -> dict[str, str]:
        """A ConfigMap's data, empty where there is none."""
        found = self.ask("GET", f"/api/v1/namespaces/{self._namespace}/configmaps/{name}") if name else None
        return dict((found or {}).get("data") or {})

    def documents(self, name: str) -> dict[str, Any]:
        """A ConfigMap's data, each read as YAML."""
        return {key: yaml.safe_load(text) for key, text in self.configmap(name).items()}

    def labels(self, node: str) -> dict[str, str] | None:
        """A node's labels, None where there is no such node."""
        found = self.ask("GET", f"/api/v1/nodes/{node}")
        return None if found is None else dict(found["metadata"].get("labels") or {})

    def label(self, node: str, labels: Mapping[str, str]) -> None:
        """Write labels of a node; its others stay."""
        self.ask("PATCH", f"/api/v1/nodes/{node}", {"metadata": {"labels": dict(labels)}})
