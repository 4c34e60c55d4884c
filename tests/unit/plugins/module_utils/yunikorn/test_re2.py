# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions whose verdicts come from Go's own compiler."""

from __future__ import annotations

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import re2

COMPILES = [
    "^a$",
    "$*",
    "()",
    "()*",
    "a|b",
    "a|",
    "a*?",
    "a+?",
    "a??",
    "a{2}?",
    "{",
    "}",
    "{1",
    "a{,5}",
    "a{01}",
    "a{0}",
    "a{1,}",
    "a{1000}",
    "(a{10}){100}",
    "(?:a{1000}){1}",
    "[[:alpha:]]+",
    "[[:^word:]-x]",
    "[\\d-z]+",
    "[]a]",
    "[^]]",
    "[a\\-z]",
    "(?P<n>a)",
    "(?<n>a)",
    "(?i)x",
    "(?imsU)a",
    "(?-i)a",
    "(?s:.)",
    "(?i-s:a)",
    "\\pL+",
    "\\pN",
    "\\p{^Greek}",
    "\\p{Old-Italic}",
    "\\Qa*b",
    "\\Qa\\E+",
    "\\x41",
    "\\x{10FFFF}",
    "\\07",
    "\\123",
    "\\.\\_",
    "\\a\\f\\n\\r\\t\\v",
    "\\A\\b\\B\\z",
    "ä+",
]
REFUSED = [
    "*",
    "+a",
    "(*)",
    "(",
    ")",
    "a)",
    "(a",
    "a|*b|",
    "a++",
    "a**",
    "a*+",
    "a*{2}",
    "a???",
    "a{1}{1}",
    "x{0}{0}x",
    "x{2}??",
    "a{1001}",
    "a{2,1}",
    "(a{500}){3}",
    "(a{2,}){600}",
    "((a{10}){10}){11}",
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?<!a)",
    "(?>a)",
    "(?#c)",
    "(?P=n)",
    "(?P<>a)",
    "(?P<a-b>c)",
    "(?x)a",
    "(?-)a",
    "(?i-)a",
    "(?",
    "[a",
    "[a-",
    "[b-a]",
    "[a-\\d]",
    "[[:alpha:]",
    "[[:foo:]]",
    "[\\Q]*]",
    "\\",
    "a\\",
    "\\Z",
    "\\1",
    "\\8",
    "\\C",
    "\\E",
    "\\y",
    "\\xg",
    "\\x{}",
    "\\x{110000}",
    "\\p{foo}",
    "\\p{Greek",
    "\\p",
]


@pytest.mark.parametrize("pattern", ["", *COMPILES])
def test_compiles(pattern: str) -> None:
    assert re2.compiles(pattern)


@pytest.mark.parametrize("pattern", REFUSED)
def test_refused(pattern: str) -> None:
    assert not re2.compiles(pattern)


def test_nesting_is_bounded() -> None:
    assert re2.compiles("(" * 900 + ")" * 900)
    assert not re2.compiles("(" * 10_000 + ")" * 10_000)


def test_a_megabyte_is_no_burden() -> None:
    assert re2.compiles("[a-z]" * 200_000)
