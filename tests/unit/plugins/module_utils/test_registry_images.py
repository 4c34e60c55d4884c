# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _registry_images as core

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
PAUSE = {"name": "registry.k8s.io/pause:3.10.2", "file": "images/pause.tar", "digest": DIGEST}


def image(name: str = PAUSE["name"], digest: str = DIGEST) -> core.Image:
    return core.Image(name, "images/pause.tar", digest)


def test_a_list_is_read_in_its_order() -> None:
    second = {**PAUSE, "name": "quay.io/cilium/operator-generic:v1.20.2"}
    images = core.parse(json.dumps([PAUSE, second]))
    assert [(one.repository, one.tag) for one in images] == [
        ("registry.k8s.io/pause", "3.10.2"),
        ("quay.io/cilium/operator-generic", "v1.20.2"),
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "images.json: wanted a list of images"),
        (["pause"], "images.json[0]: wanted an object with name, file and digest"),
        ([PAUSE, {"name": "a.b/c:d"}], "images.json[1].file: wanted a text that is not empty"),
        ([{**PAUSE, "digest": ""}], "images.json[0].digest: wanted a text that is not empty"),
        (
            [{**PAUSE, "name": "registry.k8s.io/pause"}],
            "images.json[0].name: 'registry.k8s.io/pause' is not REGISTRY/REPOSITORY:TAG, without a port and in lower case",
        ),
        (
            [{**PAUSE, "name": "localhost:5000/pause:1"}],
            "images.json[0].name: 'localhost:5000/pause:1' is not REGISTRY/REPOSITORY:TAG, without a port and in lower case",
        ),
        (
            [{**PAUSE, "file": "../pause.tar"}],
            "images.json[0].file: '../pause.tar' is not a path inside the content folder without a colon",
        ),
        (
            [{**PAUSE, "file": "/images/pause.tar"}],
            "images.json[0].file: '/images/pause.tar' is not a path inside the content folder without a colon",
        ),
        (
            [{**PAUSE, "file": "images/pause:1.tar"}],
            "images.json[0].file: 'images/pause:1.tar' is not a path inside the content folder without a colon",
        ),
        (
            [{**PAUSE, "digest": "sha256:abc"}],
            "images.json[0].digest: 'sha256:abc' is not sha256: and 64 hexadecimal digits",
        ),
        ([PAUSE, PAUSE], "images.json: registry.k8s.io/pause:3.10.2 is listed 2 times, wanted once"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(value: Any, message: str) -> None:
    with pytest.raises(core.ImagesError, match=f"^{re.escape(message)}$"):
        core.parse(json.dumps(value))


def test_a_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(core.ImagesError, match=r"^images\.json: not JSON: "):
        core.parse("[")


@pytest.mark.parametrize("digest", [None, OTHER])
def test_an_image_that_is_absent_or_another_is_missing(digest: str | None) -> None:
    assert core.missing([image()], {PAUSE["name"]: digest}) == [image()]


def test_an_image_of_the_right_digest_is_not_missing() -> None:
    assert core.missing([image()], {PAUSE["name"]: DIGEST}) == []


def test_a_registry_that_was_not_asked_lacks_everything() -> None:
    assert core.missing([image()], {}) == [image()]


def test_an_image_is_loaded_under_its_upstream_name_with_its_digest_kept() -> None:
    assert core.load_command("/usr/bin/skopeo", "/srv/content", image(), "127.0.0.1:5000", tls=False) == [
        "/usr/bin/skopeo",
        "copy",
        "--quiet",
        "--preserve-digests",
        "--dest-tls-verify=false",
        "oci-archive:/srv/content/images/pause.tar",
        "docker://127.0.0.1:5000/registry.k8s.io/pause:3.10.2",
    ]
