# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YuniKorn's queues as code, against a real API server: planned, applied and proved, or refused with nothing lost.

The scheduler is the stand-in, or YuniKorn itself: ``LAB_CHARTS`` names a folder that holds its chart, ``LAB_EXTRA_IMAGES`` its images.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from .between import Between
from .lab import Lab, image
from .person import until

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "yunikorn"
PODS = "queues-test"
CONFIGMAP = f"/api/v1/namespaces/{NAMESPACE}/configmaps/yunikorn-configs"
SERVICE = f"/api/v1/namespaces/{NAMESPACE}/services/yunikorn-service:9080/proxy/ws/v1"


def config(*queues: str) -> str:
    """A config with queues below root."""
    listed = "".join(f"        - {queue}\n" for queue in queues)
    return f"""# Made by a test.
partitions:
  - name: default
    placementrules:
      - name: provided
    queues:
      - name: root
        submitacl: "*"
        queues:
{listed}"""


TEACHING = "{name: teaching, resources: {max: {vcore: 2, memory: 2Gi}}}"
RESEARCH = "{name: research, resources: {max: {vcore: 4, memory: 4Gi}}}"
MORE = "{name: research, resources: {max: {vcore: 5, memory: 5Gi}}}"
BOTH = config(TEACHING, RESEARCH)
LESS = config(TEACHING)
LARGER = config(TEACHING, MORE)


class YuniKorn:
    """A scheduler on a lab, what runs in it, and the module that is under test."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.runs = 0

    # --- the scheduler --------------------------------------------------------------------------------------------
    def helm(self, *arguments: str, log: str) -> None:
        """Run the lab's helm."""
        self.lab.run(
            *(str(self.lab.state / "bin/helm"), "--kubeconfig", str(self.lab.kubeconfig), "--namespace", NAMESPACE),
            *arguments,
            log=log,
        )

    def install(self) -> None:
        """Install the chart; YuniKorn's own takes over no pod but those that name it."""
        repository, _, tag = image("yunikorn_scheduler").rpartition(":")
        charts = sorted(Path(os.environ.get("LAB_CHARTS") or "/nonexistent").glob("yunikorn-[0-9]*.tgz"))
        values = {
            "image.repository": repository,
            "image.tag": tag,
            "image.pullPolicy": "IfNotPresent",
            "embedAdmissionController": "false",
            "enableWebService": "false",
        }
        self.helm(
            *("upgrade", "--install", "yunikorn", str(charts[-1] if charts else ROOT / "lab/standins/yunikorn/chart")),
            *("--create-namespace", "--wait", "--timeout", "5m"),
            *(word for name, value in values.items() for word in ("--set", f"{name}={value}")),
            log="yunikorn-install",
        )
        until(lambda: self.rest("clusters") is not None, 90, 1)

    def remove(self) -> None:
        """Remove the release and what outlives it."""
        self.lab.kubectl("delete", "namespace", PODS, "--ignore-not-found", "--timeout=120s")
        self.helm("uninstall", "yunikorn", "--ignore-not-found", "--wait", log="yunikorn-uninstall")
        for kind in ("clusterrolebinding", "clusterrole"):
            found = self.lab.kubectl("get", kind, "-o", "name").output.split()
            for name in found:
                if name.rpartition("/")[2].startswith("yunikorn-"):
                    self.lab.kubectl("delete", name)
        self.lab.kubectl("delete", "namespace", NAMESPACE, "--timeout=120s")

    def scale(self, replicas: int) -> None:
        """Have that many schedulers run: none, or one."""
        self.lab.kubectl("-n", NAMESPACE, "scale", "deployment", "yunikorn-scheduler", f"--replicas={replicas}")
        self.lab.kubectl("-n", NAMESPACE, "rollout", "status", "deployment", "yunikorn-scheduler", "--timeout=180s")
        if not replicas:
            labels = "--selector=component=yunikorn-scheduler"
            self.lab.kubectl("-n", NAMESPACE, "wait", "--for=delete", "pod", labels, "--timeout=120s")
        else:
            until(lambda: self.rest("clusters") is not None, 90, 1)

    def restart(self) -> None:
        """A new process, which reads its ConfigMaps anew."""
        self.scale(0)
        self.scale(1)

    def rest(self, path: str) -> Any:
        """What the scheduler answers, None if it does not."""
        answer = self.lab.kubectl("get", "--raw", f"{SERVICE}/{path}", status=None)
        return json.loads(answer.output) if answer.status == 0 else None

    def active(self) -> str:
        """The checksum of the config in force."""
        answer = self.lab.kubectl("get", "--raw", f"{SERVICE}/config")
        checksum = yaml.safe_load(answer.output)["checksum"]
        assert isinstance(checksum, str)
        return checksum

    def queue(self, path: str) -> Any:
        """A queue that stands, None if it does not."""
        return self.rest(f"partition/default/queue/{path}")

    # --- what the cluster holds -----------------------------------------------------------------------------------
    def held(self) -> dict[str, str] | None:
        """The ConfigMap's data, None if there is none."""
        found = self.lab.kubectl("get", "--raw", CONFIGMAP, status=None)
        return (json.loads(found.output).get("data") or {}) if found.status == 0 else None

    def set(self, key: str, value: str | None, name: str = "yunikorn-configs") -> None:
        """Change a key of a ConfigMap as somebody else would; None removes it."""
        patch = json.dumps({"data": {key: value}})
        self.lab.kubectl("-n", NAMESPACE, "patch", "configmap", name, "--type=merge", "-p", patch)

    def pod(self, name: str, queue: str, user: str) -> None:
        """Start a pod, as a hub does for a user."""
        labels = f"applicationId={name},queue={queue}"
        annotation = f"yunikorn.apache.org/user.info={json.dumps({'user': user, 'groups': []})}"
        container = {
            "name": name,
            "image": image("pause"),
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        }
        spec = {"schedulerName": "yunikorn", "terminationGracePeriodSeconds": 0, "containers": [container]}
        self.lab.kubectl(
            *("-n", PODS, "run", name, f"--image={image('pause')}", "--restart=Never", f"--labels={labels}"),
            *(f"--annotations={annotation}", f"--overrides={json.dumps({'apiVersion': 'v1', 'spec': spec})}"),
        )

    def applications(self, state: str = "active") -> dict[str, Any]:
        """Applications of the partition by id."""
        return {each["applicationID"]: each for each in self.rest(f"partition/default/applications/{state}")}

    # --- the module -----------------------------------------------------------------------------------------------
    def ask(
        self, module: str, *flags: str, fails: bool = False, kubeconfig: Path | None = None, **options: Any
    ) -> dict[str, Any]:
        """Run a module of the collection and return what it returned."""
        self.runs += 1
        given = json.dumps({"kubeconfig": str(kubeconfig or self.lab.kubeconfig), "namespace": NAMESPACE, **options})
        run = self.lab.run(
            *("ansible", "localhost", "-m", f"kubehub.platform.{module}", "-a", given, *flags),
            log=f"{module}-{self.runs:02d}",
            status=2 if fails else 0,
        )
        found = json.JSONDecoder().raw_decode(run.output, run.output.index("=> {") + len("=> "))[0]
        assert isinstance(found, dict)
        return found

    def queues(self, text: str, *flags: str, **options: Any) -> dict[str, Any]:
        """Run yunikorn_queues with a config."""
        return self.ask("yunikorn_queues", *flags, config=text, **{"wait_timeout": 60, **options})

    def has(self, text: str) -> None:
        """Bring the scheduler to a config, whatever it had, and without settings beside it."""
        for key in self.held() or {}:
            if key != "queues.yaml":
                self.set(key, None)
        if self.held() != {"queues.yaml": text} or self.active() != sha256(text):
            assert self.queues(text, allow=["disrupts"])["proved"] is True


def sha256(text: str) -> str:
    """A checksum as YuniKorn writes it."""
    return hashlib.sha256(text.encode()).hexdigest().upper()


@pytest.fixture(scope="module")
def yunikorn(lab: Lab) -> Iterator[YuniKorn]:
    """A scheduler with its built-in config: no ConfigMap yunikorn-configs yet. The site's own is away meanwhile."""
    lab.playbook("playbooks/scheduler.yml", "-e", "yunikorn_state=absent", log="scheduler-absent")
    left = lab.kubectl("get", "namespaces,clusterroles,clusterrolebindings,validatingadmissionpolicies", "-o", "name")
    assert [name for name in left.output.split() if "yunikorn" in name] == []
    found = YuniKorn(lab)
    found.install()
    lab.kubectl("create", "namespace", PODS)
    yield found
    found.remove()
    lab.playbook("playbooks/scheduler.yml", log="scheduler-again")


def test_created_by_two_at_once_the_first_one_stays(yunikorn: YuniKorn, tmp_path: Path) -> None:
    """Nobody has written the ConfigMap yet when the module looks; somebody has when it writes."""
    assert yunikorn.held() is None

    def create() -> None:
        yunikorn.lab.kubectl(
            "-n", NAMESPACE, "create", "configmap", "yunikorn-configs", f"--from-literal=queues.yaml={LESS}"
        )

    with Between(yunikorn.lab.kubeconfig, tmp_path, "POST", "/configmaps", create) as between:
        answer = yunikorn.queues(BOTH, fails=True, allow=["disrupts"], kubeconfig=between.kubeconfig)
    assert between.happened
    assert "Somebody else has written it since it was read; nothing was overwritten." in answer["msg"]
    assert yunikorn.held() == {"queues.yaml": LESS}
    yunikorn.lab.kubectl("-n", NAMESPACE, "delete", "configmap", "yunikorn-configs")


def test_the_playbook_plans_applies_and_proves(yunikorn: YuniKorn) -> None:
    """As an admin does: plan, which changes nothing, then apply, then apply again."""
    given = ("-e", json.dumps({"platform_teams": [], "queues_config": BOTH, "queues_allow": ["disrupts"]}))
    plan = yunikorn.lab.playbook("playbooks/queues.yml", *given, log="queues-plan")
    assert plan.changed == {}
    assert "root.research" in plan.output
    assert yunikorn.held() is None

    apply = ("-e", "queues_action=apply")
    first = yunikorn.lab.playbook("playbooks/queues.yml", *given, *apply, log="queues-apply")
    assert first.changed == {"localhost": 1}
    assert yunikorn.held() == {"queues.yaml": BOTH}
    assert yunikorn.active() == sha256(BOTH)
    assert yunikorn.queue("root.research")["maxResource"] == {"vcore": 4000, "memory": 4 * 2**30}
    assert yunikorn.lab.playbook("playbooks/queues.yml", *given, *apply, log="queues-again").changed == {}


def test_what_means_the_same_is_not_written(yunikorn: YuniKorn) -> None:
    """Another order, other quantities, other layout."""
    yunikorn.has(BOTH)
    same = config("{resources: {max: {memory: 4096Mi, vcore: 4000m}}, name: research}", TEACHING)
    answer = yunikorn.queues(same)
    assert (answer["changed"], answer["proved"], answer["changes"]) == (False, True, [])
    assert yunikorn.held() == {"queues.yaml": BOTH}


def test_check_mode_plans_against_the_running_scheduler_and_writes_nothing(yunikorn: YuniKorn) -> None:
    yunikorn.has(BOTH)
    answer = yunikorn.queues(LARGER, "--check", "--diff")
    assert [change["id"] for change in answer["changes"]] == ["max:root.research"]
    assert (answer["changed"], answer["proved"], answer["unknown"]) == (True, False, [])
    assert yunikorn.held() == {"queues.yaml": BOTH}


def test_a_change_in_between_is_a_conflict(yunikorn: YuniKorn, tmp_path: Path) -> None:
    """Somebody sets another key after the module has read the ConfigMap and before it writes."""
    yunikorn.has(BOTH)
    happens = partial(yunikorn.set, "log.level", "DEBUG")
    with Between(yunikorn.lab.kubeconfig, tmp_path, "PUT", CONFIGMAP, happens) as between:
        answer = yunikorn.queues(LARGER, fails=True, kubeconfig=between.kubeconfig)
    assert between.happened
    assert "Somebody else has written it since it was read; nothing was overwritten." in answer["msg"]
    assert yunikorn.held() == {"queues.yaml": BOTH, "log.level": "DEBUG"}
    assert yunikorn.queues(LARGER)["proved"] is True
    assert yunikorn.held() == {"queues.yaml": LARGER, "log.level": "DEBUG"}


def test_a_bad_value_beside_the_queues_is_refused_before_anything_is_written(yunikorn: YuniKorn) -> None:
    """It would cost YuniKorn the whole update."""
    yunikorn.has(BOTH)
    yunikorn.set("service.schedulingInterval", "1 second")
    answer = yunikorn.queues(LARGER, fails=True)
    assert "setting-refused at service.schedulingInterval" in answer["msg"]
    assert yunikorn.held() == {"queues.yaml": BOTH, "service.schedulingInterval": "1 second"}
    assert yunikorn.active() == sha256(BOTH)


def test_what_the_scheduler_rejects_is_rolled_back(yunikorn: YuniKorn, tmp_path: Path) -> None:
    """The bad value comes into the other ConfigMap after the module has looked at it: the scheduler ignores the update."""
    yunikorn.has(BOTH)
    happens = partial(yunikorn.set, "service.schedulingInterval", "1 second", "yunikorn-defaults")
    with Between(yunikorn.lab.kubeconfig, tmp_path, "PUT", CONFIGMAP, happens) as between:
        answer = yunikorn.queues(LARGER, fails=True, kubeconfig=between.kubeconfig, wait_timeout=20)
    assert between.happened
    assert answer["msg"].startswith("The scheduler refused the configuration: ")
    assert "is set back to what it was. The scheduler runs what it ran before." in answer["msg"]
    assert answer["changed"] is False
    assert yunikorn.held() == {"queues.yaml": BOTH}
    assert yunikorn.active() == sha256(BOTH)
    yunikorn.set("service.schedulingInterval", None, "yunikorn-defaults")
    assert yunikorn.queues(LARGER)["proved"] is True


def test_hot_refresh_off(yunikorn: YuniKorn) -> None:
    """Refused while it is off; and where only the scheduler still has it off, what it does not take up is rolled back."""
    yunikorn.has(BOTH)
    yunikorn.set("service.enableConfigHotRefresh", "false")
    answer = yunikorn.queues(LARGER, fails=True)
    assert "service.enableConfigHotRefresh is off, so YuniKorn reads no change before it is restarted" in answer["msg"]
    assert yunikorn.held() == {"queues.yaml": BOTH, "service.enableConfigHotRefresh": "false"}

    time.sleep(5)
    yunikorn.set("service.enableConfigHotRefresh", "true")
    answer = yunikorn.queues(LARGER, fails=True, wait_timeout=10)
    assert f"the scheduler runs another configuration (checksum {sha256(BOTH)})" in answer["msg"]
    assert "is set back to what it was. The scheduler runs what it ran before." in answer["msg"]
    assert yunikorn.held() == {"queues.yaml": BOTH, "service.enableConfigHotRefresh": "true"}

    yunikorn.restart()
    assert yunikorn.queues(LARGER)["proved"] is True


def test_a_scheduler_that_is_down(yunikorn: YuniKorn) -> None:
    """Nothing is applied unproved unless it is allowed; then the next start takes it up, and the next run proves it."""
    yunikorn.has(BOTH)
    yunikorn.scale(0)
    answer = yunikorn.queues(LARGER, fails=True, allow=["disrupts"])
    assert "The scheduler can't be asked what this does, nor whether it took it" in answer["msg"]
    assert 'add "unproven" to allow' in answer["msg"]
    assert yunikorn.held() == {"queues.yaml": BOTH}

    answer = yunikorn.queues(LARGER, allow=["disrupts", "unproven"])
    assert (answer["changed"], answer["proved"]) == (True, False)
    assert yunikorn.held() == {"queues.yaml": LARGER}
    yunikorn.scale(1)
    assert yunikorn.active() == sha256(LARGER)
    answer = yunikorn.queues(LARGER)
    assert (answer["changed"], answer["proved"]) == (False, True)


def test_a_removed_queue_drains_lives_again_and_goes(yunikorn: YuniKorn) -> None:
    """The plan names the owner; what runs keeps running, new ones are refused, a re-add revives, and `wait` sees it go."""
    yunikorn.has(BOTH)
    yunikorn.pod("bob-1", "root.research", "bob")
    until(lambda: yunikorn.applications().get("bob-1", {}).get("applicationState") == "Running", 90, 1)
    assert yunikorn.applications()["bob-1"]["user"] == "bob"

    refused = yunikorn.queues(LESS, fails=True)
    [change] = refused["changes"]
    assert (change["id"], change["level"]) == ("remove:root.research", "disrupts")
    assert (change["applications"], change["users"]) == (["bob-1"], ["bob"])
    assert 'add "disrupts" or "remove:root.research" to allow' in refused["msg"]
    assert yunikorn.held() == {"queues.yaml": BOTH}

    removed = yunikorn.queues(LESS, allow=["remove:root.research"])
    assert (removed["changed"], removed["proved"], removed["draining"]) == (True, True, ["root.research"])
    assert yunikorn.queue("root.research")["status"] == "Draining"
    waited = yunikorn.queues(LESS, fails=True, wait=True, wait_timeout=3)
    assert "root.research drains (bob-1 of bob)" in waited["msg"]
    yunikorn.pod("late-1", "root.research", "eve")
    until(lambda: "late-1" in yunikorn.applications("rejected"), 90, 1)
    assert yunikorn.applications()["bob-1"]["applicationState"] == "Running"
    yunikorn.lab.kubectl("-n", PODS, "delete", "pod", "late-1", "--force")

    revived = yunikorn.queues(BOTH)
    assert (revived["changed"], revived["proved"], revived["draining"]) == (True, True, [])
    assert yunikorn.queue("root.research")["status"] == "Active"
    assert yunikorn.applications()["bob-1"]["queueName"] == "root.research"

    report = yunikorn.lab.playbook("playbooks/queues.yml", "-e", "queues_action=report", log="queues-report")
    assert "bob" in report.output

    yunikorn.queues(LESS, allow=["remove:root.research"])
    yunikorn.lab.kubectl("-n", PODS, "delete", "pod", "bob-1")
    gone = yunikorn.queues(LESS, wait=True, wait_timeout=120)
    assert (gone["changed"], gone["proved"], gone["draining"]) == (False, True, [])
    assert yunikorn.queue("root.research") is None


def test_drift_is_seen_and_mended(yunikorn: YuniKorn) -> None:
    """Somebody writes what YuniKorn's validator accepts and a reload refuses: only the checksums tell."""
    yunikorn.has(BOTH)
    assert yunikorn.ask("yunikorn_queues_info")["drift"] is False
    recorded = json.loads((ROOT / "lab/standins/yunikorn/server/refusals.json").read_text(encoding="utf-8"))
    bad = next(each["config"] for each in recorded if each["reload"].startswith("unknown rule name"))
    yunikorn.set("queues.yaml", bad)
    time.sleep(5)
    info = yunikorn.ask("yunikorn_queues_info")
    assert info["drift"] is True
    assert {queue["name"]: queue["status"] for queue in info["queues"]} == {
        "root": "Active",
        "root.teaching": "Active",
        "root.research": "Active",
    }
    assert yunikorn.active() == sha256(BOTH)

    mended = yunikorn.queues(BOTH)
    assert (mended["changed"], mended["proved"], mended["drift"]) == (True, True, True)
    assert yunikorn.ask("yunikorn_queues_info")["drift"] is False
