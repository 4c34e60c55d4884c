# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice. The report (schema 1) is public, see reports.rst.
"""Reports of the playbooks that check a site: preflight, verify and the drill. Pure; no Ansible."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

SCHEMA = 1
WARNING_PREFIX = "warning: "

Status = Literal["ok", "warning", "FAILED", "not proved"]
STATUSES: tuple[Status, ...] = ("ok", "warning", "FAILED", "not proved")

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REQUIRED = ("id", "name", "host", "ok")
_OPTIONAL = ("seconds", "detail", "remedy")


class ReportError(ValueError):
    """A check or a report that is not of schema 1. The message names the place and what is wanted there."""


class Check(TypedDict):
    """One thing that was looked at.

    ``id`` is stable snake_case, ``name`` is for people, ``host`` is the machine's inventory name, ``localhost`` for the
    controller or ``site`` for the site as a whole. ``ok`` is true, false, or None for "not proved here". ``seconds`` is
    a measured duration. ``detail`` says what was seen (of a warning: begins with ``warning:``), ``remedy`` what to do.
    """

    id: str
    name: str
    host: str
    ok: bool | None
    seconds: float | None
    detail: str
    remedy: str


class Report(TypedDict):
    """What a playbook writes. ``ok`` is true when no check failed; what was not proved counts for neither side."""

    schema: int
    ok: bool
    standins: list[str]
    checks: list[Check]


def check(
    identifier: str,
    ok: bool | None,
    detail: str,
    remedy: str = "",
    *,
    name: str,
    host: str,
    seconds: float | None = None,
) -> Check:
    """Return one check of schema 1; raise :class:`ReportError` when it is not one."""
    return parse_check(
        Check(id=identifier, name=name, host=host, ok=ok, seconds=seconds, detail=detail, remedy=remedy), "check"
    )


def status(item: Check) -> Status:
    """Return what a table calls the outcome. A warning is a check that passed and whose detail says ``warning: …``."""
    if item["ok"] is None:
        return "not proved"
    if not item["ok"]:
        return "FAILED"
    return "warning" if item["detail"].startswith(WARNING_PREFIX) else "ok"


def parse_check(value: object, path: str) -> Check:
    """Return ``value`` as a check with every key present; raise :class:`ReportError` that begins with ``path``."""
    if not isinstance(value, Mapping):
        raise ReportError(f"{path}: expected a dictionary, got {_kind(value)}")
    missing = [key for key in _REQUIRED if key not in value]
    if missing:
        raise ReportError(f"{path}: missing {', '.join(missing)}")
    unknown = sorted(str(key) for key in value if key not in _REQUIRED + _OPTIONAL)
    if unknown:
        raise ReportError(f"{path}: unknown key {', '.join(unknown)}; a check has {', '.join(_REQUIRED + _OPTIONAL)}")
    identifier = _text(value["id"], f"{path}.id")
    if not _ID.fullmatch(identifier):
        raise ReportError(f"{path}.id: {identifier!r} is not snake_case")
    path = f"{path} ({identifier})"
    ok = value["ok"]
    if ok is not None and not isinstance(ok, bool):
        raise ReportError(f"{path}.ok: expected true, false or null, got {_kind(ok)}")
    parsed = Check(
        id=identifier,
        name=_filled(value["name"], f"{path}.name"),
        host=_filled(value["host"], f"{path}.host"),
        ok=ok,
        seconds=_seconds(value.get("seconds"), f"{path}.seconds"),
        detail=_text(value.get("detail", ""), f"{path}.detail"),
        remedy=_text(value.get("remedy", ""), f"{path}.remedy"),
    )
    outcome = status(parsed)
    if outcome in ("FAILED", "not proved") and not parsed["detail"]:
        raise ReportError(f"{path}.detail: a check that is {outcome} must say why")
    if outcome in ("FAILED", "warning") and not parsed["remedy"]:
        raise ReportError(f"{path}.remedy: a check that is {outcome} must say what to do")
    return parsed


def build(checks: object, standins: object = ()) -> Report:
    """Return the report of ``checks`` (in their order), met with the ``standins`` (sorted, each once).

    Raise :class:`ReportError` when a check is not of schema 1, or when there is none: that would prove nothing.
    """
    items = [parse_check(item, f"checks[{index}]") for index, item in enumerate(_list(checks, "checks"))]
    if not items:
        raise ReportError("checks: expected at least one check, got none")
    names = {_filled(item, f"standins[{index}]") for index, item in enumerate(_list(standins, "standins"))}
    return Report(
        schema=SCHEMA, ok=all(item["ok"] is not False for item in items), standins=sorted(names), checks=items
    )


def parse(value: object) -> Report:
    """Return ``value`` (a decoded JSON report) as a report; raise :class:`ReportError` when it is not of schema 1."""
    if not isinstance(value, Mapping):
        raise ReportError(f"report: expected a dictionary, got {_kind(value)}")
    if set(value) != {"schema", "ok", "standins", "checks"}:
        found = ", ".join(sorted(map(str, value))) or "none"
        raise ReportError(f"report: expected the keys schema, ok, standins, checks, got {found}")
    if value["schema"] != SCHEMA or isinstance(value["schema"], bool):
        raise ReportError(f"report.schema: expected {SCHEMA}, got {value['schema']!r}")
    report = build(value["checks"], value["standins"])
    if value["ok"] is not report["ok"]:
        raise ReportError(f"report.ok: {value['ok']!r} does not follow from the checks, which make it {report['ok']!r}")
    return report


def counts(report: Report) -> dict[Status, int]:
    """Return how many checks there are of each status, every status present."""
    found = [status(item) for item in report["checks"]]
    return {name: found.count(name) for name in STATUSES}


def summary(report: Report) -> str:
    """Return the one line that ends a table."""
    number = counts(report)
    line = (
        f"{_number(number['ok'], 'check')} ok, {_number(number['warning'], 'warning')}, "
        f"{number['FAILED']} FAILED, {number['not proved']} not proved."
    )
    return f"{line} Stand-ins met: {', '.join(report['standins'])}." if report["standins"] else line


def reasons(report: Report, *, fold: bool = False) -> list[str]:
    """Return one line for each failed check: host, name, what was seen, what to do.

    With ``fold``, checks that say the same of several hosts share a line.
    """
    return _reasons([item for item in report["checks"] if status(item) == "FAILED"], fold)


def table(report: Report, *, fold: bool = False, width: int = 120) -> str:
    """Return the report as text: a row a check, then what to do, then the counts.

    Lines have at most ``width`` columns where words allow. With ``fold``, checks that say the same of several
    hosts share a row.
    """
    body = _rows(report["checks"], fold)
    measured = "seconds" if any(row[3] for row in body) else ""
    rows = [("result", "host", "check", measured, "detail"), *body]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    indent = sum(size + 2 for size in widths if size)
    lines = []
    for row in rows:
        cells = [row[column].ljust(widths[column]) for column in range(3)] + [row[3].rjust(widths[3])] * bool(measured)
        lines += _wrap("  ".join([*cells, ""]), row[4], indent, width)
    for title, wanted in (("FAILED", "FAILED"), ("Warnings", "warning"), ("Not proved here", "not proved")):
        found = [item for item in report["checks"] if status(item) == wanted and (item["remedy"] or wanted == "FAILED")]
        if found:
            lines += ["", f"{title}: what to do"]
            for reason in _reasons(found, fold):
                lines += _wrap("- ", reason, 2, width)
    return "\n".join([*lines, "", *_wrap("", summary(report), 0, width)])


def _rows(checks: Sequence[Check], fold: bool) -> list[tuple[str, str, str, str, str]]:
    """Return the cells of the table's rows. Folded rows stand where the first of their checks stood."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    for index, item in enumerate(checks):
        seconds = "" if item["seconds"] is None else f"{item['seconds']:.2f}"
        # The index keeps apart what must not be folded.
        key = (status(item), item["name"], seconds, _detail(item), "" if fold else str(index))
        hosts.setdefault(key, []).append(item["host"])
    return [(key[0], _hosts(names), key[1], key[2], key[3]) for key, names in hosts.items()]


def _hosts(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique) if len(unique) <= 3 else f"{unique[0]} +{len(unique) - 1}"


def _reasons(checks: Sequence[Check], fold: bool) -> list[str]:
    """Return what there is to say of checks, each with all its hosts: nobody repairs "cp1 and others"."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for index, item in enumerate(checks):
        remedy = " ".join(item["remedy"].split())
        detail = _detail(item)
        end = "" if not remedy or detail.endswith((".", "!", "?")) else "."
        text = f"{item['name']}: {detail}{end} {remedy}".rstrip()
        hosts.setdefault((text, "" if fold else str(index)), []).append(item["host"])
    return [f"{', '.join(dict.fromkeys(names))}: {text}" for (text, _mark), names in hosts.items()]


def _detail(item: Check) -> str:
    return " ".join(item["detail"].removeprefix(WARNING_PREFIX).split())


def _wrap(first: str, text: str, indent: int, width: int) -> list[str]:
    lines = textwrap.wrap(text, max(width - indent, 40), break_long_words=False, break_on_hyphens=False) or [""]
    return [(first + lines[0]).rstrip(), *(" " * indent + line for line in lines[1:])]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _list(value: object, path: str) -> Sequence[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise ReportError(f"{path}: expected a list, got {_kind(value)}")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise ReportError(f"{path}: expected a string, got {_kind(value)}")
    return str(value)


def _filled(value: object, path: str) -> str:
    text = _text(value, path)
    if not text.strip():
        raise ReportError(f"{path}: must not be empty")
    return text


def _seconds(value: object, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ReportError(f"{path}: expected a number or null, got {_kind(value)}")
    if not math.isfinite(value) or value < 0:
        raise ReportError(f"{path}: expected a duration of at least 0 seconds, got {value}")
    return round(float(value), 3)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    for kind, name in (
        (bool, "a boolean"),
        (str, "a string"),
        ((int, float), "a number"),
        (Mapping, "a dictionary"),
        (Sequence, "a list"),
    ):
        if isinstance(value, kind):
            return name
    return type(value).__name__
