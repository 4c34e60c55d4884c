# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it changes without notice.

from __future__ import annotations


class ModuleDocFragment:
    """How a module reaches a cluster that only one file gives access to."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: File with access to the cluster.
    type: path
    required: true
"""
