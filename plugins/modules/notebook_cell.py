#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: notebook_cell
short_description: Run a cell in a user's notebook server
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Starts a kernel in a user's server of a JupyterHub, runs one cell in it over the websocket, as a browser does, and ends the kernel.
  - A cell that fails is no failure of the module; RV(error) has what it said.
requirements:
  - websocket-client (Python) on the machine that runs the module; the package kubernetes brings it
attributes:
  check_mode:
    support: none
    description: Can run without changing anything and predict what would change.
    details: Nobody can tell what a cell would do, so it is skipped.
  diff_mode:
    support: none
    description: Returns what has changed, or would change in check mode.
  idempotent:
    support: N/A
    description: A second run changes nothing.
    details: It depends on the cell.
options:
  url:
    description: Address of the hub, such as V(https://hub.example.org).
    type: str
    required: true
  user:
    description: Name of the user, whose server runs.
    type: str
    required: true
  token:
    description: A token with access to the server.
    type: str
    required: true
  code:
    description: Text of the cell.
    type: str
    required: true
  kernel:
    description: Name of the kernel.
    type: str
    default: python3
  ca_path:
    description: PEM file with the authorities that may stand for the hub. Without it, those of the machine that runs the module.
    type: path
  timeout:
    description: Seconds that kernel and cell may take together.
    type: float
    default: 60.0
"""

EXAMPLES = r"""
- name: Ask a notebook how large its home is
  kubehub.platform.notebook_cell:
    url: https://hub.example.org
    user: alice
    token: "{{ token }}"
    code: |
      import shutil
      print(shutil.disk_usage(".").total)
  register: cell
  failed_when: cell.error | length > 0
"""

RETURN = r"""
stdout:
  description: What the cell printed.
  returned: success
  type: str
stderr:
  description: What the cell wrote to its error stream.
  returned: success
  type: str
error:
  description: Name and text of the exception that ended the cell. Empty where there was none.
  returned: success
  type: str
kernel_seconds:
  description: Seconds until the kernel could be talked to.
  returned: success
  type: float
cell_seconds:
  description: Seconds that the cell took.
  returned: success
  type: float
"""

import contextlib
import datetime
import json
import time
import traceback
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.text.converters import to_text
from ansible.module_utils.urls import open_url

from ansible_collections.kubehub.platform.plugins.module_utils import _notebook as core

try:
    import websocket

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()


class NotebookError(Exception):
    """The server cannot be talked to. The message says where it ended."""


class Server:
    """One user's notebook server, with what is needed to talk to it."""

    def __init__(self, url: str, token: str, ca_path: str | None, deadline: float) -> None:
        """Keep all that; nothing is asked yet. ``deadline`` is a time of the monotonic clock."""
        self.url = url
        self.authorization = f"token {token}"
        self.ca_path = ca_path
        self.deadline = deadline

    def left(self) -> float:
        """Return the seconds that are left, never less than one."""
        return max(1.0, self.deadline - time.monotonic())

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the server's API; raise :class:`NotebookError` where it does not do as it is told."""
        try:
            answer = open_url(
                f"{self.url}{path}",
                method=method,
                data=None if body is None else json.dumps(body),
                headers={"Authorization": self.authorization, "Content-Type": "application/json"},
                ca_path=self.ca_path,
                use_proxy=False,
                follow_redirects="none",
                timeout=self.left(),
            )
            text = to_text(answer.read())
            return json.loads(text) if text else None
        except HTTPError as error:
            error.close()
            raise NotebookError(f"{method} {self.url}{path}: {error.code} {error.reason}") from error
        except Exception as error:
            # The client lets errors of any kind through: of sockets, of TLS, of its own.
            raise NotebookError(f"{method} {self.url}{path}: {error}") from error

    def run(self, kernel: str, code: str) -> tuple[core.Cell, float, float]:
        """Run a cell in a kernel that runs; return it with the seconds until the kernel was reached and that the cell took."""
        begin = time.monotonic()
        session, message = uuid.uuid4().hex, uuid.uuid4().hex
        cell = core.Cell(message)
        try:
            channels = websocket.create_connection(
                core.channels_url(self.url, kernel, session),
                header=[f"Authorization: {self.authorization}"],
                sslopt={"ca_certs": self.ca_path} if self.ca_path else {},
                http_no_proxy=[urlsplit(self.url).hostname],
                timeout=self.left(),
            )
            try:
                connected = time.monotonic()
                now = datetime.datetime.now(datetime.timezone.utc).isoformat()
                channels.send(core.execute_request(code, message, session, now))
                while not cell.done:
                    if time.monotonic() > self.deadline:
                        raise NotebookError(f"the cell has not ended in time; so far it wrote {cell.stdout!r}")
                    channels.settimeout(self.left())
                    with contextlib.suppress(websocket.WebSocketTimeoutException):
                        cell.take(channels.recv())
            finally:
                channels.close()
        except (websocket.WebSocketException, OSError) as error:
            raise NotebookError(f"websocket of kernel {kernel} at {self.url}: {error}") from error
        return cell, connected - begin, time.monotonic() - connected


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "user": {"type": "str", "required": True},
            "token": {"type": "str", "required": True, "no_log": True},
            "code": {"type": "str", "required": True},
            "kernel": {"type": "str", "default": "python3"},
            "ca_path": {"type": "path"},
            "timeout": {"type": "float", "default": 60.0},
        },
    )
    if IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("websocket-client"), exception=IMPORT_ERROR)
    wanted: dict[str, Any] = module.params
    begin = time.monotonic()
    server = Server(
        core.server_url(wanted["url"], wanted["user"]), wanted["token"], wanted["ca_path"], begin + wanted["timeout"]
    )
    try:
        kernel = server.ask("POST", "api/kernels", {"name": wanted["kernel"]})["id"]
        started = time.monotonic() - begin
        try:
            cell, reached, took = server.run(kernel, wanted["code"])
        finally:
            server.ask("DELETE", f"api/kernels/{kernel}")
    except NotebookError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=True,
        stdout=cell.stdout,
        stderr=cell.stderr,
        error=cell.error,
        kernel_seconds=round(started + reached, 3),
        cell_seconds=round(took, 3),
    )


if __name__ == "__main__":
    main()
