# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab as tests drive it: by the commands that an admin uses."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
RELEASE = yaml.safe_load((ROOT / "roles/release/defaults/main.yml").read_text(encoding="utf-8"))


def image(name: str) -> str:
    """An image of the release, with its tag."""
    return re.sub(r"{{ (\w+) }}", lambda match: str(RELEASE[match[1]]), RELEASE["release_images"][name])


@dataclass
class Run:
    """What one command did: exit status, everything it printed, seconds, and Ansible's recap as host → counter → number."""

    status: int
    output: str
    seconds: float
    recap: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def changed(self) -> dict[str, int]:
        """Hosts that changed, with the number of their changed tasks."""
        return {host: counts["changed"] for host, counts in self.recap.items() if counts["changed"]}


class Lab:
    """A lab by name and subnet, driven as an admin does: by `make`, `ansible-playbook` and a shell on a machine."""

    def __init__(self, name: str, subnet: str, logs: Path, inventory: str = "inventory/lab") -> None:
        self.name = name
        self.subnet = subnet
        self.logs = logs
        self.inventory = inventory
        self.environment = dict(os.environ, LAB_NAME=name, LAB_SUBNET=subnet, ANSIBLE_NOCOLOR="1")
        self.environment["PATH"] = f"{ROOT / '.venv' / 'bin'}:{self.environment['PATH']}"
        state = os.environ.get("KUBEHUB_STATE") or str(Path.home() / ".local/state/kubehub")
        self.state = Path(state) / name
        self.kubeconfig = self.state / "kubeconfig"

    def address(self, number: int) -> str:
        """The lab's address that ends in `number`."""
        return f"{self.subnet.rsplit('.', 1)[0]}.{number}"

    def run(self, *argv: str, status: int | None = 0, log: str = "", timeout: float = 2700, **environment: str) -> Run:
        """Run a command in the checkout, its output streamed into ``log``; any exit status but ``status`` fails the test (None: all are fine)."""
        begin = time.monotonic()
        path = self.logs / f"{log or Path(argv[0]).name}.log"
        with path.open("w+", encoding="utf-8", errors="replace") as out:
            done = subprocess.run(
                argv,
                cwd=ROOT,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
            out.seek(0)
            text = out.read()
        seconds = time.monotonic() - begin
        recap = {
            host: dict(zip(("ok", "changed", "unreachable", "failed"), map(int, counts), strict=True))
            for host, *counts in RECAP.findall(text)
        }
        print(f"    {path.stem}: exit {done.returncode}, {seconds:.0f} s", file=sys.__stdout__, flush=True)
        if status is not None and done.returncode != status:
            tail = "\n".join(text.splitlines()[-80:])
            pytest.fail(
                f"{' '.join(argv)} ended with {done.returncode}, wanted {status}; the end of {path}:\n{tail}",
                pytrace=False,
            )
        return Run(done.returncode, text, seconds, recap)

    def playbook(self, name: str, *arguments: str, log: str = "", status: int | None = 0, **environment: str) -> Run:
        """Run a playbook of the checkout on this lab."""
        return self.run(
            "ansible-playbook",
            "-i",
            self.inventory,
            name,
            *arguments,
            log=log or Path(name).stem,
            status=status,
            **environment,
        )

    def cut_off(self, moment: Callable[[], bool], name: str, *arguments: str, log: str) -> None:
        """Run a playbook and kill it with all its processes on this host when the moment has come; the test fails where it ends before."""
        begin = time.monotonic()
        path = self.logs / f"{log}.log"
        with path.open("w", encoding="utf-8") as out:
            run = subprocess.Popen(
                ["ansible-playbook", "-i", self.inventory, name, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            try:
                while not moment():
                    if run.poll() is not None or time.monotonic() - begin > 2700:
                        tail = "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-80:])
                        pytest.fail(
                            f"{name} was not where it is to be killed, the end of {path}:\n{tail}", pytrace=False
                        )
                    time.sleep(0.1)
            finally:
                for process in (run.pid, *_descendants(run.pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                run.wait()
        print(f"    {log}: killed after {time.monotonic() - begin:.0f} s", file=sys.__stdout__, flush=True)

    def molecule(self, action: str, machines: str) -> Run:
        """Create or destroy some machines of this lab."""
        return self.run("lab/molecule", action, log=f"{action}-{machines}", LAB_MACHINES=machines)

    def shell(self, machine: str, script: str, status: int | None = 0) -> Run:
        """Run a shell script as root on a machine."""
        return self.run(
            "podman",
            "exec",
            f"{self.name}-{machine}",
            "sh",
            "-c",
            script,
            log=f"shell-{machine}",
            status=status,
            timeout=300,
        )

    def cut_power(self, machine: str) -> None:
        """Have a machine stop dead: nothing on it is told, and no connection is closed."""
        self.run("podman", "kill", f"{self.name}-{machine}", log=f"kill-{machine}", timeout=60)

    def switch_on(self, machine: str) -> None:
        """Have a machine boot that stands still."""
        self.run("podman", "start", f"{self.name}-{machine}", log=f"start-{machine}", timeout=60)

    def init_process(self, machine: str) -> int:
        """The process id, on this host, of a machine's init."""
        return int(
            self.run(
                "podman", "inspect", "-f", "{{.State.Pid}}", f"{self.name}-{machine}", log=f"inspect-{machine}"
            ).output
        )

    def kubectl(self, *arguments: str, machine: str = "cp2", status: int | None = 0) -> Run:
        """Run kubectl with the admin's kubeconfig on a control plane."""
        return self.run(
            "podman",
            "exec",
            f"{self.name}-{machine}",
            "kubectl",
            "--kubeconfig=/etc/kubernetes/admin.conf",
            *arguments,
            log=f"kubectl-{machine}",
            status=status,
            timeout=300,
        )

    def secret(self, name: str, key: str, namespace: str = "jupyterhub") -> str:
        """A text that the cluster keeps in a Secret; no log has it."""
        read = ("-n", namespace, "get", "secret", name, "-o", f"jsonpath={{.data.{key}}}")
        kubectl = ("podman", "exec", f"{self.name}-cp2", "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
        found = subprocess.run([*kubectl, *read], capture_output=True, timeout=60, check=True)
        return base64.b64decode(found.stdout, validate=True).decode()


def running(*words: str, init: int = 0) -> bool:
    """Whether a process on this host, or of the machine whose init process is given, has all these words in its arguments."""
    space = os.readlink(f"/proc/{init}/ns/pid") if init else ""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if all(word in line for word in words) and (not init or os.readlink(process / "ns/pid") == space):
                return True
    return False


def _descendants(process: int) -> list[int]:
    """Return the processes on this host that a process has started, and those that these have."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold anything.
            parent = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            children[int(parent)].append(int(path.parent.name))
    found, look = [], [process]
    while look:
        found += children[look[0]]
        look += children[look.pop(0)]
    return found
