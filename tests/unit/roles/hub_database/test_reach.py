# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a machine of the cluster says of a database, asked of servers that answer on loopback as PostgreSQL would."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.certificates import self_signed

SCRIPT = Path(__file__).parents[4] / "roles/hub_database/files/reach.py"
ADDRESS = "127.0.0.1"
SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
STARTUP = b"\0\0\0\x26\0\x03\0\0user\0hub\0database\0jupyterhub\0\0"
PASSWORD = b"R" + struct.pack("!II", 23, 10) + b"SCRAM-SHA-256\0\0"
REFUSAL = b"SFATAL\0C28000\0Mno pg_hba.conf entry for host\0\0"

Authority = tuple[Path, str]
Answer = Callable[[socket.socket], None]


def authority(folder: Path, address: str) -> Authority:
    """Return the file of a certificate for an address with its key, and the text of what signed it: itself."""
    text, key = self_signed(address)
    path = folder / f"{address}.pem"
    path.write_text(text + key, encoding="utf-8")
    return path, text


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("own"), ADDRESS)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("other"), "192.0.2.41")


def ask(port: int, trusted: str) -> tuple[int, str]:
    """Return the script's exit status and what it says, run as the role runs it."""
    done = subprocess.run(
        [sys.executable, "-", ADDRESS, str(port), "hub", "jupyterhub", trusted],
        input=SCRIPT.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def answered(answer: Answer, trusted: str) -> tuple[int, str]:
    """Return what the script says of a server that answers so."""
    with socket.create_server((ADDRESS, 0)) as listener:

        def serve() -> None:
            plain, _address = listener.accept()
            with plain:
                answer(plain)

        server = threading.Thread(target=serve)
        server.start()
        said = ask(listener.getsockname()[1], trusted)
        server.join(30)
        assert not server.is_alive()
        return said


def over_tls(pair: Authority, said: bytes) -> Answer:
    """Return a server that takes TLS with this pair, wants the start of a session and says something."""

    def answer(plain: socket.socket) -> None:
        assert plain.recv(8) == SSL_REQUEST
        plain.sendall(b"S")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair[0])
        try:
            stream = context.wrap_socket(plain, server_side=True)
        except ssl.SSLError:
            return
        with stream:
            assert stream.recv(1024) == STARTUP
            stream.sendall(said)

    return answer


def test_a_server_that_asks_for_the_password_is_reached(own: Authority) -> None:
    assert answered(over_tls(own, PASSWORD), own[1]) == (0, "")


def test_a_server_that_does_not_know_the_machine_is_quoted(own: Authority) -> None:
    refusal = b"E" + struct.pack("!I", len(REFUSAL) + 4) + REFUSAL
    assert answered(over_tls(own, refusal), own[1]) == (1, "it refuses: no pg_hba.conf entry for host\n")


def test_a_server_that_speaks_something_else_is_none(own: Authority) -> None:
    assert answered(over_tls(own, b"H" + struct.pack("!I", 4)), own[1]) == (1, "it is no PostgreSQL server\n")


def test_a_server_that_goes_away_is_told_from_one_that_refuses(own: Authority) -> None:
    assert answered(over_tls(own, b"R\0"), own[1]) == (1, "it closed the connection\n")


def test_a_server_without_tls_gets_no_name(own: Authority) -> None:
    heard = []

    def answer(plain: socket.socket) -> None:
        heard.append(plain.recv(8))
        plain.sendall(b"N")
        heard.append(plain.recv(1024))

    assert answered(answer, own[1]) == (1, "it does not speak TLS\n")
    assert heard == [SSL_REQUEST, b""]


def test_without_a_ca_any_certificate_will_do(other: Authority) -> None:
    assert answered(over_tls(other, PASSWORD), "") == (0, "")


def test_without_a_ca_a_server_without_tls_will_do() -> None:
    def answer(plain: socket.socket) -> None:
        assert plain.recv(8) == SSL_REQUEST
        plain.sendall(b"N")
        assert plain.recv(1024) == STARTUP
        plain.sendall(PASSWORD)

    assert answered(answer, "") == (0, "")


def test_a_server_of_another_ca_gets_no_name(own: Authority, other: Authority) -> None:
    assert answered(over_tls(own, PASSWORD), other[1]) == (
        1,
        "its certificate is not trusted: self-signed certificate\n",
    )


def test_a_server_with_a_certificate_for_another_address_gets_no_name(other: Authority) -> None:
    assert answered(over_tls(other, PASSWORD), other[1]) == (
        1,
        "its certificate is not trusted: IP address mismatch, certificate is not valid for '127.0.0.1'\n",
    )


def test_a_port_where_nobody_listens_is_refused(own: Authority) -> None:
    with socket.create_server((ADDRESS, 0)) as listener:
        port = listener.getsockname()[1]
    assert ask(port, own[1]) == (1, "Connection refused\n")
