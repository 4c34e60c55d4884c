#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_objects_info
short_description: Ask a cluster for objects of several kinds at once
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Returns the objects of several kinds. M(kubernetes.core.k8s_info) returns those of one, and needs a second for each.
  - Has patience with an API server that does not answer yet, and never more than O(timeout). The Kubernetes client has no limit of its
    own, and waits for minutes where a cluster was taken down.
  - In check mode a cluster that does not answer is no failure, since it may not have been made yet. RV(silence) says why there is
    none, and every kind has no object.
requirements:
  - kubernetes (Python) 31 or newer
  - openshift (Python) 0.13.2 or newer
extends_documentation_fragment:
  - kubehub.platform._info
  - kubehub.platform._kubeconfig
options:
  objects:
    description: What is asked for.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: Kind of the objects.
        type: str
        required: true
      api_version:
        description: Version of the kind.
        type: str
        default: v1
      namespace:
        description: Namespace of the objects; by default all are looked through.
        type: str
      name:
        description: Name of the only object.
        type: str
      label_selectors:
        description: Only objects whose labels are all of these, for example C(app=hub).
        type: list
        elements: str
        default: []
      field_selectors:
        description: Only objects whose fields are all of these, for example C(type=Warning).
        type: list
        elements: str
        default: []
  timeout:
    description: Seconds after which an API server that does not answer is given up. In check mode 5 at most.
    type: float
    default: 30.0
"""

EXAMPLES = r"""
- name: Ask for the nodes and the hub
  kubehub.platform.cluster_objects_info:
    kubeconfig: ~/.kube/department.conf
    objects:
      - kind: Node
      - {kind: Deployment, api_version: apps/v1, namespace: jupyterhub, name: hub}
  register: cluster

- name: Say how many nodes there are
  ansible.builtin.debug:
    msg: "{{ cluster.objects.Node | length }} nodes"
"""

RETURN = r"""
objects:
  description: The objects by the kinds that were asked for, as the API returns them. A kind that is asked for twice has the objects of both.
  returned: success
  type: dict
  sample: {Node: [{kind: Node, metadata: {name: cp1}}], Deployment: []}
silence:
  description: Why no cluster answers, in check mode. Empty where one does.
  returned: success
  type: str
  sample: no kubeconfig at /home/admin/.kube/department.conf
"""

import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _cluster
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import AccessError, Cluster, ClusterError

CHECK_SECONDS = 5.0
LOOK_SECONDS = 2.0
TRIES = 3
"""How often the client tries to connect."""


def find(cluster: Cluster, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects that one element of ``objects`` asks for, without the notes on who wrote which field."""
    fields = wanted["field_selectors"] + ([f"metadata.name={wanted['name']}"] if wanted["name"] else [])
    selectors = {
        "namespace": wanted["namespace"],
        "label_selector": ",".join(wanted["label_selectors"]),
        "field_selector": ",".join(fields),
    }
    found = cluster.find(
        wanted["kind"], wanted["api_version"], **{key: text for key, text in selectors.items() if text}
    )
    for one in found:
        one["metadata"].pop("managedFields", None)
    return found


def ask(kubeconfig: str, wanted: list[dict[str, Any]], timeout: float) -> dict[str, list[dict[str, Any]]]:
    """Return the objects by kind, of a cluster that answers within ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while True:
        try:
            cluster = Cluster({"kubeconfig": kubeconfig}, timeout / TRIES)
            found: dict[str, list[dict[str, Any]]] = {}
            for one in wanted:
                found.setdefault(one["kind"], []).extend(find(cluster, one))
            return found
        except ClusterError as error:
            # A balancer that notices a lost API server a moment later than we do is no reason to give up.
            if isinstance(error, AccessError) or time.monotonic() + LOOK_SECONDS > end:
                raise
        time.sleep(LOOK_SECONDS)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "objects": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "kind": {"type": "str", "required": True},
                    "api_version": {"type": "str", "default": "v1"},
                    "namespace": {"type": "str"},
                    "name": {"type": "str"},
                    "label_selectors": {"type": "list", "elements": "str", "default": []},
                    "field_selectors": {"type": "list", "elements": "str", "default": []},
                },
            },
            "timeout": {"type": "float", "default": 30.0},
        },
        supports_check_mode=True,
    )
    if _cluster.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("openshift"), exception=_cluster.IMPORT_ERROR)
    kubeconfig, wanted, timeout = (module.params[name] for name in ("kubeconfig", "objects", "timeout"))
    silence, complaint = "", ""
    if not os.path.exists(kubeconfig):
        silence = f"no kubeconfig at {kubeconfig}"
        complaint = (
            f"There is no kubeconfig at {kubeconfig}. The role kubeadm_ha fetches it (playbooks/cluster.yml); "
            "or let the option kubeconfig name another one."
        )
    else:
        try:
            found = ask(kubeconfig, wanted, min(timeout, CHECK_SECONDS) if module.check_mode else timeout)
            module.exit_json(changed=False, objects=found, silence="")
        except ClusterError as error:
            silence = f"{kubeconfig}: {error}"
            complaint = f"The cluster does not answer. {silence}"
    if not module.check_mode:
        module.fail_json(msg=complaint)
    module.exit_json(changed=False, objects={one["kind"]: [] for one in wanted}, silence=silence)


if __name__ == "__main__":
    main()
