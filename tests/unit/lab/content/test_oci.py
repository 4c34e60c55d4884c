# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are valid OCI archives, the same for the same files, and hold nothing of the machine that made them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.content.debian import DebianRoot, RootLayer
from lab.content.oci import Copy, FilesLayer, Image, image_file, settings, split_reference
from lab.content.steps import ContentError, Progress, Step, Workshop


@dataclass(frozen=True)
class Tool(Step):
    """A program and a folder."""

    def run(self, shop: Workshop, out: Path) -> None:
        (out / "program").write_bytes(b"\x7fELF tool")
        (out / "data" / "inner").mkdir(parents=True)
        (out / "data" / "b.h").write_text("b", encoding="ascii")
        (out / "data" / "inner" / "a.h").write_text("a", encoding="ascii")
        os.utime(out / "program", (1_700_000_000, 1_700_000_000))


def image() -> Image:
    """An image of two layers."""
    tool = Tool("tool")
    low = FilesLayer("layer low", (), links=(("/usr/sbin/two", "one"),), texts=(("/etc/passwd", "root\n"),))
    high = FilesLayer(
        "layer high",
        (Copy(tool, "program", "/usr/bin/tool"), Copy(tool, "data", "/var/lib/data")),
        folders=("/home/tool",),
    )
    config = settings(entrypoint=("/usr/bin/tool",), path="/usr/bin", user="65535:65535")
    return Image("image tool", "registry.example.org/team/tool:v1", "arm64", (low, high), config)


def made(shop: Workshop) -> Path:
    """The archive."""
    with shop.locked():
        assert shop.do_all([image()]) == {}
    return shop.path(image()) / "tree" / "images" / "registry.example.org_team_tool_v1.tar"


def members(archive: Path) -> dict[str, bytes]:
    """The archive's files."""
    with tarfile.open(archive) as tar:
        return {member.name: file.read() for member in tar if (file := tar.extractfile(member)) is not None}


def test_the_archive_is_an_oci_layout_whose_blobs_have_their_digests(shop: Workshop) -> None:
    files = members(made(shop))
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    [entry] = json.loads(files["index.json"])["manifests"]
    for name, data in files.items():
        if name.startswith("blobs/sha256/"):
            assert hashlib.sha256(data).hexdigest() == name.removeprefix("blobs/sha256/")
    assert entry["annotations"]["io.containerd.image.name"] == "registry.example.org/team/tool:v1"
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "registry.example.org/team/tool:v1"
    manifest = json.loads(files[f"blobs/{entry['digest'].replace(':', '/')}"])
    assert entry["size"] == len(files[f"blobs/{entry['digest'].replace(':', '/')}"])
    config = json.loads(files[f"blobs/{manifest['config']['digest'].replace(':', '/')}"])
    assert (config["os"], config["architecture"]) == ("linux", "arm64")
    assert config["config"]["Entrypoint"] == ["/usr/bin/tool"]
    assert config["config"]["Env"] == ["PATH=/usr/bin"]
    assert config["config"]["User"] == "65535:65535"
    assert "Cmd" not in config["config"]
    layers = [files[f"blobs/{layer['digest'].replace(':', '/')}"] for layer in manifest["layers"]]
    # The tests' zstd copies, so a layer is its own uncompressed form.
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]


def test_images_json_names_the_manifests_digest(shop: Workshop) -> None:
    archive = made(shop)
    index = json.loads(members(archive)["index.json"])
    [entry] = json.loads((shop.path(image()) / "images.json").read_text(encoding="utf-8"))
    assert entry == {
        "name": "registry.example.org/team/tool:v1",
        "file": "images/registry.example.org_team_tool_v1.tar",
        "digest": index["manifests"][0]["digest"],
    }


def test_layers_hold_every_entry_after_its_folders_without_times_and_owners(shop: Workshop) -> None:
    files = members(made(shop))
    [entry] = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(files[f"blobs/{entry['digest'].replace(':', '/')}"])
    listed = []
    for layer in manifest["layers"]:
        with tarfile.open(fileobj=io.BytesIO(files[f"blobs/{layer['digest'].replace(':', '/')}"])) as tar:
            listed.append({member.name: member for member in tar})
    low, high = listed
    assert list(low) == ["etc", "etc/passwd", "usr", "usr/sbin", "usr/sbin/two"]
    assert low["usr/sbin/two"].linkname == "one"
    assert list(high) == [
        *("home", "home/tool", "usr", "usr/bin", "usr/bin/tool", "var", "var/lib", "var/lib/data"),
        *("var/lib/data/b.h", "var/lib/data/inner", "var/lib/data/inner/a.h"),
    ]
    assert high["usr/bin/tool"].mode == 0o755
    assert high["var/lib/data/b.h"].mode == 0o644
    everything = [*low.values(), *high.values()]
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in everything} == {(0, 0, 0, "", "")}


def test_two_workshops_make_the_same_archive(shop: Workshop, tmp_path: Path) -> None:
    other = Workshop(tmp_path / "elsewhere", Progress(io.StringIO()))
    assert made(shop).read_bytes() == made(other).read_bytes()


@dataclass(frozen=True)
class Root(DebianRoot):
    """What mmdebstrap leaves: the machine's own files among those of the packages."""

    def run(self, shop: Workshop, out: Path) -> None:
        names = {
            "./": None,
            "./etc/": None,
            "./etc/apt/": None,
            "./etc/apt/apt.conf.d/99mmdebstrap": b'Acquire::http::Proxy "http://user:secret@proxy.example.org";',
            "./etc/apt/sources.list": b"deb http://mirror.example.org/debian trixie main",
            "./etc/hostname": b"builder.example.org",
            "./etc/os-release": b"ID=debian",
            "./etc/resolv.conf": b"nameserver 192.0.2.1",
            "./usr/bin/": None,
            "./usr/bin/tool": b"tool",
            "./usr/share/doc/tool/README": b"long",
            "./var/lib/apt/lists/mirror.example.org": b"x",
            "./var/log/apt.log": b"x",
        }
        with tarfile.open(out / "root.tar", "w") as tar:
            for name, data in names.items():
                info = tarfile.TarInfo(name)
                info.uid, info.uname, info.mtime = 0, "builder", 1_700_000_000
                info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
                info.size = len(data or b"")
                tar.addfile(info, io.BytesIO(data or b""))
            link = tarfile.TarInfo("./usr/bin/same")
            link.type, link.linkname = tarfile.LNKTYPE, "./usr/bin/tool"
            tar.addfile(link)
            device = tarfile.TarInfo("./dev/null")
            device.type = tarfile.CHRTYPE
            tar.addfile(device)


def test_a_root_becomes_a_layer_without_anything_of_the_machine(shop: Workshop) -> None:
    layer = RootLayer("layer root", Root("root", "trixie", ("tool",), "amd64"))
    with shop.locked():
        assert shop.do_all([layer]) == {}
    packed = (shop.path(layer) / "layer.tar.zst").read_bytes()
    for trace in (b"secret", b"mirror.example.org", b"builder", b"192.0.2.1"):
        assert trace not in packed
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        found = {member.name: member for member in tar}
    assert list(found) == ["etc", "etc/os-release", "usr/bin", "usr/bin/tool", "usr/bin/same"]
    assert found["usr/bin/same"].linkname == "usr/bin/tool"
    assert {member.mtime for member in found.values()} == {0}


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("registry.k8s.io/pause:3.10", ("registry.k8s.io", "pause", "3.10")),
        ("registry.k8s.io/coredns/coredns:v1", ("registry.k8s.io", "coredns/coredns", "v1")),
        ("localhost:5000/a:b", ("localhost:5000", "a", "b")),
    ],
)
def test_a_reference_is_registry_repository_and_tag(reference: str, parts: tuple[str, str, str]) -> None:
    assert split_reference(reference) == parts


@pytest.mark.parametrize("reference", ["pause", "library/pause:3", "registry.k8s.io/pause", "registry.k8s.io/:3"])
def test_a_reference_without_one_of_them_is_refused(reference: str) -> None:
    with pytest.raises(ContentError, match=f"^image '{reference}': wanted REGISTRY/REPOSITORY:TAG$"):
        split_reference(reference)


def test_the_archives_name_is_the_images() -> None:
    assert image_file("registry.k8s.io/coredns/coredns:v1") == "registry.k8s.io_coredns_coredns_v1.tar"
