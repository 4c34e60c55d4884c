# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it changes without notice.

from __future__ import annotations


class ModuleDocFragment:
    """What the modules of kubeadm's join tokens have in common."""

    DOCUMENTATION = r"""
requirements:
  - Python 3.10 or newer, its standard library alone
  - C(kubectl), and the kubeconfig of a cluster admin
notes:
  - Runs on a living control plane of a cluster that kubeadm made, as root. Delegate the task there.
options:
  description:
    description:
      - What C(kubeadm token list) shows beside a token, and the mark by which the module knows its own tokens.
      - Give the same text to the C(bootstrapTokens) of kubeadm's InitConfiguration, and the token that C(kubeadm init)
        makes is a managed one too.
    type: str
    default: "kubehub.platform: lets machines join, revoked after the run"
  kubeconfig:
    description: Path of a cluster admin's kubeconfig.
    type: path
    default: /etc/kubernetes/admin.conf
attributes:
  check_mode:
    description: Can run without changing anything and predict what would change.
  diff_mode:
    description: Returns what has changed, or would change in check mode.
  idempotent:
    description: A second run with the same options changes nothing, unless the cluster has changed or time has passed in between.
"""
