# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils import _report

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=60).filter(
    str.strip
)
SECONDS = st.none() | st.floats(min_value=0, max_value=1e6)
CHECKS = st.builds(
    _report.check,
    st.from_regex(r"[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,2}", fullmatch=True),
    st.sampled_from([True, False, None]),
    st.builds(str.__add__, st.sampled_from(["", _report.WARNING_PREFIX]), WORDS),
    WORDS,
    name=WORDS,
    host=st.sampled_from(["cp1", "lb1", "site", "localhost"]),
    seconds=SECONDS,
)
REPORTS = st.builds(_report.build, st.lists(CHECKS, min_size=1, max_size=12), st.lists(WORDS, max_size=3))
SETTINGS = settings(max_examples=80, deadline=None)


@SETTINGS
@given(REPORTS)
def test_parse_is_the_inverse_of_json(report: _report.Report) -> None:
    """parse(json(r)) == r"""
    assert _report.parse(json.loads(json.dumps(report))) == report


@SETTINGS
@given(REPORTS)
def test_every_check_is_counted_once(report: _report.Report) -> None:
    """The counts of the statuses add up to the number of checks, and FAILED decides alone over ok."""
    number = _report.counts(report)
    assert sum(number.values()) == len(report["checks"])
    assert report["ok"] is (number["FAILED"] == 0)
    assert len(_report.reasons(report)) == number["FAILED"]


@SETTINGS
@given(REPORTS, st.lists(CHECKS, max_size=4))
def test_more_checks_never_make_a_bad_report_good(report: _report.Report, more: list[_report.Check]) -> None:
    """not ok(a) implies not ok(a + b), and not-proved checks change nothing."""
    longer = _report.build([*report["checks"], *more])
    assert longer["ok"] <= report["ok"]
    unproved = [{**item, "ok": None} for item in more]
    assert _report.build([*report["checks"], *unproved])["ok"] is report["ok"]


@SETTINGS
@given(REPORTS, st.booleans())
def test_a_table_hides_no_failure(report: _report.Report, fold: bool) -> None:
    """Every word of a failed check's detail and remedy is printed, folded or not, and the summary ends the table."""
    text = _report.table(report, fold=fold)
    words = set(text.split())
    for item in report["checks"]:
        if item["ok"] is False:
            detail = item["detail"].removeprefix(_report.WARNING_PREFIX)
            assert {word.rstrip(".") for word in f"{detail} {item['remedy']}".split()} <= {
                word.rstrip(".") for word in words
            }
    assert " ".join(text.split()).endswith(" ".join(_report.summary(report).split()))
