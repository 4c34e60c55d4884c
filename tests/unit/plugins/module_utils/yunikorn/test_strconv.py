# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, switches and durations as Go reads them, and access lists as YuniKorn does."""

from __future__ import annotations

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import acl, strconv

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("+0", 0),
        ("1s", SECOND),
        ("1h2m3s", 3723 * SECOND),
        ("1.5h", 5400 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("-1m", -60 * SECOND),
        ("3us", 3000),
        ("3\u00b5s", 3000),
        ("3\u03bcs", 3000),
        ("2ms1ns", 2000001),
        ("0.0000000001s", 0),
        ("9223372036854775807ns", 2**63 - 1),
        ("-9223372036854775808ns", -(2**63)),
        ("0." + "3" * 1000 + "s", 333333333),
        *(
            (text, None)
            for text in ("", "-", "1", "s", ".s", "1 s", "1S", "1d", "1s ", "1e3s", "--1s", "\u0661s", "1s-1s")
        ),
        ("9223372036854775808ns", None),
        ("99999999999999999999h", None),
        ("1" * 10**6 + "s", None),
    ],
)
def test_durations(text: str, value: int | None) -> None:
    assert strconv.parse_duration(text) == value


@pytest.mark.parametrize(
    ("text", "signed", "unsigned"),
    [
        ("0", 0, 0),
        ("007", 7, 7),
        ("+5", 5, None),
        ("-5", -5, None),
        ("2147483647", 2147483647, 2147483647),
        ("-2147483648", -2147483648, None),
        ("2147483648", None, 2147483648),
        ("4294967296", None, None),
        ("1" * 10**6, None, None),
        *((text, None, None) for text in ("", "+", "1_000", "0x10", "1.0", " 1", "1\n", "\u0661")),
    ],
)
def test_integers(text: str, signed: int | None, unsigned: int | None) -> None:
    assert strconv.parse_int(text, 32) == signed
    assert strconv.parse_uint(text, 32) == unsigned


def test_switches() -> None:
    assert [strconv.parse_bool(text) for text in ("1", "t", "T", "TRUE", "true", "True")] == [True] * 6
    assert [strconv.parse_bool(text) for text in ("0", "f", "F", "FALSE", "false", "False")] == [False] * 6
    assert [strconv.parse_bool(text) for text in ("", "yes", "tRue", " true", "2")] == [None] * 5


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("", acl.Access()),
        ("*", acl.Access(everyone=True)),
        (" *", acl.Access(everyone=True)),
        ("* ", acl.Access(everyone=True)),
        ("* g", acl.Access(everyone=True)),
        ("u *", acl.Access(everyone=True)),
        ("u,v g,h", acl.Access(users=("u", "v"), groups=("g", "h"))),
        (" g", acl.Access(groups=("g",))),
        ("u ", acl.Access(users=("u",))),
        ("a.b@c-d$", acl.Access(users=("a.b@c-d$",))),
        ("u,, g,", acl.Access(users=("u",), groups=("g",))),
        ("u:v,*,2 a.b,a@b,c-d", acl.Access(groups=("c-d",), dropped=("u:v", "*", "2", "a.b", "a@b"))),
        ("u\tg", acl.Access(dropped=("u\tg",))),
        ("u  g", acl.Access(broken=True)),
        (" u ", acl.Access(broken=True)),
    ],
)
def test_access_lists(text: str, access: acl.Access) -> None:
    assert acl.parse(text) == access
    assert access.anyone == (access.everyone or access.users != () or access.groups != ())
