# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server, with a service account's token, which the kubelet renews: it is read for every request."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class ApiError(Exception):
    """The API server gave no usable answer."""


class Api:
    """Reads ConfigMaps and nodes, and writes nodes' labels."""

    def __init__(self, url: str, namespace: str, account: Path = ACCOUNT, timeout: float = 10) -> None:
        self._url = url
        self._namespace = namespace
        self._account = account
        self._timeout = timeout
        self._tls = ssl.create_default_context(cafile=account / "ca.crt") if url.startswith("https:") else None

    def configmap(self, name: str) -> dict[str, str]:
        """A ConfigMap's data, empty where there is none."""
        found = self._ask("GET", f"/api/v1/namespaces/{self._namespace}/configmaps/{name}") if name else None
        return dict((found or {}).get("data") or {})

    def documents(self, name: str) -> dict[str, Any]:
        """A ConfigMap's data, each read as YAML."""
        return {key: yaml.safe_load(text) for key, text in self.configmap(name).items()}

    def labels(self, node: str) -> dict[str, str] | None:
        """A node's labels, None where there is no such node."""
        found = self._ask("GET", f"/api/v1/nodes/{node}")
        return None if found is None else dict(found["metadata"].get("labels") or {})

    def label(self, node: str, labels: Mapping[str, str]) -> None:
        """Write labels of a node; its others stay."""
        self._ask("PATCH", f"/api/v1/nodes/{node}", {"metadata": {"labels": dict(labels)}})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data=data, method=method)
        request.add_header("Accept", "application/json")
        request.add_header("Content-Type", "application/merge-patch+json")
        try:
            token = (self._account / "token").read_text(encoding="ascii").strip()
            request.add_unredirected_header("Authorization", f"Bearer {token}")
            with urllib.request.urlopen(request, timeout=self._timeout, context=self._tls) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise ApiError(f"{method} {path}: {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise ApiError(f"{method} {path}: {error}") from error
