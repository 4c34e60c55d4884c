# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What teams and courses share: alice and dora are physicists, dora writes the course, carol is in no team (inventory/lab)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest
import requests

from .lab import Lab, Run

PEOPLE = ("alice", "carol", "dora")
SECONDS = 300


class Person:
    """Somebody who has logged in to the hub with a browser."""

    def __init__(self, lab: Lab, name: str, password: str) -> None:
        self.lab = lab
        self.name = name
        self.hub = f"https://{lab.address(100)}/hub"
        self.browser = requests.Session()
        self.browser.verify = str(lab.state / f"{lab.name}-ca.pem")
        self.send("login", username=name, password=password)

    def token(self) -> str:
        """What the hub wants to see of a form that it gave."""
        return str(self.browser.cookies.get("_xsrf", path="/hub/"))

    def send(self, page: str, **fields: str) -> None:
        """Fill in a form of the hub."""
        self.browser.get(f"{self.hub}/{page}", timeout=30).raise_for_status()
        answer = self.browser.post(
            f"{self.hub}/{page}", data={**fields, "_xsrf": self.token()}, allow_redirects=False, timeout=60
        )
        assert answer.status_code == 302, f"{page} of {self.name}: {answer.status_code} {answer.text}"

    def start(self) -> None:
        """Ask for a server."""
        self.send("spawn", profile="small")

    def pod(self) -> str:
        """The name of the server's pod, when it is ready."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = json.loads(
                self.lab.kubectl(
                    "get", "pods", "--namespace=jupyterhub", f"-lhub.jupyter.org/username={self.name}", "--output=json"
                ).output
            )["items"]
            for pod in found:
                for condition in pod["status"].get("conditions", []):
                    if (condition["type"], condition["status"]) == ("Ready", "True"):
                        return str(pod["metadata"]["name"])
            time.sleep(3)
        pytest.fail(f"the server of {self.name} is not ready after {SECONDS} s", pytrace=False)

    def shell(self, script: str, status: int | None = 0) -> Run:
        """Run a shell script in the server, as a terminal of JupyterLab does."""
        return self.lab.kubectl("exec", "--namespace=jupyterhub", self.pod(), "--", "sh", "-c", script, status=status)

    def stop(self) -> None:
        """Stop the server."""
        headers = {"X-XSRFToken": self.token(), "Referer": f"{self.hub}/home"}
        self.browser.delete(f"{self.hub}/api/users/{self.name}/server", headers=headers, timeout=60)


@pytest.fixture(scope="module")
def people(lab: Lab) -> Iterator[dict[str, Person]]:
    """The lab's users, each with a server that runs."""
    text = lab.kubectl(
        "get", "secret", "--namespace=jupyterhub", "kubehub-kept", "--output=jsonpath={.data.user-password}"
    ).output
    password = base64.b64decode(text).decode()
    found = {name: Person(lab, name, password) for name in PEOPLE}
    try:
        for person in found.values():
            person.start()
        for person in found.values():
            person.pod()
        yield found
    finally:
        for person in found.values():
            person.stop()


def test_what_a_member_writes_the_team_reads_and_changes(people: dict[str, Person]) -> None:
    people["alice"].shell("echo of alice > ~/shared/teams/physics/note")
    people["dora"].shell("echo and of dora >> /shared/teams/physics/note")
    assert people["alice"].shell("cat ~/shared/teams/physics/note").output == "of alice\nand of dora\n"


def test_who_is_in_no_team_has_none_of_its_folders(people: dict[str, Person]) -> None:
    assert people["carol"].shell("ls ~/shared").output == "courses\n"


def test_a_course_is_read_by_everybody_and_written_by_its_writers(people: dict[str, Person]) -> None:
    people["dora"].shell("echo 'print(1)' > ~/shared/courses/python/one.py")
    for name in ("alice", "carol"):
        assert people[name].shell("cat ~/shared/courses/python/one.py").output == "print(1)\n"
        refused = people[name].shell("echo 2 > ~/shared/courses/python/two.py", status=None)
        assert refused.status != 0
        assert "Read-only file system" in refused.output
    assert people["dora"].shell("ls /shared/courses/python").output == "one.py\n"


def test_what_is_shared_lies_beside_the_homes_on_the_file_server(lab: Lab, people: dict[str, Person]) -> None:
    people["dora"].shell("echo kept > ~/shared/teams/physics/kept")
    assert lab.shell(
        "nfs1", "cat /srv/shared/teams/physics/kept && stat -c %a:%u /srv/shared/teams/physics"
    ).output == ("kept\n700:1000\n")
