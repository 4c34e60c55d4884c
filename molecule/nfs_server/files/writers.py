#!/usr/bin/python3
# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes to a mount until a file appears, in three ways, and says as JSON what was done, what is there, what failed and the longest wait in seconds.

writers.py FOLDER STOP: lines with an fsync each tenth; files made and renamed, folders made and removed; rows of an sqlite table.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path


class Writer(threading.Thread):
    """Does one thing again and again."""

    def __init__(self, act: Callable[[int], None], pause: float, stop: Path) -> None:
        super().__init__()
        self.act, self.pause, self.stop = act, pause, stop
        self.done = 0
        self.longest = 0.0
        self.errors: list[str] = []

    def run(self) -> None:
        while not self.stop.exists():
            begin = time.monotonic()
            try:
                self.act(self.done)
            except (OSError, sqlite3.Error) as error:
                self.errors.append(str(error))
            self.done += 1
            self.longest = max(self.longest, time.monotonic() - begin)
            time.sleep(self.pause)


def main() -> None:
    """Write until told to stop."""
    os.mkdir(sys.argv[1])
    os.chdir(sys.argv[1])
    os.mkdir("names")
    lines = os.open("lines", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    rows = sqlite3.connect("rows.sqlite", check_same_thread=False, timeout=120)
    rows.execute("create table rows(number)")

    def line(number: int) -> None:
        os.write(lines, f"{number}\n".encode())
        if number % 10 == 0:
            os.fsync(lines)

    def name(number: int) -> None:
        with open(f"names/new{number}", "x") as file:
            file.write("x")
        os.rename(f"names/new{number}", f"names/{number}")
        os.mkdir("folder")
        os.rmdir("folder")

    def row(number: int) -> None:
        with rows:
            rows.execute("insert into rows values(?)", (number,))

    stop = Path(sys.argv[2])
    writers = {"lines": Writer(line, 0.05, stop), "names": Writer(name, 0.02, stop), "rows": Writer(row, 0.05, stop)}
    for writer in writers.values():
        writer.start()
    for writer in writers.values():
        writer.join()
    os.close(lines)
    there = {
        "lines": len(Path("lines").read_text().splitlines()),
        "names": len(os.listdir("names")),
        "rows": rows.execute("select count(*) from rows").fetchone()[0],
    }
    integrity = rows.execute("pragma integrity_check").fetchone()[0]
    print(
        json.dumps(
            {
                "done": {kind: writer.done for kind, writer in writers.items()},
                "there": there,
                "errors": [error for writer in writers.values() for error in writer.errors],
                "longest": round(max(writer.longest for writer in writers.values()), 1),
                "integrity": integrity,
            }
        )
    )


if __name__ == "__main__":
    main()
