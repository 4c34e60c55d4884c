# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._drill import assess, outages
from ansible_collections.kubehub.platform.plugins.module_utils._drill.outages import Sample

REMEDY = "Read the journals of that time on the machine named, and of keepalived and haproxy on the balancers."
FAULT: dict[str, Any] = {
    "id": "balancer_machine",
    "name": "A balancer's machine is lost",
    "host": "lb1",
    "watch": "api",
    "bound": 1.0,
    "broken": 1.0,
    "restored": 5.0,
    "healed": 9.4,
    "steady": ["kernel"],
}


def probes(*away: tuple[float, float], until: float = 12.0) -> list[Sample]:
    """Return a probe every tenth of a second, failed from ``begin`` on and before ``end``."""
    times = [number / 10 for number in range(int(until * 10) + 1)]
    return [Sample(at, not any(begin <= at < end for begin, end in away), "refused" if away else "") for at in times]


def judged(found: dict[str, list[Sample]], **changes: Any) -> _report.Check:
    return assess.check(assess.Fault(**{**FAULT, **changes}), found)


def test_a_single_outage_is_from_the_last_good_probe_to_the_next() -> None:
    (outage,) = outages.outages(probes((1.0, 1.6)))
    assert (outage.begin, outage.end, outage.failed) == (0.9, 1.6, 6)
    assert outage.gap == pytest.approx(0.7)


def test_a_server_that_fails_now_and_then_makes_one_outage_with_its_longest_gap() -> None:
    (outage,) = outages.outages(probes((1.0, 1.1), (1.5, 1.8), (2.4, 2.5)))
    assert (outage.begin, outage.end, outage.failed) == (0.9, 2.5, 5)
    assert outage.gap == pytest.approx(0.4)


def test_an_outage_that_goes_on_has_no_end() -> None:
    (outage,) = outages.outages(probes((11.0, 20.0)))
    assert outage.end is None
    assert outage.gap == pytest.approx(1.1)


def test_a_line_that_is_no_sample_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^line 2 is no sample: 'oops'$"):
        outages.parse('["api", 1.0, true, ""]\noops\n["api", 2.0, true, ""]\n')


def test_settled_looks_only_at_what_came_after() -> None:
    found = {"api": probes(), "hub": probes((3.0, 4.0))}
    assert outages.settled(found, ["api", "hub"], 5.0)
    assert not outages.settled(found, ["api", "hub"], 9.0)
    assert not outages.settled(found, ["api"], 5.0, since=8.0)
    assert not outages.settled(found, ["kernel"], 0.0)


def test_an_outage_within_its_bound_is_fine() -> None:
    check = judged({"api": probes((1.0, 1.5)), "kernel": probes()})
    assert check == {
        "id": "drill_balancer_machine",
        "name": "A balancer's machine is lost",
        "host": "lb1",
        "ok": True,
        "seconds": 0.6,
        "detail": (
            "api 0.60 s (5 failed, first: refused); kernel 0 s; healthy 4 s after it was given back;"
            " measured every 0.10 s or better"
        ),
        "remedy": "",
    }


FAULTS = [
    ({"api": probes((1.0, 2.5))}, {}, "api was away for 1.60 s, at most 1 s is wanted"),
    ({"api": probes(), "kernel": probes((1.0, 1.2))}, {}, "kernel failed 2 times and should not have noticed"),
    (
        {"api": probes((1.0, 1.3), (6.0, 6.1))},
        {},
        "a second outage of api, 0.9 s after it was given back, of 0.20 s: refused",
    ),
    ({"api": probes((1.0, 1.3), (4.0, 4.1))}, {}, "a second outage of api, 2.9 s after the fault, of 0.20 s: refused"),
    ({"api": probes()}, {"healed": None}, "what failed did not become healthy again"),
    ({"api": probes()}, {"healed": None, "error": "cp1: no answer"}, "cp1: no answer"),
    ({"api": probes(until=0.5)}, {}, "api was not probed"),
    ({}, {}, "api was not probed"),
    ({"api": probes()}, {"needs_again": True, "bound": 180}, "the user did not work again within 180 s"),
    (
        {"api": probes()},
        {"needs_again": True, "bound": 180, "again": 200.0},
        "the user worked again after 200.0 s, at most 180 s is wanted",
    ),
]


@pytest.mark.parametrize(("found", "changes", "expected"), FAULTS)
def test_what_is_not_as_wanted_is_said(found: dict[str, list[Sample]], changes: dict[str, Any], expected: str) -> None:
    check = judged(found, **changes)
    assert check["ok"] is False
    assert check["detail"].partition(" (")[0] == expected
    assert check["remedy"] == REMEDY


def test_the_user_s_time_is_what_counts_where_the_server_is_lost() -> None:
    check = judged(
        {"kernel": probes((1.0, 20.0)), "api": probes()},
        watch="kernel",
        steady=["api"],
        needs_again=True,
        again=70.5,
        bound=180,
    )
    assert check["ok"] is True
    assert check["seconds"] == 70.5
    assert check["detail"].startswith("the user worked again after 70.5 s; kernel 11.10 s (111 failed, first: refused)")
