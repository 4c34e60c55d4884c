# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of checks, what keeps one from being made, and the test pods, rendered as Ansible renders them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.kubehub.platform.plugins.module_utils import _report

ROLE = Path(__file__).parents[4] / "roles" / "verify"
VARS: dict[str, Any] = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))
CHECKS: list[dict[str, Any]] = [
    VARS["__verify_api"],
    *VARS["__verify_checks"],
    VARS["__verify_hub_cleanup"],
    VARS["__verify_cleanup"],
]
HUB = {check["id"] for check in CHECKS if check["id"].startswith("hub_")}
SOUND: dict[str, Any] = {
    "__verify_results": [{"id": "api", "ok": True}],
    "__verify_probes": [{"name": "probe-w1", "node": "w1", "address": "198.19.0.7"}],
    "verify_network_policies": True,
    "verify_mirror_url": "http://198.18.7.51",
    "ansible_check_mode": False,
    "verify_hub_url": "https://hub.example.org",
    "verify_hub_user": "alice",
    "verify_hub_quota": 1073741824,
    "verify_scheduler_namespace": "yunikorn",
    "__verify_hub_headers": {"Authorization": "token x"},
    "__verify_hub_running": True,
    "verify_gpu_machines": [{"name": "w2", "model": "Tesla T4", "count": 1}],
    "__verify_known_nodes": {"resources": [{"metadata": {"labels": {"nvidia.com/cuda.driver.major": "580"}}}]},
}


def render(expression: str, **variables: Any) -> Any:
    """Return what an expression becomes with the role's vars and the given ones."""
    loader = DataLoader()
    known = loader.load_from_file(str(ROLE / "vars/main.yml"), trusted_as_template=True)
    return Templar(loader, variables=known | variables).template(trust_as_template(expression))


def unasked(identifier: str, **changes: Any) -> str:
    """Return why a check is not made; empty when it is."""
    (check,) = [check for check in CHECKS if check["id"] == identifier]
    return str(render("{{ __verify_unasked }}", **(SOUND | {"__verify_check": check} | changes)))


def test_every_check_has_its_tasks_and_all_tasks_are_a_check() -> None:
    assert sorted(check["id"] for check in CHECKS) == sorted(
        path.stem for path in (ROLE / "tasks/checks").glob("*.yml")
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check["id"])
def test_a_check_that_fails_is_of_the_reports_schema(check: dict[str, Any]) -> None:
    made = {"id": check["id"], "name": check["name"], "host": "site", "ok": False, "seconds": 1.5, "detail": "broken"}
    assert _report.build([{**made, "remedy": check["remedy"]}])["ok"] is False


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check["id"])
def test_a_check_concludes_and_changes_nothing_that_counts(check: dict[str, Any]) -> None:
    tasks = yaml.safe_load((ROLE / "tasks/checks" / f"{check['id']}.yml").read_text(encoding="utf-8"))
    assert any("__verify_outcome" in task.get("ansible.builtin.set_fact", {}) for task in tasks)
    for task in tasks:
        if {"kubernetes.core.k8s", "kubernetes.core.k8s_exec", "kubehub.platform.notebook_cell"} & set(task):
            assert task["changed_when"] is False, task["name"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check["id"])
def test_a_sound_site_is_asked_everything(check: dict[str, Any]) -> None:
    assert unasked(check["id"]) == ""


@pytest.mark.parametrize(
    ("changes", "reason", "checks"),
    [
        (
            {"__verify_results": [{"id": "api", "ok": False}]},
            "Not asked: the API does not answer.",
            {check["id"] for check in CHECKS} - {"api"},
        ),
        (
            {"ansible_check_mode": True},
            "A check run starts no pods.",
            {check["id"] for check in CHECKS} - {"api", "control_planes", "etcd", "nodes", "gpu_offer"},
        ),
        ({"verify_gpu_machines": []}, "This site has no GPU machines.", {"gpu_offer", "gpu_pod", "gpu_cuda"}),
        (
            {"__verify_known_nodes": {"resources": [{"metadata": {"name": "w2"}}]}},
            "No driver of CUDA is known on the GPU machines, so nothing there calculates.",
            {"gpu_cuda"},
        ),
        (
            {"__verify_probes": []},
            "Not asked: no test pod is ready.",
            {"dns", "pod_to_pod", "service", "policy_denies", "policy_allows", "mirror_image"},
        ),
        (
            {"verify_network_policies": False},
            "The network plugin enforces no policies (cluster_network_plugin: flannel).",
            {"policy_denies", "policy_allows", "hub_isolation"},
        ),
        ({"verify_hub_url": ""}, "This site has no hub.", HUB),
        ({"verify_hub_user": ""}, "No password of a user is known here (verify_hub_user).", {"hub_login"}),
        ({"verify_hub_quota": 0}, "Homes have no quota at this site.", {"hub_quota"}),
        (
            {"verify_scheduler_namespace": ""},
            "This site shares its cluster without YuniKorn.",
            {"hub_queue", "queue_quota"},
        ),
        ({"__verify_hub_headers": {}}, "Not asked: no user was made.", {"hub_cleanup"}),
        (
            {"__verify_hub_running": False},
            "Not asked: no server of a user runs.",
            {"hub_cell", "hub_file", "hub_privacy", "hub_isolation", "hub_quota", "hub_queue"},
        ),
        (
            {"verify_mirror_url": ""},
            "This site has no mirror: its images come from upstream.",
            {"mirror_image"},
        ),
    ],
)
def test_what_is_missing_keeps_only_those_back_that_need_it(
    changes: dict[str, Any], reason: str, checks: set[str]
) -> None:
    found = {check["id"]: unasked(check["id"], **changes) for check in CHECKS}
    assert {identifier for identifier, said in found.items() if said} == checks
    assert {said for said in found.values() if said} == {reason}


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def controllers_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """A controller whose clock shows another zone's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("controllers_zone")
def test_what_an_interrupted_run_left_is_as_old_in_every_zone() -> None:
    (start,) = yaml.safe_load((ROLE / "tasks/start.yml").read_text(encoding="utf-8"))
    (oldest,) = [
        task["vars"]["__verify_oldest"] for task in start["block"] if "__verify_oldest" in task.get("vars", {})
    ]
    found = datetime.fromisoformat(str(render(oldest, verify_leavings_age=1800)).replace("Z", "+00:00"))
    assert abs(datetime.now(timezone.utc) - timedelta(seconds=1800) - found) < timedelta(seconds=60)


def pods(template: str, **variables: Any) -> dict[str, dict[str, Any]]:
    """Return the pods of a template by name."""
    loader = DataLoader()
    loader.set_basedir(str(ROLE / "templates"))
    known = SOUND | {
        "ansible_managed": "Ansible managed",
        "__verify_label": VARS["__verify_label"],
        "__verify_namespace": "kubehub-verify-x",
        "__verify_node_names": ["cp1", "w1"],
        "verify_image": "registry.k8s.io/e2e-test-images/agnhost:2",
        "verify_cuda_image": "nvcr.io/nvidia/k8s/cuda-sample:1",
        "__verify_gpu_offer": {
            "w1": {"nvidia.com/gpu": 4},
            "w2": {"nvidia.com/mig-1g.5gb": 2, "nvidia.com/mig-3g.20gb": 1},
        },
    }
    templar = Templar(loader, variables=known | variables)
    templar.environment.loader.searchpath = [str(ROLE / "templates")]
    text = (ROLE / "templates" / template).read_text(encoding="utf-8")
    rendered = templar.template(trust_as_template(text))
    found = [item for item in yaml.safe_load_all(str(rendered)) if item]
    assert all(item["metadata"].get("namespace", "kubehub-verify-x") == "kubehub-verify-x" for item in found)
    return {item["metadata"]["name"]: item for item in found if item["kind"] == "Pod"}


def node_of(pod: dict[str, Any]) -> str:
    """Return the node that a pod must run on."""
    wanted = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (node,) = wanted["nodeSelectorTerms"][0]["matchFields"][0]["values"]
    return str(node)


TWO = [{"name": f"probe-{node}", "node": node, "address": "198.19.0.7"} for node in ("cp1", "w1")]


def test_a_probe_runs_on_every_node() -> None:
    found = pods("probes.yml.j2")
    assert {name: node_of(pod) for name, pod in found.items()} == {"probe-cp1": "cp1", "probe-w1": "w1"}


def test_guests_run_where_probes_do_and_visitors_come_from_another_node() -> None:
    assert {name: node_of(pod) for name, pod in pods("guests.yml.j2", __verify_probes=TWO).items()} == {
        "guarded": "cp1",
        "friend": "w1",
        "stranger": "w1",
        "pull-cp1": "cp1",
        "pull-w1": "w1",
    }


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"verify_network_policies": False}, {"pull-cp1", "pull-w1"}),
        ({"verify_mirror_url": ""}, {"guarded", "friend", "stranger"}),
        ({"verify_network_policies": False, "verify_mirror_url": ""}, set()),
    ],
)
def test_no_guest_without_a_question(changes: dict[str, Any], names: set[str]) -> None:
    assert set(pods("guests.yml.j2", __verify_probes=TWO, **changes)) == names


@pytest.mark.parametrize(
    ("template", "seconds"), [("probes.yml.j2", 0), ("guests.yml.j2", 0), ("gpus.yml.j2", 1), ("cuda.yml.j2", 1)]
)
def test_a_pod_goes_without_its_kubelet_unless_it_has_a_gpu(template: str, seconds: int) -> None:
    found = pods(template, __verify_probes=TWO)
    assert {pod["spec"]["terminationGracePeriodSeconds"] for pod in found.values()} == {seconds}


@pytest.mark.parametrize("template", ["gpus.yml.j2", "cuda.yml.j2"])
def test_every_gpu_machine_is_asked_for_one_of_what_it_offers(template: str) -> None:
    found = pods(template)
    assert [node_of(pod) for pod in found.values()] == ["w1", "w2"]
    limits = [pod["spec"]["containers"][0]["resources"]["limits"] for pod in found.values()]
    assert [{name for name in limit if name != "memory"} for limit in limits] == [
        {"nvidia.com/gpu"},
        {"nvidia.com/mig-1g.5gb"},
    ]


@pytest.mark.parametrize("template", ["probes.yml.j2", "guests.yml.j2", "gpus.yml.j2", "cuda.yml.j2"])
def test_pods_satisfy_the_restricted_pod_security_standard_and_run_on_tainted_nodes(template: str) -> None:
    found = pods(template, __verify_probes=TWO)
    assert found
    for pod in found.values():
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert pod["spec"]["tolerations"] == [{"operator": "Exists"}]
        assert container.get("imagePullPolicy", "IfNotPresent") == (
            "Always" if pod["metadata"]["name"].startswith("pull-") else "IfNotPresent"
        )
