# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _connections as core


class World:
    """A clock that only pauses and attempts move, and a pod whose attempts end as told, the last one for ever."""

    def __init__(self, answers: list[core.Answer], takes: float = 0.25) -> None:
        self.now = 100.0
        self.answers: Iterator[core.Answer] = iter(answers)
        self.last = answers[-1]
        self.takes = takes

    def attempt(self, pod: str, target: str) -> core.Answer:
        self.now += self.takes
        return next(self.answers, self.last)

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def until(self, expectation: core.Expectation, patience: float) -> core.Connection:
        return core.attempt_until("a", "b:1", expectation, patience, self.attempt, lambda: self.now, self.pause)


OPEN, TIMEOUT, DNS = core.Answer("open"), core.Answer("timeout", "TIMEOUT"), core.Answer("dns", "DNS: no such host")


@pytest.mark.parametrize(
    ("status", "output", "outcome", "message"),
    [
        (0, "", "open", ""),
        (1, "TIMEOUT\n", "timeout", "TIMEOUT"),
        (1, "REFUSED\n", "refused", "REFUSED"),
        (1, "DNS: lookup x: no such host\n", "dns", "DNS: lookup x: no such host"),
        (1, "OTHER: dial tcp: no route to host\n", "error", "OTHER: dial tcp: no route to host"),
        (126, "", "error", "exit status 126"),
    ],
)
def test_the_programs_words_are_understood(status: int, output: str, outcome: str, message: str) -> None:
    assert core.answer(status, output) == core.Answer(outcome, message)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "is_open", "is_closed"),
    [
        ("open", True, False),
        ("refused", False, True),
        ("timeout", False, True),
        ("dns", False, False),
        ("error", False, False),
    ],
)
def test_a_name_that_does_not_resolve_is_no_refusal(outcome: core.Outcome, is_open: bool, is_closed: bool) -> None:
    assert (core.is_expected(outcome, "open"), core.is_expected(outcome, "closed")) == (is_open, is_closed)


def test_the_command_is_agnhosts() -> None:
    assert core.command("/agnhost", "198.51.100.7:80", 2.0) == [
        "/agnhost",
        "connect",
        "198.51.100.7:80",
        "--timeout=2s",
    ]


def test_every_pod_meets_every_target() -> None:
    assert core.pairs(["a", "b"], ["x:1", "[::1]:2"]) == [
        ("a", "x:1"),
        ("a", "[::1]:2"),
        ("b", "x:1"),
        ("b", "[::1]:2"),
    ]


@pytest.mark.parametrize(
    ("pods", "targets", "error"),
    [
        ([], ["x:1"], "pods: expected at least one, none of them empty, got []"),
        (["a", ""], ["x:1"], "pods: expected at least one, none of them empty, got ['a', '']"),
        (["a"], [], "targets: expected at least one, none of them empty, got []"),
        (["a"], [":8080"], "targets: ':8080' is not an address and a port, such as 198.51.100.7:8080"),
        (["a"], ["[]:8080"], "targets: '[]:8080' is not an address and a port, such as 198.51.100.7:8080"),
        (["a"], ["x"], "targets: 'x' is not an address and a port, such as 198.51.100.7:8080"),
        (["a"], ["x:0"], "targets: 'x:0' is not an address and a port, such as 198.51.100.7:8080"),
        (["a"], ["x:65536"], "targets: 'x:65536' is not an address and a port, such as 198.51.100.7:8080"),
    ],
)
def test_a_question_that_proves_nothing_is_refused(pods: list[str], targets: list[str], error: str) -> None:
    with pytest.raises(core.ConnectionsError, match=f"^{re.escape(error)}$"):
        core.pairs(pods, targets)


def test_one_attempt_is_made_without_patience() -> None:
    assert World([TIMEOUT, OPEN]).until("open", 0) == core.Connection("a", "b:1", "timeout", "TIMEOUT", 0.25, 1, False)


def test_an_expected_answer_ends_the_attempts() -> None:
    assert World([OPEN, OPEN, TIMEOUT]).until("closed", 10) == core.Connection(
        "a", "b:1", "timeout", "TIMEOUT", 0.25, 3, True
    )


def test_patience_ends() -> None:
    world = World([DNS])
    found = world.until("open", 3)
    assert (found.outcome, found.expected) == ("dns", False)
    assert found.attempts == 5
    assert world.now == pytest.approx(103.25)


def test_the_summary_names_what_went_wrong() -> None:
    good = core.Connection("probe-a", "x:1", "open", "", 0.1, 1, True)
    bad = core.Connection("probe-b", "x:1", "timeout", "TIMEOUT", 2.0, 1, False)
    surprise = core.Connection("stranger", "x:1", "open", "", 0.1, 9, False)
    assert core.summary([good, good], "open") == "2 of 2 connections open"
    assert core.summary([good, bad], "open") == "1 of 2 connections open; probe-b to x:1: TIMEOUT"
    assert core.summary([surprise], "closed") == "0 of 1 connections closed; stranger to x:1: open"
