# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workshop in a temporary folder, without any program of the machine."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from lab.content.steps import Progress, Workshop


@pytest.fixture
def said() -> io.StringIO:
    """What the progress printed."""
    return io.StringIO()


@pytest.fixture
def shop(tmp_path: Path, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop whose zstd copies: what is compressed is not the question here, and a bare machine has no zstd."""
    programs = tmp_path / "programs"
    programs.mkdir()
    zstd = programs / "zstd"
    zstd.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "zstd for tests 1" && exit\nexec cat\n', encoding="ascii")
    zstd.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return Workshop(tmp_path / "content", Progress(said), jobs=2)
