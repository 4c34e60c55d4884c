#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeadm_join_token
short_description: Provide and revoke what machines need to join a kubeadm cluster
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Provides a bootstrap token that lives long enough, reusing one that was made before, and returns it with all else that the
    C(discovery) of a JoinConfiguration needs.
  - With O(control_plane=true), also uploads the control plane's certificates, encrypted with a new key, unless an upload
    whose key is known lives long enough.
  - With O(state=absent), revokes tokens and removes uploaded certificates, so that no run leaves a way in.
  - No secret is ever an argument of a command or part of the difference that diff mode shows.
extends_documentation_fragment:
  - kubehub.platform._kubeadm
requirements:
  - C(kubeadm), with O(control_plane=true)
notes:
  - Set C(no_log=true) on a task with O(state=present). The result carries the token and the certificate key; a module
    can't mask what it has to return.
  - The certificate key can't be read back from the cluster. Between O(state=present) and O(state=absent) it is kept in
    O(certificate_key_file), on the control plane that made it, where the certificates that it opens lie in the clear anyway.
    On another control plane the certificates are uploaded anew.
  - kubeadm's Role and RoleBinding C(kubeadm:kubeadm-certs) stay, as they do after kubeadm itself. They give access
    to a Secret that is no longer there.
  - The machine's clock decides what has expired.
options:
  state:
    description:
      - With V(present), a token with which machines can join exists.
      - With V(absent), the tokens that O(revoke) names and the uploaded certificates do not.
    type: str
    choices: [present, absent]
    default: present
  control_plane:
    description:
      - Whether control planes are to join too, so that the certificates have to be uploaded.
      - Only for O(state=present).
    type: bool
    default: false
  ttl:
    description:
      - How long a new token lives, in whole hours, minutes and seconds, as in V(90m), V(2h) or V(24h0m0s).
      - A token that never expires is not made.
    type: str
    default: 2h
  min_remaining:
    description:
      - A token or uploaded certificates are reused only if they live at least this long; at most O(ttl).
      - With O(control_plane=true), less than V(2h), which is how long kubeadm lets uploaded certificates live.
    type: str
    default: 30m
  revoke:
    description:
      - What O(state=absent) removes.
      - With V(managed), the tokens whose description is O(description), and certificates that this module uploaded.
      - With V(kubeadm), also the token that C(kubeadm init) makes, and certificates that anybody uploaded. Given a configuration
        file, C(kubeadm init) leaves its token without a description, so every token without a description that has kubeadm's default
        usages and groups counts as such.
      - With V(all), every bootstrap token of the cluster, and certificates that anybody uploaded.
    type: str
    choices: [managed, kubeadm, all]
    default: managed
  ca_cert:
    description: Path of the cluster's CA certificate in PEM, whose public key joining machines pin.
    type: path
    default: /etc/kubernetes/pki/ca.crt
  certificate_key_file:
    description:
      - Path of the file that keeps the certificate key, mode 0600, until O(state=absent) removes it.
      - Its directory has to exist, and should be on a file system in memory.
    type: path
    default: /run/kubehub.platform-certificate-key.json
attributes:
  check_mode:
    support: full
    details: A token or key that would be made is null in the result.
  diff_mode:
    support: full
    details: Shows ids and times, never a secret.
  idempotent:
    support: full
seealso:
  - module: kubehub.platform.kubeadm_join_token_info
  - name: kubeadm's join
    description: What a JoinConfiguration holds.
    link: https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
"""

EXAMPLES = r"""
- name: Join the machines
  block:
    - name: Prepare the join on a living control plane
      kubehub.platform.kubeadm_join_token:
        control_plane: true
      delegate_to: cp1
      run_once: true
      become: true
      no_log: true
      register: join

    - name: Join as a control plane
      ansible.builtin.command:
        argv: [kubeadm, join, --config, /dev/stdin]
        creates: /etc/kubernetes/kubelet.conf
        stdin: "{{ configuration | to_json }}"
      become: true
      no_log: true
      vars:
        configuration:
          apiVersion: kubeadm.k8s.io/v1beta4
          kind: JoinConfiguration
          discovery:
            bootstrapToken:
              token: "{{ join.token }}"
              apiServerEndpoint: "{{ join.api_server_endpoint }}"
              caCertHashes: "{{ join.ca_cert_hashes }}"
          controlPlane:
            certificateKey: "{{ join.certificate_key }}"
  always:
    - name: Leave no way in behind, kubeadm init's own token included
      kubehub.platform.kubeadm_join_token:
        state: absent
        revoke: kubeadm
      delegate_to: cp1
      run_once: true
      become: true
"""

RETURN = r"""
token:
  description: The token. B(A secret). Null in check mode when one would be made.
  returned: when O(state=present)
  type: str
token_id:
  description: The token's public part, by which C(kubeadm token list) and M(kubehub.platform.kubeadm_join_token_info) name it.
  returned: when O(state=present)
  type: str
  sample: abcdef
expires:
  description: When the token expires, in UTC by RFC 3339; null when it never does.
  returned: when O(state=present)
  type: str
  sample: "2026-11-24T12:00:00Z"
ca_cert_hashes:
  description: For C(caCertHashes), the SHA-256 of the public key of each certificate in O(ca_cert).
  returned: when O(state=present)
  type: list
  elements: str
  sample: ["sha256:0e5b6d5d5ee1b1a4d0e8a2fe7d8ec7d6c3a2c1f1c9e4a5b6c7d8e9f001122334"]
api_server_endpoint:
  description: For C(apiServerEndpoint), the host and port of the API server that O(kubeconfig) names.
  returned: when O(state=present)
  type: str
  sample: 192.0.2.100:6443
certificate_key:
  description: >-
    For C(certificateKey), the key that opens the uploaded certificates. B(A secret). Null without O(control_plane=true),
    and in check mode when one would be made.
  returned: when O(state=present)
  type: str
certificates_expire:
  description: When the uploaded certificates go, in UTC by RFC 3339. Null without O(control_plane=true).
  returned: when O(state=present)
  type: str
  sample: "2026-11-24T12:00:00Z"
revoked:
  description: The ids of the tokens that were revoked, or would be in check mode.
  returned: when O(state=absent)
  type: list
  elements: str
  sample: [abcdef]
certificates_removed:
  description: Whether uploaded certificates were removed, or would be in check mode.
  returned: when O(state=absent)
  type: bool
"""

import secrets
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import machine, plan
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.certificate import CERTS_SECRET, StoredKey
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.cluster import Cluster
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.errors import KubeadmError
from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm.token import (
    check_description,
    format_time,
    format_token,
    generate,
    parse_duration,
)


def find(cluster: Cluster, key_file: str) -> plan.Found:
    """What is there, in the cluster and on this machine."""
    tokens, unreadable = cluster.tokens()
    exists, key = machine.read_key(key_file)
    return plan.Found(tokens=tokens, unreadable=unreadable, upload=cluster.upload(), key=key, key_file=exists)


def provide(params: dict[str, Any], cluster: Cluster, now: datetime, check_mode: bool) -> dict[str, Any]:
    """Does ``state: present`` and returns the result."""
    wanted = plan.Wanted(
        description=params["description"],
        ttl=parse_duration(params["ttl"], "ttl"),
        at_least=parse_duration(params["min_remaining"], "min_remaining"),
        control_plane=params["control_plane"],
    )
    plan.check(wanted)
    ca_cert_hashes, endpoint = machine.ca_cert_hashes(params["ca_cert"]), cluster.endpoint()
    found = find(cluster, params["certificate_key_file"])
    join = plan.plan_join(found, wanted, now)
    token, key = join.token, join.certificate_key
    if not check_mode:
        if token is None:
            token = generate(
                secrets.choice,
                {old.id for old in found.tokens},
                description=wanted.description,
                expires=now + wanted.ttl,
            )
            cluster.create_token(token)
        if join.upload:
            key = secrets.token_hex(32)
            upload(cluster, params["certificate_key_file"], key, join.superseded)
    return {
        "changed": join.changed,
        "diff": plan.join_diff(found, wanted, join),
        "token": format_token(token) if token else None,
        "token_id": token.id if token else None,
        "expires": format_time(join.expires) if join.expires else None,
        "ca_cert_hashes": ca_cert_hashes,
        "api_server_endpoint": endpoint,
        "certificate_key": key,
        "certificates_expire": format_time(join.certificates_expire) if join.certificates_expire else None,
    }


def upload(cluster: Cluster, key_file: str, key: str, superseded: tuple[str, ...]) -> None:
    """Uploads the certificates with a key, keeps the key, and removes the tokens that owned the upload before."""
    # The old key opens nothing from here on; should the upload fail half-way, no stale file may stay.
    machine.remove_key(key_file)
    done = cluster.upload_certificates(key, machine.own_endpoint(machine.APISERVER_MANIFEST))
    machine.write_key(key_file, StoredKey(certificate_key=key, uid=done.uid, resource_version=done.resource_version))
    for name in superseded:
        if name not in done.owners:
            cluster.delete_secret(name)


def remove(params: dict[str, Any], cluster: Cluster, check_mode: bool) -> dict[str, Any]:
    """Does ``state: absent`` and returns the result."""
    found = find(cluster, params["certificate_key_file"])
    removal = plan.plan_removal(found, description=params["description"], revoke=params["revoke"])
    if not check_mode:
        if removal.certificates:
            cluster.delete_secret(CERTS_SECRET)
        for name in removal.secrets:
            cluster.delete_secret(name)
        if removal.key_file:
            machine.remove_key(params["certificate_key_file"])
    return {
        "changed": removal.changed,
        "diff": plan.removal_diff(found, removal),
        "revoked": [plan.token_id(name) for name in removal.secrets],
        "certificates_removed": removal.certificates,
    }


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **machine.OPTIONS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "control_plane": {"type": "bool", "default": False},
            "ttl": {"type": "str", "default": "2h"},
            "min_remaining": {"type": "str", "default": "30m"},
            "revoke": {"type": "str", "choices": ["managed", "kubeadm", "all"], "default": "managed"},
            "ca_cert": {"type": "path", "default": "/etc/kubernetes/pki/ca.crt"},
            "certificate_key_file": {
                "type": "path",
                "default": "/run/kubehub.platform-certificate-key.json",
                "no_log": False,
            },
        },
        supports_check_mode=True,
    )
    params = module.params
    present = params["state"] == "present"
    now = datetime.now(timezone.utc)
    try:
        check_description(params["description"])
        cluster = machine.connect(module, kubeadm=present and params["control_plane"])
        result = (
            provide(params, cluster, now, module.check_mode) if present else remove(params, cluster, module.check_mode)
        )
    except KubeadmError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
