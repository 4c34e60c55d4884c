# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided about a plan. The whole way, with a cluster, is in the tests of the module yunikorn_queues."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import impact, plan, shimlog
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.neighbours import ConfigMaps
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import parse
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.state import Application, LiveQueue, State


def config(*queues: str, **partition: str) -> str:
    listed = ", ".join(queues)
    more = "".join(f", {key}: {value}" for key, value in partition.items())
    return f"partitions: [{{name: default, queues: [{{name: root, submitacl: '*', queues: [{listed}]}}]{more}}}]"


def live(text: str, **changed: Any) -> State:
    """A scheduler that runs ``text`` as it should; ``changed`` replaces queues by name, None takes one away."""
    document = parse(text)
    queues = {
        name: LiveQueue(
            name=name,
            status="Active",
            managed=True,
            max=plan._amounts(placed.queue.resources.max) or None,
            guaranteed=plan._amounts(placed.queue.resources.guaranteed),
        )
        for name, placed in plan._placed(document.config, "default").items()
    }
    for name, queue in changed.items():
        queues[f"root.{name}"] = queue
    return State(
        queues={name: queue for name, queue in queues.items() if queue},
        config=text,
        active=document.config,
        checksum="C",
    )


def make(wanted: str, present: str | None, state: State | None, **options: Any) -> plan.Plan:
    configs = None if present is None else {"data": {"queues.yaml": present}}
    after = ConfigMaps(None, {"data": {"queues.yaml": wanted}})
    return plan.make(plan.read(wanted), ConfigMaps(None, configs).merge(), after.merge(), state, **options)


A, B = "{name: a, resources: {max: {vcore: 4}}}", "{name: b}"


# -- what is planned ---------------------------------------------------------------------------------------------------


def test_without_configmaps_the_built_in_configuration_is_there() -> None:
    made = make(plan.BUILT_IN, None, None, unreachable="down")
    assert (made.write, made.changes, made.level) == (False, (), "safe")
    assert parse(plan.BUILT_IN).config == made.base


def test_a_present_text_that_is_not_valid_has_to_be_replaced() -> None:
    made = make(config(A), "partitions: [{name: default}]", live(config(A)))
    assert (made.write, made.drift, made.changes) == (True, True, ())


def test_the_level_is_the_highest_of_all() -> None:
    made = make(config(A), config(A, B), None, unreachable="down")
    assert (made.level, [effect.level for effect in made.effects]) == ("disrupts", ["disrupts"])
    effects = tuple(impact.Effect(change="x", level=level, text="") for level in ("safe", "delays", "safe"))
    assert replace(made, effects=effects).level == "delays"


def test_findings_that_need_the_cluster_are_only_made_with_it() -> None:
    wanted = config("{name: a, resources: {max: {nvidia.com/gpu: 1}}}")
    without = make(wanted, wanted, None, unreachable="down")
    known = make(wanted, wanted, replace(live(wanted), capacity={"vcore": 1}, version="1.9.0"))
    assert [finding.name for finding in without.findings] == []
    assert [finding.name for finding in known.findings] == ["resource-not-offered"]


@pytest.mark.parametrize(
    ("version", "found"), [("1.8.0", ["property-version"]), ("v1.9.0-1", []), ("", []), ("unknown", [])]
)
def test_findings_depend_on_the_running_version(version: str, found: list[str]) -> None:
    wanted = config(
        "{name: a, resources: {max: {vcore: 1}}, properties: {quota.preemption.delay: 5m}}",
        preemption="{quotapreemptionenabled: true}",
    )
    assert [
        finding.name
        for finding in make(wanted, wanted, replace(live(wanted), capacity={"vcore": 1}, version=version)).findings
    ] == found


# -- what may be applied -----------------------------------------------------------------------------------------------


def test_refusals_come_in_the_order_in_which_they_are_to_be_dealt_with() -> None:
    made = make(
        config(A, "{name: root}"),
        config(A, B),
        None,
        unreachable="it is down",
    )
    made = replace(made, hot_refresh=False)
    assert [re.match(r"\S+", reason)[0] for reason in plan.refusals(made, [])] == [
        "queue-named-root",
        "service.enableConfigHotRefresh",
        "remove:root.b",
        "add:root.root",
        "The",
    ]
    assert len(plan.refusals(made, ["disrupts", "unproven"])) == 2


def test_brief_refusals_leave_out_what_the_plan_says() -> None:
    made = make(config(A), config(A, B), None, unreachable="it is down")
    assert plan.refusals(made, ["unproven"], brief=True) == (
        'remove:root.b (disrupts): To allow it, add "disrupts" or "remove:root.b" to allow.',
    )
    assert plan.refusals(made, ["unproven", "remove:root.b"]) == ()


@pytest.mark.parametrize("entry", ["safe", "delays", "disrupts", "unproven", "remove:root.x", "limit:root.a:user bob"])
def test_what_allow_may_name_need_not_be_in_the_plan(entry: str) -> None:
    assert plan.refusals(make(config(A), config(A), live(config(A))), [entry]) == ()


@pytest.mark.parametrize("entry", ["", "disrupt", "Safe", "removed:root.a", "root.a"])
def test_what_allow_can_t_mean_is_an_error(entry: str) -> None:
    message = f"allow: '{entry}' is no level (safe, delays, disrupts), not unproven, and no change's id such as remove:root.a.b"
    with pytest.raises(plan.PlanError, match=f"^{re.escape(message)}$"):
        plan.refusals(make(config(A), config(A), live(config(A))), [entry])


# -- what is written ---------------------------------------------------------------------------------------------------

WHERE = {"name": "yunikorn-configs", "namespace": "y", "key": "queues.yaml", "text": "new"}


def test_a_new_configmap_has_nothing_but_the_queues() -> None:
    assert plan.manifest(None, **WHERE) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "yunikorn-configs", "namespace": "y"},
        "data": {"queues.yaml": "new"},
    }


@pytest.mark.parametrize(
    ("found", "written"),
    [
        ({}, {"data": {"queues.yaml": "new"}}),
        ({"data": None}, {"data": {"queues.yaml": "new"}}),
        ({"data": {"queues.yaml": "old", "log.level": "INFO"}}, {"data": {"queues.yaml": "new", "log.level": "INFO"}}),
        (
            {
                "metadata": {"resourceVersion": "7", "labels": {"a": "b"}},
                "binaryData": {"queues.yaml.gz": "x", "a.gz": "y"},
            },
            {
                "metadata": {"resourceVersion": "7", "labels": {"a": "b"}},
                "data": {"queues.yaml": "new"},
                "binaryData": {"a.gz": "y"},
            },
        ),
        ({"binaryData": {"queues.yaml.zip": "x"}}, {"data": {"queues.yaml": "new"}, "binaryData": {}}),
    ],
)
def test_all_else_stays_as_it_was(found: dict[str, Any], written: dict[str, Any]) -> None:
    before = repr(found)
    assert plan.manifest(found, **WHERE) == written
    assert repr(found) == before


@pytest.mark.parametrize(
    ("text", "summed"),
    [
        ("partitions: []\n", "partitions: []\n"),
        (f"partitions: []\nchecksum: {'A' * 64}\n", "partitions: []\n\n"),
        (f"checksum: {'A' * 64}\npartitions: []\n", "\npartitions: []\n"),
        (f"a\nchecksum: {'A' * 64}\nb\nchecksum: {'A' * 64}\n", "a\n\nb\n\n"),
        ("partitions: []\nchecksum: short\n", "partitions: []\n\n"),
        ("# é checksum: x\n", "# é \n"),
    ],
)
def test_a_checksum_in_the_text_is_cut_out_as_yunikorn_does(text: str, summed: str) -> None:
    assert plan.checksum(text) == hashlib.sha256(summed.encode()).hexdigest().upper()


# -- what is proved ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "changed", "missing"),
    [
        (config(A, B), {}, ()),
        (config("{name: A}"), {}, ()),
        (config(A, B), {"b": None}, ("root.b is not there",)),
        (config(A), {"a": LiveQueue(name="root.a", status="Draining", managed=True)}, ("root.a is Draining",)),
        (config(A), {"a": LiveQueue(name="root.a", managed=True)}, ("root.a is in an unknown state",)),
        (
            config(A),
            {"a": LiveQueue(name="root.a", status="Active", managed=True, max={"vcore": 5000})},
            ("root.a has another max",),
        ),
        (
            config(B),
            {"b": LiveQueue(name="root.b", status="Active", managed=True, guaranteed={"vcore": 1})},
            ("root.b has another guaranteed",),
        ),
        (
            config(A),
            {"c": LiveQueue(name="root.c", status="Active", managed=True)},
            ("root.c is not draining",),
        ),
        (config(A), {"c": LiveQueue(name="root.c", status="Draining", managed=True)}, ()),
        (config(A), {"c": LiveQueue(name="root.c", status="Active", managed=False)}, ()),
        (config("{name: a, resources: {max: {vcore: 0}}}"), {}, ()),
        (config("{name: a, resources: {max: {vcore: 0, memory: 1}}}"), {}, ()),
    ],
)
def test_queues_have_to_stand_as_planned(text: str, changed: dict[str, Any], missing: tuple[str, ...]) -> None:
    assert plan.unproved(parse(text).config, live(text, **changed)) == missing


def test_another_configuration_is_no_proof_whatever_stands() -> None:
    assert plan.unproved(parse(config(A)).config, live(config(A, B))) == (
        "the scheduler runs another configuration (checksum C)",
    )
    silent = State(unknown=("users: no answer", "config: no answer from /ws/v1/config"))
    assert plan.unproved(parse(config(A)).config, silent) == ("config: no answer from /ws/v1/config",)


def test_a_written_out_root_and_a_left_out_one_are_the_same() -> None:
    short = "partitions: [{name: default, queues: [{name: a}]}]"
    assert plan.unproved(parse(short).config, live("partitions: [{queues: [{name: root, queues: [{name: a}]}]}]")) == ()


def test_only_removed_queues_count_as_draining() -> None:
    drains = LiveQueue(name="root.b", status="Draining", managed=True)
    state = replace(
        live(config(A), b=drains),
        applications=(Application(id="x", queue="root.b", user="bob"), Application(id="y", queue="root.a", user="eve")),
    )
    assert plan.draining(parse(config(A)).config, state) == ("root.b",)
    assert plan.draining(parse(config(A, B)).config, state) == ()
    assert plan.occupied(parse(config(A)).config, state) == ("root.b drains (x of bob)",)
    assert plan.occupied(parse(config(A)).config, replace(state, applications=())) == ("root.b drains (nothing in it)",)


# -- the scheduler's log -----------------------------------------------------------------------------------------------


def line(stamp: str, message: str, fields: str) -> str:
    return f"{stamp} 2026-11-25T10:00:00.000Z\tERROR\tshim.context\tcache/context.go:672\t{message}\t{fields}\n"


LOG = (
    "2026-11-25T10:00:01.5Z 2026-11-25T10:00:01.5Z\tINFO\tshim.context\tcache/context.go:655\treloading scheduler configuration\n"
    + line("2026-11-25T10:00:02Z", "reload configuration failed", '{"error": "old\\nreason"}')
    + "2026-11-25T10:00:02Z github.com/apache/yunikorn-k8shim/pkg/cache.(*Context).triggerReloadConfig\n"
    + line("2026-11-25T10:00:02.25Z", "failed to parse configmap entry", '{"error": "bad \\"value\\""}')
    + line(
        "2026-11-25T10:00:02.25Z",
        "Unable to update configmap, ignoring changes",
        '{"error": "failed to load configmap"}',
    )
    + line("2026-11-25T11:00:04+01:00", "reload configuration failed", "{broken}")
)


@pytest.mark.parametrize(
    ("after", "reasons"),
    [
        ("", ("old reason", 'bad "value"', "{broken}")),
        ("2026-11-25T10:00:02Z", ('bad "value"', "{broken}")),
        ("2026-11-25T10:00:02.3Z", ("{broken}",)),
        ("2026-11-25T10:00:04.0Z", ()),
    ],
)
def test_reasons_are_those_after_a_moment(after: str, reasons: tuple[str, ...]) -> None:
    assert shimlog.reasons(LOG, after=after) == reasons


def test_the_moment_is_the_last_line_s() -> None:
    assert shimlog.last(LOG) == "2026-11-25T11:00:04+01:00"
    assert shimlog.last("") == ""
