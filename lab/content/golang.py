# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that build programs from the Go module proxy with the Go that the Python environment pins."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lab.content.steps import ContentError, Step, Workshop

DOWNLOAD_TRIES = 4


def go_environment(shop: Workshop) -> dict[str, str]:
    """What every go command runs with; proxy, checksum database and credentials stay as the client has them."""
    cache = shop.root.parent / "go"
    return {
        "GOCACHE": str(cache / "build"),
        "GOMODCACHE": str(cache / "mod"),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
        "GOWORK": "off",
        "GOOS": "linux",
        "CGO_ENABLED": "0",
    }


def module_folder(shop: Workshop, step: Step, module: str, version: str, cwd: Path) -> Path:
    """Download a module into the cache and return its (read-only) folder."""
    for attempt in range(DOWNLOAD_TRIES):
        try:
            text = shop.command(
                step,
                [shop.program("go"), "mod", "download", "-json", f"{module}@{version}"],
                cwd=cwd,
                env=go_environment(shop),
            )
            return Path(json.loads(text)["Dir"])
        except ContentError:
            if attempt == DOWNLOAD_TRIES - 1:
                raise
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class GoSource(Step):
    """A folder with a Go module whose dependencies are resolved."""

    @property
    def goarch(self) -> str:
        """The architecture to build for."""
        raise NotImplementedError


@dataclass(frozen=True)
class GoModule(GoSource):
    """A module with its dependencies resolved, ready to build ``packages`` of it.

    By default the module is a requirement of an empty one. ``replace_zero`` names the version that stands for every
    k8s.io module which Kubernetes itself requires at v0.0.0. With ``as_main`` its source is copied and becomes the main
    module, so that its own replaces count; ``edits`` are arguments of ``go mod edit``, ``drop_lines`` removes import
    lines (file, line), ``stubs`` adds files (path, text), and ``leave_out`` names folders that no package needs.
    """

    module: str
    version: str
    packages: tuple[str, ...]
    tags: str = ""
    replace_zero: str = ""
    as_main: bool = False
    edits: tuple[str, ...] = ()
    drop_lines: tuple[tuple[str, str], ...] = ()
    stubs: tuple[tuple[str, str], ...] = ()
    leave_out: tuple[str, ...] = ()
    architecture: str = "amd64"

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "resolved"
    programs: ClassVar[tuple[str, ...]] = ("go",)

    @property
    def goarch(self) -> str:
        """The architecture to build for."""
        return self.architecture

    def run(self, shop: Workshop, out: Path) -> None:
        """Write go.mod and go.sum (and the source) with everything that the packages need."""
        environment = {**go_environment(shop), "GOARCH": self.architecture, "GOFLAGS": "-buildvcs=false -mod=mod"}

        def go(*words: str) -> str:
            return shop.command(self, [shop.program("go"), *words], cwd=out, env=environment)

        source = module_folder(shop, self, self.module, self.version, out)
        if self.as_main:
            self._copy(source, out)
            if self.edits:
                go("mod", "edit", *self.edits)
        else:
            go("mod", "init", f"lab/{self.name.removesuffix(' modules').replace(' ', '-')}")
            go("mod", "edit", f"-require={self.module}@{self.version}", *self.edits)
            if self.replace_zero:
                zero = [
                    entry["Path"]
                    for entry in json.loads(go("mod", "edit", "-json", str(source / "go.mod")))["Require"]
                    if entry["Version"] == "v0.0.0"
                ]
                go("mod", "edit", *(f"-replace={path}={path}@{self.replace_zero}" for path in sorted(zero)))
            go("get", f"{self.module}@{self.version}")
        for attempt in range(DOWNLOAD_TRIES):
            try:
                go("list", "-deps", "-tags", self.tags, "-f", "{{.ImportPath}}", *self.packages)
                break
            except ContentError:
                if attempt == DOWNLOAD_TRIES - 1:
                    raise

    def _copy(self, source: Path, out: Path) -> None:
        def ignore(folder: str, names: list[str]) -> list[str]:
            return [name for name in names if str((Path(folder) / name).relative_to(source)) in self.leave_out]

        shutil.copytree(source, out, dirs_exist_ok=True, ignore=ignore)
        for folder, _, files in os.walk(out):
            os.chmod(folder, 0o755)
            for name in files:
                os.chmod(Path(folder) / name, 0o644)
        for name, line in self.drop_lines:
            path = out / name
            text = path.read_text(encoding="utf-8")
            if text.count(line + "\n") != 1:
                raise ContentError(
                    f"{self.module}@{self.version}: {name} has not exactly one line {line!r}; adapt the recipe"
                )
            path.write_text(text.replace(line + "\n", ""), encoding="utf-8")
        for name, text in self.stubs:
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class LocalModule(GoSource):
    """A module of this repository that needs nothing but the standard library."""

    files: tuple[Path, ...]
    architecture: str = "amd64"

    verb: ClassVar[str] = "copied"

    @property
    def goarch(self) -> str:
        """The architecture to build for."""
        return self.architecture

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy the files side by side."""
        for file in self.files:
            shutil.copyfile(file, out / file.name)


@dataclass(frozen=True)
class GoProgram(Step):
    """One static program: ``out/program``; ``variables`` are set by the linker (-X)."""

    source: GoSource
    package: str
    variables: tuple[tuple[str, str], ...] = ()
    tags: str = ""

    pool: ClassVar[str] = "compile"
    verb: ClassVar[str] = "compiled"
    programs: ClassVar[tuple[str, ...]] = ("go",)

    @property
    def turn(self) -> str:
        """Programs of one module share most packages: compiled beside each other they would compile them twice."""
        return self.source.name

    def run(self, shop: Workshop, out: Path) -> None:
        """Compile and link."""
        flags = " ".join(["-s", "-w", "-buildid=", *(f"-X '{name}={value}'" for name, value in self.variables)])
        shop.command(
            self,
            [
                *(shop.program("go"), "build", "-mod=readonly", "-trimpath", "-p", str(shop.compiler_threads)),
                *("-tags", self.tags, "-ldflags", flags, "-o", out / "program", self.package),
            ],
            cwd=shop.path(self.source),
            env={**go_environment(shop), "GOARCH": self.source.goarch},
        )


@dataclass(frozen=True)
class ModuleFiles(Step):
    """Files and folders of a module as they are: ``out/<path>``."""

    module: str
    version: str
    paths: tuple[str, ...]
    leave_out: tuple[str, ...] = ()

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "copied"

    def run(self, shop: Workshop, out: Path) -> None:
        """Copy out of the module cache."""
        source = module_folder(shop, self, self.module, self.version, out)
        skip = {source / name for name in self.leave_out}
        for name in self.paths:
            if not (source / name).exists():
                raise ContentError(f"{self.module}@{self.version} has no {name}; adapt the recipe")
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (source / name).is_dir():
                shutil.copytree(
                    source / name, target, ignore=lambda at, names: [n for n in names if Path(at) / n in skip]
                )
            else:
                shutil.copyfile(source / name, target)
        for folder, _, files in os.walk(out):
            os.chmod(folder, 0o755)
            for entry in files:
                os.chmod(Path(folder) / entry, 0o644)


@dataclass(frozen=True)
class CProgram(Step):
    """One C file as a static program for this machine's architecture: ``out/program``."""

    source: ModuleFiles
    path: str
    defines: tuple[tuple[str, str], ...] = ()

    pool: ClassVar[str] = "compile"
    verb: ClassVar[str] = "compiled"
    programs: ClassVar[tuple[str, ...]] = ("gcc",)

    def run(self, shop: Workshop, out: Path) -> None:
        """Compile and link."""
        defines = [f"-D{name}={value}" for name, value in self.defines]
        file = shop.path(self.source) / self.path
        shop.command(
            self,
            [
                shop.program("gcc"),
                "-Os",
                "-Wall",
                "-Werror",
                "-static",
                "-s",
                "-Wl,--build-id=none",
                *defines,
                "-o",
                out / "program",
                file,
            ],
        )
