# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPU notebooks: one starts, a second waits and its page says why, and a maintenance that shares the GPU lets it in without touching the first.
One that uses its GPU is let alone; idle ones are warned, then stopped.

The lab's GPU is the stand-in's; kubelet, scheduler and hub are the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .lab import Lab
from .person import Prober, until

# The two users that the hub's service for verify may act for.
FIRST, SECOND = "kubehub-verify-a", "kubehub-verify-b"
PROFILE = "gpu-a100-sxm4-40gb"
NAMESPACE = "jupyterhub"
USERS = "hub/api/users"
CHANGE = "sharing default -> shared-4"
MAINTENANCE = ("playbooks/gpu_maintenance.yml", "-e", "platform_gpu_slices=4", "-e")
# The hub's own call of its watch, for some seconds. The hub's image has no shell.
WATCH = """
import os, pathlib, subprocess, sys
seconds, *options = sys.argv[1:]
token = pathlib.Path("/usr/local/etc/jupyterhub/secret/hub.services.kubehub-gpu.apiToken").read_text()
given = {
    "KUBERNETES_SERVICE_HOST": "kubernetes.default.svc",
    "KUBERNETES_SERVICE_PORT": "443",
    "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
    "JUPYTERHUB_API_TOKEN": token,
}
program = [sys.executable, "/usr/local/etc/jupyterhub/kubehub_gpu.py", *options]
try:
    subprocess.run(program, env={**os.environ, **given}, timeout=int(seconds), check=True)
except subprocess.TimeoutExpired:
    pass
"""
EXPORTERS = "http://kubehub-gpu-exporters.gpu-operator:9400/metrics"


class Hub:
    """The hub's API at the front door, and the users' pods."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._authority = str(lab.state / f"{lab.name}-ca.pem")
        token = lab.secret("kubehub-kept", "verify-token")
        self._headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    def get(self, *what: str) -> Any:
        """An object of the hub's namespace."""
        return json.loads(self.lab.kubectl("-n", NAMESPACE, "get", *what, "-o", "json").output)

    def call(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        """What is answered within a minute, on a connection of its own and without cookies."""
        browser = requests.Session()
        browser.trust_env = False
        given = {"headers": self._headers, "verify": self._authority, "timeout": 60, **options}
        answer = browser.request(method, f"https://{self.lab.address(100)}/{path}", json=body, **given)
        answer.raise_for_status()
        return answer

    def notes(self, user: str) -> dict[str, str]:
        """What a user's notebook server has to tell."""
        found: dict[str, str] = self.call("GET", f"user/{user}/kubehub/home").json()["notes"]
        return found

    def start(self, user: str) -> None:
        """Have a user ask for a server with a GPU."""
        try:
            self.call("POST", f"{USERS}/{user}")
        except requests.HTTPError as error:
            if error.response.status_code != 409:  # The hub knows teams' members that have not logged in yet.
                raise
        self.call("POST", f"{USERS}/{user}/server", {"profile": PROFILE})

    def reads(self, user: str, words: str) -> str:
        """What the page of a user's server that starts has said when there is a line with these words, or when it ends."""
        said = ""
        with self.call("GET", f"{USERS}/{user}/server/progress", stream=True) as answer:
            for line in answer.iter_lines():
                said += line.decode()
                if words in said:
                    break
        return said

    def ready(self, user: str) -> bool:
        """Whether the user's server answers."""
        return bool(self.call("GET", f"{USERS}/{user}").json()["servers"].get("", {}).get("ready"))

    def pod(self, user: str) -> Any:
        """The user's pod, None if there is none."""
        found = self.get("pods", "-l", f"component=singleuser-server,hub.jupyter.org/username={user}")["items"]
        return found[0] if found else None


def mark(lab: Lab) -> str:
    """What a maintenance has noted on the lab's GPU machine."""
    path = r"jsonpath={.metadata.annotations.kubehub\.platform/gpu-maintenance}"
    return lab.kubectl("get", "node", "w2", "-o", path).output.strip()


def use(lab: Lab, percents: dict[str, int]) -> None:
    """Have pods use their GPUs so much, by the pods' names."""
    patch = json.dumps({"data": {name: str(percent) for name, percent in percents.items()}})
    lab.kubectl(*("-n", "gpu-operator", "patch", "configmap", "gpu-operator-standin-busy", "--type=merge", "-p", patch))


def watch(lab: Lab, seconds: int) -> str:
    """What the hub's watch of idle GPUs says when it has half a minute's patience, and ends after some seconds."""
    options = (f"--exporters={EXPORTERS}", f"--namespace={NAMESPACE}", "--idle=30", "--warning=15")
    call = ("exec", "deploy/hub", "--", "python3", "-c", WATCH, str(seconds), *options)
    return lab.kubectl("-n", NAMESPACE, *call).output


def offered(lab: Lab) -> str:
    """How many GPUs the lab's GPU machine offers."""
    path = r"jsonpath={.status.allocatable.nvidia\.com/gpu}"
    return lab.kubectl("get", "node", "w2", "-o", path).output.strip()


@pytest.fixture(scope="module")
def hub(lab: Lab) -> Iterator[Hub]:
    """The hub; both users and their servers are gone afterwards, and the GPU is whole again."""
    made = Hub(lab)
    yield made
    for user in (FIRST, SECOND):
        made.call("DELETE", f"{USERS}/{user}")
    until(lambda: made.pod(FIRST) is None and made.pod(SECOND) is None, 120, 1)
    lab.playbook("playbooks/gpu.yml", log="gpu-whole")
    assert offered(lab) == "1"


def test_a_gpu_notebook_starts_on_the_gpu_machine(hub: Hub) -> None:
    hub.start(FIRST)
    until(lambda: hub.ready(FIRST), 120, 1)
    pod = hub.pod(FIRST)
    assert pod["spec"]["nodeName"] == "w2"
    assert pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    name = ("-n", NAMESPACE, "exec", pod["metadata"]["name"], "-c", "notebook", "--")
    assert hub.lab.kubectl(*name, "printenv", "NVIDIA_VISIBLE_DEVICES").output.startswith("GPU-")


def test_the_exporter_says_who_holds_the_gpu(lab: Lab, hub: Hub) -> None:
    name = hub.pod(FIRST)["metadata"]["name"]
    use(lab, {name: 80})
    service = "/api/v1/namespaces/gpu-operator/services/nvidia-dcgm-exporter:9400/proxy/metrics"
    lines = lab.kubectl("get", "--raw", service).output.splitlines()
    (busy,) = [line for line in lines if line.startswith("DCGM_FI_DEV_GPU_UTIL{") and f'pod="{name}"' in line]
    assert 'modelName="NVIDIA A100-SXM4-40GB",Hostname="w2"' in busy
    assert busy.endswith(" 80")


def test_a_second_one_waits_and_its_page_says_why(hub: Hub) -> None:
    hub.start(SECOND)
    words = "Insufficient nvidia.com/gpu"
    assert words in hub.reads(SECOND, words)
    assert hub.pod(SECOND)["status"]["phase"] == "Pending"


def test_a_check_run_prints_the_maintenance_and_touches_nothing(lab: Lab, hub: Hub) -> None:
    plan = lab.playbook(*MAINTENANCE, f"gpu_maintenance_confirm={lab.name}", "--check", "--diff", log="gpu-plan")
    assert f"w2: {CHANGE}; {FIRST} are told and go on." in plan.output
    assert plan.changed == {}
    assert (offered(lab), mark(lab)) == ("1", "")


def test_slices_let_it_in_and_the_first_is_told_and_runs_on(lab: Lab, hub: Hub) -> None:
    before = hub.pod(FIRST)
    maintenance = (*MAINTENANCE, f"gpu_maintenance_confirm={lab.name}")
    told: set[str] = set()
    with Prober(lambda: told.add(hub.notes(FIRST)["notice"]), pause=0.5) as prober:
        lab.cut_off(lambda: bool(mark(lab)), *maintenance, log="gpu-maintenance-cut-off")
        assert json.loads(mark(lab))["uncordon"] is True
        resumed = lab.playbook(*maintenance, log="gpu-maintenance")
    assert f"w2: {CHANGE}; {FIRST} are told and go on. It has begun in an earlier run." in resumed.output
    assert "ok          site  A pod that asks for a GPU gets one" in resumed.output
    assert "not proved  site  A GPU calculates" in resumed.output
    assert f"w2: {CHANGE}. It takes new pods. Its users were told and go on: {FIRST}." in resumed.output
    assert prober.failures == []
    assert told == {"", f"The GPUs of w2 are being changed ({CHANGE}). Your server goes on."}
    assert (offered(lab), mark(lab)) == ("4", "")
    until(lambda: hub.ready(SECOND), 120, 1)
    after = hub.pod(FIRST)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    states = [one["status"]["containerStatuses"][0] for one in (before, after)]
    assert [state["restartCount"] for state in states] == [0, 0]
    assert hub.ready(FIRST)


def test_an_idle_gpu_is_told_of_then_given_back_and_a_busy_one_is_not(lab: Lab, hub: Hub) -> None:
    """The hub's own watch has an hour's patience, so its program is run beside it with less, and with the same token."""
    pods = [hub.pod(user)["metadata"]["name"] for user in (FIRST, SECOND)]
    use(lab, dict.fromkeys(pods, 80))
    assert watch(lab, 40) == ""
    assert (hub.ready(FIRST), hub.ready(SECOND)) == (True, True)
    assert [hub.notes(user)["gpu-idle"] for user in (FIRST, SECOND)] == ["", ""]

    use(lab, dict.fromkeys(pods, 0))
    told: set[str] = set()
    with Prober(lambda: told.add(hub.notes(FIRST)["gpu-idle"]), pause=0.5):
        said = watch(lab, 60)
    assert told == {
        "",
        (
            "The GPU of this server has not been used for 15 seconds. If it stays so, the server is stopped in 15 seconds, "
            "so that others get the GPU. What is saved stays."
        ),
    }
    for user, pod in zip((FIRST, SECOND), pods, strict=True):
        assert f"kubehub-gpu: {pod} of {user} is stopped, because its GPU is idle" in said
    until(lambda: hub.pod(FIRST) is None and hub.pod(SECOND) is None, 120, 1)
