# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What befalls machines: they are killed, replaced, interrupted half-made, and stand beside those of another lab and another Debian."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.lab import ROOT, Lab

BECOME = [] if os.geteuid() == 0 else ["sudo", "-n"]


class Machines(Lab):
    """A lab's machines, bare, by the scripts that people run."""

    def __init__(self, name: str, subnet: str, **environment: str) -> None:
        super().__init__(name, subnet, Path(os.environ.get("LAB_LOGS") or tempfile.mkdtemp(prefix=f"{name}-")))
        self.environment.update(environment)

    def make(self, action: str, **environment: str) -> dict[str, int]:
        """Create or destroy; return the number of changes for each host of Ansible's recaps."""
        recap = self.run("lab/molecule", action, log=f"{self.name}-{action}", **environment).recap
        return {host: counts["changed"] for host, counts in recap.items()}

    def ask(self, machine: str, *command: str) -> str:
        """Return what a command prints on a machine, as root, over SSH with its known host key."""
        return self.run("lab/login.sh", machine, *command, log=f"{self.name}-ssh-{machine}").output.strip()

    def wait(self, machine: str) -> None:
        """Wait until Ansible reaches a machine."""
        self.run("ansible", "-i", self.inventory, machine, "-m", "ansible.builtin.wait_for_connection")

    def containers(self) -> dict[str, str]:
        """The lab's containers: names and ids."""
        found = podman("ps", "--all", "--format", "json", "--filter", f"label=kubehub.lab={self.name}")
        return {item["Names"][0]: item["Id"] for item in found}

    def known_key(self, machine: str) -> str:
        """The host key that is known for a machine, after it was asked for its own address."""
        address = self.ask(machine, "hostname", "--all-ip-addresses").split()[0]
        return (self.state / "ssh/known_hosts.d" / address).read_text(encoding="ascii")

    def remains(self) -> list[str]:
        """All that a destroyed lab left behind."""
        volumes = [item["Name"] for item in podman("volume", "ls", "--format", "json")]
        networks = [item["name"] for item in podman("network", "ls", "--format", "json")]
        return [
            *self.containers(),
            *(name for name in volumes if name.startswith(f"{self.name}-")),
            *(name for name in networks if name == self.name),
            *([str(self.state)] if self.state.exists() else []),
            *([str(folder)] if (folder := ROOT / ".cache/molecule" / self.name).exists() else []),
        ]


def podman(*arguments: str) -> Any:
    """Return podman's JSON, None where it prints nothing."""
    done = subprocess.run([*BECOME, "podman", *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if done.stdout.startswith(("[", "{")) else None


@pytest.fixture(scope="module")
def lab() -> Iterator[Machines]:
    """A lab of nine bare machines; the last test removes it, and so does the end."""
    made = Machines("kubehub-long", "198.18.10.0/24")
    made.make("destroy")
    made.make("create")
    yield made
    made.make("destroy")
    assert made.remains() == []


def test_creating_again_changes_nothing(lab: Machines) -> None:
    before = lab.containers()
    assert len(before) == 9
    changes = lab.make("create")
    assert set(changes) == {"localhost", *(name.removeprefix("kubehub-long-") for name in before)}
    assert set(changes.values()) == {0}
    assert lab.containers() == before


def test_a_killed_machine_comes_back_as_itself(lab: Machines) -> None:
    before = [
        lab.ask("cp1", "cat", "/etc/machine-id"),
        lab.ask("cp1", "cat", "/sys/class/net/eth0/address"),
        lab.known_key("cp1"),
    ]
    lab.ask("cp1", "touch", "/var/lib/kept")
    podman("kill", "kubehub-long-cp1")
    podman("start", "kubehub-long-cp1")
    lab.wait("cp1")
    assert [
        lab.ask("cp1", "cat", "/etc/machine-id"),
        lab.ask("cp1", "cat", "/sys/class/net/eth0/address"),
        lab.known_key("cp1"),
    ] == before
    assert lab.ask("cp1", "ls", "/var/lib/kept") == "/var/lib/kept"
    assert lab.ask("cp1", "findmnt", "--noheadings", "--output", "PROPAGATION", "/") == "shared"


def test_machines_are_told_apart(lab: Machines) -> None:
    machines = [name.removeprefix("kubehub-long-") for name in lab.containers()]
    assert len({lab.ask(name, "cat", "/etc/machine-id") for name in machines}) == 9
    assert len({lab.known_key(name).split()[-1] for name in machines}) == 9


def test_a_machine_made_anew_is_another_and_all_others_are_left_alone(lab: Machines) -> None:
    key, before = lab.known_key("cp2"), lab.containers()
    lab.ask("cp2", "touch", "/var/lib/lost")
    lab.make("destroy", LAB_MACHINES="cp2")
    assert set(before) - set(lab.containers()) == {"kubehub-long-cp2"}
    lab.make("create", LAB_MACHINES="cp2")
    after = lab.containers()
    assert {name for name in before if before[name] != after[name]} == {"kubehub-long-cp2"}
    assert lab.known_key("cp2") != key
    assert "lost" not in lab.ask("cp2", "ls", "/var/lib")


def test_another_lab_with_another_debian_stands_beside(lab: Machines) -> None:
    other = Machines("kubehub-long2", "198.18.11.0/24", LAB_DEBIAN="13", LAB_MACHINES="w1")
    before = lab.containers()
    try:
        other.make("create")
        assert other.ask("w1", "cat", "/etc/debian_version").startswith("13")
        assert other.ask("w1", "systemctl", "is-system-running", "--wait") == "running"
        assert lab.ask("w1", "cat", "/etc/debian_version").startswith("12")
    finally:
        other.make("destroy")
    assert other.remains() == []
    assert lab.containers() == before


def test_an_interrupted_creation_is_completed_by_the_next_and_removed_whole(lab: Machines) -> None:
    lab.make("destroy")
    assert lab.remains() == []
    creation = subprocess.Popen(
        ["lab/molecule", "create"],
        cwd=ROOT,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not lab.containers() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(creation.pid, signal.SIGINT)
    creation.wait()
    assert lab.containers()
    lab.make("create")
    assert len(lab.containers()) == 9
    assert set(lab.make("create").values()) == {0}
