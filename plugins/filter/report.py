# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that make and print reports of schema 1, each documented in the YAML file of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _report


def report(checks: object, standins: object = ()) -> dict[str, Any]:
    """Return the report of a list of checks."""
    try:
        return dict(_report.build(checks, standins))
    except _report.ReportError as error:
        raise AnsibleFilterError(str(error)) from error


def report_table(value: object, fold: bool = False, width: int = 120) -> str:
    """Return a report as a table."""
    try:
        return _report.table(_report.parse(value), fold=fold, width=width)
    except _report.ReportError as error:
        raise AnsibleFilterError(str(error)) from error


def report_reasons(value: object, fold: bool = False) -> list[str]:
    """Return a line for each failed check of a report."""
    try:
        return _report.reasons(_report.parse(value), fold=fold)
    except _report.ReportError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"report": report, "report_table": report_table, "report_reasons": report_reasons}
