#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_prepare
short_description: Clear the way for helm's next work on a release
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Helm marks a release as pending while it works on it, and refuses to touch a pending one. Where it was killed, the mark stays for good.
  - Waits while another helm may still be at work, which is for O(timeout) seconds after it began. Then it rolls back to the revision that was
    deployed last, so that all objects are that one's again, and removes the pending revisions. Where none was ever deployed, the objects wait
    for the next install.
  - With O(chart_ref), the chart is rendered first, which checks the values by its own rules, and nothing is cleared up where it cannot be.
    In diff mode, what would change in the release is returned.
notes:
  - Values may hold secrets, which a task's C(no_log) keeps out of logs.
requirements:
  - helm
  - kubernetes (Python) 31 or newer
  - openshift (Python) 0.13.2 or newer
extends_documentation_fragment:
  - kubehub.platform._kubeconfig
options:
  binary_path:
    description: The program helm.
    type: path
    default: helm
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  timeout:
    description: Seconds that a helm works on this release at most, so its own O(kubernetes.core.helm#module:timeout).
    type: int
    default: 300
  chart_ref:
    description: A chart's folder, archive, or name in O(chart_repo_url).
    type: str
  chart_repo_url:
    description: Address of the repository that has the chart.
    type: str
  chart_version:
    description: Version of the chart, by default its newest one.
    type: str
  values:
    description: The chart's values. They go to helm through a pipe and are never on disk.
    type: dict
  kube_version:
    description: The cluster's version of Kubernetes, for example C(v1.37.2).
    type: str
  secrets:
    description: Texts that RV(difference) and errors do not repeat.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Can run without changing anything and predict what would change.
  diff_mode:
    support: partial
    description: Returns what has changed, or would change in check mode.
    details: Returns in RV(difference) what the next helm would change. What is cleared up is helm's own and says nothing to people.
  idempotent:
    support: full
    description: A second run changes nothing.
seealso:
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: Have the chart judge its values, and clear up after a helm that was cut off
  kubehub.platform.helm_prepare:
    kubeconfig: ~/.kube/department.conf
    name: jupyterhub
    namespace: jupyterhub
    timeout: 600
    chart_ref: ./jupyterhub
    values: "{{ values }}"
    kube_version: v1.37.2
  register: release

- name: Say whether this is an upgrade
  ansible.builtin.debug:
    msg: "{{ release.status == 'deployed' }}"

- name: Install or upgrade
  kubernetes.core.helm:
    kubeconfig: ~/.kube/department.conf
    name: jupyterhub
    release_namespace: jupyterhub
    chart_ref: ./jupyterhub
    timeout: 600s
"""

RETURN = r"""
pending:
  description: Names of the Secrets that hold the revisions that were not finished.
  returned: success
  type: list
  elements: str
  sample: [sh.helm.release.v1.jupyterhub.v4]
rolled_back_to:
  description: Number of the revision that was deployed last, 0 where none was or none is pending.
  returned: success
  type: int
  sample: 3
status:
  description: State of the release's last revision, as helm calls it. Empty where there is no release.
  returned: success
  type: str
  sample: deployed
difference:
  description:
    - Lines of a unified diff of the last revision's values and objects and those that are wanted. Empty when nothing would change, without
      O(chart_ref), and out of diff mode.
    - The data of Secrets, and values whose name says that they are a secret, token, password, key or URL, are only told to be the same or
      another.
  returned: success
  type: list
  elements: str
"""

import json
import time
import traceback
from collections.abc import Mapping
from typing import Any

try:
    import yaml
except ImportError:
    YAML_ERROR = traceback.format_exc()
else:
    YAML_ERROR = ""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _cluster, _helm, _shown
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import Cluster, ClusterError


def helm(module: AnsibleModule, arguments: list[str], data: str | None = None) -> tuple[int, str, str]:
    """Return helm's exit status, output and errors; ``data`` is its input."""
    command, environment = [module.params["binary_path"], *arguments], {"KUBECONFIG": module.params["kubeconfig"]}
    try:
        status, out, error = module.run_command(command, data=data, environ_update=environment, handle_exceptions=False)
    except OSError as refusal:
        module.fail_json(msg=f"The program helm can't be run: {refusal}")
    return status, out, error.strip()


def render(module: AnsibleModule) -> str:
    """Return the objects that the chart makes of the values, as YAML."""
    wanted: dict[str, Any] = module.params
    arguments = ["template", wanted["name"], wanted["chart_ref"], "--values", "-"]
    for option, name in (
        ("namespace", "--namespace"),
        ("kube_version", "--kube-version"),
        ("chart_repo_url", "--repo"),
        ("chart_version", "--version"),
    ):
        arguments += [name, wanted[option]] if wanted[option] else []
    status, out, error = helm(module, arguments, json.dumps(wanted["values"]))
    if status:
        reason = _shown.text(error, wanted["secrets"])
        module.fail_json(msg=f"The chart cannot be rendered with these values. {reason}")
    return out


def difference(module: AnsibleModule, revision: Mapping[str, Any], manifest: str) -> list[str]:
    """Return what differs between a release, empty where there is none, and the wanted values and objects."""

    def objects(text: str) -> list[dict[str, Any]]:
        return [item for item in yaml.safe_load_all(text) if isinstance(item, dict)]

    def dump(value: object) -> str:
        return str(yaml.safe_dump(value, width=160, default_flow_style=False))

    def number(text: str) -> float:
        # As helm keeps it: 1.0 is 1.
        return int(float(text)) if float(text).is_integer() else float(text)

    values = json.loads(json.dumps(module.params["values"]), parse_float=number)
    old = revision.get("config") or {}, objects(revision.get("manifest", ""))
    return _shown.difference(old, (values, objects(manifest)), dump, module.params["secrets"])


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "binary_path": {"type": "path", "default": "helm"},
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 300},
            "chart_ref": {"type": "str"},
            "chart_repo_url": {"type": "str"},
            "chart_version": {"type": "str"},
            "values": {"type": "dict"},
            "kube_version": {"type": "str"},
            # They are in the values, too: no_log is the task's. Here it would also mask what only looks like a short one.
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
        },
        required_together=[("chart_ref", "values", "kube_version")],
        supports_check_mode=True,
    )
    if _cluster.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("openshift"), exception=_cluster.IMPORT_ERROR)
    if YAML_ERROR:
        module.fail_json(msg=missing_required_lib("PyYAML"), exception=YAML_ERROR)
    wanted: dict[str, Any] = module.params
    name, namespace = wanted["name"], wanted["namespace"]
    manifest = render(module) if wanted["chart_ref"] else ""
    try:
        cluster = Cluster({**dict.fromkeys(_cluster.OPTIONS), "kubeconfig": wanted["kubeconfig"]})

        def find(*states: str) -> list[dict[str, Any]]:
            return cluster.find("Secret", namespace=namespace, label_selector=_helm.selector(name, *states))

        pending = _helm.abandoned(lambda: find(*_helm.PENDING), wanted["timeout"], time.time, time.sleep)
        deployed = max(map(_helm.number, find("deployed")), default=0) if pending else 0
        if pending and deployed and not module.check_mode:
            status, _out, error = helm(module, ["rollback", name, str(deployed), "--namespace", namespace])
            if status:
                module.fail_json(msg=f"Release {name} in {namespace} can't be rolled back to {deployed}: {error}")
        # A rollback leaves the mark on the revision that it leaves behind.
        if not module.check_mode:
            for revision in pending:
                cluster.delete({"kind": "Secret", "metadata": revision["metadata"]})
        last = max(find(), key=_helm.number, default=None)
    except ClusterError as error:
        module.fail_json(msg=str(error))
    shows = wanted["chart_ref"] and module._diff
    module.exit_json(
        changed=bool(pending),
        pending=[item["metadata"]["name"] for item in pending],
        rolled_back_to=deployed,
        status=last["metadata"]["labels"]["status"] if last else "",
        difference=difference(module, _helm.content(last) if last else {}, manifest) if shows else [],
    )


if __name__ == "__main__":
    main()
