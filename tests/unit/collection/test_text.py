# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must stand in no file of the checkout: this machine's registries and paths, and checks that were switched off."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]
# Folders that every Linux machine has; whatever else stands at the top is this machine's own.
STANDARD = {
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "usr",
    "var",
}
# Each is written so that it does not find itself.
SWITCHES = (
    r"no[q]a",
    r"skip[_]list",
    r"shellcheck disabl[e]",
    r"warn[_]list",
    r"ignore_errors: *(tru[e]|ye[s])",
    r"pytest\.mark\.(ski[p]|xfai[l])",
)
UNFINISHED = (r"(^|[^A-Za-z])TOD[O]", r"FIXM[E]", r"XX[X]")


def grep(*patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """Lines of tracked and new files that match one of the extended regular expressions."""
    wanted = [word for pattern in patterns for word in ("-e", pattern)]
    done = subprocess.run(
        ["git", "grep", "-nIE", "--untracked", *wanted, "--", ".", *(f":!{path}" for path in exclude)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return [line[:200] for line in done.stdout.splitlines()]


def client_addresses() -> Iterator[str]:
    """What the package clients of this machine say of where they get their packages."""
    commands = [
        [sys.executable, "-m", "pip", "install", "--help"],
        [sys.executable, "-m", "pip", "config", "list"],
        [str(Path(sys.executable).parent / "go"), "env", "GOPROXY"],
        ["npm", "config", "get", "registry"],
        *(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Origin: {origin}"]
            for origin in ("Debian", "Ubuntu")
        ),
    ]
    for command in commands:
        if shutil.which(command[0]):
            text = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False).stdout
            yield from re.findall(r"https?://[^\s,)'\"]+", text)


def test_no_registry_is_named() -> None:
    hosts = {urlsplit(address).hostname or "" for address in client_addresses()}
    hosts = {host for host in hosts if re.search(r"\.[a-z]{2,}$", host)}
    assert len(hosts) >= 2, "pip and go always say where they get their packages"
    assert grep(*(re.escape(host) for host in hosts)) == []


def test_no_path_of_this_machine_is_named() -> None:
    own = {ROOT.parts[1], *Path.home().parts[1:2]} - (STANDARD - {"root"})
    folders = [
        rf"(^|[^A-Za-z0-9_.]){re.escape(str(path))}/" for path in (ROOT, Path.home()) if path.parts[1:] != ("root",)
    ]
    folders += [rf"(^|[^A-Za-z0-9_.])/{name}/" for name in own]
    usual = re.compile(r"/roo[t]/\.(ssh|kube)\b")
    assert [line for line in grep(*folders) if not usual.search(line)] == []


def test_no_check_is_switched_off_and_nothing_is_left_for_later() -> None:
    assert grep(*SWITCHES, *UNFINISHED, exclude=("requirements.txt", "LICENSE")) == []


def test_no_sanity_test_is_ignored() -> None:
    assert [str(path) for path in ROOT.glob("tests/sanity/ignore*")] == []
