# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions that stand in several files agree with each other and with what is pinned."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lab.check.archive import folder_of

ROOT = Path(__file__).resolve().parents[3]


def load(path: str) -> Any:
    """A YAML file of the checkout."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def requirements(path: str) -> list[Requirement]:
    """The requirements of one file, without hashes and comments."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [Requirement(line.split(" \\")[0]) for line in text.splitlines() if re.match(r"[A-Za-z]", line)]


def pinned(**environment: str) -> dict[str, Version]:
    """The versions of the lock that apply to an environment, here to this one where nothing else is said."""
    pins: dict[str, Version] = {}
    for requirement in requirements("requirements.txt"):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in pins, f"{name} is pinned twice"
            (pins[name],) = (Version(pin.version) for pin in requirement.specifier)
    return pins


def test_the_pinned_ansible_carries_every_dependency() -> None:
    for name, wanted in load("galaxy.yml")["dependencies"].items():
        manifest = folder_of("ansible_collections").joinpath(*name.split("."), "MANIFEST.json")
        version = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"]
        assert SpecifierSet(wanted).contains(version), f"{name} {version} is not {wanted}"


def test_the_pinned_ansible_core_is_one_that_the_collection_supports() -> None:
    supported = SpecifierSet(load("meta/runtime.yml")["requires_ansible"])
    assert supported.contains(pinned()["ansible-core"])


def test_the_lock_pins_everything_with_hashes_and_names_no_index() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 50
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert re.findall(r"^-.*|\S*://\S*", text, re.MULTILINE) == []


@pytest.mark.parametrize("minor", [12, 13, 14])
def test_the_lock_holds_all_that_is_asked_for_on_each_python(minor: int) -> None:
    pins = pinned(python_version=f"3.{minor}", python_full_version=f"3.{minor}.0")
    for wanted in requirements("requirements.in"):
        version = pins[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{wanted} is pinned as {version}"


def test_what_is_installed_is_what_is_pinned() -> None:
    installed = {canonicalize_name(package.name): Version(package.version) for package in distributions()}
    assert {name: installed.get(name) for name in pinned()} == pinned()


def test_awx_gets_what_the_controller_needs() -> None:
    environment = load("meta/execution-environment.yml")
    assert environment["version"] == 3
    files = environment["dependencies"]
    asked = {wanted.name: wanted for wanted in requirements("requirements.in")}
    for wanted in requirements(f"meta/{files['python']}"):
        assert wanted == asked[wanted.name], f"meta/{files['python']} and requirements.in differ on {wanted.name}"
    assert (ROOT / "meta" / files["system"]).is_file()


def test_the_changelog_knows_no_version_above_the_collection_s() -> None:
    version = Version(load("galaxy.yml")["version"])
    released = [Version(number) for number in load("changelogs/changelog.yaml")["releases"]]
    assert all(number <= version for number in released)
