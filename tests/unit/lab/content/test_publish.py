# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, archives and charts lie as upstream publishes them."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lab.content.oci import Copy
from lab.content.publish import PublishedArchive, PublishedChart, PublishedFile, chart_ignores, write_tgz
from lab.content.release import ReleaseChart, ReleaseFile
from lab.content.steps import Step, Workshop
from lab.content.upstream import expected_sum


@dataclass(frozen=True)
class Source(Step):
    """A program and a chart."""

    version: str = "1.2.3"

    def run(self, shop: Workshop, out: Path) -> None:
        (out / "program").write_bytes(b"program")
        chart = out / "chart"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text(
            f"apiVersion: v2\nname: tool\nversion: {self.version}\nappVersion: 1.2.3\ndisplayName: T\n",
            encoding="utf-8",
        )
        (chart / ".helmignore").write_text("# drafts\n*.tmpl\nbuild/\n", encoding="utf-8")
        (chart / "values.yaml").write_text("a: 1\n", encoding="utf-8")
        (chart / "values.yaml.tmpl").write_text("a: 2\n", encoding="utf-8")
        (chart / "templates" / "pod.yaml").write_text("b: 1\n", encoding="utf-8")


def done(shop: Workshop, step: Step) -> Path:
    """The tree of a step's result."""
    with shop.locked():
        assert shop.do_all([step]) == {}
    return shop.path(step) / "tree"


@pytest.mark.parametrize(
    ("url", "checksum"),
    [
        ("https://dl.k8s.io/release/v1/kubeadm", "{sum}"),
        ("https://get.example.org/v1/kubeadm", "{sum}  kubeadm\n"),
    ],
)
def test_a_file_lies_at_its_address_with_the_checksum_in_upstreams_form(
    shop: Workshop, url: str, checksum: str
) -> None:
    file = ReleaseFile(url, f"{url}.sha256", "")
    tree = done(shop, PublishedFile("file", file, Source("source")))
    place = tree / "files" / url.removeprefix("https://")
    assert place.read_bytes() == b"program"
    text = place.with_name("kubeadm.sha256").read_text(encoding="ascii")
    assert text == checksum.format(sum=hashlib.sha256(b"program").hexdigest())
    assert expected_sum(text, "kubeadm") == hashlib.sha256(b"program").hexdigest()


def test_an_archive_has_upstreams_inner_layout(shop: Workshop) -> None:
    file = ReleaseFile("https://get.example.org/tool.tar.gz", "https://get.example.org/tool.tar.gz.sha256sum", "")
    tree = done(shop, PublishedArchive("archive", file, (Copy(Source("source"), "program", "bin/tool"),)))
    with tarfile.open(tree / "files/get.example.org/tool.tar.gz") as tar:
        [member] = tar.getmembers()
    assert (member.name, member.mode, member.mtime, member.uid) == ("bin/tool", 0o755, 0, 0)


def test_an_archive_of_the_same_files_is_the_same(tmp_path: Path) -> None:
    content = tmp_path / "content"
    packed = []
    for number, when in enumerate((1_600_000_000, 1_700_000_000)):
        content.write_text("same", encoding="ascii")
        os.utime(content, (when, when))
        target = tmp_path / f"{number}.tgz"
        write_tgz(target, [("a", 0o644, content), ("b", 0o755, b"bytes")])
        packed.append(target.read_bytes())
    assert packed[0] == packed[1]
    assert b"same" in gzip.decompress(packed[0])


CHART = ReleaseChart("tool", "1.2.3", "https://charts.example.org/stable")


def test_a_chart_lies_in_a_repository_of_its_own(shop: Workshop) -> None:
    tree = done(shop, PublishedChart("chart", CHART, Source("source"), "chart"))
    repository = tree / "files/charts.example.org/stable"
    index = yaml.safe_load((repository / "index.yaml").read_text(encoding="utf-8"))
    [entry] = index["entries"]["tool"]
    packed = repository / "tool-1.2.3.tgz"
    assert entry["urls"] == ["tool-1.2.3.tgz"]
    assert entry["digest"] == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert (entry["name"], entry["version"], entry["appVersion"]) == ("tool", "1.2.3", "1.2.3")
    assert "displayName" not in entry, "helm refuses an index with a key that it does not know"
    with tarfile.open(packed) as tar:
        names = tar.getnames()
    assert names == ["tool/.helmignore", "tool/Chart.yaml", "tool/templates/pod.yaml", "tool/values.yaml"]


def test_a_chart_of_another_version_is_refused(shop: Workshop) -> None:
    step = PublishedChart("chart", CHART, Source("source", "9.9.9"), "chart")
    with shop.locked():
        failed = shop.do_all([step])
    assert str(failed[step]) == "chart tool: wanted version 1.2.3, the source holds ('tool', '9.9.9')"


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("values.yaml", False),
        ("values.yaml.tmpl", True),
        ("deep/inside/values.tmpl", True),
        ("build/x", True),
        ("sub/build/x", True),
        ("build", False),
        (".git/config", True),
        ("rooted.txt", True),
        ("sub/rooted.txt", False),
    ],
)
def test_helmignore_is_followed(name: str, ignored: bool) -> None:
    assert chart_ignores("# comment\n\n*.tmpl\nbuild/\n.git/\n/rooted.txt\n", name) is ignored
