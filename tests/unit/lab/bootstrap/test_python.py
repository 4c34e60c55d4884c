# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interpreter is chosen by running it; fake interpreters stand on fake paths."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
NONE_FOUND = (
    "No Python 3.12, 3.13 or 3.14 that runs was found: install one with its venv module (Debian 13, Ubuntu 24.04: apt-get "
    "install python3-venv; Debian 12: build one with pyenv, or let https://docs.astral.sh/uv get it: uv python install 3.13).\n"
)


def program(path: Path, text: str) -> Path:
    """A program that a shell runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def interpreter(path: Path, version: str) -> Path:
    """Answers the choice's question as a Python of this version does: 0 only where the version is the one asked for."""
    return program(path, f'for last; do :; done; [ "$last" = {version} ]')


def shim(path: Path) -> Path:
    """What pyenv puts on the path for versions that are not active."""
    return program(path, 'echo "pyenv: command not found" >&2; exit 127')


def choose(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the choice with nothing but the fake path and the tools that the script itself needs."""
    checkout = tmp_path / "checkout"
    (checkout / "lab").mkdir(parents=True, exist_ok=True)
    for name in ("python.sh", "uv.sh", "uv.txt"):
        shutil.copy(ROOT / "lab" / name, checkout / "lab" / name)
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("bash", "dirname", "env", "find", "mkdir", "sort", "touch"):
        tool = tools / name
        if not tool.exists():
            tool.symlink_to(Path("/usr/bin") / name)
    environment = {"PATH": f"{tmp_path}/one:{tmp_path}/two:{tools}", "HOME": str(tmp_path / "home")}
    return subprocess.run(
        ["/usr/bin/bash", checkout / "lab/python.sh", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_on_the_path_wins(tmp_path: Path) -> None:
    interpreter(tmp_path / "one/python3.12", "3.12")
    wanted = interpreter(tmp_path / "two/python3.14", "3.14")
    assert choose(tmp_path).stdout == f"{wanted}\n"


def test_a_shim_that_fails_is_passed_over_for_the_same_name_later_on_the_path(tmp_path: Path) -> None:
    shim(tmp_path / "one/python3.13")
    wanted = interpreter(tmp_path / "two/python3.13", "3.13")
    assert choose(tmp_path).stdout == f"{wanted}\n"


def test_a_shim_that_fails_is_passed_over_for_an_older_one(tmp_path: Path) -> None:
    shim(tmp_path / "one/python3.14")
    wanted = interpreter(tmp_path / "one/python3.12", "3.12")
    assert choose(tmp_path).stdout == f"{wanted}\n"


def test_python3_counts_by_the_version_it_says(tmp_path: Path) -> None:
    wanted = interpreter(tmp_path / "one/python3", "3.13")
    assert choose(tmp_path).stdout == f"{wanted}\n"


def test_pyenvs_versions_come_after_the_path(tmp_path: Path) -> None:
    shim(tmp_path / "one/python3.13")
    interpreter(tmp_path / "home/.pyenv/versions/3.13.2/bin/python3.13", "3.13")
    wanted = interpreter(tmp_path / "home/.pyenv/versions/3.13.10/bin/python3.13", "3.13")
    assert choose(tmp_path).stdout == f"{wanted}\n"
    on_path = interpreter(tmp_path / "two/python3.12", "3.12")
    assert choose(tmp_path).stdout == f"{on_path}\n"


def uv(path: Path, managed: Path, installs: bool = True) -> Path:
    """A uv that knows the interpreter ``managed`` once it is installed, and installs it if it can."""
    known = path.parent / "known"
    return program(
        path,
        f'case "$2 $3 $4" in\n'
        f'"find --managed-python 3.13") [ -e {known} ] && echo {managed} ;;\n'
        f'"install 3.13 ") {"touch " + str(known) if installs else "echo no way to it >&2; exit 1"} ;;\n'
        f"*) exit 1 ;;\nesac",
    )


def test_uv_is_asked_last_for_what_it_has(tmp_path: Path) -> None:
    wanted = interpreter(tmp_path / "managed/python3.13", "3.13")
    uv(tmp_path / "one/uv", wanted)
    (tmp_path / "one/known").touch()
    assert choose(tmp_path).stdout == f"{wanted}\n"
    on_path = interpreter(tmp_path / "two/python3.12", "3.12")
    assert choose(tmp_path).stdout == f"{on_path}\n"


def test_uv_gets_one_only_when_it_may(tmp_path: Path) -> None:
    wanted = interpreter(tmp_path / "managed/python3.13", "3.13")
    uv(tmp_path / "one/uv", wanted)
    assert choose(tmp_path).returncode == 1
    assert choose(tmp_path, "--fetch").stdout == f"{wanted}\n"


def test_uv_itself_is_had_by_an_older_python(tmp_path: Path) -> None:
    wanted = interpreter(tmp_path / "managed/python3.13", "3.13")
    source = uv(tmp_path / "elsewhere/uv", wanted)
    pip = tmp_path / "pip"
    program(
        pip,
        f'[ "$*" = "-m pip install --quiet --require-hashes --requirement lab/uv.txt" ] && ln -s {source} .cache/uv/bin/uv',
    )
    program(
        tmp_path / "one/python3",
        f'case "$*" in\n-c*) exit 0 ;;\n"-m venv --clear .cache/uv") mkdir -p .cache/uv/bin; ln -s {pip} .cache/uv/bin/python ;;\n*) exit 1 ;;\nesac',
    )
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/ln").symlink_to("/usr/bin/ln")
    assert choose(tmp_path, "--fetch").stdout == f"{wanted}\n"


def test_where_uv_cannot_get_one_its_words_and_the_sentence_are_printed(tmp_path: Path) -> None:
    uv(tmp_path / "one/uv", tmp_path / "none", installs=False)
    done = choose(tmp_path, "--fetch")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"no way to it\n{NONE_FOUND}"


def test_without_any_there_is_one_sentence_that_says_what_to_install(tmp_path: Path) -> None:
    interpreter(tmp_path / "one/python3", "3.11")
    done = choose(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", NONE_FOUND)
