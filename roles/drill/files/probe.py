# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask web servers again and again, each time over a new connection, and write down when each was asked and whether it answered well.

Usage: probe.py FOLDER PROCESS

FOLDER/targets.json, which is removed once it is read, is
{name: {"url", "method", "headers", "body", "status", "interval", "timeout", "ca", "certificate", "key"}}. All but ``url`` may be missing.
``@now@`` in ``body`` becomes the time. ``status`` lists what is a good answer; ``interval`` and ``timeout`` are seconds; ``ca``,
``certificate`` and ``key`` are PEM texts. A probe is sent every ``interval``, whether those before it have ended or not.

Lines [target, seconds since 1970 when it was sent, good, error] go to FOLDER/samples.jsonl, and FOLDER/pid says whom to end, until it has. It ends by
itself when FOLDER is gone, or the process with the id PROCESS. A probe that came to no answer while this program itself was kept from running is not
written down: the answer may have lain there. Standard library alone: it runs with any Python 3.10 or newer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

INTERVAL = 0.05
TIMEOUT = 1.0
FLUSH = 0.2
BEAT = 0.05
STALL = 0.2
LATE = "no answer in time"


def tls(target):
    """Return the context for a target's connections, None for one without TLS."""
    if urlsplit(target["url"]).scheme != "https":
        return None
    context = ssl.create_default_context(cadata=target.get("ca") or None)
    if target.get("certificate"):
        # OpenSSL reads a pair from files only. This one is nobody else's, and gone before the first probe.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
            pair.write(f"{target['certificate']}\n{target['key']}\n")
            pair.flush()
            context.load_cert_chain(pair.name)
    return context


def request(target, at):
    """Return the bytes of the request that is sent at a time."""
    url = urlsplit(target["url"])
    body = (target.get("body") or "").replace("@now@", f"{at:.6f}").encode()
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {
        "Host": url.netloc,
        "Connection": "close",
        "User-Agent": "kubehub-drill",
        **(target.get("headers") or {}),
    }
    if body:
        headers["Content-Length"] = len(body)
    lines = [f"{target.get('method', 'GET')} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def ask(target, context, message):
    """Send one request; raise an exception unless the answer is a good one."""
    url = urlsplit(target["url"])
    port = url.port or (443 if context else 80)
    reader, writer = await asyncio.open_connection(url.hostname, port, ssl=context)
    try:
        writer.write(message)
        line = await reader.readline()
        status = line.split(b" ")[1].decode() if line.count(b" ") else ""
        if status not in map(str, target.get("status", [200])):
            raise ConnectionError(f"HTTP {status}" if status else "no answer")
    finally:
        writer.transport.abort()


async def probe(name, target, context, samples):
    """Make one probe and keep its sample."""
    at, error = time.time(), ""
    try:
        await asyncio.wait_for(ask(target, context, request(target, at)), target.get("timeout", TIMEOUT))
    except asyncio.TimeoutError:
        error = LATE
    except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as problem:
        error = problem.strerror or str(problem) or type(problem).__name__
    samples.append([name, at, not error, error, time.time()])


async def repeat(name, target, samples, end):
    """Probe a target at its interval until the end."""
    context, running = tls(target), set()
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not end.is_set():
        task = asyncio.create_task(probe(name, target, context, samples))
        running.add(task)
        task.add_done_callback(running.discard)
        # Where this machine could not keep up, what was missed is not made up for: samples tell how often probes were sent.
        due = max(due + target.get("interval", INTERVAL), loop.time())
        await asyncio.sleep(due - loop.time())
    await asyncio.gather(*running)


async def notice(stalls, end):
    """Keep from when to when this program did not run although it should have."""
    last = time.time()
    while not end.is_set():
        await asyncio.sleep(BEAT)
        now = time.time()
        if now - last > BEAT + STALL:
            stalls.append((last, now))
        last = now


def measured(sample, stalls):
    """Whether a sample says something of its target, and not of this program alone."""
    _name, at, _good, error, ended = sample
    return error != LATE or not any(begin < ended and at < end for begin, end in stalls)


def is_there(process):
    """Whether a process is there."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        return False
    return True


async def write(folder, process, samples, stalls, end, prober):
    """Write samples down soon after they are there, until the prober has ended."""
    with (folder / "samples.jsonl").open("a", encoding="utf-8") as file:
        while samples or not prober.done():
            while samples:
                sample = samples.pop(0)
                if measured(sample, stalls):
                    file.write(json.dumps(sample[:4]) + "\n")
            file.flush()
            if not folder.exists() or not is_there(process):
                end.set()
            await asyncio.sleep(FLUSH)


async def main(folder, process, targets):
    """Probe all targets until this process is told to end."""
    end, samples, stalls = asyncio.Event(), [], []
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    (folder / "pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    prober = asyncio.gather(*(repeat(name, target, samples, end) for name, target in targets.items()))
    await asyncio.gather(prober, notice(stalls, end), write(folder, process, samples, stalls, end, prober))
    (folder / "pid").unlink(missing_ok=True)


if __name__ == "__main__":
    given = Path(sys.argv[1]) / "targets.json"
    wanted = json.loads(given.read_text(encoding="utf-8"))
    # It holds keys and tokens.
    given.unlink()
    asyncio.run(main(given.parent, int(sys.argv[2]), wanted))
