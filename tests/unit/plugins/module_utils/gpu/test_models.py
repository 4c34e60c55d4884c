# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import models

A100 = models.MODELS["NVIDIA-A100-SXM4-40GB"]


@pytest.mark.parametrize("model", models.MODELS)
def test_a_model_is_known_by_the_name_that_nvidia_smi_prints(model: str) -> None:
    assert models.profiles(f" {model.replace('-', ' ')} ".replace(" ", "  ", 1)) is models.MODELS[model]


def test_a_strange_model_is_told_from_one_that_cannot_be_split() -> None:
    assert models.profiles("NVIDIA A900") is None
    assert models.profiles("Tesla T4") == {}


# The column "Number of Instances Available" of NVIDIA's MIG User Guide.
@pytest.mark.parametrize(
    ("model", "most"),
    [
        (
            "NVIDIA-A30",
            {"1g.6gb": 4, "1g.6gb+me": 1, "2g.12gb": 2, "2g.12gb+me": 1, "4g.24gb": 1},
        ),
        (
            "NVIDIA-A100-SXM4-40GB",
            {
                "1g.5gb": 7,
                "1g.5gb+me": 1,
                "1g.10gb": 4,
                "2g.10gb": 3,
                "3g.20gb": 2,
                "4g.20gb": 1,
                "7g.40gb": 1,
            },
        ),
        (
            "NVIDIA-H200",
            {
                "1g.18gb": 7,
                "1g.18gb+me": 1,
                "1g.35gb": 4,
                "2g.35gb": 3,
                "3g.71gb": 2,
                "4g.71gb": 1,
                "7g.141gb": 1,
            },
        ),
    ],
)
def test_a_card_holds_as_many_instances_as_nvidia_says(model: str, most: dict[str, int]) -> None:
    known = models.MODELS[model]
    assert {name: max(n for n in range(9) if models.fits(known, {name: n})) for name in known} == most


@pytest.mark.parametrize(
    ("layout", "fits"),
    [
        ({"1g.5gb": 2, "2g.10gb": 1, "3g.20gb": 1}, True),
        ({"3g.20gb": 1, "4g.20gb": 1}, True),
        ({"2g.10gb": 3, "1g.5gb": 1}, True),
        ({"1g.5gb": 6, "1g.5gb+me": 1}, True),
        # 8 of 8 memory slices are taken by the two.
        ({"3g.20gb": 2, "1g.5gb": 1}, False),
        # There is room for 7 slices, but not where a 2g may begin.
        ({"4g.20gb": 1, "2g.10gb": 2}, False),
        ({"1g.5gb": 8}, False),
        ({"1g.5gb+me": 2}, False),
        ({"7g.40gb": 1, "1g.5gb": 1}, False),
    ],
)
def test_a_mixed_layout_fits_where_its_instances_have_places(layout: dict[str, int], fits: bool) -> None:
    assert models.fits(A100, layout) is fits


@pytest.mark.parametrize("model", [name for name, known in models.MODELS.items() if known])
def test_no_layout_takes_more_compute_than_the_card_has(model: str) -> None:
    """Placements are memory's; that they bound the compute slices too is NVIDIA's geometry, and held here."""
    known = models.MODELS[model]
    has = 4 if any(name.startswith("4g") and profile.slices == 4 for name, profile in known.items()) else 7
    has = 7 if any(name.startswith("7g") for name in known) else has
    for number in range(1, 5):
        for names in combinations_with_replacement(known, number):
            if models.fits(known, {name: names.count(name) for name in names}):
                assert sum(int(name[0]) for name in names) <= has, names
