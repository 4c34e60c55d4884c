# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What etcd's members say of each other. Pure: reads answers, asks nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# kubeadm's paths and names, as they are inside its etcd pods.
SELECTOR = "component=etcd"
COMMAND = (
    "etcdctl",
    "--endpoints=https://127.0.0.1:2379",
    "--cacert=/etc/kubernetes/pki/etcd/ca.crt",
    "--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt",
    "--key=/etc/kubernetes/pki/etcd/healthcheck-client.key",
    "--command-timeout=3s",
    "endpoint",
    "health",
    "--cluster",
    "--write-out=json",
)


class EtcdMembersError(ValueError):
    """An answer that is not etcdctl's. The message quotes it."""


@dataclass(frozen=True)
class Member:
    """A member by its client address, and why another finds it unhealthy; empty when none does."""

    endpoint: str
    error: str

    @property
    def healthy(self) -> bool:
        """Whether every member that answered finds it healthy."""
        return not self.error


def parse(answer: str) -> list[Member]:
    """Return what one member said of all; raise :class:`EtcdMembersError` when it is not etcdctl's JSON."""
    try:
        return [
            Member(
                found["endpoint"], "" if found["health"] else " ".join(str(found.get("error") or "unhealthy").split())
            )
            for found in json.loads(answer)
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise EtcdMembersError(f"etcdctl answered what is not its JSON: {' '.join(answer.split())[:200]}") from error


def merge(answers: Iterable[Sequence[Member]]) -> list[Member]:
    """Return each member once, by endpoint; one that any other finds unhealthy is so."""
    errors: dict[str, str] = {}
    for answer in answers:
        for member in answer:
            errors[member.endpoint] = errors.get(member.endpoint) or member.error
    return [Member(endpoint, error) for endpoint, error in sorted(errors.items())]
