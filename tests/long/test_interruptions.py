# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`site.yml` killed with SIGKILL at six moments, each in the run that follows the one before: each run gets past where its predecessor was killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from tests.lab.lab import Lab, running
from tests.long.labs import lab_of

Moment = Callable[[Lab], Callable[[], bool]]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab of bare machines and a mirror."""
    with lab_of("cut", 14) as made:
        yield made


def on(machine: str, *words: str, after: float = 0.0) -> Moment:
    """When a process of a machine has these words in its arguments, and some seconds later."""

    def moment(lab: Lab) -> Callable[[], bool]:
        init = lab.init_process(machine)
        return later(lambda: running(*words, init=init), after)

    return moment


def helm(release: str) -> Moment:
    """When helm installs or upgrades a release."""
    return lambda lab: lambda: running(f"{lab.state}/bin/helm", "upgrade", f" {release} ")


def later(come: Callable[[], bool], seconds: float) -> Callable[[], bool]:
    """Some seconds after something has come, even where it has gone meanwhile."""
    begun: list[float] = []

    def passed() -> bool:
        if not begun and come():
            begun.append(time.monotonic())
        return bool(begun) and time.monotonic() - begun[0] >= seconds

    return passed


# In the order in which a run gets there.
MOMENTS: dict[str, Moment] = {
    "packages": on("lb1", "apt-get", "install", after=1.0),
    "hub-database": on("nfs1", "/usr/lib/postgresql/", "/bin/postgres"),
    "init": on("cp1", "kubeadm", "init", after=5.0),
    "control-plane-join": on("cp2", "kubeadm", "join", after=5.0),
    "network-release": helm("cilium"),
    "hub-release": helm("jupyterhub"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_gets_past_where_the_last_was_killed(lab: Lab, moment: str) -> None:
    lab.cut_off(MOMENTS[moment](lab), "site.yml", log=f"killed-{moment}")


def test_the_next_run_ends_well_and_verify_proves_it(lab: Lab) -> None:
    lab.playbook("site.yml", log="site-after-all")
    path = lab.logs / "verify.json"
    lab.playbook("playbooks/verify.yml", "-e", f"verify_report_path={path}", log="verify-after-all")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["ok"] is True


def test_nothing_is_left_half_done(lab: Lab) -> None:
    assert lab.playbook("site.yml", log="site-after-that").changed == {}
    for machine in ("cp1", "cp2", "cp3", "w1", "w2"):
        lab.shell(machine, 'test ! -e /etc/kubernetes/kubehub-unfinished && test -z "$(dpkg --audit)"')
