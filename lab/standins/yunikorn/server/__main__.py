# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run in a pod: ``python3 -m standins.yunikorn.server --verdicts FILE``; NAMESPACE names the namespace of the ConfigMaps, as YuniKorn has it.

Exit codes: 0 when it is ended by a signal, 1 where YuniKorn would not start with the ConfigMaps, which the last line says.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...api_server import ACCOUNT, ApiError, url_of
from .cluster import Api
from .configmaps import merged
from .recorded import Recorded
from .rest import Rest, Server
from .scheduler import FatalError, Scheduler

LOG = logging.getLogger("yunikorn")
# The fields of YuniKorn's own log, between tabs.
FORMAT = "%(asctime)s\t%(levelname)s\t%(name)s\t%(filename)s:%(lineno)d\t%(message)s"


def look(api: Api, scheduler: Scheduler, namespace: str, name: str) -> None:
    """Read the ConfigMaps, nodes and pods once and tell the scheduler. Raises ApiError, FatalError."""
    settings = merged(api.configmaps(namespace))
    nodes, pods = api.nodes(), api.pods(name)
    with scheduler.lock:
        scheduler.take(settings)
        scheduler.observe(nodes, pods)


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="server", description="A stand-in for YuniKorn's REST service.")
    parser.add_argument("--verdicts", type=Path, required=True, help="recorded answers of YuniKorn's validator (JSON)")
    parser.add_argument("--yunikorn-version", default="1.8.0", help="whose shapes these are (%(default)s)")
    parser.add_argument("--scheduler-name", default="yunikorn", help="pods that name it are counted (%(default)s)")
    parser.add_argument("--account", type=Path, default=ACCOUNT, help="the service account's folder (%(default)s)")
    parser.add_argument("--address", default="0.0.0.0", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=int, default=9080, help="(%(default)s)")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="between two looks (%(default)s)")
    given = parser.parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORMAT, datefmt="%Y-%m-%dT%H:%M:%S%z")

    api = Api(url_of(environment), given.account)
    namespace = environment.get("NAMESPACE") or "default"
    recorded = Recorded.load(given.verdicts, Path(__file__).with_name("refusals.json"))
    scheduler = Scheduler(recorded, time.time)
    server: Server | None = None
    while True:
        try:
            look(api, scheduler, namespace, given.scheduler_name)
        except ApiError as error:
            LOG.warning("%s", error)
        except FatalError as error:
            LOG.critical("%s", error)
            return 1
        else:
            if server is None:
                server = Server((given.address, given.port), Rest(scheduler, given.yunikorn_version))
                threading.Thread(target=server.serve_forever, daemon=True).start()
                LOG.info("serving YuniKorn's REST paths on port %d; this schedules and enforces nothing", given.port)
        time.sleep(given.every)


def _end(number: int, frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    # The first process of a container has no handler of its own for these.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    sys.exit(main(sys.argv[1:], os.environ))
