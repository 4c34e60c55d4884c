# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of balancers and of the machines behind them, each documented in the YAML file of its name."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _balancer


def balancer_interface(facts: Mapping[str, Any], address: str) -> str:
    """Return the name of the interface that carries an address."""
    return _balancer.carrier(facts, address)


def balancer_reasons(settings: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Return why a balancer cannot be made of the role's inputs."""
    return _balancer.reasons(settings, facts, datetime.datetime.now(datetime.timezone.utc))


def node_addresses(
    names: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]], network: str, vip: str
) -> list[dict[str, str]]:
    """Return name and address of each machine."""
    try:
        return [{"name": name, "address": _balancer.node_address(name, hostvars[name], network, vip)} for name in names]
    except _balancer.AddressError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "balancer_interface": balancer_interface,
            "balancer_reasons": balancer_reasons,
            "node_addresses": node_addresses,
        }
