# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Why YuniKorn refused a configuration: it says so in its log, and nowhere else.

Source: yunikorn-k8shim ``pkg/cache/context.go`` and ``pkg/conf/schedulerconf.go``.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone

_REFUSED = "reload configuration failed"
_VALUE = "failed to parse configmap entry"
_STAMP = re.compile(r"(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:\d\d)")
_ERROR = re.compile(rf"^(?P<time>\S+) .*\t(?P<what>{_REFUSED}|{_VALUE})\t(?P<fields>{{.*}})$")


def reasons(log: str, *, after: str = "") -> tuple[str, ...]:
    """Return the errors of a log with Kubernetes' timestamps that were written after the timestamp ``after``."""
    found: list[str] = []
    for line in log.splitlines():
        match = _ERROR.match(line)
        if match is None or moment(match["time"]) <= moment(after):
            continue
        try:
            error = json.loads(match["fields"])["error"]
        except (ValueError, KeyError, TypeError):
            error = match["fields"]
        found.append(" ".join(str(error).split()))
    return tuple(dict.fromkeys(found))


def moment(stamp: str) -> tuple[datetime, str]:
    """Return what timestamps are compared by: container runtimes leave out zeros at the end of the fraction. What is none comes first."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return datetime.min.replace(tzinfo=timezone.utc), ""
    zone = match["zone"].replace("Z", "+00:00")
    return datetime.fromisoformat(match["second"] + zone), (match["fraction"] or "").ljust(9, "0")


def last(log: str) -> str:
    """Return the timestamp of the last line of a log with Kubernetes' timestamps; empty where there is none."""
    lines = log.splitlines()
    return lines[-1].split(" ", 1)[0] if lines else ""
