# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of role preflight, each documented in the YAML file of its name: thin edges of module_utils/_site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site.controller import Tools, controller_checks
from ansible_collections.kubehub.platform.plugins.module_utils._site.machines import Answers, Limits, machine_checks
from ansible_collections.kubehub.platform.plugins.module_utils._site.network import (
    asking_interface,
    download_checks,
    virtual_ip_checks,
)
from ansible_collections.kubehub.platform.plugins.module_utils._site.roles import role_checks
from ansible_collections.kubehub.platform.plugins.module_utils._site.site import Site, site_checks

Results = Mapping[str, Mapping[str, Any]]


def preflight_checks(
    site: Mapping[str, Any],
    controller: Mapping[str, Any] | None = None,
    machines: Mapping[str, Any] | None = None,
    roles: Sequence[Mapping[str, Any]] = (),
    hostvars: Mapping[str, Mapping[str, Any]] | None = None,
    first: str = "",
) -> list[_report.Check]:
    """Return the checks of all that was given."""
    try:
        described = Site.parse(site)
        checks = site_checks(described)
        checks += role_checks(roles, hostvars or {}, first)
        if controller:
            checks += controller_checks(Tools.parse(controller["wanted"]), controller["seen"])
        if machines:
            answers = Answers(machines["answers"], machines["collected_at"], machines["explained"])
            checks += machine_checks(described, answers, Limits.parse(machines["limits"]))
            checks += virtual_ip_checks(described, answers, machines["virtual_ip"])
            checks += download_checks(machines["downloads"], described.mirror_url)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"preflight_checks: {type(error).__name__}: {error}") from error
    return checks


def preflight_interface(site: Mapping[str, Any], machines: Results, name: str) -> dict[str, str]:
    """Return the interface on which a machine reaches the virtual IP."""
    try:
        return asking_interface(Site.parse(site), Answers(machines, 0.0), name)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"preflight_interface: {type(error).__name__}: {error}") from error


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"preflight_checks": preflight_checks, "preflight_interface": preflight_interface}
