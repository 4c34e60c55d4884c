# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YuniKorn's two ConfigMaps: how they are merged, and what it does with each wrong setting beside the queues."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import neighbours
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.lint import LINTS
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.neighbours import ConfigMaps, Merged


def packed(text: str) -> str:
    """``text`` as a ConfigMap's binaryData has it."""
    return base64.b64encode(gzip.compress(text.encode())).decode()


def merge(defaults: dict[str, Any] | None = None, configs: dict[str, Any] | None = None) -> Merged:
    """What YuniKorn makes of the two."""
    return ConfigMaps(defaults, configs).merge()


# -- merging -----------------------------------------------------------------------------------------------------------


def test_no_configmap_has_no_queues() -> None:
    assert merge() == Merged(key="queues.yaml", text=None, origin=None, extra={})
    assert merge({"data": None}, {}) == merge()


def test_the_second_wins_key_by_key() -> None:
    merged = merge(
        {"data": {"queues.yaml": "old", "log.level": "INFO", "event.maxStreams": "5"}},
        {"data": {"queues.yaml": "new", "log.level": "WARN"}},
    )
    assert (merged.text, merged.origin) == ("new", "yunikorn-configs")
    assert merged.extra == {"log.level": "WARN", "event.maxStreams": "5"}


def test_queues_of_the_defaults_stay_where_the_second_has_none() -> None:
    merged = merge({"data": {"queues.yaml": "old"}}, {"data": {"queue.yaml": "new"}})
    assert (merged.text, merged.origin, merged.ignored) == ("old", "yunikorn-defaults", ("queue.yaml",))


def test_the_policy_group_names_the_key() -> None:
    merged = merge({"data": {"service.policyGroup": "lab"}}, {"data": {"queues.yaml": "a", "lab.yaml": "b"}})
    assert (merged.key, merged.text, merged.ignored) == ("lab.yaml", "b", ("queues.yaml",))


def test_compressed_data_wins_over_plain_data_of_its_configmap() -> None:
    both = {"data": {"queues.yaml": "plain"}, "binaryData": {"queues.yaml.gz": packed("packed")}}
    assert merge(both).text == "packed"
    assert merge(both, {"data": {"queues.yaml": "later"}}).text == "later"
    assert merge({"data": {"queues.yaml": "plain"}}, {"binaryData": {"queues.yaml.GZ": packed("")}}).text == ""


def test_archives_may_follow_each_other() -> None:
    value = base64.b64encode(gzip.compress(b"par") + gzip.compress(b"titions: []")).decode()
    assert merge({"binaryData": {"queues.yaml.gz": value}}).text == "partitions: []"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "%%%",
        base64.b64encode(b"plain").decode(),
        packed("text")[:-8],
        base64.b64encode(gzip.compress(b"x") + b"\0").decode(),
    ],
    ids=["empty", "no base64", "no gzip", "cut", "more behind it"],
)
def test_a_broken_archive_is_left_out(value: str) -> None:
    merged = merge({"data": {"queues.yaml": "old"}}, {"binaryData": {"queues.yaml.gz": value}})
    assert merged.text == "old"
    assert [(each.name, each.message) for each in neighbours.problems(merged)] == [
        ("binary-data", "binaryData 'queues.yaml.gz': it is not valid gzip, so YuniKorn leaves it out")
    ]


def test_an_archive_is_not_unpacked_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MAX_UNPACKED", 1000)
    assert merge({"binaryData": {"queues.yaml.gz": packed("x" * 1000)}}).text == "x" * 1000
    assert merge({"binaryData": {"queues.yaml.gz": packed("x" * 1001)}}).text is None


def test_another_suffix_empties_the_key() -> None:
    merged = merge({"data": {"queues.yaml": "old"}}, {"binaryData": {"queues.yaml.bz2": packed("new")}})
    assert (merged.text, merged.origin) == ("", "yunikorn-configs")
    assert [(each.name, each.trap, each.message) for each in neighbours.problems(merged)] == [
        (
            "binary-data",
            True,
            "binaryData 'queues.yaml.bz2': it does not end in .gz, so YuniKorn takes 'queues.yaml' for empty",
        )
    ]


def test_binary_data_that_yunikorn_does_not_read_is_nobodys_business() -> None:
    merged = merge(None, {"binaryData": {"logo.png": "", "notes.yaml.bz2": "", "log.level.bz2": ""}})
    assert [each.path for each in neighbours.problems(merged) if each.trap] == ["log.level.bz2"]


@pytest.mark.parametrize(
    ("value", "on"),
    [
        (None, True),
        ("true", True),
        ("1", True),
        ("T", True),
        ("false", False),
        ("0", False),
        ("F", False),
        ("no", True),
    ],
)
def test_hot_refresh(value: str | None, on: bool) -> None:
    data = {} if value is None else {"service.enableConfigHotRefresh": value}
    assert merge({"data": data}).hot_refresh is on


# -- settings ----------------------------------------------------------------------------------------------------------

BOOL = "true or false"
DURATION = "a duration such as 30s or 10m"
NATURAL = "a whole number from 0"
POSITIVE = "a whole number above 0"
LEVEL = "DEBUG, INFO, WARN, ERROR, DPANIC, PANIC, FATAL or a number from -1 to 5"
EXPRESSIONS = "regular expressions with commas between"

SETTINGS = [
    ("service.schedulingInterval", "1 s", DURATION),
    ("service.schedulingInterval", "1", DURATION),
    ("service.volumeBindTimeout", "10min", DURATION),
    ("service.dispatchTimeout", "", DURATION),
    ("service.eventChannelCapacity", "1e+06", "a whole number of 32 bits"),
    ("kubernetes.qps", "2147483648", "a whole number of 32 bits"),
    ("kubernetes.burst", "1_000", "a whole number of 32 bits"),
    ("service.placeholderRunAsUser", "root", "a whole number of 64 bits"),
    ("service.disableGangScheduling", "yes", BOOL),
    ("service.enableConfigHotRefresh", "on", BOOL),
    ("admissionController.filtering.generateUniqueAppId", "tRue", BOOL),
    ("health.checkInterval", "30", DURATION),
    ("event.trackingEnabled", "yes", BOOL),
    ("event.requestCapacity", "0", POSITIVE),
    ("event.maxStreams", "-1", NATURAL),
    ("log.level", "loud", LEVEL),
    ("log.core.scheduler.level", "128", LEVEL),
    ("admissionController.accessControl.bypassAuth", "off", BOOL),
    ("admissionController.filtering.bypassNamespaces", "^kube-system$,(", EXPRESSIONS),
]


@pytest.mark.parametrize(("key", "value", "wanted"), SETTINGS)
def test_a_bad_value_costs_the_update_or_falls_back(key: str, value: str, wanted: str) -> None:
    refused = key.startswith(("service.", "kubernetes.")) or key.endswith("generateUniqueAppId")
    name, outcome = ("setting-refused", "the whole update") if refused else ("setting-ignored", "this value")
    (found,) = neighbours.problems(merge({"data": {key: value}}))
    assert (found.name, found.path, found.line) == (name, key, None)
    assert found.message == f"{key} is '{value}', and YuniKorn ignores {outcome}: it wants {wanted}"
    assert (found.level, found.trap) == (LINTS[name].level, refused)


def test_good_values_are_good() -> None:
    data = {
        "service.clusterId": "",
        "service.policyGroup": "queues",
        "service.schedulingInterval": "1.5s",
        "service.volumeBindTimeout": "-1h30m",
        "service.eventChannelCapacity": "+1048576",
        "service.placeholderFsGroup": "9223372036854775807",
        "service.enableConfigHotRefresh": "t",
        "kubernetes.qps": "0010",
        "health.checkInterval": "0",
        "event.RESTResponseSize": "18446744073709551615",
        "event.maxStreamsPerHost": "0",
        "log.level": "debug",
        "log.shim.cache.task.level": "-1",
        "admissionController.filtering.bypassNamespaces": " ^kube-system$, ,^lab-",
        "admissionController.webHook.amServiceName": "yunikorn",
        "README": "anything",
        "queues.yaml": "",
    }
    assert neighbours.problems(merge({"data": data})) == ()
    assert set(data) - {"README", "queues.yaml", "log.level", "log.shim.cache.task.level"} <= set(neighbours.SETTINGS)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "service.shedulingInterval",
            "'service.shedulingInterval' is no setting, did you mean 'service.schedulingInterval'?",
        ),
        ("log.levels", "'log.levels' is no setting"),
        ("log.cor.scheduler.level", "'log.cor.scheduler.level' is no setting"),
        ("log.core..level", "'log.core..level' is no setting"),
        ("queue.yaml", "'queue.yaml' is ignored: queues are read from 'queues.yaml'"),
    ],
)
def test_unknown_keys_are_named(key: str, message: str) -> None:
    (found,) = neighbours.problems(merge({"data": {key: "x"}}))
    assert (found.name, found.path, found.message) == ("unknown-setting", key, message)


def test_every_setting_is_written_with_the_prefix_of_its_owner() -> None:
    assert all(
        re.fullmatch(r"(service|kubernetes|admissionController|health|event)\.[\w.]+", key)
        for key in neighbours.SETTINGS
    )
