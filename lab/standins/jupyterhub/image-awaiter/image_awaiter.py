#!/usr/bin/python3
# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for zero-to-jupyterhub's image-awaiter, which the Go module proxy does not serve, with its options.

It ends when the pods of a DaemonSet are ready, which is when their nodes have pulled the images of its init containers.
"""

from __future__ import annotations

import argparse
import json
import ssl
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
INTERVAL_SECONDS = 1.0
# The API server may be away for a moment, on a cluster whose control plane fails over.
PATIENCE_SECONDS = 120.0
TIMEOUT_SECONDS = 10.0


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The options, with one dash as upstream's."""
    parser = argparse.ArgumentParser(prog="image-awaiter", description=__doc__)
    parser.add_argument("-ca-path", type=Path, default=ACCOUNT / "ca.crt", help="what the API server is verified with")
    parser.add_argument("-auth-token-path", type=Path, default=ACCOUNT / "token", help="token for the API server")
    parser.add_argument("-api-server-address", required=True, metavar="URL")
    parser.add_argument("-namespace", required=True)
    parser.add_argument("-daemonset", default="hook-image-puller")
    parser.add_argument(
        "-pod-scheduling-wait-duration",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long pods that are not scheduled are waited for; below 0 without end",
    )
    return parser.parse_args(argv)


def done(found: dict[str, Any], *, wait_for_all: bool) -> bool:
    """Whether every pod is ready that there should be, or, not waiting for all, that there is."""
    status = found["status"]
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return False  # The controller has not counted yet: its zeros mean nothing.
    wanted = status["desiredNumberScheduled" if wait_for_all else "currentNumberScheduled"]
    return bool(status["numberReady"] >= wanted)


def main(argv: Sequence[str]) -> int:
    """Wait; 1 if the API server did not answer for two minutes."""
    given = arguments(argv)
    url = f"{given.api_server_address}/apis/apps/v1/namespaces/{given.namespace}/daemonsets/{given.daemonset}"
    context = ssl.create_default_context(cafile=given.ca_path)
    begin = answered = time.monotonic()
    said = ""
    while True:
        # Read each time: kubelet renews the token.
        token = given.auth_token_path.read_text(encoding="ascii").strip()
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as response:
                found = json.load(response)
        except (OSError, ValueError) as error:
            print(f"GET {url}: {error}", file=sys.stderr, flush=True)
            if time.monotonic() - answered > PATIENCE_SECONDS:
                return 1
        else:
            answered = time.monotonic()
            numbers = found["status"]
            text = (
                f"{numbers['numberReady']} of {numbers['desiredNumberScheduled']} pods are ready, "
                f"{numbers['currentNumberScheduled']} are scheduled"
            )
            if text != said:
                print(text, file=sys.stderr, flush=True)
                said = text
            wait = given.pod_scheduling_wait_duration
            if done(found, wait_for_all=wait < 0 or answered - begin < wait):
                return 0
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
