# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of queue configurations, their differences, and what those do to what runs."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import diff, impact, model, state, validate
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import Document, parse
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.render import render
from tests.unit.property import yunikorn_configs as make

CONFIGS = make.configs()
PAIRS = make.pairs()
# A pair takes long to make, and of some seeds most that are drawn are none.
SOME = settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])


def accepted(config: model.Config) -> bool:
    return not validate.validate(Document(config=config))


def names(config: model.Config) -> set[tuple[str, str]]:
    """Partition and full name in lower case of every queue."""
    return {
        (partition.name, name.lower())
        for partition in diff.canonical(config).partitions
        for root in partition.queues or ()
        for name, _queue in diff.walk(root, root.name)
    }


@SOME
@given(PAIRS)
def test_generated_configs_are_accepted(pair: tuple[model.Config, model.Config]) -> None:
    """The laws below are about configurations that YuniKorn takes."""
    assert accepted(pair[0])
    assert accepted(pair[1])


@given(CONFIGS | make.ANY_CONFIGS)
def test_render_is_the_inverse_of_parse(config: model.Config) -> None:
    """parse(render(c)) == c"""
    document = parse(render(config))
    assert document.problems == ()
    assert document.config == config


@given(CONFIGS)
def test_nothing_differs_from_itself(config: model.Config) -> None:
    """diff(a, a) == ()"""
    assert diff.diff(config, config) == ()


@given(CONFIGS.flatmap(lambda config: st.tuples(st.just(config), make.rewritten(config))))
def test_the_same_in_other_words_is_equal(pair: tuple[model.Config, model.Config]) -> None:
    """diff(a, rewritten(a)) == (), their canonical forms are equal, and YuniKorn takes both or none."""
    config, other = pair
    assert diff.canonical(config) == diff.canonical(other)
    assert diff.diff(config, other) == ()
    assert accepted(config) == accepted(other)


@given(CONFIGS | make.ANY_CONFIGS)
def test_canonical_is_canonical_and_keeps_the_verdict(config: model.Config) -> None:
    """canonical(canonical(c)) == canonical(c), and YuniKorn takes both c and canonical(c), or none of them."""
    canonical = diff.canonical(config)
    assert diff.canonical(canonical) == canonical
    assert accepted(canonical) == accepted(config)


@SOME
@given(PAIRS)
def test_the_changes_make_the_new_of_the_old(pair: tuple[model.Config, model.Config]) -> None:
    """apply(diff(a, b), a) == canonical(b), and there are no changes exactly where the canonical forms are equal."""
    old, new = pair
    changes = diff.diff(old, new)
    assert diff.apply(changes, old) == diff.canonical(new)
    assert (changes == ()) == (diff.canonical(old) == diff.canonical(new))


@SOME
@given(PAIRS)
def test_back_is_the_same_way(pair: tuple[model.Config, model.Config]) -> None:
    """diff(b, a) names what diff(a, b) names, added for removed."""
    old, new = pair
    turned = {
        "add": "remove",
        "remove": "add",
        "partition-add": "partition-remove",
        "partition-remove": "partition-add",
    }

    def where(changes: tuple[diff.Change, ...]) -> set[tuple[str, str, str]]:
        return {(change.kind, change.path.lower(), change.key) for change in changes if change.kind != "limit-order"}

    assert where(diff.diff(new, old)) == {
        (turned.get(kind, kind), path, key) for kind, path, key in where(diff.diff(old, new))
    }


@SOME
@given(PAIRS)
def test_every_change_is_of_a_kind_and_at_a_place(pair: tuple[model.Config, model.Config]) -> None:
    """Ids are unique and begin with a registered kind; a queue that changes is in both, an added one in the new only, a removed one in the old only."""
    old, new = pair
    changes = diff.diff(old, new)
    assert len({change.id for change in changes}) == len(changes)
    before, after = names(old), names(new)
    for change in changes:
        assert change.kind in diff.KINDS
        assert change.id.startswith(f"{change.kind}:{change.path}")
        if change.queue not in ("partition", "placementrules"):
            place = (change.partition, change.queue.lower())
            assert (place in before) == (change.kind != "add")
            assert (place in after) == (change.kind != "remove")
            assert change.before != change.after


@SOME
@given(PAIRS)
def test_every_form_has_every_change(pair: tuple[model.Config, model.Config]) -> None:
    """The tree has the id of each change at the beginning of a line; the structured form is JSON; before and after differ where something does."""
    changes = diff.diff(*pair)
    lines = diff.tree(changes).splitlines()
    assert [line[2:] for line in lines[:-1] if not line.startswith(" ")] == [change.id for change in changes]
    assert [item["id"] for item in json.loads(json.dumps([diff.structured(change) for change in changes]))] == [
        change.id for change in changes
    ]
    texts = diff.before_after(changes)
    assert (texts["before"] == texts["after"]) == (changes == ())


@SOME
@given(PAIRS, st.data())
def test_impact_judges_every_change(pair: tuple[model.Config, model.Config], data: st.DataObject) -> None:
    """One effect for each change, in their order, of a level; its applications run and its users own them; none for no change."""
    old, new = pair
    live = data.draw(st.none() | make.states(sorted({*make.full_names(old), *make.full_names(new)})))
    changes = diff.diff(old, new)
    effects = impact.impact(changes, old, new, live)
    assert [effect.change for effect in effects] == [change.id for change in changes]
    running = {} if live is None else {application.id: application.user for application in live.applications}
    for effect in effects:
        assert effect.level in impact.LEVELS
        assert effect.text.endswith(".")
        assert set(effect.applications) <= running.keys()
        assert effect.users == tuple(sorted({running[each] for each in effect.applications}))
    assert impact.impact((), old, new, live) == ()


@SOME
@given(PAIRS, st.data())
def test_what_is_unknown_is_taken_for_the_worst(pair: tuple[model.Config, model.Config], data: st.DataObject) -> None:
    """No effect with a known state is of a higher level than without one. An added queue is the exception: that a leaf of its name stands is far-fetched."""
    old, new = pair
    live = data.draw(make.states(sorted({*make.full_names(old), *make.full_names(new)})))
    changes = [change for change in diff.diff(old, new) if change.kind != "add"]
    for known, unknown in zip(impact.impact(changes, old, new, live), impact.impact(changes, old, new), strict=True):
        assert impact.LEVELS.index(known.level) <= impact.LEVELS.index(unknown.level), (known, unknown)


@SOME
@given(CONFIGS | make.ANY_CONFIGS, make.ANY_CONFIGS)
def test_anything_can_be_compared(old: model.Config, new: model.Config) -> None:
    """Also what YuniKorn refuses has differences, forms of them and effects; nothing is raised."""
    changes = diff.diff(old, new)
    assert len(diff.tree(changes).splitlines()) > len(changes)
    assert json.dumps([diff.structured(change) for change in changes])
    assert set(diff.before_after(changes)) == {"before", "after"}
    assert len(impact.impact(changes, old, new)) == len(changes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "root.a", "Active", "default"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "queuename", "children", "status", "isLeaf", "isManaged", "maxResource", "memory", "applicationID", "queueName",
                "user", "groups", "usedResource", "userName", "queues", "queuePath", "resourceUsage", "name", "capacity",
                "rmBuildInformation", "buildVersion", "Healthy", "HealthChecks", "Succeeded", "status_code", "properties",
            ]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(state.paths().values())), JSON))
def test_any_answer_is_read(answers: dict[str, object]) -> None:
    """Whatever the scheduler answers, a state comes of it, and every part that did not answer is named as unknown."""
    found = state.read(answers)
    for part, path in state.paths().items():
        assert answers.get(path) is not None or f"{part}: no answer from {path}" in found.unknown
    assert {entry.partition(":")[0] for entry in found.unknown} <= set(state.PARTS)
