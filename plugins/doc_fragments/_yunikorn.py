# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it changes without notice.

from __future__ import annotations


class ModuleDocFragment:
    """What the modules of YuniKorn's queues have in common."""

    DOCUMENTATION = r"""
notes:
  - The scheduler is asked through the API server's proxy of its Service C(yunikorn-service), port 9080, which asks for
    the right to C(get) and C(create) on C(services/proxy). Nothing has to be exposed.
options:
  namespace:
    description:
      - The namespace of YuniKorn and its ConfigMaps.
    type: str
    default: yunikorn
  partition:
    description:
      - The partition whose queues are looked at. On Kubernetes, YuniKorn uses V(default) alone.
    type: str
    default: default
"""
