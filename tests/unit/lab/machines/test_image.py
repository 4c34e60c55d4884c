# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine image: where its packages come from, and what its name depends on."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lab.machines import image
from lab.machines.image import ImageError, Inputs, build, debian_sources, files_hash, host_sources, host_suite, inputs

DEB822 = """\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
ONE_LINE = """\
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main non-free # ours
deb-src http://mirror.example/debian bookworm main
# deb http://old.example/debian bookworm main
"""
BOOKWORM = """\
deb http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/debian-security bookworm-security main
"""
INPUTS = Inputs("bookworm", "deb http://mirror.example/debian bookworm main\n", ("--variant=minbase",), "true", "abc")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            [("debian.sources", DEB822)],
            BOOKWORM,
        ),
        ([("sources.list", ONE_LINE)], "deb http://mirror.example/debian bookworm main\n"),
        ([("sources.list", ONE_LINE), ("x.list", ONE_LINE)], "deb http://mirror.example/debian bookworm main\n"),
        ([("cloud.list", "deb https://cloud.example/apt cloud-sdk-bookworm main\n")], ""),
        ([("off.sources", f"Enabled: no\n{DEB822.split(chr(10) * 2)[0]}\n")], ""),
        ([("security.list", "deb http://s.example bookworm-security main\n")], ""),
        ([("free.list", "deb http://mirror.example/debian bookworm non-free\n")], ""),
        ([], ""),
    ],
)
def test_the_machines_use_the_mirrors_of_the_hosts_own_debian(files: list[tuple[str, str]], expected: str) -> None:
    assert debian_sources(files, "bookworm", "bookworm") == expected


def test_another_release_comes_from_the_same_mirrors() -> None:
    found = debian_sources([("debian.sources", DEB822)], "bookworm", "trixie")
    assert found == BOOKWORM.replace("bookworm", "trixie")


def test_the_hosts_files_are_read_in_apts_order(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("one")
    (tmp_path / "sources.list.d/b.sources").write_text("three")
    (tmp_path / "sources.list.d/a.list").write_text("two")
    assert host_sources(tmp_path) == [("sources.list", "one"), ("a.list", "two"), ("b.sources", "three")]


@pytest.mark.parametrize(("text", "suite"), [('ID=debian\nVERSION_CODENAME="trixie"\n', "trixie"), ("ID=other\n", "")])
def test_the_hosts_release_has_a_name(tmp_path: Path, text: str, suite: str) -> None:
    (tmp_path / "os-release").write_text(text)
    assert host_suite(tmp_path / "os-release") == suite


def test_an_unknown_release_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^LAB_DEBIAN is '11': the lab's machines can be Debian 12 or 13$"):
        inputs("11")


@pytest.mark.parametrize(
    "changed",
    [
        replace(INPUTS, suite="trixie"),
        replace(INPUTS, sources=""),
        replace(INPUTS, options=("--variant=important",)),
        replace(INPUTS, customize="false"),
        replace(INPUTS, files="abd"),
        replace(INPUTS, client="abc"),
    ],
)
def test_each_input_changes_the_name(changed: Inputs) -> None:
    assert changed.name != INPUTS.name
    assert INPUTS.name == replace(INPUTS).name


def test_files_count_by_name_mode_and_content(tmp_path: Path) -> None:
    seen = set()
    file = tmp_path / "etc/unit"
    file.parent.mkdir()
    file.write_text("a")
    file.chmod(0o644)
    seen.add(files_hash(tmp_path))
    file.write_text("b")
    seen.add(files_hash(tmp_path))
    file.chmod(0o755)
    seen.add(files_hash(tmp_path))
    file.rename(tmp_path / "etc/other")
    seen.add(files_hash(tmp_path))
    assert len(seen) == 4


class Host:
    """Programs of a host: records what was run; mmdebstrap writes its archive, or fails half-way."""

    def __init__(self, *, has_image: bool = False, fails: bool = False) -> None:
        self.has_image = has_image
        self.fails = fails
        self.commands: list[list[str]] = []

    def run(self, command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        status = 0
        if command[:3] == ["podman", "image", "exists"]:
            status = 0 if self.has_image else 1
        if command[0] == str(image.MAKE_BOX):
            Path(command[2]).write_text("box")
            status = 1 if self.fails else 0
        if command[0] == "mmdebstrap":
            Path(next(word for word in command if word.endswith("root.tar"))).write_text("half")
            status = 1 if self.fails else 0
        return subprocess.CompletedProcess(command, status, "many words\nE: no such mirror\n", "")


def test_an_image_that_is_there_is_not_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = Host(has_image=True)
    monkeypatch.setattr(subprocess, "run", host.run)
    assert build(INPUTS, tmp_path, ()) is False
    assert [command[:3] for command in host.commands] == [["podman", "image", "exists"]]


def test_a_cached_root_is_only_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = Host()
    monkeypatch.setattr(subprocess, "run", host.run)
    (tmp_path / f"{INPUTS.tag}.tar").write_text("whole")
    assert build(INPUTS, tmp_path, ()) is True
    assert [command[:2] for command in host.commands] == [["podman", "image"], ["podman", "import"]]


def test_a_new_image_is_bootstrapped_cached_and_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = Host()
    monkeypatch.setattr(subprocess, "run", host.run)
    assert build(INPUTS, tmp_path, ()) is True
    assert [command[0] for command in host.commands] == ["podman", "mmdebstrap", "podman"]
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".lock")] == [f"{INPUTS.tag}.tar"]


def test_an_nfs_client_is_made_only_for_a_new_image_and_lies_where_mount_looks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = Host()
    monkeypatch.setattr(subprocess, "run", host.run)
    calls: list[str] = []

    def client() -> Path:
        calls.append("built")
        return Path("/store/program")

    assert build(INPUTS, tmp_path, (), client) is True
    assert build(INPUTS, tmp_path, (), client) is True
    assert calls == ["built"]
    hooks = [
        word.removeprefix("--customize-hook=") for word in host.commands[1] if word.startswith("--customize-hook=")
    ]
    assert hooks[-2:] == ["upload /store/program /usr/sbin/mount.nfs", image.CLIENT]


def test_a_virtual_machine_is_the_same_machine_with_a_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = Host()
    monkeypatch.setattr(subprocess, "run", host.run)
    wanted = image.virtual(replace(INPUTS, client="abc"))
    assert wanted.tag not in (INPUTS.tag, image.virtual(replace(INPUTS, files="def")).tag)
    assert image.root(wanted, tmp_path, ()) == image.root(wanted, tmp_path, ()) == tmp_path / f"{wanted.tag}.tar"
    (command,) = host.commands
    assert image.KERNEL in command
    assert f"--customize-hook=sync-in {image.GUEST} /" in command
    assert not [word for word in command if "mount.nfs" in word]


def test_a_vagrant_box_has_the_same_packages_and_nothing_of_a_lab(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = Host()
    monkeypatch.setattr(subprocess, "run", host.run)
    wanted = image.box(replace(INPUTS, client="abc"))
    made = tmp_path / f"{wanted.tag}.box"
    assert image.vagrant_box(wanted, tmp_path, ()) == image.vagrant_box(wanted, tmp_path, ()) == made
    bootstrap, box = host.commands
    assert [word for word in bootstrap if "sync-in" in word] == [f"--customize-hook=sync-in {image.BOX} /"]
    assert not [word for word in bootstrap if "mount.nfs" in word]
    assert box == [str(image.MAKE_BOX), str(tmp_path / f"{wanted.tag}.tar"), str(made)]


def test_a_box_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(subprocess, "run", Host(fails=True).run)
    (tmp_path / f"{image.box(INPUTS).tag}.tar").write_text("whole")
    said = "the Vagrant box cannot be made: many words\nE: no such mirror; it needs what lab/packages-virtual.txt names"
    with pytest.raises(ImageError, match=f"^{re.escape(said)}$"):
        image.vagrant_box(image.box(INPUTS), tmp_path, ())


def test_a_failed_bootstrap_leaves_nothing_under_the_final_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(subprocess, "run", Host(fails=True).run)
    with pytest.raises(
        ImageError, match=r"^mmdebstrap of bookworm failed; its last words:\nmany words\nE: no such mirror$"
    ):
        build(INPUTS, tmp_path, ())
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".lock")] == []


def test_nothing_of_a_proxy_or_a_key_is_an_input() -> None:
    wanted = image.inputs("12")
    text = "\n".join((wanted.sources, *wanted.options, wanted.customize))
    assert "proxy" not in text
    assert "BEGIN" not in text
