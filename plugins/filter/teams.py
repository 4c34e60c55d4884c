# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters from a site's teams to YuniKorn's queues, each documented in the YAML file of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils._teams import membership
from ansible_collections.kubehub.platform.plugins.module_utils._teams.inputs import Inputs


def team_reasons(
    teams: Any, settings: Mapping[str, Any] | None = None, nodes: Iterable[Mapping[str, Any]] = ()
) -> list[str]:
    """Return why these teams can't share a cluster."""
    return Inputs(teams, settings or {}, nodes).reasons


def team_queues(teams: Any, settings: Mapping[str, Any] | None = None) -> str:
    """Return YuniKorn's configuration of these teams."""
    inputs = Inputs(teams, settings or {})
    if inputs.reasons:
        raise AnsibleFilterError(f"team_queues: {'; '.join(inputs.reasons)}")
    return inputs.config()


def team_queue_of_group(teams: Any, settings: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the queue that takes a group's servers, by the hub's group."""
    return membership.queue_of_group(Inputs(teams, settings or {}).teams)


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "team_reasons": team_reasons,
            "team_queues": team_queues,
            "team_queue_of_group": team_queue_of_group,
        }
