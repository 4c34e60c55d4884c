# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter queue_usage, documented in the YAML file of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import usage


def queue_usage(value: Iterable[Mapping[str, Any]], form: str = "table") -> str:
    """Return rows of usage as a text."""
    if form not in usage.FORMATS:
        raise AnsibleFilterError(f"queue_usage: '{form}' is none of {', '.join(usage.FORMATS)}")
    try:
        rows = [usage.Row(**{**row, "user": row["user"] or ""}) for row in value]
        return usage.FORMATS[form](rows)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(f"queue_usage: this is not the usage of yunikorn_queues_info: {error!r}") from error


class FilterModule:
    """Names of the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by name."""
        return {"queue_usage": queue_usage}
