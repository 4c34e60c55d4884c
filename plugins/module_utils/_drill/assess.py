# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The check of one fault: what was measured, held against its bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._drill.outages import (
    Outage,
    Sample,
    outages,
    resolution,
)


@dataclass(frozen=True)
class Fault:
    """A fault as it was made.

    ``watch`` is the target whose longest gap counts, at most ``bound`` seconds; ``steady`` are those that must not fail at all.
    ``broken``, ``restored`` and ``healed`` are times: of the fault, of the command that gives the part back, and of its health,
    None where it did not come to that and ``error`` says why. ``again`` are the seconds after which a user worked again, where that is what is bounded.
    """

    id: str
    name: str
    host: str
    watch: str
    bound: float
    broken: float
    restored: float
    healed: float | None
    steady: Sequence[str] = field(default_factory=tuple)
    again: float | None = None
    needs_again: bool = False
    error: str = ""


def check(fault: Fault, found: Mapping[str, Sequence[Sample]]) -> _report.Check:
    """Return the check of a fault. ``found`` holds the samples of each target from before the fault until after the recovery."""
    watched = found.get(fault.watch, ())
    seconds = fault.again if fault.needs_again else _longest(outages(watched))
    faults = [*_faults(fault, found)]
    shown = "; ".join(_shown(target, outages(samples)) for target, samples in found.items())
    if fault.needs_again and fault.again is not None:
        shown = f"the user worked again after {fault.again:.1f} s; {shown}"
    healed = (
        ""
        if fault.healed is None
        else f"; healthy {max(fault.healed - fault.restored, 0):.0f} s after it was given back"
    )
    fine = f"{shown}{healed}; measured every {max(map(resolution, found.values()), default=0):.2f} s or better"
    return _report.check(
        f"drill_{fault.id}",
        not faults,
        f"{'; '.join(faults)} ({fine})" if faults else fine,
        "Read the journals of that time on the machine named, and of keepalived and haproxy on the balancers."
        if faults
        else "",
        name=fault.name,
        host=fault.host,
        seconds=seconds,
    )


def _faults(fault: Fault, found: Mapping[str, Sequence[Sample]]) -> Iterator[str]:
    watched = found.get(fault.watch, ())
    if not watched or max(sample.at for sample in watched) < fault.broken:
        yield f"{fault.watch} was not probed"
    if fault.needs_again:
        if fault.again is None:
            yield f"the user did not work again within {fault.bound:g} s"
        elif fault.again > fault.bound:
            yield f"the user worked again after {fault.again:.1f} s, at most {fault.bound:g} s is wanted"
    else:
        longest = _longest(outages(watched))
        if longest > fault.bound:
            yield f"{fault.watch} was away for {longest:.2f} s, at most {fault.bound:g} s is wanted"
    for target, samples in found.items():
        broken = outages(samples)
        if target in fault.steady and broken:
            yield f"{target} failed {sum(outage.failed for outage in broken)} times and should not have noticed"
        for outage in broken[1:]:
            if target == fault.watch and not fault.needs_again:
                when = outage.begin - (fault.restored if outage.begin >= fault.restored else fault.broken)
                what = "it was given back" if outage.begin >= fault.restored else "the fault"
                yield f"a second outage of {target}, {when:.1f} s after {what}, of {outage.gap:.2f} s: {outage.error}"
    if fault.healed is None:
        yield fault.error or "what failed did not become healthy again"


def _longest(found: Sequence[Outage]) -> float:
    return max((outage.gap for outage in found), default=0.0)


def _shown(target: str, found: Sequence[Outage]) -> str:
    if not found:
        return f"{target} 0 s"
    failed = sum(outage.failed for outage in found)
    return f"{target} {_longest(found):.2f} s ({failed} failed, first: {found[0].error})"
