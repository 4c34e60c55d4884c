# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results are cached by all that they depend on, whole or not there, and one failure stops only what needs it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from lab.content import steps
from lab.content.steps import (
    ContentError,
    Progress,
    Step,
    Workshop,
    clock,
    closure,
    code_of,
    compile_jobs,
    free_memory,
    human,
    remove,
)

RUNS: list[str] = []


@dataclass(frozen=True)
class Write(Step):
    """Writes its text and those of its needs."""

    text: str
    parts: tuple[Step, ...] = ()

    def run(self, shop: Workshop, out: Path) -> None:
        RUNS.append(self.name)
        inner = "".join((shop.path(part) / "text").read_text(encoding="utf-8") for part in self.parts)
        (out / "text").write_text(self.text + inner, encoding="utf-8")


@dataclass(frozen=True)
class Fail(Step):
    """Leaves half a result and fails."""

    parts: tuple[Step, ...] = ()

    def run(self, shop: Workshop, out: Path) -> None:
        (out / "half").write_text("half", encoding="utf-8")
        raise ContentError("it does not work")


@dataclass
class Watch:
    """Counts what runs beside each other."""

    now: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


WATCH = Watch()


@dataclass(frozen=True)
class Together(Step):
    """Notes how many of its kind run at once."""

    group: str

    pool: ClassVar[str] = "fetch"

    @property
    def turn(self) -> str:
        return self.group

    def run(self, shop: Workshop, out: Path) -> None:
        with WATCH.lock:
            WATCH.now += 1
            WATCH.most = max(WATCH.most, WATCH.now)
        time.sleep(0.2)
        with WATCH.lock:
            WATCH.now -= 1


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    RUNS.clear()
    WATCH.most = 0


def do(shop: Workshop, wanted: Sequence[Step]) -> dict[Step, ContentError]:
    """Run inside the lock, as every command does."""
    with shop.locked():
        return shop.do_all(wanted)


def test_a_result_is_made_once_and_its_needs_before_it(shop: Workshop, said: io.StringIO) -> None:
    low = Write("low", "a")
    high = Write("high", "b", (low,))
    assert do(shop, [high]) == {}
    assert (shop.path(high) / "text").read_text(encoding="utf-8") == "ba"
    assert RUNS == ["low", "high"]
    assert "[1/2] low: made, 0 s, 1 B" in said.getvalue()
    assert "[2/2] high: made, 0 s, 2 B" in said.getvalue()
    again = Workshop(shop.root, Progress(io.StringIO()))
    assert do(again, [high]) == {}
    assert RUNS == ["low", "high"]


def test_what_a_finished_result_needed_is_not_made_anew(shop: Workshop) -> None:
    low = Write("low", "a")
    high = Write("high", "b", (low,))
    do(shop, [high])
    remove(shop.path(low))
    assert shop.missing([high]) == []


def test_the_key_follows_the_fields_and_the_needs(shop: Workshop) -> None:
    low = Write("low", "a")
    keys = {
        shop.key(step)
        for step in (low, Write("low", "b"), Write("high", "a", (low,)), Write("high", "a", (Write("low", "b"),)))
    }
    assert len(keys) == 4


def test_the_key_follows_a_program_that_the_step_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Packed(Write):
        programs: ClassVar[tuple[str, ...]] = ("packer",)

    found = set()
    for version in ("1.0", "1.1"):
        folder = tmp_path / version
        folder.mkdir()
        (folder / "packer").write_text(f"#!/bin/sh\necho packer {version}\n", encoding="ascii")
        (folder / "packer").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        found.add(Workshop(tmp_path / "content", Progress(io.StringIO())).key(Packed("x", "a")))
    assert len(found) == 2


def test_the_key_follows_code_but_no_comment_and_no_docstring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    texts = {
        "recipe_plain": "def pack(x):\n    return x + 1\n",
        "recipe_commented": '"""About."""\ndef pack(x):\n    """Packs."""\n    # why\n    return x + 1\n',
        "recipe_other": "def pack(x):\n    return x + 2\n",
    }
    codes = {}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        __import__(name)
        codes[name] = code_of(name)
        del sys.modules[name]
    assert codes["recipe_plain"] == codes["recipe_commented"]
    assert codes["recipe_plain"] != codes["recipe_other"]


def test_the_key_follows_what_a_file_holds_and_not_where_it_lies(tmp_path: Path, shop: Workshop) -> None:
    @dataclass(frozen=True)
    class FromFile(Step):
        file: Path

    paths = [tmp_path / name for name in ("one", "two", "three")]
    for path, text in zip(paths, ("same", "same", "other"), strict=True):
        path.write_text(text, encoding="ascii")
    one, two, three = (shop.key(FromFile("f", path)) for path in paths)
    assert one == two
    assert one != three


def test_a_failure_leaves_nothing_and_stops_only_what_needs_it(shop: Workshop, said: io.StringIO) -> None:
    broken = Fail("broken")
    above = Write("above", "x", (broken,))
    top = Write("top", "x", (above,))
    other = Write("other", "y")
    failed = do(shop, [top, other])
    assert {step.name: str(error) for step, error in failed.items()} == {
        "broken": "it does not work",
        "above": "needs broken, which failed",
        "top": "needs above, which failed",
    }
    assert [path.name for path in shop.store.iterdir()] == [shop.path(other).name]
    assert "broken: FAILED" in said.getvalue()


def test_an_error_that_nobody_foresaw_is_not_hidden(shop: Workshop) -> None:
    @dataclass(frozen=True)
    class Bug(Step):
        def run(self, shop: Workshop, out: Path) -> None:
            raise ZeroDivisionError("bug")

    with pytest.raises(ZeroDivisionError, match=r"^bug$"):
        do(shop, [Bug("bug")])


@pytest.mark.parametrize(("group", "most"), [("same", 1), ("", 3)])
def test_steps_with_the_same_turn_never_run_beside_each_other(shop: Workshop, group: str, most: int) -> None:
    assert do(shop, [Together(f"step {number}", group) for number in range(3)]) == {}
    assert WATCH.most == most


def test_a_pool_has_a_limit(shop: Workshop) -> None:
    shop.limits["fetch"] = 2
    assert do(shop, [Together(f"step {number}", "") for number in range(5)]) == {}
    assert WATCH.most == 2


def test_a_command_that_fails_says_where_its_log_is(shop: Workshop) -> None:
    @dataclass(frozen=True)
    class Command(Step):
        def run(self, shop: Workshop, out: Path) -> None:
            shop.command(self, ["sh", "-c", "echo first; echo the reason >&2; exit 3"])

    failed = do(shop, [Command("a command")])
    [error] = failed.values()
    log = shop.root / "logs" / "a-command.log"
    assert str(error).startswith(f"sh ended with 3; the log is {log}:\n")
    assert "the reason" in str(error)
    assert log.read_text(encoding="utf-8").startswith("$ sh -c")


def test_a_missing_program_is_named(shop: Workshop) -> None:
    with pytest.raises(ContentError, match=r"^no-such-program is not installed; lab/content/README\.md lists"):
        shop.program("no-such-program")


INTERRUPTED = """
    import signal, sys
    from dataclasses import dataclass
    from pathlib import Path
    from lab.content.steps import Progress, Step, Workshop

    @dataclass(frozen=True)
    class Sleep(Step):
        def run(self, shop, out):
            (out / "half").touch()
            shop.command(self, ["sleep", "300"])

    @dataclass(frozen=True)
    class Done(Step):
        def run(self, shop, out):
            (out / "whole").touch()

    # A test that runs behind a shell's & inherits that SIGINT is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    shop = Workshop(Path(sys.argv[1]), Progress(sys.stderr))
    with shop.locked():
        shop.do_all([Done("done"), Sleep("sleep")])
"""


def test_an_interrupted_run_ends_its_commands_and_keeps_what_is_finished(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(INTERRUPTED), encoding="utf-8")
    root = Path(__file__).parents[4]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    child = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "content")], stderr=subprocess.PIPE, env=environment, cwd=root
    )
    log = tmp_path / "content" / "logs" / "sleep.log"
    deadline = time.monotonic() + 60
    while not (log.is_file() and log.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
    assert [path.name.rpartition("-")[0] for path in (tmp_path / "content" / "store").iterdir()] == ["done"]


def test_a_new_run_sweeps_up_what_a_killed_one_left(shop: Workshop) -> None:
    rest = shop.store / ".new-something"
    (rest / "folder").mkdir(parents=True)
    (rest / "folder").chmod(0o500)
    with shop.locked():
        assert list(shop.store.iterdir()) == []


def test_a_second_run_waits_for_the_first(shop: Workshop, said: io.StringIO) -> None:
    second = Workshop(shop.root, Progress(said))
    order: list[str] = []

    def work() -> None:
        with second.locked():
            order.append("second")

    with shop.locked():
        thread = threading.Thread(target=work)
        thread.start()
        while "waiting for it" not in said.getvalue():
            time.sleep(0.01)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_step_that_takes_long_is_heard_of(shop: Workshop, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Long(Step):
        def run(self, shop: Workshop, out: Path) -> None:
            time.sleep(1.3)

    monkeypatch.setattr(steps, "HEARTBEAT_SECONDS", 0.5)
    do(shop, [Long("long")])
    assert "still at long (0:01)" in said.getvalue()


@pytest.mark.parametrize(
    ("cores", "gib", "jobs"), [(2, 22, 2), (2, 3, 1), (1, 64, 1), (16, 16, 5), (64, 512, 8), (4, 1, 1)]
)
def test_compilers_follow_cores_and_memory(cores: int, gib: int, jobs: int) -> None:
    assert compile_jobs(cores, gib) == jobs


def test_memory_is_what_the_kernel_says_is_available() -> None:
    assert free_memory("MemTotal: 1 kB\nMemAvailable:   16777216 kB\n") == 16


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (131_000_000, "125 MiB"), (2 * 2**30, "2.0 GiB")]
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    assert human(size) == text


def test_times_are_for_people() -> None:
    assert clock(3723.9) == "62:03"


def test_closure_names_each_step_once_after_its_needs() -> None:
    low = Write("low", "a")
    one = Write("one", "b", (low,))
    two = Write("two", "c", (low, one))
    assert closure([two, one]) == [low, one, two]
