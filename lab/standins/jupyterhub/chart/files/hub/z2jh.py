# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart's values and secrets as the hub's pod has them mounted.

The name and the functions are those of the module that zero-to-jupyterhub documents for ``hub.extraConfig``
(https://z2jh.jupyter.org/en/stable/administrator/advanced.html).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent
# hub.existingSecret, if there is one, comes before the chart's own.
SECRETS = ("existing-secret", "secret")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


@functools.cache
def _values() -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in reversed(SECRETS):
        file = FOLDER / name / "values.yaml"
        if file.is_file():
            values = _merged(values, yaml.safe_load(file.read_text(encoding="utf-8")))
    return values


def get_config(key: str, default: Any = None) -> Any:
    """The chart's value at ``a.b.c``, or ``default`` where there is none; Release and Chart are among them."""
    value: Any = _values()
    for name in key.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return default
        value = value[name]
    return value


def get_secret_value(key: str, *default: Any) -> Any:
    """The text at a key of the hub's secrets; ``KeyError`` if it is in none of them and no default is given."""
    for name in SECRETS:
        file = FOLDER / name / key
        if file.is_file():
            return file.read_text(encoding="utf-8")
    if default:
        return default[0]
    raise KeyError(f"{key}: in none of the hub's secrets")


def get_name(name: str) -> str:
    """The full name of one of the chart's objects."""
    return (FOLDER / "config" / name).read_text(encoding="utf-8")


def set_config_if_not_none(section: Any, trait: str, key: str) -> None:
    """Set a trait of a configuration's section from the value at a key, unless that is null or absent."""
    value = get_config(key)
    if value is not None:
        setattr(section, trait, value)
