# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _etcd_members as core
from ansible_collections.kubehub.platform.plugins.module_utils._etcd_members import Member

HEALTHY = '[{"endpoint":"https://b:2379","health":true,"took":"8ms"},{"endpoint":"https://a:2379","health":true}]'
ONE_DOWN = (
    '[{"endpoint":"https://a:2379","health":true},'
    '{"endpoint":"https://b:2379","health":false,"error":"deadline\\n exceeded"}]'
)


def test_an_answer_names_every_member() -> None:
    assert core.parse(HEALTHY) == [Member("https://b:2379", ""), Member("https://a:2379", "")]
    assert core.parse(ONE_DOWN) == [Member("https://a:2379", ""), Member("https://b:2379", "deadline exceeded")]
    assert core.parse('[{"endpoint":"x","health":false}]') == [Member("x", "unhealthy")]


@pytest.mark.parametrize("answer", ["no such\nfile", "", "{}[", '[{"health":true}]', "[1]", "7"])
def test_anything_else_is_quoted(answer: str) -> None:
    quoted = re.escape(" ".join(answer.split()))
    with pytest.raises(core.EtcdMembersError, match=f"^etcdctl answered what is not its JSON: {quoted}$"):
        core.parse(answer)


@pytest.mark.parametrize("answers", [(HEALTHY, ONE_DOWN), (ONE_DOWN, HEALTHY), (ONE_DOWN,)])
def test_one_that_finds_a_member_unhealthy_is_enough(answers: tuple[str, ...]) -> None:
    merged = core.merge(core.parse(answer) for answer in answers)
    assert [(member.endpoint, member.healthy) for member in merged] == [
        ("https://a:2379", True),
        ("https://b:2379", False),
    ]
    assert merged[1].error == "deadline exceeded"


def test_no_answer_makes_no_member() -> None:
    assert core.merge([]) == []


def test_the_question_is_about_all_members_and_leaves_no_endpoint_out() -> None:
    assert core.COMMAND[0] == "etcdctl"
    assert core.COMMAND[-4:] == ("endpoint", "health", "--cluster", "--write-out=json")
