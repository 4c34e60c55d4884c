# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws of MIG layouts and of what machines offer."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import machines, models, shortfall
from ansible_collections.kubehub.platform.plugins.module_utils._gpu.machines import Machine

SPLIT = sorted(name for name, known in models.MODELS.items() if known)


@st.composite
def gpu_machines(draw: st.DrawFn) -> Machine:
    """A machine whose layout names profiles that its model has, whether they fit or not."""
    model = draw(st.sampled_from(SPLIT))
    mig = draw(st.dictionaries(st.sampled_from(sorted(models.MODELS[model])), st.integers(1, 4), max_size=4))
    return Machine("w1", model, draw(st.integers(1, 8)), draw(st.integers(1, 8)), mig)


@given(gpu_machines(), st.data())
def test_a_part_of_a_layout_that_fits_fits(machine: Machine, data: st.DataObject) -> None:
    known = models.MODELS[machine.model]
    part = {name: data.draw(st.integers(0, number)) for name, number in machine.mig.items()}
    assert models.fits(known, part) or not models.fits(known, machine.mig)


@given(gpu_machines())
def test_a_layout_that_fits_has_names_that_labels_can_hold(machine: Machine) -> None:
    if models.fits(models.MODELS[machine.model], machine.mig):
        for value in (machines.layout(machine), machines.kind(machine, "single"), machines.kind(machine, "mixed")):
            assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", value)
        names = [kind["name"] for kind in machines.kinds([machine], "mixed")]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in names)


@given(gpu_machines(), st.sampled_from(("single", "mixed")))
def test_a_machine_offers_as_much_by_one_strategy_as_by_the_other(machine: Machine, strategy: str) -> None:
    offered = machines.offer(machine, strategy)
    assert sum(offered.values()) == sum(machines.offer(machine, "single").values())
    status = {"allocatable": {name: str(number) for name, number in offered.items()}}
    node = {"metadata": {"name": "w1"}, "status": status}
    assert shortfall.shortfall([machine], strategy, [node]) == []
