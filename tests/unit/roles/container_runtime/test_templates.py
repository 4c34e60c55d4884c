# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What containerd, apt and the registries' clients are told, rendered as Ansible renders it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).parents[4] / "roles"
BARE_METAL = {"node_profile_cgroup_driver": "systemd", "node_profile_can_raise_limits": True}
CONTAINER = {"node_profile_cgroup_driver": "cgroupfs", "node_profile_can_raise_limits": False}


def render(source: str, **inputs: Any) -> Any:
    """Return what a template gives with the role's defaults and variables."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("release/defaults/main.yml", "container_runtime/defaults/main.yml", "container_runtime/vars/main.yml"):
        variables |= loader.load_from_file(str(ROLES / path), trusted_as_template=True)
    variables |= BARE_METAL | {"ansible_managed": "Ansible managed"} | inputs
    return Templar(loader, variables=variables).template(trust_as_template(source))


def template(name: str, **inputs: Any) -> str:
    """Return a template's text."""
    return str(render((ROLES / "container_runtime" / "templates" / name).read_text(encoding="utf-8"), **inputs))


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (BARE_METAL, {"restrict_oom_score_adj": "false", "SystemdCgroup": "true"}),
        (CONTAINER, {"restrict_oom_score_adj": "true", "SystemdCgroup": "false"}),
    ],
)
def test_containerd_follows_the_detected_profile(profile: dict[str, Any], expected: dict[str, str]) -> None:
    found = dict(re.findall(r"^ *(\w+) = (.+)$", template("config.toml.j2", **profile), re.MULTILINE))
    assert {key: found[key] for key in expected} == expected
    assert found["version"] == "3"
    assert found["sandbox"] == '"registry.k8s.io/pause:3.10.2"'
    assert found["cdi_spec_dirs"] == '["/etc/cdi", "/var/run/cdi"]'


def test_each_mirrored_registry_has_its_own_path_on_the_mirror_and_no_way_upstream() -> None:
    hosts = render(
        "{{ __container_runtime_hosts }}",
        platform_mirror_url="http://198.18.7.51",
        container_runtime_mirrored_registries=["registry.k8s.io", "docker.io"],
    )
    assert hosts == {
        registry: (
            "# Ansible managed\n"
            f'server = "http://198.18.7.51/v2/{registry}"\n'
            'capabilities = ["pull", "resolve"]\n'
            "override_path = true\n"
        )
        for registry in ("docker.io", "registry.k8s.io")
    }
    paths = render(
        "{{ __container_runtime_hosts_files.keys() | list }}",
        platform_mirror_url="http://198.18.7.51",
        container_runtime_mirrored_registries=["docker.io"],
    )
    assert paths == ["/etc/containerd/certs.d/docker.io/hosts.toml"]


def test_without_a_mirror_no_registry_is_redirected() -> None:
    assert render("{{ __container_runtime_hosts }}") == {}
    assert render("{{ __container_runtime_hosts_files }}") == {}


def test_mirrors_that_are_no_longer_wanted_are_found() -> None:
    answer = {
        "stdout": "files:\n"
        "  /etc/containerd/certs.d/quay.io/hosts.toml: 644 00\n"
        "  /etc/containerd/config.toml: 644 00\n"
    }
    assert render("{{ __container_runtime_found_registries | list }}", __container_runtime_probe=answer) == ["quay.io"]
    bare = {"stdout": "files:\nrunning: false\n"}
    assert render("{{ __container_runtime_found }}", __container_runtime_probe=bare) == {"files": {}, "running": False}


def test_a_proxy_is_named_in_both_spellings() -> None:
    text = template(
        "environment.j2", container_runtime_proxy={"https_proxy": "http://proxy:3128", "no_proxy": "10.0.0.0/8"}
    )
    assert {line for line in text.splitlines() if "=" in line} == {
        'HTTPS_PROXY="http://proxy:3128"',
        'NO_PROXY="10.0.0.0/8"',
        'https_proxy="http://proxy:3128"',
        'no_proxy="10.0.0.0/8"',
    }


@pytest.mark.parametrize(
    ("package", "kept"),
    [
        ("containerd", True),
        ("containerd.io", True),
        ("runc", True),
        ("kubelet", True),
        ("kubectl", True),
        ("runcom", False),
        ("containerd-doc", False),
        ("openssl", False),
        ("kubecolor", False),
    ],
)
def test_unattended_upgrades_leave_what_runs_pods_alone(package: str, kept: bool) -> None:
    patterns = re.findall(r'^ +"(.+)";$', template("unattended-upgrades.j2"), re.MULTILINE)
    # As unattended-upgrades does it: each is a regular expression that a name must begin with.
    assert any(re.match(pattern, package) for pattern in patterns) is kept


@pytest.mark.parametrize(
    ("found", "inputs", "differs"),
    [
        ({}, {}, False),
        ({"packages_missing": ["runc"]}, {}, True),
        ({"installed": ""}, {}, True),
        ({"files": {}}, {}, True),
        ({"running": False}, {}, True),
        ({}, {"container_runtime_ca_certificates": {"site": "PEM"}}, True),
    ],
)
def test_a_machine_is_worked_on_where_anything_of_it_differs(
    found: dict[str, Any], inputs: dict[str, Any], differs: bool
) -> None:
    inputs = {**inputs, "ansible_search_path": [str(ROLES / "container_runtime")]}
    stands = {
        "packages_missing": None,
        "installed": render("{{ __container_runtime_wanted }}"),
        "files": render("{{ __container_runtime_files }}", **inputs),
        "running": True,
    }
    assert (
        render("{{ __container_runtime_differs }}", **inputs, __container_runtime_found={**stands, **found}) is differs
    )
