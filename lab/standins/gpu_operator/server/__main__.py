# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run in a pod: ``python3 -m standins.gpu_operator.server operator|device-plugin|exporter``; the chart's ConfigMap says which GPUs there are.

Exit codes: 0 when it is ended by a signal, 1 where NVIDIA's program would end, which the last line says.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ...api_server import ApiError, url_of
from . import kubelet
from .api import Api
from .hardware import ConfigurationError
from .parts import LOG, Plugin, Site, export, operate, plug

PORT = 9400


def serve(metrics: Callable[[], str]) -> None:
    """Answer /metrics and /health until the process ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body = metrics() if self.path == "/metrics" else "KO" if self.path != "/health" else "OK"
                status = 200 if body != "KO" else 404
            except Exception as error:
                status, body = 503, f"{error}\n"
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, form: str, *arguments: object) -> None:
            """Scrapes are no news."""

    ThreadingHTTPServer(("", PORT), Handler).serve_forever()


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do one part until a signal comes."""
    parser = argparse.ArgumentParser(prog="server", description="A stand-in for NVIDIA's GPU Operator.")
    parser.add_argument("part", choices=["operator", "device-plugin", "exporter"])
    part = parser.parse_args(argv).part
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    site = Site(Api(url_of(environment), environment["NAMESPACE"]), environment)
    node = environment.get("NODE_NAME", "")
    plugins: dict[str, Plugin] = {}
    while True:
        try:
            if part == "exporter":
                serve(lambda: export(site, node, kubelet.holders))
            elif part == "operator":
                operate(site)
            else:
                plug(site, node, plugins, kubelet.Plugin)
        except (ApiError, OSError, kubelet.CallError) as error:
            LOG.warning("%s", error)
        except ConfigurationError as error:
            LOG.critical("%s", error)
            return 1
        time.sleep(1)


def _end(number: int, frame: object) -> None:
    # At once: gRPC's threads would hold the interpreter.
    os._exit(0)


if __name__ == "__main__":
    # The first process of a container has no handler of its own for these.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    status = main(sys.argv[1:], os.environ)
    sys.stderr.flush()
    os._exit(status)
