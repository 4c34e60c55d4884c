# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws of outages: for whatever a prober saw."""

from __future__ import annotations

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._drill.outages import (
    Sample,
    outages,
    parse,
    resolution,
    settled,
    well_since,
)

STEPS = st.lists(st.tuples(st.integers(10, 400), st.booleans()), max_size=60)
CALMS = st.sampled_from([0.0, 0.1, 0.5, 2.0])


def series(steps: list[tuple[int, bool]]) -> list[Sample]:
    """Return samples from steps in milliseconds, each with whether it was good."""
    times = itertools.accumulate((step for step, _ok in steps), initial=0)
    return [Sample(at / 1000, ok, "" if ok else "refused") for at, (_step, ok) in zip(times, steps, strict=False)]


@given(STEPS, CALMS)
def test_every_failed_probe_is_in_exactly_one_outage(steps: list[tuple[int, bool]], calm: float) -> None:
    samples = series(steps)
    assert sum(outage.failed for outage in outages(samples, calm)) == sum(not sample.ok for sample in samples)


@given(STEPS, CALMS)
def test_outages_are_in_order_and_only_the_last_may_go_on(steps: list[tuple[int, bool]], calm: float) -> None:
    found = outages(series(steps), calm)
    for sooner, later in itertools.pairwise(found):
        assert sooner.end is not None
        assert sooner.end <= later.begin
    assert all(outage.end is not None for outage in found[:-1])


@given(STEPS, CALMS)
def test_a_gap_is_within_its_outage_and_holds_no_good_probe(steps: list[tuple[int, bool]], calm: float) -> None:
    samples = series(steps)
    good = [sample.at for sample in samples if sample.ok]
    longest = max((b - a for a, b in itertools.pairwise(good)), default=0.0)
    for outage in outages(samples, calm):
        end = samples[-1].at if outage.end is None else outage.end
        assert 0 <= outage.gap <= end - outage.begin
        if outage.end is not None and outage.begin in good:
            assert outage.gap <= longest


@given(STEPS)
def test_more_calm_makes_no_more_outages(steps: list[tuple[int, bool]]) -> None:
    numbers = [len(outages(series(steps), calm)) for calm in (0.0, 0.5, 2.0, 1000.0)]
    assert numbers == sorted(numbers, reverse=True)


@given(STEPS)
def test_what_is_well_has_no_outage_that_goes_on(steps: list[tuple[int, bool]]) -> None:
    samples = series(steps)
    since = well_since(samples)
    found = outages(samples)
    assert (since is None) == (not samples or not samples[-1].ok)
    if found and since is not None:
        assert found[-1].end == since
    assert settled({"api": samples}, ["api"], 0.0) == (since is not None)


@given(STEPS)
def test_lines_come_back_as_samples(steps: list[tuple[int, bool]]) -> None:
    samples = series(steps)
    text = "".join(json.dumps(["api", sample.at, sample.ok, sample.error]) + "\n" for sample in reversed(samples))
    assert parse(text + '["api", 1.0, tr') == ({"api": samples} if samples else {})
    assert resolution(samples) <= (samples[-1].at - samples[0].at if samples else 0)
