# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""From what a rule found to the checks of a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ansible_collections.kubehub.platform.plugins.module_utils import _report

SITE = "site"
CONTROLLER = "localhost"


@dataclass(frozen=True)
class Finding:
    """Something that a rule has to say: what was seen, and what to do about it."""

    detail: str
    remedy: str = ""
    host: str = SITE
    kind: Literal["refused", "warning", "not proved"] = "refused"

    def to_check(self, identifier: str, name: str) -> _report.Check:
        """Return the finding as a check of the rule ``identifier``."""
        ok = {"refused": False, "warning": True, "not proved": None}[self.kind]
        prefix = _report.WARNING_PREFIX if self.kind == "warning" else ""
        return _report.check(identifier, ok, prefix + self.detail, self.remedy, name=name, host=self.host)


def judge(identifier: str, name: str, findings: Iterable[Finding], fine: str, host: str = SITE) -> list[_report.Check]:
    """Return a check for each finding, or one that is ok and says ``fine`` when there is none."""
    checks = [finding.to_check(identifier, name) for finding in findings]
    return checks or [_report.check(identifier, True, fine, name=name, host=host)]


def listed(items: Iterable[object], joint: str = "and") -> str:
    """Return ``a, b and c``."""
    words = [str(item) for item in items]
    return f" {joint} ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def counted(number: int, noun: str) -> str:
    """Return ``1 machine`` or ``2 machines``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
