# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters from the inputs of the role jupyterhub to what its chart is given, each documented in the YAML file of its name."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from secrets import choice
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _shown
from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import kept, reasons, values


def jupyterhub_reasons(
    settings: Mapping[str, Any],
    nodes: Iterable[Mapping[str, Any]] = (),
    volumes: Iterable[Mapping[str, Any]] = (),
    machines: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    """Return why a hub cannot be made of the role's inputs."""
    return reasons.reasons(settings, nodes, volumes, machines)


def jupyterhub_warnings(settings: Mapping[str, Any]) -> list[str]:
    """Return what an admin should know of inputs that work."""
    return reasons.warnings(settings)


def jupyterhub_secrets(
    settings: Mapping[str, Any], data: Mapping[str, str], anew: Iterable[str] = ()
) -> dict[str, dict[str, str]]:
    """Return the secrets of a Secret's data, and those that are to be made."""
    found = {name: base64.b64decode(text).decode() for name, text in data.items()}
    return {"kept": found, "made": kept.made(settings, found, choice, anew)}


def jupyterhub_values(
    settings: Mapping[str, Any], secrets: Mapping[str, str], programs: Mapping[str, str]
) -> dict[str, Any]:
    """Return the chart's values."""
    missing = sorted(set(kept.names(settings)) - set(secrets))
    if missing:
        raise AnsibleFilterError(f"jupyterhub_values: no secret {', '.join(missing)} is given")
    return values.values(settings, secrets, programs)


def jupyterhub_masked(message: str, secrets: Iterable[str]) -> str:
    """Return a message without the secrets that it repeats."""
    return _shown.text(message, secrets)


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "jupyterhub_reasons": jupyterhub_reasons,
            "jupyterhub_warnings": jupyterhub_warnings,
            "jupyterhub_secrets": jupyterhub_secrets,
            "jupyterhub_values": jupyterhub_values,
            "jupyterhub_masked": jupyterhub_masked,
        }
