# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quota program, with a file system whose project quotas are in memory."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

PROGRAM = Path(__file__).parents[4] / "roles/nfs_server/files/kubehub-quota.py"
MIB = 2**20
MOUNTINFO = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
25 22 0:22 / /run rw,nosuid,nodev shared:2 - tmpfs tmpfs rw,mode=755
30 22 8:17 / /srv rw,relatime shared:3 - xfs /dev/sdb1 rw,attr2,prjquota
31 30 8:33 /inner /srv/with\040space rw - ext4 /dev/sdc1 rw
32 30 8:49 / /srv rw - ext4 /dev/sdd1 rw
""".lstrip()


def load() -> ModuleType:
    """The program as a module: it has no suffix where it is installed, and a hyphen here."""
    spec = importlib.util.spec_from_file_location("kubehub_quota", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # where dataclasses look for the names in annotations
    sys.modules["kubehub_quota"] = module
    spec.loader.exec_module(module)
    return module


quota = load()


class Disk:
    """Project ids by inode, limits by project, in place of what the kernel keeps; ``failing`` are homes that cannot be marked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.projects: dict[int, int] = {}
        self.limits: dict[int, Any] = {}
        self.log: list[str] = []
        self.failing: set[int] = set()
        for name in ("get_xattr", "set_project", "get_quota", "set_limits"):
            monkeypatch.setattr(quota, name, getattr(self, name))

    def get_xattr(self, descriptor: int) -> list[int]:
        return [0, 0, 0, self.projects.get(os.fstat(descriptor).st_ino, 0), 0]

    def set_project(self, descriptor: int, project: int) -> None:
        inode = os.fstat(descriptor).st_ino
        if inode in self.failing:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        self.projects[inode] = project
        self.log.append(f"mark {project}")

    def get_quota(self, _descriptor: int, project: int) -> tuple[Any, int, int]:
        return self.limits.get(project, quota.Limits(0, 0)), 5 * MIB, 3

    def set_limits(self, _descriptor: int, project: int, limits: Any) -> None:
        self.limits[project] = limits
        self.log.append(f"limit {project}")

    def project(self, path: Path) -> int:
        return self.projects.get(path.lstat().st_ino, 0)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """A folder of two homes, one with files in it, and of what is no home."""
    folder = tmp_path / "homes"
    (folder / "ada/work/deep").mkdir(parents=True)
    (folder / "ada/work/deep/file").touch()
    os.mkfifo(folder / "ada/pipe")
    (folder / "ada/outside").symlink_to(tmp_path)
    (folder / "bob").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "file").touch()
    (folder / "link").symlink_to(tmp_path)
    return folder


def config(homes: Path, **changes: Any) -> Any:
    text = {"path": str(homes), "soft": 9 * MIB, "hard": 10 * MIB, "overrides": {}, "metrics": "", **changes}
    return quota.config_of(json.dumps(text))


def apply(homes: Path, said: list[str], **changes: Any) -> list[Any]:
    with quota.opened(str(homes)) as folder:
        result = quota.apply(folder, config(homes, **changes), said.append)
    assert isinstance(result, list)
    return result


@pytest.mark.parametrize(
    ("path", "kind", "target"),
    [
        ("/etc", "ext4", "/"),
        ("/", "ext4", "/"),
        ("/run/x", "tmpfs", "/run"),
        ("/runner", "ext4", "/"),
        ("/srv/homes", "ext4", "/srv"),
        ("/srv/with space/x", "ext4", "/srv/with space"),
    ],
)
def test_a_path_lies_on_the_mount_that_covers_it(path: str, kind: str, target: str) -> None:
    mount = quota.mount_of(path, quota.mounts_of(MOUNTINFO))
    assert (mount.type, mount.target) == (kind, target)


def test_a_mount_has_the_file_system_s_options() -> None:
    assert quota.mounts_of(MOUNTINFO)[2] == quota.Mount("/srv", "xfs", ("rw", "attr2", "prjquota"))


@given(st.dictionaries(st.text("abcdef", min_size=1), st.sampled_from([0, 7, 100_000, 100_001, 100_002, 2**32 - 1])))
def test_after_a_plan_each_home_has_an_id_of_its_own_and_none_is_moved_without_need(current: dict[str, int]) -> None:
    """No two homes share an id; a home that had a good one of its own, or came first to it, keeps it; the plan of the result is empty."""
    planned = quota.plan(current)
    after = {**current, **planned}
    assert len(set(after.values())) == len(after)
    assert all(project >= quota.FIRST_PROJECT for project in after.values())
    assert all(
        current[name] == 0 or current[name] == 7 or list(current.values()).count(current[name]) > 1 for name in planned
    )
    assert quota.plan(after) == {}


def test_homes_get_ids_and_limits_with_all_that_lies_in_them(disk: Disk, homes: Path) -> None:
    said: list[str] = []
    ada, bob = apply(homes, said, overrides={"bob": {"soft": 0, "hard": 20 * MIB}})
    assert ada == quota.Home("ada", 100_000, 9 * MIB, 10 * MIB, 5 * MIB, 3)
    assert bob == quota.Home("bob", 100_001, 0, 20 * MIB, 5 * MIB, 3)
    assert said == ["ada: project 100000, soft 9Mi, hard 10Mi", "bob: project 100001, soft -, hard 20Mi"]
    for name in ("ada", "ada/work", "ada/work/deep", "ada/work/deep/file"):
        assert disk.project(homes / name) == 100_000
    for path in (homes, homes / "ada/pipe", homes / ".hidden", homes / "file", homes.parent):
        assert disk.project(path) == 0


def test_a_home_is_limited_before_it_is_marked(disk: Disk, homes: Path) -> None:
    apply(homes, [])
    assert disk.log[0] == "limit 100000"


def test_a_second_run_changes_nothing(disk: Disk, homes: Path) -> None:
    apply(homes, [])
    said: list[str] = []
    disk.log.clear()
    apply(homes, said)
    assert (said, disk.log) == ([], [])


def test_new_limits_reach_homes_that_have_an_id(disk: Disk, homes: Path) -> None:
    apply(homes, [])
    said: list[str] = []
    apply(homes, said, hard=11 * MIB)
    assert said == ["ada: project 100000, soft 9Mi, hard 11Mi", "bob: project 100001, soft 9Mi, hard 11Mi"]
    assert set(disk.limits.values()) == {quota.Limits(9 * MIB, 11 * MIB)}


def test_a_home_that_fails_is_named_and_the_others_go_on(disk: Disk, homes: Path) -> None:
    said: list[str] = []
    disk.failing.add((homes / "ada").stat().st_ino)
    ada, bob = apply(homes, said)
    assert said[1] == "ada: no quota, [Errno 122] Disk quota exceeded"
    assert (ada.project, bob.project) == (0, 100_001)


def test_a_link_in_place_of_a_home_is_not_followed(homes: Path) -> None:
    with (
        quota.opened(str(homes)) as folder,
        pytest.raises(OSError, match="Too many levels of symbolic links"),
        quota.opened("link", folder),
    ):
        pass


HOMES = [
    quota.Home("ada", 100_000, 9 * MIB, 10 * MIB, 5 * MIB, 3),
    quota.Home('b"ob\\', 100_001, 0, 20 * MIB, 19 * MIB, 1),
    quota.Home("eve", 0, 0, 0, 0, 0),
]


def test_the_table_begins_with_the_fullest() -> None:
    assert quota.table(HOMES) == (
        "HOME   USED  SOFT  HARD  FULL  FILES   PROJECT\n"
        'b"ob\\  19Mi     -  20Mi  95 %      1    100001\n'
        "ada     5Mi   9Mi  10Mi  50 %      3    100000\n"
        "eve       -     -     -     -      0  none yet\n"
    )


def test_metrics_are_in_prometheus_format() -> None:
    lines = quota.metrics(HOMES, 1_700_000_000.4).splitlines()
    assert lines[:3] == [
        "# HELP kubehub_home_used_bytes Bytes in the home.",
        "# TYPE kubehub_home_used_bytes gauge",
        'kubehub_home_used_bytes{home="ada"} 5242880',
    ]
    assert 'kubehub_home_hard_limit_bytes{home="b\\"ob\\\\"} 20971520' in lines
    assert "kubehub_homes_without_project 1" in lines
    assert lines[-1] == "kubehub_homes_report_timestamp_seconds 1700000000"


def test_metrics_replace_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "homes.prom"
    file.write_text("old")
    quota.write_metrics(config(tmp_path, metrics=str(file)), HOMES, 0.0)
    assert file.read_text() == quota.metrics(HOMES, 0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["homes.prom"]
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("size", "text"), [(0, "-"), (1, "1"), (1536, "1.5Ki"), (131_000_000, "124.9Mi"), (2**40, "1Ti"), (2**51, "2Pi")]
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert quota.human(size) == text


def test_a_home_that_appears_is_limited_within_five_seconds(disk: Disk, homes: Path) -> None:
    """The service waits in inotify(7): a minute would pass before it looks by itself."""
    said: list[str] = []

    def serve() -> None:
        with quota.opened(str(homes)) as folder:
            quota.watch(folder, config(homes), said.append)

    threading.Thread(target=serve, daemon=True).start()
    begin = time.monotonic()
    while len(said) < 2 and time.monotonic() - begin < 5:
        time.sleep(0.01)
    (homes / "eve").mkdir()
    (homes.parent / "moved").mkdir()
    (homes.parent / "moved").rename(homes / "moved")
    while len(said) < 4 and time.monotonic() - begin < 10:
        time.sleep(0.01)
    assert sorted(line.partition(":")[0] for line in said) == ["ada", "bob", "eve", "moved"]
    assert time.monotonic() - begin < 10


def test_what_lies_at_a_path_is_told_by_the_nearest_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    found = quota.look([str(tmp_path), str(tmp_path / "link"), str(tmp_path / "a/b")], "")
    here, link, missing = found["paths"].values()
    assert found["quota"] == ""
    assert (here["exists"], here["folder"], here["real"]) == (True, True, str(tmp_path))
    assert link["real"] == str(tmp_path)
    assert (missing["exists"], missing["folder"], missing["real"]) == (False, False, str(tmp_path / "a/b"))
    assert {one["mount"] for one in found["paths"].values()} == {here["mount"]}
    assert here["bytes"] > 0


@pytest.mark.parametrize(("status", "there"), [(0, True), (1, False), (None, False)])
def test_a_kernel_has_a_server_as_a_module_that_is_not_loaded_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int | None, there: bool
) -> None:
    if status is not None:
        program = tmp_path / "modprobe"
        program.write_text(f"#!/bin/sh\n[ \"$*\" = '--dry-run --quiet nfsd' ] && exit {status}\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if status is not None else str(tmp_path))
    monkeypatch.setattr(Path, "read_text", lambda *_arguments, **_options: "nodev\ttmpfs\n\text4\n")
    assert quota.has_nfsd() is there
    monkeypatch.setattr(Path, "read_text", lambda *_arguments, **_options: "nodev\tnfsd\n")
    assert quota.has_nfsd() is True


@pytest.mark.parametrize(
    ("mountinfo", "error", "expected"),
    [
        ("1 0 0:1 / / rw - overlay overlay rw\n", 0, "the file system of / is overlay; XFS or ext4 is wanted"),
        ("1 0 8:1 / / rw - xfs /dev/sda rw,prjquota\n", 0, ""),
        (
            "1 0 8:1 / / rw - xfs /dev/sda rw,noquota\n",
            errno.ENOSYS,
            "/ (xfs) is mounted without them; mount it with the option prjquota (where that is refused, this kernel has none)",
        ),
        (
            "1 0 8:1 / / rw - ext4 /dev/sda rw\n",
            errno.ESRCH,
            (
                "/ (ext4) is mounted without them; after 'tune2fs -O quota,project' on it, mount it with the option prjquota "
                "(where that is refused, this kernel has none)"
            ),
        ),
        (
            "1 0 8:1 / / rw - xfs /dev/sda rw,pqnoenforce\n",
            0,
            "/ (xfs) is mounted with pqnoenforce, which counts and limits nothing; mount it with prjquota",
        ),
    ],
)
def test_why_there_are_no_quotas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mountinfo: str, error: int, expected: str
) -> None:
    def get_quota(_descriptor: int, _project: int) -> None:
        if error:
            raise OSError(error, os.strerror(error))

    monkeypatch.setattr(quota, "get_quota", get_quota)
    assert quota.refusal(str(tmp_path), quota.mounts_of(mountinfo)) == expected


def test_a_report_without_quotas_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "homes.json"
    file.write_text(json.dumps({"path": str(tmp_path), "soft": 0, "hard": 0, "overrides": {}, "metrics": ""}))
    monkeypatch.setattr(quota, "CONFIG", file)
    monkeypatch.setattr(quota, "refusal", lambda _path: "/srv (ext4) is mounted without them")
    assert quota.main(["report"]) == 1
    assert (
        capsys.readouterr().err
        == f"kubehub-quota: {tmp_path} has no project quotas: /srv (ext4) is mounted without them\n"
    )


@pytest.mark.parametrize("form", ["table", "json", "metrics"])
def test_reports(
    disk: Disk, homes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    file = homes.parent / "homes.json"
    file.write_text(json.dumps({"path": str(homes), "soft": MIB, "hard": MIB, "overrides": {}, "metrics": ""}))
    monkeypatch.setattr(quota, "CONFIG", file)
    monkeypatch.setattr(quota, "refusal", lambda _path: "")
    assert quota.main(["apply"]) == 0
    capsys.readouterr()
    assert quota.main(["report", "--format", form]) == 0
    text = capsys.readouterr().out
    if form == "json":
        found = json.loads(text)
        assert found["schema"] == 1
        assert found["homes"][0] == {
            "name": "ada",
            "project": 100_000,
            "soft": MIB,
            "hard": MIB,
            "used": 5 * MIB,
            "files": 3,
        }
    else:
        assert text.startswith({"table": "HOME", "metrics": "# HELP kubehub_home_used_bytes"}[form])
