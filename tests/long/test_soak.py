# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An hour of a site's life: people start, calculate and stop while parts fail, queues change and site.yml runs again. Nothing is lost and nothing piles up.

SOAK_MINUTES is how long (60). What was seen goes to soak.json beside the logs, and as a table to the standard output.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from tests.lab.lab import ROOT, Lab
from tests.lab.person import UNANSWERED, Person, until
from tests.long.labs import lab_of

SECONDS = 60 * float(os.environ.get("SOAK_MINUTES") or 60)
PEOPLE = ("alice", "bob", "carol", "dora")
MACHINES = ("lb1", "lb2", "cp1", "cp2", "cp3", "w1", "w2", "nfs1")
FAULTS = (
    "balancer_service",
    "hub_pod",
    "apiserver",
    "proxy_pod",
    "balancer_machine",
    "nfs_service",
    "queue_scheduler",
    "database",
)
# What stays when nobody works: names of what a run or a person could leave, and how many pods each namespace has.
KINDS = "namespaces,configmaps,secrets,serviceaccounts,services,persistentvolumeclaims,certificatesigningrequests"
# Programs of the site with at least so much memory, in KiB, are looked at; none may have twice as much afterwards.
LARGE = 64 * 1024
# One number more on the server's disk.
WRITE = """
import os
with open("soak", "a") as file:
    print({number}, file=file, flush=True)
    os.fsync(file.fileno())
print({number})
"""
TEAMS = yaml.safe_load((ROOT / "inventory/lab/group_vars/all/hub.yml").read_text(encoding="utf-8"))["platform_teams"]
MORE = json.dumps(
    {
        "platform_teams": [
            {**team, "max": {**team["max"], "cpu": 2}} if team["name"] == "biology" else team for team in TEAMS
        ]
    }
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A site that was used by nobody yet."""
    with lab_of("soak", 17) as made:
        made.playbook("site.yml", log="site-first")
        yield made


@dataclass
class Life:
    """What somebody did: seconds of each start, numbers whose cell said that they are written, and what went wrong and was tried again."""

    starts: list[float] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def live(person: Person, over: threading.Event) -> Life:
    """Start, calculate and stop until it is over, and try again after whatever fails."""
    life, numbers = Life(), itertools.count()
    while not over.is_set():
        try:
            person.log_in()
            life.starts.append(person.start(300))
            for _each in range(10):
                number = next(numbers)
                assert person.run(WRITE.format(number=number)) == f"{number}\n"
                life.written.append(number)
                over.wait(3)
            person.stop(120)
        except UNANSWERED as error:
            life.faults.append(str(error))
            over.wait(2)
    until(person.log_in, 120)
    until(lambda: person.stop(120), 300)
    return life


def left(lab: Lab, people: list[Person]) -> dict[str, list[str]]:
    """All that could pile up while nobody has a server: objects by name, pods by namespace with their number, people's tokens."""
    names = lab.kubectl(
        "get", KINDS, "-A", "-o", "jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}\n{end}"
    )
    pods = lab.kubectl("get", "pods", "-A", "-o", "jsonpath={range .items[*]}{.metadata.namespace}\n{end}")
    tokens = {person.name: person.ask_hub("GET", "/tokens")["api_tokens"] for person in people}
    return {
        "objects": sorted(names.output.splitlines()),
        "pods": sorted(f"{namespace}: {number}" for namespace, number in Counter(pods.output.split()).items()),
        "tokens": sorted(f"{name}: {len(found)}" for name, found in tokens.items()),
    }


def memory(lab: Lab) -> dict[str, int]:
    """KiB of memory that the processes of each name have, of all machines together."""
    found: dict[str, int] = defaultdict(int)
    for machine in MACHINES:
        for line in lab.shell(machine, "ps -eo rss=,comm=").output.splitlines():
            size, name = line.split(None, 1)
            found[name] += int(size)
    return dict(found)


@dataclass
class Admin:
    """Who keeps changing the site while people work; ``done`` are what was done and how long it took, ``outages`` each fault's seconds."""

    lab: Lab
    done: list[tuple[str, float]] = field(default_factory=list)
    outages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _faults: Iterator[str] = field(default_factory=lambda: itertools.cycle(FAULTS))

    def break_something(self) -> None:
        """The next fault is made and taken back. How long an outage may be says tests/lab; busy as it is here, it is only noted."""
        path = self.lab.logs / "soak-drill.json"
        path.unlink(missing_ok=True)
        fault = next(self._faults)
        given = {"drill_faults": [fault], "drill_notice_seconds": 0, "drill_away_seconds": 5}
        settings = ("-e", f"drill_confirm={self.lab.name}", "-e", f"drill_report_path={path}", "-e", json.dumps(given))
        self.lab.playbook("playbooks/drill.yml", *settings, log="soak-drill", status=None)
        (check,) = json.loads(path.read_text(encoding="utf-8"))["checks"]
        assert check["seconds"] is not None, check
        self.outages[fault].append(check["seconds"])

    def change_queues(self) -> None:
        """A team may have more, then what it had; each is a change and nothing else is."""
        for arguments in (("-e", MORE), ()):
            changed = self.lab.playbook("playbooks/scheduler.yml", *arguments, log="soak-queues").changed
            assert changed == {"localhost": 1}

    def run_again(self) -> None:
        """site.yml has nothing to do, whatever has failed."""
        assert self.lab.playbook("site.yml", log="soak-site").changed == {}

    def work(self, seconds: float) -> None:
        """Do each in its turn, at least once."""
        end = time.monotonic() + seconds
        steps: tuple[Callable[[], None], ...] = (
            self.break_something,
            self.change_queues,
            self.break_something,
            self.run_again,
        )
        for number, step in enumerate(itertools.cycle(steps)):
            if number >= len(steps) and time.monotonic() > end:
                return
            begin = time.monotonic()
            step()
            self.done.append((step.__name__, time.monotonic() - begin))


@dataclass
class Soak:
    """What an hour left behind."""

    lives: dict[str, Life]
    admin: Admin
    left: tuple[dict[str, list[str]], dict[str, list[str]]]
    memory: tuple[dict[str, int], dict[str, int]]


def together(lab: Lab, admin: Admin, people: list[Person], seconds: float) -> dict[str, Life]:
    """Have all people live while the admin works."""
    over = threading.Event()
    with ThreadPoolExecutor() as pool:
        lives = {person.name: pool.submit(live, person, over) for person in people}
        try:
            admin.work(seconds)
        finally:
            over.set()
        return {name: life.result() for name, life in lives.items()}


def settled(lab: Lab, people: list[Person]) -> dict[str, list[str]]:
    """What is left once it is the same twice, a minute apart."""
    for _each in range(10):
        before = left(lab, people)
        time.sleep(60)
        if left(lab, people) == before:
            return before
    pytest.fail("what nobody uses any more did not come to rest within 10 minutes")


@pytest.fixture(scope="module")
def soak(lab: Lab) -> Soak:
    """Everybody works for a moment, which makes what is made once; then for the hour."""
    people = [Person(lab, name) for name in PEOPLE]
    together(lab, Admin(lab), people, 0)
    for name in PEOPLE:
        lab.shell("nfs1", f"rm -f /srv/homes/{name}/soak")
    before, memory_before = settled(lab, people), memory(lab)
    admin = Admin(lab)
    lives = together(lab, admin, people, SECONDS)
    found = Soak(lives, admin, (before, settled(lab, people)), (memory_before, memory(lab)))
    (lab.logs / "soak.json").write_text(json.dumps(report(found), indent=2), encoding="utf-8")
    print(json.dumps(report(found), indent=2))
    return found


def report(soak: Soak) -> dict[str, Any]:
    """What the documentation tells."""
    starts = sorted(itertools.chain(*(life.starts for life in soak.lives.values())))
    return {
        "minutes": round(SECONDS / 60),
        "starts": len(starts),
        "start_seconds": {"median": round(starts[len(starts) // 2], 1), "longest": round(starts[-1], 1)},
        "cells": sum(len(life.written) for life in soak.lives.values()),
        "tried_again": sum(len(life.faults) for life in soak.lives.values()),
        "admin": dict(Counter(name for name, _seconds in soak.admin.done)),
        "longest_outage_seconds": {name: round(max(found), 2) for name, found in sorted(soak.admin.outages.items())},
        "memory_mib": {
            name: [before // 1024, soak.memory[1].get(name, 0) // 1024]
            for name, before in sorted(soak.memory[0].items(), key=lambda item: -item[1])
            if before >= LARGE
        },
    }


def test_everybody_worked_through_all_of_it(soak: Soak) -> None:
    assert {name for name, life in soak.lives.items() if len(life.starts) < 2 or len(life.written) < 20} == set()


def test_no_line_is_lost_that_a_cell_had_written(lab: Lab, soak: Soak) -> None:
    """One whose answer was lost may be there, too, and one that was tried again has a number of its own."""
    for name, life in soak.lives.items():
        there = lab.shell("nfs1", f"cat /srv/homes/{name}/soak").output.split()
        assert set(map(str, life.written)) <= set(there), name
        assert len(set(there)) == len(there), name


def test_nothing_piles_up(soak: Soak) -> None:
    before, after = soak.left
    assert {kind: sorted(set(after[kind]) - set(before[kind])) for kind in before} == {kind: [] for kind in before}


def test_no_program_grows(soak: Soak) -> None:
    before, after = soak.memory
    grown = {
        name: (size, before.get(name, 0)) for name, size in after.items() if size > max(LARGE, 2 * before.get(name, 0))
    }
    assert grown == {}


def test_the_site_is_what_it_was(lab: Lab, soak: Soak) -> None:
    path = lab.logs / "soak-verify.json"
    lab.playbook("playbooks/verify.yml", "-e", f"verify_report_path={path}", log="soak-verify")
    assert json.loads(path.read_text(encoding="utf-8"))["ok"] is True
