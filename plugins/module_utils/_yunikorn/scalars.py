# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What yaml.v3 takes an untagged plain scalar for, and its conversions. Source: yaml.v3 ``resolve.go`` and ``decode.go``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str | None"


class Timestamp(str):
    """A scalar that Go reads as a time: good as a text, as nothing else."""


_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?", re.ASCII
)
_CONSTANTS: Mapping[str, Value] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
YES = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"))
NO = frozenset(("n", "N", "no", "No", "NO", "off", "Off", "OFF"))
TAGS = ("!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp")


def _is_time(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day, separator, hour, minute, second, _fraction, zone = match.groups()
    if separator is not None and (separator == " ") != (zone is None):
        return False
    try:
        datetime(int(year) or 4, int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return False
    return True


def _integer(text: str) -> int | None:
    """Go's ParseInt and ParseUint with base 0 after the underscores are gone: None where both refuse."""
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    low = digits.lower()
    try:
        if re.fullmatch(r"0x[0-9a-f]+", low):
            value = int(low, 16)
        elif re.fullmatch(r"0b[01]+", low):
            value = int(low, 2)
        elif re.fullmatch(r"0o?[0-7]+", low):
            value = int(low.removeprefix("0o"), 8)
        elif re.fullmatch(r"[0-9]+", low) and (low == "0" or low[0] != "0") and len(low) <= 20:
            value = int(low)
        else:
            return None
    except ValueError:
        return None
    if sign == "-":
        return -value if value <= 2**63 else None
    return value if value < 2**63 or (not sign and value < 2**64) else None


def _number(text: str) -> int | float | None:
    plain = text.replace("_", "")
    whole = _integer(plain)
    if whole is not None:
        return whole
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        return None if math.isinf(value) else value
    return None


def resolve(text: str) -> tuple[str, Value]:
    """Return the tag and value that Go's resolver gives an untagged plain scalar."""
    if text in _CONSTANTS:
        constant = _CONSTANTS[text]
        return ("!!null" if constant is None else "!!bool" if isinstance(constant, bool) else "!!float"), constant
    first = text[0]
    if first == "." and _FLOAT.fullmatch(text):
        value = float(text)
        return ("!!str", text) if math.isinf(value) else ("!!float", value)
    if first in "+-0123456789":
        if _is_time(text):
            return "!!timestamp", Timestamp(text)
        number = _number(text)
        if number is not None:
            return ("!!int" if isinstance(number, int) else "!!float"), number
    return "!!str", text


def uint64(value: float) -> int:
    """Go's conversion of a float to uint64 on amd64, which does not refuse what does not fit."""
    if math.isinf(value) or value >= 2.0**64:
        return 2**63
    whole = int(value)
    if whole < -(2**63):
        return 2**63
    return whole % 2**64
