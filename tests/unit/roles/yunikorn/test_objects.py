# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role makes beside the chart, rendered as Ansible renders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/yunikorn"
SITE: dict[str, Any] = {
    "yunikorn_namespace": "scheduler",
    "yunikorn_network_plugin": "cilium",
    "yunikorn_user_accounts": ["hub:hub"],
    "yunikorn_rest_clients": [{"namespace": "hub", "labels": {"component": "hub"}}],
    "ansible_check_mode": False,
    "__yunikorn_cluster": {"objects": {"Namespace": []}},
}
GUARD = ["Namespace", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "PriorityClass"]


def objects(**inputs: Any) -> dict[str, dict[str, Any]]:
    """Return the objects by kind, in their order."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    found = Templar(loader, variables=variables | SITE | inputs).template(trust_as_template("{{ __yunikorn_objects }}"))
    return {one["kind"]: one for one in found}


def test_the_guard_stands_before_the_chart_and_the_namespace_before_its_policy() -> None:
    found = objects()
    assert list(found) == [*GUARD, "CiliumNetworkPolicy"]
    assert found["Namespace"]["metadata"] == {
        "name": "scheduler",
        "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
    }
    assert found["PriorityClass"]["metadata"]["annotations"] == {"yunikorn.apache.org/allow-preemption": "false"}
    assert found["CiliumNetworkPolicy"]["metadata"] == {"namespace": "scheduler", "name": "scheduler"}


def test_another_network_plugin_has_no_policy_of_cilium_s() -> None:
    assert list(objects(yunikorn_network_plugin="flannel")) == GUARD


def test_a_check_run_tries_nothing_in_a_namespace_that_is_not_there() -> None:
    assert list(objects(ansible_check_mode=True)) == GUARD
    there = {"objects": {"Namespace": [{"metadata": {"name": "scheduler"}}]}}
    assert list(objects(ansible_check_mode=True, __yunikorn_cluster=there)) == [*GUARD, "CiliumNetworkPolicy"]
