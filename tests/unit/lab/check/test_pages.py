# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that are made from the code say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.diff import KINDS
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.lint import LINTS
from lab.check import pages


@pytest.mark.parametrize("path", pages.PAGES, ids=lambda path: path.name)
def test_a_page_is_what_the_code_says_today(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages.PAGES[path](), "run make pages"


@pytest.mark.parametrize(("name", "registry"), [("queue_lints", LINTS), ("queue_changes", KINDS)])
def test_no_entry_is_missing(name: str, registry: dict[str, object]) -> None:
    text = pages.PAGES[pages.FOLDER / f"{name}.rst"]()
    assert re.findall(r"^([a-z-]+)\n~+$", text, re.MULTILINE) == list(registry)
    assert re.findall(rf"^\.\. _.*\.{name}\.([a-z-]+):$", text, re.MULTILINE) == list(registry)


def test_the_pages_stand_in_the_table_of_contents() -> None:
    sections = yaml.safe_load((pages.FOLDER.parent / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    listed = [name for section in sections for name in section["toctree"]]
    assert {path.stem for path in pages.PAGES} <= set(listed)


def test_only_what_is_stale_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "PAGES", {tmp_path / "a.rst": lambda: "new\n", tmp_path / "b.rst": lambda: "same\n"})
    (tmp_path / "a.rst").write_text("old\n", encoding="utf-8")
    (tmp_path / "b.rst").write_text("same\n", encoding="utf-8")
    assert pages.main() == 0
    assert (tmp_path / "a.rst").read_text(encoding="utf-8") == "new\n"
    assert capsys.readouterr().out == "a.rst\n"


def test_code_and_marks_of_the_text_are_written_as_such() -> None:
    assert pages._text("`a*` and `_b_` of *c* a_b a_ |d|") == r"``a*`` and ``_b_`` of \*c\* a_b a\_ \|d\|"
