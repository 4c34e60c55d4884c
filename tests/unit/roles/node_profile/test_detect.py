# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role says of a machine, run against stand-ins for the commands it asks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLE = Path(__file__).parents[4] / "roles" / "node_profile"


def detect(path: Path, filesystem: str, bounding: str, container: int) -> dict[str, Any]:
    """Run the detection where `stat`, `sed` (of /proc/1/status) and `systemd-detect-virt` answer as told."""
    for name, answer in {
        "stat": f"echo {filesystem}",
        "sed": f"echo {bounding}",
        "systemd-detect-virt": f"exit {container}",
    }.items():
        program = path / name
        program.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
        program.chmod(0o755)
    done = subprocess.run(
        ["sh", "-s"],
        input=(ROLE / "files" / "detect.sh").read_text(encoding="utf-8"),
        env={"PATH": f"{path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    result = yaml.safe_load(done.stdout)
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize(
    ("filesystem", "bounding", "container", "expected"),
    [
        ("cgroup2fs", "000001ffffffffff", 1, {"cgroup_version": 2, "can_raise_limits": True, "container": False}),
        ("tmpfs", "000001ffffffffff", 1, {"cgroup_version": 1, "can_raise_limits": True, "container": False}),
        ("tmpfs", "000001fffeffffff", 0, {"cgroup_version": 1, "can_raise_limits": False, "container": True}),
        # Docker's and podman's default set.
        ("cgroup2fs", "00000000a80425fb", 0, {"cgroup_version": 2, "can_raise_limits": False, "container": True}),
    ],
)
def test_detection(tmp_path: Path, filesystem: str, bounding: str, container: int, expected: dict[str, Any]) -> None:
    assert detect(tmp_path, filesystem, bounding, container) == expected
