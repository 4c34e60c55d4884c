# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers behind the balancers: HTTP (8081) and HTTPS (8443) that tell what they were asked, and an echo of lines (8082).

/readyz answers 503 while the file UNREADY exists. A request to upgrade becomes an echo of lines, as a websocket would.
"""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

UNREADY = Path("/run/servers-unready")


class Tell(BaseHTTPRequestHandler):
    """Answers with the request's path and headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer, or echo lines after an upgrade."""
        if self.headers.get("Upgrade") == "echo":
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "echo")
            self.end_headers()
            self.close_connection = True
            for line in self.rfile:
                self.wfile.write(line)
            return
        status = 503 if self.path == "/readyz" and UNREADY.exists() else 200
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the journal free of health checks."""


class Echo(socketserver.StreamRequestHandler):
    """Sends each line back."""

    def handle(self) -> None:
        """Echo until the client hangs up."""
        for line in self.rfile:
            self.wfile.write(line)


class EchoServer(socketserver.ThreadingTCPServer):
    """An echo for each connection."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    """Serve until stopped."""
    encrypted = ThreadingHTTPServer(("", 8443), Tell)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/etc/servers.pem")
    encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True, do_handshake_on_connect=False)
    for server in (ThreadingHTTPServer(("", 8081), Tell), encrypted, EchoServer(("", 8082), Echo)):
        threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    main()
