# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that watch what a change costs, until the file STOP exists.

``probe HOST PORT`` sends a line over ever new connections and prints how many were refused or cut, and the longest time
without an answer.
``hold HOST PORT`` and ``hold HOST PORT upgrade`` send lines over one connection, the latter over TLS after an upgrade as a
websocket does, and fail when it breaks.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from pathlib import Path

STOP = Path("/run/clients-stop")
EVERY = 0.05
PATIENCE = 0.5


def exchange(stream: socket.socket, text: bytes) -> None:
    """Send a line and wait for its echo."""
    stream.sendall(text + b"\n")
    answer = b""
    while not answer.endswith(b"\n"):
        part = stream.recv(1024)
        if not part:
            raise ConnectionError("the connection was closed")
        answer += part
    if answer != text + b"\n":
        raise ConnectionError(f"sent {text!r}, got {answer!r}")


def probe(host: str, port: int) -> dict[str, float]:
    """Return how many connections were refused or cut, and the longest time from one success to the next, in seconds."""
    tries = broken = 0
    longest = 0.0
    last = time.monotonic()
    while not STOP.exists():
        tries += 1
        try:
            with socket.create_connection((host, port), timeout=PATIENCE) as stream:
                exchange(stream, b"probe")
        except ConnectionError:
            broken += 1
        except OSError:
            # nobody there: counted in the time without an answer
            pass
        else:
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        time.sleep(EVERY)
    return {"tries": tries, "broken": broken, "longest": round(max(longest, time.monotonic() - last), 2)}


def hold(host: str, port: int, upgrade: bool) -> dict[str, float]:
    """Return how many lines went over one connection; raise OSError when it broke."""
    lines = 0
    with socket.create_connection((host, port), timeout=30) as plain:
        stream = plain
        if upgrade:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            stream = context.wrap_socket(plain)
            stream.sendall(b"GET /ws HTTP/1.1\r\nHost: hub.example.org\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.recv(1)
            if b" 101 " not in head.splitlines()[0]:
                raise ConnectionError(f"no upgrade: {head!r}")
        while not STOP.exists():
            exchange(stream, b"line %d" % lines)
            lines += 1
            time.sleep(EVERY)
    return {"lines": lines}


def main() -> None:
    """Run the client that the arguments name."""
    what, host, port, *rest = sys.argv[1:]
    print(json.dumps(probe(host, int(port)) if what == "probe" else hold(host, int(port), rest == ["upgrade"])))


if __name__ == "__main__":
    main()
