# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the roles themselves have against a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site.judge import SITE, Finding, judge


def role_checks(
    roles: Sequence[Mapping[str, Any]], variables: Mapping[str, Mapping[str, Any]], first: str
) -> list[_report.Check]:
    """Return a check for each reason that a role handed over in the variable ``ID_reasons`` of a machine.

    A role is ``{id, name, remedy, hosts}``; one without hosts judged the site, and ``first`` has its reasons. Machines without
    the variable were not asked.
    """
    checks = []
    for role in roles:
        for host in role.get("hosts", [SITE]):
            reasons = variables[first if host == SITE else host].get(f"{role['id']}_reasons")
            if reasons is not None:
                findings = [Finding(reason, role["remedy"], host=host) for reason in reasons]
                checks += judge(role["id"], role["name"], findings, "nothing speaks against it", host)
    return checks
