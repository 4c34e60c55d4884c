# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible-test sanity`` on the built and installed archive, without containers.

ansible-test makes a virtual environment for each of its tests and starts pip in them with a script that it downloads from Ansible's own
test server. Its cache is looked at first, so the same script is put there, made of the pip that requirements.txt pins: then all
comes from the package index that pip is configured for. Every Python that is here and runs takes part; no other one is needed.
"""

from __future__ import annotations

import ast
import fcntl
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from configparser import RawConfigParser
from pathlib import Path

from lab.check.archive import ROOT, TOOLS, folder_of, install
from lab.check.shell import cache, shellcheck

BOOTSTRAP = """\
import runpy
import sys

sys.path.insert(0, {folder!r})
sys.argv[1:] = ["install", *(a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel"))]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def seed_pip(home: Path) -> None:
    """Put pip's script where ansible-test looks for it. Only the folder ``pip`` may be on its path, not all of our packages."""
    source = folder_of("ansible_test") / "_internal" / "python_requirements.py"
    wanted = re.search(r"pip='([\d.]+)'", source.read_text(encoding="utf-8"))
    if wanted is None:
        raise LookupError(f"{source}: no pip version found; this release of ansible-test keeps it elsewhere")
    folder = home / ".ansible" / "test" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "pinned" / "pip"
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(folder_of("pip"))
    script = folder / f"get_pip_{wanted[1].replace('.', '_')}.py"
    script.write_text(BOOTSTRAP.format(folder=str(link.parent)), encoding="utf-8")


def pip_settings(environment: Mapping[str, str]) -> str:
    """The pip configuration in force here, as a file: ansible-test hides the environment and the home from the pip it runs."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True)
    sections: dict[str, dict[str, str]] = {"global": {"quiet": "1"}}
    for name, value in (line.split("=", 1) for line in listed.stdout.splitlines()):
        section, option = name.rsplit(".", 1)
        sections.setdefault(section, {})[option] = ast.literal_eval(value)
    overall = sections["global"]
    overall |= sections.pop(":env:", {})
    for option, variables in (
        ("proxy", ("https_proxy", "HTTPS_PROXY")),
        ("cert", ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")),
    ):
        if value := next((environment[name] for name in variables if environment.get(name)), ""):
            overall.setdefault(option, value)
    config = RawConfigParser()
    config.read_dict(sections)
    text = io.StringIO()
    config.write(text)
    return text.getvalue()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: an index's address can hold a password."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def interpreters(path: Iterable[str], minors: Iterable[int]) -> Iterator[tuple[Path, Path | None]]:
    """Each ``python3.N`` of the folders, with the interpreter behind it, or None where it is only a shim that fails."""
    for folder in path:
        for minor in minors:
            found = Path(folder) / f"python3.{minor}"
            if not os.access(found, os.X_OK):
                continue
            probe = f"import sys, venv; assert sys.version_info[:2] == (3, {minor}); print(sys._base_executable)"
            done = subprocess.run(
                [found, "-c", probe], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
            )
            yield found, Path(done.stdout.strip()) if done.returncode == 0 else None


def search_path(path: list[str], pyenv: Path) -> str:
    """A PATH on which every ``python3.N`` runs: real folders first, then the old path without the folders of broken ones."""
    minors = range(9, 16)
    candidates = [*path, *(str(folder) for folder in sorted(pyenv.glob("versions/*/bin")))]
    real: dict[str, str] = {}
    broken: set[str] = set()
    for found, interpreter in interpreters(candidates, minors):
        if interpreter is None:
            broken.add(str(found.parent))
        else:
            real.setdefault(found.name, str(interpreter.parent))
    print(f"interpreters: {', '.join(sorted(real, key=lambda name: int(name.rpartition('.')[2])))}", flush=True)
    return os.pathsep.join(
        dict.fromkeys(
            [str(TOOLS), str(shellcheck().parent), *real.values(), *(folder for folder in path if folder not in broken)]
        )
    )


def main() -> int:
    """Run every sanity test on a fresh installation; ansible-test's own exit status."""
    home = cache() / "ansible-test"  # its environments live below this home, not in the user's own
    home.mkdir(parents=True, exist_ok=True)
    user = Path.home()
    environment = dict(
        os.environ,
        HOME=str(home),
        PATH=search_path(
            os.environ.get("PATH", os.defpath).split(os.pathsep), Path(os.environ.get("PYENV_ROOT") or user / ".pyenv")
        ),
    )

    with (home / "lock").open("w") as lock, tempfile.TemporaryDirectory(prefix="kubehub-sanity-") as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two checks at a time would make the same environments
        seed_pip(home)
        write_private(home / ".config" / "pip" / "pip.conf", pip_settings(os.environ))
        installed = install(Path(scratch))
        # ansible-test's own settings are no part of the archive.
        (installed / "tests").mkdir()
        shutil.copy(ROOT / "tests" / "config.yml", installed / "tests")
        return subprocess.run(
            [TOOLS / "ansible-test", "sanity", "--color", "no", "--truncate", "0"],
            cwd=installed,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
