# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the smallest content folder that has everything: ``content.py FOLDER EDITION``.

The edition stands in the file and in one of the two images; the other image is the same in every edition. Prints whether
anything changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path


def digest(data: bytes) -> str:
    """Return the digest as OCI writes it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def archive(files: dict[str, bytes]) -> bytes:
    """Return a tar of these files that is the same every time."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def image(text: str) -> tuple[bytes, str]:
    """Return an OCI archive of an image with one file, and the digest of its manifest."""
    layer = archive({"text": text.encode()})
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}
    ).encode()

    def descriptor(kind: str, data: bytes) -> dict[str, object]:
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(data), "size": len(data)}

    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("config.v1+json", config),
            "layers": [descriptor("layer.v1.tar", layer)],
        }
    ).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [descriptor("manifest.v1+json", manifest)]}).encode()
    blobs = {f"blobs/sha256/{digest(blob)[7:]}": blob for blob in (layer, config, manifest)}
    return archive({"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": index, **blobs}), digest(manifest)


def content(edition: str) -> dict[str, bytes]:
    """Return the folder's files by path."""
    files = {"files/dl.example.org/v1/tool": f"tool {edition}\n".encode()}
    images = []
    for name, text in (("registry.example.org/lasting:1", "lasting"), ("quay.example.org/team/edition:1", edition)):
        path = f"images/{name.rpartition('/')[2].replace(':', '_')}.tar"
        files[path], manifest = image(text)
        images.append({"name": name, "file": path, "digest": manifest})
    files["images.json"] = json.dumps(images).encode()
    files["manifest.json"] = b"[]"
    files["SHA256SUMS"] = "".join(f"{digest(data)[7:]}  {path}\n" for path, data in sorted(files.items())).encode()
    return files


def main() -> None:
    """Write what differs."""
    folder, edition = Path(sys.argv[1]), sys.argv[2]
    changed = False
    for path, data in content(edition).items():
        target = folder / path
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            changed = True
    print("changed" if changed else "unchanged")


if __name__ == "__main__":
    main()
