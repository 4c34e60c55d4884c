# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stand-in can't prove: the real YuniKorn shares between the notebooks of the real hub, and its users read why they wait.

`LAB_CHARTS` and `LAB_EXTRA_IMAGES` name folders with YuniKorn's chart and images; without them `lab/test-long.sh` leaves this file out and says so.
The numbers go into docs/docsite/rst/real_yunikorn.rst.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.lab import Lab, image
from tests.lab.person import Person, until
from tests.long.labs import lab_of

HUB = "system:serviceaccount:jupyterhub:hub"
OTHER = "system:serviceaccount:jupyterhub:other"
USER_INFO = "yunikorn.apache.org/user.info"
SERVICE = "/api/v1/namespaces/yunikorn/services/yunikorn-service:9080/proxy/ws/v1"
MEBIBYTE = 2**20
# Two servers of 256 MiB fit into the faculty, and one with a GPU. Physics has one guaranteed, biology borrows what is left.
FACULTY: dict[str, Any] = {
    "name": "science",
    "max": {"cpu": 1, "memory": "600Mi", "gpu": 1},
    "children": [
        {
            "name": "physics",
            "members": ["alice", "dora", "kubehub-verify-a"],
            "guaranteed": {"memory": "256Mi"},
            "max": {"memory": "600Mi"},
            "per_user": {"max": {"memory": "400Mi"}},
        },
        {"name": "biology", "members": ["bob", "carol", "kubehub-verify-b"]},
    ],
}
SIZES = {"small": "256Mi", "large": "700Mi"}
GPU = "gpu-a100-sxm4-40gb"
SITE = {
    "platform_teams": [FACULTY],
    "yunikorn_preemption_delay": 5,
    # The machine has a GPU to spare: what holds a user back is the quota.
    "platform_gpu_slices": 2,
    "jupyterhub_profiles": [
        {"name": name, "cpu": {"guarantee": 0.05, "limit": 1}, "memory": {"guarantee": size, "limit": "1Gi"}}
        for name, size in SIZES.items()
    ],
    # Upstream's programs need more than the stand-in's.
    "yunikorn_resources": {"requests": {"cpu": "20m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    "yunikorn_admission_resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
}
GIVEN = ("-e", json.dumps(SITE))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A site whose scheduler is the real one."""
    with lab_of("yunikorn", 16) as made:
        made.playbook("site.yml", *GIVEN)
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab) -> dict[str, Person]:
    """Everybody of both teams, logged in."""
    found = {name: Person(lab, name) for name in ("alice", "dora", "bob", "carol")}
    for person in found.values():
        person.log_in()
    return found


@pytest.fixture(autouse=True)
def nobody_has_a_server(people: dict[str, Person]) -> Iterator[None]:
    """Every test begins with an empty cluster."""
    yield
    for person in people.values():
        person.stop(60)


def rest(lab: Lab, path: str) -> Any:
    """What the scheduler answers."""
    return json.loads(lab.kubectl("get", "--raw", f"{SERVICE}/{path}").output)


def used(lab: Lab, queue: str) -> int:
    """The MiB that run in a queue."""
    found = rest(lab, f"partition/default/queue/{queue}").get("allocatedResource") or {}
    return int(found.get("memory", 0)) // MEBIBYTE


def charged(lab: Lab) -> dict[str, list[str]]:
    """The leaves where users have something, by user."""

    def leaves(queue: dict[str, Any]) -> Iterator[str]:
        below = queue.get("children") or ()
        for child in below:
            yield from leaves(child)
        if not below and queue.get("runningApplications"):
            yield queue["queuePath"]

    found = {each["userName"]: list(leaves(each["queues"])) for each in rest(lab, "partition/default/usage/users")}
    return {user: paths for user, paths in found.items() if paths}


def holds(condition: Callable[[], bool]) -> Callable[[], None]:
    """A condition as something to ask for until the answer is right."""

    def ask() -> None:
        assert condition()

    return ask


def pod(lab: Lab, account: str, namespace: str, name: str, queue: str, user: str) -> str:
    """Make a pod of 256 MiB for a user as an account, the admin's own where none is named; return what kubectl says, empty where the pod was made."""
    resources = {"requests": {"cpu": "10m", "memory": SIZES["small"]}}
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": name, "image": image("pause"), "resources": resources, "securityContext": confined}
    spec = {
        "schedulerName": "yunikorn",
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65535, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    info = json.dumps({"user": user, "groups": []})
    made = lab.kubectl(
        *([f"--as={account}"] if account else []),
        *("-n", namespace, "run", name, f"--image={image('pause')}", "--restart=Never"),
        *(f"--labels=queue={queue},applicationId={name}", f"--annotations={USER_INFO}={info}"),
        f"--overrides={json.dumps({'apiVersion': 'v1', 'spec': spec})}",
        status=None,
    )
    return "" if made.status == 0 else made.output


def tell(row: str, text: str) -> None:
    """Print a row of the table."""
    print(f"    | {row} | {text} |", flush=True)


def test_the_scheduler_is_yunikorn_itself(lab: Lab) -> None:
    [build] = rest(lab, "clusters")[0]["rmBuildInformation"]
    assert "standin" not in build["buildVersion"]
    report = lab.logs / "verify-real-yunikorn.json"
    lab.playbook("playbooks/verify.yml", *GIVEN, "-e", f"verify_report_path={report}", log="verify-real-yunikorn")
    read = json.loads(report.read_text(encoding="utf-8"))
    checks = {check["id"]: check for check in read["checks"]}
    assert (checks["queue_quota"]["ok"], checks["hub_queue"]["ok"], checks["hub_isolation"]["ok"]) == (True,) * 3
    assert "yunikorn" not in " ".join(read["standins"])
    tell("version", build["buildVersion"])
    tell("verify.yml: queue_quota", checks["queue_quota"]["detail"])
    tell("verify.yml: hub_queue", checks["hub_queue"]["detail"])


def test_the_hub_says_whose_a_notebook_is_and_nobody_else_does(lab: Lab, people: dict[str, Person]) -> None:
    seconds = people["alice"].start(180)
    assert charged(lab) == {"alice": ["root.science.physics"]}
    named = ("-n", "jupyterhub", "get", "pod", "jupyter-alice", "-o", "jsonpath={.spec.priorityClassName}")
    assert lab.kubectl(*named).output.strip() == "kubehub-notebook"
    tell("the hub's externalUsers", f"alice's notebook runs after {seconds:.0f} s, charged to alice and to nobody else")

    told = []
    # In the hub's namespace, where a policy and the webhook both look, and in another one, where only the webhook does.
    lab.kubectl("-n", "jupyterhub", "create", "role", "pods", "--verb=*", "--resource=pods")
    rights = ("--role=pods", "--serviceaccount=jupyterhub:other")
    lab.kubectl("-n", "jupyterhub", "create", "rolebinding", "pods", *rights)
    try:
        for account, namespace in ((OTHER, "jupyterhub"), ("", "default")):
            said = pod(lab, account, namespace, "forged", "root.science.physics", "alice")
            assert f"user {account or 'kubernetes-admin'} with groups" in said or f"Only {HUB} may make pods" in said
            told.append(said)
    finally:
        lab.kubectl("-n", "jupyterhub", "delete", "rolebinding,role", "pods")
    assert "is not allowed to set user annotation" in told[-1]
    tell("other accounts", f"refused: {told[-1].strip()}")


def test_a_quota_holds_and_a_freed_share_is_taken(lab: Lab, people: dict[str, Person]) -> None:
    alice, dora, bob = people["alice"], people["dora"], people["bob"]
    alice.start(180)
    bob.start(180)
    assert used(lab, "root.science") == 512
    dora.ask_for_server()
    line, seconds = dora.reads("Waiting for a place.", 60)
    assert "Team science has 0.09 of 0.59 GiB of memory free, and this server needs 0.25 GiB of memory." in line
    time.sleep(20)
    assert used(lab, "root.science") == 512
    tell("quota", f"512 of 600 MiB run, the third notebook waits; its page after {seconds:.0f} s: {line}")

    begin = time.monotonic()
    bob.stop(60)
    stopped = time.monotonic() - begin
    until(holds(lambda: used(lab, "root.science.physics") == 512), 60)
    placed = time.monotonic() - begin
    dora.start(120)
    text = f"bob's notebook is gone after {stopped:.0f} s, dora's has its place after {placed:.0f} s"
    tell("freed share", f"{text} and is ready after {time.monotonic() - begin:.0f} s")


def test_a_users_limit_holds(lab: Lab, people: dict[str, Person]) -> None:
    alice = people["alice"]
    assert pod(lab, HUB, "jupyterhub", "more-of-alice", "root.science.physics", "alice") == ""
    try:
        until(holds(lambda: used(lab, "root.science.physics") == 256), 60)
        alice.ask_for_server()
        line, _ = alice.reads("Waiting for a place.", 60)
        assert "In science.physics you have 0.14 of 0.39 GiB of memory free" in line
        time.sleep(20)
        assert used(lab, "root.science.physics") == 256
    finally:
        lab.kubectl("-n", "jupyterhub", "delete", "pod", "more-of-alice")
    seconds = alice.start(120)
    tell(
        "user limit",
        f"the team has room, the user has not: {line} After the other is gone it is ready in {seconds:.0f} s",
    )


def test_a_teams_gpus_are_counted(lab: Lab, people: dict[str, Person]) -> None:
    alice, bob = people["alice"], people["bob"]
    alice.ask_for_server(GPU)
    alice.start(180)
    node = ("get", "nodes", "-o", r"jsonpath={.items[*].status.allocatable.nvidia\.com/gpu}")
    assert lab.kubectl(*node).output.strip() == "2"
    bob.ask_for_server(GPU)
    line, seconds = bob.reads("Waiting for a place.", 60)
    assert "Team science has 0 of 1 GPU free, and this server needs 1 GPU." in line
    time.sleep(20)
    assert rest(lab, "partition/default/queue/root.science")["allocatedResource"]["nvidia.com/gpu"] == 1
    tell("GPUs", f"the machine has a second GPU, the team has not; the page after {seconds:.0f} s: {line}")


def test_what_can_never_fit_is_refused_at_once(lab: Lab, people: dict[str, Person]) -> None:
    bob = people["bob"]
    bob.ask_for_server("large")
    line, seconds = bob.reads("Spawn failed", 60)
    assert "Team science has at most 0.59 GiB of memory, and this server asks for 0.68 GiB of memory." in line
    assert seconds < 10
    tell("larger than the maximum", f"refused after {seconds:.1f} s: {line}")


def test_a_guaranteed_share_is_taken_back_and_the_page_says_so(lab: Lab, people: dict[str, Person]) -> None:
    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    bob.start(180)
    carol.start(180)
    assert used(lab, "root.science.biology") == 512
    begin = time.monotonic()
    alice.start(180)
    seconds = time.monotonic() - begin
    assert (used(lab, "root.science.physics"), used(lab, "root.science.biology")) == (256, 256)

    words = "to give its share to somebody whose share it was (Preempted by"

    def says_why() -> None:
        assert [person for person in (bob, carol) if words in person.page("/hub/home").text]

    until(says_why, 60)
    [stopped] = [person for person in (bob, carol) if words in person.page("/hub/home").text]
    [runs] = {bob, carol} - {stopped}
    runs.ask_notebook()
    text = stopped.page("/hub/home").text
    sentence = next(line.strip() for line in text.splitlines() if words in line)
    tell(
        "guarantee",
        f"alice's notebook is ready after {seconds:.0f} s, {stopped.name}'s was stopped; its page: {sentence}",
    )


def test_a_scheduler_that_starts_anew_keeps_what_runs_and_its_account(lab: Lab, people: dict[str, Person]) -> None:
    alice, deployment = people["alice"], "deployment/yunikorn-scheduler"
    alice.start(180)
    begin = time.monotonic()
    lab.kubectl("-n", "yunikorn", "rollout", "restart", deployment)
    lab.kubectl("-n", "yunikorn", "rollout", "status", deployment, "--timeout=180s")
    alice.ask_notebook()
    until(holds(lambda: charged(lab) == {"alice": ["root.science.physics"]}), 60)
    assert used(lab, "root.science.physics") == 256
    tell(
        "restart",
        f"the new scheduler is ready after {time.monotonic() - begin:.0f} s; the notebook ran on, and is charged",
    )


def test_a_change_of_teams_is_planned_applied_and_proved(lab: Lab, people: dict[str, Person]) -> None:
    people["alice"].start(180)
    larger = {**SITE, "platform_teams": [{**FACULTY, "max": {**FACULTY["max"], "memory": "900Mi"}}]}
    given = ("-e", json.dumps(larger))
    plan = lab.playbook("playbooks/queues.yml", *given, log="real-plan")
    assert "max:root.science" in plan.output
    assert plan.changed == {}
    done = lab.playbook("playbooks/queues.yml", *given, "-e", "queues_action=apply", log="real-apply")
    assert "The scheduler was seen to run the configuration." in done.output
    assert rest(lab, "partition/default/queue/root.science")["maxResource"]["memory"] == 900 * MEBIBYTE

    gone = {**SITE, "platform_teams": [{**FACULTY, "children": FACULTY["children"][1:]}]}
    less = ("-e", json.dumps(gone), "-e", "queues_action=apply")
    refused = lab.playbook("playbooks/queues.yml", *less, log="real-refused", status=2)
    for words in ("remove:root.science.physics", "alice", "Nothing was written, because the plan is refused"):
        assert words in refused.output
    people["alice"].ask_notebook()
    lab.playbook("playbooks/queues.yml", *GIVEN, "-e", "queues_action=apply", log="real-back")
    assert rest(lab, "partition/default/queue/root.science")["maxResource"]["memory"] == 600 * MEBIBYTE
    tell(
        "change of teams",
        "applied through yunikorn_queues and seen in force; a team with a notebook is not removed without leave",
    )
