# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs read the checks by their ids, so the page about reports names every one, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/docsite/rst/reports.rst").read_text(encoding="utf-8")


def ids() -> Iterator[str]:
    """The ids in the core: first arguments of judge, and first items of the rules' tables; and the roles that the playbook has asked."""
    playbook = (ROOT / "playbooks/preflight.yml").read_text(encoding="utf-8")
    yield from re.findall(r"^ +- id: (\w+)$", playbook, re.MULTILINE)
    for path in (ROOT / "plugins/module_utils/_site").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            first: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "judge":
                first = node.args[0]
            elif isinstance(node, ast.Tuple) and len(node.elts) in (4, 5):
                first = node.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_the_page_names_every_id_of_preflight_and_no_other() -> None:
    tables = PAGE[PAGE.index("What preflight checks") :]
    rows = re.findall(r"^   \* - (``.*``)$", tables, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"``(\w+)``", row)]
    assert sorted(named) == sorted(set(ids()))
