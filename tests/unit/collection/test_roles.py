# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role's API: defaults/main.yml holds the values, meta/argument_specs.yml describes the same names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[3]
ROLES = {path.name: path for path in sorted((ROOT / "roles").iterdir())}
AUTHORS = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["authors"]
SHAPE = ("type", "elements", "choices", "options")
every_role = pytest.mark.parametrize("role", ROLES)


def load(path: Path) -> Any:
    """A YAML file's content, or nothing where there is no such file."""
    return (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}


def defaults(role: str) -> dict[str, Any]:
    """The role's inputs that have a value."""
    return load(ROLES[role] / "defaults" / "main.yml")


def entry_points(role: str) -> dict[str, Any]:
    """The role's entry points with their options."""
    return load(ROLES[role] / "meta" / "argument_specs.yml").get("argument_specs", {})


def options(role: str) -> dict[str, Any]:
    """The options of the entry point main."""
    return entry_points(role)["main"].get("options", {})


def commented(role: str) -> set[str]:
    """The inputs without a value: they stand in the defaults as comments."""
    path = ROLES[role] / "defaults" / "main.yml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return set(re.findall(rf"^# ({role}_\w+):", text, re.MULTILINE))


def walk(described: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option with its place, the nested ones too."""
    for name, option in described.items():
        yield f"{place}{name}", option
        yield from walk(option.get("options", {}), f"{place}{name}.")


def templated(value: object) -> bool:
    """Whether a default is decided by Jinja, at whatever depth."""
    if isinstance(value, dict):
        return any(templated(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return any(templated(item) for item in value)
    return isinstance(value, str) and "{{" in value


def text_files(role: str, *folders: str) -> Iterator[tuple[Path, str]]:
    """The role's files in some of its folders, with their text."""
    for folder in folders:
        for path in sorted((ROLES[role] / folder).rglob("*")):
            if path.is_file():
                yield path, path.read_text(encoding="utf-8")


@every_role
def test_main_describes_exactly_the_defaults_and_the_required_inputs(role: str) -> None:
    described = options(role)
    assert set(described) == set(defaults(role)) | commented(role)
    assert {name for name, option in described.items() if option["required"]} == commented(role)


@every_role
def test_other_entry_points_exist_and_agree_with_main(role: str) -> None:
    reasons = []
    for entry, point in entry_points(role).items():
        if entry != "main" and not (ROLES[role] / "tasks" / f"{entry}.yml").is_file():
            reasons.append(f"{entry}: no tasks/{entry}.yml")
        for name, option in point.get("options", {}).items():
            shapes = [{key: one.get(key) for key in SHAPE} for one in (option, options(role).get(name, {}))]
            if shapes[0] != shapes[1]:
                reasons.append(f"{entry}: {name} is of another shape than main's")
    assert reasons == []


@every_role
def test_options_are_described_in_full(role: str) -> None:
    reasons = []
    for entry, point in entry_points(role).items():
        for place, option in walk(point.get("options", {}), f"{entry}: "):
            reasons += [f"{place}: no {key}" for key in ("type", "required", "description") if key not in option]
            if "default" in option:
                reasons.append(f"{place}: a default sets nothing here; it belongs in defaults/main.yml")
            if option.get("type") == "list" and "elements" not in option:
                reasons.append(f"{place}: no elements")
    assert reasons == []


@every_role
def test_defaults_are_of_the_described_shape(role: str) -> None:
    literal = {name: value for name, value in defaults(role).items() if not templated(value)}
    found = ArgumentSpecValidator({name: options(role)[name] for name in literal}).validate(literal)
    assert found.error_messages == []


@every_role
def test_inputs_carry_the_role_s_name(role: str) -> None:
    strangers = [name for name in defaults(role) if not name.startswith(f"{role}_")]
    assert strangers == []


@every_role
def test_role_says_who_made_it_and_what_it_needs(role: str) -> None:
    galaxy = load(ROLES[role] / "meta" / "main.yml")["galaxy_info"]
    wanted = {"author": AUTHORS[0], "license": "GPL-3.0-or-later", "min_ansible_version": "2.18"}
    assert {key: galaxy[key] for key in wanted} == wanted
    platforms = {platform["name"]: set(platform["versions"]) for platform in galaxy["platforms"]}
    assert platforms == {"Debian": {"bookworm", "trixie"}, "Ubuntu": {"noble"}}


@every_role
def test_readme_stands_beside_the_role(role: str) -> None:
    text = (ROLES[role] / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {role}\n")


@every_role
def test_role_knows_no_group(role: str) -> None:
    knows = [
        f"{path.relative_to(ROLES[role])}: {match[0]}"
        for path, text in text_files(role, "defaults", "vars", "tasks", "handlers", "templates")
        for match in re.finditer(r"(?<!\.)\bgroups(\[|\.|\s*\|)|\bgroup_names\b", text)
    ]
    assert knows == []


@every_role
def test_role_meets_other_roles_only_in_its_defaults(role: str) -> None:
    theirs = {name for other in ROLES if other != role for name in defaults(other) | dict.fromkeys(commented(other))}
    knows = sorted(
        f"{path.relative_to(ROLES[role])}: {word}"
        for path, text in text_files(role, "tasks", "handlers", "templates")
        for word in set(re.findall(r"\b\w+\b", text)) & theirs
    )
    assert knows == []


def tasks_of(content: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every task of a file, those in blocks and the blocks themselves too."""
    for task in content:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks_of(task.get(part, []))


@every_role
def test_no_fact_outranks_a_task_s_own_variable(role: str) -> None:
    """What a role keeps by set_fact or register wins over ``vars`` of a task; only what is included is given variables that win."""
    files = {path.name: load(path) or [] for path in sorted((ROLES[role] / "tasks").glob("*.yml"))}
    tasks = [(name, task) for name, content in files.items() for task in tasks_of(content)]
    facts = {task["register"] for _name, task in tasks if "register" in task}
    facts |= {fact for _name, task in tasks for fact in task.get("ansible.builtin.set_fact", {})}
    outranked = [
        f"{name}: {task.get('name')}: {variable}"
        for name, task in tasks
        if not {"ansible.builtin.include_tasks", "ansible.builtin.include_role"} & task.keys()
        for variable in task.get("vars", {})
        if variable in facts
    ]
    assert outranked == []


@every_role
def test_a_scenario_proves_the_role(role: str) -> None:
    scenario = ROOT / "molecule" / role
    found = {path.name for path in scenario.glob("*.yml")}
    assert {"molecule.yml", "prepare.yml", "converge.yml", "verify.yml"} <= found
    assert load(scenario / "molecule.yml")["scenario"]["name"] == role
