# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user installs works by itself: no file outside meta, plugins, roles and playbooks is needed when it runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.check.archive import ROOT, TOOLS, install

RUNTIME = ("meta", "playbooks", "plugins", "roles")
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed collection."""
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def bare(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path where the collection has only the four folders that Ansible allows at run time."""
    path = tmp_path_factory.mktemp("bare")
    for folder in RUNTIME:
        shutil.copytree(installed / folder, path.joinpath("ansible_collections", "kubehub", "platform", folder))
    return path


def test_archive_holds_what_runs_and_what_documents_it(installed: Path) -> None:
    files = json.loads((installed / "FILES.json").read_text(encoding="utf-8"))["files"]
    top = {Path(file["name"]).parts[0] for file in files if file["name"] != "."}
    assert top - {"docs"} == {
        *RUNTIME,
        "CHANGELOG.rst",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "LICENSE",
        "README.md",
        "changelogs",
    }


def test_archive_holds_every_tracked_file_of_the_four_folders(installed: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *RUNTIME], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    missing = [
        path for path in listed.split("\0") if path and (ROOT / path).exists() and not (installed / path).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbook_resolves_from_the_four_folders_alone(playbook: str, bare: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    (tmp_path / "ansible.cfg").touch()
    done = subprocess.run(
        [TOOLS / "ansible-playbook", "--syntax-check", f"kubehub.platform.{playbook}"],
        cwd=tmp_path,
        env=environment | {"ANSIBLE_COLLECTIONS_PATH": str(bare), "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["playbook:", f"{bare}/ansible_collections/kubehub/platform/playbooks/{playbook}.yml"]
