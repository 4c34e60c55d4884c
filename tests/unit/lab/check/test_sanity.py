# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ansible-test is given its interpreters and its pip."""

from __future__ import annotations

import os
import runpy
import stat
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from lab.check import sanity


def program(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_interpreters_are_those_that_run_and_are_what_they_say(tmp_path: Path) -> None:
    minor = sys.version_info.minor
    good = program(tmp_path / "good" / f"python3.{minor}", f'exec {sys.executable} "$@"')
    shim = program(tmp_path / "shims" / f"python3.{minor}", "echo 'pyenv: command not found' >&2; exit 127")
    other = program(tmp_path / "good" / f"python3.{minor + 1}", f'exec {sys.executable} "$@"')
    found = dict(
        sanity.interpreters([str(good.parent), str(shim.parent), str(tmp_path / "absent")], [minor, minor + 1])
    )
    real = Path(sys._base_executable)
    assert found == {good: real, other: None, shim: None}


def test_the_path_has_no_folder_with_a_broken_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minor = sys.version_info.minor
    plain = program(tmp_path / "plain" / "true", "exit 0").parent
    shims = program(tmp_path / "shims" / f"python3.{minor}", "exit 127").parent
    pyenv = program(tmp_path / "pyenv" / "versions" / "3" / "bin" / f"python3.{minor}", f'exec {sys.executable} "$@"')
    monkeypatch.setattr(sanity, "shellcheck", lambda: tmp_path / "tools" / "shellcheck")
    path = sanity.search_path([str(shims), str(plain)], pyenv.parents[3]).split(os.pathsep)
    real = str(Path(sys._base_executable).parent)
    assert path == [str(sanity.TOOLS), str(tmp_path / "tools"), real, str(plain)]


def test_pip_s_file_repeats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret%40word@index.example/simple")
    config = RawConfigParser()
    config.read_string(
        sanity.pip_settings({"https_proxy": "http://proxy.example:3128", "SSL_CERT_FILE": "/etc/ca.pem"})
    )
    assert config["global"]["index-url"] == "https://user:secret%40word@index.example/simple"
    assert config["global"]["proxy"] == "http://proxy.example:3128"
    assert config["global"]["quiet"] == "1"
    assert config["global"]["cert"] == os.environ.get("PIP_CERT", "/etc/ca.pem")


def test_pip_s_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "pip" / "pip.conf"
    sanity.write_private(path, "[global]\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8") == "[global]\n"


def test_bootstrap_runs_the_pinned_pip_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "pip" / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\n", encoding="utf-8")
    script = tmp_path / "bootstrap.py"
    script.write_text(sanity.BOOTSTRAP.format(folder=str(tmp_path)), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["bootstrap", "pip==25.2", "--no-setuptools", "--no-wheel"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "pip"]:
        monkeypatch.delitem(sys.modules, name)
    runpy.run_path(str(script))
    assert capsys.readouterr().out == "['install', 'pip==25.2']\n"
