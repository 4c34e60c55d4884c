# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines' NFS client where the host's kernel, which is theirs too, has none: a program of lab/standins/mount-nfs."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lab.content.golang import GoProgram, GoSource
from lab.content.steps import ContentError, Workshop, copy_file

SOURCE = Path(__file__).resolve().parents[1] / "standins/mount-nfs"


@dataclass(frozen=True)
class Sources(GoSource):
    """A module of this repository as (path, file), with the sums of what it needs."""

    files: tuple[tuple[str, Path], ...]
    architecture: str = "amd64"

    verb: ClassVar[str] = "copied"

    @property
    def goarch(self) -> str:
        """The architecture to build for."""
        return self.architecture

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy the files."""
        for name, file in self.files:
            copy_file(file, out / name)


def kernel_mounts_nfs(root: Path = Path("/"), release: str = "") -> bool:
    """Whether the kernel of the system at ``root`` has a client of NFSv4, loaded or as a module."""
    places = [root / "proc/filesystems", *(root / f"lib/modules/{release or platform.release()}").glob("modules.[bd]*")]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in places if path.suffix != ".bin"]
    return "nfs4" in texts[0].split() or any("/nfsv4.ko" in text for text in texts[1:])


def program() -> GoProgram:
    """The step that builds the client."""
    paths = [path for path in sorted(SOURCE.rglob("*")) if path.name in ("go.mod", "go.sum") or path.suffix == ".go"]
    files = tuple((str(path.relative_to(SOURCE)), path) for path in paths if not path.name.endswith("_test.go"))
    return GoProgram("mount-nfs", Sources("mount-nfs module", files), ".")


def built(shop: Workshop, step: GoProgram) -> Path:
    """Return the program's file, built where it is missing; raise ContentError where that fails."""
    with shop.locked():
        for reason in shop.do_all([step]).values():
            raise ContentError(f"the machines' NFS client cannot be built: {reason}")
    return shop.path(step) / "program"
