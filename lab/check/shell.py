# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ShellCheck on every shell script of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lab.check.archive import ROOT

SHEBANG = re.compile(rb"#! ?/(usr/)?bin/(env )?(ba|da)?sh\b")


def cache() -> Path:
    """The folder outside the checkout where the checks keep their tools and environments."""
    base = (
        os.environ.get("KUBEHUB_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubehub"
    )
    return Path(base).absolute() / "check"


def shellcheck() -> Path:
    """The program: the installed one, else the distribution's package, unpacked in the cache, which needs no root."""
    if found := shutil.which("shellcheck"):
        return Path(found)
    folder = cache() / "shellcheck"
    program = folder / "usr" / "bin" / "shellcheck"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(
                ["apt-get", "download", "-qq", "shellcheck"], cwd=folder, check=True, stdin=subprocess.DEVNULL
            )
            package = next(folder.glob("shellcheck_*.deb"))
            subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(
                f"shellcheck is not here and could not be had from apt ({error}); install the package shellcheck"
            ) from None
    return program


def scripts() -> list[str]:
    """Paths of the checkout's shell scripts, by suffix or by their first line."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (path for path in listed.split("\0") if path and (ROOT / path).is_file())
    return [path for path in paths if path.endswith(".sh") or is_script(ROOT / path)]


def is_script(path: Path) -> bool:
    """Whether a file's first line names a shell."""
    with path.open("rb") as file:
        return SHEBANG.match(file.readline()) is not None


def main() -> int:
    """Check all scripts; ShellCheck's own exit status."""
    return subprocess.run([shellcheck(), "--norc", "--", *scripts()], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
