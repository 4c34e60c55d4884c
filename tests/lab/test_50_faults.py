# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person at a notebook notices when something dies. Each fault is what happens without notice: a kill, or a restart by the system."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from .lab import Lab
from .person import Person, Prober, until

HOMES = "/srv/homes"
HUB, PROXY, CAROLS = "component=hub", "component=proxy", "hub.jupyter.org/username=carol"
# Numbered lines, each on the server's disk before the next is written; at the end their number and the longest that one took.
WRITER = """
import os, time
end, number, longest = time.monotonic() + 20, 0, 0.0
with open("lines", "w") as file:
    while time.monotonic() < end:
        begin = time.monotonic()
        print(number, file=file, flush=True)
        os.fsync(file.fileno())
        number, longest = number + 1, max(longest, time.monotonic() - begin)
        time.sleep(0.05)
print(number, longest)
"""


def tell(what: str, seconds: float) -> None:
    """Print a measured outage where the run's reader sees it."""
    print(f"    {what}: {seconds:.1f} s")


def items(lab: Lab, *arguments: str) -> list[dict[str, Any]]:
    """Objects of the cluster."""
    found: list[dict[str, Any]] = json.loads(lab.kubectl("get", *arguments, "-o", "json").output)["items"]
    return found


def is_ready(item: dict[str, Any]) -> bool:
    """Whether a pod or a node is ready and is to stay."""
    conditions = item["status"].get("conditions", ())
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in item["metadata"]


def machine_of(lab: Lab, label: str) -> str:
    """The machine on which the only ready pod with that label runs."""
    (pod,) = filter(is_ready, items(lab, "pods", "-n", "jupyterhub", "-l", label))
    return str(pod["spec"]["nodeName"])


def kill_pod(lab: Lab, label: str) -> None:
    """Have a pod killed, with one second's notice; it is dead when this returns."""
    lab.kubectl("delete", "pod", "-n", "jupyterhub", f"--selector={label}", "--grace-period=1")


@pytest.fixture(scope="module")
def workers(lab: Lab) -> list[str]:
    """The machines that run hub, proxy and notebooks."""
    return [each["metadata"]["name"] for each in items(lab, "nodes", "-l", "!node-role.kubernetes.io/control-plane")]


@pytest.fixture(scope="module")
def carol(lab: Lab, workers: list[str]) -> Iterator[Person]:
    """Somebody at a notebook, whose kernel remembers 42. Hub, proxy and notebook share a machine: the worst one to lose."""
    machine = machine_of(lab, HUB)
    others = [each for each in workers if each != machine]
    lab.kubectl("cordon", *others)
    try:
        carol = Person(lab, "carol")
        if machine_of(lab, PROXY) != machine:
            kill_pod(lab, PROXY)
        until(carol.log_in, 60)
        carol.stop(60)
        tell("start of a notebook", carol.start(90))
        carol.run("kept = 42")
        yield carol
    finally:
        lab.kubectl("uncordon", *others)
    until(partial(carol.stop, 60), 60)


def works_on(person: Person) -> None:
    """The notebook's page opens without a new log-in, and its kernel is the one that it was."""
    person.page(f"/user/{person.name}/lab")
    assert person.run("print(kept)") == "42\n"


def test_the_file_server_restarts_under_a_cell_that_writes(lab: Lab, carol: Person) -> None:
    """The cell waits for it, and every line is on the server's disk."""
    with ThreadPoolExecutor(1) as pool:
        cell = pool.submit(carol.run, WRITER, 60)
        lab.shell("nfs1", f"timeout 10 sh -c 'until test -s {HOMES}/carol/lines; do sleep 0.1; done'")
        lab.shell("nfs1", "systemctl restart nfs-ganesha")
        assert not cell.done(), "the cell had ended before the file server was back"
        number, longest = cell.result().split()
    tell("the file server's restart, longest wait of a line", float(longest))
    lines = lab.shell("nfs1", f"cat {HOMES}/carol/lines").output.split()
    assert lines == [str(each) for each in range(int(number))]


def test_the_database_restarts(lab: Lab, carol: Person) -> None:
    """The notebook answers on; the hub does as soon as the database is back, for the person and for somebody else who logs in."""
    with Prober(carol.ask_notebook) as notebook, Prober(partial(carol.page, "/hub/home")) as hub:
        lab.shell("nfs1", "systemctl restart postgresql@*-main.service")
        tell("the database's restart, until the hub works", hub.outage(30))
    assert notebook.failures == []
    Person(lab, "bob").log_in()
    works_on(carol)


def test_a_balancer_dies_with_a_notebook_open(lab: Lab, carol: Person) -> None:
    """The other balancer takes the address and keeps it: the page works again without a new log-in, and nobody notices that the first one is back."""
    has_address = f"ip -brief address | grep -q ' {lab.address(100)}/'"
    holder, other = sorted(("lb1", "lb2"), key=lambda each: lab.shell(each, has_address, status=None).status)
    with Prober(partial(carol.page, f"/user/{carol.name}/lab")) as page:
        lab.cut_power(holder)
        tell("a balancer's death, until the page works", page.outage(30))
    works_on(carol)
    with Prober(partial(carol.page, f"/user/{carol.name}/lab")) as page:
        lab.switch_on(holder)
        lab.shell(holder, 'timeout 90 sh -c "until systemctl is-active keepalived haproxy; do sleep 0.5; done"')
        # It would have been taken back by now.
        time.sleep(10)
    assert page.failures == []
    lab.shell(other, has_address)
    works_on(carol)


def test_the_hub_dies(lab: Lab, carol: Person) -> None:
    """Notebooks answer on, without a single failure, and somebody who logs in waits at most 30 s."""
    bob, stranger = Person(lab, "bob"), Person(lab, "bob")
    with Prober(carol.ask_notebook) as notebook, Prober(partial(stranger.page, "/hub/login")) as front_page:
        kill_pod(lab, HUB)
        outage = front_page.outage(60)
        bob.log_in()
    tell("the hub's death, until somebody can log in", outage)
    works_on(carol)
    assert notebook.failures == []
    assert outage < 30


def test_the_proxy_dies(lab: Lab, carol: Person) -> None:
    """Every connection goes through it. Notebooks are reached again within 10 s, and have gone on meanwhile."""
    with Prober(carol.ask_notebook) as notebook:
        kill_pod(lab, PROXY)
        outage = notebook.outage(60)
    tell("the proxy's death, until a notebook is reached", outage)
    works_on(carol)
    assert outage < 10


def test_the_machine_of_hub_proxy_and_notebook_dies(lab: Lab, carol: Person, workers: list[str]) -> None:
    """The front page is back within 90 s; within 3 minutes the person has started again elsewhere, with all files, without an admin."""
    lost = machine_of(lab, CAROLS)
    assert {machine_of(lab, HUB), machine_of(lab, PROXY)} == {lost}
    carol.run("open('left', 'w').write('before')")
    lab.kubectl("uncordon", *workers)
    stranger = Person(lab, "bob")
    with Prober(partial(stranger.page, "/hub/login")) as front_page:
        begin = time.monotonic()
        lab.cut_power(lost)
        try:
            outage = front_page.outage(150)
            carol.start(180)
            started = time.monotonic() - begin
        finally:
            lab.switch_on(lost)
    tell("a machine's death, until the front page is back", outage)
    tell("a machine's death, until its user has started again", started)
    assert machine_of(lab, CAROLS) != lost
    assert carol.run("print(open('left').read(), open('lines').readlines()[0])").split() == ["before", "0"]
    assert outage < 90
    assert started < 180

    def all_is_well() -> None:
        assert [each["metadata"]["name"] for each in items(lab, "nodes") if not is_ready(each)] == []
        assert [each["metadata"]["name"] for each in items(lab, "pods", "-n", "jupyterhub") if not is_ready(each)] == []

    tell("the machine's return, until all is well", until(all_is_well, 120, 3))
