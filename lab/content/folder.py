# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content folder: put together from results, compared with another, cleaned of old ones.

Its shape is the contract with the role ``mirror`` (docs/docsite/rst/mirror_content.rst):
``files/<host>/<path>``, ``images/*.tar``, ``images.json``, ``manifest.json`` and ``SHA256SUMS``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.content.oci import sha256_of
from lab.content.publish import tree_of
from lab.content.steps import ContentError, copy_file, place, remove

# Differ between a folder that was built and one that was downloaded from it, for they say which.
DESCRIPTIONS = ("manifest.json", "SHA256SUMS")
# Says which results a folder was made from; no part of the content.
IDENTITY = ".identity"


@dataclass(frozen=True)
class Part:
    """An item's result: where it came from and where it lies."""

    name: str
    version: str
    source: str
    path: Path


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def _sums(folder: Path, known: Mapping[Path, str]) -> str:
    paths = sorted((path.relative_to(folder) for path in folder.rglob("*") if path.is_file()), key=str)
    missing = [path for path in paths if path not in known]
    with ThreadPoolExecutor() as threads:
        sums = {**known, **dict(zip(missing, threads.map(sha256_of, [folder / path for path in missing]), strict=True))}
    return "".join(f"{sums[path]}  {path}\n" for path in paths)


def identity_of(parts: Sequence[Part]) -> str:
    """A hash of everything that a folder made of these parts holds."""
    facts = [
        [part.name, part.version, part.source, sorted((str(f), s) for f, s in part_sums(part.path).items())]
        for part in sorted(parts, key=lambda part: part.name)
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def assemble(target: Path, parts: Sequence[Part], identity: str, *, link: bool) -> None:
    """Make the folder under another name and rename it; a content folder that was there is replaced.

    With ``link`` the files are hard links into the store and cost nothing; without, the folder is on its own.
    """
    put = place if link else copy_file
    if target.exists() and not (target / "manifest.json").is_file() and any(target.iterdir()):
        raise ContentError(f"{target} is neither empty nor a content folder; name another one")
    new = target.with_name(f".new-{target.name}")
    old = target.with_name(f".old-{target.name}")
    remove(new)
    remove(old)
    new.mkdir(parents=True)
    images: list[dict[str, str]] = []
    manifest = []
    owners: dict[Path, str] = {}
    known: dict[Path, str] = {}
    for part in parts:
        files = tree_of(part.path)
        for file in files:
            if file in owners:
                raise ContentError(f"{file} comes from both {owners[file]} and {part.name}")
            owners[file] = part.name
            put(part.path / "tree" / file, new / file)
        known.update(part_sums(part.path))
        if (part.path / "images.json").is_file():
            images += json.loads((part.path / "images.json").read_text(encoding="utf-8"))
        manifest.append(
            {"name": part.name, "version": part.version, "source": part.source, "files": [str(file) for file in files]}
        )
    (new / "images.json").write_text(_pretty(sorted(images, key=lambda entry: entry["name"])), encoding="utf-8")
    (new / "manifest.json").write_text(
        _pretty(sorted(manifest, key=lambda entry: str(entry["name"]))), encoding="utf-8"
    )
    (new / "SHA256SUMS").write_text(_sums(new, known), encoding="utf-8")
    (new / IDENTITY).write_text(identity, encoding="ascii")
    if target.exists():
        target.rename(old)
    new.rename(target)
    remove(old)


def part_sums(path: Path) -> dict[Path, str]:
    """The sums of a result's files, kept beside its tree once they were computed."""
    kept = path / "sums.json"
    if not kept.is_file():
        new = path / ".new-sums.json"
        new.write_text(
            json.dumps({str(file): sha256_of(path / "tree" / file) for file in tree_of(path)}), encoding="utf-8"
        )
        new.rename(kept)
    return {Path(name): value for name, value in json.loads(kept.read_text(encoding="utf-8")).items()}


def read_sums(folder: Path) -> dict[str, str]:
    """SHA256SUMS as ``{path: sum}``."""
    path = folder / "SHA256SUMS"
    if not path.is_file():
        raise ContentError(f"{folder} is no content folder: it has no SHA256SUMS")
    return {
        name: value
        for value, _, name in (line.partition("  ") for line in path.read_text(encoding="utf-8").splitlines())
    }


def differences(left: Path, right: Path) -> list[str]:
    """How two content folders differ, but for their descriptions; every file is read, no sum believed."""
    listed = [read_sums(folder) for folder in (left, right)]
    found: list[str] = []
    names = sorted(set(listed[0]) | set(listed[1]))
    for folder, sums in zip((left, right), listed, strict=True):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = str(path.relative_to(folder))
            if name not in sums and name not in ("SHA256SUMS", IDENTITY):
                found.append(f"{path}: not listed in SHA256SUMS")
    for name in names:
        if name in DESCRIPTIONS:
            continue
        for folder, sums in zip((left, right), listed, strict=True):
            if name not in sums:
                found.append(f"{name}: missing in {folder}")
            elif not (folder / name).is_file():
                found.append(f"{folder / name}: listed in SHA256SUMS but missing")
            elif sha256_of(folder / name) != sums[name]:
                found.append(f"{folder / name}: is not what SHA256SUMS says")
        if name in listed[0] and name in listed[1] and listed[0][name] != listed[1][name]:
            found.append(f"{name}: {listed[0][name][:12]} in {left}, {listed[1][name][:12]} in {right}")
    return found
