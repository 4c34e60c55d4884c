# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What is wrong with a config, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that YuniKorn refuses.

    ``path`` is a dotted place in the document, lists by their index (``partitions[0].queues[1].resources.max.memory``),
    ``line`` counts from 1 (None where no single line is to blame), ``message`` is upstream's own text where it has one.
    """

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line is not None else ""
        return f"{place}{self.path or 'document'}: {self.message}"
