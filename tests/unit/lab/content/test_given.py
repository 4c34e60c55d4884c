# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and images that somebody has: what is none, or another one, is refused. Those that are right, test_command.py builds with."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.content.given import GivenChart, GivenImage
from lab.content.publish import write_tgz
from lab.content.release import ReleaseChart
from lab.content.steps import Step, Workshop

CHART = ReleaseChart("tool", "1.2.3", "https://charts.example.org")
IMAGE = "registry.example.org/team/tool:v1"


def reason(shop: Workshop, step: Step) -> str:
    """Why a step fails."""
    with shop.locked():
        [error] = shop.do_all([step]).values()
    return str(error)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Where the file lies."""
    return tmp_path / "given"


def test_a_chart_of_another_version_is_refused(shop: Workshop, archive: Path) -> None:
    write_tgz(archive, [("tool/Chart.yaml", 0o644, b"name: tool\nversion: 1.2.4\n")])
    assert reason(shop, GivenChart("given", CHART, archive)) == (
        f"{archive}: wanted tool 1.2.3, it holds ('tool', '1.2.4')"
    )


def test_an_archive_of_several_images_is_refused(shop: Workshop, archive: Path) -> None:
    write_tgz(archive, [("index.json", 0o644, b'{"manifests": [{}, {}]}')])
    assert reason(shop, GivenImage("given", IMAGE, archive)) == (
        f"{archive}: wanted an archive of one image, it holds 2"
    )


@pytest.mark.parametrize(
    ("step", "name"), [(GivenChart, "tool/Chart.yaml"), (GivenImage, "index.json")], ids=["chart", "image"]
)
def test_what_is_no_archive_of_one_is_refused(
    shop: Workshop, archive: Path, step: type[GivenChart | GivenImage], name: str
) -> None:
    of = CHART if step is GivenChart else IMAGE
    archive.write_bytes(b"no archive at all")
    assert reason(shop, step("given", of, archive)) == f"{archive}: it is no archive with {name}"
    write_tgz(archive, [("other", 0o644, b"")])
    assert reason(shop, step("given", of, archive)) == f"{archive}: it is no archive with {name}"
