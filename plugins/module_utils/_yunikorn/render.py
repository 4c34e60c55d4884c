# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Writes a queue configuration as YAML that YuniKorn reads back as the same configuration."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from typing import Any

from . import model

try:
    import yaml
except ImportError as error:
    YAML_IMPORT_ERROR: ImportError | None = error
else:
    YAML_IMPORT_ERROR = None

_MAPPINGS = frozenset(("guaranteed", "max", "properties", "maxresources", "resourceweights"))
# What every YAML reader takes for a text whatever stands around it; null, booleans and the like are quoted for people's sake.
_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./@-]*", re.ASCII)
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


def _blank(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


_FIELDS: dict[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple((field.name, _blank(field)) for field in dataclasses.fields(kind))
    for kind in (
        model.Resources,
        model.ChildTemplate,
        model.Limit,
        model.Queue,
        model.Filter,
        model.PlacementRule,
        model.Preemption,
        model.NodeSortPolicy,
        model.UserGroupResolver,
        model.Partition,
        model.Config,
    )
}


def plain(value: Any) -> Any:
    """Return a part of the model as dictionaries, lists and scalars, without what has the value that an absent key has."""
    if type(value) in _FIELDS:
        found: dict[str, Any] = {}
        for name, blank in _FIELDS[type(value)]:
            item = getattr(value, name)
            if item != blank:
                found[name] = dict(item) if name in _MAPPINGS else plain(item)
        return found
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def render(config: model.Config) -> str:
    """Return ``config`` as a YAML text. Nothing but a missing PyYAML is raised: ImportError."""
    return text({"partitions": [], **plain(config)})


def text(value: Any) -> str:
    """Return what :func:`plain` made as a YAML text."""
    if YAML_IMPORT_ERROR is not None:
        raise ImportError("PyYAML is needed to write a queue configuration") from YAML_IMPORT_ERROR
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    # PyYAML's own emitter overflows Python's stack on queues that nest as deep as the reader takes them.
    if not value or not isinstance(value, (dict, list)):
        yield _scalar(value)
        return
    entries = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in entries:
        lines = _lines(item)
        if key is None:
            yield f"- {next(lines, '')}"
            yield from (f"  {line}" for line in lines)
        elif not item or not isinstance(item, (dict, list)):
            yield f"{_scalar(key)}: {next(lines, '')}"
        else:
            yield f"{_scalar(key)}:"
            yield from (f"  {line}" for line in lines)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if not isinstance(value, str):
        return "null" if value is None else str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return yaml.dump(value, Dumper=yaml.SafeDumper, default_style='"', allow_unicode=True, width=math.inf).rstrip("\n")
