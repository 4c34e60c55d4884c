# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams share the cluster: whose a notebook is nobody but the hub says, and a change of teams disturbs none without leave.

``verify.yml`` proves with servers of the hub that each is in its team's queue and charged to its user (``hub_queue``), and that no notebook
reaches YuniKorn (``hub_isolation``). Here pods are made as the hub makes them, by its account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .lab import Lab, image
from .person import until

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "jupyterhub"
HUB = f"system:serviceaccount:{NAMESPACE}:hub"
OTHER = f"system:serviceaccount:{NAMESPACE}:other"
USER_INFO = "yunikorn.apache.org/user.info"
REST = "http://yunikorn-service.yunikorn:9080/ws/v1/clusters"
SERVICE = "/api/v1/namespaces/yunikorn/services/yunikorn-service:9080/proxy/ws/v1"
TEAMS = yaml.safe_load((ROOT / "inventory/lab/group_vars/all/hub.yml").read_text(encoding="utf-8"))["platform_teams"]
BIOLOGY_ALONE = json.dumps({"platform_teams": [team for team in TEAMS if team["name"] == "biology"]})


def rest(lab: Lab, path: str) -> Any:
    """What the scheduler answers, None if it does not."""
    answer = lab.kubectl("get", "--raw", f"{SERVICE}/{path}", status=None)
    return json.loads(answer.output) if answer.status == 0 else None


def pod(lab: Lab, account: str, name: str, queue: str = "", user: str = "", scheduler: str = "yunikorn") -> str:
    """Make a pod as an account; return what kubectl says, empty where the pod was made."""
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spec = {
        "schedulerName": scheduler,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65535, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": name, "image": image("pause"), "securityContext": confined}],
    }
    labels = [f"--labels=queue={queue},applicationId={name}"] if queue else []
    info = [f"--annotations={USER_INFO}={json.dumps({'user': user, 'groups': []})}"] if user else []
    made = lab.kubectl(
        *(
            f"--as={account}",
            "-n",
            NAMESPACE,
            "run",
            name,
            f"--image={image('pause')}",
            "--restart=Never",
            *labels,
            *info,
        ),
        f"--overrides={json.dumps({'apiVersion': 'v1', 'spec': spec})}",
        status=None,
    )
    return "" if made.status == 0 else made.output


@pytest.fixture(scope="module")
def accounts(lab: Lab) -> Iterator[None]:
    """An account beside the hub's that has every right on pods there."""
    rights = ("--verb=*", "--resource=pods")
    lab.kubectl("-n", NAMESPACE, "create", "role", "every-right-on-pods", *rights)
    lab.kubectl(
        *("-n", NAMESPACE, "create", "rolebinding", "every-right-on-pods", "--role=every-right-on-pods"),
        f"--serviceaccount={NAMESPACE}:other",
    )
    yield
    lab.kubectl("-n", NAMESPACE, "delete", "rolebinding,role", "every-right-on-pods")


@pytest.fixture(scope="module")
def notebook(lab: Lab, accounts: None) -> Iterator[str]:
    """A pod that the hub's account made for alice of physics, running: the one application of hers.

    Of an earlier notebook YuniKorn keeps the application for half a minute, and counts it as one that runs.
    """
    name = "jupyter-alice-teams"
    assert pod(lab, HUB, name, "root.physics", "alice") == ""

    def runs_alone() -> bool:
        found = rest(lab, "partition/default/applications/active") or []
        hers = {each["applicationID"]: each["applicationState"] for each in found if each["user"] == "alice"}
        return hers == {name: "Running"}

    until(runs_alone, 60, 1)
    yield name
    lab.kubectl("-n", NAMESPACE, "delete", "pod", name, "--ignore-not-found")


def test_nobody_but_the_hub_says_whose_a_notebook_is(lab: Lab, notebook: str) -> None:
    forged = pod(lab, OTHER, "forged", "root.physics", "alice")
    assert re.search(f"{OTHER} .*is not allowed to set user annotation|Only {HUB} may make pods", forged)
    guard = f"Only {HUB} may make pods for the scheduler yunikorn in this namespace, or change to whom they are charged"
    assert guard in pod(lab, OTHER, "nobody", "root.biology")
    for change in (f"{USER_INFO}={json.dumps({'user': 'bob', 'groups': []})}", f"{USER_INFO}-"):
        told = lab.kubectl(
            *(f"--as={OTHER}", "-n", NAMESPACE, "annotate", "--overwrite", "pod", notebook, change), status=1
        )
        assert guard in told.output
    told = lab.kubectl(
        *(f"--as={OTHER}", "-n", NAMESPACE, "label", "--overwrite", "pod", notebook, "queue=root.biology"), status=1
    )
    assert guard in told.output


def test_what_is_none_of_yunikorns_is_nobodys_business(lab: Lab, accounts: None) -> None:
    assert pod(lab, OTHER, "plain", scheduler="default-scheduler") == ""
    lab.kubectl("-n", NAMESPACE, "delete", "pod", "plain")


def test_the_hub_reaches_the_scheduler_and_a_stranger_does_not(lab: Lab) -> None:
    """That no notebook does is proved by verify's hub_isolation."""
    ask = f"import urllib.request; print(urllib.request.urlopen('{REST}', timeout=5).status)"
    assert lab.kubectl("-n", NAMESPACE, "exec", "deploy/hub", "--", "python3", "-c", ask).output.strip() == "200"
    lab.kubectl("run", "stranger", f"--image={image('agnhost')}", "--restart=Never", "--", "pause")
    try:
        lab.kubectl("wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
        connect = ("exec", "stranger", "--", "/agnhost", "connect", "--timeout=5s")
        assert lab.kubectl(*connect, "kubernetes.default.svc.cluster.local:443").output.strip() == ""
        refused = lab.kubectl(*connect, "yunikorn-service.yunikorn.svc.cluster.local:9080", status=1)
        assert "TIMEOUT" in refused.output
    finally:
        lab.kubectl("delete", "pod", "stranger", "--grace-period=0", "--force")


def test_the_report_names_teams_and_the_hubs_users(lab: Lab, notebook: str) -> None:
    shown = lab.playbook("playbooks/queues.yml", "-e", "queues_action=report", log="teams-report")
    assert re.search(r"root\.physics +alice +1 +0", shown.output)
    assert shown.changed == {}


def test_a_plan_of_what_runs_has_nothing_to_apply(lab: Lab, notebook: str) -> None:
    plan = lab.playbook("playbooks/queues.yml", log="teams-plan")
    assert "Nothing to apply: the ConfigMaps mean this already." in plan.output
    assert plan.changed == {}


def test_a_team_with_a_notebook_is_not_removed_without_leave(lab: Lab, notebook: str) -> None:
    """The plan names whom it would disturb; applying it is refused by both playbooks until it is allowed; the notebook runs on."""
    plan = lab.playbook("playbooks/queues.yml", "-e", BIOLOGY_ALONE, log="teams-less-plan")
    for words in ("remove:root.physics", "disrupts", "alice", f"{NAMESPACE}/{notebook}", "Refused:"):
        assert words in plan.output
    apply = ("-e", BIOLOGY_ALONE, "-e", "queues_action=apply")
    for number, arguments in enumerate(
        (("playbooks/queues.yml", *apply), ("playbooks/scheduler.yml", "-e", BIOLOGY_ALONE))
    ):
        refused = lab.playbook(*arguments, log=f"teams-less-refused-{number}", status=2)
        assert "Nothing was written, because the plan is refused" in refused.output
        assert "remove:root.physics" in refused.output
    assert rest(lab, "partition/default/queue/root.physics")["status"] == "Active"

    allowed = lab.playbook(
        "playbooks/scheduler.yml", "-e", BIOLOGY_ALONE, "-e", "queues_allow=remove:root.physics", log="teams-less"
    )
    assert allowed.changed == {"localhost": 1}
    assert rest(lab, "partition/default/queue/root.physics")["status"] == "Draining"
    phase = ("-n", NAMESPACE, "get", "pod", notebook, "-o", "jsonpath={.status.phase}")
    assert lab.kubectl(*phase).output.strip() == "Running"

    assert lab.playbook("playbooks/scheduler.yml", log="teams-again").changed == {"localhost": 1}
    assert rest(lab, "partition/default/queue/root.physics")["status"] == "Active"
    assert lab.playbook("playbooks/scheduler.yml", log="teams-again-twice").changed == {}


def test_bad_teams_are_refused_before_anything_is_asked(lab: Lab) -> None:
    bad = {
        "platform_teams": [{"name": "physics.theory"}, {"name": "chess", "members": ["a"], "max": {"memory": "10GB"}}]
    }
    for playbook in ("playbooks/preflight.yml", "playbooks/queues.yml", "playbooks/scheduler.yml"):
        refused = lab.playbook(
            playbook, "-e", json.dumps(bad), log=f"teams-bad-{Path(playbook).stem}", status=2
        ).output.replace("\\n", " ")
        assert "physics.theory" in refused
        assert "max.memory: " in refused
