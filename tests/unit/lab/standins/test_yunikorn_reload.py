# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YuniKorn's stand-in takes ConfigMaps up, refuses them and drains queues as YuniKorn does."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import threading

import pytest
import yaml

from lab.content.items import VERDICTS
from lab.standins.api_server import ApiError
from lab.standins.yunikorn.server.recorded import Recorded, canonical
from lab.standins.yunikorn.server.scheduler import FatalError

from .conftest import QUEUES, REFUSALS, World

RECORDED = json.loads(VERDICTS.read_text(encoding="utf-8"))
REFUSED = next(each for each in RECORDED if each["upstream"].startswith("duplicate child name"))
SMALLER = QUEUES[: QUEUES.index("    - name: research")]
"""QUEUES without root.research."""
STRUCTURE = "yaml: unmarshal errors:\n  "
BOMB = "\n".join(f"  - &q{n} {{name: q{n}, queues: [{', '.join([f'*q{n - 1}'] * 9)}]}}" for n in range(1, 10))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()


def complaint(message: str, error: str) -> str:
    """As YuniKorn logs it."""
    return f"{message}\t{json.dumps({'error': error})}"


def active(world: World) -> str:
    """The checksum of the config in force."""
    found = yaml.safe_load(world.ask("config").body)["checksum"]
    assert isinstance(found, str)
    return found


# --- recorded answers ---------------------------------------------------------------------------------------------
def test_every_recorded_verdict_is_given_again(world: World) -> None:
    for each in RECORDED:
        answer = world.ask("validate-conf", "POST", body=each["config"])
        reason = {"reason": each["upstream"]} if each["upstream"] else {}
        assert json.loads(answer.body) == {"allowed": not reason, **reason}
        assert answer.headers == {}


def test_a_recorded_config_is_known_however_it_is_written(recorded: Recorded) -> None:
    for each in RECORDED[::7]:
        try:
            rewritten = f"# another hand\n{yaml.serialize(yaml.compose(each['config']), indent=6, width=1000)}"
        except yaml.YAMLError:
            continue
        if canonical(rewritten) == canonical(each["config"]):
            assert recorded.verdict(rewritten).recorded


def test_quoted_is_not_the_same_as_bare() -> None:
    assert canonical("parent: true") == canonical("{parent: true}") != canonical("parent: 'true'")


def test_what_was_never_recorded_is_said_to_be_so_and_accepted(world: World) -> None:
    answer = world.ask("validate-conf", "POST", body=QUEUES)
    assert json.loads(answer.body) == {"allowed": True}
    assert answer.headers == {"X-Standin-Verdict": "not recorded"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"partitions:\n- queues:\n  - &q0 {{name: q0}}\n{BOMB}\n", "yaml: document contains excessive aliasing"),
        ("partitions: [x9", "yaml: line 1: expected ',' or ']', but got '<stream end>'"),
        (
            "partitions:\n- name: x9\n  queue: []\n  queues: [{name: q, maxApplications: 1}]\n",
            STRUCTURE
            + "line 3: field queue not found in type configs.PartitionConfig\n"
            + "  line 4: field maxApplications not found in type configs.QueueConfig",
        ),
        (
            "partitions:\n- name: x9\n  limits: x\n  queues: [{parent: 'true', maxapplications: -1, name: q, name: r}]\n",
            STRUCTURE
            + "line 3: cannot unmarshal !!str `x` into []configs.Limit\n"
            + "  line 4: cannot unmarshal !!str `true` into bool\n  line 4: cannot unmarshal !!int `-1` into uint64",
        ),
        (
            "partitions:\n- name: x9\n  name: x8\n",
            f'{STRUCTURE}line 3: mapping key "name" already defined at line 2',
        ),
    ],
)
def test_a_structure_that_cannot_be_read_is_refused(world: World, text: str, reason: str) -> None:
    answer = world.ask("validate-conf", "POST", body=text)
    assert json.loads(answer.body) == {"allowed": False, "reason": reason}
    assert answer.headers == {"X-Standin-Verdict": "not recorded"}


def test_the_structure_is_read_as_upstream_reads_it_but_for_odd_scalars() -> None:
    """With the verdicts forgotten, the same structures are refused; words and tags that nobody writes are left to the record."""
    alone = Recorded([], [])
    differing = [
        each["config"]
        for each in RECORDED
        if bool(alone.verdict(each["config"]).reason) != each["upstream"].startswith("yaml: ")
    ]
    assert len(differing) <= len(RECORDED) // 30, differing


# --- ConfigMaps ---------------------------------------------------------------------------------------------------
def test_the_second_map_hides_keys_of_the_first(world: World) -> None:
    world.cluster.configmaps["yunikorn-defaults"] = {"data": {"queues.yaml": SMALLER, "log.level": "DEBUG", "a": "1"}}
    world.cluster.config(QUEUES, a="2")
    world.look()
    assert active(world) == sha256(QUEUES)
    assert world.get("config")["Extra"] == {"a": "2", "log.level": "DEBUG"}
    del world.cluster.configmaps["yunikorn-configs"]
    world.look()
    assert active(world) == sha256(SMALLER)
    assert world.get("config")["Extra"] == {"a": "1", "log.level": "DEBUG"}


def test_packed_queues_come_before_plain_ones(world: World) -> None:
    packed = base64.b64encode(gzip.compress(SMALLER.encode())).decode()
    world.cluster.configmaps["yunikorn-configs"]["binaryData"] = {"queues.yaml.gz": packed}
    world.look()
    assert active(world) == sha256(SMALLER)


def test_without_queues_the_built_in_config_is_in_force(world: World) -> None:
    world.cluster.config(None, log__level="INFO")
    world.look()
    assert world.get("config")["Partitions"] == [
        {
            "Name": "default",
            "Queues": [
                {
                    "Name": "root",
                    "Parent": True,
                    "Resources": {},
                    "SubmitACL": "*",
                    "ChildTemplate": {"Resources": {}},
                }
            ],
            "PlacementRules": [{"Name": "tag", "Create": True, "Filter": {"Type": ""}, "Value": "namespace"}],
            "Preemption": {},
            "NodeSortPolicy": {"Type": ""},
            "UserGroupResolver": {},
        }
    ]
    assert world.queue("root.teaching")["status"] == "Draining"


def test_the_policy_group_names_the_key(world: World) -> None:
    world.cluster.config(QUEUES, service__policyGroup="lab", **{"lab.yaml": SMALLER})
    world.restart()
    world.look()
    assert active(world) == sha256(SMALLER)


def test_a_checksum_in_the_text_does_not_count(world: World) -> None:
    world.cluster.config(f"{QUEUES}checksum: {'0' * 64}\n")
    world.look()
    assert active(world) == sha256(QUEUES)


# --- refusals -----------------------------------------------------------------------------------------------------
def test_a_config_that_the_validator_refuses_leaves_the_old_one(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.cluster.config(REFUSED["config"], a="new")
    world.look()
    assert active(world) == sha256(QUEUES)
    assert world.get("config")["Extra"] == {"a": "new"}
    assert complaint("reload configuration failed", REFUSED["upstream"]) in caplog.messages
    world.cluster.config(SMALLER)
    world.look()
    assert active(world) == sha256(SMALLER)


@pytest.mark.parametrize("each", json.loads(REFUSALS.read_text(encoding="utf-8")), ids=lambda each: each["reload"])
def test_valid_but_not_to_be_put_in_force(world: World, caplog: pytest.LogCaptureFixture, each: dict[str, str]) -> None:
    assert json.loads(world.ask("validate-conf", "POST", body=each["config"]).body) == {"allowed": True}
    world.cluster.config(each["config"])
    world.look()
    assert active(world) == sha256(QUEUES)
    assert complaint("reload configuration failed", each["reload"]) in caplog.messages

    world.restart()
    if each["start"] == "exits":
        with pytest.raises(FatalError) as failed:
            world.look()
        assert str(failed.value) == f"Unable to start scheduler: failed to register shim with core: {each['reload']}"
    else:
        world.cluster.pod("one", "root.a")
        world.look()
        assert world.rejected() == {
            "one": "failed to place application one: application rejected: no placement rule matched"
        }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("service.schedulingInterval", "1 second"),
        ("service.schedulingInterval", "5"),
        ("service.enableConfigHotRefresh", "yes"),
        ("service.eventChannelCapacity", "1e+06"),
        ("kubernetes.qps", "many"),
    ],
)
def test_a_bad_value_beside_the_queues_loses_the_whole_update(
    world: World, caplog: pytest.LogCaptureFixture, key: str, value: str
) -> None:
    world.cluster.config(SMALLER, **{key: value, "a": "1"})
    world.look()
    assert active(world) == sha256(QUEUES)
    assert "Extra" not in world.get("config")
    assert complaint("failed to parse configmap entry", f"{key}: {value!r} does not parse") in caplog.messages
    world.cluster.config(SMALLER, a="1")
    world.look()
    assert active(world) == sha256(SMALLER)

    world.cluster.config(SMALLER, **{key: value})
    world.restart()
    with pytest.raises(FatalError) as failed:
        world.look()
    assert str(failed.value) == f"Unable to bootstrap configuration: {key}: {value!r} does not parse"


@pytest.mark.parametrize("value", ["100ms", "1h2m3.5s", "0", "-1s"])
def test_durations_as_go_reads_them(world: World, value: str) -> None:
    world.cluster.config(SMALLER, service__schedulingInterval=value)
    world.look()
    assert active(world) == sha256(SMALLER)


def test_hot_refresh_off_is_taken_up_once_and_nothing_after_it(world: World) -> None:
    world.cluster.config(SMALLER, service__enableConfigHotRefresh="false")
    world.look()
    assert active(world) == sha256(SMALLER)
    world.cluster.config(QUEUES, service__enableConfigHotRefresh="true")
    world.look()
    assert active(world) == sha256(SMALLER)
    world.restart()
    world.look()
    assert active(world) == sha256(QUEUES)


def test_a_partition_that_goes_stops_everything_until_a_restart(world: World) -> None:
    world.cluster.config("# nothing is left\n")
    world.look()

    def answers() -> bool:
        answered = threading.Event()
        threading.Thread(target=lambda: (world.ask("config"), answered.set()), daemon=True).start()
        return answered.wait(2)

    assert not all(answers() for _ in range(50))
    assert not answers()
    world.restart()
    world.look()
    assert world.get("partitions") == []
    assert world.get("partition/default/queues", 404)["message"] == "Partition not found"


def test_a_cluster_that_does_not_answer_changes_nothing(world: World) -> None:
    world.cluster.pod("one", "root.teaching")
    world.look()
    world.cluster.status = 503
    with pytest.raises(ApiError, match=r"^GET /api/v1/namespaces/yunikorn/configmaps/yunikorn-defaults: 503 "):
        world.look()
    assert world.queue("root.teaching")["runningApps"] == 1


# --- queues that go and come --------------------------------------------------------------------------------------
def test_a_removed_queue_goes_when_its_last_application_does(world: World) -> None:
    world.cluster.pod("old", "root.research.gpu")
    world.look()
    world.cluster.config(SMALLER)
    world.look()
    assert {path: world.queue(path)["status"] for path in ("root", "root.research", "root.research.gpu")} == {
        "root": "Active",
        "root.research": "Draining",
        "root.research.gpu": "Draining",
    }
    world.cluster.pod("new", "root.research.gpu")
    world.cluster.pod("old", "root.research.gpu", node="")
    world.look(60)
    assert world.rejected() == {
        "new": "failed to place application new: application rejected: no placement rule matched"
    }
    [kept] = world.get("partition/default/queue/root.research.gpu/applications")
    assert (kept["applicationID"], kept["applicationState"], len(kept["requests"])) == ("old", "Running", 1)

    world.cluster.end("old")
    world.look(10)
    assert world.get("partition/default/application/old")["applicationState"] == "Completing"
    assert world.queue("root.research.gpu")["status"] == "Draining"
    world.look(30)
    assert [each["applicationID"] for each in world.get("partition/default/applications/completed")] == ["old"]
    world.look(10)
    assert (world.queue("root.research.gpu"), world.queue("root.research")) == (None, None)


def test_an_empty_removed_queue_goes_with_the_next_cleaning(world: World) -> None:
    world.cluster.config(SMALLER)
    world.look(9)
    assert world.queue("root.research")["status"] == "Draining"
    world.look(1)
    assert world.queue("root.research") is None


def test_a_draining_queue_lives_again_when_it_is_back_in_the_config(world: World) -> None:
    world.cluster.pod("old", "root.research.gpu")
    world.look()
    world.cluster.config(SMALLER)
    world.look()
    world.cluster.config(QUEUES)
    world.cluster.pod("new", "root.research.gpu")
    world.look(60)
    assert world.queue("root.research.gpu")["status"] == "Active"
    names = [each["applicationID"] for each in world.get("partition/default/queue/root.research.gpu/applications")]
    assert names == ["old", "new"]
    assert world.rejected() == {}


def test_after_a_restart_what_ran_in_a_removed_queue_is_recovered(world: World) -> None:
    """Only what has a node already; the queue goes when it is empty."""
    world.cluster.pod("old", "root.research.gpu")
    world.cluster.pod("waits", "root.research.gpu", node="")
    world.look()
    world.cluster.config(SMALLER)
    world.look()
    world.restart()
    world.look()
    assert world.get("partition/default/application/old")["queueName"] == "root.@recovery@"
    assert (world.queue("root.@recovery@")["isManaged"], world.queue("root.@recovery@")["isLeaf"]) == (False, True)
    assert list(world.rejected()) == ["waits"]
    world.cluster.pod("late", "root.research.gpu")
    world.look()
    assert list(world.rejected()) == ["waits", "late"]
    world.cluster.end("old")
    world.look()
    world.look(30)
    world.look(10)
    assert world.queue("root.@recovery@") is None


def test_a_rejected_application_may_come_again_with_other_pods(world: World) -> None:
    world.cluster.pod("one", "root.nowhere")
    world.look()
    world.look()
    assert list(world.rejected()) == ["one"]
    world.cluster.end("one")
    world.look()
    later = world.cluster.pod("one", "root.teaching")
    later["metadata"]["uid"] = "another"
    world.look()
    assert world.get("partition/default/application/one")["queueName"] == "root.teaching"


# --- placement ----------------------------------------------------------------------------------------------------
def with_rules(rules: str, acl: str = "'*'") -> str:
    """A config with placement rules, a leaf ``a`` and a parent ``p`` with a template."""
    return f"""
partitions:
- name: default
  placementrules: {rules}
  queues:
  - name: root
    submitacl: {acl}
    queues:
    - name: a
    - name: p
      parent: true
      childtemplate: {{maxapplications: 3, resources: {{max: {{memory: 2Gi}}}}, properties: {{x: y}}}}
"""


@pytest.mark.parametrize(
    ("rules", "asked", "user", "queue"),
    [
        ("[{name: provided}]", "root.a", "alice", "root.a"),
        ("[{name: provided}]", "a", "alice", "root.a"),
        ("[{name: provided}]", "root.p", "alice", None),
        ("[{name: provided}]", "root.p.new", "alice", None),
        ("[{name: provided, create: true}]", "root.p.new", "alice", "root.p.new"),
        ("[{name: provided, create: true}]", "root.a.new", "alice", None),
        ("[{name: user, create: true, parent: {name: fixed, value: p}}]", "", "al.ice", "root.p.al_dot_ice"),
        ("[{name: user, create: true, parent: {name: tag, value: namespace}}]", "", "alice", None),
        (
            "[{name: user, create: true, parent: {name: tag, create: true, value: namespace}}]",
            "",
            "alice",
            "root.hub.alice",
        ),
        ("[{name: provided}, {name: fixed, value: root.a}]", "root.nowhere", "alice", "root.a"),
        ("[{name: fixed, value: a, filter: {type: deny, users: [alice]}}]", "", "alice", None),
        ("[{name: fixed, value: a, filter: {users: ['^al.*']}}]", "", "alice", "root.a"),
        ("[{name: fixed, value: a, filter: {groups: [staff, dev]}}]", "", "alice", "root.a"),
        ("[{name: fixed, value: a, filter: {users: [bob, sue]}}]", "", "alice", None),
    ],
)
def test_the_rules_decide_where_an_application_lands(
    world: World, rules: str, asked: str, user: str, queue: str | None
) -> None:
    world.cluster.config(with_rules(rules))
    world.cluster.pod("one", asked, user=user, groups=("dev",))
    world.look()
    found = world.get("partition/default/applications/active")
    assert [each["queueName"] for each in found] == ([queue] if queue else [])
    assert list(world.rejected()) == ([] if queue else ["one"])


@pytest.mark.parametrize(
    ("acl", "admitted"),
    [("alice", True), ("' dev'", True), ("' *'", True), ("bob", False), ("' ops'", False), ("''", False)],
)
def test_who_may_not_submit_is_rejected(world: World, acl: str, admitted: bool) -> None:
    world.cluster.config(with_rules("[{name: provided}]", acl))
    world.cluster.pod("one", "root.a", groups=("dev",))
    world.look()
    assert list(world.rejected()) == ([] if admitted else ["one"])


def test_a_made_queue_has_the_template_and_goes_when_it_is_empty(world: World) -> None:
    world.cluster.config(with_rules("[{name: user, create: true, parent: {name: fixed, value: p}}]"))
    world.cluster.pod("one", "")
    world.look()
    made = world.queue("root.p.alice")
    assert (made["isManaged"], made["maxRunningApps"], made["maxResource"], made["properties"]) == (
        False,
        3,
        {"memory": 2 * 2**30},
        {"x": "y"},
    )
    world.cluster.end("one")
    world.look(1)
    world.look(30)
    world.look(10)
    assert world.queue("root.p.alice") is None
    assert world.queue("root.p")["isManaged"] is True


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
