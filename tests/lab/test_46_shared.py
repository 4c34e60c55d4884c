# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What teams and courses share: alice and dora are physicists, dora writes the course, carol is in no team (inventory/lab)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .lab import Lab, Run
from .person import Person

PEOPLE = ("alice", "carol", "dora")


class Member(Person):
    """Somebody who works in a terminal of the own server."""

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name)
        self.lab = lab

    def shell(self, script: str, status: int | None = 0) -> Run:
        """Run a shell script in the server."""
        return self.lab.kubectl(
            "exec", "--namespace=jupyterhub", f"jupyter-{self.name}", "--", "sh", "-c", script, status=status
        )


@pytest.fixture(scope="module")
def people(lab: Lab) -> Iterator[dict[str, Member]]:
    """The lab's users, each with a server that runs."""
    found = {name: Member(lab, name) for name in PEOPLE}
    for person in found.values():
        person.log_in()
    with ThreadPoolExecutor() as pool:
        try:
            list(pool.map(lambda person: person.start(180), found.values()))
            yield found
        finally:
            list(pool.map(lambda person: person.stop(60), found.values()))


def test_what_a_member_writes_the_team_reads_and_changes(people: dict[str, Member]) -> None:
    people["alice"].shell("echo of alice > ~/shared/teams/physics/note")
    people["dora"].shell("echo and of dora >> /shared/teams/physics/note")
    assert people["alice"].shell("cat ~/shared/teams/physics/note").output == "of alice\nand of dora\n"


def test_who_is_in_no_team_has_none_of_its_folders(people: dict[str, Member]) -> None:
    assert people["carol"].shell("ls ~/shared").output == "courses\n"


def test_a_course_is_read_by_everybody_and_written_by_its_writers(people: dict[str, Member]) -> None:
    people["dora"].shell("echo 'print(1)' > ~/shared/courses/python/one.py")
    for name in ("alice", "carol"):
        assert people[name].shell("cat ~/shared/courses/python/one.py").output == "print(1)\n"
        refused = people[name].shell("echo 2 > ~/shared/courses/python/two.py", status=None)
        assert refused.status != 0
        assert "Read-only file system" in refused.output
    assert people["dora"].shell("ls /shared/courses/python").output == "one.py\n"


def test_what_is_shared_lies_beside_the_homes_on_the_file_server(lab: Lab, people: dict[str, Member]) -> None:
    people["dora"].shell("echo kept > ~/shared/teams/physics/kept")
    assert lab.shell(
        "nfs1", "cat /srv/shared/teams/physics/kept && stat -c %a:%u /srv/shared/teams/physics"
    ).output == ("kept\n700:1000\n")
