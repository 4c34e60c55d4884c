# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that put what was built where upstream publishes it, with the checksum file beside it."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import yaml

from lab.content.oci import EPOCH, Copy, sha256_of
from lab.content.release import ReleaseChart, ReleaseFile
from lab.content.steps import ContentError, Step, Workshop, copy_file, place


def place_of(url: str) -> str:
    """Where a mirror keeps an upstream URL.

    >>> place_of("https://dl.k8s.io/release/v1/kubeadm")
    'files/dl.k8s.io/release/v1/kubeadm'
    """
    parts = urlsplit(url)
    return f"files/{parts.netloc}{parts.path}"


def checksum_text(file: ReleaseFile, sha256: str) -> str:
    """The checksum file as upstream writes it: ``.sha256`` of dl.k8s.io holds the bare sum, the others sum and name."""
    if urlsplit(file.url).netloc == "dl.k8s.io":
        return sha256
    return f"{sha256}  {file.url.rpartition('/')[2]}\n"


def write_checksum(out: Path, file: ReleaseFile) -> None:
    """Write the checksum file of a published file."""
    sha256 = sha256_of(out / "tree" / place_of(file.url))
    (out / "tree" / place_of(file.checksum_url)).write_text(checksum_text(file, sha256), encoding="ascii")


@dataclass(frozen=True)
class PublishedFile(Step):
    """A program at upstream's address."""

    file: ReleaseFile
    program: Step

    verb: ClassVar[str] = "published"

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy it and write the checksum."""
        target = out / "tree" / place_of(self.file.url)
        place(shop.path(self.program) / "program", target)
        write_checksum(out, self.file)


def write_tgz(target: Path, members: Iterable[tuple[str, int, Path | bytes]]) -> None:
    """A gzipped tar of (name, mode, content) that is the same whenever the contents are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name, mode, content in members:
            info = tarfile.TarInfo(name)
            info.mode = mode
            if isinstance(content, Path):
                info.size = content.stat().st_size
                with content.open("rb") as data:
                    tar.addfile(info, data)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


@dataclass(frozen=True)
class PublishedArchive(Step):
    """A gzipped tar at upstream's address with upstream's inner layout (the copies' targets)."""

    file: ReleaseFile
    members: tuple[Copy, ...]

    verb: ClassVar[str] = "published"

    def run(self, shop: Workshop, out: Path) -> None:
        """Pack it and write the checksum."""
        members = [(copy.target, copy.mode, shop.path(copy.step) / copy.source) for copy in self.members]
        write_tgz(out / "tree" / place_of(self.file.url), members)
        write_checksum(out, self.file)


def chart_ignores(rules: str, name: str) -> bool:
    """Whether .helmignore leaves a path (relative, without a leading slash) out of the packed chart."""
    parts = name.split("/")
    for rule in (line.strip() for line in rules.splitlines()):
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.rstrip("/")
        folders = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
        candidates = folders[:-1] if rule.endswith("/") else folders
        if any(fnmatch(path, pattern.lstrip("/")) for path in candidates):
            return True
        if "/" not in pattern and any(fnmatch(part, pattern) for part in (parts[:-1] if rule.endswith("/") else parts)):
            return True
    return False


# What helm's Metadata and ChartVersion know (pkg/chart/metadata.go, pkg/repo/index.go). helm refuses an index with any
# other key, though Chart.yaml may have some: Cilium's has displayName.
INDEX_KEYS = frozenset(
    [
        "annotations",
        "apiVersion",
        "appVersion",
        "condition",
        "created",
        "dependencies",
        "deprecated",
        "description",
        "digest",
        "home",
        "icon",
        "keywords",
        "kubeVersion",
        "maintainers",
        "name",
        "removed",
        "sources",
        "tags",
        "type",
        "urls",
        "version",
    ]
)


def write_index(out: Path, chart: ReleaseChart, entry: dict[str, Any]) -> None:
    """The repository's index.yaml with this one chart; its archive lies beside it."""
    kept = {key: value for key, value in entry.items() if key in INDEX_KEYS}
    index = {"apiVersion": "v1", "generated": EPOCH, "entries": {chart.name: [kept]}}
    path = out / "tree" / place_of(chart.repo_url) / "index.yaml"
    path.write_text(yaml.safe_dump(index, sort_keys=True), encoding="utf-8")


@dataclass(frozen=True)
class LocalFolder(Step):
    """Files of this repository with their places in a folder, ``(place, file)``: ``out/<place>``."""

    files: tuple[tuple[str, Path], ...]

    verb: ClassVar[str] = "copied"

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy them."""
        for name, file in self.files:
            copy_file(file, out / name)


def local_folder(name: str, folder: Path) -> LocalFolder:
    """The step that takes everything in a folder of this repository."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return LocalFolder(name, tuple((str(path.relative_to(folder)), path) for path in paths))


@dataclass(frozen=True)
class PublishedChart(Step):
    """A chart from a folder of a step's result, as a repository with one chart."""

    chart: ReleaseChart
    source: Step
    folder: str

    verb: ClassVar[str] = "published"

    def run(self, shop: Workshop, out: Path) -> None:
        """Pack the chart (what its .helmignore allows) and write the index."""
        folder = shop.path(self.source) / self.folder
        described = yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))
        found = (described["name"], described["version"])
        if found != (self.chart.name, self.chart.version):
            raise ContentError(
                f"chart {self.chart.name}: wanted version {self.chart.version}, the source holds {found}"
            )
        ignore = folder / ".helmignore"
        rules = ignore.read_text(encoding="utf-8") if ignore.is_file() else ""
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        names = {path: str(path.relative_to(folder)) for path in paths}
        file = f"{self.chart.name}-{self.chart.version}.tgz"
        target = out / "tree" / place_of(self.chart.repo_url) / file
        kept = [path for path in paths if names[path] == "Chart.yaml" or not chart_ignores(rules, names[path])]
        write_tgz(target, [(f"{self.chart.name}/{names[path]}", 0o644, path) for path in kept])
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        write_index(out, self.chart, {**described, "created": EPOCH, "digest": digest, "urls": [file]})


def tree_of(path: Path) -> list[Path]:
    """The files of a published result, relative to its tree."""
    tree = path / "tree"
    return sorted(file.relative_to(tree) for file in tree.rglob("*") if file.is_file())
