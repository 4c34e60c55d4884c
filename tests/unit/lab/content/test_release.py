# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``release`` is read as Ansible reads it, and the list has an item for everything in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.content.items import items
from lab.content.publish import place_of
from lab.content.release import ReleaseError, load
from lab.content.steps import closure
from lab.content.upstream import FetchedChart, FetchedFile, FetchedImage


def written(tmp_path: Path, text: str) -> Path:
    """A file with role defaults."""
    path = tmp_path / "main.yml"
    path.write_text(text, encoding="utf-8")
    return path


MINIMAL = """
release_mirror_url: "{{ platform_mirror_url | default('') }}"
release_base_url: "{{ (release_mirror_url | length > 0) | ternary(release_mirror_url, 'https:/') }}"
release_architecture: arm64
release_tool_version: "1.2"
release_checksums: {tool: abc}
release_files: {tool: {url: "{{ release_base_url }}/example.org/v{{ release_tool_version }}/tool", checksum_suffix: .sha256}}
release_charts: {c: {name: c, version: "v{{ release_tool_version }}", repo_url: "{{ release_base_url }}/charts.example.org/"}}
release_images: {i: "registry.example.org/i:{{ release_tool_version }}"}
"""


def test_templates_are_rendered_with_upstreams_addresses(tmp_path: Path) -> None:
    release = load(written(tmp_path, MINIMAL))
    assert release.architecture == "arm64"
    assert release.versions == {"tool": "1.2"}
    assert release.files["tool"].url == "https://example.org/v1.2/tool"
    assert release.files["tool"].checksum_url == "https://example.org/v1.2/tool.sha256"
    assert release.files["tool"].sha256 == "abc"
    assert release.charts["c"].repo_url == "https://charts.example.org"
    assert release.charts["c"].version == "v1.2"
    assert release.images == {"i": "registry.example.org/i:1.2"}


def test_a_variable_that_needs_itself_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL + 'release_other_version: "{{ release_other_version }}"\n')
    with pytest.raises(
        ReleaseError, match=r"^release_other_version -> release_other_version: the variable needs itself$"
    ):
        load(path)


def test_a_variable_that_nobody_defines_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL.replace("v{{ release_tool_version }}/tool", "{{ nobody }}"))
    with pytest.raises(ReleaseError, match=r"^release_files: 'nobody' is undefined$"):
        load(path)


def test_every_file_chart_and_image_of_the_release_is_an_item_and_nothing_else() -> None:
    release = load()
    listed = items(release)
    files = {item.download.file for item in listed if isinstance(item.download, FetchedFile)}
    charts = {item.download.chart for item in listed if isinstance(item.download, FetchedChart)}
    images = {item.download.reference for item in listed if isinstance(item.download, FetchedImage)}
    assert files == set(release.files.values())
    assert charts == set(release.charts.values())
    assert images == set(release.images.values())
    assert len(listed) == len(files) + len(charts) + len(images)


def test_names_are_unique_so_that_logs_and_results_do_not_meet() -> None:
    listed = items(load())
    assert len({item.name for item in listed}) == len(listed)
    steps = closure([*(item.build for item in listed), *(item.download for item in listed)])
    assert len({step.name for step in steps}) == len(steps)


def test_no_recipe_repeats_a_version_of_the_release() -> None:
    source = (Path(__file__).parents[4] / "lab" / "content" / "items.py").read_text(encoding="utf-8")
    for version in set(load().versions.values()):
        assert not re.search(rf"\b{re.escape(version)}\b", source), version


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://dl.k8s.io/release/v1/bin/kubeadm", "files/dl.k8s.io/release/v1/bin/kubeadm"),
        ("https://charts.example.org", "files/charts.example.org"),
    ],
)
def test_a_file_lies_where_the_mirror_serves_it(url: str, place: str) -> None:
    assert place_of(url) == place
