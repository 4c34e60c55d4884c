# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a client and the API server, so that a test can have something happen right before a request arrives."""

from __future__ import annotations

import base64
import http.client
import ssl
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import yaml


class Between:
    """While it is open, ``kubeconfig`` leads to the cluster of another kubeconfig.

    ``happens`` is called once, before the first request is passed on whose method is ``method`` and whose path ends in ``path``.
    """

    def __init__(self, kubeconfig: Path, folder: Path, method: str, path: str, happens: Callable[[], object]) -> None:
        given = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = given["clusters"][0]["cluster"], given["users"][0]["user"]
        self.server = urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile(suffix=".pem") as pair:
            pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            pair.flush()
            self.tls.load_cert_chain(pair.name)
        self.method, self.path, self.happens = method, path, happens
        self.happened = False
        self._lock = threading.Lock()
        self._listener = _Listener(self)
        self.kubeconfig = folder / "between.kubeconfig"
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "between",
                    "contexts": [{"name": "between", "context": {"cluster": "between", "user": "between"}}],
                    "clusters": [
                        {
                            "name": "between",
                            "cluster": {"server": f"http://127.0.0.1:{self._listener.server_port}"},
                        }
                    ],
                    "users": [{"name": "between", "user": {}}],
                }
            ),
            encoding="utf-8",
        )

    def __enter__(self) -> Between:
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def passing(self, method: str, path: str) -> None:
        """A request is about to be passed on."""
        with self._lock:
            if not self.happened and method == self.method and urlsplit(path).path.endswith(self.path):
                self.happened = True
                self.happens()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, between: Between) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.between = between


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def do_PUT(self) -> None:
        self._pass()

    def do_DELETE(self) -> None:
        self._pass()

    def _pass(self) -> None:
        between = self.server.between
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        between.passing(self.command, self.path)
        kept = {name: self.headers[name] for name in ("Accept", "Content-Type") if name in self.headers}
        connection = http.client.HTTPSConnection(
            between.server.hostname or "", between.server.port or 443, context=between.tls, timeout=60
        )
        try:
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        finally:
            connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
