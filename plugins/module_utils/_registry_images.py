# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What a registry must hold so that it serves a content folder's images. Pure; no Ansible, no network.

The list of images is the folder's ``images.json``; names and digests follow the OCI distribution specification 1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_HOST = r"[a-z0-9]+(?:[.-][a-z0-9]+)*"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?P<repository>{_HOST}(?:/{_PART})+):(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""Media types that a registry is asked for, so that it answers with the manifest that was pushed, not a converted one."""


class ImagesError(ValueError):
    """A list of images that cannot be used. The message names the entry and what is wanted there."""


@dataclass(frozen=True)
class Image:
    """An image of the content folder.

    ``name`` is upstream's, with registry and tag. ``file`` is its OCI archive, relative to the folder.
    ``digest`` is that of the manifest, as ``sha256:`` and 64 hexadecimal digits.
    """

    name: str
    file: str
    digest: str

    @property
    def repository(self) -> str:
        """The name without its tag: where a mirror keeps the image."""
        return self.name.rpartition(":")[0]

    @property
    def tag(self) -> str:
        """The tag of the name."""
        return self.name.rpartition(":")[2]


def parse(text: str) -> list[Image]:
    """Return the images that the text of an ``images.json`` lists, in its order.

    Raises ImagesError where the text is not a list of ``{name, file, digest}`` or a name stands there twice.
    """
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise ImagesError(f"images.json: not JSON: {error}") from error
    if not isinstance(entries, list):
        raise ImagesError("images.json: wanted a list of images")
    images = [_image(f"images.json[{position}]", entry) for position, entry in enumerate(entries)]
    names = [image.name for image in images]
    for name in names:
        if names.count(name) > 1:
            raise ImagesError(f"images.json: {name} is listed {names.count(name)} times, wanted once")
    return images


def _image(place: str, entry: object) -> Image:
    if not isinstance(entry, Mapping):
        raise ImagesError(f"{place}: wanted an object with name, file and digest")
    values: dict[str, str] = {}
    for key in ("name", "file", "digest"):
        value = entry.get(key)
        if not isinstance(value, str) or not value:
            raise ImagesError(f"{place}.{key}: wanted a text that is not empty")
        values[key] = value
    if not _NAME.fullmatch(values["name"]):
        raise ImagesError(
            f"{place}.name: {values['name']!r} is not REGISTRY/REPOSITORY:TAG, without a port and in lower case"
        )
    path = PurePosixPath(values["file"])
    # skopeo takes what follows a colon for the image's name in the archive
    if path.is_absolute() or ".." in path.parts or ":" in values["file"]:
        raise ImagesError(f"{place}.file: {values['file']!r} is not a path inside the content folder without a colon")
    if not _DIGEST.fullmatch(values["digest"]):
        raise ImagesError(f"{place}.digest: {values['digest']!r} is not sha256: and 64 hexadecimal digits")
    return Image(**values)


def missing(images: Iterable[Image], digests: Mapping[str, str | None]) -> list[Image]:
    """Return the images that a registry lacks. ``digests`` is what it answered by image name, None for what it has not."""
    return [image for image in images if digests.get(image.name) != image.digest]


def load_command(skopeo: str, folder: str, image: Image, registry: str, tls: bool) -> list[str]:
    """Return the command that loads an image into the registry at ``registry`` (host:port) with its digest kept."""
    return [
        skopeo,
        "copy",
        "--quiet",
        "--preserve-digests",
        f"--dest-tls-verify={'true' if tls else 'false'}",
        f"oci-archive:{folder}/{image.file}",
        f"docker://{registry}/{image.name}",
    ]
