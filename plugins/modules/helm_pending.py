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
  - Waits while another helm may still be at work, which is for O(timeout) seconds after it began, and then removes the revision that it did not
    finish. The revision before it counts again, and the next upgrade does what was half done; objects stay as they are.
  - Does nothing where no revision is pending.
extends_documentation_fragment:
  - kubehub.platform._cluster
options:
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
  diff_mode:
    support: none
    details: The state of a release is helm's own and says nothing to people.
  idempotent:
    support: full
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
removed:
  description: Names of the Secrets that held the revisions that were not finished.
  returned: success
  type: list
  elements: str
  sample: [sh.helm.release.v1.jupyterhub.v4]
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
            **_cluster.OPTIONS,
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    if _cluster.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("openshift"), exception=_cluster.IMPORT_ERROR)
    wanted: dict[str, Any] = module.params
    selector = _helm.pending_selector(wanted["name"])
    try:
        cluster = Cluster(wanted)
        found = _helm.abandoned(
            lambda: cluster.find("Secret", namespace=wanted["namespace"], label_selector=selector),
            wanted["timeout"],
            time.time,
            time.sleep,
        )
        for revision in found if not module.check_mode else ():
            cluster.delete({"kind": "Secret", "metadata": revision["metadata"]})
    except ClusterError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(found), removed=[revision["metadata"]["name"] for revision in found])


if __name__ == "__main__":
    main()
