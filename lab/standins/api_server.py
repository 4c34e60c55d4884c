# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server as a pod reaches it, with its service account's token, which the kubelet renews: it is read for every request."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def url_of(environment: Mapping[str, str]) -> str:
    """The API server as every pod is told of it."""
    host = environment["KUBERNETES_SERVICE_HOST"]
    return f"https://{f'[{host}]' if ':' in host else host}:{environment['KUBERNETES_SERVICE_PORT']}"


class ApiError(Exception):
    """The API server gave no usable answer."""


class ApiServer:
    """Every request is given up after ``timeout`` seconds."""

    def __init__(self, url: str, account: Path = ACCOUNT, timeout: float = 10) -> None:
        self._url = url
        self._account = account
        self._timeout = timeout
        self._tls = ssl.create_default_context(cafile=account / "ca.crt") if url.startswith("https:") else None

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What is answered, None where there is no such object. Raises ApiError."""
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
