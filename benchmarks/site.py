# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time the cluster's part of site.yml against the bare commands on the same machines, and tell where a second run's time goes.

`LAB_NAME=mine LAB_SUBNET=198.18.9.0/24 PYTHONPATH=. .venv/bin/python benchmarks/site.py` on a lab where `make lab` ended well; all of it must
be reached without sudo. The lab's cluster is given up twice, so it is left without applications. It exits with 1 where site.yml takes more than
1.5 times as long as the commands, or a second run more than 60 seconds.

The floor is what an admin types who knows everything beforehand: `kubeadm init`, two joins one after the other, the workers at once, `helm install`, and
the wait until all nodes are ready. Machines are prepared alike in both: packages, images and configuration of the system are there.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from tests.lab.lab import Lab

FACTOR, SECONDS = 1.5, 60.0
CONTROL_PLANES, WORKERS = ("cp1", "cp2", "cp3"), ("w1", "w2")
ENCRYPTION, KEPT = "/etc/kubernetes/encryption", "/etc/kubernetes-encryption"
TASK = re.compile(r"^(?P<task>.+?) -+ (?P<seconds>[0-9.]+)s$", re.MULTILINE)


def shares(output: str) -> dict[str, float]:
    """Return the seconds by role, or by task outside of roles, from the recap of ansible.posix.profile_tasks; the longest first."""
    found: dict[str, float] = defaultdict(float)
    for match in TASK.finditer(output.rpartition("TASKS RECAP")[2]):
        found[match["task"].partition(" : ")[0].strip()] += float(match["seconds"])
    return dict(sorted(found.items(), key=lambda item: -item[1]))


class Floor:
    """The bare commands, with all that they need read from the cluster that they are to make again."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.documents = [
            self._kept("kubeadm-config", "ClusterConfiguration"),
            self._kept("kubelet-config", "kubelet"),
            self._kept("kube-proxy", "config.conf"),
        ]
        self.nodes: dict[str, Any] = {
            node["metadata"]["name"]: node for node in self._read("get", "nodes", "-o", "yaml")["items"]
        }
        self.cgroup_v1 = lab.shell("cp1", "test -e /sys/fs/cgroup/cgroup.controllers", status=None).status != 0
        released = yaml.safe_load(self.helm("list", "--all-namespaces", "--filter", "^cilium$", "-o", "yaml"))
        (self.release,) = released
        self.values = self.helm("get", "values", "cilium", "--namespace", self.release["namespace"], "-o", "yaml")

    def _read(self, *arguments: str) -> Any:
        return yaml.safe_load(self.lab.kubectl(*arguments, machine="cp1").output)

    def _kept(self, name: str, key: str) -> Any:
        return yaml.safe_load(self._read("-n", "kube-system", "get", "configmap", name, "-o", "yaml")["data"][key])

    def helm(self, *arguments: str) -> str:
        """Run the lab's helm."""
        program = str(self.lab.state / "bin/helm")
        return self.lab.run(program, *arguments, log="helm", KUBECONFIG=str(self.lab.kubeconfig)).output

    def _registration(self, name: str) -> dict[str, Any]:
        (address,) = (
            item["address"] for item in self.nodes[name]["status"]["addresses"] if item["type"] == "InternalIP"
        )
        return {
            "name": name,
            "criSocket": "unix:///run/containerd/containerd.sock",
            "imagePullSerial": False,
            "ignorePreflightErrors": ["SystemVerification"] if self.cgroup_v1 else [],
            "kubeletExtraArgs": [{"name": "node-ip", "value": address}],
            "taints": self.nodes[name]["spec"].get("taints", []),
        }

    def _point(self, name: str) -> dict[str, Any]:
        return {"advertiseAddress": self._registration(name)["kubeletExtraArgs"][0]["value"], "bindPort": 6443}

    def _kubeadm(self, machine: str, action: str, *documents: dict[str, Any], options: str = "") -> None:
        text = base64.b64encode(yaml.safe_dump_all(documents).encode()).decode()
        self.lab.shell(machine, f"echo {text} | base64 -d | kubeadm {action} --config /dev/stdin {options}")

    def keep(self) -> None:
        """Put aside what is part of a machine's preparation, and is emptied with it: the key of encryption at rest, which no log may have."""
        for machine in CONTROL_PLANES:
            self.lab.shell(machine, f"cp -a {ENCRYPTION} {KEPT}")

    def prepare(self) -> None:
        """Put it there again."""
        for machine in CONTROL_PLANES:
            self.lab.shell(machine, f"mv {KEPT} {ENCRYPTION}")

    def run(self) -> None:
        """Make the cluster."""
        kind = {"apiVersion": "kubeadm.k8s.io/v1beta4"}
        # The lab's own, of a cluster that is given up a minute later.
        key = os.urandom(32).hex()
        begin = {
            "certificateKey": key,
            "localAPIEndpoint": self._point("cp1"),
            "nodeRegistration": self._registration("cp1"),
        }
        self._kubeadm(
            "cp1", "init", {**kind, "kind": "InitConfiguration", **begin}, *self.documents, options="--upload-certs"
        )
        said = self.lab.shell("cp1", "kubeadm token create --print-join-command").output.split()
        endpoint, token, authority = (
            said[said.index(word) + 1] for word in ("join", "--token", "--discovery-token-ca-cert-hash")
        )
        discovery = {"token": token, "apiServerEndpoint": endpoint, "caCertHashes": [authority]}

        def join(machine: str) -> None:
            wanted: dict[str, Any] = {"discovery": {"bootstrapToken": discovery}}
            wanted["nodeRegistration"] = self._registration(machine)
            if machine in CONTROL_PLANES:
                wanted["controlPlane"] = {"certificateKey": key, "localAPIEndpoint": self._point(machine)}
            self._kubeadm(machine, "join", {**kind, "kind": "JoinConfiguration", **wanted})

        for machine in CONTROL_PLANES[1:]:
            join(machine)
        with ThreadPoolExecutor() as pool:
            list(pool.map(join, WORKERS))
        self.lab.kubeconfig.write_text(self.lab.shell("cp1", "cat /etc/kubernetes/admin.conf").output, encoding="utf-8")
        version = self.release["chart"].rpartition("-")[2]
        repository = f"http://{self.lab.address(51)}/helm.cilium.io"
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as values:
            values.write(self.values)
            values.flush()
            namespace = ("--namespace", self.release["namespace"], "--create-namespace")
            chart = ("cilium", "--repo", repository, "--version", version, "--values", values.name)
            self.helm("install", "cilium", *chart, *namespace)


def timed(what: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begin = time.monotonic()
    what()
    return time.monotonic() - begin


def main() -> int:
    """Time all of it; 0 only if both bars are met."""
    logs = Path(os.environ.get("LAB_LOGS") or tempfile.mkdtemp(prefix="kubehub-benchmark-"))
    lab = Lab(os.environ["LAB_NAME"], os.environ["LAB_SUBNET"], logs)

    def ready() -> None:
        lab.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=280s", machine="cp1")

    def give_up() -> None:
        lab.playbook("playbooks/reset.yml", "-e", f"reset_confirm={lab.name}")

    def bare() -> None:
        floor.run()
        ready()

    def ours() -> None:
        lab.run(
            "ansible-playbook", "-i", lab.inventory, "playbooks/cluster.yml", "playbooks/network.yml", log="cluster"
        )
        ready()

    again = lab.playbook("site.yml", log="second", PROFILE_TASKS_TASK_OUTPUT_LIMIT="all")
    if again.changed:
        print(f"The lab is not finished: site.yml changed {again.changed}", file=sys.stderr)
        return 2
    floor = Floor(lab)
    floor.keep()
    give_up()
    floor.prepare()
    commands = timed(bare)
    give_up()
    playbooks = timed(ours)
    factor = playbooks / commands
    print(
        f"The cluster by bare commands: {commands:.0f} s, by site.yml: {playbooks:.0f} s, {factor:.2f} times (at most {FACTOR:g})"
    )
    print(f"A second run of site.yml: {again.seconds:.0f} s (at most {SECONDS:g}), of it:")
    for name, seconds in list(shares(again.output).items())[:15]:
        print(f"  {seconds:6.1f} s  {name}")
    return 0 if factor <= FACTOR and again.seconds <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
