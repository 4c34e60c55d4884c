# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Kubernetes' quantities, and memory as KubeSpawner writes it. Pure.

Source: Kubernetes' ``apimachinery/pkg/api/resource/quantity.go`` (without exponents), JupyterHub's ``ByteSpecification``.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

_QUANTITY = re.compile(r"(?P<number>[0-9]{1,15}(?:\.[0-9]{1,9})?)(?P<suffix>m|[kMGTP]|[KMGTP]i)?", re.ASCII)
_SCALES: dict[str, Decimal] = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P"), start=1)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), start=1)},
}


class QuantityError(ValueError):
    """A text that is no quantity. The message repeats it."""


def parse(text: object) -> Decimal:
    """Return the value of a quantity such as ``0.5``, ``100m`` or ``2Gi``: cores, bytes or a count.

    Raise :class:`QuantityError` where the text is none.
    """
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        raise QuantityError(f"{str(text)!r} is no quantity, wanted a number with a suffix such as 500m, 2Gi or none")
    return Decimal(match["number"]) * _SCALES[match["suffix"] or ""]


def spawner_bytes(text: object) -> int:
    """Return the bytes of a memory quantity as KubeSpawner asks for them: whole KiB, never less."""
    return math.ceil(parse(text) / 1024) * 1024


def spawner_memory(text: object) -> str:
    """Return a memory quantity as KubeSpawner reads it, never less than asked for.

    Its ``M`` and ``G`` are powers of 1024, Kubernetes' are powers of 1000.
    """
    kibibytes = spawner_bytes(text) // 1024
    for suffix, scale in (("T", 1024**3), ("G", 1024**2), ("M", 1024)):
        if kibibytes and kibibytes % scale == 0:
            return f"{kibibytes // scale}{suffix}"
    return f"{kibibytes}K"
