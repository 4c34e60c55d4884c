# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian archive is the one that the machine's own apt uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.content.debian import acquire_settings, debian_archive, sources
from lab.content.steps import ContentError

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04 LTS"\nVERSION_CODENAME=noble\nID=ubuntu\n'


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty apt configuration."""
    monkeypatch.delenv("LAB_DEBIAN_MIRROR", raising=False)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "os-release").write_text(DEBIAN, encoding="utf-8")
    return tmp_path


def archive(apt: Path) -> str:
    return debian_archive(apt, apt / "os-release")


def test_the_format_of_stanzas_is_read(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\n# a comment\nURIs: http://one.example.org/security\nSuites: bookworm-security\nComponents: main\n"
        "\n"
        "Types: deb deb-src\nURIs: http://one.example.org/debian\n http://two.example.org/debian\n"
        "Suites: bookworm\n bookworm-updates\nComponents: main contrib\nSigned-By: /usr/share/keyrings/x.gpg\n",
        encoding="utf-8",
    )
    assert list(sources(apt)) == [
        ("http://one.example.org/security", ["bookworm-security"], ["main"]),
        ("http://one.example.org/debian", ["bookworm", "bookworm-updates"], ["main", "contrib"]),
        ("http://two.example.org/debian", ["bookworm", "bookworm-updates"], ["main", "contrib"]),
    ]
    assert archive(apt) == "http://one.example.org/debian"


def test_the_format_of_lines_is_read(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://old.example.org/debian bookworm main\n"
        "deb-src http://src.example.org/debian bookworm main\n"
        "deb [signed-by=/x.gpg arch=amd64] http://three.example.org/debian bookworm main contrib # ours\n",
        encoding="utf-8",
    )
    assert archive(apt) == "http://three.example.org/debian"


def test_a_stanza_that_is_switched_off_does_not_count(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(
        "Enabled: no\nTypes: deb\nURIs: http://off.example.org/debian\nSuites: bookworm\nComponents: main\n",
        encoding="utf-8",
    )
    assert list(sources(apt)) == []


def test_another_vendors_source_is_not_taken_for_debian(apt: Path) -> None:
    (apt / "sources.list.d" / "vendor.list").write_text(
        "deb http://vendor.example.org/apt stable main\ndeb http://vendor.example.org/debian bookworm vendor\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as caught:
        archive(apt)
    assert str(caught.value) == (
        "no Debian archive is known on this machine (Debian GNU/Linux 12 (bookworm)): "
        f"{apt} names none with the suite 'bookworm' and the component main. "
        "Set LAB_DEBIAN_MIRROR to the address of one (and install debian-archive-keyring)"
    )


def test_on_another_system_the_archive_must_be_given(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (apt / "os-release").write_text(UBUNTU, encoding="utf-8")
    (apt / "sources.list").write_text("deb http://ubuntu.example.org/ubuntu noble main\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"^no Debian archive is known on this machine \(Ubuntu 24.04 LTS\)"):
        archive(apt)
    monkeypatch.setenv("LAB_DEBIAN_MIRROR", "http://given.example.org/debian")
    assert archive(apt) == "http://given.example.org/debian"


def test_only_how_apt_fetches_goes_to_the_build() -> None:
    dump = (
        'APT::Install-Recommends "1";\nAcquire::http::Proxy "http://proxy.example.org";\n'
        'Acquire::Check-Valid-Until "false";\nAcquire::Languages:: "en";\nAcquire::Retries "3";\nDir::Etc "etc/apt";\n'
    )
    assert acquire_settings(dump) == (
        'Acquire::http::Proxy "http://proxy.example.org";\nAcquire::Check-Valid-Until "false";\nAcquire::Retries "3";\n'
    )
