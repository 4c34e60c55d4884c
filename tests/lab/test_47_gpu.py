# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPU notebooks: one starts, a second waits and its page says why, and sharing the GPU lets it in without touching the first.

The lab's GPU is the stand-in's; kubelet, scheduler and hub are the real ones.
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .lab import Lab

# The two users that the hub's service for verify may act for.
FIRST, SECOND = "kubehub-verify-a", "kubehub-verify-b"
PROFILE = "gpu-a100-sxm4-40gb"
NAMESPACE = "jupyterhub"


class Hub:
    """The hub's API at the front door, and the users' pods."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._token = lab.secret("kubehub-kept", "verify-token")
        self._tls = ssl.create_default_context(cafile=lab.state / f"{lab.name}-ca.pem")

    def get(self, *what: str) -> Any:
        """An object of the hub's namespace."""
        return json.loads(self.lab.kubectl("-n", NAMESPACE, "get", *what, "-o", "json").output)

    def call(self, method: str, path: str, body: Any = None, *, lines: str = "") -> str:
        """What the API answers; with ``lines``, what it has streamed until a line holds that."""
        request = urllib.request.Request(
            f"https://{self.lab.address(100)}/hub/api/users/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"token {self._token}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)
        )
        with opener.open(request, timeout=60) as answer:
            if not lines:
                return str(answer.read().decode())
            said = ""
            for line in answer:
                said += line.decode()
                if lines in said:
                    break
            return said

    def start(self, user: str) -> None:
        """Have a user ask for a server with a GPU."""
        try:
            self.call("POST", user)
        except urllib.error.HTTPError as error:
            if error.code != 409:  # The hub knows teams' members that have not logged in yet.
                raise
        self.call("POST", f"{user}/server", {"profile": PROFILE})

    def ready(self, user: str) -> bool:
        """Whether the user's server answers."""
        return bool(json.loads(self.call("GET", user))["servers"].get("", {}).get("ready"))

    def pod(self, user: str) -> Any:
        """The user's pod, None if there is none."""
        found = self.get("pods", "-l", f"component=singleuser-server,hub.jupyter.org/username={user}")["items"]
        return found[0] if found else None


def until(holds: Callable[[], object], seconds: float = 120) -> None:
    """Wait for something to hold."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(1)


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
        made.call("DELETE", user)
    until(lambda: made.pod(FIRST) is None and made.pod(SECOND) is None)
    lab.playbook("playbooks/gpu.yml", log="gpu-whole")
    assert offered(lab) == "1"


def test_a_gpu_notebook_starts_on_the_gpu_machine(hub: Hub) -> None:
    hub.start(FIRST)
    until(lambda: hub.ready(FIRST))
    pod = hub.pod(FIRST)
    assert pod["spec"]["nodeName"] == "w2"
    assert pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    name = ("-n", NAMESPACE, "exec", pod["metadata"]["name"], "-c", "notebook", "--")
    assert hub.lab.kubectl(*name, "printenv", "NVIDIA_VISIBLE_DEVICES").output.startswith("GPU-")


def test_the_exporter_says_who_holds_the_gpu(lab: Lab, hub: Hub) -> None:
    name = hub.pod(FIRST)["metadata"]["name"]
    patch = json.dumps({"data": {name: "80"}})
    lab.kubectl(*("-n", "gpu-operator", "patch", "configmap", "gpu-operator-standin-busy", "--type=merge", "-p", patch))
    service = "/api/v1/namespaces/gpu-operator/services/nvidia-dcgm-exporter:9400/proxy/metrics"
    lines = lab.kubectl("get", "--raw", service).output.splitlines()
    (busy,) = [line for line in lines if line.startswith("DCGM_FI_DEV_GPU_UTIL{") and f'pod="{name}"' in line]
    assert 'modelName="NVIDIA A100-SXM4-40GB",Hostname="w2"' in busy
    assert busy.endswith(" 80")


def test_a_second_one_waits_and_its_page_says_why(hub: Hub) -> None:
    hub.start(SECOND)
    said = hub.call("GET", f"{SECOND}/server/progress", lines="Insufficient nvidia.com/gpu")
    assert "Insufficient nvidia.com/gpu" in said
    assert hub.pod(SECOND)["status"]["phase"] == "Pending"


def test_slices_let_it_in_and_the_first_runs_on(lab: Lab, hub: Hub) -> None:
    before = hub.pod(FIRST)
    lab.playbook("playbooks/gpu.yml", "-e", "platform_gpu_slices=4", log="gpu-slices")
    assert offered(lab) == "4"
    until(lambda: hub.ready(SECOND))
    after = hub.pod(FIRST)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    states = [one["status"]["containerStatuses"][0] for one in (before, after)]
    assert [state["restartCount"] for state in states] == [0, 0]
    assert hub.ready(FIRST)
