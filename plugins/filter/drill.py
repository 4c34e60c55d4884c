# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of role drill, each documented in the YAML file of its name: thin edges of module_utils/_drill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._drill import assess, outages


def drill_check(samples: str, fault: Mapping[str, Any]) -> _report.Check:
    """Return the check of a fault."""
    try:
        return assess.check(assess.Fault(**fault), outages.parse(samples))
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"drill_check: {error}") from error


def drill_settled(samples: str, targets: Iterable[str], seconds: float, since: float = 0.0) -> bool:
    """Return whether all targets have been well for a while."""
    try:
        return outages.settled(outages.parse(samples), targets, seconds, since)
    except ValueError as error:
        raise AnsibleFilterError(f"drill_settled: {error}") from error


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"drill_check": drill_check, "drill_settled": drill_settled}
