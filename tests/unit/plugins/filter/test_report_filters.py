# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.kubehub.platform.plugins.filter.report import FilterModule

FILTERS = FilterModule().filters()
CHECKS = [
    {"id": "memory", "name": "Memory", "host": "{{ name }}", "ok": True, "detail": "4096 MiB"},
    {"id": "disk", "name": "Disk", "host": "cp1", "ok": False, "detail": "1 GiB", "remedy": "Add a disk."},
]
PLAIN: list[dict[str, Any]] = [{**CHECKS[0], "host": "cp1"}, CHECKS[1]]


def test_the_filters_make_print_and_list() -> None:
    report = FILTERS["report"](PLAIN, ["yunikorn"])
    assert report["ok"] is False
    assert FILTERS["report_table"](report).endswith(
        "1 check ok, 0 warnings, 1 FAILED, 0 not proved. Stand-ins met: yunikorn."
    )
    assert FILTERS["report_reasons"](report) == ["cp1: Disk: 1 GiB. Add a disk."]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("report", [], "checks: expected at least one check, got none"),
        ("report_table", {"schema": 1}, "report: expected the keys schema, ok, standins, checks, got schema"),
        ("report_reasons", None, "report: expected a dictionary, got null"),
    ],
)
def test_the_cores_error_becomes_a_filters_error(name: str, value: object, error: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{re.escape(error)}$"):
        FILTERS[name](value)


def test_values_that_come_from_templates_are_taken() -> None:
    """A playbook's lists and strings are subclasses with tags, which the filters take and do not pass on."""
    templar = Templar(DataLoader(), variables={"checks": trust_as_template_in(CHECKS), "name": "cp1"})
    templar.environment.filters.update(FILTERS)
    assert templar.template(trust_as_template("{{ (checks | report).checks[0].host }}")) == "cp1"


def trust_as_template_in(value: Any) -> Any:
    """Mark the strings of a structure as templates, as a playbook's loader does."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {key: trust_as_template_in(item) for key, item in value.items()}
    return [trust_as_template_in(item) for item in value] if isinstance(value, list) else value
