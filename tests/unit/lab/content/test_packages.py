# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed from package indexes is locked, and packed as it lies there; pip and npm themselves are stood in for."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.content import packages
from lab.content.debian import DebianRoot
from lab.content.oci import Layer
from lab.content.packages import (
    Node,
    NodePackages,
    OwnedFolder,
    PythonPackages,
    PythonRoot,
    TreeLayer,
    host_architecture,
    library_of,
    requirements,
    write_commands,
)
from lab.content.steps import ContentError, Step, Workshop

# The tests put a stand-in for pip in its place.
PYTHON = sys.executable
IMAGES = Path(__file__).parents[4] / "lab" / "standins" / "jupyterhub" / "images"
# A pip that notes its arguments and the lock, and installs one package as pip does with --target.
PIP = """#!{python}
import pathlib, sys
arguments = sys.argv[1:]
target = pathlib.Path(arguments[arguments.index("--target") + 1])
lock = pathlib.Path(arguments[arguments.index("--requirement") + 1])
pathlib.Path({note!r}).write_text("\\n".join(arguments) + "\\n--\\n" + lock.read_text())
for name, text in {files!r}.items():
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    (target / name).write_text(text)
    (target / name).chmod(0o755 if "/bin/" in "/" + name else 0o644)
"""
INSTALLED = {
    "tool/__init__.py": "def main():\n    print('tool')\n",
    "tool-1.dist-info/METADATA": "Name: tool\nVersion: 1\n",
    "tool-1.dist-info/RECORD": "bin/tool,sha256=of-this-machine,9\n",
    "tool-1.dist-info/entry_points.txt": "[console_scripts]\ntool = tool:main\n",
    "share/tool/page.html": "<p>",
    "bin/tool": "#!/home/somebody/python\n",
}


@dataclass(frozen=True)
class Tree(Step):
    """A result with a file of each kind."""

    text: str = "a"

    def run(self, shop: Workshop, out: Path) -> None:
        (out / "tree/usr/bin").mkdir(parents=True)
        (out / "tree/usr/bin/run").write_text("#!/bin/sh\n", encoding="ascii")
        (out / "tree/usr/bin/run").chmod(0o4750)
        (out / "tree/usr/bin/again").symlink_to("run")
        (out / "tree/usr/share/doc/run").mkdir(parents=True)
        (out / "tree/usr/share/doc/run/README").write_text("not needed", encoding="ascii")
        (out / "tree/etc").mkdir()
        (out / "tree/etc/setting").write_text(self.text, encoding="ascii")
        (out / "tree/etc/setting").chmod(0o600)


@dataclass(frozen=True)
class Root(DebianRoot):
    """A root that needs no archive of packages."""

    files: tuple[tuple[str, str], ...] = ()

    def run(self, shop: Workshop, out: Path) -> None:
        source = out / "root"
        for name, text in self.files:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text, encoding="ascii")
        with tarfile.open(out / "root.tar", "w") as tar:
            for path in sorted(source.rglob("*")):
                tar.add(path, f"./{path.relative_to(source)}", recursive=False)


@dataclass(frozen=True)
class ThisPython(PythonRoot):
    """A root whose Python is this one: a loader that passes on to it."""

    def run(self, shop: Workshop, out: Path) -> None:
        library = out / "tree/usr/lib" / packages.MULTIARCH[host_architecture()]
        standard = out / f"tree/usr/lib/python{sys.version_info.major}.{sys.version_info.minor}"
        for path in (library, standard):
            path.mkdir(parents=True)
        (standard / "os.py").touch()
        loader = library / "ld-linux-test.so.2"
        loader.write_text(f'#!/bin/sh\nshift 3\nexec {PYTHON} "$@"\n', encoding="ascii")
        loader.chmod(0o755)


def root(*files: tuple[str, str]) -> Root:
    """A root with files."""
    return Root("debian test", "trixie", (), host_architecture(), files)


def made(shop: Workshop, step: Step) -> Path:
    """A step's result."""
    with shop.locked():
        assert shop.do_all([step]) == {}
    return shop.path(step)


def failure(shop: Workshop, step: Step) -> str:
    """Why a step could not be done."""
    with shop.locked():
        return str(shop.do_all([step])[step])


def members(shop: Workshop, layer: Layer) -> dict[str, tarfile.TarInfo]:
    """The entries of a layer, which the tests' zstd leaves as it is."""
    with tarfile.open(made(shop, layer) / "layer.tar.zst") as tar:
        return {entry.name: entry for entry in tar}


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for ``python -m pip`` notes how it was called."""
    note = tmp_path / "pip-was-called-with"
    program = tmp_path / "pip"
    program.write_text(PIP.format(python=PYTHON, note=str(note), files=INSTALLED), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(packages.sys, "executable", str(program))
    return note


def test_a_lock_is_read_requirement_by_requirement() -> None:
    lock = "# by hand\nsix==1.17.0 \\\n    --hash=sha256:01 \\\n    --hash=sha256:02\nidna==3.20 --hash=sha256:03\n\n"
    assert requirements(lock) == ("six==1.17.0 --hash=sha256:01 --hash=sha256:02", "idna==3.20 --hash=sha256:03")


@pytest.mark.parametrize("name", ["hub", "singleuser", "node"])
def test_every_requirement_of_the_locks_has_one_version_and_hashes_and_no_address(name: str) -> None:
    text = (IMAGES / f"{name}.txt").read_text(encoding="ascii")
    assert "://" not in text
    for line in requirements(text):
        pinned, *hashes = line.split()
        assert pinned.count("==") == 1, line
        assert hashes, line
        assert all(word.startswith("--hash=sha256:") and len(word) == 78 for word in hashes), line


def test_the_hub_and_the_notebooks_agree_on_what_both_have() -> None:
    hub, singleuser = (
        dict(line.split()[0].split("==") for line in requirements((IMAGES / f"{name}.txt").read_text(encoding="ascii")))
        for name in ("hub", "singleuser")
    )
    assert {
        name: (hub[name], singleuser[name]) for name in hub.keys() & singleuser.keys() if hub[name] != singleuser[name]
    } == {}
    assert "jupyterhub" in hub.keys() & singleuser.keys()


def test_every_package_of_the_proxy_has_an_integrity_and_no_registrys_address() -> None:
    lock = json.loads((IMAGES / "proxy/package-lock.json").read_text(encoding="utf-8"))
    manifest = json.loads((IMAGES / "proxy/package.json").read_text(encoding="utf-8"))
    listed = lock["packages"]
    assert listed.pop("")["dependencies"] == manifest["dependencies"]
    assert [name for name, package in listed.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in listed.items() if "resolved" in package] == []
    assert [name for name, package in listed.items() if package.get("hasInstallScript")] == []


def test_packages_lie_as_in_a_virtual_environment_with_commands_of_the_images_python(shop: Workshop, pip: Path) -> None:
    python = ThisPython("python root", root())
    out = made(shop, PythonPackages("packages", ("tool==1 --hash=sha256:01",), python, "/opt/venv"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = out / "tree/opt/venv/lib" / version / "site-packages"
    found = {str(path.relative_to(out / "tree/opt/venv")) for path in out.rglob("*") if path.is_file()}
    cached = f"__init__.{sys.implementation.cache_tag}.pyc"
    assert found == {
        "bin/tool",
        "share/tool/page.html",
        *(
            f"lib/{version}/site-packages/{name}"
            for name in (
                "tool/__init__.py",
                f"tool/__pycache__/{cached}",
                "tool-1.dist-info/METADATA",
                "tool-1.dist-info/entry_points.txt",
            )
        ),
    }
    compiled = (site / "tool/__pycache__" / cached).read_bytes()
    # PEP 552: flags 1 say that the file holds its source's hash and is never compared with it.
    assert compiled[4:8] == b"\x01\x00\x00\x00"
    assert f"/opt/venv/lib/{version}/site-packages/tool/__init__.py".encode() in compiled
    assert str(out).encode() not in compiled
    script = out / "tree/opt/venv/bin/tool"
    assert script.read_text(encoding="ascii").startswith("#!/opt/venv/bin/python3\n")
    assert stat.S_IMODE(script.stat().st_mode) == 0o755


def test_pip_installs_nothing_but_what_the_lock_vouches_for(shop: Workshop, pip: Path) -> None:
    step = PythonPackages("packages", ("tool==1 --hash=sha256:01",), ThisPython("root", root()), "/opt/venv", ("odd",))
    made(shop, step)
    words, _, lock = pip.read_text(encoding="utf-8").partition("\n--\n")
    arguments = words.splitlines()
    assert lock == "tool==1 --hash=sha256:01\n"
    assert arguments[:10] == [
        *("-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"),
        *("--only-binary", ":all:", "--no-binary"),
    ]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert arguments[10:15] == ["odd", "--implementation", "cp", "--python-version", version]
    machine = packages.MACHINES[host_architecture()]
    assert arguments[15:17] == ["--platform", f"manylinux_2_41_{machine}"]
    assert f"manylinux2014_{machine}" in arguments


def test_a_command_runs_what_its_entry_point_names(tmp_path: Path) -> None:
    for name, text in INSTALLED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    write_commands(tmp_path, tmp_path / "commands", PYTHON)
    done = subprocess.run(
        [tmp_path / "commands/tool"], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "tool\n"


def test_a_root_must_have_one_python(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    with pytest.raises(ContentError, match=r": wanted one Python 3, found none$"):
        library_of(tmp_path)
    for name in ("python3.12", "python3.13"):
        (tmp_path / "usr/lib" / name).mkdir()
        (tmp_path / "usr/lib" / name / "os.py").touch()
    with pytest.raises(ContentError, match=r": wanted one Python 3, found python3.12, python3.13$"):
        library_of(tmp_path)


def test_a_root_for_another_machine_is_named(shop: Workshop) -> None:
    step = PythonRoot("python root", root(("usr/lib/python3.13/os.py", "")))
    assert failure(shop, step) == f"python root: its Debian root is not for this machine ({host_architecture()})"


def test_another_kind_of_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.platform, "machine", lambda: "riscv64")
    with pytest.raises(ContentError, match=r"^this machine is riscv64; wanted one of x86_64, aarch64$"):
        host_architecture()


@dataclass(frozen=True)
class Npm(Node):
    """A Node.js that notes its arguments, the folder and its files."""

    def run(self, shop: Workshop, out: Path) -> None:
        (out / "bin").mkdir()
        node = out / "bin/node"
        node.write_text(
            '#!/bin/sh\nmkdir node_modules\n{ pwd; ls; echo "$@"; } > node_modules/called\n', encoding="ascii"
        )
        node.chmod(0o755)


def test_npm_installs_the_lock_without_running_scripts(shop: Workshop) -> None:
    npm = Npm("node", (), "amd64")
    lock = IMAGES / "proxy/package-lock.json"
    out = made(shop, NodePackages("proxy packages", IMAGES / "proxy/package.json", lock, npm, "/srv/proxy"))
    folder, *files, called = (out / "tree/srv/proxy/node_modules/called").read_text(encoding="utf-8").splitlines()
    assert folder.endswith("/tree/srv/proxy")
    assert files == ["node_modules", "package-lock.json", "package.json"]
    program = shop.path(npm) / "lib/node_modules/npm/bin/npm-cli.js"
    assert called == f"{program} ci --omit=dev --ignore-scripts --no-audit --no-fund"


def test_a_tree_is_packed_with_plain_modes_and_links_and_without_what_is_left_behind(shop: Workshop) -> None:
    found = members(shop, TreeLayer("layer", ((Tree("tree"), "tree"),)))
    assert {name: (entry.type, entry.mode, entry.linkname) for name, entry in found.items()} == {
        "etc": (tarfile.DIRTYPE, 0o755, ""),
        "etc/setting": (tarfile.REGTYPE, 0o644, ""),
        "usr": (tarfile.DIRTYPE, 0o755, ""),
        "usr/bin": (tarfile.DIRTYPE, 0o755, ""),
        "usr/bin/again": (tarfile.SYMTYPE, 0o777, "run"),
        "usr/bin/run": (tarfile.REGTYPE, 0o755, ""),
        "usr/share": (tarfile.DIRTYPE, 0o755, ""),
    }
    assert list(found) == sorted(found)
    assert {(entry.uid, entry.gid, entry.uname, entry.mtime) for entry in found.values()} == {(0, 0, "", 0)}


def test_what_the_root_below_has_alike_is_left_out(shop: Workshop) -> None:
    same, other = (root(("etc/setting", text), ("usr/bin/else", "")) for text in ("a", "b"))
    assert "etc/setting" not in members(shop, TreeLayer("layer", ((Tree("tree"), "tree"),), same))
    assert "etc/setting" in members(shop, TreeLayer("layer", ((Tree("tree"), "tree"),), other))


def test_a_later_tree_comes_in_place_of_an_earlier_one(shop: Workshop) -> None:
    both = TreeLayer("layer", ((Tree("one", "aaa"), "tree"), (Tree("two", "bbbb"), "tree")))
    assert members(shop, both)["etc/setting"].size == 4


def test_a_layer_is_the_same_whenever_it_is_made(shop: Workshop) -> None:
    first, second = (TreeLayer(f"layer {name}", ((Tree(name), "tree"),)) for name in ("one", "two"))
    digests = [
        hashlib.sha256((made(shop, layer) / "layer.tar.zst").read_bytes()).hexdigest() for layer in (first, second)
    ]
    assert digests[0] == digests[1]


def test_a_folder_belongs_to_its_user_and_those_above_it_to_root(shop: Workshop) -> None:
    found = members(shop, OwnedFolder("layer folder", "/srv/home", 1000))
    assert {name: (entry.uid, entry.gid, entry.mode, entry.isdir()) for name, entry in found.items()} == {
        "srv": (0, 0, 0o755, True),
        "srv/home": (1000, 1000, 0o755, True),
    }
