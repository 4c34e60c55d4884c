# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.modules import host_state_info

DPKG_QUERY = """#!/bin/sh
for package; do :; done
case $package in
haproxy) printf 'installed 3.0.11-1' ;;
keepalived) printf 'config-files 2.3.3-1' ;;
*) exit 1 ;;
esac
"""
NFT = """#!/bin/sh
[ "$*" = "list table inet kubehub_nfs_server" ]
"""
SYSTEMCTL = """#!/bin/sh
case "$2 $3" in
"is-active haproxy.service" | "is-enabled haproxy.service") ;;
"is-active once.service" | "is-enabled late.service") ;;
*) exit 1 ;;
esac
"""


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put a dpkg-query that knows haproxy and a removed keepalived, an nft with one table and a systemctl with three units first on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("dpkg-query", DPKG_QUERY), ("nft", NFT), ("systemctl", SYSTEMCTL)):
        program = folder / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def run(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    """Run the module in check mode and return what it printed."""
    with patch_module_args({**arguments, "_ansible_check_mode": True}), pytest.raises(SystemExit):
        host_state_info.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_packages_that_are_gone_or_were_removed_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, packages=["keepalived", "haproxy", "curl"])
    assert result["packages_missing"] == ["keepalived", "curl"]
    assert result["versions"] == {"haproxy": "3.0.11-1"}
    assert result["changed"] is False


def test_a_unit_works_when_it_runs_and_will_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, units=["haproxy.service", "once.service", "late.service"])["units_idle"] == [
        "once.service",
        "late.service",
    ]


def test_files_are_told_by_path_and_by_pattern(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(b"one")
    (tmp_path / "b.pem").write_bytes(b"two")
    (tmp_path / "folder.pem").mkdir()
    (tmp_path / "a.pem").chmod(0o600)
    (tmp_path / "b.pem").chmod(0o4755)
    who = f"{pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid((tmp_path / 'a.pem').stat().st_gid).gr_name}"
    asked = [str(tmp_path / "*.pem"), str(tmp_path / "a.pem"), str(tmp_path / "missing")]
    assert run(capsys, files=asked)["files"] == {
        str(tmp_path / "a.pem"): f"600 {who} {hashlib.sha256(b'one').hexdigest()}",
        str(tmp_path / "b.pem"): f"4755 {who} {hashlib.sha256(b'two').hexdigest()}",
    }


def test_texts_are_read_by_path_and_by_pattern(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("one\n", encoding="utf-8")
    (tmp_path / "folder.pem").mkdir()
    result = run(capsys, texts=[str(tmp_path / "*.pem"), str(tmp_path / "missing")])
    assert result["texts"] == {str(tmp_path / "a.pem"): "one\n"}
    assert result["files"] == {}


def test_tables_that_the_kernel_lacks_are_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = ["kubehub_nfs_server", "kubehub_nfs_client"]
    assert run(capsys, tables=tables)["tables_missing"] == ["kubehub_nfs_client"]
    monkeypatch.setattr(host_state_info.AnsibleModule, "get_bin_path", lambda *_arguments: None)
    assert run(capsys, tables=tables)["tables_missing"] == tables


def test_an_owner_without_a_name_is_a_number() -> None:
    assert host_state_info.name_of(pwd.getpwuid, 4_000_000_000) == "4000000000"


def test_a_file_that_cannot_be_read_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.touch()

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert (
        run(capsys, files=[str(file)])["msg"] == f"Cannot read {file}: Permission denied. Run as root (become: true)."
    )
