# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command as a hook or CI calls it: exit status, what is printed in each format, and files that are none."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]
MODULE = "ansible_collections.kubehub.platform.plugins.module_utils._yunikorn"

GOOD = """partitions:
- name: default
  queues:
  - name: root
    submitacl: '*'
    queues:
    - name: a
      resources: {max: {memory: 10Gi}}
    - name: b
"""
INVALID = GOOD.replace("name: b", "name: a").replace("10Gi", "ten")
FOUND = GOOD.replace(
    "name: b", "name: b\n      properties: {aplication.sort.policy: fair}\n      resources: {max: {memory: 0}}"
)
LESS = GOOD.replace("10Gi", "5Gi").replace("- name: b", "- name: c\n      maxapplications: 3")


def run(*arguments: str, cwd: Path, path: str = "", **environment: str) -> tuple[int, str, str]:
    """Exit status, output and errors of the command in ``cwd``."""
    done = subprocess.run(
        [sys.executable, "-m", MODULE, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{path}{ROOT / '.collections'}", "COLUMNS": "100", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a good, an invalid and a bad configuration, and one that differs."""
    for name, text in {"good": GOOD, "invalid": INVALID, "found": FOUND, "less": LESS}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


# -- check -------------------------------------------------------------------------------------------------------------


def test_a_good_file_is_said_to_be_good(site: Path) -> None:
    assert run("check", "good.yaml", cwd=site) == (0, "good.yaml: good\n", "")
    assert run("check", "--format", "github", "good.yaml", cwd=site) == (0, "", "")


def test_findings_stand_with_file_and_line(site: Path) -> None:
    assert run("check", "found.yaml", "invalid.yaml", "good.yaml", cwd=site) == (
        1,
        (
            "found.yaml:10: warning: root.b: property 'aplication.sort.policy' is unknown, did you mean "
            "'application.sort.policy'? [unknown-property]\n"
            "found.yaml:11: error: root.b: max is all zero, which bounds nothing [zero-max]\n"
            "invalid.yaml:9: invalid: partitions[0].queues[0].queues[1].name: duplicate child name found with name 'a', level 1\n"
            "invalid.yaml:8: invalid: partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity\n"
            "good.yaml: good\n"
        ),
        "",
    )


def test_json_has_one_entry_for_each_file(site: Path) -> None:
    status, out, errors = run("check", "--format", "json", "good.yaml", "found.yaml", "invalid.yaml", cwd=site)
    assert (status, errors) == (1, "")
    assert json.loads(out) == [
        {"file": "good.yaml", "valid": True, "errors": [], "lint": []},
        {
            "file": "found.yaml",
            "valid": True,
            "errors": [],
            "lint": [
                {
                    "name": "unknown-property",
                    "level": "warning",
                    "path": "root.b",
                    "line": 10,
                    "message": "property 'aplication.sort.policy' is unknown, did you mean 'application.sort.policy'?",
                },
                {
                    "name": "zero-max",
                    "level": "error",
                    "path": "root.b",
                    "line": 11,
                    "message": "max is all zero, which bounds nothing",
                },
            ],
        },
        {
            "file": "invalid.yaml",
            "valid": False,
            "errors": [
                {
                    "path": "partitions[0].queues[0].queues[1].name",
                    "line": 9,
                    "message": "duplicate child name found with name 'a', level 1",
                },
                {
                    "path": "partitions[0].queues[0].queues[0].resources.max.memory",
                    "line": 8,
                    "message": "invalid quantity",
                },
            ],
            "lint": [],
        },
    ]


def test_github_shows_annotations(site: Path) -> None:
    (site / "a,b.yaml").write_text("partitions: [{queues: [], 100%: 1}]", encoding="utf-8")
    (site / "notes.yaml").write_text(
        GOOD.replace("- name: b", "- {name: b, properties: {application.sort.policy: stateaware}}"), encoding="utf-8"
    )
    assert run("check", "--format=github", "found.yaml", "a,b.yaml", "notes.yaml", cwd=site) == (
        1,
        (
            "::warning file=found.yaml,line=10,title=unknown-property::root.b: property 'aplication.sort.policy' is unknown, "
            "did you mean 'application.sort.policy'?\n"
            "::error file=found.yaml,line=11,title=zero-max::root.b: max is all zero, which bounds nothing\n"
            "::error file=a%2Cb.yaml,line=1,title=invalid::partitions[0].100%25: field 100%25 not found in type configs.PartitionConfig\n"
            "::notice file=notes.yaml,line=9,title=stateaware-policy::root.b: application.sort.policy is 'stateaware', which is fifo today\n"
        ),
        "",
    )


def test_findings_are_accepted_but_traps_are_not(site: Path) -> None:
    text = (site / "found.yaml").read_text(encoding="utf-8").replace("memory: 0", "memory: 1")
    (site / "found.yaml").write_text(text, encoding="utf-8")
    assert run("check", "--accept", "unknown-property@root.b", "found.yaml", cwd=site) == (0, "found.yaml: good\n", "")
    assert run("check", "--accept", "unknown-property@root.a", "found.yaml", cwd=site)[0] == 1
    assert run("check", "--accept", "zero-max", "found.yaml", cwd=site) == (
        2,
        "",
        "yunikorn: accept: 'zero-max' breaks a running scheduler and can't be accepted\n",
    )


def test_files_that_cannot_be_read_do_not_hide_the_others(site: Path) -> None:
    (site / "folder").mkdir()
    (site / "large.yaml").write_bytes(b"#" * (4 * 2**20 + 1))
    assert run("check", "missing.yaml", "good.yaml", "folder", "large.yaml", cwd=site) == (
        2,
        "good.yaml: good\n",
        (
            "yunikorn: missing.yaml: No such file or directory\n"
            "yunikorn: folder: Is a directory\n"
            "yunikorn: large.yaml: larger than 4 MiB; a ConfigMap holds 1 MiB\n"
        ),
    )


QUEUE = "partitions:\n- name: default\n  queues:\n  - name: root\n    queues:\n    - "
BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "error: partitions: there is no partition 'default' [no-default-partition]"),
    "not UTF-8": (b"partitions: \xe4", "1: invalid: document: not a text in UTF-8: byte 0xe4 at offset 12"),
    "tab": (
        "partitions:\n\t- name: default",
        "2: invalid: document: not YAML: while scanning for the next token found character that cannot start any token",
    ),
    "text": ("queues", "1: invalid: document: cannot unmarshal !!str `queues` into configs.SchedulerConfig"),
    "list": ("[]", "1: invalid: document: cannot unmarshal !!seq into configs.SchedulerConfig"),
    "long text": (
        "partitions: '" + "x" * 10**6 + "'",
        "1: invalid: partitions: cannot unmarshal !!str `xxxxxxx...` into []configs.PartitionConfig",
    ),
    "long quantity": (
        QUEUE + "{name: a, resources: {max: {memory: " + "9" * 10**6 + "}}}",
        "6: invalid: partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity: overflow",
    ),
    "deep": ("[" * 10**6, "1: invalid: document: nested deeper than 1000 levels"),
    "bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
            for before, after in zip("abcdefg", "bcdefgh", strict=True)
        )
        + "partitions: *h",
        "1: invalid: a: field a not found in type configs.SchedulerConfig",
    ),
    "unknown key": (
        QUEUE + "{name: a, limits: [{user: b}]}",
        "6: invalid: partitions[0].queues[0].queues[0].limits[0].user: field user not found in type configs.Limit",
    ),
    "key twice": (
        QUEUE + "{name: a, name: b}",
        '6: invalid: partitions[0].queues[0].queues[0].name: mapping key "name" already defined at line 6',
    ),
    "escape": (
        '"\\e[31m\\n": 1',
        "1: invalid: \\x1b[31m\\n: field \\x1b[31m\\n not found in type configs.SchedulerConfig",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_said_in_a_second(content: str | bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, out, errors = run("check", "q.yaml", cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (status, errors) == (1, "")
    assert out.splitlines()[0] == f"q.yaml:{' ' if message.startswith('error') else ''}{message}"
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


# -- diff --------------------------------------------------------------------------------------------------------------


def test_equal_in_meaning_is_no_change(site: Path) -> None:
    (site / "same.yaml").write_text(
        GOOD.replace("10Gi", "10240Mi").replace("name: default", "name: ''"), encoding="utf-8"
    )
    assert run("diff", "good.yaml", "same.yaml", cwd=site) == (0, "No changes.\n", "")
    assert run("diff", "--format", "json", "good.yaml", "same.yaml", cwd=site) == (0, "[]\n", "")
    assert run("diff", "--format", "github", "good.yaml", "same.yaml", cwd=site) == (0, "", "")


def test_changes_are_listed_with_their_worst_effect(site: Path) -> None:
    status, out, errors = run("diff", "good.yaml", "less.yaml", cwd=site)
    assert (status, errors) == (1, "")
    lines = out.splitlines()
    assert lines[:2] == ["~ max:root.a", "    memory: 10Gi -> 5Gi"]
    assert [line for line in lines if not line.startswith(" ")] == [
        "~ max:root.a",
        "- remove:root.b",
        "+ add:root.c",
        "1 to add, 1 to change, 1 to remove.",
    ]


def test_changes_in_json(site: Path) -> None:
    status, out, errors = run("diff", "good.yaml", "less.yaml", "--format", "json", cwd=site)
    assert (status, errors) == (1, "")
    changes = json.loads(out)
    assert [(change["id"], change["level"]) for change in changes] == [
        ("max:root.a", "delays"),
        ("remove:root.b", "disrupts"),
        ("add:root.c", "delays"),
    ]
    assert {tuple(change) for change in changes} == {
        ("id", "kind", "path", "before", "after", "note", "level", "effect")
    }
    assert (changes[0]["before"], changes[0]["after"]) == ({"memory": "10Gi"}, {"memory": "5Gi"})


def test_changes_as_annotations(site: Path) -> None:
    status, out, errors = run("diff", "good.yaml", "less.yaml", "--format", "github", cwd=site)
    assert (status, errors) == (1, "")
    assert [line.partition("::")[2].partition("::")[0] for line in out.splitlines()] == [
        "warning file=less.yaml,line=7,title=max%3Aroot.a",
        "warning file=less.yaml,title=remove%3Aroot.b",
        "warning file=less.yaml,line=9,title=add%3Aroot.c",
    ]


def test_what_yunikorn_refuses_cannot_be_compared(site: Path) -> None:
    assert run("diff", "good.yaml", "invalid.yaml", cwd=site) == (
        2,
        "",
        (
            "yunikorn: invalid.yaml:9: invalid: partitions[0].queues[0].queues[1].name: duplicate child name found with name 'a', level 1\n"
            "yunikorn: invalid.yaml:8: invalid: partitions[0].queues[0].queues[0].resources.max.memory: invalid quantity\n"
        ),
    )
    assert run("diff", "good.yaml", "missing.yaml", cwd=site) == (
        2,
        "",
        "yunikorn: missing.yaml: No such file or directory\n",
    )


# -- the call ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("check",), ("diff", "a"), ("chek", "a"), ("check", "--format", "xml", "a")])
def test_a_wrong_call_is_status_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    status, out, errors = run(*arguments, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert errors.startswith(f"usage: python -m {MODULE}")
    assert "Traceback" not in errors


def test_help_says_what_the_statuses_mean(tmp_path: Path) -> None:
    status, out, _errors = run("--help", cwd=tmp_path)
    assert status == 0
    assert "Exit status: 0 nothing found, 1 something found, 2 nothing to judge by" in " ".join(out.split())


def test_nothing_but_pyyaml_is_needed(site: Path) -> None:
    (site / "yaml.py").write_text("raise ImportError('no yaml here')", encoding="utf-8")
    assert run("check", "good.yaml", cwd=site, path=f"{site}:") == (
        2,
        "",
        "yunikorn: PyYAML is needed to read a queue configuration\n",
    )
    (site / "yaml.py").unlink()
    (site / "ansible.py").write_text("raise ImportError('no ansible here')", encoding="utf-8")
    assert run("check", "good.yaml", cwd=site, path=f"{site}:") == (0, "good.yaml: good\n", "")


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "utf-8"}])
def test_names_that_the_terminal_does_not_have_are_written_as_escapes(
    environment: Mapping[str, str], site: Path
) -> None:
    (site / "q.yaml").write_text(GOOD.replace("name: b", "name: \u00fc"), encoding="utf-8")
    status, out, errors = run("check", os.fsdecode(b"\xff.yaml"), "q.yaml", cwd=site, **environment)
    assert status == 2
    assert out.startswith("q.yaml:9: invalid: partitions[0].queues[0].queues[1].name: invalid queue name")
    assert errors == "yunikorn: \\udcff.yaml: No such file or directory\n"


def test_a_reader_that_has_enough_is_no_error(site: Path) -> None:
    (site / "many.yaml").write_text(
        GOOD + "".join(f"    - name: 'q.{index}'\n" for index in range(5000)), encoding="utf-8"
    )
    command = [sys.executable, "-m", MODULE, "check", "many.yaml"]
    with subprocess.Popen(
        command,
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("many.yaml:10: invalid")
        process.stdout.close()
        assert process.stderr.read() == ""
