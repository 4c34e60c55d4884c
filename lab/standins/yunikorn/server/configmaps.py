# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ConfigMaps as YuniKorn's Kubernetes side reads them: merged key by key, with settings beside the queues."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

NAMES = ("yunikorn-defaults", "yunikorn-configs")
"""Read in this order; a key of the second hides that of the first."""
HOT_REFRESH = "service.enableConfigHotRefresh"
POLICY_GROUP = "service.policyGroup"

_BOOL = r"1|t|T|TRUE|true|True|0|f|F|FALSE|false|False"
_INT = r"[+-]?[0-9]+"
_DURATION = r"[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)"
_TYPES = {
    "service.schedulingInterval": _DURATION,
    "service.volumeBindTimeout": _DURATION,
    "service.dispatchTimeout": _DURATION,
    "service.eventChannelCapacity": _INT,
    "service.disableGangScheduling": _BOOL,
    HOT_REFRESH: _BOOL,
    "service.placeholderRunAsUser": _INT,
    "service.placeholderRunAsGroup": _INT,
    "service.placeholderFsGroup": _INT,
    "kubernetes.qps": _INT,
    "kubernetes.burst": _INT,
    "admissionController.filtering.generateUniqueAppId": _BOOL,
}


def merged(maps: Sequence[Mapping[str, Any] | None]) -> dict[str, str]:
    """Flat settings of the ConfigMaps (Kubernetes objects, None where there is none); ``NAME.gz`` of binaryData is unpacked."""
    found: dict[str, str] = {}
    for each in maps:
        found.update((each or {}).get("data") or {})
        for name, packed in ((each or {}).get("binaryData") or {}).items():
            found[name.removesuffix(".gz")] = _unpacked(packed) if name.endswith(".gz") else ""
    return found


def _unpacked(packed: str) -> str:
    try:
        return gzip.decompress(base64.b64decode(packed)).decode()
    except (OSError, EOFError, zlib.error, binascii.Error, UnicodeDecodeError):
        return ""


def bad_values(settings: Mapping[str, str]) -> list[str]:
    """Sentences about the values that don't parse: one is enough to have a whole update ignored."""
    return [
        f"{key}: {settings[key]!r} does not parse"
        for key, pattern in _TYPES.items()
        if key in settings and not re.fullmatch(pattern, settings[key])
    ]


def hot_refresh(settings: Mapping[str, str]) -> bool:
    """Whether later changes will be taken up."""
    return settings.get(HOT_REFRESH, "true") in ("1", "t", "T", "TRUE", "true", "True")


def queues_key(settings: Mapping[str, str]) -> str:
    """The key that holds the queues."""
    return f"{settings.get(POLICY_GROUP) or 'queues'}.yaml"


def extra(settings: Mapping[str, str]) -> dict[str, str]:
    """What is handed to YuniKorn's core beside the queues."""
    return {name: value for name, value in sorted(settings.items()) if not name.endswith(".yaml")}
