# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Trying connections from pods: what an attempt's words mean, and whether that is what was expected.

Pure: the attempt itself, the clock and the pause are arguments. The words are those of ``agnhost connect``, the
program of Kubernetes' own end-to-end tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["open", "refused", "timeout", "dns", "error"]
Expectation = Literal["open", "closed"]

# What counts as what was expected. A name that does not resolve, or a program that does not run, proves no refusal.
_MEANT: dict[Expectation, tuple[Outcome, ...]] = {"open": ("open",), "closed": ("refused", "timeout")}


class ConnectionsError(ValueError):
    """What was asked makes no sense, such as a target without an address. The message names it."""


@dataclass(frozen=True)
class Answer:
    """What one attempt said: its outcome and, where there is one, the program's message."""

    outcome: Outcome
    message: str = ""


@dataclass(frozen=True)
class Connection:
    """The last attempt from a pod to a target (``host:port``), how long that one took, and how many there were."""

    pod: str
    target: str
    outcome: Outcome
    message: str
    seconds: float
    attempts: int
    expected: bool


def pairs(pods: Sequence[str], targets: Sequence[str]) -> list[tuple[str, str]]:
    """Return every pod with every target, pod by pod.

    Raise :class:`ConnectionsError` when there is no pod or no target, since that would prove nothing, and for a target
    that is not ``host:port``: with an empty host the pod would connect to itself.
    """
    for what, given in (("pods", pods), ("targets", targets)):
        if not given or not all(given):
            raise ConnectionsError(f"{what}: expected at least one, none of them empty, got {list(given)!r}")
    for target in targets:
        host, _colon, port = target.rpartition(":")
        if not host.strip("[]") or not port.isdigit() or not 0 < int(port) < 65536:
            raise ConnectionsError(f"targets: {target!r} is not an address and a port, such as 198.51.100.7:8080")
    return [(pod, target) for pod in pods for target in targets]


def command(program: str, target: str, timeout: float) -> list[str]:
    """Return what to run in the pod. ``timeout`` in seconds."""
    return [program, "connect", target, f"--timeout={timeout:g}s"]


def answer(status: int, output: str) -> Answer:
    """Return what the program meant by its exit status and its output."""
    message = " ".join(output.split())
    if status == 0:
        return Answer("open")
    if message.startswith("TIMEOUT"):
        return Answer("timeout", message)
    if message.startswith("REFUSED"):
        return Answer("refused", message)
    if message.startswith("DNS"):
        return Answer("dns", message)
    return Answer("error", message or f"exit status {status}")


def is_expected(outcome: Outcome, expectation: Expectation) -> bool:
    """Tell whether an outcome is what was expected."""
    return outcome in _MEANT[expectation]


def attempt_until(
    pod: str,
    target: str,
    expectation: Expectation,
    patience: float,
    attempt: Callable[[str, str], Answer],
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> Connection:
    """Attempt a connection until it ends as expected or ``patience`` (seconds) is over; at least once.

    ``clock`` returns seconds, ``pause`` waits for some. Rules of a network take a moment to reach every machine.
    """
    end = clock() + patience
    attempts = 0
    while True:
        begin = clock()
        said = attempt(pod, target)
        now = clock()
        attempts += 1
        expected = is_expected(said.outcome, expectation)
        if expected or now >= end:
            return Connection(pod, target, said.outcome, said.message, round(now - begin, 3), attempts, expected)
        pause(min(0.5, end - now))


def summary(connections: Sequence[Connection], expectation: Expectation) -> str:
    """Return one line: how many connections ended as expected, and how each of the others ended."""
    wrong = [item for item in connections if not item.expected]
    head = f"{len(connections) - len(wrong)} of {len(connections)} connections {expectation}"
    if not wrong:
        return head
    return f"{head}; {'; '.join(f'{item.pod} to {item.target}: {item.message or item.outcome}' for item in wrong)}"
