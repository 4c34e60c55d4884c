# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the steps of `make check`, as many at a time as there are cores; a line for each, and what failed in full."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ".collections/ansible_collections/kubehub/platform/plugins/module_utils"


@dataclass(frozen=True)
class Step:
    """One check: its name on the progress line and the command that is run at the root of the checkout."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a step ended: exit status, seconds, and everything it printed."""

    step: Step
    status: int
    seconds: float
    output: str


def steps() -> list[Step]:
    """All steps, the longest first, so that none of them is left to run alone at the end."""
    python = sys.executable
    return [
        Step("sanity", (python, "-m", "lab.check.sanity")),
        Step("tests", ("pytest", "-q", "-n", str(cores()), "--dist", "loadfile", "tests/unit")),
        Step("ansible-lint", ("ansible-lint", "--nocolor", "-q")),
        Step(
            "documentation", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--check-extra-docs-refs", ".")
        ),
        Step("types", ("mypy", CORE, "lab")),
        Step("yamllint", ("yamllint", "--strict", "--format", "parsable", ".")),
        Step("shell", (python, "-m", "lab.check.shell")),
        Step("changelog", ("antsibull-changelog", "lint")),
        Step("ruff", ("ruff", "check", "--quiet", ".")),
        Step("format", ("ruff", "format", "--check", "--quiet", "--diff", ".")),
    ]


def cores() -> int:
    """Cores that this process may use, which a container can set lower than the machine has."""
    return len(os.sched_getaffinity(0))


def run(step: Step) -> Outcome:
    """Run one step to its end; what it prints goes through a file, so that a left-over child can't keep it open."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out:
        status = subprocess.run(
            step.argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
        seconds = time.monotonic() - begin
        out.seek(0)
        return Outcome(step, status, seconds, out.read())


def main() -> int:
    """Run the named steps, or all; 0 only if each of them passed."""
    known = {step.name: step for step in steps()}
    parser = argparse.ArgumentParser(prog="lab/check.sh", description=__doc__)
    parser.add_argument("step", nargs="*", help=f"any of: {', '.join(known)} (all when none is named)")
    names = parser.parse_args().step
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"no such step: {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = [step for step in known.values() if not names or step.name in names]

    os.environ |= {"NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    os.environ.pop("FORCE_COLOR", None)
    begin = time.monotonic()
    failed = []
    print(f"check: {len(wanted)} steps, {cores()} at a time", flush=True)
    pool = ThreadPoolExecutor(max_workers=cores())
    try:
        for number, future in enumerate(as_completed([pool.submit(run, step) for step in wanted]), start=1):
            outcome = future.result()
            word = "ok" if outcome.status == 0 else f"FAILED (exit {outcome.status})"
            print(f"check {number}/{len(wanted)}  {outcome.step.name:<14} {outcome.seconds:6.1f} s  {word}", flush=True)
            if outcome.status:
                failed.append(outcome.step.name)
                print(f"----- {' '.join(outcome.step.argv)}\n{outcome.output.rstrip()}\n-----", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    total = time.monotonic() - begin
    print(
        f"check: {len(wanted) - len(failed)} passed, {len(failed)} failed, {total:.0f} s {', '.join(failed)}".rstrip()
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
