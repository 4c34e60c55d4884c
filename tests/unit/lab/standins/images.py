# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-ins' images as far as the repository makes them."""

from __future__ import annotations

from pathlib import Path

from lab.content.oci import FilesLayer, Image


def unpacked(image: Image, root: Path) -> tuple[Path, tuple[str, ...]]:
    """Write the texts that are put into an image below ``root``; return the folder in which it starts, and what it starts."""
    for layer in image.layers:
        if isinstance(layer, FilesLayer):
            for place, text in layer.texts:
                path = root / place.strip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    config = dict(image.config)
    entrypoint = config["Entrypoint"]
    assert isinstance(entrypoint, tuple)
    return root / str(config["WorkingDir"]).strip("/"), entrypoint
