# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a PostgreSQL server over TLS to let a user in, up to its question for the password.

``python3 - ADDRESS PORT NAME AUTHORITY``: NAME is that of the database and of its user, AUTHORITY the PEM text of the CA
that the server's certificate must come from. Exit status 0 where the server would take a password, else 1 with the reason on
standard output. Messages are those of PostgreSQL's protocol 3.0 (chapter "Frontend/Backend Protocol" of its manual).
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys

PATIENCE = 10
SSL_REQUEST = struct.pack("!II", 8, 80877103)
PROTOCOL = 196608


class UnreachableError(Exception):
    """The server cannot be reached, trusted or logged in to; the message says why."""


def receive(stream: socket.socket, size: int) -> bytes:
    """Return exactly so many bytes."""
    data = b""
    while len(data) < size:
        part = stream.recv(size - len(data))
        if not part:
            raise UnreachableError("it closed the connection")
        data += part
    return data


def startup(name: str) -> bytes:
    """Return the message that begins a session."""
    text = b"".join(word.encode() + b"\0" for word in ("user", name, "database", name)) + b"\0"
    return struct.pack("!II", len(text) + 8, PROTOCOL) + text


def ask(address: str, port: int, name: str, authority: str) -> None:
    """Return where the server asks for the password; raise UnreachableError where it does not."""
    try:
        with socket.create_connection((address, port), PATIENCE) as plain:
            plain.sendall(SSL_REQUEST)
            if receive(plain, 1) != b"S":
                raise UnreachableError("it does not speak TLS")
            with ssl.create_default_context(cadata=authority).wrap_socket(plain, server_hostname=address) as stream:
                stream.sendall(startup(name))
                kind, size = struct.unpack("!cI", receive(stream, 5))
                answer = receive(stream, size - 4)
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(f"its certificate is not trusted: {error.verify_message.rstrip('.')}") from error
    except OSError as error:
        raise UnreachableError(error.strerror or str(error)) from error
    if kind == b"E":
        fields = {field[:1]: field[1:].decode(errors="replace") for field in answer.split(b"\0")}
        raise UnreachableError(f"it refuses: {fields.get(b'M', 'without a reason')}")
    if kind != b"R":
        raise UnreachableError("it is no PostgreSQL server")


def main() -> int:
    """Ask, and print why not."""
    address, port, name, authority = sys.argv[1:]
    try:
        ask(address, int(port), name, authority)
    except UnreachableError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
