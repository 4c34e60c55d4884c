# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a PostgreSQL server over TLS to let a user in, up to its question for the password.

``python3 - ADDRESS PORT USER DATABASE AUTHORITY``: AUTHORITY is the PEM text of the CA that the server's certificate must come
from; where it is empty, any certificate will do and none, as for a client with ``sslmode=prefer``. Exit status 0 where the server
would take a password, else 1 with the reason on standard output. Messages are those of PostgreSQL's protocol 3.0 (chapter
"Frontend/Backend Protocol" of its manual).
"""

from __future__ import annotations

import contextlib
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


def startup(user: str, database: str) -> bytes:
    """Return the message that begins a session."""
    text = b"".join(word.encode() + b"\0" for word in ("user", user, "database", database)) + b"\0"
    return struct.pack("!II", len(text) + 8, PROTOCOL) + text


def trust(authority: str) -> ssl.SSLContext:
    """Return the context that takes certificates of this CA alone, or any where there is none."""
    if authority:
        return ssl.create_default_context(cadata=authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ask(address: str, port: int, user: str, database: str, authority: str) -> None:
    """Return where the server asks for the password; raise UnreachableError where it does not."""
    try:
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(socket.create_connection((address, port), PATIENCE))
            stream.sendall(SSL_REQUEST)
            if receive(stream, 1) == b"S":
                stream = stack.enter_context(trust(authority).wrap_socket(stream, server_hostname=address))
            elif authority:
                raise UnreachableError("it does not speak TLS")
            stream.sendall(startup(user, database))
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
    address, port, user, database, authority = sys.argv[1:]
    try:
        ask(address, int(port), user, database, authority)
    except UnreachableError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
