# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container images written without a container engine: the same files always give the same digest.

Layers are tar archives with fixed times, owners and order, compressed with zstd; an image is one OCI archive
(https://github.com/opencontainers/image-spec: image layout, image manifest, image configuration).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar, cast

from lab.content.steps import ContentError, Step, Workshop

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
EPOCH = "1970-01-01T00:00:00Z"
COMPRESSION = ("-q", "-9", "-T0")
BLOCK = 2**20


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def json_bytes(value: Any) -> bytes:
    """JSON as it is written everywhere here: compact and sorted."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The entry without anything that differs between two builds: times, names of owners, extended headers."""
    entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.pax_headers = {}
    return entry


class _Pipe:
    """A file object for tarfile that hashes what it passes on."""

    def __init__(self, shop: Workshop, sink: IO[bytes]) -> None:
        self.shop = shop
        self.sink = sink
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.shop.check()
        self.digest.update(data)
        self.sink.write(data)
        return len(data)


@contextlib.contextmanager
def layer_writer(shop: Workshop, out: Path) -> Iterator[tarfile.TarFile]:
    """An open tar that becomes ``out/layer.tar.zst`` and its description ``out/layer.json``."""
    packed = out / "layer.tar.zst"
    with packed.open("wb") as target:
        child = subprocess.Popen(
            [shop.program("zstd"), *COMPRESSION, "-c"], stdin=subprocess.PIPE, stdout=target, start_new_session=True
        )
        assert child.stdin is not None
        pipe = _Pipe(shop, child.stdin)
        try:
            with tarfile.open(fileobj=cast(IO[bytes], pipe), mode="w|", format=tarfile.GNU_FORMAT) as tar:
                yield tar
        finally:
            child.stdin.close()
            status = child.wait()
    if status:
        raise ContentError(f"zstd ended with {status} while it wrote {packed}")
    description = {
        "mediaType": LAYER_TYPE,
        "digest": f"sha256:{sha256_of(packed)}",
        "size": packed.stat().st_size,
        "diff_id": f"sha256:{pipe.digest.hexdigest()}",
    }
    (out / "layer.json").write_bytes(json_bytes(description))


@dataclass(frozen=True)
class Layer(Step):
    """A step whose result is ``layer.tar.zst`` and ``layer.json``."""

    verb: ClassVar[str] = "packed"
    programs: ClassVar[tuple[str, ...]] = ("zstd",)
    code: ClassVar[tuple[str, ...]] = (__name__,)


@dataclass(frozen=True)
class Copy:
    """A file or folder of a step's result and its absolute place in the image."""

    step: Step
    source: str
    target: str
    mode: int = 0o755


@dataclass(frozen=True)
class FilesLayer(Layer):
    """Copies, links ``(place, target)`` and small texts ``(place, text)``."""

    copies: tuple[Copy, ...]
    links: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()

    def run(self, shop: Workshop, out: Path) -> None:
        """Write the entries in the order of their names, each after the folders that hold it."""
        entries: dict[str, tuple[tarfile.TarInfo, Path | bytes | None]] = {}

        def add(place: str, kind: bytes, mode: int, content: Path | bytes | None = None, link: str = "") -> None:
            name = place.strip("/")
            for parent in reversed(PurePosixPath(name).parents[:-1]):
                if str(parent) not in entries:
                    add(str(parent), tarfile.DIRTYPE, 0o755)
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.linkname = kind, mode, link
            if isinstance(content, Path):
                info.size = content.stat().st_size
            elif content is not None:
                info.size = len(content)
            entries[name] = (info, content)

        for copy in self.copies:
            source = shop.path(copy.step) / copy.source
            if source.is_dir():
                for path in sorted(source.rglob("*")):
                    if path.is_file():
                        add(f"{copy.target}/{path.relative_to(source)}", tarfile.REGTYPE, copy.mode & 0o666, path)
            else:
                add(copy.target, tarfile.REGTYPE, copy.mode, source)
        for place, target in self.links:
            add(place, tarfile.SYMTYPE, 0o777, link=target)
        for place, text in self.texts:
            add(place, tarfile.REGTYPE, 0o644, text.encode())
        for place in self.folders:
            add(place, tarfile.DIRTYPE, 0o755)
        with layer_writer(shop, out) as tar:
            for name in sorted(entries):
                info, content = entries[name]
                if isinstance(content, Path):
                    with content.open("rb") as data:
                        tar.addfile(info, data)
                else:
                    tar.addfile(info, io.BytesIO(content) if content is not None else None)


def image_file(reference: str) -> str:
    """File name of an image's archive: ``registry.k8s.io/pause:3.10`` is ``registry.k8s.io_pause_3.10.tar``."""
    return reference.replace("/", "_").replace(":", "_") + ".tar"


def split_reference(reference: str) -> tuple[str, str, str]:
    """Registry, repository and tag of a full image name.

    >>> split_reference("registry.k8s.io/coredns/coredns:v1.14.6")
    ('registry.k8s.io', 'coredns/coredns', 'v1.14.6')
    """
    host, _, rest = reference.partition("/")
    repository, _, tag = rest.rpartition(":")
    if not (repository and tag and ("." in host or ":" in host)):
        raise ContentError(f"image {reference!r}: wanted REGISTRY/REPOSITORY:TAG")
    return host, repository, tag


def write_archive(
    target: Path, reference: str, manifest: bytes, media_type: str, blobs: Mapping[str, Path | bytes]
) -> None:
    """Write an OCI archive of one image; ``blobs`` by digest (``sha256:…``), the manifest not among them."""
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": [
            {
                "mediaType": media_type,
                "digest": digest,
                "size": len(manifest),
                "annotations": {
                    "io.containerd.image.name": reference,
                    "org.opencontainers.image.ref.name": reference,
                },
            }
        ],
    }
    members: dict[str, Path | bytes] = {
        "oci-layout": json_bytes({"imageLayoutVersion": "1.0.0"}),
        "index.json": json_bytes(index),
        f"blobs/{digest.replace(':', '/')}": manifest,
        **{f"blobs/{name.replace(':', '/')}": content for name, content in blobs.items()},
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(members):
            content = members[name]
            info = tarfile.TarInfo(name)
            info.size = content.stat().st_size if isinstance(content, Path) else len(content)
            if isinstance(content, Path):
                with content.open("rb") as data:
                    tar.addfile(info, data)
            else:
                tar.addfile(info, io.BytesIO(content))


def publish_image(out: Path, reference: str, manifest: bytes, blobs: Mapping[str, Path | bytes]) -> None:
    """The archive in the content folder's place, and the entry for ``images.json`` beside the tree."""
    file = f"images/{image_file(reference)}"
    write_archive(out / "tree" / file, reference, manifest, MANIFEST_TYPE, blobs)
    entry = {"name": reference, "file": file, "digest": f"sha256:{hashlib.sha256(manifest).hexdigest()}"}
    (out / "images.json").write_bytes(json_bytes([entry]))


@dataclass(frozen=True)
class Image(Step):
    """An image from layers; ``config`` holds the fields of the image specification's ``config`` (Entrypoint, Env …)."""

    reference: str
    architecture: str
    layers: tuple[Layer, ...]
    config: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    verb: ClassVar[str] = "packed"

    def run(self, shop: Workshop, out: Path) -> None:
        """Write the configuration, the manifest and the archive."""
        descriptions = [json.loads((shop.path(layer) / "layer.json").read_bytes()) for layer in self.layers]
        labels = {
            "org.opencontainers.image.title": self.reference,
            "io.kubehub.source": "built from package registries",
        }
        config = json_bytes(
            {
                "architecture": self.architecture,
                "os": "linux",
                "created": EPOCH,
                "config": {**dict(self.config), "Labels": labels},
                "rootfs": {"type": "layers", "diff_ids": [entry.pop("diff_id") for entry in descriptions]},
                "history": [{"created": EPOCH, "created_by": layer.name} for layer in self.layers],
            }
        )
        config_digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
        manifest = json_bytes(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": {"mediaType": CONFIG_TYPE, "digest": config_digest, "size": len(config)},
                "layers": descriptions,
            }
        )
        blobs: dict[str, Path | bytes] = {config_digest: config}
        for layer, entry in zip(self.layers, descriptions, strict=True):
            blobs[entry["digest"]] = shop.path(layer) / "layer.tar.zst"
        publish_image(out, self.reference, manifest, blobs)


def settings(
    *, entrypoint: Sequence[str] = (), command: Sequence[str] = (), user: str = "", path: str = "", workdir: str = "/"
) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """The common fields of an image's configuration, those that are empty left out."""
    fields: dict[str, str | tuple[str, ...]] = {
        "Cmd": tuple(command),
        "Entrypoint": tuple(entrypoint),
        "Env": (f"PATH={path}",) if path else (),
        "User": user,
        "WorkingDir": workdir,
    }
    return tuple((name, value) for name, value in sorted(fields.items()) if value)
