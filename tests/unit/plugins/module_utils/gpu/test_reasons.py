# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._gpu import reasons as core

from .inputs import W1, W2, node, pod, settings

PROFILES = "1g.5gb, 1g.5gb+me, 1g.10gb, 2g.10gb, 3g.20gb, 4g.20gb, 7g.40gb"
DISABLED = {"nvidia.com/mig.config": "all-disabled"}
SEVENTHS = {**W1, "mig": {"1g.5gb": 7}}
GPU = {"nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"machines": []},
        {"machines": [{**W1, "slices": 4}, {**W2, "slices": 2}]},
        {"machines": [{**W1, "mig": {"1g.5gb": 7}}]},
        {"machines": [{**W1, "mig": {"1g.5gb": 2, "2g.10gb": 1, "3g.20gb": 1}}], "mig_strategy": "mixed"},
        {"machines": [{**W1, "model": "NVIDIA A900", "mig": {"9g.1gb": 1}}]},
        {"machines": [{**W1, "host_driver": "", "system": "ubuntu24.04"}]},
        {"machines": [{**W1, "host_driver": "580.95.05", "system": "debian12"}], "driver": "host"},
        {"machines": [{**W1, "host_driver": "580.95.05", "system": "debian12"}], "driver": "auto"},
        {"machines": [{**W1, "host_driver": None, "system": "debian12"}], "driver": "auto"},
    ],
)
def test_nothing_is_said_against_a_sound_site(changes: dict[str, Any]) -> None:
    assert core.reasons(settings(**changes), [node("w1"), node("w2")]) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"machines": [W1, {**W1, "name": "W1"}]}, "machines: w1 is listed 2 times"),
        (
            {"machines": [{**W1, "count": "two"}]},
            (
                "machines: invalid literal for int() with base 10: 'two'; "
                "write whole numbers, and platform_gpu_mig as a dictionary of them such as {1g.5gb: 7}"
            ),
        ),
        (
            {"machines": [{**W1, "mig": ["1g.5gb"]}]},
            (
                "machines: 'list' object has no attribute 'items'; "
                "write whole numbers, and platform_gpu_mig as a dictionary of them such as {1g.5gb: 7}"
            ),
        ),
        (
            {"machines": [{"name": "w1", "count": 1}]},
            (
                "w1: its GPU's model isn't known; "
                "set platform_gpu_model as nvidia-smi -L prints it, such as NVIDIA A100-SXM4-40GB"
            ),
        ),
        (
            {"machines": [{**W1, "count": 0}]},
            "w1: it has 0 GPUs; set platform_gpu_count, or take it out of gpu_workers",
        ),
        (
            {"machines": [{**W1, "slices": 0}]},
            "w1: slices is 0; set platform_gpu_slices to the number of pods that share one GPU, 1 for none",
        ),
        (
            {"machines": [{**W1, "mig": {"1g.6gb": 1}}]},
            f"w1: the model NVIDIA-A100-SXM4-40GB has no MIG profile 1g.6gb; take of {PROFILES}",
        ),
        (
            {"machines": [{**W1, "mig": {"3g.20gb": 3}}]},
            (
                "w1: the model NVIDIA-A100-SXM4-40GB has no room for 3 x 3g.20gb; "
                "take fewer or smaller instances (NVIDIA's MIG User Guide)"
            ),
        ),
        (
            {"machines": [{**W1, "mig": {"3g.20gb": 0}}]},
            "w1: mig has 0 of 3g.20gb; take the profile out, or give a number of instances from 1",
        ),
        (
            {"machines": [{**W2, "mig": {"1g.5gb": 1}}]},
            "w2: MIG can't split the model Tesla-T4; set platform_gpu_slices instead of platform_gpu_mig",
        ),
        (
            {"machines": [{**W1, "mig": {"1g.5gb": 1, "2g.10gb": 1}}]},
            (
                "w1: mig has 2 profiles, and the strategy single offers all instances as nvidia.com/gpu; "
                "take one profile, or set nvidia_gpu_operator_mig_strategy: mixed"
            ),
        ),
        (
            {"machines": [{**W1, "host_driver": "580.95.05", "system": "ubuntu24.04"}]},
            (
                "w1: the driver 580.95.05 is installed on the machine, and the operator would bring its own; set "
                "nvidia_gpu_operator_driver: host, or remove it from the machine (apt-get purge '*nvidia*') and restart that"
            ),
        ),
        (
            {"machines": [{**W1, "host_driver": "", "system": "debian13"}], "driver": "auto"},
            (
                "w1: NVIDIA publishes no driver container for debian13; install the driver on the machine "
                "(apt-get install nvidia-driver, from non-free), and set nvidia_gpu_operator_driver: host"
            ),
        ),
        (
            {"machines": [{**W1, "host_driver": ""}], "driver": "host"},
            (
                "w1: no driver runs on the machine, and nvidia_gpu_operator_driver is host; "
                "install one there, or let the operator bring it"
            ),
        ),
        (
            {"machines": [{**W1, "host_driver": "580.95.05"}, {**W2, "host_driver": ""}], "driver": "auto"},
            (
                "w2: no driver runs on the machine, and nvidia_gpu_operator_driver is auto, with a driver on others; "
                "install one there, or let the operator bring it"
            ),
        ),
    ],
)
def test_a_bad_input_is_refused_with_what_to_do(changes: dict[str, Any], reason: str) -> None:
    assert core.reasons(settings(**changes)) == [reason]


def test_a_machine_that_is_no_node_is_named() -> None:
    assert core.reasons(settings(), [node("w1")]) == [
        "w2: the cluster has no node of this name; playbooks/cluster.yml joins a worker"
    ]


def test_all_reasons_come_at_once() -> None:
    bad = {**W2, "count": 0, "slices": -1, "mig": {"1g.5gb": 1}}
    assert len(core.reasons(settings(machines=[bad]), [node("w1")])) == 4


@pytest.mark.parametrize(
    ("labels", "pods", "named"),
    [
        ({}, [pod("a", "w1", **GPU)], ["jupyterhub/a"]),
        (
            DISABLED,
            [pod("b", "w1", **GPU), pod("a", "w1", **{"nvidia.com/mig-1g.5gb": "1"})],
            ["jupyterhub/a", "jupyterhub/b"],
        ),
        ({"nvidia.com/mig.config": "7x1g.5gb"}, [pod("a", "w1", **GPU)], []),
        (DISABLED, [pod("a", "w1", cpu="1"), pod("b", "w3", **GPU), pod("c", "w1", phase="Succeeded", **GPU)], []),
        (DISABLED, [pod("a", None, **GPU)], []),
    ],
)
def test_a_mig_layout_is_not_changed_under_pods_that_use_it(
    labels: dict[str, str], pods: list[dict[str, Any]], named: list[str]
) -> None:
    found = core.reasons(settings(machines=[SEVENTHS]), [node("w1", labels)], pods)
    assert found == [
        (
            f"w1: its MIG layout would change from all-disabled to 7x1g.5gb under {', '.join(named)}; "
            "playbooks/gpu_maintenance.yml tells their owners, and waits for them"
        )
    ] * bool(named)


def test_slicing_changes_under_pods_that_use_a_card() -> None:
    shared = settings(machines=[{**W1, "slices": 4}])
    assert core.reasons(shared, [node("w1", DISABLED)], [pod("a", "w1", **GPU)]) == []


def test_what_works_and_has_a_price_is_warned_of() -> None:
    strange = {"name": "w3", "model": "NVIDIA A900", "count": 1}
    machines = [{**W1, "slices": 4}, strange, {**strange, "name": "w4", "mig": {"1g.1gb": 1}, "slices": 2}, W2]
    assert core.warnings(settings(machines=machines)) == [
        "w1: 4 pods share one card and all of its memory; one that takes too much ends the others",
        "w3: the model NVIDIA-A900 isn't in this release's table",
        "w4: the model NVIDIA-A900 isn't in this release's table, so its MIG layout was not checked",
    ]


@pytest.mark.parametrize(
    ("driver", "found", "by_operator"),
    [
        ("operator", [None, None], True),
        ("host", [None, None], False),
        ("auto", [None, None], True),
        ("auto", ["", ""], True),
        ("auto", ["580.95.05", "580.95.05"], False),
        ("auto", ["580.95.05", ""], False),
    ],
)
def test_who_brings_the_driver(driver: str, found: list[str | None], by_operator: bool) -> None:
    machines = [{**one, "host_driver": version} for one, version in zip((W1, W2), found, strict=True)]
    assert core.driver_by_operator(settings(machines=machines, driver=driver)) is by_operator


NOBLE = {**W1, "host_driver": "", "system": "ubuntu24.04", "kernel": "6.8.0-60-generic"}
PRECOMPILED = {"machines": [NOBLE, W2], "driver_version": "580", "driver_precompiled": True}
IMAGE = "nvcr.io/nvidia/driver:580-6.8.0-60-generic-ubuntu24.04"


@pytest.mark.parametrize(
    ("changes", "images"),
    [
        (PRECOMPILED, {"w1": IMAGE}),
        ({"machines": [NOBLE], "driver_version": "580.95.05"}, {"w1": "nvcr.io/nvidia/driver:580.95.05-ubuntu24.04"}),
        (
            {**PRECOMPILED, "values": {"driver": {"repository": "r.example/x"}}},
            {"w1": IMAGE.replace("nvcr.io/nvidia", "r.example/x")},
        ),
        ({**PRECOMPILED, "driver_version": ""}, {}),
        ({**PRECOMPILED, "driver": "host"}, {}),
        ({**PRECOMPILED, "machines": [{**NOBLE, "kernel": ""}]}, {}),
    ],
)
def test_a_driver_that_the_site_names_has_an_image_for_each_machine(
    changes: dict[str, Any], images: dict[str, str]
) -> None:
    assert core.driver_images(settings(**changes)) == images


def test_a_driver_that_does_not_exist_is_refused_and_one_that_nobody_knows_of_is_told() -> None:
    url = "https://nvcr.io/v2/nvidia/driver/manifests/580-6.8.0-60-generic-ubuntu24.04"
    found, missing, silent = ([{"url": url, "error": error}] for error in ("", "404 Not Found", "no answer in 10 s"))
    known = settings(**PRECOMPILED)
    assert core.driver_reasons(known, found) == core.driver_doubts(known, found) == []
    assert core.driver_reasons(known, missing) == [
        (
            f"w1: there is no driver {IMAGE} ({url}: 404 Not Found); "
            "take a version of https://catalog.ngc.nvidia.com/orgs/nvidia/containers/driver/tags, "
            "another kernel, or nvidia_gpu_operator_driver_precompiled: false"
        )
    ]
    assert core.driver_doubts(known, missing) == core.driver_reasons(known, silent) == []
    assert core.driver_doubts(known, silent) == [
        f"w1: whether there is a driver {IMAGE} was not proved ({url}: no answer in 10 s)"
    ]
