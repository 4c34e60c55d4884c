# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import quantity

KILO, KIBI = 1000, 1024


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("010", 10),
        ("1", 1),
        ("1k", KILO),
        ("1M", KILO**2),
        ("1G", KILO**3),
        ("1T", KILO**4),
        ("1P", KILO**5),
        ("1E", KILO**6),
        ("1Ki", KIBI),
        ("1Mi", KIBI**2),
        ("1Gi", KIBI**3),
        ("1Ti", KIBI**4),
        ("1Pi", KIBI**5),
        ("1Ei", KIBI**6),
        (" 1 Gi\n", KIBI**3),
        ("\u00a05\u3000", 5),
        ("9223372036854775807", 2**63 - 1),
        ("0" * 10_000 + "7", 7),
    ],
)
def test_parse(text: str, value: int) -> None:
    assert quantity.parse(text, "memory") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", 500),
        ("1", 1000),
        ("2k", 2_000_000),
        ("1Ki", 1_024_000),
        ("9223372036854775", 9_223_372_036_854_775_000),
    ],
)
def test_cores_are_counted_in_thousandths(text: str, value: int) -> None:
    assert quantity.parse(text, "vcore") == value


@pytest.mark.parametrize("resource", ["memory", "cpu", "vcores", "Vcore", "nvidia.com/gpu", ""])
def test_only_vcore_has_thousandths(resource: str) -> None:
    with pytest.raises(quantity.QuantityError, match=r"^invalid suffix$"):
        quantity.parse("500m", resource)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        *((text, "invalid quantity") for text in ("", " ", "-1", "+1", "1.5", "1e3", "0x10", "1_000", "1GB", "1KiB")),
        *(
            (text, "invalid quantity")
            for text in ("Gi", "1g", "1gi", "1 G i", "\u0661", "1\u00a0Gi", "\x1c1", "1\x00", "x" * 10**6)
        ),
        *((text, "invalid suffix") for text in ("1K", "1mi", "1m")),
        *((text, "invalid quantity: overflow") for text in ("9223372036854775808", "10E", "8Ei", "9" * 10**6)),
    ],
    ids=lambda text: text[:12],
)
def test_refused(text: str, error: str) -> None:
    with pytest.raises(quantity.QuantityError, match=f"^{re.escape(error)}$"):
        quantity.parse(text, "memory")


def test_cores_overflow_a_thousand_times_earlier() -> None:
    with pytest.raises(quantity.QuantityError, match=r"^invalid quantity: overflow$"):
        quantity.parse("9223372036854776", "vcore")


@pytest.mark.parametrize(
    ("value", "resource", "text"),
    [
        (0, "memory", "0"),
        (1000, "memory", "1000"),
        (KIBI, "memory", "1Ki"),
        (1536 * KIBI**2, "memory", "1536Mi"),
        (4 * KIBI**6, "memory", "4Ei"),
        (0, "vcore", "0"),
        (1500, "vcore", "1500m"),
        (2000, "vcore", "2"),
        (8, "nvidia.com/gpu", "8"),
    ],
)
def test_render(value: int, resource: str, text: str) -> None:
    assert quantity.render(value, resource) == text


def test_nothing_is_rendered_below_zero() -> None:
    with pytest.raises(ValueError, match=r"^a quantity is not negative: -1$"):
        quantity.render(-1, "memory")
