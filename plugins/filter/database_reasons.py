# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter database_reasons, documented in the YAML file of its name."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _database


def database_reasons(settings: Mapping[str, Any]) -> list[str]:
    """Return why the hub's database cannot be made of the role's inputs."""
    return _database.reasons(settings, datetime.datetime.now(datetime.timezone.utc))


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filters by name."""
        return {"database_reasons": database_reasons}
