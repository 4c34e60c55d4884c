# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the machine that runs Ansible must have, judged from what lookup ``controller`` tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site.judge import CONTROLLER, Finding, judge


@dataclass(frozen=True)
class Tools:
    """The lowest versions of what the controller needs, each by its name."""

    ansible: str
    python: str
    packages: Mapping[str, str]
    collections: Mapping[str, str]
    helm: str

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Tools:
        """Return the tools of a mapping with this class's fields; unknown and missing keys raise TypeError."""
        return cls(**value)


def controller_checks(wanted: Tools, seen: Mapping[str, Any]) -> list[_report.Check]:
    """Return what can be said of the controller. ``seen`` is what lookup ``controller`` returns."""
    rules = (
        ("controller_ansible", "ansible-core", _ansible(wanted, seen), seen["ansible"]),
        ("controller_python", "Python of ansible-playbook", _python(wanted, seen), seen["python"]),
        ("controller_packages", "Python packages", _packages(wanted, seen), _versions(seen["packages"])),
        ("controller_collections", "Collections", _collections(wanted, seen), _versions(seen["collections"])),
        ("controller_helm", "helm", _helm(wanted, seen), seen["helm"]["version"]),
    )
    return [
        check
        for identifier, name, findings, fine in rules
        for check in judge(identifier, name, findings, fine, CONTROLLER)
    ]


def _ansible(wanted: Tools, seen: Mapping[str, Any]) -> Iterator[Finding]:
    if _numbers(seen["ansible"]) < _numbers(wanted.ansible):
        yield Finding(
            f"{seen['ansible']}, at least {wanted.ansible} is wanted",
            f"Install it: pip install 'ansible-core>={wanted.ansible}'",
            host=CONTROLLER,
        )


def _python(wanted: Tools, seen: Mapping[str, Any]) -> Iterator[Finding]:
    if _numbers(seen["python"]) < _numbers(wanted.python):
        yield Finding(
            f"{seen['python']}, at least {wanted.python} is wanted",
            "Install Ansible with a newer Python, in a virtual environment of its own.",
            host=CONTROLLER,
        )


def _packages(wanted: Tools, seen: Mapping[str, Any]) -> Iterator[Finding]:
    for name, least in wanted.packages.items():
        version = seen["packages"].get(name)
        if not version or _numbers(version) < _numbers(least):
            yield Finding(
                f"{name} {version} is older than {least}" if version else f"{name} is missing",
                f"Install it for the Python that runs ansible-playbook: {seen['executable']} -m pip install '{name}>={least}'",
                host=CONTROLLER,
            )


def _collections(wanted: Tools, seen: Mapping[str, Any]) -> Iterator[Finding]:
    for name, least in wanted.collections.items():
        version = seen["collections"].get(name)
        if not version or _numbers(version) < _numbers(least):
            yield Finding(
                f"{name} {version} is older than {least}" if version else f"{name} is missing",
                f"Install it: ansible-galaxy collection install '{name}:>={least}'",
                host=CONTROLLER,
            )


def _helm(wanted: Tools, seen: Mapping[str, Any]) -> Iterator[Finding]:
    program, version = seen["helm"]["program"], seen["helm"]["version"]
    remedy = f"Install helm {wanted.helm} or newer on the controller, or name it in platform_helm."
    if not version:
        yield Finding(f"{program} does not run: {seen['helm']['error']}", remedy, host=CONTROLLER)
    elif _numbers(version) < _numbers(wanted.helm):
        yield Finding(f"{program} is {version}, at least {wanted.helm} is wanted", remedy, host=CONTROLLER)


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
