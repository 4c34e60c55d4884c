#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_members_info
short_description: Ask the etcd members of a kubeadm cluster how they are
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Asks each etcd pod that kubeadm made, all at the same time, how it finds every member, with the pod's own C(etcdctl) and certificates.
  - A member is unhealthy when any member that answers finds it so. One whose pod cannot be asked is judged by the others.
  - It fails only when no member answers.
requirements:
  - kubernetes (Python) on the machine that runs the module
extends_documentation_fragment:
  - kubehub.platform._info
options:
  kubeconfig:
    description: File with an administrator's access to the cluster.
    type: path
    required: true
  timeout:
    description: Seconds that a member may take to answer.
    type: float
    default: 15.0
"""

EXAMPLES = r"""
- name: Look at etcd before an upgrade
  kubehub.platform.etcd_members_info:
    kubeconfig: ~/.kube/config
  register: etcd
  failed_when: etcd.members | rejectattr('healthy') | length > 0
"""

RETURN = r"""
members:
  description: Every member that etcd knows, sorted by its address.
  returned: success
  type: list
  elements: dict
  contains:
    endpoint:
      description: The address at which it serves clients.
      type: str
    healthy:
      description: Whether every member that answered finds it healthy.
      type: bool
    error:
      description: Why one finds it unhealthy. Empty when it is healthy.
      type: str
silent:
  description: Why pods could not be asked, a line for each.
  returned: success
  type: list
  elements: str
"""

from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _etcd_members as core
from ansible_collections.kubehub.platform.plugins.module_utils._pod_exec import IMPORT_ERROR, PodExecError, Pods


def ask(pods: Pods, pod: str, timeout: float) -> list[core.Member] | str:
    """Return what one pod says of all members, or why it says nothing."""
    try:
        # etcdctl's exit status is 1 when a member is unhealthy; its answer says which.
        ended = pods.run(pod, core.COMMAND, timeout)
        return core.parse(ended.stdout)
    except (PodExecError, core.EtcdMembersError) as error:
        return f"{pod}: {error}"


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "timeout": {"type": "float", "default": 15.0},
        },
        supports_check_mode=True,
    )
    if IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes"), exception=IMPORT_ERROR)
    try:
        pods = Pods(module.params["kubeconfig"], "kube-system")
        names = pods.names(core.SELECTOR)
    except PodExecError as error:
        module.fail_json(msg=str(error))
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        answers = list(pool.map(lambda pod: ask(pods, pod, module.params["timeout"]), names))
    silent = [answer for answer in answers if isinstance(answer, str)]
    members = core.merge(answer for answer in answers if not isinstance(answer, str))
    if not members:
        module.fail_json(msg="; ".join(["no etcd member answers", *silent]), silent=silent)
    module.exit_json(
        changed=False,
        members=[{"endpoint": item.endpoint, "healthy": item.healthy, "error": item.error} for item in members],
        silent=silent,
    )


if __name__ == "__main__":
    main()
