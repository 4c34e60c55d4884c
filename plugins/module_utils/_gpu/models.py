# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Models of NVIDIA's cards and how MIG splits each. Pure.

Sources: NVIDIA's MIG User Guide ("Supported MIG Profiles" with its placements, as ``nvidia-smi mig -lgipp`` prints them) and the
layouts of GPU Operator 26.7.0 (``default-mig-parted-config``). Names are those of the node label ``nvidia.com/gpu.product``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """A kind of MIG instance: how many of the card's memory slices it takes, and at which of them it may begin.

    Only one instance of a card can have the media engines.
    """

    slices: int
    starts: tuple[int, ...]
    media: bool = False


Profiles = Mapping[str, Profile]


def _sevenths(one: int, double: int, two: int, three: int, seven: int) -> Profiles:
    """Return the profiles of a card with seven compute and eight memory slices; the numbers are the instances' memory in GB."""
    return {
        f"1g.{one}gb": Profile(1, tuple(range(7))),
        f"1g.{one}gb+me": Profile(1, tuple(range(7)), media=True),
        f"1g.{double}gb": Profile(2, (0, 2, 4, 6)),
        f"2g.{two}gb": Profile(2, (0, 2, 4)),
        f"3g.{three}gb": Profile(4, (0, 4)),
        f"4g.{three}gb": Profile(4, (0,)),
        f"7g.{seven}gb": Profile(8, (0,)),
    }


def _quarters(one: int, two: int, four: int, *, graphics: bool = False) -> Profiles:
    """Return the profiles of a card with four slices; with ``graphics`` those that can draw, too."""
    plain = {
        f"1g.{one}gb": Profile(1, (0, 1, 2, 3)),
        f"2g.{two}gb": Profile(2, (0, 2)),
        f"4g.{four}gb": Profile(4, (0,)),
    }
    media = {f"1g.{one}gb+me": Profile(1, (0, 1, 2, 3), media=True)}
    if graphics:
        return {**plain, **media, **{f"{name}+gfx": profile for name, profile in plain.items()}}
    return {**plain, **media, f"2g.{two}gb+me": Profile(2, (0, 2), media=True)}


_A100_40 = _sevenths(5, 10, 10, 20, 40)
_80 = _sevenths(10, 20, 20, 40, 80)
_94 = _sevenths(12, 24, 24, 47, 94)
_96 = _sevenths(12, 24, 24, 48, 96)
_H200 = _sevenths(18, 35, 35, 71, 141)
_RTX_PRO_6000 = _quarters(24, 48, 96, graphics=True)

# MIG can't split these.
_WHOLE = (
    *("Tesla-T4", "Tesla-V100-PCIE-16GB", "Tesla-V100-PCIE-32GB", "Tesla-V100-SXM2-16GB", "Tesla-V100-SXM2-32GB"),
    *("Quadro-RTX-6000", "Quadro-RTX-8000", "NVIDIA-A2", "NVIDIA-A10", "NVIDIA-A16", "NVIDIA-A40", "NVIDIA-L4"),
    *("NVIDIA-L40", "NVIDIA-L40S", "NVIDIA-RTX-A4000", "NVIDIA-RTX-A5000", "NVIDIA-RTX-A6000"),
    *("NVIDIA-RTX-4000-Ada-Generation", "NVIDIA-RTX-5000-Ada-Generation", "NVIDIA-RTX-6000-Ada-Generation"),
    *("NVIDIA-GeForce-RTX-2080-Ti", "NVIDIA-GeForce-RTX-3090", "NVIDIA-GeForce-RTX-4090"),
    "NVIDIA-GeForce-RTX-5090",
)

MODELS: Mapping[str, Profiles] = {
    "NVIDIA-A30": _quarters(6, 12, 24),
    "NVIDIA-A100-PCIE-40GB": _A100_40,
    "NVIDIA-A100-SXM4-40GB": _A100_40,
    "NVIDIA-A100-80GB-PCIe": _80,
    "NVIDIA-A100-SXM4-80GB": _80,
    "NVIDIA-H100-PCIe": _80,
    "NVIDIA-H100-80GB-HBM3": _80,
    "NVIDIA-H100-NVL": _94,
    "NVIDIA-H20": _96,
    "NVIDIA-GH200-480GB": _96,
    "NVIDIA-GH200-144G-HBM3e": _sevenths(18, 36, 36, 72, 144),
    "NVIDIA-H200": _H200,
    "NVIDIA-H200-NVL": _H200,
    "NVIDIA-B200": _sevenths(23, 45, 45, 90, 180),
    "NVIDIA-GB200": _sevenths(23, 47, 47, 93, 186),
    "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition": _RTX_PRO_6000,
    "NVIDIA-RTX-PRO-6000-Blackwell-Workstation-Edition": _RTX_PRO_6000,
    "NVIDIA-RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition": _RTX_PRO_6000,
    **{name: {} for name in _WHOLE},
}
"""The profiles of every model that is known; none where MIG can't split it."""


def product(model: str) -> str:
    """Return a model as its node label writes it; ``nvidia-smi -L`` has spaces where the label has hyphens."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", model.strip())


def profiles(model: str) -> Profiles | None:
    """Return how a model can be split, None for a model that isn't known."""
    return MODELS.get(product(model))


def fits(known: Profiles, layout: Mapping[str, int]) -> bool:
    """Return whether one card holds these instances, by profile, beside each other.

    >>> fits(profiles("NVIDIA A30") or {}, {"1g.6gb": 2, "2g.12gb": 1})
    True
    >>> fits(profiles("NVIDIA A30") or {}, {"1g.6gb": 1, "2g.12gb": 2})
    False
    """
    wanted = [known[name] for name, count in layout.items() for _number in range(count)]
    # No card holds more, and the search below tries every way to place them.
    if len(wanted) > 7 or sum(profile.media for profile in wanted) > 1:
        return False
    return next(_placements(sorted(wanted, key=lambda profile: -profile.slices), frozenset()), None) is not None


def _placements(wanted: list[Profile], taken: frozenset[int]) -> Iterator[frozenset[int]]:
    if not wanted:
        yield taken
        return
    for start in wanted[0].starts:
        place = frozenset(range(start, start + wanted[0].slices))
        if not place & taken:
            yield from _placements(wanted[1:], taken | place)
