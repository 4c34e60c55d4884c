# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.error import URLError

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.modules import download_info

TOOL = b"a tool"
SUM = hashlib.sha256(TOOL).hexdigest()
INDEX = b'{"entries": {"cilium": [{"version": "1.20.2"}, {"version": "1.20.1"}]}}'


class Mirror(BaseHTTPRequestHandler):
    """Serves a few paths and counts what it is asked for."""

    paths: ClassVar[dict[str, bytes]] = {
        "/tool.tgz": TOOL,
        "/tool.tgz.sha256": f"{SUM}  tool.tgz\n".encode(),
        "/bigger.tgz": TOOL * 9,
        "/bigger.tgz.sha256": SUM.encode(),
        "/bare.tgz": TOOL,
        "/bare.tgz.sha256": b"nothing of the kind",
        "/v2/registry.k8s.io/pause/manifests/3.10.2": b"{}",
        "/charts/index.yaml": INDEX,
        "/broken/index.yaml": b"entries: [",
    }
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with headers and content."""
        self.asked.append(f"{self.command} {self.path}")
        content = self.paths.get(self.path)
        self.send_response(200 if content is not None else 404, "OK" if content is not None else "Not Found")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content or b"")

    def do_HEAD(self) -> None:
        """Answer with headers alone."""
        self.do_GET()

    def log_request(self, *_size: Any) -> None:
        """Say nothing."""


@contextmanager
def served(answers: type[Mirror]) -> Iterator[str]:
    """Yield the host and port of a server on loopback that has been asked nothing yet."""
    answers.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mirror() -> Iterator[str]:
    with served(Mirror) as place:
        yield f"http://{place}"


def run(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    """Run the module in check mode and return what it printed."""
    with patch_module_args({**arguments, "_ansible_check_mode": True}), pytest.raises(SystemExit):
        download_info.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def file(mirror: str, name: str) -> dict[str, str]:
    return {"url": f"{mirror}/{name}", "checksum_suffix": ".sha256"}


def test_files_are_measured_and_the_smallest_is_verified(capsys: pytest.CaptureFixture[str], mirror: str) -> None:
    result = run(capsys, files=[file(mirror, "bigger.tgz"), file(mirror, "tool.tgz")], verify=True)
    assert result["changed"] is False
    assert result["downloads"] == [
        {"kind": "file", "url": f"{mirror}/bigger.tgz", "error": "", "size": 54, "published": SUM, "sha256": ""},
        {"kind": "file", "url": f"{mirror}/tool.tgz", "error": "", "size": 6, "published": SUM, "sha256": SUM},
    ]
    assert "GET /bigger.tgz" not in Mirror.asked


def test_nothing_is_downloaded_unless_asked_for(capsys: pytest.CaptureFixture[str], mirror: str) -> None:
    assert run(capsys, files=[file(mirror, "tool.tgz")])["downloads"][0]["sha256"] == ""
    assert Mirror.asked == ["HEAD /tool.tgz", "GET /tool.tgz.sha256"]


@pytest.mark.parametrize(
    ("name", "error"),
    [("absent.tgz", "404 Not Found"), ("bare.tgz", "no SHA-256 for it in {mirror}/bare.tgz.sha256")],
)
def test_a_file_that_is_not_there_or_has_no_checksum(
    capsys: pytest.CaptureFixture[str], mirror: str, name: str, error: str
) -> None:
    found = run(capsys, files=[file(mirror, name)], verify=True)["downloads"][0]
    assert found["error"] == error.format(mirror=mirror)
    assert found["sha256"] == ""


def test_images_and_charts(capsys: pytest.CaptureFixture[str], mirror: str) -> None:
    charts = [
        {"repo_url": f"{mirror}/{path}", "name": name, "version": version}
        for path, name, version in (
            ("charts", "cilium", "1.20.1"),
            ("charts", "cilium", "1.19.0"),
            ("charts", "flannel", "v0.28.10"),
            ("absent", "cilium", "1.20.2"),
        )
    ]
    images = ["registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause:3.9"]
    found = run(capsys, registry_url=mirror, images=images, charts=charts)["downloads"]
    assert [(item["kind"], item["error"]) for item in found] == [
        ("image", ""),
        ("image", "404 Not Found"),
        ("chart", ""),
        ("chart", "no cilium 1.19.0 in it, but 1.20.2, 1.20.1"),
        ("chart", "no flannel v0.28.10 in it, but none"),
        ("chart", "404 Not Found"),
    ]


def test_an_index_that_is_none(capsys: pytest.CaptureFixture[str], mirror: str) -> None:
    chart = {"repo_url": f"{mirror}/broken", "name": "cilium", "version": "1.20.2"}
    assert "while parsing" in run(capsys, charts=[chart])["downloads"][0]["error"]


def test_a_silent_server_is_asked_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def silent(url: str, **_options: Any) -> None:
        asked.append(url)
        raise URLError(OSError(113, "No route to host"))

    monkeypatch.setattr(download_info, "open_url", silent)
    files = [file("http://192.0.2.51", name) for name in ("a", "b", "c")]
    found = run(capsys, files=files)["downloads"]
    assert [item["error"] for item in found] == ["No route to host"] * 3
    assert asked == ["http://192.0.2.51/a"]


class Registry(Mirror):
    """A public registry: it gives a token to anybody who asks, and answers nobody without one."""

    paths: ClassVar[dict[str, bytes]] = {"/v2/nvidia/driver/manifests/580-ubuntu24.04": b"{}"}
    asked: ClassVar[list[str]] = []
    offer: ClassVar[str] = 'Bearer realm="http://{host}/proxy_auth",scope="repository:nvidia/driver:pull"'

    def do_GET(self) -> None:
        """Answer as a mirror does to who has a token."""
        if self.path.startswith("/proxy_auth"):
            self.paths[self.path] = b'{"token": "for-anybody"}'
        elif self.headers.get("Authorization") != "Bearer for-anybody":
            self.send_response(401, "Unauthorized")
            self.send_header("WWW-Authenticate", self.offer.format(host=self.headers["Host"]))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()


@pytest.fixture
def registry() -> Iterator[str]:
    """Return the host and port of a registry on loopback."""
    with served(Registry) as place:
        yield place


def test_without_a_mirror_the_images_own_registry_is_asked(capsys: pytest.CaptureFixture[str], registry: str) -> None:
    images = [f"{registry}/nvidia/driver:{tag}" for tag in ("580-ubuntu24.04", "580-debian12")]
    found = run(capsys, images=images)["downloads"]
    assert [(item["url"], item["error"]) for item in found] == [
        (f"http://{registry}/v2/nvidia/driver/manifests/580-ubuntu24.04", ""),
        (f"http://{registry}/v2/nvidia/driver/manifests/580-debian12", "404 Not Found"),
    ]
    assert "GET /proxy_auth?scope=repository%3Anvidia%2Fdriver%3Apull" in Registry.asked


def test_a_registry_that_wants_a_password_is_not_asked_again(
    capsys: pytest.CaptureFixture[str], registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "offer", 'Basic realm="staff"')
    (item,) = run(capsys, images=[f"{registry}/nvidia/driver:580-ubuntu24.04"])["downloads"]
    assert item["error"] == "401 Unauthorized"
