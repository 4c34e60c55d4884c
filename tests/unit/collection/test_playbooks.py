# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks give to roles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SETS = re.compile(r"\|\s*(?:difference|intersect|union|symmetric_difference)\((?:[^()]|\([^()]*\))*\)\s*(\|\s*\w+)?")


@pytest.mark.parametrize("playbook", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_lists_keep_the_inventorys_order(playbook: Path) -> None:
    """Ansible's filters of sets give another order in every run, and a configuration made of it is written anew."""
    after = [match[1] or "" for match in SETS.finditer(playbook.read_text(encoding="utf-8"))]
    assert [each for each in after if each.lstrip("| ") not in {"sort", "length"}] == []
