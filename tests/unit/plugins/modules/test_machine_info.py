# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import platform
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.module_utils._site import proc
from ansible_collections.kubehub.platform.plugins.modules import machine_info


def run(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    """Run the module in check mode and return what it printed."""
    with patch_module_args({**arguments, "_ansible_check_mode": True}), pytest.raises(SystemExit):
        machine_info.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_it_tells_of_this_machine(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before = time.time()
    result = run(
        capsys, asked_at=7.5, kernel_modules=["surely_no_module"], disk_path=str(tmp_path), sync_path=str(tmp_path)
    )
    machine = result["machine"]
    assert result["changed"] is False
    assert before <= machine["time"] <= time.time()
    assert machine["asked_at"] == 7.5
    assert machine["uid"] == os.geteuid()
    assert machine["python"] == platform.python_version()
    assert machine["architecture"] == platform.machine()
    assert machine["hostname"] == socket.gethostname()
    assert machine["missing_kernel_modules"] == ["surely_no_module"]
    assert machine["memory_mib"] > 0
    assert machine["cpus"] > 0
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_timed_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys)["machine"]["sync_p99_ms"] is None


def test_a_listener_is_seen_with_the_name_of_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = [item for item in machine_info.listeners() if item["port"] == port]
    comm = Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    assert found == [
        {"address": "127.0.0.1", "port": port, "process": proc.process_name(os.readlink("/proc/self/exe"), comm)}
    ]


def test_files_that_are_closed_while_looked_at_hide_nobody(tmp_path: Path) -> None:
    assert machine_info.link_of(tmp_path / "closed") == ""


def test_the_nearest_folder_above(tmp_path: Path) -> None:
    assert machine_info.nearest(str(tmp_path / "not" / "there")) == tmp_path
    assert machine_info.nearest(str(tmp_path)) == tmp_path


def test_synchronous_writes_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_info, "SYNC_WRITES", 3)
    durations = machine_info.sync_durations(str(tmp_path / "etcd"))
    assert len(durations) == 3
    assert min(durations) >= 0
    assert list(tmp_path.iterdir()) == []


def test_a_slow_disk_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_info, "SYNC_SECONDS", 0.0)
    assert machine_info.sync_durations(str(tmp_path)) == []


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert machine_info.read(str(tmp_path / "absent")) == ""
