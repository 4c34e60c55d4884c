# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cached steps of work.

A step is a frozen dataclass whose fields say all that its result depends on, other steps among them. Its key is a hash
of those fields, of the code of the module that defines it and of the versions of the programs it runs. Its result is a
folder, made under another name and renamed when it is complete: what exists in the store is whole, so an interrupted run
goes on where it was.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import fcntl
import functools
import hashlib
import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, ClassVar, TextIO

HEARTBEAT_SECONDS = 30.0
GIB_PER_COMPILE = 3


class ContentError(Exception):
    """Something that stops the work; the message names the object, what was wanted and what to do."""


class InterruptedRunError(ContentError):
    """The run is being stopped."""


@functools.cache
def code_of(module_name: str) -> str:
    """Hash of a module's code without comments and docstrings, which change no result."""
    tree = ast.parse(inspect.getsource(sys.modules[module_name]))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Step:
    """One piece of work; ``name`` is what the progress shows."""

    name: str

    pool: ClassVar[str] = "pack"
    """Steps of a pool share its limit: ``compile`` (cores and memory), ``pack`` (cores), ``fetch`` (network)."""
    verb: ClassVar[str] = "made"
    programs: ClassVar[tuple[str, ...]] = ()
    """The programs whose versions the result depends on."""
    code: ClassVar[tuple[str, ...]] = ()
    """Further modules (full names) whose code the result depends on."""

    @property
    def turn(self) -> str:
        """Steps with the same turn run one after another, '' with anything."""
        return ""

    def run(self, shop: Workshop, out: Path) -> None:
        """Write the result into the empty folder ``out``."""
        raise NotImplementedError

    def needs(self) -> tuple[Step, ...]:
        """The steps among the fields."""
        return tuple(_steps_in([getattr(self, field.name) for field in dataclasses.fields(self)]))


def _steps_in(value: Any) -> Iterator[Step]:
    if isinstance(value, Step):
        yield value
    elif isinstance(value, Mapping):
        yield from _steps_in(list(value.values()))
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from _steps_in(entry)
    elif dataclasses.is_dataclass(value):
        yield from _steps_in([getattr(value, field.name) for field in dataclasses.fields(value)])


def closure(steps: Iterable[Step]) -> list[Step]:
    """The steps and all that they need, each after its needs, without repetition."""
    seen: dict[Step, None] = {}

    def visit(step: Step) -> None:
        if step not in seen:
            for need in step.needs():
                visit(need)
            seen[step] = None

    for step in steps:
        visit(step)
    return list(seen)


def size_of(path: Path) -> int:
    """Bytes of all files below a path."""
    if path.is_file():
        return path.stat().st_size
    return sum(entry.lstat().st_size for entry in path.rglob("*") if not entry.is_dir())


def human(size: float) -> str:
    """A size for people: ``human(131_000_000) == '125 MiB'``."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def clock(seconds: float) -> str:
    """A duration for people: ``clock(83) == '1:23'``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def free_memory(meminfo: str) -> int:
    """GiB available according to the text of /proc/meminfo."""
    match = re.search(r"^MemAvailable:\s+(\d+) kB$", meminfo, re.MULTILINE)
    return int(match.group(1)) // 2**20 if match else GIB_PER_COMPILE


def compile_jobs(cores: int, memory_gib: int) -> int:
    """How many compilers run beside each other: linking is single-threaded, and each wants up to 3 GiB."""
    return max(1, min(cores, memory_gib // GIB_PER_COMPILE, 8))


class Progress:
    """Lines of what is done: ``[ 3/62]  1:23 kubelet: compiled, 12 s, 86 MiB``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self.total = 0
        self.done = 0

    def say(self, text: str) -> None:
        """One line with the elapsed time."""
        with self._lock:
            print(f"{clock(time.monotonic() - self._start):>6} {text}", file=self._stream, flush=True)

    def finished(self, text: str) -> None:
        """One line for a finished step."""
        self.done += 1
        width = len(str(self.total))
        self.say(f"[{self.done:>{width}}/{self.total}] {text}")


class Workshop:
    """Where the steps are done: the store, the programs, the progress.

    ``root`` is the folder of KUBEHUB_CACHE for content; beside the store it holds logs and the content folders.
    """

    def __init__(self, root: Path, progress: Progress, *, jobs: int | None = None) -> None:
        self.root = root
        self.store = root / "store"
        self.partial = root / "partial"
        self.progress = progress
        cores = len(os.sched_getaffinity(0))
        memory = free_memory(Path("/proc/meminfo").read_text(encoding="ascii"))
        compilers = jobs or compile_jobs(cores, memory)
        self.limits = {"compile": compilers, "pack": max(1, cores // 2), "fetch": 4}
        self.compiler_threads = max(1, -(-cores // compilers), min(cores, 2))
        self._versions: dict[str, str] = {}
        self._keys: dict[Step, str] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.RLock()
        self._stopped = False

    # --- programs -----------------------------------------------------------------------------------------------
    def program(self, name: str) -> str:
        """Path of a program: the Python environment's own first (there lives the pinned Go), then the system's."""
        found = shutil.which(
            name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        )
        if found is None:
            raise ContentError(f"{name} is not installed; lab/content/README.md lists the packages that builds need")
        return found

    def version(self, name: str) -> str:
        """What a program says about its version, in one line."""
        with self._lock:
            if name not in self._versions:
                command = [self.program(name), "version" if name == "go" else "--version"]
                environment = {**os.environ, "GOTOOLCHAIN": "local", "LC_ALL": "C.UTF-8"}
                text = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
                self._versions[name] = text.strip().splitlines()[0]
            return self._versions[name]

    def command(
        self, step: Step, argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> str:
        """Run a command for a step, its output into the step's log; returns standard output."""
        log = self.log(step)
        log.parent.mkdir(parents=True, exist_ok=True)
        words = [str(word) for word in argv]
        with log.open("ab") as sink:
            sink.write(f"$ {' '.join(words)}\n".encode())
            sink.flush()
            with self._lock:
                self.check()
                child = subprocess.Popen(
                    words,
                    cwd=cwd,
                    env={**os.environ, **(env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=sink,
                    start_new_session=True,
                )
                self._children.add(child)
            try:
                output, _ = child.communicate()
            finally:
                with self._lock:
                    self._children.discard(child)
            sink.write(output)
        if child.returncode:
            tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
            raise ContentError(f"{words[0]} ended with {child.returncode}; the log is {log}:\n{tail}")
        return output.decode(errors="replace")

    def check(self) -> None:
        """Called by steps that work for long without a command, so that they end when the run is stopped."""
        if self._stopped:
            raise InterruptedRunError("interrupted")

    def stop(self) -> None:
        """End every running command; steps that are not finished leave nothing behind under their final name."""
        with self._lock:
            self._stopped = True
            for child in self._children:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)

    # --- store --------------------------------------------------------------------------------------------------
    def key(self, step: Step) -> str:
        """Hash of everything that the step's result depends on."""
        with self._lock:
            if step not in self._keys:
                modules = (type(step).__module__, *step.code)
                inputs = {
                    "kind": type(step).__name__,
                    "fields": {f.name: self._plain(getattr(step, f.name)) for f in dataclasses.fields(step)},
                    "code": [code_of(module) for module in modules],
                    "programs": {name: self.version(name) for name in step.programs},
                }
                text = json.dumps(inputs, sort_keys=True)
                self._keys[step] = hashlib.sha256(text.encode()).hexdigest()[:24]
            return self._keys[step]

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Step):
            return self.key(value)
        if isinstance(value, Mapping):
            return {str(name): self._plain(entry) for name, entry in value.items()}
        if isinstance(value, tuple | list):
            return [self._plain(entry) for entry in value]
        if dataclasses.is_dataclass(value):
            return {f.name: self._plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if isinstance(value, Path):
            return hashlib.sha256(value.read_bytes()).hexdigest()
        return value

    def slug(self, step: Step) -> str:
        """The step's name as a file name."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", step.name).strip("-")

    def log(self, step: Step) -> Path:
        """The log of the commands that the step ran."""
        return self.root / "logs" / f"{self.slug(step)}.log"

    def path(self, step: Step) -> Path:
        """Where the step's result is, or will be."""
        return self.store / f"{self.slug(step)}-{self.key(step)}"

    def has(self, step: Step) -> bool:
        """Whether the result exists."""
        return self.path(step).is_dir()

    def missing(self, steps: Iterable[Step]) -> list[Step]:
        """What must be done to have these results: only what is needed, each after its needs."""
        wanted: dict[Step, None] = {}

        def visit(step: Step) -> None:
            if step not in wanted and not self.has(step):
                for need in step.needs():
                    visit(need)
                wanted[step] = None

        for step in steps:
            visit(step)
        return list(wanted)

    def turn_of(self, name: str) -> threading.Lock:
        """A lock by name, for what two running steps may both want, such as a layer of two images."""
        with self._lock:
            return self._turns.setdefault(name, threading.Lock())

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Only one run works in the store; another waits and says so."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w", encoding="ascii") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.progress.say(f"another run works in {self.root}; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            self.store.mkdir(exist_ok=True)
            for rest in self.store.glob(".new-*"):
                remove(rest)
            yield

    def do(self, step: Step) -> None:
        """Make one result, whose needs exist."""
        if self.has(step):
            return
        target = self.path(step)
        new = target.with_name(f".new-{target.name}")
        remove(new)
        new.mkdir(parents=True)
        self.log(step).unlink(missing_ok=True)
        try:
            step.run(self, new)
            new.rename(target)
        finally:
            remove(new)

    def do_all(self, steps: Iterable[Step]) -> dict[Step, ContentError]:
        """Make all results that are missing, beside each other where the pools allow it.

        Returns the failures; what needs a failed step is not tried, everything else is.
        """
        waiting = self.missing(steps)
        self.progress.total += len(waiting)
        failed: dict[Step, ContentError] = {}
        running: dict[Future[None], Step] = {}
        started: dict[Step, float] = {}
        beat = time.monotonic()
        with ThreadPoolExecutor(max_workers=sum(self.limits.values())) as threads:
            try:
                while waiting or running:
                    for step in list(waiting):
                        needs = step.needs()
                        broken = next((need for need in needs if need in failed), None)
                        if broken is not None:
                            failed[step] = ContentError(f"needs {broken.name}, which failed")
                            waiting.remove(step)
                        elif self._may_start(step, needs, running.values()):
                            waiting.remove(step)
                            started[step] = time.monotonic()
                            running[threads.submit(self.do, step)] = step
                    if waiting and not running and not any(need in failed for need in waiting[0].needs()):
                        raise ContentError(
                            f"{waiting[0].name} can't start: a result that it needs is gone from {self.store}"
                        )
                    finished, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
                    for future in finished:
                        step = running.pop(future)
                        self._settle(step, future, time.monotonic() - started[step], failed)
                        beat = time.monotonic()
                    if time.monotonic() - beat > HEARTBEAT_SECONDS:
                        beat = time.monotonic()
                        names = ", ".join(f"{s.name} ({clock(beat - started[s])})" for s in running.values())
                        self.progress.say(f"still at {names}")
            except BaseException:
                self.stop()
                raise
        return failed

    def _may_start(self, step: Step, needs: tuple[Step, ...], running: Iterable[Step]) -> bool:
        others = list(running)
        return (
            all(self.has(need) for need in needs)
            and sum(other.pool == step.pool for other in others) < self.limits[step.pool]
            and not (step.turn and any(other.turn == step.turn for other in others))
        )

    def _settle(self, step: Step, future: Future[None], seconds: float, failed: dict[Step, ContentError]) -> None:
        error = future.exception()
        if error is None:
            size = human(size_of(self.path(step)))
            self.progress.finished(f"{step.name}: {step.verb}, {seconds:.0f} s, {size}")
        elif isinstance(error, ContentError | OSError | subprocess.SubprocessError):
            failed[step] = error if isinstance(error, ContentError) else ContentError(str(error))
            self.progress.finished(f"{step.name}: FAILED after {seconds:.0f} s")
        else:
            raise error


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, making the folders that hold it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def place(source: Path, target: Path) -> None:
    """Put a file at a second place, as a hard link where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        copy_file(source, target)


def remove(path: Path) -> None:
    """Remove a file or a folder, read-only parts (Go's module cache has such) included; nothing if it is not there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o755)
        shutil.rmtree(path)
