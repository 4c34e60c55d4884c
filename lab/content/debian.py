# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that take Debian packages from the archive which this machine's own apt is set up with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lab.content.oci import Layer, layer_writer, plain
from lab.content.steps import ContentError, Step, Workshop, remove

MULTIARCH = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# What the machine that builds leaves in a root (its resolver, name, package sources and apt settings), and what no program reads.
LEFT_BEHIND = (
    *("etc/apt", "etc/dpkg", "etc/hostname", "etc/resolv.conf", "etc/init.d", "etc/pam.d", "etc/systemd", "dev"),
    *("usr/share/doc", "usr/share/info", "usr/share/lintian", "usr/share/locale", "usr/share/man", "usr/share/perl5"),
    *("usr/share/bash-completion", "usr/share/initramfs-tools", "usr/lib/systemd", "usr/lib/udev", "usr/share/zsh"),
    *("var/cache", "var/lib/apt", "var/lib/dpkg", "var/log"),
    *(f"usr/lib/{name}/gconv" for name in MULTIARCH.values()),
)


def sources(folder: Path = Path("/etc/apt")) -> Iterator[tuple[str, list[str], list[str]]]:
    """Address, suites and components of every binary package source, from both formats of sources.list(5)."""
    lists = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))]
    for path in lists:
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            match = re.match(r"\s*deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
            if match:
                yield match.group(1), [match.group(2)], match.group(3).split()
    for path in sorted((folder / "sources.list.d").glob("*.sources")):
        text = re.sub(r"(?m)^#.*\n?", "", path.read_text(encoding="utf-8"))
        for stanza in re.split(r"\n\s*\n", text):
            fields = {
                name.lower(): value.split()
                for name, value in re.findall(r"(?m)^([A-Za-z-]+):((?:[^\n]*\n?(?:[ \t]+[^\n]*\n?)*))", stanza)
            }
            if "deb" in fields.get("types", []) and fields.get("enabled", ["yes"]) != ["no"]:
                for address in fields.get("uris", []):
                    yield address, fields.get("suites", []), fields.get("components", [])


def debian_archive(folder: Path = Path("/etc/apt"), os_release: Path = Path("/etc/os-release")) -> str:
    """Address of the Debian archive that this machine uses; LAB_DEBIAN_MIRROR comes before it."""
    given = os.environ.get("LAB_DEBIAN_MIRROR", "")
    if given:
        return given
    facts = dict(re.findall(r'(?m)^([A-Z_]+)="?([^"\n]*)"?$', os_release.read_text(encoding="utf-8")))
    codename = facts.get("VERSION_CODENAME", "")
    if facts.get("ID") == "debian":
        for address, suites, components in sources(folder):
            if codename in suites and "main" in components:
                return address
    raise ContentError(
        f"no Debian archive is known on this machine ({facts.get('PRETTY_NAME', 'unknown system')}): "
        f"{folder} names none with the suite {codename!r} and the component main. "
        "Set LAB_DEBIAN_MIRROR to the address of one (and install debian-archive-keyring)"
    )


def acquire_settings(dump: str) -> str:
    """The lines of ``apt-config dump`` that say how packages are fetched: proxies, certificates, retries, dates."""
    return "".join(
        f"{line}\n" for line in dump.splitlines() if re.match(r"Acquire::(http|https|Check|Retries|Proxy)", line)
    )


@dataclass(frozen=True)
class DebianRoot(Step):
    """Packages and what they depend on, unpacked without their scripts: ``out/root.tar``."""

    suite: str
    packages: tuple[str, ...]
    architecture: str

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "fetched"

    def run(self, shop: Workshop, out: Path) -> None:
        """Run mmdebstrap; how apt fetches goes to it in a file, for a proxy's address may hold a password."""
        dump = subprocess.run([shop.program("apt-config"), "dump"], check=True, capture_output=True, text=True).stdout
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as apt:
            apt.write(acquire_settings(dump))
            apt.flush()
            shop.command(
                self,
                [
                    *(shop.program("mmdebstrap"), "--variant=extract", f"--architectures={self.architecture}"),
                    *(f"--include={','.join(self.packages)}", f"--aptopt={apt.name}", "--format=tar"),
                    *(self.suite, out / "root.tar", debian_archive()),
                ],
                env={"SOURCE_DATE_EPOCH": "0"},
            )


def entries(tar: tarfile.TarFile, leave_out: Sequence[str] = ()) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """Name (without ``./``) and entry of everything but device nodes and what is left out."""
    for entry in tar:
        name = entry.name.removeprefix("./").strip("/")
        if name in ("", ".") or entry.ischr() or entry.isblk():
            continue
        if not any(name == prefix or name.startswith(f"{prefix}/") for prefix in leave_out):
            yield name, entry


def copy_entry(source: tarfile.TarFile, name: str, entry: tarfile.TarInfo, target: tarfile.TarFile) -> None:
    """Copy one entry from a root into a layer."""
    plain(entry).name = name
    if entry.islnk():
        entry.linkname = entry.linkname.removeprefix("./")
    target.addfile(entry, source.extractfile(entry) if entry.isreg() else None)


@dataclass(frozen=True)
class RootLayer(Layer):
    """A whole root as a layer."""

    root: DebianRoot
    leave_out: tuple[str, ...] = LEFT_BEHIND

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy the entries in mmdebstrap's order, which is by name."""
        with tarfile.open(shop.path(self.root) / "root.tar") as source, layer_writer(shop, out) as layer:
            for name, entry in entries(source, self.leave_out):
                copy_entry(source, name, entry, layer)


@dataclass(frozen=True)
class ProgramsLayer(Layer):
    """Only some programs of a root with the libraries that they load, without what the layer below has already."""

    root: DebianRoot
    programs_wanted: tuple[str, ...]
    below: DebianRoot

    def run(self, shop: Workshop, out: Path) -> None:
        """Ask the root's own loader for the libraries, then copy them and the links that lead to them."""
        folder = out / "root"
        folder.mkdir()
        archive = shop.path(self.root) / "root.tar"
        shop.command(
            self, ["tar", "--extract", "--no-same-owner", "--exclude=./dev", "--file", archive, "--directory", folder]
        )
        wanted: set[str] = set()
        for program in self.programs_wanted:
            for path in [program, *self._libraries(shop, folder, program)]:
                wanted.update(self._chain(folder, path))
        with tarfile.open(shop.path(self.below) / "root.tar") as below:
            there = {name: self._identity(below, entry) for name, entry in entries(below)}
        with tarfile.open(archive) as source, layer_writer(shop, out) as layer:
            for name, entry in entries(source):
                if name in wanted and there.get(name) != self._identity(source, entry):
                    copy_entry(source, name, entry, layer)
        remove(folder)
        (out / "files.json").write_text(json.dumps(sorted(wanted)), encoding="utf-8")

    def _libraries(self, shop: Workshop, folder: Path, program: str) -> list[str]:
        library = folder / "usr/lib" / MULTIARCH[self.root.architecture]
        loader = next(path for path in sorted(library.glob("ld-linux-*.so.*")))
        listing = shop.command(self, [loader, "--library-path", library, "--list", folder / program])
        paths = [os.path.normpath(path) for path in re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listing, re.MULTILINE)]
        outside = [path for path in paths if not path.startswith(f"{folder}/")]
        if outside or "not found" in listing or not paths:
            raise ContentError(f"{program} loads libraries that its packages don't bring: {listing}")
        return [str(Path(path).relative_to(folder)) for path in paths]

    @staticmethod
    def _chain(folder: Path, path: str) -> Iterator[str]:
        """A path with its links followed inside the folder, and every folder on the way."""
        at = folder / path
        yield str(at.parent.resolve().relative_to(folder.resolve()) / at.name)
        while at.is_symlink():
            at = Path(os.path.normpath(at.parent / os.readlink(at)))
            yield str(at.parent.resolve().relative_to(folder.resolve()) / at.name)

    @staticmethod
    def _identity(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> tuple[bytes, str, int, bytes]:
        data = tar.extractfile(entry) if entry.isreg() else None
        return entry.type, entry.linkname, entry.mode, data.read() if data else b""
