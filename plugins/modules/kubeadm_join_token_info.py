#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeadm_join_token_info
short_description: List the bootstrap tokens of a kubeadm cluster
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Lists the bootstrap tokens with which machines can join a cluster, and says whether the control plane's certificates
    are uploaded.
  - Returns ids, which are public, and never a secret.
extends_documentation_fragment:
  - kubehub.platform._kubeadm
attributes:
  check_mode:
    support: full
    details: This module changes nothing.
  diff_mode:
    support: N/A
    details: This module changes nothing.
  idempotent:
    support: full
    details: This module changes nothing.
seealso:
  - module: kubehub.platform.kubeadm_join_token
"""

EXAMPLES = r"""
- name: List the tokens
  kubehub.platform.kubeadm_join_token_info:
  register: join_tokens

- name: No token with which a machine could join is left
  ansible.builtin.assert:
    that: join_tokens.tokens | rejectattr('expired') | length == 0
"""

RETURN = r"""
tokens:
  description: Every readable bootstrap token of the cluster, by id.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The public part of the token.
      type: str
      sample: abcdef
    description:
      description: What the token is for.
      type: str
    expires:
      description: When it expires, in UTC by RFC 3339; null when it never does.
      type: str
      sample: "2026-11-24T12:00:00Z"
    expired:
      description: Whether it has expired. The cluster removes expired tokens within seconds.
      type: bool
    remaining_seconds:
      description: How long it still lives; null when it never expires.
      type: int
    groups:
      description: The groups as whose member a machine acts with it.
      type: list
      elements: str
    usages:
      description: What it may be used for.
      type: list
      elements: str
    managed:
      description: Whether its description is O(description).
      type: bool
unreadable:
  description: Secrets of the bootstrap tokens' type that hold no usable token. Kubernetes does not accept them either.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The Secret's name.
      type: str
    reason:
      description: What is wrong with it.
      type: str
certificates:
  description: The control plane's certificates in the Secret C(kubeadm-certs), encrypted with a key that the cluster does not have.
  returned: success
  type: dict
  contains:
    uploaded:
      description: Whether they are there.
      type: bool
    expires:
      description: When they go, with the token that owns them; null when they are not there or never go.
      type: str
      sample: "2026-11-24T12:00:00Z"
    managed:
      description: Whether M(kubehub.platform.kubeadm_join_token) uploaded them.
      type: bool
"""

from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import machine, plan
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.errors import KubeadmError


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(argument_spec=machine.OPTIONS, supports_check_mode=True)
    now = datetime.now(timezone.utc)
    try:
        cluster = machine.connect(module)
        tokens, unreadable = cluster.tokens()
        found = plan.Found(tokens=tokens, unreadable=unreadable, upload=cluster.upload())
    except KubeadmError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        tokens=[plan.describe(token, now, module.params["description"]) for token in found.tokens],
        unreadable=[{"name": secret.name, "reason": secret.reason} for secret in found.unreadable],
        certificates=plan.describe_upload(found),
    )


if __name__ == "__main__":
    main()
