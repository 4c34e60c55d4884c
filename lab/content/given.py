# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and images that somebody has as files, in place of what would be downloaded or built: LAB_CHARTS, LAB_EXTRA_IMAGES."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from lab.content.oci import EPOCH, image_file, json_bytes, sha256_of
from lab.content.publish import place_of, write_index
from lab.content.release import Release, ReleaseChart
from lab.content.steps import ContentError, Step, Workshop, copy_file


def _member(archive: Path, name: str) -> Any:
    """A file of an archive, read as YAML, of which JSON is a part."""
    try:
        with tarfile.open(archive) as tar:
            file = tar.extractfile(name)
            return yaml.safe_load(file) if file else None
    except (KeyError, tarfile.TarError) as error:
        raise ContentError(f"{archive}: it is no archive with {name}") from error


@dataclass(frozen=True)
class GivenChart(Step):
    """A packed chart, as ``helm pull`` leaves it, as a repository with one chart."""

    chart: ReleaseChart
    archive: Path

    verb: ClassVar[str] = "taken"
    code: ClassVar[tuple[str, ...]] = ("lab.content.publish",)

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy it and write the index."""
        described = _member(self.archive, f"{self.chart.name}/Chart.yaml")
        found = (described["name"], described["version"])
        if found != (self.chart.name, self.chart.version):
            raise ContentError(f"{self.archive}: wanted {self.chart.name} {self.chart.version}, it holds {found}")
        file = f"{self.chart.name}-{self.chart.version}.tgz"
        copy_file(self.archive, out / "tree" / place_of(self.chart.repo_url) / file)
        entry = {**described, "created": EPOCH, "digest": sha256_of(self.archive), "urls": [file]}
        write_index(out, self.chart, entry)


@dataclass(frozen=True)
class GivenImage(Step):
    """An OCI archive of one image, as ``skopeo copy docker://IMAGE oci-archive:FILE`` and ``podman save`` write it."""

    reference: str
    archive: Path

    verb: ClassVar[str] = "taken"
    code: ClassVar[tuple[str, ...]] = ("lab.content.oci",)

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy it and name its digest."""
        manifests = _member(self.archive, "index.json")["manifests"]
        if len(manifests) != 1:
            raise ContentError(f"{self.archive}: wanted an archive of one image, it holds {len(manifests)}")
        file = f"images/{image_file(self.reference)}"
        copy_file(self.archive, out / "tree" / file)
        entry = {"name": self.reference, "file": file, "digest": manifests[0]["digest"]}
        (out / "images.json").write_bytes(json_bytes([entry]))


def replacements(release: Release, charts: str, images: str) -> Iterator[tuple[str, Step]]:
    """Yield each item that one of the folders has a file for, by its name, with the step that takes it.

    A file is named as the mirror names it; one that belongs to nothing of the release is refused, so that none is given in vain.
    """
    known_charts = {f"{chart.name}-{chart.version}.tgz": name for name, chart in release.charts.items()}
    known_images = {image_file(reference): name for name, reference in release.images.items()}
    for path in _files("LAB_CHARTS", charts, "*.tgz", known_charts):
        name = known_charts[path.name]
        yield f"chart {name}", GivenChart(f"given chart {name}", release.charts[name], path)
    for path in _files("LAB_EXTRA_IMAGES", images, "*.tar", known_images):
        name = known_images[path.name]
        yield f"image {name}", GivenImage(f"given image {name}", release.images[name], path)


def _files(setting: str, folder: str, pattern: str, known: dict[str, str]) -> list[Path]:
    if not folder:
        return []
    if not Path(folder).is_dir():
        raise ContentError(f"{setting}: {folder} is no folder")
    paths = sorted(Path(folder).absolute().glob(pattern))
    strange = [path.name for path in paths if path.name not in known]
    if strange:
        raise ContentError(
            f"{setting}: {', '.join(strange)} in {folder} is of no item; the release has {', '.join(sorted(known))}"
        )
    return paths
