# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.modules import yunikorn_queues
from tests.unit.plugins.fake_cluster import TOKEN, Application, FakeCluster, checksum

OLD = """\
partitions:
  - name: default
    placementrules:
      - name: provided
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: research
            resources: {max: {vcore: 8, memory: 32Gi}}
          - name: teaching
"""
RAISED = OLD.replace("vcore: 8", "vcore: 12")
LOWERED = OLD.replace("vcore: 8", "vcore: 2")
WITHOUT_TEACHING = OLD.replace("          - name: teaching\n", "")
OURS = 'ConfigMap "yunikorn-configs" in yunikorn'

Run = Callable[..., dict[str, Any]]


class Clock:
    """Time that only passes while the module sleeps; each second the cluster may do something."""

    def __init__(self) -> None:
        self.now = 0.0
        self.each_second: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        self.each_second()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(yunikorn_queues, "time", clock)
    return clock


@pytest.fixture
def run(cluster: FakeCluster, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the module and return what it printed, with its warnings."""
    warnings: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: warnings.append(text))

    def run(config: Any, *, check: bool = False, **options: Any) -> dict[str, Any]:
        warnings.clear()
        arguments = {"config": config, **options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            yunikorn_queues.main()
        captured = capsys.readouterr()
        assert TOKEN not in captured.out + captured.err
        result: dict[str, Any] = json.loads(captured.out)
        return {**result, "warnings": list(warnings)}

    return run


# -- applied and proved ------------------------------------------------------------------------------------------------


def test_a_change_is_written_as_it_was_given_and_proved(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD, configs={"log.level": "INFO"})
    wanted = "# Our queues\n" + RAISED
    result = run(wanted)
    assert (result["changed"], result["proved"], result["level"], result["drift"]) == (True, True, "safe", False)
    assert [change["id"] for change in result["changes"]] == ["max:root.research"]
    assert cluster.maps["yunikorn-configs"]["data"] == {"queues.yaml": wanted, "log.level": "INFO"}
    assert cluster.scheduler.text == wanted
    assert cluster.scheduler.validated == [wanted]
    assert result["checksum"] == checksum(wanted)
    assert cluster.writes == [("PUT", "yunikorn-configs")]


def test_a_second_run_changes_nothing(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    run(RAISED)
    result = run(RAISED)
    assert (result["changed"], result["write"], result["proved"], result["changes"]) == (False, False, True, [])
    assert result["plan"] == "No changes.\n"
    assert result["diff"] == {"before": "", "after": ""}
    assert len(cluster.writes) == 1


def test_what_means_the_same_is_not_written(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    result = run(OLD.replace("vcore: 8", 'vcore: "8000m"').replace("provided\n", "provided # as before\n"))
    assert (result["changed"], result["proved"]) == (False, True)
    assert cluster.writes == []


def test_a_mapping_is_written_as_yaml(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    queues = [{"name": "research", "resources": {"max": {"vcore": 4, "memory": "0x"}}}]
    config = {"partitions": [{"name": "default", "queues": [{"name": "root", "submitacl": "*", "queues": queues}]}]}
    assert run(config)["msg"] == (
        "YuniKorn refuses this configuration:\n"
        "- line 11, partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity"
    )
    queues[0]["resources"] = {"max": {"vcore": "4"}}
    assert run(config)["proved"] is True
    assert cluster.text() == (
        "partitions:\n"
        "  - name: default\n"
        "    queues:\n"
        "      - name: root\n"
        '        submitacl: "*"\n'
        "        queues:\n"
        "          - name: research\n"
        "            resources:\n"
        "              max:\n"
        "                vcore: 4\n"
    )


def test_the_first_configuration_is_created(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.text = yunikorn_queues.plan.BUILT_IN
    result = run(OLD)
    assert (result["changed"], result["proved"]) == (True, True)
    assert cluster.writes == [("POST", "yunikorn-configs")]
    assert cluster.text() == OLD


def test_defaults_count_and_what_they_say_is_not_written_again(run: Run, cluster: FakeCluster) -> None:
    cluster.put("yunikorn-defaults", {"queues.yaml": OLD})
    cluster.reload()
    assert run(OLD)["changed"] is False
    assert run(RAISED)["proved"] is True
    assert cluster.writes == [("POST", "yunikorn-configs")]
    assert cluster.text("yunikorn-defaults") == OLD


def test_a_packed_configuration_is_read_and_replaced(run: Run, cluster: FakeCluster) -> None:
    cluster.put("yunikorn-configs", {"log.level": "INFO"}, {"queues.yaml.gz": OLD, "other.gz": "kept"})
    cluster.reload()
    result = run(RAISED)
    assert [change["id"] for change in result["changes"]] == ["max:root.research"]
    assert result["proved"] is True
    assert list(cluster.maps["yunikorn-configs"]["binaryData"]) == ["other.gz"]
    assert cluster.maps["yunikorn-configs"]["data"] == {"queues.yaml": RAISED, "log.level": "INFO"}


def test_a_packed_configuration_that_yunikorn_can_t_read_is_replaced(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.put("yunikorn-configs", {"queues.yaml": OLD})
    cluster.maps["yunikorn-configs"]["binaryData"] = {"queues.yaml.zip": "eA=="}
    result = run(RAISED)
    assert (result["proved"], result["findings"], result["drift"]) == (True, [], True)
    assert cluster.maps["yunikorn-configs"]["binaryData"] == {}


def test_the_key_follows_the_policy_group(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.key = "lab.yaml"
    cluster.put("yunikorn-configs", {"service.policyGroup": "lab", "lab.yaml": OLD})
    cluster.reload()
    assert run(RAISED)["proved"] is True
    assert cluster.maps["yunikorn-configs"]["data"] == {"service.policyGroup": "lab", "lab.yaml": RAISED}


def test_a_slow_scheduler_is_waited_for(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD)
    cluster.scheduler.deaf = True

    def hear() -> None:
        cluster.scheduler.deaf = clock.now < 5
        cluster.reload()

    clock.each_second = hear
    assert run(RAISED)["proved"] is True
    assert clock.now == 5


# -- check mode and diff mode ------------------------------------------------------------------------------------------


def test_check_mode_plans_in_full_and_writes_nothing(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [
        Application("a-1", "root.teaching", "bob"),
        Application("a-2", "root.research", "eve"),
    ]
    result = run(WITHOUT_TEACHING, check=True)
    refusal = (
        "remove:root.teaching (disrupts): Drains: applications there keep running and still get pods, until they have ended. "
        "1 application there, of bob. New applications are not placed there: the next placement rule is tried, then they are rejected. "
        "If the scheduler restarts before, they land in root.@recovery@, without limits. "
        'To allow it, add "disrupts" or "remove:root.teaching" to allow.'
    )
    assert (result["changed"], result["proved"], result["level"]) == (True, False, "disrupts")
    assert result["refusals"] == [refusal]
    assert result["warnings"] == [f"Would be refused: {refusal}"]
    assert result["plan"].endswith(
        "\nRefused:\n"
        '- remove:root.teaching (disrupts): To allow it, add "disrupts" or "remove:root.teaching" to allow.\n'
    )
    (change,) = result["changes"]
    assert (change["applications"], change["users"], change["level"]) == (["a-1"], ["bob"], "disrupts")
    assert result["diff"]["before"] != result["diff"]["after"] == ""
    assert cluster.writes == []
    assert cluster.text() == cluster.scheduler.text == OLD
    assert cluster.scheduler.validated == [WITHOUT_TEACHING]


def test_the_difference_is_that_of_the_meaning(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    assert run(RAISED, check=True)["diff"] == {
        "before": "root.research:\n  max:\n    memory: 32Gi\n    vcore: 8\n",
        "after": "root.research:\n  max:\n    memory: 32Gi\n    vcore: 12\n",
    }


def test_pods_of_an_application_are_named_with_their_owner(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "system:serviceaccount:jupyterhub:hub")]
    labels = {"yunikorn.apache.org/app-id": "a-1", "hub.jupyter.org/username": "carol"}
    cluster.pods = [{"metadata": {"namespace": "jupyterhub", "name": "jupyter-carol", "labels": labels}}]
    (change,) = run(WITHOUT_TEACHING, check=True)["changes"]
    assert change["users"] == ["carol"]
    assert "1 application there, of carol (pods jupyterhub/jupyter-carol)." in change["effect"]


# -- refused before anything is written --------------------------------------------------------------------------------


def refused(result: dict[str, Any], *reasons: str) -> None:
    """Assert that the plan was refused for these reasons alone."""
    listed = "".join(f"\n- {reason}" for reason in reasons)
    assert result["msg"] == f"Nothing was written, because the plan is refused:{listed}"
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["refusals"] == list(reasons)


def test_an_invalid_configuration_is_refused_with_every_reason(run: Run, cluster: FakeCluster) -> None:
    bad = OLD.replace("vcore: 8", "vcore: 8x").replace("name: teaching", "nam: teaching")
    assert run(bad, check=True)["msg"] == (
        "YuniKorn refuses this configuration:\n"
        "- line 11, partitions[0].queues[0].queues[1].nam: field nam not found in type configs.QueueConfig"
    )
    assert run(OLD.replace("vcore: 8", "vcore: 8x").replace("32Gi", "32GB"))["msg"] == (
        "YuniKorn refuses this configuration:\n"
        "- line 10, partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity\n"
        "- line 10, partitions[0].queues[0].queues[0].resources.max.vcore: invalid quantity"
    )
    assert run(["partitions"])["msg"] == "config is neither a mapping nor a text, but of type list"
    assert cluster.requests == []


def test_what_allow_does_not_cover_is_refused(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.research", "eve", used={"vcore": 4000})]
    result = run(LOWERED, allow=[])
    refused(
        result,
        "max:root.research (delays): Above the new maximum: vcore 4 of 2. What runs keeps running, nothing more starts until enough "
        'has ended. 1 application there, of eve. To allow it, add "delays" or "max:root.research" to allow.',
    )
    assert cluster.writes == []


@pytest.mark.parametrize("allow", [["delays"], ["max:root.research"], ["disrupts"]])
def test_a_level_a_higher_one_or_the_change_itself_allows(run: Run, cluster: FakeCluster, allow: list[str]) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.research", "eve", used={"vcore": 4000})]
    assert run(LOWERED, allow=allow)["proved"] is True


def test_an_id_allows_that_change_alone(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD.replace("- name: teaching", "- name: teaching\n          - name: old"))
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob"), Application("a-2", "root.old", "eve")]
    result = run(WITHOUT_TEACHING, allow=["delays", "remove:root.old"])
    assert [reason.split(" ")[0] for reason in result["refusals"]] == ["remove:root.teaching"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"allow": ["disrupt"]},
            "allow: 'disrupt' is no level (safe, delays, disrupts), not unproven, and no change's id such as remove:root.a.b",
        ),
        (
            {"accept": ["unknown-resourc"]},
            "accept: there is no lint 'unknown-resourc', did you mean 'unknown-resource'?",
        ),
        ({"accept": ["acl-blanks"]}, "accept: 'acl-blanks' breaks a running scheduler and can't be accepted"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    run: Run, cluster: FakeCluster, options: dict[str, Any], message: str
) -> None:
    cluster.runs(OLD)
    result = run(RAISED, **options)
    assert (result["msg"], cluster.writes) == (message, [])


def test_what_breaks_a_running_scheduler_is_refused_whatever_is_allowed(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    result = run(OLD.replace("name: root\n", "name: Root\n"), allow=["disrupts", "unproven"])
    (reason,) = result["refusals"]
    assert reason.startswith("root-name-case at Root (line 6): ")
    assert reason.endswith(". YuniKorn accepts this and then breaks, so nothing allows it: correct it.")
    refused(result, reason)


def test_an_error_is_refused_until_it_is_accepted(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    wanted = OLD.replace("name: teaching", "name: root")
    (reason,) = run(wanted)["refusals"]
    assert reason.startswith("queue-named-root at root.root (line 11): ")
    assert reason.endswith('. Correct it, or add "queue-named-root@root.root" to accept.')
    result = run(wanted, accept=["queue-named-root@root.root"])
    assert (result["proved"], result["refusals"]) == (True, [])


def test_a_warning_is_shown_and_not_refused(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    result = run(RAISED.replace("memory: 32Gi", "memory: 32Gi, nvidia.com/gpu: 2"))
    (finding,) = result["findings"]
    assert (finding["name"], finding["level"], finding["path"]) == ("resource-not-offered", "warning", "root.research")
    assert result["proved"] is True
    assert (
        f"\nFound:\n- warning: resource-not-offered at root.research (line 10): {finding['message']}\n"
        in result["plan"]
    )


def test_a_bad_value_beside_the_queues_is_refused_before_writing(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.put("yunikorn-configs", {"queues.yaml": OLD, "service.schedulingInterval": "soon"})
    refused(
        run(RAISED),
        "setting-refused at service.schedulingInterval: service.schedulingInterval is 'soon', and YuniKorn ignores the whole update: "
        "it wants a duration such as 30s or 10m. Correct it there first.",
    )
    assert run(OLD)["changed"] is False


def test_hot_refresh_off_is_refused_before_writing(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD, configs={"service.enableConfigHotRefresh": "false"})
    refused(
        run(RAISED),
        "service.enableConfigHotRefresh is off, so YuniKorn reads no change before it is restarted, not even this one. "
        'Set it to "true" in the ConfigMap, restart the scheduler, then apply.',
    )
    assert cluster.writes == []
    assert run(OLD)["changed"] is False


def test_the_running_scheduler_has_its_own_verdict(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.disallows = "undefined policy: new"
    refused(run(RAISED), "The running scheduler refuses this configuration: undefined policy: new")
    assert run(RAISED, check=True)["refusals"] == [
        "The running scheduler refuses this configuration: undefined policy: new"
    ]


def test_defaults_that_configs_overrule_are_refused(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    refused(
        run(RAISED, configmap="yunikorn-defaults"),
        "ConfigMap yunikorn-configs holds queues.yaml, too, and wins over yunikorn-defaults. Write there, or remove it there first.",
    )


# -- the scheduler can't be asked --------------------------------------------------------------------------------------

DOWN = 'no endpoints available for service "yunikorn-service:9080"'
UNREACHABLE = f'Service "yunikorn-service" in yunikorn can\'t be reached: {DOWN}'


def test_nothing_is_applied_unproved(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.down = DOWN
    result = run(RAISED)
    refused(
        result,
        f"The scheduler can't be asked what this does, nor whether it took it: {UNREACHABLE}. "
        'Make it reachable, or add "unproven" to allow.',
    )
    assert result["plan"].startswith(
        f"Compared with the ConfigMaps, because the scheduler can't be asked: {UNREACHABLE}.\n~ max:root.research\n"
    )


def test_unproved_allows_what_the_worst_level_allows(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.down = DOWN
    result = run(RAISED, allow=["unproven"])
    assert (result["changed"], result["proved"], cluster.text()) == (True, False, RAISED)
    (reason,) = run(OLD.replace("          - name: teaching\n", ""), allow=["delays", "unproven"])["refusals"]
    assert reason.startswith("remove:root.teaching (disrupts): ")
    assert "Which applications are there is unknown." in reason


def test_nothing_to_write_needs_no_scheduler(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.down = DOWN
    result = run(OLD)
    assert (result["changed"], result["proved"]) == (False, False)


def test_a_scheduler_that_does_not_tell_what_it_runs_counts_as_unreachable(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.broken["/ws/v1/config"] = (500, {"status_code": 500, "message": "yaml: broken"})
    (reason,) = run(RAISED)["refusals"]
    assert reason == (
        "The scheduler can't be asked what this does, nor whether it took it: it does not tell what it runs "
        "(config: /ws/v1/config answers 500 'yaml: broken'). Make it reachable, or add \"unproven\" to allow."
    )


def test_what_is_not_known_is_listed(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.broken["/ws/v1/scheduler/healthcheck"] = (404, {"status_code": 404, "message": "Not there yet"})
    result = run(RAISED)
    unknown = "health: /ws/v1/scheduler/healthcheck answers 404 'Not there yet'"
    assert (result["proved"], result["unknown"]) == (True, [unknown])
    assert f"\nNot known:\n- {unknown}\n" in result["plan"]


# -- somebody else writes, too -----------------------------------------------------------------------------------------


def test_a_change_in_between_is_left_as_it_is(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    theirs = OLD.replace("vcore: 8", "vcore: 9")
    cluster.meanwhile = [lambda: cluster.put("yunikorn-configs", {"queues.yaml": theirs})]
    result = run(RAISED)
    assert result["msg"] == (
        f'{OURS}: Operation cannot be fulfilled on configmaps "yunikorn-configs": the object has been modified; '
        "please apply your changes to the latest version and try again. Somebody else has written it since it was read; "
        "nothing was overwritten. Run again to plan against what is there now."
    )
    assert (result["failed"], result["changed"], cluster.text(), cluster.writes) == (True, False, theirs, [])


def test_a_creation_in_between_is_left_as_it_is(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.text = yunikorn_queues.plan.BUILT_IN
    cluster.meanwhile = [lambda: cluster.put("yunikorn-configs", {"queues.yaml": OLD})]
    result = run(RAISED)
    assert result["msg"] == (
        f'{OURS}: configmaps "yunikorn-configs" already exists. Somebody else has written it since it was read; '
        "nothing was overwritten. Run again to plan against what is there now."
    )
    assert (cluster.text(), cluster.writes) == (OLD, [])


def test_a_denial_by_the_webhook_comes_with_its_words(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.denies = (
        'admission webhook "admission-webhook.yunikorn.validate-conf" denied the request: undefined policy: x'
    )
    result = run(RAISED)
    assert (result["msg"], result["changed"]) == (f"{OURS}: {cluster.denies}", False)


# -- rolled back -------------------------------------------------------------------------------------------------------


def test_a_refusal_is_rolled_back_with_the_scheduler_s_reason(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD, configs={"log.level": "INFO"})
    cluster.scheduler.complain("reload configuration failed", "an older reason")
    cluster.scheduler.refuses = "configured queue creation failed: \ninvalid quantity"
    result = run(RAISED)
    assert result["msg"] == (
        "The scheduler refused the configuration: configured queue creation failed: invalid quantity. "
        f"{OURS} is set back to what it was. The scheduler runs what it ran before."
    )
    assert (result["failed"], result["changed"], result["write"], result["proved"]) == (True, False, True, False)
    assert cluster.maps["yunikorn-configs"]["data"] == {"queues.yaml": OLD, "log.level": "INFO"}
    assert cluster.writes == [("PUT", "yunikorn-configs")] * 2
    assert clock.now == 0


def test_a_value_that_somebody_puts_beside_the_queues_meanwhile_is_named(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.meanwhile = [lambda: cluster.put("yunikorn-defaults", {"service.schedulingInterval": "soon"})]
    assert run(RAISED)["msg"] == (
        'The scheduler refused the configuration: time: invalid duration "soon". '
        f"{OURS} is set back to what it was. The scheduler runs what it ran before."
    )
    assert cluster.text() == cluster.scheduler.text == OLD


def test_silence_is_rolled_back_after_the_timeout(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD)
    cluster.scheduler.deaf = True
    assert run(RAISED, wait_timeout=3)["msg"] == (
        f"After 3 s: the scheduler runs another configuration (checksum {checksum(OLD)}). "
        f"{OURS} is set back to what it was. The scheduler runs what it ran before."
    )
    assert (cluster.text(), clock.now) == (OLD, 3)


def test_a_created_configmap_is_deleted_again(run: Run, cluster: FakeCluster) -> None:
    cluster.scheduler.text = yunikorn_queues.plan.BUILT_IN
    cluster.scheduler.refuses = "no"
    assert run(OLD)["msg"] == (
        f"The scheduler refused the configuration: no. {OURS} is set back to what it was. The scheduler runs what it ran before."
    )
    assert (cluster.maps, cluster.writes) == ({}, [("POST", "yunikorn-configs"), ("DELETE", "yunikorn-configs")])


def test_without_rollback_the_configmap_stays(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.refuses = "no"
    result = run(RAISED, rollback=False)
    assert result["msg"] == (
        f"The scheduler refused the configuration: no. {OURS} keeps the new configuration, because rollback is off."
    )
    assert (result["changed"], cluster.text()) == (True, RAISED)


def test_what_somebody_else_has_written_since_is_not_rolled_back(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.refuses = "no"
    theirs = OLD.replace("vcore: 8", "vcore: 9")
    cluster.meanwhile = [lambda: None, lambda: cluster.put("yunikorn-configs", {"queues.yaml": theirs})]
    result = run(RAISED)
    assert result["msg"] == (
        f"The scheduler refused the configuration: no. {OURS} was not set back: {OURS}: Operation cannot be fulfilled on configmaps "
        '"yunikorn-configs": the object has been modified; please apply your changes to the latest version and try again.'
    )
    assert (result["changed"], cluster.text()) == (True, theirs)


def test_a_scheduler_that_stops_answering_is_told(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)

    def stops() -> None:
        cluster.scheduler.deaf, cluster.scheduler.down = True, DOWN

    cluster.meanwhile = [stops]
    assert run(RAISED, wait_timeout=2)["msg"] == (
        f"After 2 s: {UNREACHABLE}. {OURS} is set back to what it was. "
        f"That the scheduler runs what it ran before is not proved: After 2 s: {UNREACHABLE}."
    )
    assert cluster.text() == OLD


def test_queues_that_do_not_stand_as_planned_are_rolled_back(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.stuck = True
    assert run(RAISED.replace("teaching", "lectures"), wait_timeout=1)["msg"] == (
        "After 1 s: root.research has another max; root.lectures is not there; root.teaching is not draining. "
        f"{OURS} is set back to what it was. The scheduler runs what it ran before."
    )


# -- drift -------------------------------------------------------------------------------------------------------------


def test_drift_is_seen_and_the_plan_starts_from_what_runs(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.deaf = True
    cluster.put("yunikorn-configs", {"queues.yaml": LOWERED})
    result = run(RAISED, check=True)
    assert result["drift"] is True
    assert [(change["before"]["vcore"], change["after"]["vcore"]) for change in result["changes"]] == [("8", "12")]
    assert result["plan"].startswith(
        "The scheduler does not run what the ConfigMaps hold. Compared with what it runs:\n~ max:root.research\n"
    )


def test_drift_to_a_broken_configmap_is_repaired(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.put("yunikorn-configs", {"queues.yaml": "partitions: [{name: default}]"})
    result = run(OLD)
    assert (result["drift"], result["changed"], result["proved"], result["changes"]) == (True, True, True, [])
    assert cluster.text() == OLD


@pytest.mark.parametrize("says", ["no", ""])
def test_a_configmap_that_is_right_and_does_not_run_is_a_failure(run: Run, cluster: FakeCluster, says: str) -> None:
    cluster.runs(OLD)
    cluster.scheduler.complain("reload configuration failed", "an older reason")
    cluster.scheduler.refuses, cluster.scheduler.deaf = says, not says
    cluster.put("yunikorn-configs", {"queues.yaml": RAISED})
    cluster.reload()
    result = run(RAISED, wait_timeout=2)
    assert result["msg"] == (
        f"After 2 s: the scheduler runs another configuration (checksum {checksum(OLD)}). "
        f"The last reason in its log: {says or 'an older reason'}. "
        f"{OURS} holds the wanted configuration already, so there is nothing to write. "
        "Remove the reason, or restart the scheduler: kubectl -n yunikorn rollout restart deployment yunikorn-scheduler."
    )
    assert (result["changed"], result["drift"], cluster.writes) == (False, True, [])


def test_a_configmap_that_was_just_written_is_waited_for(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD)
    cluster.scheduler.complain("reload configuration failed", "an older reason")
    cluster.put("yunikorn-configs", {"queues.yaml": RAISED})
    clock.each_second = cluster.reload
    result = run(RAISED)
    assert (result["changed"], result["drift"], result["proved"], clock.now) == (False, True, True, 1)


# -- draining ----------------------------------------------------------------------------------------------------------


def test_a_removed_queue_drains_under_its_applications(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob")]
    result = run(WITHOUT_TEACHING, allow=["remove:root.teaching"])
    assert (result["proved"], result["draining"]) == (True, ["root.teaching"])
    again = run(WITHOUT_TEACHING)
    assert (again["changed"], again["proved"], again["draining"]) == (False, True, ["root.teaching"])
    assert again["plan"] == "No changes.\nDraining since an earlier change: root.teaching.\n"


def test_an_empty_queue_is_safe_to_remove(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    result = run(WITHOUT_TEACHING, allow=[])
    assert (result["level"], result["proved"], result["draining"]) == ("safe", True, [])


def test_wait_is_over_when_the_queue_is_gone(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob")]

    def ends() -> None:
        if clock.now >= 4:
            cluster.scheduler.applications = []
            cluster.scheduler.clean()

    clock.each_second = ends
    result = run(WITHOUT_TEACHING, allow=["disrupts"], wait=True)
    assert (result["proved"], result["draining"], clock.now) == (True, [], 4)


def test_wait_that_takes_too_long_says_for_whom(run: Run, cluster: FakeCluster, clock: Clock) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob")]
    result = run(WITHOUT_TEACHING, allow=["disrupts"], wait=True, wait_timeout=5)
    assert result["msg"] == (
        "The configuration is in force, but removed queues are not gone yet. After 5 s: root.teaching drains (a-1 of bob). "
        "Run again to wait on."
    )
    assert (result["changed"], result["proved"], result["draining"]) == (True, True, ["root.teaching"])
    assert cluster.text() == WITHOUT_TEACHING


def test_a_queue_that_drains_is_revived(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    cluster.scheduler.applications = [Application("a-1", "root.teaching", "bob")]
    run(WITHOUT_TEACHING, allow=["disrupts"])
    result = run(OLD)
    (change,) = result["changes"]
    assert (change["id"], change["level"], change["applications"]) == ("add:root.teaching", "safe", ["a-1"])
    assert change["effect"] == "Revives the queue, which drains: active again. 1 application in it, of bob."
    assert (result["proved"], result["draining"]) == (True, [])


def test_a_queue_below_one_that_drains_may_have_to_wait(run: Run, cluster: FakeCluster) -> None:
    parent = OLD.replace("- name: teaching", "- name: teaching\n            queues: [{name: ws}]")
    cluster.runs(parent)
    cluster.scheduler.applications = [Application("a-1", "root.teaching.ws", "bob")]
    run(WITHOUT_TEACHING, allow=["disrupts"])
    result = run(parent.replace("{name: ws}", "{name: ws}, {name: ss}"), check=True)
    (change,) = result["changes"]
    assert (change["level"], change["effect"]) == (
        "delays",
        "Revives the queue, which drains: active again. 1 application in it, of bob. It drains until then, so root.teaching.ss may have to wait.",
    )


# -- how the cluster is reached ----------------------------------------------------------------------------------------


def test_a_token_that_is_given_reaches_the_cluster_and_no_output(run: Run, cluster: FakeCluster) -> None:
    cluster.runs(OLD)
    result = run(RAISED, host=cluster.url, api_key=TOKEN)
    assert (result["proved"], set(cluster.headers)) == (True, {f"Bearer {TOKEN}"})


# -- what can't be asked at all ----------------------------------------------------------------------------------------


def test_a_cluster_that_does_not_answer_is_a_failure(run: Run, cluster: FakeCluster) -> None:
    message = run(OLD, host="http://127.0.0.1:1")["msg"]
    assert message.startswith("The API server http://127.0.0.1:1 can't be asked: ")


@pytest.mark.parametrize("library", ["kubernetes and openshift", "PyYAML"])
def test_a_missing_library_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    if library == "PyYAML":
        monkeypatch.setattr(yunikorn_queues, "YAML_IMPORT_ERROR", ImportError("No module named 'yaml'"))
    else:
        monkeypatch.setattr(yunikorn_queues._cluster, "IMPORT_ERROR", "Traceback")
    assert run(OLD)["msg"].startswith(f"Failed to import the required Python library ({library}) on ")


# -- what the documentation shows --------------------------------------------------------------------------------------

BEFORE = """\
partitions:
  - name: default
    placementrules:
      - name: provided
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: research
            resources: {max: {vcore: 32, memory: 128Gi, nvidia.com/gpu: 8}}
            limits: [{users: ["*"], maxresources: {nvidia.com/gpu: 2}}]
          - name: summer-term
            resources: {max: {vcore: 8, memory: 32Gi}}
"""
AFTER = """\
partitions:
  - name: default
    placementrules:
      - name: provided
    queues:
      - name: root
        submitacl: "*"
        queues:
          - name: research
            resources: {max: {vcore: 24, memory: 128Gi, nvidia.com/gpu: 8}}
            limits: [{users: ["*"], maxresources: {nvidia.com/gpu: 2}}]
            properties: {application.sort.polcy: fair}
"""


def test_the_plan_in_the_readme_is_a_real_one(run: Run, cluster: FakeCluster) -> None:
    readme = Path(__file__).parents[4].joinpath("README.md").read_text(encoding="utf-8")
    cluster.scheduler.capacity["nvidia.com/gpu"] = 8
    cluster.runs(BEFORE)
    cluster.scheduler.applications = [
        Application("jupyter-carol", "root.research", "carol", used={"vcore": 28000, "nvidia.com/gpu": 2}),
        Application("jupyter-bob", "root.summer-term", "bob"),
    ]
    cluster.pods = [
        {
            "metadata": {
                "namespace": "jupyterhub",
                "name": f"jupyter-{user}",
                "labels": {"applicationId": f"jupyter-{user}", "hub.jupyter.org/username": user},
            }
        }
        for user in ("bob", "carol")
    ]
    plan = run(AFTER, check=True)["plan"]
    assert f"```text\n{plan}```" in readme
