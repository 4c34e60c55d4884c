# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.doctor``: print all findings; exit 1 where somebody must act.

``--fix`` then does what the findings promise of ``make lab``, packages apart; ``--only-fix`` does that alone and prints what it did.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from lab.doctor.gather import gather
from lab.doctor.judge import INOTIFY_NEEDED, Facts, Finding, judge

WORDS = {"ok": "ok", "will": "make lab", "unknown": "unknown", "problem": "PROBLEM"}


def table(findings: list[Finding]) -> str:
    """Return the findings for people, one paragraph each."""
    lines = []
    for finding in findings:
        head = f"{WORDS[finding.level]:<9} {finding.about:<16} "
        lines.append(textwrap.fill(finding.measured, 150, initial_indent=head, subsequent_indent=" " * len(head)))
        if finding.remedy:
            lines.append(
                textwrap.fill(finding.remedy, 150, initial_indent=" " * 27 + "-> ", subsequent_indent=" " * 30)
            )
    return "\n".join(lines)


def fixes(facts: Facts) -> list[list[str]]:
    """Return the commands, for root, that make true what the findings promise of ``make lab``, packages apart."""
    commands = []
    loadable = [name for name, state in facts.kernel.items() if state == "loadable"]
    if loadable:
        commands.append(["modprobe", "--all", *loadable])
    for name, needed in INOTIFY_NEEDED.items():
        if facts.inotify.get(name, 0) < needed:
            commands.append(["sysctl", "--quiet", "--write", f"fs.inotify.{name}={needed}"])
    return commands


def fix(facts: Facts) -> int:
    """Run the commands, saying each; return 0, or 1 after the first that failed."""
    for command in fixes(facts):
        print(f"doctor: {' '.join(command)}", flush=True)
        if subprocess.run(command if facts.root else ["sudo", "-n", *command], check=False).returncode:
            return 1
    return 0


def main(argv: list[str]) -> int:
    """Gather, fix if asked to, print; return the exit status."""
    facts = gather(os.environ, os.environ.get("LAB_PYTHON", ""))
    if "--only-fix" in argv:
        return fix(facts)
    findings = judge(facts)
    print(table(findings), flush=True)
    problems = sum(finding.level == "problem" for finding in findings)
    if problems:
        print(
            f"doctor: {problems} {'reason' if problems == 1 else 'reasons'} why no lab can stand here; each says what to do"
        )
        return 1
    print("doctor: a lab can stand here")
    return fix(facts) if "--fix" in argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
