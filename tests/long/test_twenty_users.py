# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A course begins: twenty people click in the same moment, in a lab of their own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab.lab import Lab
from tests.lab.person import Person, until
from tests.long.labs import lab_of

NAMES = [f"student{number:02}" for number in range(1, 21)]
# Seconds until the last one works, with two cores for all of them.
PATIENCE = 900


@pytest.fixture(scope="module")
def course() -> Iterator[Lab]:
    """A lab whose hub knows twenty people."""
    with lab_of("course", 18) as lab:
        lab.playbook("site.yml", "-e", json.dumps({"jupyterhub_users": NAMES}), log="site-course")
        yield lab


def start(person: Person) -> float:
    """Click once; return the seconds until the server is ready and answers."""
    begin = time.monotonic()
    person.ask_for_server()
    while time.monotonic() - begin < PATIENCE:
        server = person.ask_hub("GET", "")["servers"].get("")
        assert server, f"{person.name}'s server was given up"
        if server["ready"]:
            person.ask_notebook()
            return time.monotonic() - begin
        time.sleep(1)
    pytest.fail(f"{person.name} still waits after {PATIENCE} s")


def test_twenty_people_start_at_once(course: Lab) -> None:
    """Each click is answered and each server is ready, at the first try."""
    people = [Person(course, name) for name in NAMES]
    with ThreadPoolExecutor(len(people)) as pool:
        for person in people:
            # Twenty notebooks that start leave little of two cores for a page.
            person.patience = 60
        for _ in pool.map(Person.log_in, people):
            pass
        try:
            seconds = list(pool.map(start, people))
        finally:
            for _ in pool.map(lambda person: until(lambda: person.stop(120), 120), people):
                pass
    print(f"    20 servers: the slowest {max(seconds):.0f} s, the quickest {min(seconds):.0f} s", file=sys.__stdout__)
