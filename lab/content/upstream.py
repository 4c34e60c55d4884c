# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that download from upstream, or from a mirror in its place, and verify what they got.

With a mirror as ``base`` an upstream address https://HOST/PATH is read from BASE/HOST/PATH and the image
REGISTRY/REPOSITORY from the registry API at BASE as the repository REGISTRY/REPOSITORY.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any, ClassVar

import yaml

from lab.content.oci import (
    BLOCK,
    CONFIG_TYPE,
    INDEX_TYPE,
    MANIFEST_TYPE,
    json_bytes,
    publish_image,
    sha256_of,
    split_reference,
)
from lab.content.publish import place_of, write_index
from lab.content.release import ReleaseChart, ReleaseFile
from lab.content.steps import ContentError, InterruptedRunError, Step, Workshop

TRIES = 3
TIMEOUT_SECONDS = 30.0
PROBE_SECONDS = 4.0
SMALL = 16 * 2**20
DOCKER_TYPES = {
    "application/vnd.docker.distribution.manifest.v2+json": MANIFEST_TYPE,
    "application/vnd.docker.distribution.manifest.list.v2+json": INDEX_TYPE,
    "application/vnd.docker.container.image.v1+json": CONFIG_TYPE,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
}
MANIFEST_TYPES = (MANIFEST_TYPE, INDEX_TYPE, *(name for name in DOCKER_TYPES if "manifest" in name))


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Registries redirect blobs to storage that refuses the registry's token."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if request is not None and urllib.parse.urlsplit(newurl).netloc != urllib.parse.urlsplit(req.full_url).netloc:
            request.remove_header("Authorization")
        return request


def mirrored(base: str, url: str) -> str:
    """An upstream address as it is, or on the mirror ``base``."""
    if not base:
        return url
    parts = urllib.parse.urlsplit(url)
    return f"{base.rstrip('/')}/{parts.netloc}{parts.path}"


class Client:
    """Reads over HTTP with the proxies and certificates of the environment; keeps a registry's token."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS, tries: int = TRIES) -> None:
        self._opener = urllib.request.build_opener(_Redirect())
        self._timeout = timeout
        self._tries = tries
        self._token = ""

    def open(self, url: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """The answer; a registry that asks for a token is asked for an anonymous one."""
        for attempt in range(self._tries + 1):
            given = {**headers, **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
            try:
                answer: http.client.HTTPResponse = self._opener.open(
                    urllib.request.Request(url, headers=given), timeout=self._timeout
                )
                return answer
            except urllib.error.HTTPError as error:
                challenge = error.headers.get("WWW-Authenticate", "")
                if error.code == 401 and challenge.startswith("Bearer ") and not self._token:
                    self._token = self._ask_token(challenge)
                elif error.code < 500 or attempt >= self._tries - 1:
                    raise ContentError(f"{url}: the server answered {error.code} {error.reason}") from error
            except (OSError, http.client.HTTPException) as error:
                if attempt >= self._tries - 1:
                    reason = error.reason if isinstance(error, urllib.error.URLError) else error
                    raise ContentError(f"{url}: {reason}") from error
        raise ContentError(f"{url}: no usable answer")

    def _ask_token(self, challenge: str) -> str:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        query = urllib.parse.urlencode({name: fields[name] for name in ("service", "scope") if name in fields})
        answer = json.loads(self.read(f"{fields.get('realm', '')}?{query}"))
        return str(answer.get("token") or answer.get("access_token") or "")

    def read(self, url: str, **headers: str) -> bytes:
        """A small answer as a whole."""
        with self.open(url, {name.replace("_", "-"): value for name, value in headers.items()}) as answer:
            data: bytes = answer.read(SMALL + 1)
        if len(data) > SMALL:
            raise ContentError(f"{url}: more than {SMALL} bytes where a small file was wanted")
        return data

    def save(self, shop: Workshop, url: str, target: Path, sha256: str) -> None:
        """A file with a known sum; what an interrupted run got of it is not asked for again."""
        with shop.turn_of(sha256):
            part = shop.partial / sha256
            part.parent.mkdir(parents=True, exist_ok=True)
            if not part.exists() or sha256_of(part) != sha256:
                self._append(shop, url, part)
            found = sha256_of(part)
            if found != sha256:
                part.unlink()
                raise ContentError(f"{url}: its SHA-256 is {found}, wanted {sha256}")
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)

    def _append(self, shop: Workshop, url: str, part: Path) -> None:
        reason = ""
        for _ in range(self._tries):
            there = part.stat().st_size if part.exists() else 0
            headers = {"Range": f"bytes={there}-"} if there else {}
            try:
                with self.open(url, headers) as answer, part.open("ab" if answer.status == 206 else "wb") as sink:
                    length = int(answer.headers.get("Content-Length", -1))
                    got = 0
                    while block := answer.read(BLOCK):
                        got += sink.write(block)
                        shop.check()
                if length in (-1, got):
                    return
                raise ConnectionError(f"the connection ended after {got} of {length} bytes")
            except InterruptedRunError:
                raise
            except ContentError as error:
                if not there:
                    raise
                part.unlink()  # the server can't go on from here: begin anew
                reason = str(error)
            except (OSError, http.client.HTTPException) as error:
                reason = f"{url}: {error}"
        raise ContentError(reason)


def answers(url: str) -> str:
    """'' when a small file can be read within a few seconds, else the reason."""
    try:
        Client(timeout=PROBE_SECONDS, tries=1).read(url)
    except ContentError as error:
        return str(error)
    return ""


def expected_sum(text: str, name: str) -> str:
    """The SHA-256 that a checksum file gives for a name; a file with one bare sum gives it for every name."""
    for line in text.splitlines():
        words = line.split()
        if (
            words
            and re.fullmatch(r"[0-9a-fA-F]{64}", words[0])
            and (len(words) == 1 or words[-1].lstrip("*").rpartition("/")[2] == name)
        ):
            return words[0].lower()
    raise ContentError(f"the checksum file has no SHA-256 for {name}")


@dataclass(frozen=True)
class Fetch(Step):
    """A download; ``base`` is a mirror's address or '' for upstream itself."""

    base: str

    pool: ClassVar[str] = "fetch"
    verb: ClassVar[str] = "downloaded"
    code: ClassVar[tuple[str, ...]] = ("lab.content.oci", "lab.content.publish")


@dataclass(frozen=True)
class FetchedFile(Fetch):
    """A file and the checksum file beside it.

    A pinned sum counts for upstream itself; a mirror whose content was built has other files under the same names.
    """

    file: ReleaseFile

    def run(self, shop: Workshop, out: Path) -> None:
        """Read the checksum, then the file."""
        client = Client()
        text = client.read(mirrored(self.base, self.file.checksum_url))
        wanted = expected_sum(text.decode("ascii", "replace"), self.file.url.rpartition("/")[2])
        if self.file.sha256 and not self.base and self.file.sha256 != wanted:
            raise ContentError(f"{self.file.checksum_url} says {wanted}, release_checksums wants {self.file.sha256}")
        target = out / "tree" / place_of(self.file.url)
        client.save(shop, mirrored(self.base, self.file.url), target, wanted)
        (out / "tree" / place_of(self.file.checksum_url)).write_bytes(text)


@dataclass(frozen=True)
class FetchedChart(Fetch):
    """One version of a chart from a repository; its index entry is kept but for the address, which becomes relative."""

    chart: ReleaseChart

    def run(self, shop: Workshop, out: Path) -> None:
        """Read the index, then the chart."""
        client = Client()
        index_url = f"{mirrored(self.base, self.chart.repo_url)}/index.yaml"
        index = yaml.load(client.read(index_url), Loader=yaml.CSafeLoader)
        versions = index.get("entries", {}).get(self.chart.name, [])
        entry = next((found for found in versions if str(found.get("version")) == self.chart.version), None)
        if entry is None:
            raise ContentError(f"{index_url}: no chart {self.chart.name} in version {self.chart.version}")
        url = urllib.parse.urljoin(index_url, entry["urls"][0])
        file = f"{self.chart.name}-{self.chart.version}.tgz"
        digest = str(entry.get("digest", "")).removeprefix("sha256:")
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ContentError(f"{index_url}: chart {self.chart.name} {self.chart.version} has no SHA-256 digest")
        client.save(shop, url, out / "tree" / place_of(self.chart.repo_url) / file, digest)
        write_index(out, self.chart, {**_plain_yaml(entry), "urls": [file]})


def _plain_yaml(value: Any) -> Any:
    """Times as texts, so that an index is written as it was read."""
    if isinstance(value, dict):
        return {name: _plain_yaml(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain_yaml(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | float | str) else value.isoformat()


@dataclass(frozen=True)
class FetchedImage(Fetch):
    """An image of one architecture; Docker's media types become those of OCI, an OCI manifest stays as it is."""

    reference: str
    architecture: str

    def run(self, shop: Workshop, out: Path) -> None:
        """Read the manifest (through the index, if there is one), then the blobs."""
        client = Client()
        registry, repository, tag = split_reference(self.reference)
        address = (
            f"{self.base.rstrip('/')}/v2/{registry}/{repository}"
            if self.base
            else f"https://{registry}/v2/{repository}"
        )
        manifest = self._manifest(client, address, tag)
        described = json.loads(manifest)
        blobs: dict[str, Path | bytes] = {}
        folder = out / "blobs"
        for entry in (described["config"], *described["layers"]):
            digest = entry["digest"]
            algorithm, _, value = digest.partition(":")
            if algorithm != "sha256":
                raise ContentError(f"{self.reference}: {digest} is no SHA-256 digest")
            client.save(shop, f"{address}/blobs/{digest}", folder / value, value)
            blobs[digest] = folder / value
        publish_image(out, self.reference, manifest, blobs)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    def _manifest(self, client: Client, address: str, tag: str) -> bytes:
        data = client.read(f"{address}/manifests/{tag}", Accept=", ".join(MANIFEST_TYPES))
        described = json.loads(data)
        if "manifests" in described:
            wanted = {"os": "linux", "architecture": self.architecture}
            found = [
                entry["digest"]
                for entry in described["manifests"]
                if wanted.items() <= entry.get("platform", {}).items()
            ]
            if not found:
                raise ContentError(f"{self.reference}: no image for linux/{self.architecture}")
            data = client.read(f"{address}/manifests/{found[0]}", Accept=", ".join(MANIFEST_TYPES))
            if f"sha256:{hashlib.sha256(data).hexdigest()}" != found[0]:
                raise ContentError(f"{self.reference}: the manifest is not the one that its index names, {found[0]}")
            described = json.loads(data)
        if described.get("schemaVersion") != 2 or "layers" not in described:
            raise ContentError(f"{self.reference}: the registry's manifest is of no known kind")
        return json_bytes(_to_oci(described)) if described.get("mediaType") in DOCKER_TYPES else data


def _to_oci(manifest: dict[str, Any]) -> dict[str, Any]:
    def renamed(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "mediaType": DOCKER_TYPES.get(entry["mediaType"], entry["mediaType"])}

    return {
        **renamed(manifest),
        "config": renamed(manifest["config"]),
        "layers": [renamed(layer) for layer in manifest["layers"]],
    }
