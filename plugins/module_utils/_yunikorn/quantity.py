# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""YuniKorn's quantities, which are not Kubernetes' quantities: whole numbers, an optional suffix, no sign and no fraction.

Source: yunikorn-core ``pkg/common/resources/quantity.go``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import gotext

VCORE = "vcore"
"""The only resource that is counted in thousandths: ``1`` is 1000, ``500m`` is 500."""

MAX = 2**63 - 1

_QUANTITY = re.compile(r"(?P<number>[0-9]+)[\t\n\f\r ]*(?P<suffix>(?:[mkKMGTPE]i?)?)", re.ASCII)
_MULTIPLIERS: Mapping[str, int] = {
    "": 1,
    **{suffix: 1000**power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    **{suffix: 1024**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
}


class QuantityError(ValueError):
    """A text that YuniKorn refuses as a quantity; the message is upstream's own."""


def parse(text: str, resource: str) -> int:
    """Return the value of ``text`` for ``resource``: thousandths of a core for ``vcore``, bytes or a count for all others.

    Raise :class:`QuantityError` with ``invalid quantity``, ``invalid suffix`` or ``invalid quantity: overflow``.
    """
    match = _QUANTITY.fullmatch(gotext.trim(text))
    if match is None:
        raise QuantityError("invalid quantity")
    # int() of a long text takes quadratic time; twenty digits are past int64 already.
    digits = match["number"].lstrip("0") or "0"
    if len(digits) > 19 or int(digits) > MAX:
        raise QuantityError("invalid quantity: overflow")
    suffix = match["suffix"]
    if suffix == "m" and resource == VCORE:
        scale = 1
    elif suffix in _MULTIPLIERS:
        scale = _MULTIPLIERS[suffix] * (1000 if resource == VCORE else 1)
    else:
        raise QuantityError("invalid suffix")
    value = int(digits) * scale
    if value > MAX:
        raise QuantityError("invalid quantity: overflow")
    return value


def render(value: int, resource: str) -> str:
    """Return a text that :func:`parse` reads as ``value``: the largest binary suffix that divides it, cores before thousandths."""
    if value < 0:
        raise ValueError(f"a quantity is not negative: {value}")
    if resource == VCORE:
        return f"{value}m" if value % 1000 else str(value // 1000)
    for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        scale = _MULTIPLIERS[suffix]
        if value and value % scale == 0:
            return f"{value // scale}{suffix}"
    return str(value)
