# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _report

GOOD: dict[str, Any] = {
    "id": "memory",
    "name": "Memory",
    "host": "cp1",
    "ok": True,
    "seconds": None,
    "detail": "4096 MiB",
    "remedy": "",
}


def check(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def test_a_report_is_good_when_no_check_failed() -> None:
    checks = [GOOD, check(id="clock", ok=None, detail="no clock here")]
    assert _report.build(checks, ["yunikorn", "jupyterhub", "yunikorn"]) == {
        "schema": 1,
        "ok": True,
        "standins": ["jupyterhub", "yunikorn"],
        "checks": checks,
    }


def test_a_failed_check_makes_a_report_bad() -> None:
    assert _report.build([GOOD, check(ok=False, remedy="Give it memory.")])["ok"] is False


def test_what_may_be_left_out_is_there_in_the_report() -> None:
    report = _report.build([{"id": "memory", "name": "Memory", "host": "cp1", "ok": True}])
    assert report["checks"] == [check(detail="")]


def test_a_report_survives_json() -> None:
    report = _report.build([check(seconds=1.23456)], ["yunikorn"])
    assert report["checks"][0]["seconds"] == 1.235
    assert _report.parse(json.loads(json.dumps(report))) == report


@pytest.mark.parametrize(
    ("checks", "error"),
    [
        ([], "checks: expected at least one check, got none"),
        ({}, "checks: expected a list, got a dictionary"),
        ("memory", "checks: expected a list, got a string"),
        (None, "checks: expected a list, got null"),
        (["memory"], "checks[0]: expected a dictionary, got a string"),
        ([GOOD, {"id": "memory", "ok": True}], "checks[1]: missing name, host"),
        ([check(hint="x")], "checks[0]: unknown key hint; a check has id, name, host, ok, seconds, detail, remedy"),
        ([check(id=7)], "checks[0].id: expected a string, got a number"),
        ([check(id="Memory")], "checks[0].id: 'Memory' is not snake_case"),
        ([check(id="memory-free")], "checks[0].id: 'memory-free' is not snake_case"),
        ([check(id="")], "checks[0].id: '' is not snake_case"),
        ([check(name=" ")], "checks[0] (memory).name: must not be empty"),
        ([check(host="")], "checks[0] (memory).host: must not be empty"),
        ([check(ok="yes")], "checks[0] (memory).ok: expected true, false or null, got a string"),
        ([check(ok=1)], "checks[0] (memory).ok: expected true, false or null, got a number"),
        ([check(seconds="1")], "checks[0] (memory).seconds: expected a number or null, got a string"),
        ([check(seconds=True)], "checks[0] (memory).seconds: expected a number or null, got a boolean"),
        ([check(seconds=-1)], "checks[0] (memory).seconds: expected a duration of at least 0 seconds, got -1"),
        (
            [check(seconds=float("nan"))],
            "checks[0] (memory).seconds: expected a duration of at least 0 seconds, got nan",
        ),
        ([check(detail=None)], "checks[0] (memory).detail: expected a string, got null"),
        ([check(remedy=[])], "checks[0] (memory).remedy: expected a string, got a list"),
        ([check(ok=False, detail="", remedy="x")], "checks[0] (memory).detail: a check that is FAILED must say why"),
        ([check(ok=None, detail="")], "checks[0] (memory).detail: a check that is not proved must say why"),
        ([check(ok=False)], "checks[0] (memory).remedy: a check that is FAILED must say what to do"),
        ([check(detail="warning: little")], "checks[0] (memory).remedy: a check that is warning must say what to do"),
    ],
)
def test_what_is_no_list_of_checks_is_refused(checks: object, error: str) -> None:
    with pytest.raises(_report.ReportError, match=f"^{re.escape(error)}$"):
        _report.build(checks)


@pytest.mark.parametrize(
    ("standins", "error"),
    [
        ("yunikorn", "standins: expected a list, got a string"),
        ([None], "standins[0]: expected a string, got null"),
        (["yunikorn", ""], "standins[1]: must not be empty"),
    ],
)
def test_what_is_no_list_of_standins_is_refused(standins: object, error: str) -> None:
    with pytest.raises(_report.ReportError, match=f"^{re.escape(error)}$"):
        _report.build([GOOD], standins)


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ([], "report: expected a dictionary, got a list"),
        ({}, "report: expected the keys schema, ok, standins, checks, got none"),
        ({"schema": 1, "ok": True}, "report: expected the keys schema, ok, standins, checks, got ok, schema"),
        ({"schema": 2, "ok": True, "standins": [], "checks": [GOOD]}, "report.schema: expected 1, got 2"),
        ({"schema": True, "ok": True, "standins": [], "checks": [GOOD]}, "report.schema: expected 1, got True"),
        (
            {"schema": 1, "ok": False, "standins": [], "checks": [GOOD]},
            "report.ok: False does not follow from the checks, which make it True",
        ),
    ],
)
def test_what_is_no_report_is_refused(report: object, error: str) -> None:
    with pytest.raises(_report.ReportError, match=f"^{re.escape(error)}$"):
        _report.parse(report)


MIXED = _report.build(
    [
        check(host="cp1"),
        check(host="cp2"),
        check(host="cp3", ok=False, detail="900 MiB, at least 1700 MiB are wanted", remedy="Give it more memory."),
        check(id="ports", name="Ports", host="lb1", ok=False, detail="6443 is taken by sshd.", remedy="Stop sshd."),
        check(id="balancers", name="Balancers", host="site", detail="warning: one balancer", remedy="Add a second."),
        check(id="clock", name="Clock", host="cp1", ok=None, detail="a container has no clock of its own"),
        check(
            id="kernel", name="Kernel modules", host="cp1", ok=None, detail="not our kernel", remedy="Look at the host."
        ),
    ],
    ["yunikorn", "jupyterhub"],
)

TABLE = """\
result      host  check           detail
ok          cp1   Memory          4096 MiB
ok          cp2   Memory          4096 MiB
FAILED      cp3   Memory          900 MiB, at least 1700 MiB are wanted
FAILED      lb1   Ports           6443 is taken by sshd.
warning     site  Balancers       one balancer
not proved  cp1   Clock           a container has no clock of its own
not proved  cp1   Kernel modules  not our kernel

FAILED: what to do
- cp3: Memory: 900 MiB, at least 1700 MiB are wanted. Give it more memory.
- lb1: Ports: 6443 is taken by sshd. Stop sshd.

Warnings: what to do
- site: Balancers: one balancer. Add a second.

Not proved here: what to do
- cp1: Kernel modules: not our kernel. Look at the host.

2 checks ok, 1 warning, 2 FAILED, 2 not proved. Stand-ins met: jupyterhub, yunikorn."""


def test_the_table_counts_each_kind_apart_and_lists_the_remedies_below() -> None:
    assert _report.table(MIXED) == TABLE


def test_a_folded_table_joins_what_says_the_same() -> None:
    folded = _report.table(MIXED, fold=True).splitlines()
    assert folded[1:4] == [
        "ok          cp1, cp2  Memory          4096 MiB",
        "FAILED      cp3       Memory          900 MiB, at least 1700 MiB are wanted",
        "FAILED      lb1       Ports           6443 is taken by sshd.",
    ]
    many = _report.build([check(host=f"w{number}") for number in range(1, 8)])
    assert _report.table(many, fold=True).splitlines()[1] == "ok      w1 +6  Memory  4096 MiB"


def test_seconds_have_a_column_when_something_was_measured() -> None:
    report = _report.build([check(seconds=0.5), check(host="cp2")])
    assert _report.table(report).splitlines()[:3] == [
        "result  host  check   seconds  detail",
        "ok      cp1   Memory     0.50  4096 MiB",
        "ok      cp2   Memory           4096 MiB",
    ]


def test_long_details_wrap_under_their_column() -> None:
    report = _report.build([check(detail=" ".join(["word"] * 20))])
    assert _report.table(report, width=64).splitlines()[1:4] == [
        "ok      cp1   Memory  word word word word word word word word",
        "                      word word word word word word word word",
        "                      word word word word",
    ]


def test_the_reasons_are_those_of_failed_checks() -> None:
    assert _report.reasons(MIXED) == [
        "cp3: Memory: 900 MiB, at least 1700 MiB are wanted. Give it more memory.",
        "lb1: Ports: 6443 is taken by sshd. Stop sshd.",
    ]


def test_folded_reasons_name_every_host() -> None:
    report = _report.build(
        [check(host=f"w{number}", ok=False, detail="1 MiB", remedy="Add some.") for number in range(1, 6)]
    )
    assert _report.reasons(report, fold=True) == ["w1, w2, w3, w4, w5: Memory: 1 MiB. Add some."]
    assert len(_report.reasons(report)) == 5
    assert _report.table(report, fold=True).splitlines() == [
        "result  host   check   detail",
        "FAILED  w1 +4  Memory  1 MiB",
        "",
        "FAILED: what to do",
        "- w1, w2, w3, w4, w5: Memory: 1 MiB. Add some.",
        "",
        "0 checks ok, 0 warnings, 5 FAILED, 0 not proved.",
    ]
