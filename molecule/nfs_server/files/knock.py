#!/usr/bin/python3
# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""knock.py HOST PORT...: prints for each port 'open', or how the connection fails."""

import errno
import socket
import sys

for port in sys.argv[2:]:
    try:
        socket.create_connection((sys.argv[1], int(port)), 3).close()
        print("open")
    except OSError as error:
        print(errno.errorcode.get(error.errno or 0, "silence"))
