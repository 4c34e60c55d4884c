# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is downloaded is verified, and a mirror made of built content gives the same content again."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lab.content import upstream
from lab.content.oci import json_bytes
from lab.content.release import ReleaseChart, ReleaseFile
from lab.content.steps import ContentError, Progress, Step, Workshop
from lab.content.upstream import (
    Client,
    FetchedChart,
    FetchedFile,
    FetchedImage,
    answers,
    expected_sum,
    mirrored,
)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Fake:
    """An upstream: bodies by path, and what it does besides answering."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    token: str = ""
    cut_after: int = 0
    """Send only so many bytes of a file once, then close."""
    ranges: bool = True
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, Range and Authorization of every question."""
    url: str = ""


class FakeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: Fake

    def do_GET(self) -> None:
        fake = self.fake
        path = self.path.partition("?")[0]
        given_token = self.headers.get("Authorization", "")
        start = self.headers.get("Range", "")
        fake.asked.append((path, start, given_token))
        if fake.token and path.startswith("/v2/") and given_token != f"Bearer {fake.token}":
            challenge = f'Bearer realm="{fake.url}/token",service="fake",scope="repository:a:pull"'
            self._answer(401, b"", {"WWW-Authenticate": challenge})
        elif path in fake.redirects:
            self._answer(307, b"", {"Location": fake.redirects[path]})
        elif path not in fake.bodies:
            self._answer(404, b"", {})
        else:
            body = fake.bodies[path]
            first = int(start.removeprefix("bytes=").rstrip("-")) if start and fake.ranges else 0
            if first >= len(body) and first:
                self._answer(416, b"", {})
                return
            status = 206 if first else 200
            self._answer(status, body[first:], {"Content-Type": fake.types.get(path, "application/octet-stream")})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.fake.cut_after and len(body) > self.fake.cut_after:
            self.wfile.write(body[: self.fake.cut_after])
            self.fake.cut_after = 0
            self.close_connection = True
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """The fake on a free port of loopback."""
    handler = type("Handler", (FakeHandler,), {"fake": fake})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as running:
        yield running


def fetch(shop: Workshop, step: Step) -> Path:
    """The tree of a download that must work."""
    with shop.locked():
        failed = shop.do_all([step])
    assert failed == {}
    return shop.path(step) / "tree"


def refused(shop: Workshop, step: Step) -> str:
    """Why a download fails; it leaves nothing in the store."""
    with shop.locked():
        failed = shop.do_all([step])
    assert list(shop.store.iterdir()) == []
    return str(failed[step])


FILE = ReleaseFile("https://dl.example.org/v1/tool", "https://dl.example.org/v1/tool.sha256", "")
PLACE = "/dl.example.org/v1/tool"


def with_file(fake: Fake, body: bytes = b"tool") -> None:
    fake.bodies.update({PLACE: body, f"{PLACE}.sha256": sha(body).encode()})


def test_a_file_comes_with_its_checksum_file(shop: Workshop, fake: Fake) -> None:
    with_file(fake)
    tree = fetch(shop, FetchedFile("tool", fake.url, FILE))
    assert (tree / f"files{PLACE}").read_bytes() == b"tool"
    assert (tree / f"files{PLACE}.sha256").read_text(encoding="ascii") == sha(b"tool")


def test_a_file_that_is_not_what_its_checksum_says_is_refused(shop: Workshop, fake: Fake) -> None:
    with_file(fake)
    fake.bodies[PLACE] = b"fool"
    assert refused(shop, FetchedFile("tool", fake.url, FILE)) == (
        f"{fake.url}{PLACE}: its SHA-256 is {sha(b'fool')}, wanted {sha(b'tool')}"
    )
    assert list(shop.partial.iterdir()) == []


def test_a_missing_file_is_named(shop: Workshop, fake: Fake) -> None:
    assert refused(shop, FetchedFile("tool", fake.url, FILE)) == (
        f"{fake.url}{PLACE}.sha256: the server answered 404 Not Found"
    )


def test_a_pinned_sum_counts_for_upstream_itself(shop: Workshop, fake: Fake) -> None:
    with_file(fake)
    address = fake.url + PLACE
    pinned = ReleaseFile(address, f"{address}.sha256", "0" * 64)
    assert refused(shop, FetchedFile("tool", "", pinned)) == (
        f"{address}.sha256 says {sha(b'tool')}, release_checksums wants {'0' * 64}"
    )
    fetch(shop, FetchedFile("tool", "", ReleaseFile(address, f"{address}.sha256", sha(b"tool"))))


def test_a_pinned_sum_of_upstream_says_nothing_about_a_mirrors_own_build(shop: Workshop, fake: Fake) -> None:
    with_file(fake)
    fetch(shop, FetchedFile("tool", fake.url, ReleaseFile(FILE.url, FILE.checksum_url, "0" * 64)))


def test_a_connection_that_breaks_is_taken_up_where_it_broke(shop: Workshop, fake: Fake) -> None:
    body = bytes(range(256)) * 64
    with_file(fake, body)
    fake.cut_after = 1000
    tree = fetch(shop, FetchedFile("tool", fake.url, FILE))
    assert (tree / f"files{PLACE}").read_bytes() == body
    assert [start for path, start, _ in fake.asked if path == PLACE] == ["", "bytes=1000-"]


def test_what_an_earlier_run_got_is_not_asked_for_again(shop: Workshop, fake: Fake) -> None:
    with_file(fake, b"0123456789")
    shop.partial.mkdir(parents=True)
    (shop.partial / sha(b"0123456789")).write_bytes(b"0123")
    tree = fetch(shop, FetchedFile("tool", fake.url, FILE))
    assert (tree / f"files{PLACE}").read_bytes() == b"0123456789"
    assert (PLACE, "bytes=4-", "") in fake.asked


@pytest.mark.parametrize("rest", [b"012345678901234", b"9876"])
def test_a_rest_that_does_not_fit_is_thrown_away(shop: Workshop, fake: Fake, rest: bytes) -> None:
    with_file(fake, b"0123456789")
    shop.partial.mkdir(parents=True)
    (shop.partial / sha(b"0123456789")).write_bytes(rest)
    step = FetchedFile("tool", fake.url, FILE)
    with shop.locked():
        first = shop.do_all([step])
    again = Workshop(shop.root, Progress(io.StringIO()))
    assert first == {} or fetch(again, step)
    assert (shop.path(step) / f"tree/files{PLACE}").read_bytes() == b"0123456789"


def test_a_server_without_ranges_sends_the_whole_file_again(shop: Workshop, fake: Fake) -> None:
    with_file(fake, b"0123456789")
    fake.ranges = False
    shop.partial.mkdir(parents=True)
    (shop.partial / sha(b"0123456789")).write_bytes(b"0123")
    tree = fetch(shop, FetchedFile("tool", fake.url, FILE))
    assert (tree / f"files{PLACE}").read_bytes() == b"0123456789"


CHART = ReleaseChart("tool", "v1.2", "https://charts.example.org/stable")


def with_chart(fake: Fake, url: str = "tool-v1.2.tgz", version: str = "v1.2", digest: str = "") -> None:
    packed = b"a chart"
    entry = {
        "name": "tool",
        "version": version,
        "digest": digest or sha(packed),
        "urls": [url],
        "created": "2026-01-01",
    }
    index = {"apiVersion": "v1", "entries": {"tool": [{"name": "tool", "version": "v1.1"}, entry]}}
    fake.bodies["/charts.example.org/stable/index.yaml"] = yaml.safe_dump(index).encode()
    fake.bodies["/charts.example.org/stable/tool-v1.2.tgz"] = packed
    fake.bodies["/elsewhere/chart.tgz"] = packed


def test_a_chart_comes_with_an_index_of_its_own(shop: Workshop, fake: Fake) -> None:
    with_chart(fake)
    tree = fetch(shop, FetchedChart("chart", fake.url, CHART))
    folder = tree / "files/charts.example.org/stable"
    assert (folder / "tool-v1.2.tgz").read_bytes() == b"a chart"
    index = yaml.safe_load((folder / "index.yaml").read_text(encoding="utf-8"))
    assert [entry["version"] for entry in index["entries"]["tool"]] == ["v1.2"]
    assert index["entries"]["tool"][0]["urls"] == ["tool-v1.2.tgz"]


def test_a_chart_may_lie_elsewhere(shop: Workshop, fake: Fake) -> None:
    with_chart(fake, url=f"{fake.url}/elsewhere/chart.tgz")
    tree = fetch(shop, FetchedChart("chart", fake.url, CHART))
    assert (tree / "files/charts.example.org/stable/tool-v1.2.tgz").read_bytes() == b"a chart"


def test_a_chart_in_another_version_is_refused(shop: Workshop, fake: Fake) -> None:
    with_chart(fake, version="v1.3")
    assert refused(shop, FetchedChart("chart", fake.url, CHART)) == (
        f"{fake.url}/charts.example.org/stable/index.yaml: no chart tool in version v1.2"
    )


def test_a_chart_without_a_usable_digest_is_refused(shop: Workshop, fake: Fake) -> None:
    with_chart(fake, digest="md5:abc")
    assert refused(shop, FetchedChart("chart", fake.url, CHART)) == (
        f"{fake.url}/charts.example.org/stable/index.yaml: chart tool v1.2 has no SHA-256 digest"
    )


REFERENCE = "registry.example.org/team/tool:v1"
REPOSITORY = "/v2/registry.example.org/team/tool"
DOCKER = "application/vnd.docker"


def with_image(fake: Fake, *, docker: bool = False, index: bool = False) -> bytes:
    """Put an image there; returns the manifest of linux/amd64."""
    config, layer = b'{"os":"linux"}', b"layer"
    kinds = (
        (
            f"{DOCKER}.distribution.manifest.v2+json",
            f"{DOCKER}.container.image.v1+json",
            f"{DOCKER}.image.rootfs.diff.tar.gzip",
        )
        if docker
        else (
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+zstd",
        )
    )
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": kinds[0],
            "config": {"mediaType": kinds[1], "digest": f"sha256:{sha(config)}", "size": len(config)},
            "layers": [{"mediaType": kinds[2], "digest": f"sha256:{sha(layer)}", "size": len(layer)}],
        },
        indent=3,
    ).encode()
    for blob in (config, layer):
        fake.bodies[f"{REPOSITORY}/blobs/sha256:{sha(blob)}"] = blob
    fake.bodies[f"{REPOSITORY}/manifests/v1"] = manifest
    if index:
        platforms = [("arm64", "0" * 64), ("amd64", sha(manifest))]
        listed = [
            {"digest": f"sha256:{digest}", "platform": {"os": "linux", "architecture": name}}
            for name, digest in platforms
        ]
        fake.bodies[f"{REPOSITORY}/manifests/v1"] = json.dumps({"schemaVersion": 2, "manifests": listed}).encode()
        fake.bodies[f"{REPOSITORY}/manifests/sha256:{sha(manifest)}"] = manifest
    return manifest


def image(fake: Fake, architecture: str = "amd64") -> FetchedImage:
    return FetchedImage("image", fake.url, REFERENCE, architecture)


def digest_of(shop: Workshop, step: Step) -> str:
    [entry] = json.loads((shop.path(step) / "images.json").read_text(encoding="utf-8"))
    assert entry["name"] == REFERENCE
    return str(entry["digest"])


@pytest.mark.parametrize("index", [False, True])
def test_an_oci_image_keeps_its_manifest_and_so_its_digest(shop: Workshop, fake: Fake, index: bool) -> None:
    manifest = with_image(fake, index=index)
    tree = fetch(shop, image(fake))
    assert digest_of(shop, image(fake)) == f"sha256:{sha(manifest)}"
    assert [path.name for path in (tree / "images").iterdir()] == ["registry.example.org_team_tool_v1.tar"]
    assert sorted(path.name for path in shop.path(image(fake)).iterdir()) == ["images.json", "tree"]


def test_dockers_media_types_become_those_of_oci(shop: Workshop, fake: Fake) -> None:
    described = json.loads(with_image(fake, docker=True))
    fetch(shop, image(fake))
    described["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
    described["config"]["mediaType"] = "application/vnd.oci.image.config.v1+json"
    described["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip"
    assert digest_of(shop, image(fake)) == f"sha256:{sha(json_bytes(described))}"


def test_an_image_for_other_machines_only_is_refused(shop: Workshop, fake: Fake) -> None:
    with_image(fake, index=True)
    assert refused(shop, image(fake, "riscv64")) == f"{REFERENCE}: no image for linux/riscv64"


def test_a_manifest_that_its_index_does_not_name_is_refused(shop: Workshop, fake: Fake) -> None:
    manifest = with_image(fake, index=True)
    fake.bodies[f"{REPOSITORY}/manifests/sha256:{sha(manifest)}"] = manifest + b" "
    assert refused(shop, image(fake)) == (
        f"{REFERENCE}: the manifest is not the one that its index names, sha256:{sha(manifest)}"
    )


def test_a_blob_that_is_another_is_refused(shop: Workshop, fake: Fake) -> None:
    with_image(fake)
    path = f"{REPOSITORY}/blobs/sha256:{sha(b'layer')}"
    fake.bodies[path] = b"other"
    assert refused(shop, image(fake)) == f"{fake.url}{path}: its SHA-256 is {sha(b'other')}, wanted {sha(b'layer')}"


def test_a_registry_that_wants_a_token_gets_one_and_storage_behind_it_does_not(shop: Workshop, fake: Fake) -> None:
    with_image(fake)
    fake.token = "given"
    fake.bodies["/token"] = b'{"token": "given"}'
    path = f"{REPOSITORY}/blobs/sha256:{sha(b'layer')}"
    with serving(Fake({"/storage": fake.bodies.pop(path)})) as storage:
        fake.redirects[path] = f"{storage.url}/storage"
        fetch(shop, image(fake))
        assert storage.asked == [("/storage", "", "")]
    assert (path, "", "Bearer given") in fake.asked


def test_two_images_with_a_layer_in_common_do_not_meet(shop: Workshop, fake: Fake) -> None:
    with_image(fake)
    for path, body in list(fake.bodies.items()):
        fake.bodies[path.replace("team/tool", "team/other")] = body
    other = FetchedImage("other", fake.url, REFERENCE.replace("team/tool", "team/other"), "amd64")
    with shop.locked():
        assert shop.do_all([image(fake), other]) == {}


def test_an_upstream_that_does_not_answer_is_noticed_within_seconds(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.bodies["/small"] = b"x"
    assert answers(f"{fake.url}/small") == ""
    assert answers(f"{fake.url}/other") == f"{fake.url}/other: the server answered 404 Not Found"
    assert answers("http://127.0.0.1:9/small").startswith("http://127.0.0.1:9/small: ")
    monkeypatch.setattr(upstream, "SMALL", 0)
    assert answers(f"{fake.url}/small") == f"{fake.url}/small: more than 0 bytes where a small file was wanted"


def test_a_registry_that_never_accepts_its_own_token_is_given_up(fake: Fake) -> None:
    fake.token = "right"
    fake.bodies["/token"] = b'{"token": "wrong"}'
    with pytest.raises(ContentError, match=r"/v2/x: the server answered 401 Unauthorized$"):
        Client().read(f"{fake.url}/v2/x")


def test_a_mirror_only_changes_the_base() -> None:
    assert mirrored("", "https://a.example.org/b/c") == "https://a.example.org/b/c"
    assert mirrored("http://mirror:8080/", "https://a.example.org/b/c") == "http://mirror:8080/a.example.org/b/c"


SUMS = st.text("0123456789abcdef", min_size=64, max_size=64)
NAMES = st.text("abcdefghijklmnop-.0123456789", min_size=1, max_size=20)


@given(SUMS, NAMES, st.sampled_from(["{sum}", "{sum}\n", "{sum}  {name}\n", "{sum} *{name}\n", "{sum}  ./{name}\n"]))
def test_every_form_of_a_checksum_file_is_understood(value: str, name: str, form: str) -> None:
    assert expected_sum(form.format(sum=value, name=name), name) == value


@given(st.dictionaries(NAMES, SUMS, min_size=1, max_size=5))
def test_of_many_sums_the_one_with_the_name_counts(sums: dict[str, str]) -> None:
    text = "".join(f"{value}  {name}\n" for name, value in sums.items())
    for name, value in sums.items():
        assert expected_sum(text, name) == value


def test_a_checksum_file_without_the_name_is_refused() -> None:
    with pytest.raises(ContentError, match=r"^the checksum file has no SHA-256 for tool$"):
        expected_sum(f"{'a' * 64}  other\n<html>\n", "tool")
