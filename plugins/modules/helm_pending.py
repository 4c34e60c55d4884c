#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_pending
short_description: Clear up after a helm that was cut off
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Helm marks a release as pending while it works on it, and refuses to touch a pending one. Where it was killed, the mark stays for good.
  - Waits while another helm may still be at work, which is for O(timeout) seconds after it began. Then it rolls back to the revision that was
    deployed last, so that all objects are that one's again, and removes the pending revisions. Where none was ever deployed, the objects wait
    for the next install.
  - Does nothing where no revision is pending.
requirements:
  - helm
  - kubernetes (Python) 31 or newer
  - openshift (Python) 0.13.2 or newer
options:
  kubeconfig:
    description: File with access to the cluster.
    type: path
    required: true
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
attributes:
  check_mode:
    support: full
    description: Can run without changing anything and predict what would change.
  diff_mode:
    support: none
    description: Returns what has changed, or would change in check mode.
    details: The state of a release is helm's own and says nothing to people.
  idempotent:
    support: full
    description: A second run changes nothing.
seealso:
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: Clear up after a helm that was cut off
  kubehub.platform.helm_pending:
    kubeconfig: ~/.kube/department.conf
    name: jupyterhub
    namespace: jupyterhub
    timeout: 600

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
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _cluster, _helm
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import Cluster, ClusterError


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "binary_path": {"type": "path", "default": "helm"},
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    if _cluster.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("openshift"), exception=_cluster.IMPORT_ERROR)
    wanted: dict[str, Any] = module.params
    name, namespace = wanted["name"], wanted["namespace"]
    try:
        cluster = Cluster({**dict.fromkeys(_cluster.OPTIONS), "kubeconfig": wanted["kubeconfig"]})

        def find(*states: str) -> list[dict[str, Any]]:
            return cluster.find("Secret", namespace=namespace, label_selector=_helm.selector(name, *states))

        pending = _helm.abandoned(lambda: find(*_helm.PENDING), wanted["timeout"], time.time, time.sleep)
        deployed = _helm.newest(find("deployed")) if pending else 0
        if pending and deployed and not module.check_mode:
            status, _out, error = module.run_command(
                [wanted["binary_path"], "rollback", name, str(deployed), "--namespace", namespace],
                environ_update={"KUBECONFIG": wanted["kubeconfig"]},
            )
            if status:
                module.fail_json(
                    msg=f"Release {name} in {namespace} can't be rolled back to {deployed}: {error.strip()}"
                )
        # A rollback leaves the mark on the revision that it leaves behind.
        if not module.check_mode:
            for revision in pending:
                cluster.delete({"kind": "Secret", "metadata": revision["metadata"]})
    except ClusterError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=bool(pending), pending=[item["metadata"]["name"] for item in pending], rolled_back_to=deployed
    )


if __name__ == "__main__":
    main()
