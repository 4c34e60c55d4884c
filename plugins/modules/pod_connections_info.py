#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_connections_info
short_description: Try TCP connections from inside running pods
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Tries to connect from every given pod to every given target, all at the same time, and tells how each attempt ended.
  - The pods run C(agnhost), the image of Kubernetes' own end-to-end tests, whose command C(connect) tells a name that does not
    resolve from a port that does not answer and from one that refuses.
  - It fails only when it cannot ask at all. Whether an outcome is good is for the caller to say, with RV(as_expected).
requirements:
  - kubernetes (Python) on the machine that runs the module
extends_documentation_fragment:
  - kubehub.platform._info
  - kubehub.platform._kubeconfig
options:
  namespace:
    description: The pods' namespace.
    type: str
    required: true
  pods:
    description: Names of running pods.
    type: list
    elements: str
    required: true
  targets:
    description:
      - What each pod connects to, as C(host:port). A name with a dot at its end is looked up as it is, without the search list.
    type: list
    elements: str
    required: true
  expect:
    description:
      - How every connection should end. V(closed) means that it is refused or never answered; a name that does not resolve is neither.
    type: str
    choices: [open, closed]
    default: open
  timeout:
    description: Seconds that one attempt may take.
    type: float
    default: 2.0
  patience:
    description: Seconds during which a connection that ended otherwise is tried again.
    type: float
    default: 0.0
  parallel:
    description: How many connections are tried at the same time.
    type: int
    default: 8
  program:
    description: Path of C(agnhost) in the pods.
    type: str
    default: /agnhost
"""

EXAMPLES = r"""
- name: A pod without the label must not reach the database
  kubehub.platform.pod_connections_info:
    kubeconfig: ~/.kube/config
    namespace: shop
    pods: [stranger]
    targets: ["db.shop.svc.cluster.local.:5432"]
    expect: closed
  register: connections
  failed_when: not connections.as_expected
"""

RETURN = r"""
as_expected:
  description: Whether every connection ended as O(expect) says.
  returned: success
  type: bool
msg:
  description: How many connections ended as expected, and how each of the others ended.
  returned: always
  type: str
  sample: "24 of 25 connections open; probe-w1 to 198.19.0.12:8080: TIMEOUT"
connections:
  description: The last attempt of each connection.
  returned: success
  type: list
  elements: dict
  contains:
    pod:
      description: From where.
      type: str
    target:
      description: To where.
      type: str
    outcome:
      description: V(open), V(refused), V(timeout), V(dns) for a name that does not resolve, or V(error).
      type: str
    message:
      description: The program's own words. Empty when the connection is open.
      type: str
    seconds:
      description: How long the attempt took.
      type: float
    attempts:
      description: How many attempts there were.
      type: int
    expected:
      description: Whether this is what O(expect) says.
      type: bool
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _connections as core
from ansible_collections.kubehub.platform.plugins.module_utils._pod_exec import IMPORT_ERROR, PodExecError, Pods


def attempt(pods: Pods, program: str, timeout: float, pod: str, target: str) -> core.Answer:
    """Try one connection from a pod."""
    try:
        # Looking up a name is not under the program's own limit: a resolver may take two tries of 5 s.
        ended = pods.run(pod, core.command(program, target, timeout), timeout + 15)
    except PodExecError as error:
        return core.Answer("error", str(error))
    return core.answer(ended.status, ended.stderr or ended.stdout)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "namespace": {"type": "str", "required": True},
            "pods": {"type": "list", "elements": "str", "required": True},
            "targets": {"type": "list", "elements": "str", "required": True},
            "expect": {"type": "str", "choices": ["open", "closed"], "default": "open"},
            "timeout": {"type": "float", "default": 2.0},
            "patience": {"type": "float", "default": 0.0},
            "parallel": {"type": "int", "default": 8},
            "program": {"type": "str", "default": "/agnhost"},
        },
        supports_check_mode=True,
    )
    if IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes"), exception=IMPORT_ERROR)
    wanted: dict[str, Any] = module.params
    try:
        pairs = core.pairs(wanted["pods"], wanted["targets"])
        pods = Pods(wanted["kubeconfig"], wanted["namespace"])
    except (core.ConnectionsError, PodExecError) as error:
        module.fail_json(msg=str(error))

    def connect(pair: tuple[str, str]) -> core.Connection:
        return core.attempt_until(
            *pair,
            wanted["expect"],
            wanted["patience"],
            lambda pod, target: attempt(pods, wanted["program"], wanted["timeout"], pod, target),
            time.monotonic,
            time.sleep,
        )

    with ThreadPoolExecutor(max_workers=max(1, wanted["parallel"])) as pool:
        connections = list(pool.map(connect, pairs))
    module.exit_json(
        changed=False,
        as_expected=all(item.expected for item in connections),
        connections=[asdict(item) for item in connections],
        msg=core.summary(connections, wanted["expect"]),
    )


if __name__ == "__main__":
    main()
