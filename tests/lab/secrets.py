# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for secrets where none may be: in output, journals and the arguments of running processes."""

from __future__ import annotations

import base64
import json
import re
import threading
from pathlib import Path
from types import TracebackType

TOKEN = re.compile(r"(?<![a-z0-9.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9.-])")
KEYS = (
    "PRIVATE KEY-----",
    *(base64.b64encode(f"-----BEGIN {kind}PRIVATE".encode())[:24].decode() for kind in ("", "RSA ", "EC ")),
)


def findings(text: str, known: set[str]) -> list[str]:
    """Return what looks like a join token or a private key in ``text``, and what of ``known`` stands there."""
    found = [
        f"token {match[0]}"
        for match in TOKEN.finditer(text)
        if re.search(r"\d", match[0]) and re.search(r"[a-z]", match[0])
    ]
    return (
        found
        + [f"key {mark}" for mark in KEYS if mark in text]
        + ["known secret" for secret in known if secret in text]
    )


class Watcher:
    """While a command runs: every argument list on this host (the machines' processes are among them), and secrets made meanwhile.

    ``interesting`` are files of a machine whose JSON or text values are secrets; they are read through the init process's root.
    """

    def __init__(self, inits: dict[str, int], interesting: tuple[str, ...]) -> None:
        self.arguments: set[str] = set()
        self.secrets: set[str] = set()
        self._files = [Path(f"/proc/{pid}/root{path}") for pid in inits.values() for path in interesting]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                except OSError:
                    continue
                if line:
                    self.arguments.add(line)
            for file in self._files:
                try:
                    self.secrets |= _strings(json.loads(file.read_text(encoding="utf-8")))
                except (OSError, ValueError):
                    continue


def _strings(value: object) -> set[str]:
    if isinstance(value, str):
        return {value} if len(value) >= 16 and re.fullmatch(r"[0-9a-f]{64}|[a-z0-9]{6}\.[a-z0-9]{16}", value) else set()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {each for item in inner for each in _strings(item)}
