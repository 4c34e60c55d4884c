# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What befalls machines: they are killed, replaced, interrupted half-made, and stand beside those of another lab and another Debian."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BECOME = [] if os.geteuid() == 0 else ["sudo", "-n"]
TOOLS = ROOT / ".venv" / "bin"


class Lab:
    """One lab by its name and subnet; every method runs the scripts that people run."""

    def __init__(self, name: str, subnet: str, **settings: str) -> None:
        self.name = name
        self.environment = {
            **os.environ,
            "PATH": f"{TOOLS}:{os.environ['PATH']}",
            "NO_COLOR": "1",
            "LAB_NAME": name,
            "LAB_SUBNET": subnet,
            **settings,
        }
        state = os.environ.get("KUBEHUB_STATE") or Path.home() / ".local/state/kubehub"
        self.state = Path(state, name)

    def molecule(self, action: str, **settings: str) -> dict[str, int]:
        """Run create or destroy; return the number of changes for each host of Ansible's recaps."""
        done = subprocess.run(
            ["lab/molecule", action],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        return {host: int(changed) for host, changed in re.findall(r"(?m)^(\S+) +: ok=\d+ +changed=(\d+)", done.stdout)}

    def ask(self, machine: str, *command: str) -> str:
        """Return what a command prints on a machine, as root, over SSH with its known host key."""
        done = subprocess.run(
            ["lab/login.sh", machine, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def wait(self, machine: str) -> None:
        """Wait until Ansible reaches a machine."""
        command = ["ansible", "-i", "inventory/lab", machine, "-m", "ansible.builtin.wait_for_connection"]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)

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
def lab() -> Iterator[Lab]:
    """A lab of nine bare machines; the last test removes it, and so does the end."""
    made = Lab("kubehub-long", "198.18.10.0/24")
    made.molecule("destroy")
    made.molecule("create")
    yield made
    made.molecule("destroy")
    assert made.remains() == []


def test_creating_again_changes_nothing(lab: Lab) -> None:
    before = lab.containers()
    assert len(before) == 9
    changes = lab.molecule("create")
    assert set(changes) == {"localhost", *(name.removeprefix("kubehub-long-") for name in before)}
    assert set(changes.values()) == {0}
    assert lab.containers() == before


def test_a_killed_machine_comes_back_as_itself(lab: Lab) -> None:
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


def test_machines_are_told_apart(lab: Lab) -> None:
    machines = [name.removeprefix("kubehub-long-") for name in lab.containers()]
    assert len({lab.ask(name, "cat", "/etc/machine-id") for name in machines}) == 9
    assert len({lab.known_key(name).split()[-1] for name in machines}) == 9


def test_a_machine_made_anew_is_another_and_all_others_are_left_alone(lab: Lab) -> None:
    key, before = lab.known_key("cp2"), lab.containers()
    lab.ask("cp2", "touch", "/var/lib/lost")
    lab.molecule("destroy", LAB_MACHINES="cp2")
    assert set(before) - set(lab.containers()) == {"kubehub-long-cp2"}
    lab.molecule("create", LAB_MACHINES="cp2")
    after = lab.containers()
    assert {name for name in before if before[name] != after[name]} == {"kubehub-long-cp2"}
    assert lab.known_key("cp2") != key
    assert "lost" not in lab.ask("cp2", "ls", "/var/lib")


def test_another_lab_with_another_debian_stands_beside(lab: Lab) -> None:
    other = Lab("kubehub-long2", "198.18.11.0/24", LAB_DEBIAN="13", LAB_MACHINES="w1")
    before = lab.containers()
    try:
        other.molecule("create")
        assert other.ask("w1", "cat", "/etc/debian_version").startswith("13")
        assert other.ask("w1", "systemctl", "is-system-running", "--wait") == "running"
        assert lab.ask("w1", "cat", "/etc/debian_version").startswith("12")
    finally:
        other.molecule("destroy")
    assert other.remains() == []
    assert lab.containers() == before


def test_an_interrupted_creation_is_completed_by_the_next_and_removed_whole(lab: Lab) -> None:
    lab.molecule("destroy")
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
    lab.molecule("create")
    assert len(lab.containers()) == 9
    assert set(lab.molecule("create").values()) == {0}
