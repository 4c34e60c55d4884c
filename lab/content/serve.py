# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve a content folder as the role ``mirror`` does, on loopback unless told otherwise: to try the download way without a machine."""

from __future__ import annotations

import json
import re
import tarfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.content.oci import BLOCK, split_reference


@dataclass(frozen=True)
class Blob:
    """Where a blob lies inside an archive."""

    archive: Path
    offset: int
    size: int


class Server(ThreadingHTTPServer):
    """Files below ``/HOST/PATH`` and the pull part of the registry API below ``/v2/``."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0, address: str = "127.0.0.1") -> None:
        super().__init__((address, port), Handler)
        self.folder = folder
        self.blobs: dict[str, Blob] = {}
        self.manifests: dict[tuple[str, str], tuple[str, str]] = {}
        for entry in json.loads((folder / "images.json").read_text(encoding="utf-8")):
            self._read(folder / entry["file"], entry["name"])

    def _read(self, archive: Path, reference: str) -> None:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                if member.name.startswith("blobs/"):
                    digest = member.name.removeprefix("blobs/").replace("/", ":")
                    self.blobs[digest] = Blob(archive, member.offset_data, member.size)
            index = tar.extractfile("index.json")
            assert index is not None
            found = json.load(index)["manifests"][0]
        host, repository, tag = split_reference(reference)
        for name in (tag, found["digest"]):
            self.manifests[f"{host}/{repository}", name] = (found["digest"], found["mediaType"])

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{self.server_address[0]!s}:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Find what is asked for and send it."""
        match = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^/]+)", self.path)
        if match is None:
            path = (self.server.folder / "files" / self.path.lstrip("/")).resolve()
            inside = path.is_relative_to((self.server.folder / "files").resolve())
            if inside and path.is_file():
                self._send(Blob(path, 0, path.stat().st_size), "application/octet-stream", "")
            else:
                self.send_error(404)
            return
        repository, kind, name = match.groups()
        digest, media_type = name, "application/octet-stream"
        if kind == "manifests":
            digest, media_type = self.server.manifests.get((repository, name), ("", ""))
        if digest in self.server.blobs:
            self._send(self.server.blobs[digest], media_type, digest)
        else:
            self.send_error(404)

    def _send(self, blob: Blob, media_type: str, digest: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(blob.size))
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        with blob.archive.open("rb") as source:
            source.seek(blob.offset)
            rest = blob.size
            while rest and (data := source.read(min(rest, BLOCK))):
                self.wfile.write(data)
                rest -= len(data)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the one who downloads reports."""
