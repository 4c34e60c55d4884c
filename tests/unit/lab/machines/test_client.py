# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines' NFS client: when it is needed, and what it is built of."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.machines import client


@pytest.mark.parametrize(
    ("filesystems", "modules", "builtin", "expected"),
    [
        ("nodev\tsysfs\n\text4\nnodev\tnfs4\n", "", "", True),
        ("\text4\n", "kernel/fs/nfs/nfsv4.ko.xz: kernel/net/sunrpc/sunrpc.ko\n", "", True),
        ("\text4\n", "", "kernel/fs/nfs/nfsv4.ko\n", True),
        ("nodev\tnfsd\n\text4\n", "kernel/fs/nfsd/nfsd.ko:\n", "kernel/fs/ext4/ext4.ko\n", False),
    ],
)
def test_a_kernel_with_a_client_needs_no_other(
    tmp_path: Path, filesystems: str, modules: str, builtin: str, expected: bool
) -> None:
    folder = tmp_path / "lib/modules/6.1.0"
    folder.mkdir(parents=True)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/filesystems").write_text(filesystems)
    (folder / "modules.dep").write_text(modules)
    (folder / "modules.builtin").write_text(builtin)
    (folder / "modules.builtin.bin").write_bytes(b"/nfsv4.ko\xff")
    assert client.kernel_mounts_nfs(tmp_path, "6.1.0") is expected


def test_a_kernel_whose_modules_are_not_here_has_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/filesystems").write_text("\text4\n")
    assert client.kernel_mounts_nfs(tmp_path, "6.1.0") is False


def test_the_client_is_built_of_its_sources_without_their_tests() -> None:
    source = client.program().source
    assert isinstance(source, client.Sources)
    names = [name for name, _file in source.files]
    assert {"go.mod", "go.sum", "main.go", "nfs4/session.go", "system/command.go"} <= set(names)
    assert [name for name in names if "_test" in name or name.endswith(".md")] == []
