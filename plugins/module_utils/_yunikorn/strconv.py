# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Reads numbers, switches and durations as Go's ``strconv`` and ``time`` packages do; None is what Go returns an error for."""

from __future__ import annotations

import re

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NATURAL = re.compile(r"[0-9]+")
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(rf"([0-9]*)(?:\.([0-9]*))?({'|'.join(_UNITS)})")
_MAX_DIGITS = 19
"""An int64 has no more of them; int() of a long text takes quadratic time."""


def parse_int(text: str, bits: int) -> int | None:
    """Return ``text`` as strconv.ParseInt(text, 10, bits) does."""
    if not _INTEGER.fullmatch(text):
        return None
    value = _whole(text.lstrip("+-"))
    if value is None:
        return None
    value = -value if text[0] == "-" else value
    return value if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


def parse_uint(text: str, bits: int) -> int | None:
    """Return ``text`` as strconv.ParseUint(text, 10, bits) does: without a sign."""
    value = _whole(text) if _NATURAL.fullmatch(text) else None
    return value if value is not None and value < 2**bits else None


def parse_bool(text: str) -> bool | None:
    """Return ``text`` as strconv.ParseBool does."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    return False if text in ("0", "f", "F", "FALSE", "false", "False") else None


def parse_duration(text: str) -> int | None:
    """Return the nanoseconds of ``text`` (``1h30m``, ``1.5s``, ``0``) as time.ParseDuration does."""
    sign = -1 if text[:1] == "-" else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        return None
    total = place = 0
    while place < len(rest):
        part = _PART.match(rest, place)
        if part is None or not (part[1] or part[2]):
            return None
        whole = _whole(part[1] or "0")
        if whole is None:
            return None
        fraction = (part[2] or "")[:_MAX_DIGITS]
        total += whole * _UNITS[part[3]] + int(fraction or "0") * _UNITS[part[3]] // 10 ** len(fraction)
        if total > 2**63:
            return None
        place = part.end()
    return sign * total if sign * total < 2**63 else None


def _whole(digits: str) -> int | None:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS + 1 else None
