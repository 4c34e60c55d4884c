# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and images that somebody has: archives in two folders, each in the place of the item of the release whose name it has.

A chart is an archive of helm's (``helm pull``), an image an OCI archive (``skopeo copy … oci-archive:``, ``podman save --format oci-archive``,
``ctr image export``).
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from lab.content.oci import EPOCH, MANIFEST_TYPE, publish_image, sha256_of
from lab.content.publish import place_of, write_index
from lab.content.release import Release, ReleaseChart
from lab.content.steps import ContentError, Step, Workshop, copy_file

NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
"""Annotations of an index that name an image: containerd's, and the one of all others."""


def member(archive: Path, wanted: Callable[[str], bool]) -> bytes:
    """Return the first file of an archive whose name is wanted."""
    try:
        with tarfile.open(archive) as tar:
            for info in tar:
                content = tar.extractfile(info) if info.isfile() and wanted(info.name) else None
                if content is not None:
                    return content.read()
    except (tarfile.TarError, EOFError) as error:
        raise ContentError(f"{archive}: it is no whole archive ({error})") from error
    return b""


def chart_of(archive: Path) -> dict[str, Any]:
    """Return what a chart says of itself."""
    text = member(archive, lambda name: name.count("/") == 1 and name.endswith("/Chart.yaml"))
    described = yaml.safe_load(text)
    if not isinstance(described, dict):
        raise ContentError(
            f"{archive}: it has no Chart.yaml, so it is no chart; pack one with helm package or helm pull"
        )
    return described


def named(archive: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the images of an OCI archive by their names."""
    index = member(archive, lambda name: name.removeprefix("./") == "index.json")
    if not index:
        raise ContentError(f"{archive}: it has no index.json, so it is no OCI archive; save the image as one")
    for entry in json.loads(index)["manifests"]:
        notes = entry.get("annotations") or {}
        yield next((notes[key] for key in NAMES if key in notes), ""), entry


@dataclass(frozen=True)
class GivenChart(Step):
    """A chart from an archive."""

    chart: ReleaseChart
    archive: Path

    verb: ClassVar[str] = "taken"
    code: ClassVar[tuple[str, ...]] = ("lab.content.publish",)

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy it and write the index."""
        file = f"{self.chart.name}-{self.chart.version}.tgz"
        copy_file(self.archive, out / "tree" / place_of(self.chart.repo_url) / file)
        described = {**chart_of(self.archive), "created": EPOCH, "digest": sha256_of(self.archive), "urls": [file]}
        write_index(out, self.chart, described)


@dataclass(frozen=True)
class GivenImage(Step):
    """An image from an archive, where it may be one of several, each for one architecture or for many."""

    reference: str
    architecture: str
    archive: Path

    verb: ClassVar[str] = "taken"
    code: ClassVar[tuple[str, ...]] = ("lab.content.oci",)

    def run(self, shop: Workshop, out: Path) -> None:
        """Take its manifest and its blobs, verified."""
        entry = dict(named(self.archive))[self.reference]
        manifest = self._blob(entry["digest"])
        if "manifests" in json.loads(manifest):
            wanted = {"os": "linux", "architecture": self.architecture}
            fits = (each for each in json.loads(manifest)["manifests"] if wanted.items() <= each["platform"].items())
            found = next(fits, None)
            if found is None:
                raise ContentError(f"{self.archive}: {self.reference} is not there for linux/{self.architecture}")
            manifest = self._blob(found["digest"])
        described = json.loads(manifest)
        if described.get("mediaType", MANIFEST_TYPE) != MANIFEST_TYPE:
            raise ContentError(
                f"{self.archive}: {self.reference} is a {described['mediaType']}; save it as {MANIFEST_TYPE}"
            )
        digests = [each["digest"] for each in (described["config"], *described["layers"])]
        publish_image(out, self.reference, manifest, {digest: self._blob(digest) for digest in digests})

    def _blob(self, digest: str) -> bytes:
        place = f"blobs/{digest.replace(':', '/')}"
        content = member(self.archive, lambda name: name.removeprefix("./") == place)
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            raise ContentError(f"{self.archive}: {place} is not what its name says, or missing; save the image again")
        return content


def _archives(variable: str, folder: Path | None, pattern: str) -> list[Path]:
    if folder is None:
        return []
    found = sorted(folder.glob(pattern))
    if not found:
        raise ContentError(f"{variable}: {folder} holds no {pattern}; name a folder that does, or leave it empty")
    return found


def given_steps(release: Release, charts: Path | None, images: Path | None) -> dict[str, Step]:
    """Return the steps that take what is in the two folders, by the items' names; everything there must be of the release."""
    steps: dict[str, Step] = {}

    def add(archive: Path, item: str, step: Step) -> None:
        if item in steps:
            raise ContentError(f"{archive}: another archive holds {item}, too; keep one")
        steps[item] = step

    def stranger(archive: Path, what: str, known: Iterable[str]) -> ContentError:
        return ContentError(
            f"{archive}: it holds {what}, which the release has not. It has: {', '.join(sorted(known))}"
        )

    for archive in _archives("LAB_CHARTS", charts, "*.tgz"):
        described = chart_of(archive)
        for key, chart in release.charts.items():
            if (chart.name, chart.version) == (described.get("name"), str(described.get("version"))):
                add(archive, f"chart {key}", GivenChart(f"given chart {key}", chart, archive))
                break
        else:
            known = [f"{chart.name} {chart.version}" for chart in release.charts.values()]
            raise stranger(archive, f"the chart {described.get('name')} {described.get('version')}", known)
    references = {reference: key for key, reference in release.images.items()}
    for archive in _archives("LAB_EXTRA_IMAGES", images, "*.tar"):
        for reference, _ in named(archive):
            if reference not in references:
                raise stranger(archive, f"the image {reference or 'without a name'}", references)
            key = references[reference]
            step = GivenImage(f"given image {key}", reference, release.architecture, archive)
            add(archive, f"image {key}", step)
    return steps
