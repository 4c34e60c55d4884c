# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight asks of the controller is what the collection says elsewhere that it needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[4]
DEFAULTS: dict[str, Any] = yaml.safe_load((ROOT / "roles/preflight/defaults/main.yml").read_text(encoding="utf-8"))
RELEASE: dict[str, Any] = yaml.safe_load((ROOT / "roles/release/defaults/main.yml").read_text(encoding="utf-8"))


def test_collections_are_those_of_the_collection_s_dependencies() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert {name: f">={version}" for name, version in DEFAULTS["preflight_collections"].items()} == galaxy[
        "dependencies"
    ]


def test_packages_are_those_that_the_environment_is_made_of() -> None:
    wanted = dict(
        re.findall(r"^([\w-]+)>=([\d.]+)", (ROOT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {name: wanted[name] for name in DEFAULTS["preflight_packages"]} == DEFAULTS["preflight_packages"]


def test_ansible_is_the_one_that_the_collection_runs_with() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert f">={DEFAULTS['preflight_ansible_min']}.0" == runtime["requires_ansible"]


def test_the_pinned_kubernetes_is_one_of_those_that_were_tested() -> None:
    minor = RELEASE["release_kubernetes_version"].rpartition(".")[0]
    assert minor in DEFAULTS["preflight_kubernetes_minors"]
