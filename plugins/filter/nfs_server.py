# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role nfs_server, each documented in the YAML file of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _nfs


def nfs_exports(exports: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return exports with all their options."""
    return _nfs.completed(exports)


def nfs_home_limits(
    overrides: Iterable[Mapping[str, Any]], teams: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """Return the limits of those homes that have limits of their own."""
    return _nfs.home_limits(list(overrides), list(teams))


def nfs_server_reasons(settings: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """Return why a machine cannot serve the role's inputs."""
    return _nfs.reasons(settings, seen)


def nfs_size(text: Any) -> int:
    """Return the bytes of a size."""
    try:
        return _nfs.size(text)
    except ValueError as error:
        raise AnsibleFilterError(f"{text!r} is no size such as 500Mi or 10Gi") from error


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "nfs_exports": nfs_exports,
            "nfs_home_limits": nfs_home_limits,
            "nfs_server_reasons": nfs_server_reasons,
            "nfs_size": nfs_size,
        }
