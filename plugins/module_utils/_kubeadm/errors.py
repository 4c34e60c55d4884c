# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The one error of this package."""

from __future__ import annotations


class KubeadmError(Exception):
    """Something is not as it has to be. The message names the object, what was wanted and what to do; never a secret."""
