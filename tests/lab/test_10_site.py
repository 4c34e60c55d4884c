# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From bare machines to a verified cluster, and again: what an admin does on the first days."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

from .lab import Lab
from .secrets import Watcher


def report(lab: Lab, name: str = "verify", **kwargs: str) -> dict[str, dict[str, object]]:
    """Run verify on the lab and return its report's checks by id and host."""
    path = lab.logs / f"{name}.json"
    lab.playbook("playbooks/verify.yml", "-e", f"verify_report_path={path}", log=name)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["schema"] == 1
    assert content["ok"] is True
    return {check["id"]: check for check in content["checks"]}


def test_check_mode_works_on_bare_machines(lab: Lab) -> None:
    """Nothing is installed yet, and `--check --diff` still runs to the end and changes nothing."""
    lab.playbook("playbooks/mirror.yml", log="mirror")
    lab.playbook("site.yml", "--check", "--diff", log="site-check-bare")
    gone = lab.shell("cp1", "test ! -e /etc/kubernetes && test ! -e /usr/local/bin/containerd && ! command -v haproxy")
    assert gone.status == 0


def test_a_mirror_is_as_good_an_upstream_as_the_internet(lab: Lab, tmp_path: Path) -> None:
    """Every item, downloaded and verified from the lab's mirror into a second folder, equals what the first one holds."""
    first = lab.run("python", "-m", "lab.content", "build", log="content-first").output.split()[-1]
    second, cache = tmp_path / "second", tmp_path / "cache"
    upstream = f"--upstream=http://{lab.address(51)}"
    download = ("python", "-m", "lab.content", "build", "--source=download", upstream, f"--output={second}")
    lab.run(*download, log="content-download", KUBEHUB_CACHE=str(cache))
    sources = {item["source"] for item in json.loads((second / "manifest.json").read_text(encoding="utf-8"))}
    assert sources == {"download"}
    lab.run("python", "-m", "lab.content", "compare", first, str(second), log="content-compare")
    shutil.rmtree(tmp_path)


def test_site_builds_a_cluster_that_verify_proves(lab: Lab) -> None:
    """The thin line end to end: balancers, init, joins, network; then every proof from outside."""
    inits = {machine: lab.init_process(machine) for machine in ("cp1", "cp2", "cp3")}
    with Watcher(inits, ("/run/kubehub.platform-certificate-key.json",)) as watcher:
        lab.playbook("site.yml", "-vvv", log="site-first")
    watched = {"arguments": sorted(watcher.arguments), "secrets": sorted(watcher.secrets)}
    (lab.logs / "watched.json").write_text(json.dumps(watched), encoding="utf-8")
    checks = report(lab)
    # Containers share a kernel without project quotas; a virtual machine proves them. The stand-in of YuniKorn enforces nothing, and
    # the lab's GPUs are not there.
    assert {id_ for id_, check in checks.items() if check["ok"] is None} == {"hub_quota", "queue_quota", "gpu_cuda"}, (
        checks
    )
    assert {"api", "etcd", "policy_denies", "hub_login", "hub_cell", "hub_isolation"} <= checks.keys()
    assert {"gpu_offer", "gpu_pod"} <= checks.keys()
    charged = "kubehub-verify-a in root.physics, kubehub-verify-b in root.biology, none is the hub's"
    assert checks["hub_queue"]["detail"] == charged
    assert stat.S_IMODE(lab.kubeconfig.stat().st_mode) == 0o600


def standing(lab: Lab) -> dict[str, list[str]]:
    """What another run must leave alone: pods with the ages of their containers, Secrets with their versions, and hashes of machines' secrets."""
    field = "{.metadata.namespace}/{.metadata.name} {.metadata.uid}"
    shown = {"pods": "{.status.containerStatuses[*].state.running.startedAt}", "secrets": "{.metadata.resourceVersion}"}
    found = {
        kind: lab.kubectl(
            "get", kind, "-A", "-o", f"jsonpath={{range .items[*]}}{field} {version}{{'\\n'}}{{end}}"
        ).output
        for kind, version in shown.items()
    }
    for machine, folder in (("nfs1", "/etc/kubehub"), ("lb1", "/etc/haproxy"), ("cp1", "/etc/kubernetes")):
        found[machine] = lab.shell(machine, f"find {folder} -type f -exec sha256sum {{}} + | sort").output
    # Those of verify are still being removed.
    return {
        kind: [line for line in text.splitlines() if not line.startswith("kubehub-verify-")]
        for kind, text in found.items()
    }


def test_second_run_changes_nothing_and_restores_what_the_controller_lost(lab: Lab) -> None:
    """`changed=0` everywhere, no pod was restarted, and no secret is another one, where the controller starts empty as an AWX job does."""
    before = standing(lab)
    assert all(before.values())
    lab.kubeconfig.unlink()
    again = lab.playbook("site.yml", log="site-second")
    assert again.changed == {}
    assert standing(lab) == before
    assert stat.S_IMODE(lab.kubeconfig.stat().st_mode) == 0o600
    print(f"second run: {again.seconds:.0f} s")


def test_check_mode_has_nothing_to_do_on_a_finished_cluster(lab: Lab) -> None:
    """`--check --diff` on a finished site reports no change."""
    assert lab.playbook("site.yml", "--check", "--diff", log="site-check-finished").changed == {}
