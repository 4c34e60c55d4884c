# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time what a plan of large queues costs: parse, validate, lint, diff and impact, on one core.

`PYTHONPATH=.collections .venv/bin/python benchmarks/queues.py` times 5,000 queues with 20,000 limits, then ten times as many, and
exits with 1 where the first takes more than 3 seconds or the second more than twelve times as long.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import diff, impact, lint, state
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import parse
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.validate import validate

QUEUES, LIMITS_EACH = 5_000, 4
TEAMS_IN_A_DEPARTMENT = 49
SECONDS, FACTOR = 3.0, 12.0


def document(queues: int, *, changed: bool = False) -> str:
    """Return a configuration: departments of 49 teams, four limits in each queue. Of the changed one every 50th team is another."""
    lines = [
        "partitions:",
        "- name: default",
        "  placementrules:",
        "  - {name: tag, value: namespace, create: true, parent: {name: user, create: true}}",
        "  queues:",
        "  - name: root",
        "    submitacl: '*'",
        "    queues:",
    ]
    for number in range(queues):
        department, team = divmod(number, TEAMS_IN_A_DEPARTMENT + 1)
        other = changed and team == TEAMS_IN_A_DEPARTMENT
        name, level, bound = (f"team{team}", 4, 1) if team else (f"department{department}", 2, 64)
        indent = " " * (level + 2)
        lines += [
            f"{indent}- name: {name}{'x' if other and department % 2 else ''}",
            f"{indent}  resources:",
            f"{indent}    guaranteed: {{memory: {bound}Gi, vcore: {bound}}}",
            f"{indent}    max: {{memory: {bound * 8 - other}Gi, vcore: {bound * 4}, nvidia.com/gpu: {bound * 2}}}",
            f"{indent}  properties: {{application.sort.policy: fifo}}",
            f"{indent}  limits:",
        ]
        for index in range(LIMITS_EACH):
            who = "groups: [staff]" if index == LIMITS_EACH - 1 else f"users: [user{number}x{index}]"
            lines += [
                f"{indent}  - limit: number {index}",
                f"{indent}    {who}",
                f"{indent}    maxresources: {{memory: {bound * 4 - other}Gi, vcore: {bound * 2}}}",
            ]
        if not team:
            lines.append(f"{indent}  queues:")
    return "\n".join(lines) + "\n"


def running(config: Any) -> state.State:
    """Return a scheduler with all queues, one application in each leaf and its user's usage."""
    leaves = [
        (name.lower(), queue)
        for partition in config.partitions
        for name, queue in diff.walk(partition.queues[0], "root")
        if not queue.queues
    ]
    used = {"memory": 8 * 2**30, "vcore": 4000}
    return state.State(
        queues={
            name: state.LiveQueue(name=name, status="Active", leaf=True, managed=True, allocated=used)
            for name, _ in leaves
        },
        applications=tuple(
            state.Application(id=f"app{index}", queue=name, user=queue.limits[0].users[0], used=used)
            for index, (name, queue) in enumerate(leaves)
        ),
        users=tuple(
            state.Usage(name=queue.limits[0].users[0], queue=name, used=used, running=(f"app{index}",))
            for index, (name, queue) in enumerate(leaves)
        ),
    )


def steps(queues: int) -> Iterator[tuple[str, float]]:
    """Yield each step with its seconds of processor time."""
    old, new = document(queues), document(queues, changed=True)
    before = parse(old)
    live = running(before.config)
    found: dict[str, Any] = {}

    def timed(name: str, step: Callable[[], Any]) -> tuple[str, float]:
        begin = time.process_time()
        found[name] = step()
        return name, time.process_time() - begin

    yield timed("parse", lambda: parse(new))
    yield timed("validate", lambda: validate(found["parse"]))
    yield timed(
        "lint", lambda: lint.lint(found["parse"], offered={"memory": 2**50, "vcore": 10**9, "nvidia.com/gpu": 10**6})
    )
    yield timed("diff", lambda: diff.diff(before.config, found["parse"].config))
    yield timed("impact", lambda: impact.impact(found["diff"], before.config, found["parse"].config, live))
    # What is timed did what it is for.
    assert found["validate"] == ()
    assert len(found["diff"]) == len(found["impact"]) > queues // 50
    assert {effect.level for effect in found["impact"]} > {"safe", "disrupts"}


def measure(queues: int) -> float:
    """Print the seconds of each step and return their sum."""
    times = dict(steps(queues))
    total = sum(times.values())
    shown = "  ".join(f"{name} {seconds:.2f}" for name, seconds in times.items())
    print(f"{queues:>6} queues, {queues * LIMITS_EACH} limits: {total:6.2f} s  ({shown})", flush=True)
    return total


def main() -> int:
    """Time both sizes; 0 only if both bars are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queues", type=int, default=QUEUES, help="how many queues the smaller one has (%(default)s)")
    queues = parser.parse_args().queues
    measure(min(queues, 500))  # what is loaded and cached once
    small = measure(queues)
    large = measure(10 * queues)
    factor = large / small
    print(
        f"{small:.2f} s (at most {SECONDS:g}), ten times the queues in {factor:.1f} times the time (at most {FACTOR:g})"
    )
    return 0 if small <= SECONDS and factor <= FACTOR else 1


if __name__ == "__main__":
    sys.exit(main())
