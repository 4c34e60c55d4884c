# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module against a registry on loopback and a skopeo that pushes into it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.kubehub.platform.plugins.modules import registry_images

PAUSE = "registry.k8s.io/pause:3.10.2"
COREDNS = "registry.k8s.io/coredns/coredns:v1.14.6"
FILES = {PAUSE: "images/pause.tar", COREDNS: "images/coredns.tar"}
DIGESTS = {PAUSE: "sha256:" + "a" * 64, COREDNS: "sha256:" + "b" * 64}


class Registry(ThreadingHTTPServer):
    """Answers for manifests as a registry does. ``status`` in the place of a digest is answered as such."""

    def __init__(self) -> None:
        """Listen on a free port of loopback."""
        super().__init__(("127.0.0.1", 0), Answer)
        self.digests: dict[str, str | int] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """The registry's address."""
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One request."""

    def do_HEAD(self) -> None:
        """Say which digest a tag has."""
        assert isinstance(self.server, Registry)
        assert "application/vnd.oci.image.manifest.v1+json" in self.headers["Accept"]
        repository, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
        self.server.asked.append(f"{repository}:{tag}")
        digest = self.server.digests.get(f"{repository}:{tag}", 404)
        self.send_response(digest if isinstance(digest, int) else 200)
        if isinstance(digest, str):
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry without images."""
    with Registry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content folder with two images."""
    entries = [{"name": name, "file": FILES[name], "digest": DIGESTS[name]} for name in DIGESTS]
    (tmp_path / "images.json").write_text(json.dumps(entries), encoding="utf-8")
    return tmp_path


def run(
    capsys: pytest.CaptureFixture[str], content: Path, registry: str, check_mode: bool = False
) -> tuple[int, dict[str, Any]]:
    """Run the module; return its exit status and its answer."""
    arguments = {
        "content": str(content),
        "registry": registry,
        "_ansible_check_mode": check_mode,
        "_ansible_diff": True,
    }
    with patch_module_args(arguments), pytest.raises(SystemExit) as end:
        registry_images.main()
    answer = json.loads(capsys.readouterr().out)
    answer.pop("invocation", None)
    return int(end.value.code or 0), answer


@pytest.fixture
def pushes(registry: Registry, content: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let the images of skopeo's command lines appear in the registry; return these lines."""
    lines: list[list[str]] = []

    def load(_module: object, command: list[str]) -> tuple[int, str, str]:
        lines.append(command)
        name = command[-1].partition("/registry.k8s.io/")[2]
        registry.digests[f"registry.k8s.io/{name}"] = DIGESTS[f"registry.k8s.io/{name}"]
        return 0, "", ""

    monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda *_a, **_k: sys.executable)
    monkeypatch.setattr(AnsibleModule, "run_command", load)
    return lines


def test_only_what_the_registry_lacks_is_loaded(
    registry: Registry, content: Path, pushes: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    registry.digests[PAUSE] = DIGESTS[PAUSE]
    status, answer = run(capsys, content, registry.url)
    assert status == 0
    assert answer == {
        "changed": True,
        "loaded": [COREDNS],
        "present": [PAUSE],
        "diff": {
            "before": f"{PAUSE} {DIGESTS[PAUSE]}\n",
            "after": f"{COREDNS} {DIGESTS[COREDNS]}\n{PAUSE} {DIGESTS[PAUSE]}\n",
        },
    }
    assert [line[-2:] for line in pushes] == [
        [f"oci-archive:{content}/images/coredns.tar", f"docker://127.0.0.1:{registry.server_port}/{COREDNS}"]
    ]


def test_a_second_run_asks_once_for_each_image_and_changes_nothing(
    registry: Registry, content: Path, pushes: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    registry.digests |= DIGESTS
    status, answer = run(capsys, content, registry.url)
    assert (status, answer["changed"], answer["loaded"]) == (0, False, [])
    assert answer["diff"]["before"] == answer["diff"]["after"]
    assert registry.asked == [PAUSE, COREDNS]
    assert pushes == []


def test_check_mode_tells_and_loads_nothing(
    registry: Registry, content: Path, pushes: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    registry.digests[PAUSE] = "sha256:" + "c" * 64
    _status, answer = run(capsys, content, registry.url, check_mode=True)
    assert (answer["changed"], answer["loaded"]) == (True, [PAUSE, COREDNS])
    assert pushes == []


def test_in_check_mode_a_registry_that_is_not_there_is_empty(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _status, answer = run(capsys, content, "http://127.0.0.1:1", check_mode=True)
    assert answer["loaded"] == [PAUSE, COREDNS]


def test_a_registry_that_does_not_answer_is_named(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, answer = run(capsys, content, "http://127.0.0.1:1")
    assert status == 1
    assert answer["msg"].startswith(
        "http://127.0.0.1:1/v2/registry.k8s.io/pause/manifests/3.10.2: the registry does not answer: "
    )


def test_an_answer_that_says_nothing_of_the_image_is_named(
    registry: Registry, content: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.digests[PAUSE] = 500
    status, answer = run(capsys, content, registry.url)
    assert status == 1
    assert answer["msg"] == (
        f"{registry.url}/v2/registry.k8s.io/pause/manifests/3.10.2: the registry answered 500 Internal Server Error, "
        "wanted 200 or 404"
    )


def test_an_archive_with_another_digest_than_listed_is_named(
    registry: Registry,
    content: Path,
    pushes: list[list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(DIGESTS, PAUSE, "sha256:" + "d" * 64)
    status, answer = run(capsys, content, registry.url)
    assert status == 1
    assert answer["msg"] == (
        f"{PAUSE}: images/pause.tar has the digest sha256:{'d' * 64}, but images.json says sha256:{'a' * 64}; "
        "make the content anew"
    )


def test_what_skopeo_says_is_passed_on(
    registry: Registry, content: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda *_a, **_k: "/usr/bin/skopeo")
    monkeypatch.setattr(AnsibleModule, "run_command", lambda *_a: (1, "", "no such archive\n"))
    status, answer = run(capsys, content, registry.url)
    assert status == 1
    assert answer["msg"] == f"{PAUSE}: skopeo cannot load images/pause.tar: no such archive"


def test_a_folder_without_a_list_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, answer = run(capsys, tmp_path, "http://127.0.0.1:1")
    assert status == 1
    assert answer["msg"] == f"{tmp_path}/images.json: cannot be read: No such file or directory"


def test_a_list_that_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images.json").write_text("{}", encoding="utf-8")
    status, answer = run(capsys, tmp_path, "http://127.0.0.1:1")
    assert (status, answer["msg"]) == (1, "images.json: wanted a list of images")
