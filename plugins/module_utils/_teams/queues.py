# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Teams as YuniKorn's queue configuration. Pure.

Each team is a queue below the root, its bounds the queue's, what each user may have a limit of everybody (``*``): no user's name stands
in the configuration, so it needs no change for a new one. Pods name their queue; those whose queue is not there go to the fallback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import quantity
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.model import (
    Config,
    Limit,
    NodeSortPolicy,
    Pairs,
    Partition,
    PlacementRule,
    Preemption,
    Queue,
    Resources,
)
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.validate import (
    DEFAULT_PARTITION,
    ROOT,
    WILDCARD,
)

from .model import OWN, Amounts, Team

_DECIMAL = {"P": 10**15, "T": 10**12, "G": 10**9, "M": 10**6, "k": 10**3}


class MergeError(ValueError):
    """A document that teams can't be added to. The message says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How queues share: order of waiting servers in a team (``fair`` or ``fifo``), of nodes (``fair`` or ``binpacking``), and preemption.

    ``preemption_delay`` is the seconds that a server waits before others may be stopped for a guaranteed share.
    """

    sort: str = "fair"
    node_sort: str = "fair"
    preemption: bool = True
    preemption_delay: int = 30


def config(teams: Sequence[Team], fallback: Team, policy: Policy) -> Config:
    """Return the configuration of teams that have no faults; ``fallback`` takes users without a team."""
    root = Queue(
        name=ROOT,
        parent=True,
        submitacl=WILDCARD,
        properties=(
            ("application.sort.policy", policy.sort),
            ("preemption.delay", f"{policy.preemption_delay}s"),
        ),
        queues=tuple(_queue(team, 0) for team in (*teams, fallback)),
    )
    partition = Partition(
        name=DEFAULT_PARTITION,
        queues=(root,),
        placementrules=(PlacementRule(name="provided"), PlacementRule(name="fixed", value=fallback.queue)),
        preemption=Preemption(enabled=policy.preemption),
        nodesortpolicy=NodeSortPolicy(type=policy.node_sort),
    )
    return Config(partitions=(partition,))


def merged(document: Config, teams: Sequence[Team], fallback: Team) -> Config:
    """Return a valid ``document`` with the teams' queues below its root; all else stays as the document has it.

    Raise :class:`MergeError` where the document has a queue of a team's name, or nothing to add the queues to.
    """
    partition = next((each for each in document.partitions if each.name.lower() in ("", DEFAULT_PARTITION)), None)
    if partition is None:
        raise MergeError("the document has no partition default, so teams can't be added to it")
    queues = partition.queues or ()
    rooted = len(queues) == 1 and queues[0].name.lower() == ROOT
    present = queues[0].queues if rooted else queues
    taken = {queue.name.lower() for queue in present}
    added = [*teams, *(() if fallback.name in taken else (fallback,))]
    twice = sorted(taken & {team.name for team in added})
    if twice:
        raise MergeError(
            f"{', '.join(twice)}: the document has a queue of this name, and there is such a team; keep one of both"
        )
    below = (*present, *(_queue(team, 0) for team in added))
    changed = replace(partition, queues=(replace(queues[0], queues=below),) if rooted else below)
    return replace(document, partitions=tuple(changed if each is partition else each for each in document.partitions))


def _queue(team: Team, servers: int) -> Queue:
    """Return a team's queue; ``servers`` is what a user may have above it, which YuniKorn wants in every limit below."""
    own = (Queue(name=OWN),) if team.children and team.peopled else ()
    servers = team.servers or servers
    each = Limit(limit="each user", users=(WILDCARD,), maxresources=_pairs(team.per_user), maxapplications=servers)
    return Queue(
        name=team.name,
        parent=bool(team.children),
        resources=Resources(guaranteed=_pairs(team.guaranteed) or None, max=_pairs(team.max) or None),
        properties=(("priority.offset", str(team.priority)),) if team.priority else (),
        limits=(each,) if team.per_user or team.servers else (),
        queues=(*own, *(_queue(child, servers) for child in team.children)),
    )


def _pairs(amounts: Amounts) -> Pairs:
    return tuple(sorted((name, text(value, name)) for name, value in amounts.items()))


def text(value: int, resource: str) -> str:
    """Return an amount as YuniKorn and people read it, ``1500m``, ``64Gi`` or ``500M``."""
    found = quantity.render(value, resource)
    if resource == quantity.VCORE or not found.isdigit():
        return found
    return next(
        (f"{value // scale}{suffix}" for suffix, scale in _DECIMAL.items() if value and value % scale == 0), found
    )


def paths(teams: Iterable[Team]) -> dict[str, str]:
    """Return the name of the team by the full name of a queue that takes its servers."""
    found: dict[str, str] = {}
    for team in teams:
        found[team.queue] = team.name
        found |= paths(team.children)
    return found
