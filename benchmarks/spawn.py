# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time what the hub adds to a pod: from the click to a server that is ready, over from the creation of a bare pod of its image to its start.

`LAB_NAME=mine LAB_SUBNET=198.18.9.0/24 PYTHONPATH=.:.collections .venv/bin/python benchmarks/spawn.py` times both in turn on a lab that stands, as alice, who
must have no server.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from kubernetes import client, config, watch

from tests.lab.lab import Lab
from tests.lab.person import Person

NAMESPACE = "jupyterhub"
NAME = "kubehub-benchmark"
PATIENCE = 300


def spawn(person: Person) -> float:
    """Return the seconds from the click until the hub says that the server is ready."""
    begin = time.monotonic()
    person.ask_for_server()
    while not person.ask_hub("GET", "")["servers"][""]["ready"]:
        if time.monotonic() - begin > PATIENCE:
            raise TimeoutError(f"{person.name}'s server is not ready after {PATIENCE} s")
        time.sleep(0.1)
    return time.monotonic() - begin


def bare(api: client.CoreV1Api, image: str, node: str) -> float:
    """Return the seconds from a pod's creation until it runs: the same image on the same node, without home, hub and network policy."""
    secure = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "bare", "image": image, "command": ["sleep", "infinity"], "securityContext": secure}
    spec = {
        "nodeName": node,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    begin = time.monotonic()
    api.create_namespaced_pod(NAMESPACE, {"metadata": {"name": NAME}, "spec": spec})
    try:
        events = watch.Watch().stream(
            api.list_namespaced_pod, NAMESPACE, field_selector=f"metadata.name={NAME}", timeout_seconds=PATIENCE
        )
        for event in events:
            if event["object"].status.phase == "Running":
                return time.monotonic() - begin
        raise TimeoutError(f"pod {NAME} does not run after {PATIENCE} s")
    finally:
        api.delete_namespaced_pod(NAME, NAMESPACE)
        while api.list_namespaced_pod(NAMESPACE, field_selector=f"metadata.name={NAME}").items:
            time.sleep(0.2)


def main() -> int:
    """Time the rounds and print each, the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often both are timed (%(default)s)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as logs:
        lab = Lab(os.environ["LAB_NAME"], os.environ["LAB_SUBNET"], Path(logs))
        person = Person(lab, "alice")
    person.patience = 60
    person.log_in()
    if person.ask_hub("GET", "")["servers"]:
        sys.exit("alice has a server on this lab: stop it first, the benchmark starts and stops one")
    spawns, bares = [], []
    with config.new_client_from_config(str(lab.kubeconfig)) as connection:
        api = client.CoreV1Api(connection)
        for number in range(1, rounds + 1):
            try:
                spawns.append(spawn(person))
                pods = api.list_namespaced_pod(NAMESPACE, label_selector="hub.jupyter.org/username=alice").items
            finally:
                person.stop(PATIENCE)
            server = pods[0].spec
            bares.append(bare(api, server.containers[0].image, server.node_name))
            print(f"round {number}: server {spawns[-1]:.1f} s, bare pod {bares[-1]:.1f} s", flush=True)
    server, pod = statistics.median(spawns), statistics.median(bares)
    print(f"medians: server {server:.1f} s, bare pod {pod:.1f} s, ratio {server / pod:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
