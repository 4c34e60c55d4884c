#!/usr/bin/python3
# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What notebooks expect of the file system that holds their home: posix.py FOLDER, as an ordinary user. Prints 'as on a disk' when all of it is so."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def refused(number: int, act: Callable[[], object]) -> None:
    """Fail unless the act is refused with this errno."""
    said = 0
    try:
        act()
    except OSError as error:
        said = error.errno or 0
    assert said == number, f"{errno.errorcode.get(said, 'no error')}, wanted {errno.errorcode[number]}"


def names() -> None:
    Path("a").write_text("hello\n")
    os.makedirs("d/e")
    os.rename("a", "d/b")
    refused(errno.ENOENT, lambda: os.stat("a"))
    os.symlink("d/b", "link")
    os.link("d/b", "hard")
    assert os.readlink("link") == "d/b"
    assert Path("link").read_text() == "hello\n"
    assert os.stat("hard").st_nlink == 2
    assert os.stat("hard").st_ino == os.stat("d/b").st_ino
    refused(errno.ENOTEMPTY, lambda: os.rmdir("d"))
    refused(errno.ENOENT, lambda: os.rename("nothing", "x"))
    refused(errno.ENAMETOOLONG, lambda: Path("n" * 256).touch())
    os.mkfifo("pipe")
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert stat.S_ISSOCK(os.stat("socket").st_mode)
    for number in range(3000):
        Path(f"d/e/{number}").touch()
    assert len(os.listdir("d/e")) == 3000
    shutil.rmtree("d")
    assert Path("hard").read_text() == "hello\n"
    assert os.stat("hard").st_nlink == 1


def attributes() -> None:
    os.chmod("hard", 0o400)
    assert stat.S_IMODE(os.stat("hard").st_mode) == 0o400
    os.utime("hard", (1_577_836_800, 1_577_836_801.5))
    assert os.stat("hard").st_mtime == 1_577_836_801.5
    refused(errno.EPERM, lambda: os.chown("hard", 0, 0))
    Path("sparse").touch()
    os.truncate("sparse", 1_000_000)
    assert os.stat("sparse").st_size == 1_000_000
    assert os.stat("sparse").st_blocks < 100
    assert os.statvfs(".").f_blocks > 0


def data() -> None:
    for text in ("1\n", "2\n"):
        with open("appended", "a") as file:
            file.write(text)
    assert Path("appended").read_text() == "1\n2\n"
    Path("new").touch(exist_ok=False)
    refused(errno.EEXIST, lambda: Path("new").touch(exist_ok=False))
    # made without the right to write, but open for writing; removed, but open
    open_file = os.open("open", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o444)
    os.write(open_file, b"x" * 12288)
    os.unlink("open")
    assert len(os.pread(open_file, 99999, 0)) == 12288
    os.close(open_file)
    assert [name for name in os.listdir() if name.startswith(".nfs")] == []
    mapped = os.open("mapped", os.O_RDWR | os.O_CREAT, 0o644)
    os.ftruncate(mapped, 8192)
    with mmap.mmap(mapped, 8192) as view:
        view[:6] = b"shared"
        view.flush()
    os.close(mapped)
    assert Path("mapped").read_bytes()[:7] == b"shared\0"
    block = os.urandom(1 << 20)
    with open("big", "wb", buffering=0) as file:
        for _ in range(20):
            assert file.write(block) == len(block)
        os.fsync(file.fileno())
    direct = os.open("big", os.O_RDONLY | os.O_DIRECT)
    buffer = mmap.mmap(-1, 1 << 20)
    for number in range(20):
        assert os.preadv(direct, [buffer], number << 20) == 1 << 20
        assert buffer[:] == block
    os.close(direct)


def locks() -> None:
    with open("lock", "w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for mode in ("delete", "wal"):
        with sqlite3.connect("rows.sqlite") as base:
            assert base.execute(f"pragma journal_mode={mode}").fetchone() == (mode,)
            base.execute("create table if not exists rows(number)")
        for number in range(20):
            with base:
                base.execute("insert into rows values(?)", (number,))
        assert base.execute("pragma integrity_check").fetchone() == ("ok",)
        base.close()


def git() -> None:
    def run(*words: str, at: str = "repository") -> str:
        command = [
            "git",
            "-C",
            at,
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "-c",
            "safe.directory=*",
            *words,
        ]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "HOME": os.getcwd()}
        ).stdout

    run("init", "--quiet", "repository", at=".")
    for number in range(100):
        Path(f"repository/{number}").write_text(f"{number}\n")
    run("add", ".")
    run("commit", "--quiet", "--message", "all")
    assert run("status", "--short") == ""
    run("gc", "--quiet")
    run("fsck", "--strict")
    run("clone", "--quiet", "repository", "clone", at=".")
    assert len(os.listdir("clone")) == 101


def main() -> None:
    """Do all of it in a new folder, twice, and leave nothing behind."""
    os.chdir(sys.argv[1])
    for _ in range(2):
        os.mkdir("posix")
        os.chdir("posix")
        for check in (names, attributes, data, locks, git):
            check()
        os.chdir("..")
        shutil.rmtree("posix")
    print("as on a disk")


if __name__ == "__main__":
    main()
