# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user installs: the collection's archive, built from the checkout and unpacked by ansible-galaxy into an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent


def install(into: Path) -> Path:
    """Build and install the collection below ``into``, beside the collections it depends on, and return its folder.

    No Galaxy server is asked: the dependencies are those of the community package that requirements.txt pins.
    """
    galaxy: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    archive = into / f"{galaxy['namespace']}-{galaxy['name']}-{galaxy['version']}.tar.gz"
    for argv in (
        ["build", "--output-path", str(into), str(ROOT)],
        ["install", "--no-deps", "--offline", "--collections-path", str(into), str(archive)],
    ):
        subprocess.run(
            [TOOLS / "ansible-galaxy", "collection", *argv],
            check=True,
            cwd=into,
            env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(into)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    archive.unlink()
    collections = into / "ansible_collections"
    for dependency in galaxy["dependencies"]:
        namespace, name = dependency.split(".")
        (collections / namespace).mkdir(exist_ok=True)
        (collections / namespace / name).symlink_to(bundled(namespace, name))
    return collections.joinpath(galaxy["namespace"], galaxy["name"])


def bundled(namespace: str, name: str) -> Path:
    """Where the community package keeps one collection."""
    path = folder_of("ansible_collections") / namespace / name
    if not path.is_dir():
        raise FileNotFoundError(f"{namespace}.{name}: not in {path}; is requirements.txt installed?")
    return path


def folder_of(package: str) -> Path:
    """The folder of a package among the tools of requirements.txt."""
    return Path(sysconfig.get_path("purelib")) / package
