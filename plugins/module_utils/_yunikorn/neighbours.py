# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The two ConfigMaps that YuniKorn reads, merged as it merges them, and the settings that stand beside the queues.

Source: yunikorn-k8shim ``pkg/conf/schedulerconf.go`` and ``pkg/admission/conf/am_conf.go``; yunikorn-core ``pkg/common/configs/configs.go``.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import gotext
from .lint import Finding, finding, meant, shown
from .re2 import compiles
from .strconv import parse_bool, parse_duration, parse_int, parse_uint

DEFAULTS = "yunikorn-defaults"
CONFIGS = "yunikorn-configs"
"""The ConfigMap that wins, key by key."""

HOT_REFRESH = "service.enableConfigHotRefresh"
POLICY_GROUP = "service.policyGroup"

MAX_UNPACKED = 64 * 2**20
"""Bytes that a compressed value may unpack to here; YuniKorn has no bound."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """What YuniKorn makes of the two ConfigMaps.

    ``key`` is the one that holds the queues, ``text`` what it holds (None: there is no such key; then, and where it is empty,
    YuniKorn takes its built-in config), ``origin`` the name of the ConfigMap that it comes from. ``extra`` are the settings,
    ``ignored`` other keys that end in ``.yaml``, ``lost`` says by key of ``binaryData`` what YuniKorn makes of one that it can't read.
    """

    key: str
    text: str | None
    origin: str | None
    extra: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)

    @property
    def hot_refresh(self) -> bool:
        """Whether the scheduler reads changes of its ConfigMaps at all before its next start."""
        return parse_bool(self.extra.get(HOT_REFRESH, "true")) is not False


@dataclass(frozen=True, slots=True)
class ConfigMaps:
    """The two ConfigMaps as the API server gives them (``data`` and ``binaryData`` in base64); None is one that does not exist."""

    defaults: Mapping[str, Any] | None
    configs: Mapping[str, Any] | None

    def merge(self) -> Merged:
        """Return what YuniKorn makes of them: key by key, the later one wins, of one ConfigMap ``binaryData``."""
        values: dict[str, str] = {}
        origin: dict[str, str] = {}
        lost: dict[str, str] = {}
        for name, configmap in ((DEFAULTS, self.defaults), (CONFIGS, self.configs)):
            for key, value in ((configmap or {}).get("data") or {}).items():
                values[key], origin[key] = str(value), name
            for key, value in ((configmap or {}).get("binaryData") or {}).items():
                # Only the last suffix names the compression; without a known one nothing is left of the value.
                stripped = _stripped(key)
                text: str | None = ""
                if gotext.fold(key.rpartition(".")[2]) == "gz":
                    text = _unpack(value)
                else:
                    lost[key] = f"it does not end in .gz, so YuniKorn takes '{stripped}' for empty"
                if text is None:
                    lost[key] = "it is not valid gzip, so YuniKorn leaves it out"
                else:
                    values[stripped], origin[stripped] = text, name
        key = f"{values.get(POLICY_GROUP, 'queues')}.yaml"
        return Merged(
            key=key,
            text=values.get(key),
            origin=origin.get(key),
            extra={name: value for name, value in values.items() if not name.endswith(".yaml")},
            ignored=tuple(sorted(name for name in values if name.endswith(".yaml") and name != key)),
            lost=lost,
        )


def _stripped(key: str) -> str:
    return key.rpartition(".")[0] or key


def _unpack(value: str | bytes) -> str | None:
    """Return the text of a compressed value; None where YuniKorn gives up on it."""
    unpacked = b""
    try:
        packed = base64.b64decode(value, validate=True) if isinstance(value, str) else value
        while True:
            # 31: with gzip's header and checksum. Members may follow each other.
            member = zlib.decompressobj(wbits=31)
            unpacked += member.decompress(packed, MAX_UNPACKED + 1 - len(unpacked))
            if not member.eof or len(unpacked) > MAX_UNPACKED:
                return None
            packed = member.unused_data
            if not packed:
                return unpacked.decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError, zlib.error):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What a setting takes. ``refused`` tells that a bad value costs the whole update; else the default is used."""

    wanted: str
    legal: Callable[[str], bool]
    refused: bool = False


def _texts(*names: str) -> dict[str, Setting]:
    return {name: Setting(wanted="a text", legal=lambda text: True) for name in names}


def _kind(wanted: str, legal: Callable[[str], bool], refused: bool, *names: str) -> dict[str, Setting]:
    return {name: Setting(wanted=wanted, legal=legal, refused=refused) for name in names}


def _is_bool(text: str) -> bool:
    return parse_bool(text) is not None


def _is_duration(text: str) -> bool:
    return parse_duration(text) is not None


def _is_level(text: str) -> bool:
    names = ("debug", "info", "warn", "warning", "error", "dpanic", "panic", "fatal", "")
    return text.lower() in names or parse_int(text, 8) is not None


def _are_expressions(text: str) -> bool:
    return all(compiles(expression) for each in text.split(",") if (expression := gotext.trim(each)))


_BOOL = "true or false"
_DURATION = "a duration such as 30s or 10m"
_EXPRESSIONS = "regular expressions with commas between"
_LEVEL = Setting(wanted="DEBUG, INFO, WARN, ERROR, DPANIC, PANIC, FATAL or a number from -1 to 5", legal=_is_level)
_LOGGERS = ("admission", "core", "deprecation", "kubernetes", "shim", "test")

SETTINGS: Mapping[str, Setting] = {
    **_texts(
        "service.clusterId",
        POLICY_GROUP,
        "service.placeholderImage",
        "service.nodeInstanceTypeNodeLabelKey",
        "admissionController.webHook.amServiceName",
        "admissionController.webHook.schedulerServiceAddress",
    ),
    **_kind(
        _BOOL,
        _is_bool,
        True,
        "service.disableGangScheduling",
        HOT_REFRESH,
        "admissionController.filtering.generateUniqueAppId",
    ),
    **_kind(
        _DURATION,
        _is_duration,
        True,
        "service.schedulingInterval",
        "service.volumeBindTimeout",
        "service.dispatchTimeout",
    ),
    **_kind(
        "a whole number of 32 bits",
        lambda text: parse_int(text, 32) is not None,
        True,
        "service.eventChannelCapacity",
        "kubernetes.qps",
        "kubernetes.burst",
    ),
    **_kind(
        "a whole number of 64 bits",
        lambda text: parse_int(text, 64) is not None,
        True,
        "service.placeholderRunAsUser",
        "service.placeholderRunAsGroup",
        "service.placeholderFsGroup",
    ),
    **_kind(_DURATION, _is_duration, False, "health.checkInterval"),
    **_kind(
        _BOOL,
        _is_bool,
        False,
        "event.trackingEnabled",
        "admissionController.accessControl.bypassAuth",
        "admissionController.accessControl.trustControllers",
    ),
    **_kind(
        "a whole number above 0",
        lambda text: bool(parse_uint(text, 64)),
        False,
        "event.requestCapacity",
        "event.ringBufferCapacity",
        "event.RESTResponseSize",
    ),
    **_kind(
        "a whole number from 0",
        lambda text: parse_uint(text, 64) is not None,
        False,
        "event.maxStreams",
        "event.maxStreamsPerHost",
    ),
    **_kind(
        _EXPRESSIONS,
        _are_expressions,
        False,
        "admissionController.filtering.processNamespaces",
        "admissionController.filtering.bypassNamespaces",
        "admissionController.filtering.labelNamespaces",
        "admissionController.filtering.noLabelNamespaces",
        "admissionController.accessControl.systemUsers",
        "admissionController.accessControl.externalUsers",
        "admissionController.accessControl.externalGroups",
    ),
}
"""Every setting that YuniKorn 1.9 reads, but for the levels of its log."""

_PREFIXES = ("service.", "kubernetes.", "admissionController.", "health.", "event.", "log.")


def problems(merged: Merged) -> tuple[Finding, ...]:
    """Return what is wrong beside the queues, and what YuniKorn does with it; ``path`` is the key."""
    return tuple(_problems(merged))


def _problems(merged: Merged) -> Iterator[Finding]:
    for key, why in sorted(merged.lost.items()):
        # What YuniKorn does not read may hold anything.
        if _stripped(key) == merged.key or _stripped(key).startswith(_PREFIXES):
            yield finding("binary-data", key, None, f"binaryData '{shown(key)}': {why}")
    for key in merged.ignored:
        yield finding(
            "unknown-setting", key, None, f"'{shown(key)}' is ignored: queues are read from '{shown(merged.key)}'"
        )
    for key, value in sorted(merged.extra.items()):
        setting = _LEVEL if _is_log_level(key) else SETTINGS.get(key)
        if setting is None:
            if key.startswith(_PREFIXES):
                yield finding(
                    "unknown-setting", key, None, f"'{shown(key)}' is no setting{meant(key, tuple(SETTINGS))}"
                )
        elif not setting.legal(value):
            name, outcome = (
                ("setting-refused", "the whole update") if setting.refused else ("setting-ignored", "this value")
            )
            message = f"{key} is '{shown(value)}', and YuniKorn ignores {outcome}: it wants {setting.wanted}"
            yield finding(name, key, None, message)


def _is_log_level(key: str) -> bool:
    """Whether ``key`` sets the level of a logger: ``log.level``, or ``log.core.scheduler.level``."""
    if key == "log.level":
        return True
    parts = key.split(".")
    return parts[0] == "log" and parts[-1] == "level" and len(parts) > 2 and parts[1] in _LOGGERS and "" not in parts
