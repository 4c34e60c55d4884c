# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation names exists: files, playbooks, commands of make, inputs of roles."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.kubehub.platform.plugins.module_utils import _report

ROOT = Path(__file__).resolve().parents[3]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("roles/*/README.md"), *ROOT.glob("docs/docsite/rst/*.rst")])
}
every_page = pytest.mark.parametrize("page", PAGES)


def inputs() -> set[str]:
    """The inputs of all roles."""
    found: set[str] = set()
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for point in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found |= set(point.get("options", {}))
    return found


@every_page
def test_relative_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", PAGES[page])
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


@every_page
def test_named_playbooks_exist(page: str) -> None:
    named = set(re.findall(r"\bplaybooks/(\w+)\.yml", PAGES[page])) | set(
        re.findall(r"ansible-playbook [^\n]*\bkubehub\.platform\.(\w+)", PAGES[page])
    )
    assert [name for name in sorted(named) if not (ROOT / "playbooks" / f"{name}.yml").exists()] == []


@every_page
def test_named_commands_of_make_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:``?|\$ |\n    +)make ([a-z][a-z-]*)", PAGES[page]))
    assert sorted(named - targets) == []


@every_page
def test_named_scripts_and_folders_of_the_checkout_exist(page: str) -> None:
    named = set(re.findall(r"((?<![\w/])(?:lab|inventory|tests)/[\w./-]*\w)", PAGES[page]))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@every_page
def test_yaml_examples_set_inputs_that_exist(page: str) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGES[page], re.DOTALL)
    blocks += re.findall(r"\.\. code-block:: yaml\n\n((?:   [^\n]*\n|\n)+)", PAGES[page])
    roles = "|".join(path.name for path in (ROOT / "roles").iterdir())
    named = {name for block in blocks for name in re.findall(rf"^ *-? ?((?:{roles})_\w+):", block, re.MULTILINE)}
    assert sorted(named - inputs()) == []


def test_the_readme_shows_the_lines_of_the_example() -> None:
    shown = re.search(r"```yaml\n(platform_name:.*?)```", PAGES["README.md"], re.DOTALL)
    example = ROOT / "inventory" / "example" / "group_vars" / "all" / "platform.yml"
    assert shown is not None
    assert yaml.safe_load(shown[1]) == yaml.safe_load(example.read_text(encoding="utf-8"))


def test_the_architecture_shows_a_check_that_verify_makes() -> None:
    shown = re.search(r"```json\n(.*?)```", PAGES["ARCHITECTURE.md"], re.DOTALL)
    variables = yaml.safe_load((ROOT / "roles/verify/vars/main.yml").read_text(encoding="utf-8"))
    assert shown is not None
    report = json.loads(shown[1])
    names = {check["id"]: check["name"] for check in (variables["__verify_api"], *variables["__verify_checks"])}
    assert _report.build(report["checks"]) == report
    assert [(check["name"], check["host"]) for check in report["checks"]] == [
        (names[check["id"]], "site") for check in report["checks"]
    ]
