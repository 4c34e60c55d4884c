# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The properties of a queue that YuniKorn reads. Source: yunikorn-core ``pkg/scheduler/objects/queue.go``, ``UpdateQueueProperties``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .gotext import lower
from .strconv import parse_duration, parse_int, parse_uint

SORT_POLICY = "application.sort.policy"
QUOTA_DELAY = "quota.preemption.delay"
QUOTA_DELAY_BEFORE_1_9 = "preemption.quota.delay"


@dataclass(frozen=True, kw_only=True, slots=True)
class Property:
    """What a property takes: ``legal`` says whether YuniKorn takes a value, ``wanted`` names what it takes.

    ``leaf`` tells that only a queue without queues below it uses it; configured ones inherit it from above.
    """

    wanted: str
    legal: Callable[[str], bool]
    leaf: bool = False


def _positive(text: str) -> bool:
    return (parse_duration(text) or 0) > 0


def _off_or_positive(text: str) -> bool:
    return (parse_duration(text) or 0) > 0 or parse_duration(text) == 0


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda text: lower(text) in values


_DURATION = "a duration above 0 such as 30s or 10m"
_QUOTA = Property(wanted="a duration such as 30s or 10m", legal=_off_or_positive)

PROPERTIES: Mapping[str, Property] = {
    SORT_POLICY: Property(
        wanted="fifo or fair", legal=lambda text: text in ("", "fifo", "fair", "stateaware"), leaf=True
    ),
    "application.sort.priority": Property(wanted="enabled or disabled", legal=_one_of("enabled", "disabled")),
    "priority.policy": Property(wanted="default or fence", legal=_one_of("", "default", "fence")),
    "priority.offset": Property(wanted="a whole number of 32 bits", legal=lambda text: parse_int(text, 32) is not None),
    "preemption.policy": Property(
        wanted="default, fence or disabled", legal=_one_of("", "default", "fence", "disabled")
    ),
    "preemption.delay": Property(wanted=_DURATION, legal=_positive, leaf=True),
    QUOTA_DELAY: _QUOTA,
    QUOTA_DELAY_BEFORE_1_9: _QUOTA,
    "application.unschedasks.backoff": Property(
        wanted="a whole number from 0", legal=lambda text: parse_uint(text, 64) is not None, leaf=True
    ),
    "application.unschedasks.backoff.delay": Property(wanted=_DURATION, legal=_positive, leaf=True),
}
