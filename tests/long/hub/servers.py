# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other ends of a log-in: an OpenID provider and Debian's OpenLDAP, both over TLS with a certificate of a CA of the site's own."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab.check.shell import cache

from .real_hub import free_port


@dataclass
class Authority:
    """The CA's certificate as PEM text, and the files of a server's certificate for localhost with its key."""

    text: str
    certificate: Path
    key: Path


def authority(folder: Path) -> Authority:
    """Return a CA that has signed a certificate for localhost."""
    folder.mkdir()
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("site's CA", "localhost")]
    now = datetime.datetime.now(datetime.timezone.utc)
    identifier = x509.SubjectKeyIdentifier.from_public_key(keys[0].public_key())
    texts = []
    for key, name in zip(keys, names, strict=True):
        ca = key is keys[0]
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True)
            .add_extension(x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)
        )
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        texts.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM).decode())
    found = Authority(texts[0], folder / "server.pem", folder / "server.key")
    found.certificate.write_text(texts[1], encoding="ascii")
    found.key.write_bytes(keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return found


class Provider:
    """An OpenID provider: whoever comes is the person whose claims it was last given (RFC 6749, 4.1; RFC 7636)."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.claims: dict[str, Any] = {}
        self.challenges: dict[str, str] = {}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser is sent back to, with a code."""
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the token for a code: the client must know its secret and the verifier of the code's challenge."""
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = base64.b64encode(f"hub:{self.secret}".encode()).decode()
        known = authorization == f"Basic {basic}" or asked.get("client_secret") == self.secret
        if not known or self.challenges.pop(asked["code"], "") != challenge:
            return 401, {"error": "invalid_grant"}
        return 200, {"access_token": "token", "token_type": "Bearer"}


@contextmanager
def provider(pair: Authority, secret: str) -> Iterator[tuple[Provider, str]]:
    """A provider that runs, and its address."""
    answers = Provider(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", answers.authorize({k: v[0] for k, v in parse_qs(parts.query).items()}))
                self.end_headers()
            else:
                known = self.headers.get("Authorization") == "Bearer token"
                self.say(200 if known else 401, answers.claims if known else {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {k: v[0] for k, v in parse_qs(body).items()}
            self.say(*answers.token(asked, self.headers.get("Authorization", "")))

        def say(self, status: int, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield answers, f"https://localhost:{listener.server_port}"
    listener.shutdown()
    listener.server_close()


def openldap() -> Path:
    """The folder with Debian's package slapd and its libraries, unpacked in the cache, which needs no root."""
    folder = cache() / "slapd"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        depends = subprocess.run(["apt-cache", "depends", "slapd"], check=True, capture_output=True, text=True).stdout
        libraries = [line.split()[-1] for line in depends.splitlines() if line.strip().startswith("Depends: lib")]
        subprocess.run(["apt-get", "download", "-qq", "slapd", *libraries], cwd=folder, check=True)
        for package in folder.glob("*.deb"):
            # The machine's own C library suits its loader; another one would not.
            if not package.name.startswith("libc6_"):
                subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
        (folder / "complete").touch()
    return folder


SLAPD = """
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/nis.schema
modulepath {root}/usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
# A password that comes without TLS is refused.
security simple_bind=128
database mdb
suffix dc=example,dc=org
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""
PEOPLE = """
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: example

dn: cn=hub,dc=example,dc=org
objectClass: person
sn: hub
userPassword: search-password

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit

dn: uid=alice,ou=people,dc=example,dc=org
objectClass: person
objectClass: uidObject
cn: Alice
sn: A
userPassword: alice-password

dn: uid=root-admin,ou=people,dc=example,dc=org
objectClass: person
objectClass: uidObject
cn: Admin
sn: A
userPassword: admin-password

dn: cn=students,dc=example,dc=org
objectClass: groupOfNames
member: uid=alice,ou=people,dc=example,dc=org
"""


@contextmanager
def directory(folder: Path, pair: Authority) -> Iterator[tuple[int, int]]:
    """A directory that runs, by the ports that it takes connections on: with StartTLS, and with TLS from the start."""
    root = openldap()
    (folder / "data").mkdir(parents=True)
    (folder / "ca.pem").write_text(pair.text, encoding="ascii")
    config = folder / "slapd.conf"
    config.write_text(
        SLAPD.format(root=root, folder=folder, certificate=pair.certificate, key=pair.key), encoding="ascii"
    )
    program = [str(root / "usr/sbin/slapd"), "-f", str(config)]
    libraries = root.glob("usr/lib/*-linux-gnu")
    environment = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    subprocess.run([program[0], "-T", "add", *program[1:]], input=PEOPLE, text=True, check=True, env=environment)
    ports = free_port(), free_port()
    urls = f"ldap://localhost:{ports[0]} ldaps://localhost:{ports[1]}"
    process = subprocess.Popen([*program, "-h", urls, "-d", "0"], env=environment)
    try:
        for port in ports:
            wait_for(port, process)
        yield ports
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Return when a process takes connections on a port of localhost."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("localhost", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"slapd does not listen on port {port}") from None
            time.sleep(0.1)
        else:
            return
