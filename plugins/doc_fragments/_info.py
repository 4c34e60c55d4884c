# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it changes without notice.

from __future__ import annotations


class ModuleDocFragment:
    """What is true of every module that only looks."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    description: Can run without changing anything and predict what would change.
    details: It changes nothing and looks in check mode too.
  diff_mode:
    support: none
    description: Returns what has changed, or would change in check mode.
  idempotent:
    support: full
    description: A second run changes nothing.
"""
