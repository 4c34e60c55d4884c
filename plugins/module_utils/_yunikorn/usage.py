# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What teams and users use: rows of a report, and the report as a table, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import Any

from .quantity import VCORE
from .state import Application, State

WAITING = frozenset(("New", "Accepted"))
"""States of an application that has got nothing yet."""

_BYTES = frozenset(("memory", "ephemeral-storage"))
_UNITS = {VCORE: "_milli", **dict.fromkeys(_BYTES, "_bytes")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A queue with all below it (``user`` is empty), or what one user has in it.

    Resources are in YuniKorn's integers: thousandths of a core, bytes, counts. ``guaranteed`` and ``max`` are the queue's;
    a user's are empty.
    """

    queue: str
    user: str
    running: int
    waiting: int
    used: Mapping[str, int]
    pending: Mapping[str, int]
    guaranteed: Mapping[str, int] = field(default_factory=dict)
    max: Mapping[str, int] = field(default_factory=dict)


def rows(state: State) -> tuple[Row, ...]:
    """Return a row for each queue by its full name, and after it one for each user who has applications in that very queue."""
    below: dict[str, list[Application]] = {}
    own: dict[tuple[str, str], list[Application]] = {}
    users: dict[str, set[str]] = {}
    for one in state.applications:
        for queue in accumulate(one.queue.split("."), "{}.{}".format):
            below.setdefault(queue, []).append(one)
        own.setdefault((one.queue, one.user), []).append(one)
        users.setdefault(one.queue, set()).add(one.user)
    found: list[Row] = []
    for name, live in sorted(state.queues.items()):
        found.append(_row(name, "", below.get(name, ()), guaranteed=live.guaranteed, max=live.max or {}))
        found += [_row(name, user, own[name, user]) for user in sorted(users.get(name, ()))]
    return tuple(found)


def _row(queue: str, user: str, applications: Sequence[Application], **bounds: Mapping[str, int]) -> Row:
    waiting = sum(one.state in WAITING for one in applications)
    return Row(
        queue=queue,
        user=user,
        running=len(applications) - waiting,
        waiting=waiting,
        used=_sum(one.used for one in applications),
        pending=_sum(one.pending for one in applications),
        **bounds,
    )


def _sum(amounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in amounts:
        for name, value in each.items():
            total[name] = total.get(name, 0) + value
    return dict(sorted(total.items()))


def resources(found: Iterable[Row]) -> tuple[str, ...]:
    """Return the names of all resources in ``found``: cores and memory first, the others by name."""
    names = {name for row in found for part in (row.used, row.pending, row.guaranteed, row.max) for name in part}
    return tuple(sorted(names, key=lambda name: (name != VCORE, name != "memory", name)))


def human(value: int, resource: str) -> str:
    """Return an amount as people write it: cores, GiB, a count."""
    if resource == VCORE:
        return f"{value / 1000:g}"
    return f"{value / 2**30:.1f}Gi" if resource in _BYTES else str(value)


def table(found: Sequence[Row]) -> str:
    """Return a table for people; what a queue uses stands before its maximum, as in ``12/20``."""
    names = resources(found)
    lines = [["queue", "user", "running", "waiting", *names]]
    for row in found:
        lines.append([row.queue, row.user, str(row.running), str(row.waiting)])
        for name in names:
            used = human(row.used.get(name, 0), name)
            lines[-1].append(f"{used}/{human(row.max[name], name)}" if name in row.max else used)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def comma_separated(found: Sequence[Row]) -> str:
    """Return CSV with a header: exact integers, with the unit in the column's name; an empty cell is no bound."""
    names = resources(found)
    parts = ("used", "pending", "guaranteed", "max")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            *("queue", "user", "running", "waiting"),
            *(f"{part}_{name}{_UNITS.get(name, '')}" for part in parts for name in names),
        ]
    )
    for row in found:
        amounts = [
            getattr(row, part).get(name, "" if part in ("guaranteed", "max") else 0) for part in parts for name in names
        ]
        writer.writerow([_cell(row.queue), _cell(row.user), row.running, row.waiting, *amounts])
    return out.getvalue()


def _cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula: a user's name comes from outside."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def structured(found: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as dictionaries; ``user`` is None in a queue's own row."""
    return [
        {key: dict(value) if isinstance(value, Mapping) else value for key, value in asdict(row).items()}
        | {"user": row.user or None}
        for row in found
    ]


def as_json(found: Iterable[Row]) -> str:
    """Return :func:`structured` as JSON."""
    return json.dumps(structured(found), indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Row]], str]] = {"table": table, "csv": comma_separated, "json": as_json}
