# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Helm's releases as it keeps them: a Secret for each revision. Pure: clock and API are arguments."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Revision = Mapping[str, Any]
"""A Secret (core/v1) of the type ``helm.sh/release.v1``."""

LOOK_SECONDS = 5.0


PENDING = ("pending-install", "pending-upgrade", "pending-rollback")
"""States of a revision that some helm works on, or worked on when it was cut off."""


def selector(release: str, *states: str) -> str:
    """Return the label selector of a release's revisions, in some states or in whichever they are."""
    return f"owner=helm,name={release}" + (f",status in ({','.join(states)})" if states else "")


def number(revision: Revision) -> int:
    """Return which revision of its release it is, from 1."""
    return int(revision["metadata"]["labels"]["version"])


def content(revision: Revision) -> dict[str, Any]:
    """Return the release that a revision holds: its ``config``, which are the values that were given, its ``manifest`` and more."""
    packed = base64.b64decode(base64.b64decode(revision["data"]["release"]))
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


def abandoned(
    find: Callable[[], Sequence[Revision]], timeout: float, now: Callable[[], float], sleep: Callable[[float], None]
) -> Sequence[Revision]:
    """Return the pending revisions once all are older than ``timeout`` seconds: no helm works on them any more. None where a helm ended well.

    ``now`` gives seconds since 1970.
    """
    while True:
        found = find()
        left = max((_created(revision) + timeout - now() for revision in found), default=0.0)
        if left <= 0:
            return found
        sleep(min(left, LOOK_SECONDS))


def _created(revision: Revision) -> float:
    text = revision["metadata"]["creationTimestamp"].replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp()
