# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ``release`` pins, read from its defaults, so that no version or address is written twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import yaml

DEFAULTS = Path(__file__).resolve().parents[2] / "roles" / "release" / "defaults" / "main.yml"


class ReleaseError(Exception):
    """The role's defaults can't be read; the message names the variable."""


class _Rendered(Mapping[str, Any]):
    """Variables whose templates are rendered when they are read, as Ansible does."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._open: list[str] = []
        self._jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
        self._jinja.filters["ternary"] = lambda value, yes, no: yes if value else no

    def __getitem__(self, name: str) -> Any:
        if name in self._open:
            raise ReleaseError(f"{' -> '.join([*self._open, name])}: the variable needs itself")
        self._open.append(name)
        try:
            return self._render(self._raw[name])
        except jinja2.TemplateError as error:
            raise ReleaseError(f"{name}: {error}") from error
        finally:
            self._open.pop()

    def _render(self, value: Any) -> Any:
        if isinstance(value, str):
            template = self._jinja.from_string(value)
            names = jinja2.meta.find_undeclared_variables(self._jinja.parse(value))
            return template.render({name: self[name] for name in names if name in self._raw})
        if isinstance(value, Mapping):
            return {key: self._render(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._render(entry) for entry in value]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


@dataclass(frozen=True)
class ReleaseFile:
    """A single file: its upstream URL, the URL of the checksum published beside it, and a pinned SHA-256 or ''."""

    url: str
    checksum_url: str
    sha256: str


@dataclass(frozen=True)
class ReleaseChart:
    """A Helm chart: its name, version and upstream repository."""

    name: str
    version: str
    repo_url: str


@dataclass(frozen=True)
class Release:
    """Everything that is pinned; ``versions`` by the part between ``release_`` and ``_version``."""

    architecture: str
    versions: Mapping[str, str]
    files: Mapping[str, ReleaseFile]
    charts: Mapping[str, ReleaseChart]
    images: Mapping[str, str]


def load(path: Path = DEFAULTS) -> Release:
    """Read the defaults of the role ``release`` with upstream's own addresses (no mirror)."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    rendered = _Rendered({**raw, "release_mirror_url": ""})
    pins = rendered["release_checksums"]
    return Release(
        architecture=rendered["release_architecture"],
        versions={
            name.removeprefix("release_").removesuffix("_version"): rendered[name]
            for name in rendered
            if name.endswith("_version")
        },
        files={
            name: ReleaseFile(file["url"], file["url"] + file["checksum_suffix"], pins.get(name, ""))
            for name, file in rendered["release_files"].items()
        },
        charts={
            name: ReleaseChart(chart["name"], chart["version"], chart["repo_url"].rstrip("/"))
            for name, chart in rendered["release_charts"].items()
        },
        images=rendered["release_images"],
    )
