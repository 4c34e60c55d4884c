# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import time

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import model, nodes, parse, validate

PARTITION = "partitions:\n- name: default\n  "
A = PARTITION + "queues:\n  - name: root\n    queues:\n    - name: a\n      "
Q = "partitions[0].queues[0].queues[0]"


def read(text: str | bytes) -> model.Config:
    document = parse.parse(text)
    assert document.problems == ()
    return document.config


def read_queue(lines: str) -> model.Queue:
    """Read fields of the queue `a`."""
    (partition,) = read(A + lines).partitions
    assert partition.queues is not None
    return partition.queues[0].queues[0]


def problems(text: str | bytes) -> list[str]:
    return [str(each) for each in parse.parse(text).problems]


def test_every_field() -> None:
    text = """
partitions:
  - name: default
    limits:
      - {limit: everyone, users: ["*"], maxapplications: 9}
    preemption: {enabled: no, quotapreemptionenabled: on}
    nodesortpolicy:
      type: binpacking
      resourceweights: {vcore: 2, memory: .5}
    usergroupresolver: {type: os}
    placementrules:
      - name: user
        create: true
        filter: {type: deny, users: [bob], groups: [ops]}
        value: v
        parent: {name: fixed, value: root.teams}
    queues:
      - name: root
        queues:
          - name: teams
            parent: true
            adminacl: "*"
            submitacl: a b
            maxapplications: 3
            properties: {b: 2, a: 1}
            resources:
              guaranteed: {vcore: 500m}
              max: {memory: 1Gi}
            childtemplate:
              maxapplications: 1
              properties: {p: q}
              resources: {max: {memory: 1G}}
            limits:
              - limit: x
                users: [u, v]
                groups: [g]
                maxresources: {memory: 5}
checksum: abc
"""
    assert read(text) == model.Config(
        checksum="abc",
        partitions=(
            model.Partition(
                name="default",
                limits=(model.Limit(limit="everyone", users=("*",), maxapplications=9),),
                preemption=model.Preemption(enabled=False, quotapreemptionenabled=True),
                nodesortpolicy=model.NodeSortPolicy(
                    type="binpacking", resourceweights=(("memory", 0.5), ("vcore", 2.0))
                ),
                usergroupresolver=model.UserGroupResolver(type="os"),
                placementrules=(
                    model.PlacementRule(
                        name="user",
                        create=True,
                        filter=model.Filter(type="deny", users=("bob",), groups=("ops",)),
                        value="v",
                        parent=model.PlacementRule(name="fixed", value="root.teams"),
                    ),
                ),
                queues=(
                    model.Queue(
                        name="root",
                        queues=(
                            model.Queue(
                                name="teams",
                                parent=True,
                                adminacl="*",
                                submitacl="a b",
                                maxapplications=3,
                                properties=(("a", "1"), ("b", "2")),
                                resources=model.Resources(guaranteed=(("vcore", "500m"),), max=(("memory", "1Gi"),)),
                                childtemplate=model.ChildTemplate(
                                    maxapplications=1,
                                    properties=(("p", "q"),),
                                    resources=model.Resources(max=(("memory", "1G"),)),
                                ),
                                limits=(
                                    model.Limit(
                                        limit="x", users=("u", "v"), groups=("g",), maxresources=(("memory", "5"),)
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("+5", 5),
        ("0x10", 16),
        ("0o10", 8),
        ("010", 8),
        ("08", 8),
        ("0b11", 3),
        ("1_000", 1000),
        ("1e2", 100),
        ("1.5", 1),
        (".5", 0),
        ("-0.5", 0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2**63),
        ('!!int "5"', 5),
        ("!!float 5", 5),
        ("~", 0),
        ("", 0),
        ("null", 0),
    ],
)
def test_counts(text: str, value: int) -> None:
    assert read_queue(f"maxapplications: {text}").maxapplications == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-1", "!!int `-1`"),
        ('"5"', "!!str `5`"),
        ("!!str 5", "!!str `5`"),
        ("true", "!!bool `true`"),
        ("five", "!!str `five`"),
        ("0x", "!!str `0x`"),
        ("2001-01-01", "!!timestamp `2001-01-01`"),
        ("2001-01-01 10:00:00", "!!timestamp `2001-01...`"),
        ("!foo 5", "!foo `5`"),
        ("[1]", "!!seq"),
        ("{a: 1}", "!!map"),
    ],
)
def test_no_counts(text: str, shown: str) -> None:
    assert problems(A + f"maxapplications: {text}") == [
        f"line 7, {Q}.maxapplications: cannot unmarshal {shown} into uint64"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("true", "True", "TRUE", "yes", "Yes", "on", "y", "Y", "!!bool true")),
        *((text, False) for text in ("false", "no", "off", "n", "NO", "~", "")),
    ],
)
def test_flags(text: str, value: bool) -> None:
    assert read_queue(f"parent: {text}").parent is value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"true"', "!!str `true`"),
        ("1", "!!int `1`"),
        ("tRUE", "!!str `tRUE`"),
        ("1.5", "!!float `1.5`"),
        ("[]", "!!seq"),
    ],
)
def test_no_flags(text: str, shown: str) -> None:
    assert problems(A + f"parent: {text}") == [f"line 7, {Q}.parent: cannot unmarshal {shown} into bool"]


@pytest.mark.parametrize("text", ["010", "1_000", "1e3", "0x10", "1.5", "true", "yes", "2001-01-01", "500m"])
def test_texts_are_as_written(text: str) -> None:
    queue = read_queue(
        f"adminacl: {text}\n      properties: {{{text}: {text}}}\n      resources: {{max: {{x: {text}}}}}"
    )
    assert (queue.adminacl, queue.properties, queue.resources.max) == (text, ((text, text),), (("x", text),))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", ""),
        ("null", ""),
        ('"~"', "~"),
        ("!!binary MTA=", "10"),
        ("!!str 10", "10"),
        ("!x 10", "10"),
        ("|\n  a", "a"),
    ],
)
def test_texts_of_other_kinds(text: str, value: str) -> None:
    assert read(f"checksum: {text}").checksum == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("0x10", 16.0), ("1_0", 10.0), (".inf", math.inf), ("-.5", -0.5), ("~", 0.0), ("1.", 1.0)],
)
def test_weights(text: str, value: float) -> None:
    (partition,) = read(PARTITION + f"nodesortpolicy: {{resourceweights: {{memory: {text}}}}}").partitions
    assert partition.nodesortpolicy.resourceweights == (("memory", value),)


@pytest.mark.parametrize(("text", "shown"), [("x", "!!str `x`"), ("true", "!!bool `true`"), ("[]", "!!seq")])
def test_no_weights(text: str, shown: str) -> None:
    assert problems(PARTITION + f"nodesortpolicy: {{resourceweights: {{memory: {text}}}}}") == [
        f"line 3, partitions[0].nodesortpolicy.resourceweights.memory: cannot unmarshal {shown} into float64"
    ]


def test_null_items_are_left_out_and_null_collections_are_absent() -> None:
    queue = read_queue(
        "limits: [~, {users: [a, ~, b]}]\n      resources: {max: ~, guaranteed: {}}\n      properties: {a: ~}"
    )
    assert queue.limits == (model.Limit(users=("a", "b")),)
    assert queue.resources == model.Resources(guaranteed=(), max=None)
    assert queue.properties == (("a", ""),)


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("bad: 1", "line 1, bad", "SchedulerConfig"),
        ("partitions:\n- bad: 1", "line 2, partitions[0].bad", "PartitionConfig"),
        ("partitions:\n- preemption:\n    bad: 1", "line 3, partitions[0].preemption.bad", "PartitionPreemptionConfig"),
        ("partitions:\n- nodesortpolicy:\n    bad: 1", "line 3, partitions[0].nodesortpolicy.bad", "NodeSortingPolicy"),
        (
            "partitions:\n- usergroupresolver: {bad: 1}",
            "line 2, partitions[0].usergroupresolver.bad",
            "UserGroupResolver",
        ),
        ("partitions:\n- placementrules:\n  - bad: 1", "line 3, partitions[0].placementrules[0].bad", "PlacementRule"),
        (
            "partitions:\n- placementrules:\n  - parent:\n      bad: 1",
            "line 4, partitions[0].placementrules[0].parent.bad",
            "PlacementRule",
        ),
        (
            "partitions:\n- placementrules:\n  - filter: {bad: 1}",
            "line 3, partitions[0].placementrules[0].filter.bad",
            "Filter",
        ),
        (A + "submitACL: 1", f"line 7, {Q}.submitACL", "QueueConfig"),
        (A + "resources:\n        bad: 1", f"line 8, {Q}.resources.bad", "Resources"),
        (A + "childtemplate:\n        bad: 1", f"line 8, {Q}.childtemplate.bad", "ChildTemplate"),
        (A + "childtemplate:\n        resources: {bad: 1}", f"line 8, {Q}.childtemplate.resources.bad", "Resources"),
        (A + "limits:\n      - bad: 1", f"line 8, {Q}.limits[0].bad", "Limit"),
    ],
)
def test_unknown_keys(text: str, place: str, kind: str) -> None:
    assert problems(text) == [f"{place}: field {place.rpartition('.')[2].split()[-1]} not found in type configs.{kind}"]


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("5", "line 1, document", "configs.SchedulerConfig"),
        ("partitions: 5", "line 1, partitions", "[]configs.PartitionConfig"),
        ("partitions: [5]", "line 1, partitions[0]", "configs.PartitionConfig"),
        (PARTITION + "queues: 5", "line 3, partitions[0].queues", "[]configs.QueueConfig"),
        (PARTITION + "limits: [5]", "line 3, partitions[0].limits[0]", "configs.Limit"),
        (PARTITION + "placementrules: 5", "line 3, partitions[0].placementrules", "[]configs.PlacementRule"),
        (PARTITION + "preemption: 5", "line 3, partitions[0].preemption", "configs.PartitionPreemptionConfig"),
        (A + "queues: [5]", f"line 7, {Q}.queues[0]", "configs.QueueConfig"),
        (A + "resources: 5", f"line 7, {Q}.resources", "configs.Resources"),
        (A + "resources: {max: 5}", f"line 7, {Q}.resources.max", "map[string]string"),
        (A + "properties: 5", f"line 7, {Q}.properties", "map[string]string"),
        (A + "childtemplate: 5", f"line 7, {Q}.childtemplate", "configs.ChildTemplate"),
        (A + "limits: [{users: 5}]", f"line 7, {Q}.limits[0].users", "[]string"),
    ],
)
def test_scalars_where_collections_belong(text: str, place: str, wanted: str) -> None:
    assert problems(text) == [f"{place}: cannot unmarshal !!int `5` into {wanted}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (A + "adminacl: [x]", f"line 7, {Q}.adminacl: cannot unmarshal !!seq into string"),
        (
            A + "resources: {max: {memory: {a: 1}}}",
            f"line 7, {Q}.resources.max.memory: cannot unmarshal !!map into string",
        ),
        (A + "limits: {users: [x]}", f"line 7, {Q}.limits: cannot unmarshal !!map into []configs.Limit"),
        (A + "limits: [[x]]", f"line 7, {Q}.limits[0]: cannot unmarshal !!seq into configs.Limit"),
        (A + "limits: [{groups: [[x]]}]", f"line 7, {Q}.limits[0].groups[0]: cannot unmarshal !!seq into string"),
        (A + "properties: !!map 10", f"line 7, {Q}.properties: cannot unmarshal !!map10 into map[string]string"),
        (A + "properties: {[a]: b}", f"line 7, {Q}.properties: cannot unmarshal !!seq into string"),
    ],
)
def test_collections_where_others_belong(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_duplicate_keys() -> None:
    assert problems(A + "parent: true\n      name: b\n      properties:\n        p: 1\n        p: 2") == [
        f'line 8, {Q}.name: mapping key "name" already defined at line 6'
    ]
    assert problems(A + "properties:\n        p: 1\n        p: 2") == [
        f'line 9, {Q}.properties.p: mapping key "p" already defined at line 8'
    ]


def test_all_problems_at_once() -> None:
    assert problems(A + "parent: 1\n      maxapplications: x\n      foo: 1\n  bar: 2") == [
        f"line 7, {Q}.parent: cannot unmarshal !!int `1` into bool",
        f"line 8, {Q}.maxapplications: cannot unmarshal !!str `x` into uint64",
        f"line 9, {Q}.foo: field foo not found in type configs.QueueConfig",
        "line 10, partitions[0].bar: field bar not found in type configs.PartitionConfig",
    ]


def test_anchors_and_merge_keys() -> None:
    text = (
        A + "resources: &r {max: {memory: 1}}\n    - &b\n      name: b\n      parent: true\n      resources: *r\n"
        "    - {<<: *b, name: c}\n    - {name: d, <<: [{parent: true, adminacl: x}, {adminacl: y, submitacl: z}]}"
    )
    (partition,) = read(text).partitions
    assert partition.queues is not None
    bound = model.Resources(max=(("memory", "1"),))
    assert partition.queues[0].queues == (
        model.Queue(name="a", resources=bound),
        model.Queue(name="b", parent=True, resources=bound),
        model.Queue(name="c", parent=True, resources=bound),
        model.Queue(name="d", parent=True, adminacl="x", submitacl="z"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<<: foo", "line 1, document: map merge requires map or sequence of maps as the value"),
        ("<<: [{}, foo]", "line 1, document: map merge requires map or sequence of maps as the value"),
        ("checksum: !!int five", "line 1, checksum: cannot decode !!str `five` as a !!int"),
        ("checksum: !!binary '!'", "line 1, checksum: !!binary value contains invalid base64 data"),
        (
            PARTITION + "queues: &q\n  - name: a\n    queues: *q",
            "line 3, partitions[0].queues[0].queues: an anchor's value contains itself",
        ),
    ],
)
def test_reading_ends_where_upstream_ends_it(text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "{}", "null\n---\n[", b""])
def test_nothing_is_an_empty_config(text: str | bytes) -> None:
    assert read(text) == model.Config()


@pytest.mark.parametrize("rest", ["---\nbad: [", "---\nchecksum: b", "...\n@"])
def test_only_the_first_document_is_read(rest: str) -> None:
    assert read(f"checksum: a\n{rest}") == model.Config(checksum="a")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffchecksum: é\r\n",
        "checksum: é\r\n".encode(),
        "checksum: é".encode("utf-8-sig"),
        "\ufeffchecksum: é".encode("utf-16-le"),
        "\ufeffchecksum: é".encode("utf-16-be"),
    ],
)
def test_encodings(content: str | bytes) -> None:
    assert read(content).checksum == "é"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: b\nc: \xff", "line 2, document: not a text in UTF-8: byte 0xff at offset 8"),
        (b"\xff\xfea", "line 1, document: not a text in UTF-16-LE: byte 0x61 at offset 0"),
        ("a: b\nc: \x07", "line 2, document: control characters are not allowed"),
        ("checksum: \x00", "line 1, document: control characters are not allowed"),
        (
            "partitions:\n\t- name: x",
            (
                "line 2, document: not YAML: while scanning for the next token found character "
                "that cannot start any token"
            ),
        ),
        ("checksum: *x", "line 1, document: unknown anchor 'x' referenced"),
        ("partitions: [", "line 1, document: not YAML: while parsing a flow node did not find expected node content"),
        (
            "adminacl: *\n",
            "line 1, document: not YAML: while scanning an alias did not find expected alphabetic or numeric character",
        ),
    ],
)
def test_no_yaml(content: str | bytes, expected: str) -> None:
    assert problems(content) == [expected]


def test_lines_of_places() -> None:
    document = parse.parse(
        A + "resources:\n        max:\n          memory: 1\n      limits:\n      - users:\n        - u"
    )
    assert document.line(f"{Q}.resources.max.memory") == 9
    assert document.line(f"{Q}.limits[0].users[0]") == 11
    assert document.line(f"{Q}.limits[0]") == 11
    assert document.line(f"{Q}.no.such.place") == 6
    assert document.line("nowhere") is None


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + depth)}: &{chr(98 + depth)} [{','.join(9 * [f'*{chr(97 + depth)}'])}]\n" for depth in range(9)
)
ALIASED = f"partitions: [{{queues: [{{limits: &l [{'{users: [a]},' * 1000}]}}, {'{limits: *l},' * 1000}]}}]"
DEEP = "line 1, document: nested deeper than 1000 levels"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(LAUGHS, "line 1, a: field a not found in type configs.SchedulerConfig", id="billion laughs"),
        pytest.param(
            ALIASED,
            "line 1, partitions[0].queues[100].limits[400].users: document contains excessive aliasing",
            id="aliases",
        ),
        pytest.param("[" * 200_000, DEEP, id="brackets"),
        pytest.param("{a: " * 5000, DEEP, id="braces"),
        pytest.param("- " * 100_000 + "x", DEEP, id="dashes"),
        pytest.param(
            "\n".join(" " * depth + "a:" for depth in range(1500)),
            "line 1001, document: nested deeper than 1000 levels",
            id="indents",
        ),
        pytest.param(
            "partitions: " + "x" * 10**6,
            "line 1, partitions: cannot unmarshal !!str `xxxxxxx...` into []configs.PartitionConfig",
            id="a megabyte",
        ),
        pytest.param(
            A + "maxapplications: " + "9" * 10**6,
            f"line 7, {Q}.maxapplications: cannot unmarshal !!str `9999999...` into uint64",
            id="a megabyte of digits",
        ),
        pytest.param("\x00" * 10**6, "line 1, document: control characters are not allowed", id="zeros"),
    ],
)
def test_hostile_texts_are_refused_at_once(content: str, expected: str) -> None:
    start = time.process_time()
    found = problems(content)
    assert found[0] == expected
    assert time.process_time() - start < 1


def test_an_anchor_may_be_defined_again() -> None:
    text = "partitions:\n- {name: &n a}\n- {name: *n}\n- {name: &n b}\n- {name: *n}"
    assert [partition.name for partition in read(text).partitions] == ["a", "a", "b", "b"]


def test_an_alias_is_judged_where_it_stands() -> None:
    assert problems("partitions: &x []\nchecksum: *x") == ["line 1, checksum: cannot unmarshal !!seq into string"]


@pytest.mark.parametrize("half", [0xD800, 0xDFFF], ids=hex)
def test_halves_of_characters_are_refused(half: int) -> None:
    assert problems(f"a: {chr(half)}") == ["line 1, document: control characters are not allowed"]


def test_two_hundred_queues_may_nest() -> None:
    nested = "{name: a, queues: [" * 198 + "]}" * 198
    text = f"partitions: [{{queues: [{nested}]}}]"
    assert validate.validate(parse.parse(text)) == ()
    refused = parse.parse(f"partitions: [{{queues: [{{name: a, queues: [{nested}]}}]}}]").problems
    assert [each.message for each in refused] == ["nested deeper than 400 levels"]


def test_deep_but_sane_is_read() -> None:
    assert problems("[" * 900 + "]" * 900) == ["line 1, document: cannot unmarshal !!seq into configs.SchedulerConfig"]


def test_pyyaml_is_named_when_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "YAML_IMPORT_ERROR", ImportError("No module named 'yaml'"))
    with pytest.raises(ImportError, match=r"^PyYAML is needed to read a queue configuration$"):
        parse.parse("")
