# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of the lab's NFS client, in Go. Its FUSE side is not among them: that needs a module, a kernel and a server (scenario nfs_server)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[4] / "lab" / "standins" / "mount-nfs"
# None of them needs more than Go's own library, so nothing is downloaded.
PACKAGES = ("./nfs4", "./system")


@pytest.mark.parametrize("command", ["vet", "test"])
def test_the_protocol_s_client_and_what_it_asks_of_the_machine(command: str) -> None:
    go = Path(sys.executable).parent / "go"
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
    }
    done = subprocess.run(
        [go, command, *PACKAGES], cwd=SOURCE, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
