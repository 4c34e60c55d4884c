# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role by its scenario, on bare machines: prepare, check, converge, idempotence, verify."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab import ROOT, Lab

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab by name; each test makes its machines bare."""
    logs = Path(os.environ.get("LAB_LOGS") or tempfile.mkdtemp(prefix="kubehub-roles-"))
    made = Lab("kubehub-roles", "198.18.13.0/24", logs)
    yield made
    made.run("lab/molecule", "destroy", log="destroy")


@pytest.mark.parametrize("role", ROLES)
def test_the_scenario_passes(lab: Lab, role: str) -> None:
    scenario = (ROOT / "molecule" / role / "molecule.yml").read_text(encoding="utf-8")
    named = re.search(r"LAB_MACHINES=([a-z0-9,]+)", scenario)
    machines = {"LAB_MACHINES": named.group(1)} if named else {}
    lab.run("lab/molecule", "destroy", log=f"{role}-destroy")
    lab.run("lab/up.sh", log=f"{role}-up", **machines)
    lab.run("lab/molecule", "test", "-s", role, log=role, **machines)
