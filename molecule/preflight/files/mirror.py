#!/usr/bin/python3
# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror that has everything: a path's content is the path, with its checksum beside it. Files in its folder break it.

``index.yaml`` is served for every chart repository. Paths that contain the text in ``missing`` are not there, and while
``altered`` exists, contents are not what their checksums say.
"""

from __future__ import annotations

import hashlib
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])


class Mirror(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    def do_GET(self) -> None:
        """Answer with headers and content."""
        missing = FOLDER / "missing"
        if missing.exists() and missing.read_text(encoding="utf-8").strip() in self.path:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = self.content()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        """Answer with headers alone."""
        self.do_GET()

    def content(self) -> bytes:
        """Return what is served under the path."""
        if self.path.endswith("/index.yaml"):
            return (FOLDER / "index.yaml").read_bytes()
        base, dot, suffix = self.path.rpartition(".")
        if dot and suffix in ("sha256", "sha256sum"):
            return f"{hashlib.sha256(base.encode()).hexdigest()}  {base.rpartition('/')[2]}\n".encode()
        return self.path.encode() + (b"!" if (FOLDER / "altered").exists() else b"")


ThreadingHTTPServer(("", 80), Mirror).serve_forever()
