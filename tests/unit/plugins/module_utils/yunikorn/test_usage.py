# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.filter.queue_usage import queue_usage
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import usage
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.state import Application, LiveQueue, State

GI = 2**30
STATE = State(
    queues={
        name: LiveQueue(name=name, max=maximum, guaranteed=guaranteed)
        for name, maximum, guaranteed in (
            ("root", {"vcore": 16000, "memory": 64 * GI}, {}),
            ("root.research", {"vcore": 8500, "nvidia.com/gpu": 4}, {"vcore": 4000}),
            ("root.research-old", None, {}),
            ("root.teaching", None, {}),
        )
    },
    applications=(
        Application(id="a", queue="root.research", user="eve", state="Running", used={"vcore": 2500, "memory": 6 * GI}),
        Application(id="b", queue="root.research", user="eve", state="Accepted", pending={"nvidia.com/gpu": 5}),
        Application(id="c", queue="root.research", user="bob", state="Completing", used={"nvidia.com/gpu": 1}),
        Application(id="d", queue="root.research-old", user="", state="New"),
    ),
)
ROWS = usage.rows(STATE)


def test_a_queue_has_all_below_it_and_a_user_what_is_in_that_very_queue() -> None:
    assert [(row.queue, row.user, row.running, row.waiting) for row in ROWS] == [
        ("root", "", 2, 2),
        ("root.research", "", 2, 1),
        ("root.research", "bob", 1, 0),
        ("root.research", "eve", 1, 1),
        ("root.research-old", "", 0, 1),
        ("root.research-old", "", 0, 1),
        ("root.teaching", "", 0, 0),
    ]
    assert ROWS[0].used == {"memory": 6 * GI, "nvidia.com/gpu": 1, "vcore": 2500}
    assert ROWS[1].guaranteed == {"vcore": 4000}
    assert (ROWS[3].used, ROWS[3].pending) == ({"memory": 6 * GI, "vcore": 2500}, {"nvidia.com/gpu": 5})
    assert (ROWS[3].max, ROWS[3].guaranteed) == ({}, {})


def test_what_users_have_adds_up_to_what_their_queue_has() -> None:
    for queue in ("root.research", "root.research-old"):
        whole, *users = [row for row in ROWS if row.queue == queue]
        for name in usage.resources(ROWS):
            assert whole.used.get(name, 0) == sum(row.used.get(name, 0) for row in users)


def test_a_table_is_for_people() -> None:
    assert usage.table(ROWS) == (
        "queue              user  running  waiting  vcore    memory        nvidia.com/gpu\n"
        "root                     2        2        2.5/16   6.0Gi/64.0Gi  1\n"
        "root.research            2        1        2.5/8.5  6.0Gi         1/4\n"
        "root.research      bob   1        0        0        0.0Gi         1\n"
        "root.research      eve   1        1        2.5      6.0Gi         0\n"
        "root.research-old        0        1        0        0.0Gi         0\n"
        "root.research-old        0        1        0        0.0Gi         0\n"
        "root.teaching            0        0        0        0.0Gi         0\n"
    )


def test_csv_is_exact_and_names_its_units() -> None:
    header, *rows = csv.reader(io.StringIO(usage.comma_separated(ROWS[:3])))
    assert header == [
        *("queue", "user", "running", "waiting", "used_vcore_milli", "used_memory_bytes", "used_nvidia.com/gpu"),
        *("pending_vcore_milli", "pending_memory_bytes", "pending_nvidia.com/gpu"),
        *("guaranteed_vcore_milli", "guaranteed_memory_bytes", "guaranteed_nvidia.com/gpu"),
        *("max_vcore_milli", "max_memory_bytes", "max_nvidia.com/gpu"),
    ]
    assert rows[1] == [
        *("root.research", "", "2", "1", "2500", "6442450944", "1", "0", "0", "5", "4000", "", "", "8500", "", "4"),
    ]


@pytest.mark.parametrize("user", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_no_cell_of_csv_is_a_formula(user: str) -> None:
    row = usage.Row(queue="root", user=user, running=1, waiting=0, used={}, pending={})
    (_header, cells) = csv.reader(io.StringIO(usage.comma_separated([row]), newline=""))
    assert cells[1] == f"'{user}"


def test_json_has_the_same_rows() -> None:
    rows = json.loads(usage.as_json(ROWS))
    assert rows == usage.structured(ROWS)
    assert (rows[0]["user"], rows[2]["user"]) == (None, "bob")


@pytest.mark.parametrize("form", usage.FORMATS)
def test_the_filter_writes_what_the_module_returns(form: str) -> None:
    assert queue_usage(usage.structured(ROWS), form) == usage.FORMATS[form](ROWS)
    assert queue_usage([], form) == usage.FORMATS[form]([])


@pytest.mark.parametrize(
    ("value", "form", "message"),
    [
        ([], "xml", "queue_usage: 'xml' is none of table, csv, json"),
        ([{}], "csv", "queue_usage: this is not the usage of yunikorn_queues_info: KeyError('user')"),
        ([1], "csv", "queue_usage: this is not the usage of yunikorn_queues_info: TypeError("),
        (None, "csv", "queue_usage: this is not the usage of yunikorn_queues_info: TypeError("),
    ],
)
def test_what_is_no_usage_is_refused(value: Any, form: str, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        queue_usage(value, form)
    assert str(error.value).startswith(message)
