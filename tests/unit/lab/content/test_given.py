# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and images that somebody has take the place of the release's, verified, and nothing else is taken for one."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.content.given import given_steps
from lab.content.oci import CONFIG_TYPE, INDEX_TYPE, MANIFEST_TYPE, json_bytes, sha256_of
from lab.content.release import Release, ReleaseChart
from lab.content.steps import ContentError, Workshop

CHART = ReleaseChart("tool", "1.2.3", "https://charts.example.org")
IMAGE = "registry.example.org/team/tool:v1"
RELEASE = Release("amd64", {}, {}, {"tool": CHART}, {"tool": IMAGE})


def pack(archive: Path, members: dict[str, bytes]) -> Path:
    """Write an archive."""
    with tarfile.open(archive, "w:gz" if archive.suffix == ".tgz" else "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive


def chart(folder: Path, version: str = "1.2.3") -> Path:
    """A chart as helm packs it, with a key that helm's index does not know."""
    text = f"apiVersion: v2\nname: tool\nversion: {version}\ndisplayName: Tool\n".encode()
    return pack(folder / "any-name.tgz", {"tool/charts/sub/Chart.yaml": b"name: sub\n", "tool/Chart.yaml": text})


class Blobs(dict[str, bytes]):
    """Members of an OCI archive."""

    def put(self, content: bytes, kind: str) -> dict[str, Any]:
        """Add a blob; return its descriptor."""
        digest = hashlib.sha256(content).hexdigest()
        self[f"./blobs/sha256/{digest}"] = content
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    def image(self, layer: bytes = b"layer", kind: str = MANIFEST_TYPE) -> dict[str, Any]:
        """Add an image; return its descriptor."""
        layers = [self.put(layer, "application/vnd.oci.image.layer.v1.tar+gzip")]
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": self.put(b"{}", CONFIG_TYPE), "layers": layers}
        return self.put(json_bytes(manifest), kind)


def archive(folder: Path, blobs: Blobs, entry: dict[str, Any], name: str = IMAGE, file: str = "saved.tar") -> Path:
    """An OCI archive as podman and skopeo write it."""
    notes = {"annotations": {"org.opencontainers.image.ref.name": name}} if name else {}
    index = json_bytes({"schemaVersion": 2, "manifests": [{**entry, **notes}]})
    return pack(folder / file, {"./index.json": index, **blobs})


def test_a_chart_takes_its_place_in_the_repository(shop: Workshop, tmp_path: Path) -> None:
    given = chart(tmp_path)
    steps = given_steps(RELEASE, tmp_path, None)
    assert list(steps) == ["chart tool"]
    shop.do(steps["chart tool"])
    tree = shop.path(steps["chart tool"]) / "tree/files/charts.example.org"
    assert (tree / "tool-1.2.3.tgz").read_bytes() == given.read_bytes()
    index = (tree / "index.yaml").read_text(encoding="utf-8")
    assert f"digest: {sha256_of(given)}" in index
    assert "displayName" not in index


def test_a_chart_of_another_version_is_refused(tmp_path: Path) -> None:
    given = chart(tmp_path, "1.2.4")
    with pytest.raises(ContentError) as caught:
        given_steps(RELEASE, tmp_path, None)
    assert str(caught.value) == f"{given}: it holds the chart tool 1.2.4, which the release has not. It has: tool 1.2.3"


@pytest.mark.parametrize("many", [False, True])
def test_an_image_takes_its_place_blob_by_blob(shop: Workshop, tmp_path: Path, many: bool) -> None:
    blobs = Blobs()
    wanted = entry = blobs.image()
    if many:
        platforms = [{**blobs.image(b"arm"), "platform": {"os": "linux", "architecture": "arm64"}}]
        platforms += [{**entry, "platform": {"os": "linux", "architecture": "amd64"}}]
        entry = blobs.put(json_bytes({"schemaVersion": 2, "manifests": platforms}), INDEX_TYPE)
    archive(tmp_path, blobs, entry)
    [(name, step)] = given_steps(RELEASE, None, tmp_path).items()
    assert name == "image tool"
    shop.do(step)
    [listed] = json.loads((shop.path(step) / "images.json").read_text(encoding="utf-8"))
    assert listed == {"name": IMAGE, "file": "images/registry.example.org_team_tool_v1.tar", "digest": wanted["digest"]}
    with tarfile.open(shop.path(step) / "tree" / listed["file"]) as tar:
        kept = {name.removeprefix("blobs/sha256/") for name in tar.getnames() if name.startswith("blobs/sha256/")}
    manifest = json.loads(blobs[f"./blobs/sha256/{wanted['digest'].removeprefix('sha256:')}"])
    used = [wanted, manifest["config"], *manifest["layers"]]
    assert kept == {each["digest"].removeprefix("sha256:") for each in used}


def refuse(step_folder: Path, shop: Workshop) -> str:
    """What is said against the image in a folder."""
    with pytest.raises(ContentError) as caught:
        shop.do(given_steps(RELEASE, None, step_folder)["image tool"])
    return str(caught.value)


def test_a_damaged_image_is_refused(shop: Workshop, tmp_path: Path) -> None:
    blobs = Blobs()
    entry = blobs.image()
    place = next(name for name, content in blobs.items() if content == b"layer")
    blobs[place] = b"other"
    given = archive(tmp_path, blobs, entry)
    assert (
        refuse(tmp_path, shop)
        == f"{given}: {place.removeprefix('./')} is not what its name says, or missing; save the image again"
    )


def test_an_image_for_other_machines_is_refused(shop: Workshop, tmp_path: Path) -> None:
    blobs = Blobs()
    platforms = [{**blobs.image(), "platform": {"os": "linux", "architecture": "arm64"}}]
    given = archive(tmp_path, blobs, blobs.put(json_bytes({"manifests": platforms}), INDEX_TYPE))
    assert refuse(tmp_path, shop) == f"{given}: {IMAGE} is not there for linux/amd64"


def test_an_image_in_dockers_form_is_refused(shop: Workshop, tmp_path: Path) -> None:
    blobs = Blobs()
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    given = archive(tmp_path, blobs, blobs.image(kind=kind))
    assert refuse(tmp_path, shop) == f"{given}: {IMAGE} is a {kind}; save it as {MANIFEST_TYPE}"


@pytest.mark.parametrize(("name", "told"), [("", "without a name"), ("registry.example.org/tool:v2",) * 2])
def test_an_image_that_the_release_has_not_is_refused(tmp_path: Path, name: str, told: str) -> None:
    blobs = Blobs()
    given = archive(tmp_path, blobs, blobs.image(), name)
    with pytest.raises(ContentError) as caught:
        given_steps(RELEASE, None, tmp_path)
    assert str(caught.value) == f"{given}: it holds the image {told}, which the release has not. It has: {IMAGE}"


def test_what_is_given_twice_is_refused(tmp_path: Path) -> None:
    blobs = Blobs()
    entry = blobs.image()
    archive(tmp_path, blobs, entry)
    second = archive(tmp_path, blobs, entry, file="second.tar")
    with pytest.raises(ContentError) as caught:
        given_steps(RELEASE, None, tmp_path)
    assert str(caught.value) == f"{second}: another archive holds image tool, too; keep one"


def test_what_is_no_archive_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        given_steps(RELEASE, tmp_path, None)
    assert str(caught.value) == f"LAB_CHARTS: {tmp_path} holds no *.tgz; name a folder that does, or leave it empty"
    (tmp_path / "cut.tar").write_bytes(b"half of it")
    with pytest.raises(ContentError, match=r"cut\.tar: it is no whole archive \("):
        given_steps(RELEASE, None, tmp_path)
    pack(tmp_path / "cut.tar", {"manifest.json": b"[]"})
    with pytest.raises(ContentError, match=r"cut\.tar: it has no index\.json, so it is no OCI archive; save the image"):
        given_steps(RELEASE, None, tmp_path)
    pack(tmp_path / "plain.tgz", {"plain/values.yaml": b"a: 1\n"})
    with pytest.raises(ContentError, match=r"plain\.tgz: it has no Chart\.yaml, so it is no chart; pack one with helm"):
        given_steps(RELEASE, tmp_path, None)
