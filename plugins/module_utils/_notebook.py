# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""A cell of a notebook as messages. Pure: connects to nothing; identifiers and the date are arguments.

Source: Jupyter's "Messaging in Jupyter" (protocol 5.4), and jupyter_server's websocket without a subprotocol: one JSON text a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def server_url(hub: str, user: str) -> str:
    """Return the address of a user's server, with a slash at its end."""
    return f"{hub.rstrip('/')}/user/{quote(user, safe='@')}/"


def channels_url(server: str, kernel: str, session: str) -> str:
    """Return the address of a kernel's websocket on a server whose address ends with a slash."""
    parts = urlsplit(f"{server}api/kernels/{quote(kernel)}/channels")
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    return urlunsplit((scheme, parts.netloc, parts.path, f"session_id={quote(session)}", ""))


def execute_request(code: str, message: str, session: str, date: str) -> str:
    """Return the message that runs a cell."""
    header = {"msg_id": message, "session": session, "username": "", "date": date, "msg_type": "execute_request"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
    return json.dumps(
        {
            "header": {**header, "version": "5.4"},
            "parent_header": {},
            "metadata": {},
            "content": {**content, "user_expressions": {}},
            "channel": "shell",
            "buffers": [],
        }
    )


@dataclass
class Cell:
    """What has come back of a cell so far: what it wrote, and its error where it had one."""

    message: str
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    _missing: set[str] = field(default_factory=lambda: {"reply", "idle"})

    @property
    def done(self) -> bool:
        """Whether the kernel has replied and has told all that the cell wrote."""
        return not self._missing

    def take(self, text: str) -> None:
        """Take one message of the websocket; those that answer another request are passed over."""
        message: Mapping[str, Any] = json.loads(text)
        if message.get("parent_header", {}).get("msg_id") != self.message:
            return
        kind, content = message.get("msg_type") or message["header"]["msg_type"], message["content"]
        if kind == "stream":
            setattr(self, content["name"], getattr(self, content["name"]) + content["text"])
        elif kind == "error":
            self.error = _COLOURS.sub("", f"{content['ename']}: {content['evalue']}")
        elif kind == "execute_reply":
            self._missing.discard("reply")
        elif kind == "status" and content["execution_state"] == "idle":
            self._missing.discard("idle")
