# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Outages from samples. Times are seconds since 1970 at which a probe was sent; a probe is good when its answer came in time."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Good answers for so many seconds end an outage; a balancer that tries a dead server now and then makes one outage, not many.
CALM = 2.0


@dataclass(frozen=True, order=True)
class Sample:
    """One probe: when it was sent, and whether it was answered well; ``error`` says how it was not."""

    at: float
    ok: bool
    error: str = ""


@dataclass(frozen=True)
class Outage:
    """Failed probes with less than :data:`CALM` seconds of good ones between them.

    ``begin`` is the last good probe before (the first probe at all where there is none), ``end`` the first good one after, None
    while there is none. ``gap`` is the longest time within it without a good probe, ``failed`` the number of failed ones.
    """

    begin: float
    end: float | None
    gap: float
    failed: int
    error: str


def parse(text: str) -> dict[str, list[Sample]]:
    """Return the samples of each target, by time, from the prober's lines ``[target, at, ok, error]``.

    A last line that is cut off is passed over: the prober may be writing it. Raise ValueError for any other line that is none.
    """
    found: dict[str, list[Sample]] = defaultdict(list)
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if number == len(lines) and not line.endswith("\n"):
            break
        try:
            target, at, ok, error = json.loads(line)
            found[str(target)].append(Sample(float(at), bool(ok), str(error)))
        except (TypeError, ValueError) as problem:
            raise ValueError(f"line {number} is no sample: {line.strip()[:80]!r}") from problem
    return {target: sorted(samples) for target, samples in found.items()}


def outages(samples: Sequence[Sample], calm: float = CALM) -> list[Outage]:
    """Return the outages in samples that are in order, each failed sample in exactly one."""
    groups: list[list[int]] = []
    for index, sample in enumerate(samples):
        if sample.ok:
            continue
        if groups and not _calm(samples[groups[-1][-1] + 1 : index], calm):
            groups[-1].append(index)
        else:
            groups.append([index])
    return [_outage(samples, group[0], group[-1]) for group in groups]


def well_since(samples: Sequence[Sample]) -> float | None:
    """Return the time of the first good probe after the last failed one; None when the last probe failed or there is none."""
    good = list(itertools.takewhile(lambda sample: sample.ok, reversed(samples)))
    return good[-1].at if good else None


def resolution(samples: Sequence[Sample]) -> float:
    """Return the longest time between two probes, which is what a measurement can be wrong by."""
    return max((later.at - sample.at for sample, later in itertools.pairwise(samples)), default=0.0)


def settled(found: Mapping[str, Sequence[Sample]], targets: Iterable[str], seconds: float, since: float = 0.0) -> bool:
    """Whether each target has been well for so many seconds after ``since``."""
    for target in targets:
        samples = found.get(target, ())
        begin = well_since(samples)
        if begin is None or samples[-1].at - max(begin, since) < seconds:
            return False
    return True


def _calm(between: Sequence[Sample], calm: float) -> bool:
    return len(between) > 1 and between[-1].at - between[0].at >= calm


def _outage(samples: Sequence[Sample], first: int, last: int) -> Outage:
    before = samples[max(first - 1, 0)].at
    after = samples[last + 1].at if last + 1 < len(samples) else None
    good = [
        before,
        *(sample.at for sample in samples[first:last] if sample.ok),
        samples[last].at if after is None else after,
    ]
    gap = max(later - sooner for sooner, later in itertools.pairwise(good))
    failed = [sample for sample in samples[first : last + 1] if not sample.ok]
    return Outage(before, after, gap, len(failed), failed[0].error)
