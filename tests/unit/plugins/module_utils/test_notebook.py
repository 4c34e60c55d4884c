# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _notebook as core


def message(kind: str, parent: str = "m", **content: Any) -> str:
    """Return a message as a kernel sends it."""
    return json.dumps({"header": {"msg_type": kind}, "parent_header": {"msg_id": parent}, "content": content})


def test_addresses() -> None:
    server = core.server_url("https://hub.example.org/", "it@example.org")
    assert server == "https://hub.example.org/user/it@example.org/"
    assert core.channels_url(server, "k-1", "s 1") == (
        "wss://hub.example.org/user/it@example.org/api/kernels/k-1/channels?session_id=s%201"
    )
    assert core.channels_url("http://192.0.2.1:8888/user/a/", "k", "s").startswith("ws://192.0.2.1:8888/user/a/api/")


def test_a_request_is_of_the_protocol() -> None:
    found = json.loads(core.execute_request("print(1)", "m", "s", "2026-06-01T12:00:00+00:00"))
    assert found["channel"] == "shell"
    assert found["header"]["msg_type"] == "execute_request"
    assert (found["header"]["msg_id"], found["header"]["session"]) == ("m", "s")
    assert (found["content"]["code"], found["content"]["allow_stdin"]) == ("print(1)", False)


def test_a_cell_is_done_when_the_kernel_has_replied_and_is_idle() -> None:
    cell = core.Cell("m")
    for text in (
        message("status", execution_state="busy"),
        message("stream", name="stdout", text="4"),
        message("stream", name="stdout", text="2\n"),
        message("stream", name="stderr", text="careful"),
        message("execute_reply", status="ok"),
    ):
        cell.take(text)
        assert not cell.done
    cell.take(message("status", execution_state="idle"))
    assert cell.done
    assert (cell.stdout, cell.stderr, cell.error) == ("42\n", "careful", "")


def test_what_answers_others_is_passed_over() -> None:
    cell = core.Cell("m")
    cell.take(message("stream", "other", name="stdout", text="not mine"))
    cell.take(message("status", "other", execution_state="idle"))
    cell.take(json.dumps({"header": {"msg_type": "status"}, "content": {}}))
    assert (cell.stdout, cell.done) == ("", False)


def test_an_error_is_told_without_colours() -> None:
    cell = core.Cell("m")
    cell.take(message("error", ename="OSError", evalue="\x1b[0;31mno route\x1b[0m", traceback=[]))
    assert cell.error == "OSError: no route"


def test_what_is_no_address_of_the_web_is_refused() -> None:
    with pytest.raises(KeyError):
        core.channels_url("ftp://hub/", "k", "s")
