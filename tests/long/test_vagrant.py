# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs a kernel of its own, in virtual machines by Vagrant: a box made of Debian's packages, or LAB_VM_BOX (molecule/vagrant).

Emulated where the processor doesn't help: that takes from minutes to hours, and proves the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.content.serve import Server
from tests.lab.lab import ROOT, Lab

SCENARIOS = sorted(path.parent.name for path in (ROOT / "molecule").glob("bare_metal*/molecule.yml"))
HOURS = 4 * 3600


@pytest.fixture(scope="module", autouse=True)
def libvirt() -> None:
    """Starts libvirt where no init does."""
    if not Path("/run/systemd/system").exists() and subprocess.run(["virsh", "uri"], check=False).returncode:
        for daemon in ("virtlogd", "libvirtd"):
            subprocess.run([daemon, "--daemon"], check=True)


@pytest.fixture
def vm(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A bare virtual machine for the scenario that the test names."""
    logs = Path(os.environ.get("LAB_LOGS") or tempfile.mkdtemp(prefix="kubehub-vagrant-"))
    made = Lab("kubehub-vagrant", "198.18.16.0/24", logs)
    scenario = request.node.callspec.params["scenario"]
    made.run("lab/molecule", "destroy", "-s", scenario, log=f"{scenario}-destroy-first")
    try:
        made.run("lab/molecule", "create", "-s", scenario, log=f"{scenario}-create", timeout=HOURS)
        yield made
    finally:
        made.run("lab/molecule", "destroy", "-s", scenario, log=f"{scenario}-destroy-last")


@contextmanager
def mirror(vm: Lab) -> Iterator[str]:
    """The address at which the machine finds the mirror's content, on the computer that carries it."""
    folder = (
        os.environ.get("LAB_CONTENT")
        or vm.run("python", "-m", "lab.content", "build", log="content").output.split()[-1]
    )
    with Server(Path(folder), address=vm.address(1)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_scenario_passes(vm: Lab, scenario: str) -> None:
    text = (ROOT / "molecule" / scenario / "prepare.yml").read_text(encoding="utf-8")
    if re.search("LAB_VM_MIRROR", text):
        with mirror(vm) as url:
            vm.run("lab/molecule", "test", "-s", scenario, log=scenario, timeout=HOURS, LAB_VM_MIRROR=url)
    else:
        vm.run("lab/molecule", "test", "-s", scenario, log=scenario, timeout=HOURS)
