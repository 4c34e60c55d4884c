# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's chart as far as no helm is needed: its values, their schema, and that its parts name each other rightly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from lab.content.release import load

CHART = Path(__file__).parents[4] / "lab" / "standins" / "jupyterhub" / "chart"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in sorted((CHART / "templates").iterdir())}
# Taken over from upstream, and without effect here.
IGNORED = {"proxy.traefik", "proxy.secretSync", "singleuser.networkTools"}


def given(value: str, content: Any) -> dict[str, Any]:
    """The chart's defaults with the value at ``a.b.c``."""
    values: dict[str, Any] = json.loads(json.dumps(VALUES))
    at = values
    *folders, name = value.split(".")
    for folder in folders:
        at = at.setdefault(folder, {})
    at[name] = content
    return values


def complaints(values: Mapping[str, Any]) -> list[str]:
    """What the schema has against values, each with its place."""
    found = Draft7Validator(SCHEMA).iter_errors(values)
    return sorted(f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found)


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the schema in place of its reference."""
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    return SCHEMA["$defs"][name] if name else schema


def differences(schema: Mapping[str, Any], values: Any, at: str = "") -> Iterator[str]:
    """Names that only one of the schema's closed objects and the defaults has."""
    schema = resolved(schema)
    if schema.get("additionalProperties") is False and isinstance(values, Mapping):
        for name in sorted(set(schema["properties"]) ^ set(values)):
            yield f"{at}{name}"
        for name in sorted(set(schema["properties"]) & set(values)):
            yield from differences(schema["properties"][name], values[name], f"{at}{name}.")


def test_the_schema_is_one_and_the_defaults_are_right_by_it() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert complaints(VALUES) == []


def test_the_schema_and_the_defaults_know_the_same_names() -> None:
    assert set(differences(SCHEMA, VALUES)) == IGNORED


@pytest.mark.parametrize(
    ("value", "content", "expected"),
    [
        ("hubb", {}, ": Additional properties are not allowed ('hubb' was unexpected)"),
        ("hub.extraConfigs", {}, "hub: Additional properties are not allowed ('extraConfigs' was unexpected)"),
        (
            "singleuser.storage.statik",
            {},
            "singleuser.storage: Additional properties are not allowed ('statik' was unexpected)",
        ),
        ("cull.timeout", "1h", "cull.timeout: '1h' is not of type 'integer'"),
        ("hub.config.JupyterHub", None, "hub.config.JupyterHub: None is not of type 'object'"),
        (
            "hub.db.type",
            "mysql",
            "hub.db.type: 'mysql' is not one of ['sqlite-pvc', 'sqlite-memory', 'postgres', 'other']",
        ),
        ("hub.db.type", "postgres", "hub.db.url: None is not of type 'string'"),
        ("singleuser.storage.type", "static", "singleuser.storage.static.pvcName: None is not of type 'string'"),
        (
            "singleuser.networkPolicy.egressAllowRules.privateIP",
            False,
            "singleuser.networkPolicy.egressAllowRules: Additional properties are not allowed ('privateIP' was unexpected)",
        ),
        (
            "hub.extraFiles",
            {"ca": {"mountPath": "/ca"}},
            "hub.extraFiles.ca: {'mountPath': '/ca'} is not valid under any of the given schemas",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(value: str, content: Any, expected: str) -> None:
    assert complaints(given(value, content)) == [expected]


@pytest.mark.parametrize(
    "value",
    [
        "httpRoute.enabled",
        "imagePullSecret.create",
        "ingress.enabled",
        "proxy.https.enabled",
        "scheduling.podPriority.enabled",
        "scheduling.userPlaceholder.enabled",
        "scheduling.userScheduler.enabled",
        "singleuser.cloudMetadata.blockWithIptables",
    ],
)
def test_a_part_that_is_not_here_cannot_be_switched_on(value: str) -> None:
    assert complaints(given(value, True)) == [f"{value}: False was expected"]
    assert complaints(given(value, False)) == []


def test_its_version_and_images_are_the_releases() -> None:
    release = load()
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert (described["name"], described["version"]) == ("jupyterhub", release.charts["jupyterhub"].version)
    images = {
        "jupyterhub_hub": VALUES["hub"]["image"],
        "jupyterhub_proxy": VALUES["proxy"]["chp"]["image"],
        "jupyterhub_singleuser": VALUES["singleuser"]["image"],
        "jupyterhub_image_awaiter": VALUES["prePuller"]["hook"]["image"],
        "pause": VALUES["prePuller"]["pause"]["image"],
    }
    assert {name: f"{image['name']}:{image['tag']}" for name, image in images.items()} == {
        name: release.images[name] for name in images
    }


def test_its_hub_is_the_one_that_the_images_hold() -> None:
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    images = CHART.parent / "images"
    for name in ("hub", "singleuser"):
        assert f"\njupyterhub=={described['appVersion']} " in (images / f"{name}.txt").read_text(encoding="ascii")
    lock = json.loads((images / "proxy/package-lock.json").read_text(encoding="utf-8"))
    proxy = lock["packages"]["node_modules/configurable-http-proxy"]["version"]
    assert proxy == VALUES["proxy"]["chp"]["image"]["tag"]


def test_templates_include_what_is_defined_once() -> None:
    text = "".join(TEMPLATES.values())
    defined = re.findall(r'define "([^"]+)"', text)
    assert sorted(set(defined)) == sorted(defined)
    assert set(re.findall(r'include "([^"]+)"', text)) == set(defined)


def test_the_configuration_asks_for_names_that_the_config_map_has() -> None:
    source = (CHART / "files/hub/jupyterhub_config.py").read_text(encoding="utf-8")
    (listed,) = re.findall(r"range list ((?:\"[a-z-]+\" )+)}}\n{{ \. }}: {{ \. }}", TEMPLATES["hub.yaml.tpl"])
    assert set(re.findall(r"get_name\(['\"]([a-z-]+)", source)) <= set(re.findall(r'"([a-z-]+)"', listed))


def test_the_configuration_reads_values_that_there_are() -> None:
    source = (CHART / "files/hub/jupyterhub_config.py").read_text(encoding="utf-8")
    wanted = {*re.findall(r'get_config\("([A-Za-z.]+)"', source), *re.findall(r"get_config\('([A-Za-z.]+)'", source)}
    wanted |= {
        f"singleuser.{name}" for name in re.findall(r'^    "([a-z][A-Za-z.]+)": "[a-z_]+",$', source, re.MULTILINE)
    }
    assert len(wanted) > 40
    for path in sorted(wanted):
        at: Any = VALUES | {"Chart": {"Name": "", "Version": ""}, "Release": {"Name": ""}}
        for part in path.split("."):
            assert part in at, path
            at = at[part]
