# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Project quotas of homes: each folder below one folder gets a project id of its own and limits.

Nothing is kept beside the file system: the id lies on the home, the limits in the file system's quota.
Sources: quotactl(2) and quotactl_fd of Linux 5.14, ioctl_fsxattr(2), inotify(7). Works on XFS and ext4 alike.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import errno
import fcntl
import json
import os
import re
import select
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CONFIG = Path("/etc/kubehub/homes.json")
METRICS_SECONDS = 60
FIRST_PROJECT = 100_000
"""Project ids below are the admin's own."""

_FSGETXATTR, _FSSETXATTR = 0x801C581F, 0x401C5820  # linux/fs.h
_FSXATTR = struct.Struct("=5I8x")  # flags, extent size, extents, project, copy-on-write extent size
_INHERIT = 0x200
_QUOTACTL_FD = 443
_GETQUOTA, _SETQUOTA, _PROJECT = 0x800007, 0x800008, 2  # linux/quota.h
_DQBLK = struct.Struct("=8QI4x")  # hard and soft blocks, bytes used, inodes: hard, soft, used; two times; what is valid
_BLOCK, _BLOCK_LIMITS = 1024, 1
_IN_CREATE, _IN_MOVED_TO, _IN_ONLYDIR = 0x100, 0x80, 0x1000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Mount:
    """A mounted file system; ``options`` are those of the file system, not of the mount point."""

    target: str
    type: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """Bytes; 0 is no limit."""

    soft: int
    hard: int


@dataclass(frozen=True)
class Home:
    """A home, its project id (0: none yet), its limits, and what is used of them in bytes and files."""

    name: str
    project: int
    soft: int
    hard: int
    used: int
    files: int


@dataclass(frozen=True)
class Config:
    """The folder of the homes, the limits of a home, those of some homes by name, and the file for metrics ('': none)."""

    path: str
    default: Limits
    overrides: Mapping[str, Limits]
    metrics: str

    def limits(self, name: str) -> Limits:
        """The limits of a home."""
        return self.overrides.get(name, self.default)


def config_of(text: str) -> Config:
    """Read the configuration: ``{"path", "soft", "hard", "overrides": {name: {"soft", "hard"}}, "metrics"}``, bytes."""
    data = json.loads(text)
    overrides = {name: Limits(**limits) for name, limits in data["overrides"].items()}
    return Config(data["path"], Limits(data["soft"], data["hard"]), overrides, data["metrics"])


# --- pure -----------------------------------------------------------------------------------------------------------
def mounts_of(mountinfo: str) -> list[Mount]:
    """All mounts of a text such as /proc/self/mountinfo (proc(5)), in its order: later ones cover earlier ones."""
    found = []
    for line in mountinfo.splitlines():
        before, after = line.split(" - ", 1)
        target = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4])
        kind, _source, options = after.split(" ")[:3]
        found.append(Mount(target, kind, tuple(options.split(","))))
    return found


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount:
    """The file system on which a path without links lies."""
    at = [mount for mount in mounts if mount.target == "/" or f"{path}/".startswith(f"{mount.target}/")]
    return max(enumerate(at), key=lambda entry: (len(entry[1].target), entry[0]))[1]


def plan(current: Mapping[str, int]) -> dict[str, int]:
    """The project ids that homes must get: ``current`` has each home's own, 0 for none. No two homes share one."""
    taken: set[int] = set()
    wanting = []
    for name, project in sorted(current.items()):
        if project >= FIRST_PROJECT and project not in taken:
            taken.add(project)
        else:
            wanting.append(name)
    wanted = {}
    free = FIRST_PROJECT
    for name in wanting:
        while free in taken:
            free += 1
        taken.add(free)
        wanted[name] = free
    return wanted


def human(size: int) -> str:
    """A size for people: ``human(131_000_000) == '124.9Mi'``, 0 is '-'."""
    value = float(size)
    for unit in ("", "Ki", "Mi", "Gi", "Ti"):
        if value < 1024:
            return f"{value:.1f}".removesuffix(".0") + unit if size else "-"
        value /= 1024
    return f"{value:.1f}".removesuffix(".0") + "Pi"


def table(homes: Sequence[Home]) -> str:
    """A line for each home, the fullest first."""
    rows = [("HOME", "USED", "SOFT", "HARD", "FULL", "FILES", "PROJECT")]
    for home in sorted(homes, key=lambda home: (-home.used / (home.hard or 2**62), home.name)):
        full = f"{100 * home.used // home.hard} %" if home.hard else "-"
        sizes = (human(home.used), human(home.soft), human(home.hard))
        rows.append((home.name, *sizes, full, str(home.files), str(home.project or "none yet")))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(
        "  ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + "\n"
        for row in rows
    )


def metrics(homes: Sequence[Home], now: float) -> str:
    """The text format of Prometheus, for a node exporter's textfile collector."""
    kinds: dict[str, tuple[str, Callable[[Home], int]]] = {
        "used_bytes": ("Bytes in the home.", lambda home: home.used),
        "soft_limit_bytes": ("Bytes above which the grace period begins, 0 for none.", lambda home: home.soft),
        "hard_limit_bytes": ("Bytes that the home can hold, 0 for no limit.", lambda home: home.hard),
        "files": ("Files and folders in the home.", lambda home: home.files),
    }
    lines = []
    for name, (what, value) in kinds.items():
        lines += [f"# HELP kubehub_home_{name} {what}", f"# TYPE kubehub_home_{name} gauge"]
        for home in sorted(homes, key=lambda home: home.name):
            label = home.name.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
            lines.append(f'kubehub_home_{name}{{home="{label}"}} {value(home)}')
    lines += [
        "# HELP kubehub_homes_without_project Homes that have no project id, so no limit.",
        "# TYPE kubehub_homes_without_project gauge",
        f"kubehub_homes_without_project {sum(not home.project for home in homes)}",
        "# HELP kubehub_homes_report_timestamp_seconds When these numbers were read.",
        "# TYPE kubehub_homes_report_timestamp_seconds gauge",
        f"kubehub_homes_report_timestamp_seconds {now:.0f}",
    ]
    return "\n".join(lines) + "\n"


# --- the kernel -----------------------------------------------------------------------------------------------------
def get_xattr(descriptor: int) -> list[int]:
    """Flags, extent size, extents, project id and copy-on-write extent size of a file or folder."""
    return list(_FSXATTR.unpack(fcntl.ioctl(descriptor, _FSGETXATTR, bytes(_FSXATTR.size))))


def set_project(descriptor: int, project: int) -> None:
    """Give a file or folder a project id; what is made in the folder inherits it."""
    fields = get_xattr(descriptor)
    flags = fields[0] | _INHERIT if stat.S_ISDIR(os.fstat(descriptor).st_mode) else fields[0]
    if (flags, project) != (fields[0], fields[3]):
        fcntl.ioctl(descriptor, _FSSETXATTR, _FSXATTR.pack(flags, *fields[1:3], project, fields[4]))


def _quotactl(descriptor: int, command: int, project: int, block: Any) -> None:
    done = _libc.syscall(_QUOTACTL_FD, descriptor, command << 8 | _PROJECT, project, block)
    if done:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def get_quota(descriptor: int, project: int) -> tuple[Limits, int, int]:
    """Limits, bytes and files of a project of the file system that holds the open folder."""
    block = ctypes.create_string_buffer(_DQBLK.size)
    try:
        _quotactl(descriptor, _GETQUOTA, project, block)
    except OSError as error:
        if error.errno != errno.ENOENT:  # nothing was ever limited or written
            raise
    hard, soft, used, *_between, files = _DQBLK.unpack(block.raw)[:6]
    return Limits(soft * _BLOCK, hard * _BLOCK), used, files


def set_limits(descriptor: int, project: int, limits: Limits) -> None:
    """Limit a project's bytes."""
    block = _DQBLK.pack(limits.hard // _BLOCK, limits.soft // _BLOCK, 0, 0, 0, 0, 0, 0, _BLOCK_LIMITS)
    _quotactl(descriptor, _SETQUOTA, project, block)


def mounts() -> list[Mount]:
    """All mounts that this process sees."""
    return mounts_of(Path("/proc/self/mountinfo").read_text(encoding="utf-8"))


def refusal(path: str, among: Sequence[Mount] = ()) -> str:
    """Why homes in this folder cannot have project quotas, '' where they can; ``among`` are the mounts, without it those that are there."""
    mount = mount_of(os.path.realpath(path), among or mounts())
    if mount.type not in ("ext4", "xfs"):
        return f"the file system of {mount.target} is {mount.type}; XFS or ext4 is wanted"
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        get_quota(descriptor, 0)
    except OSError as error:
        # ext4 says one, XFS the other
        if error.errno in (errno.ESRCH, errno.ENOSYS):
            needs = "after 'tune2fs -O quota,project' on it, " if mount.type == "ext4" else ""
            return (
                f"{mount.target} ({mount.type}) is mounted without them; {needs}mount it with the option prjquota "
                "(where that is refused, this kernel has none)"
            )
        raise
    finally:
        os.close(descriptor)
    if "pqnoenforce" in mount.options:
        return (
            f"{mount.target} (xfs) is mounted with pqnoenforce, which counts and limits nothing; mount it with prjquota"
        )
    return ""


def has_nfsd() -> bool:
    """Whether the kernel has an NFS server, as a module that is not loaded yet, too."""
    if "nfsd" in Path("/proc/filesystems").read_text(encoding="utf-8").split():
        return True
    try:
        return subprocess.run(["modprobe", "--dry-run", "--quiet", "nfsd"], check=False).returncode == 0
    except FileNotFoundError:
        return False


def look(paths: Sequence[str], homes: str) -> dict[str, Any]:
    """What lies at each path, or at the nearest folder above it that exists.

    And why ``homes`` ('' asks not) can have no quotas, and whether the kernel has an NFS server.
    """
    all_mounts = mounts()
    found = {}
    for path in paths:
        there = Path(path)
        while not there.exists():
            there = there.parent
        mount = mount_of(os.path.realpath(there), all_mounts)
        space = os.statvfs(there)
        found[path] = {
            "exists": os.path.exists(path),
            "folder": os.path.isdir(path),
            "real": os.path.realpath(path),
            "mount": mount.target,
            "type": mount.type,
            "bytes": space.f_blocks * space.f_frsize,
        }
    at = Path(homes or "/")
    while not at.exists():
        at = at.parent
    return {"paths": found, "quota": refusal(str(at)) if homes else "", "nfsd": has_nfsd()}


# --- homes ----------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def opened(path: str, parent: int | None = None) -> Iterator[int]:
    """A folder or a file, opened without following a link: what lies in a home is its user's and may change at any time."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def names_of(folder: int) -> list[str]:
    """The names of the folders in an open folder that are homes: hidden ones are not."""
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith("."))


def mark(parent: int, name: str, project: int) -> None:
    """Give a home and all that lies in it a project id."""
    with opened(name, parent) as home:
        set_project(home, project)
        for _folder, folders, files, at in os.fwalk(".", dir_fd=home, follow_symlinks=False):
            for entry in (*folders, *files):
                with contextlib.suppress(FileNotFoundError):
                    # only these carry an id, as in xfs_quota(8); opening a device or a pipe could do something
                    if stat.S_IFMT(os.stat(entry, dir_fd=at, follow_symlinks=False).st_mode) in (
                        stat.S_IFDIR,
                        stat.S_IFREG,
                    ):
                        with opened(entry, at) as descriptor:
                            set_project(descriptor, project)


def homes_of(folder: int, config: Config) -> list[Home]:
    """All homes as they are now; one that is removed meanwhile is left out."""
    found = []
    for name in names_of(folder):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), opened(name, folder) as home:
            project = get_xattr(home)[3]
            limits, used, files = get_quota(folder, project) if project else (Limits(0, 0), 0, 0)
            found.append(Home(name, project, limits.soft, limits.hard, used, files))
    return found


def apply(folder: int, config: Config, say: Callable[[str], None]) -> list[Home]:
    """Bring ids and limits of all homes to what the configuration says; a home that fails is named and the others go on."""
    homes = homes_of(folder, config)
    new = plan({home.name: home.project for home in homes})
    for home in homes:
        wanted, project = config.limits(home.name), new.get(home.name, home.project)
        try:
            # The limit first, so that no home is for a moment marked and unlimited.
            if home.name in new or Limits(home.soft, home.hard) != wanted:
                set_limits(folder, project, wanted)
                say(f"{home.name}: project {project}, soft {human(wanted.soft)}, hard {human(wanted.hard)}")
            if home.name in new:
                mark(folder, home.name, project)
        except OSError as error:
            say(f"{home.name}: no quota, {error}")
    return homes_of(folder, config)


def write_metrics(config: Config, homes: Sequence[Home], now: float) -> None:
    """Replace the file of metrics at once, as its reader may come at any time."""
    if config.metrics:
        new = Path(f"{config.metrics}.new")
        new.write_text(metrics(homes, now), encoding="utf-8")
        new.chmod(0o644)
        new.replace(config.metrics)


def watch(folder: int, config: Config, say: Callable[[str], None]) -> None:
    """Apply now, whenever a folder appears, and each minute; never returns."""
    notify = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    wanted = _IN_CREATE | _IN_MOVED_TO | _IN_ONLYDIR
    if notify < 0 or _libc.inotify_add_watch(notify, config.path.encode(), wanted) < 0:
        raise OSError(ctypes.get_errno(), f"{config.path} can't be watched: {os.strerror(ctypes.get_errno())}")
    waiter = select.poll()
    waiter.register(notify, select.POLLIN)
    while True:
        write_metrics(config, apply(folder, config, say), time.time())
        if waiter.poll(METRICS_SECONDS * 1000):
            # What comes after this read wakes the next poll; what came before it is seen by the next look.
            os.read(notify, 65536)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 1 where homes cannot have quotas."""
    parser = argparse.ArgumentParser(prog="kubehub-quota", description="Project quotas of homes.")
    commands = parser.add_subparsers(dest="command", required=True)
    asks = commands.add_parser("look", help="what lies at some paths, as JSON; needs no configuration")
    asks.add_argument("--homes", default="", help="folder of which to say why it cannot have quotas")
    asks.add_argument("paths", nargs="*")
    commands.add_parser("apply", help="give every home its id and its limits, once")
    commands.add_parser("watch", help="the same whenever a home appears; what the service runs")
    reports = commands.add_parser("report", help="what is used and allowed")
    reports.add_argument("--format", choices=("table", "json", "metrics"), default="table")
    args = parser.parse_args(argv)
    if args.command == "look":
        print(json.dumps(look(args.paths, args.homes)))
        return 0
    config = config_of(CONFIG.read_text(encoding="utf-8"))
    if reason := refusal(config.path):
        print(f"kubehub-quota: {config.path} has no project quotas: {reason}", file=sys.stderr)
        return 1
    with opened(config.path) as folder:
        if args.command == "report":
            homes = homes_of(folder, config)
            texts: dict[str, Callable[[], str]] = {
                "table": lambda: table(homes),
                "json": lambda: json.dumps({"schema": 1, "homes": [asdict(home) for home in homes]}, indent=2) + "\n",
                "metrics": lambda: metrics(homes, time.time()),
            }
            sys.stdout.write(texts[args.format]())
        else:
            act = watch if args.command == "watch" else apply
            act(folder, config, lambda text: print(text, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
