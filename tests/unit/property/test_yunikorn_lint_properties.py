# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of the lints: whatever a config holds, they have an answer, and a trap can't be talked away."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import model, neighbours, strconv
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.lint import LINTS, accepted, finding, lint
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import Document, parse
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.properties import PROPERTIES
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.render import render
from tests.unit.property.yunikorn_configs import configs, rewritten

WORDS = (
    *("", "*", "a", "B", "root", "Root", "root.a", "root.a.b", "rootless", "root.", ".", "..", "default", "Default"),
    *(
        "user",
        "fixed",
        "tag",
        "provided",
        "recovery",
        "test",
        "usr",
        "namespace",
        "allow",
        "Deny",
        "deny",
        "ldap",
        "^a.*",
    ),
    *(
        "memory",
        "vcore",
        "cpu",
        "gpu",
        "nvidia.com/gpu",
        "0",
        "1",
        "1Gi",
        "1.5",
        "-1",
        "1m",
        "10s",
        "fair",
        "stateaware",
    ),
    *(" a", "a  b", "a, b", "a:b", "\n", "\ud800", "\u0130", "x" * 100),
    *PROPERTIES,
)
texts = st.sampled_from(WORDS) | st.text(max_size=4)
names = st.lists(texts, max_size=3).map(tuple)
counts = st.sampled_from((0, 1, 5, 2**64))


def pairs(values: st.SearchStrategy[str] = texts) -> st.SearchStrategy[model.Pairs]:
    """A mapping as the reader makes it."""
    return st.dictionaries(texts, values, max_size=3).map(lambda found: tuple(sorted(found.items())))


resources = st.builds(model.Resources, guaranteed=st.none() | pairs(), max=st.none() | pairs())
templates = st.builds(model.ChildTemplate, maxapplications=counts, properties=pairs(), resources=resources)
limits = st.lists(
    st.builds(model.Limit, users=names, groups=names, maxresources=pairs(), maxapplications=counts), max_size=3
).map(tuple)
rules = st.recursive(
    st.none(),
    lambda above: st.builds(
        model.PlacementRule,
        name=texts,
        create=st.booleans(),
        filter=st.builds(model.Filter, type=texts, users=names, groups=names),
        parent=above,
        value=texts,
    ),
    max_leaves=4,
)
queues = st.recursive(
    st.just(()),
    lambda below: st.lists(
        st.builds(
            model.Queue,
            name=texts,
            parent=st.booleans(),
            resources=resources,
            maxapplications=counts,
            properties=pairs(),
            adminacl=texts,
            submitacl=texts,
            childtemplate=templates,
            queues=below,
            limits=limits,
        ),
        max_size=3,
    ).map(tuple),
    max_leaves=4,
)
partitions = st.builds(
    model.Partition,
    name=texts,
    queues=st.none() | queues,
    placementrules=st.lists(rules.filter(bool), max_size=4).map(tuple),
    limits=limits,
    preemption=st.builds(model.Preemption, quotapreemptionenabled=st.none() | st.booleans()),
    nodesortpolicy=st.builds(
        model.NodeSortPolicy,
        resourceweights=st.dictionaries(texts, st.floats(), max_size=2).map(lambda found: tuple(sorted(found.items()))),
    ),
    usergroupresolver=st.builds(model.UserGroupResolver, type=texts),
)
anything = st.builds(model.Config, partitions=st.lists(partitions, max_size=3).map(tuple))
capacities = st.none() | st.dictionaries(texts, st.integers(0, 2**63), max_size=3)
versions = st.none() | st.tuples(st.integers(0, 3), st.integers(0, 20))


@given(anything, capacities, versions)
def test_every_config_has_an_answer(
    config: model.Config, offered: dict[str, int] | None, version: tuple[int, int] | None
) -> None:
    """Also one that the validator refuses is answered, in words of the registry, in the order of the lines."""
    found = lint(Document(config=config), offered=offered, version=version)
    assert found == tuple(finding(each.name, each.path, each.line, each.message) for each in found)
    assert all(each.message and len(each.message) < 1000 for each in found)


@given(st.text(alphabet="partionsqueudflmc-:[]{}'*&,0 \n\t", max_size=200))
def test_every_text_has_an_answer(text: str) -> None:
    """What was read of a text is judged, however little that is."""
    lines = [each.line for each in lint(parse(text))]
    assert lines == sorted(lines, key=lambda line: line or 0)


@settings(max_examples=40)
@given(anything, st.sets(st.sampled_from([name for name, each in LINTS.items() if not each.trap])))
def test_accepting_takes_away_what_is_named_and_no_trap(config: model.Config, accept: set[str]) -> None:
    """What is left has another name, and nothing else is missing."""
    found = lint(Document(config=config))
    left = accepted(found, sorted(accept))
    assert [each for each in found if each.trap] == [each for each in left if each.trap]
    assert left == tuple(each for each in found if each.name not in accept)


# A config is large to draw: a few of them are many queues.
@settings(max_examples=20)
@given(st.data())
def test_what_is_found_does_not_depend_on_how_a_config_is_written(data: st.DataObject) -> None:
    """Siblings in another order and quantities in other words have the same lints."""
    config = data.draw(configs())
    other = data.draw(rewritten(config))
    found, again = ({each.name for each in lint(parse(render(each)))} for each in (config, other))
    assert found == again


@given(st.dictionaries(texts, texts | st.binary(max_size=9), max_size=3), st.dictionaries(texts, texts, max_size=3))
def test_every_configmap_has_an_answer(binary: dict[str, str | bytes], data: dict[str, str]) -> None:
    """Whatever the two ConfigMaps hold, they are merged and judged."""
    merged = neighbours.ConfigMaps({"data": data}, {"binaryData": binary}).merge()
    assert merged.text is None or merged.origin is not None
    assert all(each.name in LINTS for each in neighbours.problems(merged))


@given(st.text(max_size=30))
def test_every_text_is_a_number_or_none(text: str) -> None:
    """Reading a number or a duration raises nothing."""
    for value in (strconv.parse_int(text, 64), strconv.parse_uint(text, 64), strconv.parse_duration(text)):
        assert value is None or -(2**63) <= value < 2**64


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_are_read_back(value: int) -> None:
    """Go's own way to write them."""
    assert strconv.parse_int(str(value), 64) == value
    assert strconv.parse_duration(f"{value}ns") == value
    assert strconv.parse_uint(str(abs(value)), 64) == abs(value)
