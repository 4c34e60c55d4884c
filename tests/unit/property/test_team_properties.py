# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laws of teams: what isn't refused, YuniKorn takes, and no user gets beyond any bound on the way to the root."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._teams.inputs import Inputs
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import plan, quantity
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.model import Pairs, Queue

SOME = settings(max_examples=150)
RESOURCES = ("cpu", "memory", "gpu")


@st.composite
def teams(
    draw: st.DrawFn, most: dict[str, int], each: dict[str, int], depth: int, numbers: list[int]
) -> list[dict[str, Any]]:
    """Draw teams whose bounds fit below ``most`` and ``each`` (a user's); a third of the bounds are missing."""
    found = []
    for _index in range(draw(st.integers(1 if depth else 0, 3))):
        numbers.append(len(numbers))
        name = f"t{numbers[-1]}"

        def amounts(bounds: dict[str, int]) -> dict[str, int]:
            keys = draw(st.lists(st.sampled_from(RESOURCES), unique=True, max_size=2))
            return {key: draw(st.integers(1, bounds[key])) for key in keys}

        bound = amounts(most)
        inner = {**most, **bound}
        user = amounts({key: min(inner[key], each[key]) for key in RESOURCES})
        team: dict[str, Any] = {"name": name, "members": [f"{name}-user"], "max": bound, "per_user": {"max": user}}
        if depth and draw(st.booleans()):
            limits = {key: min(each[key], user.get(key, each[key]), inner[key]) for key in RESOURCES}
            team["children"] = draw(teams(inner, limits, depth - 1, numbers))
        elif bound and draw(st.booleans()):
            team["guaranteed"] = {key: 1 for key in bound if bound[key] >= 40}
        found.append(team)
    return found


BOUNDS = {"cpu": 64, "memory": 2000, "gpu": 50}


@SOME
@given(teams(BOUNDS, BOUNDS, 2, []))
def test_no_user_gets_beyond_a_bound_on_the_way_to_the_root(given_teams: list[dict[str, Any]]) -> None:
    inputs = Inputs(given_teams, {})
    if inputs.reasons:
        # Of what is drawn, only guarantees may add up to too much.
        assert all("guaranteed" in reason for reason in inputs.reasons)
        return
    [partition] = plan.read(inputs.config()).config.partitions
    [root] = partition.queues or ()

    def walk(queue: Queue, maxima: list[Pairs], limits: list[Pairs]) -> None:
        maxima = [*maxima, queue.resources.max or ()]
        for limit in queue.limits:
            assert limit.users == ("*",)
            for name, text in limit.maxresources:
                for above in (*maxima, *limits):
                    assert amount(text, name) <= amount(dict(above).get(name, text), name)
        for child in queue.queues:
            walk(child, maxima, [*limits, *(limit.maxresources for limit in queue.limits)])

    walk(root, [], [])


def amount(text: str, name: str) -> int:
    return quantity.parse(text, name)


KEYS = ("name", "members", "default_of", "group", "guaranteed", "max", "per_user", "priority", "children", "other")
NAMES = st.sampled_from(("a", "b", "members", "default", "A.b", "ü", "", "x" * 70))
QUANTITIES = st.sampled_from((0, 1, 2, "500m", "1.5", "1Gi", "500M", "10GB", "-1", None, "9999999999999Pi"))
AMOUNTS = st.dictionaries(
    st.sampled_from(("cpu", "memory", "gpu", "nvidia.com/gpu", "vcore", "pods")), QUANTITIES, max_size=3
)
LEAVES = st.none() | st.booleans() | st.integers() | NAMES | st.lists(NAMES, max_size=2) | AMOUNTS
VALUES = LEAVES | st.fixed_dictionaries({"max": AMOUNTS, "servers": st.integers(-1, 3)})


def anything(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A team with sound keys and with others."""
    sound = {
        "name": NAMES,
        "members": st.lists(st.sampled_from(("alice", "bob@x.org", "李雷")), unique=True, min_size=1),
        "max": AMOUNTS,
    }
    return st.lists(
        st.fixed_dictionaries(sound, optional={"guaranteed": AMOUNTS, "per_user": VALUES, "children": children})
        | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4),
        max_size=3,
    )


@SOME
@given(st.recursive(LEAVES, anything, max_leaves=6), st.fixed_dictionaries({}, optional={"default_team": VALUES}))
def test_whatever_is_given_is_refused_with_reasons_or_taken_by_yunikorn(value: Any, others: dict[str, Any]) -> None:
    inputs = Inputs(value, others)
    if not inputs.reasons:
        plan.read(inputs.config())
