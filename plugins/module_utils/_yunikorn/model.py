# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""YuniKorn's queue configuration as upstream's structs have it. Source: yunikorn-core ``pkg/common/configs/config.go``.

Values are what upstream's decoder makes of a document: quantities stay the author's text, a missing number is 0, a missing
text is empty. Mappings are tuples of sorted pairs, so that everything is hashable and two equal documents are equal values.
``None`` stands only where upstream tells "absent" from "empty": ``Resources.max`` and ``guaranteed``, ``Partition.queues``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Pairs = tuple[tuple[str, str], ...]
"""A string mapping, sorted by key: resource name to quantity, or property name to value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """Bounds of a queue by resource name; quantities as written."""

    guaranteed: Pairs | None = None
    max: Pairs | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChildTemplate:
    """What a leaf gets that a placement rule creates below this queue."""

    maxapplications: int = 0
    properties: Pairs = ()
    resources: Resources = field(default_factory=Resources)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """What each of the named users, and each of the named groups as a whole, may use in a queue."""

    limit: str = ""
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    maxresources: Pairs = ()
    maxapplications: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue and the queues below it."""

    name: str = ""
    parent: bool = False
    resources: Resources = field(default_factory=Resources)
    maxapplications: int = 0
    properties: Pairs = ()
    adminacl: str = ""
    submitacl: str = ""
    childtemplate: ChildTemplate = field(default_factory=ChildTemplate)
    queues: tuple[Queue, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Whom a placement rule is for; a list of one entry may be a regular expression."""

    type: str = ""
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacementRule:
    """How an application finds its queue; ``parent`` makes the queue above it."""

    name: str = ""
    create: bool = False
    filter: Filter = field(default_factory=Filter)
    parent: PlacementRule | None = None
    value: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preemption:
    """The partition's switches; None is upstream's default: preemption on, quota preemption off."""

    enabled: bool | None = None
    quotapreemptionenabled: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSortPolicy:
    """How nodes are chosen: ``fair``, ``binpacking`` or empty for the default, with a weight for each resource."""

    type: str = ""
    resourceweights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class UserGroupResolver:
    """Where groups of a user come from."""

    type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Partition:
    """A partition; the only one that Kubernetes uses is ``default``."""

    name: str = ""
    queues: tuple[Queue, ...] | None = None
    placementrules: tuple[PlacementRule, ...] = ()
    limits: tuple[Limit, ...] = ()
    preemption: Preemption = field(default_factory=Preemption)
    nodesortpolicy: NodeSortPolicy = field(default_factory=NodeSortPolicy)
    usergroupresolver: UserGroupResolver = field(default_factory=UserGroupResolver)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """One document; ``checksum`` is read and never used."""

    partitions: tuple[Partition, ...] = ()
    checksum: str = ""
