# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: controller
short_description: Tell what the machine that runs Ansible has installed
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Returns the versions of ansible-core, of the Python that runs it, of Python packages and collections that this Python
    finds, and of helm. Judges nothing and changes nothing.
options:
  _terms:
    description: None are taken.
  packages:
    description: Python packages to look for.
    type: list
    elements: str
    default: []
  collections:
    description: Collections to look for.
    type: list
    elements: str
    default: []
  helm:
    description: Name or path of the helm program.
    type: str
    default: helm
"""

EXAMPLES = r"""
- name: Show what the controller has
  ansible.builtin.debug:
    msg: "{{ lookup('kubehub.platform.controller', packages=['kubernetes'], collections=['kubernetes.core']) }}"
"""

RETURN = r"""
_raw:
  description: What was found; the dictionaries leave out what is missing.
  type: list
  elements: dict
  contains:
    ansible: {description: Version of ansible-core., type: str}
    python: {description: Version of the Python that runs it., type: str}
    executable: {description: Path of that Python., type: str}
    packages: {description: Versions of Python packages by name., type: dict}
    collections: {description: Versions of collections by name., type: dict}
    helm: {description: "C(program), C(version) (empty when it does not run) and C(error).", type: dict}
"""

import importlib
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from ansible.plugins.lookup import LookupBase
from ansible.release import __version__ as ansible_version


def package_version(name: str) -> str:
    """Return the version of a Python package, empty when it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def collection_version(name: str) -> str:
    """Return the version of a collection that this process would use, empty when there is none.

    An installed collection has a MANIFEST.json, a checkout only its galaxy.yml.
    """
    try:
        folders = importlib.import_module(f"ansible_collections.{name}").__path__
    except ImportError:
        return ""
    for folder in map(Path, folders):
        if (folder / "MANIFEST.json").is_file():
            manifest = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
            return str(manifest["collection_info"]["version"])
        if (folder / "galaxy.yml").is_file():
            return str(yaml.safe_load((folder / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    return ""


def helm_version(program: str) -> dict[str, str]:
    """Return how helm calls its version, or why it doesn't."""
    try:
        answer = subprocess.run(
            [program, "version", "--short"],
            capture_output=True,
            check=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError as error:
        return {"program": program, "version": "", "error": " ".join(error.stderr.split())}
    except OSError as error:
        return {"program": program, "version": "", "error": error.strerror or str(error)}
    except subprocess.TimeoutExpired as error:
        return {"program": program, "version": "", "error": str(error)}
    match = re.search(r"v(\d+\.\d+\.\d+)", answer.stdout)
    said = " ".join(answer.stdout.split())
    return {"program": program, "version": match[1] if match else "", "error": "" if match else f"it says {said!r}"}


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return what the controller has."""
        self.set_options(var_options=variables, direct=kwargs)
        packages = {name: package_version(name) for name in self.get_option("packages")}
        collections = {name: collection_version(name) for name in self.get_option("collections")}
        return [
            {
                "ansible": ansible_version,
                "python": ".".join(map(str, sys.version_info[:3])),
                "executable": sys.executable,
                "packages": {name: version for name, version in packages.items() if version},
                "collections": {name: version for name, version in collections.items() if version},
                "helm": helm_version(self.get_option("helm")),
            }
        ]
