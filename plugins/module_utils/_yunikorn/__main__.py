# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Checks and compares queue configurations of Apache YuniKorn without Ansible, a cluster or a scheduler.

Exit status: 0 nothing found, 1 something found, 2 nothing to judge by: a wrong call, a file that can't be read, or, for diff,
a configuration that YuniKorn refuses.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .diff import Change, diff, structured, tree
from .impact import Effect, impact
from .lint import AcceptError, Finding, accepted, lint
from .parse import Document, parse
from .problem import Problem
from .validate import tree as queues
from .validate import validate

GOOD, FOUND, UNUSABLE = 0, 1, 2

MAX_BYTES = 4 * 2**20
"""A ConfigMap holds 1 MiB."""

_GITHUB_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


class UnusableError(Exception):
    """What was asked for can't be done; the message says why."""


class Report(NamedTuple):
    """What is wrong with a file: what YuniKorn refuses, else what is found in what it accepts."""

    file: str
    errors: tuple[Problem, ...]
    lint: tuple[Finding, ...]

    def data(self) -> dict[str, Any]:
        """Return the report as what JSON can hold."""
        return {
            "file": self.file,
            "valid": not self.errors,
            "errors": [{"path": each.path, "line": each.line, "message": each.message} for each in self.errors],
            "lint": [
                {key: getattr(each, key) for key in ("name", "level", "path", "line", "message")} for each in self.lint
            ],
        }


def read(file: str) -> Document:
    """Return the document in ``file``; raise :class:`UnusableError` if there is none to read."""
    try:
        with open(file, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UnusableError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MAX_BYTES:
        raise UnusableError(f"{file}: larger than {MAX_BYTES // 2**20} MiB; a ConfigMap holds 1 MiB")
    try:
        return parse(content)
    except ImportError as error:
        raise UnusableError(str(error)) from error


def check(files: Sequence[str], accept: Sequence[str], style: str) -> int:
    """Judge ``files`` and print what is found; what can't be read is said apart and costs exit status 2."""
    accepted((), accept)
    reports, unread = [], []
    for file in files:
        try:
            document = read(file)
        except UnusableError as error:
            unread.append(error)
            continue
        errors = validate(document)
        reports.append(Report(file, errors, () if errors else accepted(lint(document), accept)))
    _print(_CHECKS[style](reports))
    for each in unread:
        _complain(str(each))
    if unread:
        return UNUSABLE
    return FOUND if any(report.errors or report.lint for report in reports) else GOOD


def compare(old_file: str, new_file: str, style: str) -> int:
    """Print what changes from one file to the other, and what such a change does at worst."""
    old, new = read(old_file), read(new_file)
    refused = [Report(file, validate(document), ()) for file, document in ((old_file, old), (new_file, new))]
    if any(report.errors for report in refused):
        raise UnusableError("\n".join(_check_text(report for report in refused if report.errors)))
    changes = diff(old.config, new.config)
    effects = impact(changes, old.config, new.config)
    _print(_DIFFS[style](changes, effects, new_file, new))
    return FOUND if changes else GOOD


# -- what is printed ---------------------------------------------------------------------------------------------------


def _check_text(reports: Iterable[Report]) -> Iterator[str]:
    for report in reports:
        if not report.errors and not report.lint:
            yield _line(f"{report.file}: good")
        for problem in report.errors:
            yield _line(
                f"{_place(report.file, problem.line)}: invalid: {problem.path or 'document'}: {problem.message}"
            )
        for found in report.lint:
            yield _line(
                f"{_place(report.file, found.line)}: {found.level}: {found.path}: {found.message} [{found.name}]"
            )


def _check_json(reports: Iterable[Report]) -> Iterator[str]:
    yield json.dumps([report.data() for report in reports], indent=2)


def _check_github(reports: Iterable[Report]) -> Iterator[str]:
    for report in reports:
        for problem in report.errors:
            message = f"{problem.path or 'document'}: {problem.message}"
            yield _annotation("error", report.file, problem.line, "invalid", message)
        for found in report.lint:
            level = _GITHUB_LEVELS[found.level]
            yield _annotation(level, report.file, found.line, found.name, f"{found.path}: {found.message}")


def _diff_text(changes: Sequence[Change], effects: Sequence[Effect], _file: str, _new: Document) -> Iterator[str]:
    yield from tree(changes, effects).splitlines()


def _diff_json(changes: Sequence[Change], effects: Sequence[Effect], _file: str, _new: Document) -> Iterator[str]:
    yield json.dumps(
        [
            {**structured(change), "level": effect.level, "effect": effect.text}
            for change, effect in zip(changes, effects, strict=True)
        ],
        indent=2,
    )


def _diff_github(changes: Sequence[Change], effects: Sequence[Effect], file: str, new: Document) -> Iterator[str]:
    lines = _lines(new)
    levels = {"safe": "notice", "delays": "warning", "disrupts": "warning"}
    for change, effect in zip(changes, effects, strict=True):
        message = " ".join(filter(None, (change.note, f"{effect.level}: {effect.text}")))
        yield _annotation(levels[effect.level], file, lines.get(change.path), change.id, message)


_CHECKS: Mapping[str, Callable[[Iterable[Report]], Iterator[str]]] = {
    "text": _check_text,
    "json": _check_json,
    "github": _check_github,
}
_DIFFS: Mapping[str, Callable[[Sequence[Change], Sequence[Effect], str, Document], Iterator[str]]] = {
    "text": _diff_text,
    "json": _diff_json,
    "github": _diff_github,
}


def _lines(document: Document) -> dict[str, int | None]:
    """Return the line of each queue of the partition that Kubernetes uses, by full name."""
    return {
        placed.name: document.line(placed.path)
        for index, partition in enumerate(document.config.partitions)
        if partition.name.lower() in ("", "default")
        for placed in queues(partition, f"partitions[{index}]").walk()
    }


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"


def _line(text: str) -> str:
    """Return ``text`` as one line that can't steer a terminal."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _annotation(level: str, file: str, line: int | None, title: str, message: str) -> str:
    """Return a command of GitHub's workflows, which shows a message at a line of a pull request."""
    place = "" if line is None else f",line={line}"
    return f"::{level} file={_escaped(file, ':,')}{place},title={_escaped(title, ':,')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(each):02X}" if each in "%\r\n" + more else _line(each) for each in text)


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _complain(message: str) -> None:
    sys.stderr.writelines(f"yunikorn: {_line(line)}\n" for line in message.splitlines())


# -- the command -------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    what, _blank, status = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=what, epilog=status)
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser(
        "check", help="say what YuniKorn refuses, and what it accepts and an admin did not mean"
    )
    checking.add_argument("files", nargs="+", metavar="FILE")
    checking.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="NAME[@PATH]",
        help="a lint to leave out, everywhere or in one place",
    )
    comparing = commands.add_parser("diff", help="say what changes in meaning, and what the change does at worst")
    comparing.add_argument("old", metavar="OLD")
    comparing.add_argument("new", metavar="NEW")
    for command in (checking, comparing):
        command.add_argument("--format", choices=tuple(_CHECKS), default="text", help="(default: text)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding does not have must not end the command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        if arguments.command == "check":
            return check(arguments.files, arguments.accept, arguments.format)
        return compare(arguments.old, arguments.new, arguments.format)
    except (AcceptError, UnusableError) as error:
        _complain(str(error))
        return UNUSABLE
    except BrokenPipeError:
        # Whoever reads has enough. Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE


if __name__ == "__main__":
    raise SystemExit(main())
