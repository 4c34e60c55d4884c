# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cells that look for what a notebook must not reach, run here against what is open and what is closed."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

CELLS = Path(__file__).parents[4] / "roles/verify/templates/cells"
KNOWN = {
    "__verify_hub_users": ["kubehub-verify-a", "kubehub-verify-b"],
    "__verify_hub_file": "kubehub-verify.txt",
    "verify_network_policies": True,
    "verify_hub_exports": [],
}


def run(name: str, capsys: pytest.CaptureFixture[str], **variables: Any) -> Any:
    """Run a cell and return what it prints."""
    text = (CELLS / name).read_text(encoding="utf-8")
    code = Templar(DataLoader(), variables=KNOWN | variables).template(trust_as_template(text))
    exec(compile(str(code), name, "exec"), {"__name__": "cell"})
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Two addresses that take connections."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _number in range(2)]
        yield [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]


@pytest.fixture
def closed() -> str:
    """An address that takes none."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_closed_targets_and_an_open_hub_are_sound(
    opened: list[str], closed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run("connect.py.j2", capsys, __verify_hub_closed=[closed], __verify_hub_open=opened[0])
    assert found == {"closed": [closed], "faults": []}


def test_an_open_target_is_a_fault(opened: list[str], closed: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = run("connect.py.j2", capsys, __verify_hub_closed=[opened[1], closed], __verify_hub_open=opened[0])
    assert found == {"closed": [closed], "faults": [f"{opened[1]} is open to notebooks"]}


def test_without_a_way_to_the_hub_nothing_is_proved(closed: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = run("connect.py.j2", capsys, __verify_hub_closed=[], __verify_hub_open=closed)
    assert found["faults"] == [f"{closed} is closed to notebooks, so this proves nothing"]


@pytest.mark.parametrize(("status", "faults"), [(1, []), (0, ["nfs-ls lists 192.0.2.41/srv/homes from a notebook"])])
def test_nfs_ls_must_fail(
    status: int,
    faults: list[str],
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = tmp_path / "nfs-ls"
    program.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/asked\nexit {status}\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = run(
        "connect.py.j2",
        capsys,
        __verify_hub_closed=[],
        __verify_hub_open=opened[0],
        verify_hub_exports=["192.0.2.41/srv/homes"],
    )
    assert found == {"closed": ["nfs-ls of 192.0.2.41/srv/homes"], "faults": faults}
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "nfs://192.0.2.41/srv/homes?version=4\n"


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, int]]]:
    """The hub's proxy: its address, and what each user's server answers to the first user's token."""
    statuses = {"kubehub-verify-a": 200, "kubehub-verify-b": 403}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = self.headers["Authorization"] == "token of-a"
            self.send_response(statuses[self.path.split("/")[2]] if own else 401)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "of-a")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", statuses
        server.shutdown()
        thread.join()


def test_another_users_server_refuses(proxy: tuple[str, dict[str, int]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("knock.py.j2", capsys, __verify_hub_proxy=proxy[0], __verify_hub_other_address="127.0.0.9") == []


def test_a_server_that_lets_others_in_is_a_fault(
    proxy: tuple[str, dict[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    proxy[1].update({"kubehub-verify-a": 503, "kubehub-verify-b": 200})
    assert run("knock.py.j2", capsys, __verify_hub_proxy=proxy[0], __verify_hub_other_address="127.0.0.9") == [
        "a user's own server answers 503 to the user, wanted 200",
        "another user's server answers 200, wanted 403",
    ]


def test_a_server_that_is_reached_at_its_address_is_a_fault_where_policies_are_enforced(
    proxy: tuple[str, dict[str, int]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.8", 8888)):
        knocked = {"__verify_hub_proxy": proxy[0], "__verify_hub_other_address": "127.0.0.8"}
        assert run("knock.py.j2", capsys, **knocked) == ["another user's server is reached at 127.0.0.8:8888"]
        assert run("knock.py.j2", capsys, **knocked, verify_network_policies=False) == []


def test_a_file_of_another_user_is_found_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = [("/", ["proc", "home"], []), ("/home/alice", [], ["kubehub-verify.txt"])]
    monkeypatch.setattr("os.walk", lambda _top: iter(there))
    assert run("search.py.j2", capsys) == ["another user finds /home/alice/kubehub-verify.txt"]
    assert there[0][1] == ["home"]
    monkeypatch.setattr("os.walk", lambda _top: iter([("/", [], ["other.txt"])]))
    assert run("search.py.j2", capsys) == []
