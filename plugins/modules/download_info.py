#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: download_info
short_description: Tell whether files, images and charts can be had from this machine
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Asks for the size of each file and for the checksum published beside it, for the manifest of each image, and for the
    index of each chart's repository. Downloads one file at most, to compare its checksum, and keeps nothing.
  - Judges nothing and changes nothing.
extends_documentation_fragment:
  - kubehub.platform._info
options:
  files:
    description: The files to look for.
    type: list
    elements: dict
    default: []
    suboptions:
      url: {description: The file's address., type: str, required: true}
      checksum_suffix: {description: What its checksum's address has at the end., type: str, required: true}
  verify:
    description: Whether the smallest of the files is downloaded and its SHA-256 returned.
    type: bool
    default: false
  registry_url:
    description:
      - Address of the mirror that serves O(images) under their upstream names.
      - Without it each image's own registry is asked, with the token that public registries give to anybody.
    type: str
  images:
    description: Images to look for, with upstream names and tags.
    type: list
    elements: str
    default: []
  charts:
    description: Charts to look for. Needs PyYAML where the module runs.
    type: list
    elements: dict
    default: []
    suboptions:
      repo_url: {description: The repository's address., type: str, required: true}
      name: {description: The chart's name., type: str, required: true}
      version: {description: The chart's version., type: str, required: true}
  timeout:
    description: Seconds that one answer may take.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Look whether the mirror has what a node needs
  kubehub.platform.download_info:
    files:
      - url: http://192.0.2.51/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kubeadm
        checksum_suffix: .sha256
    registry_url: http://192.0.2.51
    images: ["registry.k8s.io/pause:3.10.2"]
    verify: true
  register: result
"""

RETURN = r"""
downloads:
  description: What was found, one for each file, image and chart.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: "C(file), C(image) or C(chart).", type: str}
    url: {description: What was asked., type: str}
    error: {description: Why it can't be had; empty when it can., type: str}
    size: {description: A file's size in bytes or V(null)., type: int}
    published: {description: The SHA-256 in the file beside it., type: str}
    sha256: {description: The SHA-256 of what was downloaded; empty when it was not., type: str}
"""

import hashlib
import json
import traceback
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.urls import open_url

from ansible_collections.kubehub.platform.plugins.module_utils._site import downloads

try:
    import yaml

    YAML_ERROR = ""
except ImportError:
    YAML_ERROR = traceback.format_exc()

CHUNK_BYTES = 2**20


def found(kind: str, url: str) -> dict[str, Any]:
    """Return the record of something that can be had."""
    return {"kind": kind, "url": url, "error": "", "size": None, "published": "", "sha256": ""}


class UnauthorizedError(OSError):
    """A server that wants to know who asks; ``challenge`` says how."""

    def __init__(self, text: str, challenge: str) -> None:
        """Keep the challenge."""
        super().__init__(text)
        self.challenge = challenge


class Client:
    """Asks servers, and asks one that does not answer only once: waiting for it again would take minutes."""

    def __init__(self, timeout: int) -> None:
        """Wait ``timeout`` seconds for each answer."""
        self.timeout = timeout
        self.silent: dict[str, str] = {}

    def ask(self, url: str, method: str = "GET", headers: dict[str, str] | None = None) -> Any:
        """Return the open answer; raise OSError with a text for people when there is none."""
        server = urlsplit(url).netloc
        if server in self.silent:
            raise OSError(self.silent[server])
        try:
            return open_url(url, method=method, headers=headers, timeout=self.timeout)
        except HTTPError as error:
            text = f"{error.code} {error.reason}"
            if error.code == 401:
                raise UnauthorizedError(text, error.headers.get("WWW-Authenticate") or "") from error
            raise OSError(text) from error
        except URLError as error:
            reason = error.reason
            self.silent[server] = (reason.strerror if isinstance(reason, OSError) else "") or str(reason)
            raise OSError(self.silent[server]) from error
        except TimeoutError as error:
            self.silent[server] = f"no answer in {self.timeout} s"
            raise OSError(self.silent[server]) from error


def look_for_file(client: Client, url: str, suffix: str) -> dict[str, Any]:
    """Return whether a file and the checksum beside it can be had."""
    record = found("file", url)
    try:
        record["size"] = int(client.ask(url, "HEAD").headers.get("Content-Length") or 0) or None
        beside = client.ask(url + suffix).read(CHUNK_BYTES).decode(errors="replace")
        record["published"] = downloads.published_sha256(beside, url.rpartition("/")[2])
        if not record["published"]:
            record["error"] = f"no SHA-256 for it in {url + suffix}"
    except (OSError, ValueError) as error:
        record["error"] = str(error)
    return record


def verify_smallest(client: Client, records: list[dict[str, Any]]) -> None:
    """Download the smallest file that can be had and keep its SHA-256 in its record."""
    candidates = [record for record in records if record["size"] and not record["error"]]
    if not candidates:
        return
    record = min(candidates, key=lambda item: item["size"])
    digest = hashlib.sha256()
    try:
        with client.ask(record["url"]) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
        record["sha256"] = digest.hexdigest()
    except (OSError, ValueError) as error:
        record["error"] = str(error)


def look_for_image(client: Client, registry_url: str, image: str) -> dict[str, Any]:
    """Return whether an image's manifest can be had."""
    record = found("image", downloads.manifest_url(registry_url, image))
    headers = {"Accept": downloads.MANIFEST_TYPES}
    try:
        try:
            client.ask(record["url"], "HEAD", headers)
        except UnauthorizedError as error:
            token_url = downloads.token_url(error.challenge)
            if not token_url:
                raise
            token = json.load(client.ask(token_url))["token"]
            client.ask(record["url"], "HEAD", {**headers, "Authorization": f"Bearer {token}"})
    except (OSError, ValueError, KeyError, TypeError) as error:
        record["error"] = str(error)
    return record


def look_for_chart(client: Client, chart: dict[str, str]) -> dict[str, Any]:
    """Return whether a chart's version is in its repository's index."""
    record = found("chart", f"{chart['repo_url']}/index.yaml")
    try:
        index = yaml.safe_load(client.ask(record["url"]).read())
        versions = [entry["version"] for entry in index["entries"].get(chart["name"], [])]
        if chart["version"] not in versions:
            record["error"] = f"no {chart['name']} {chart['version']} in it, but {', '.join(versions[:5]) or 'none'}"
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        record["error"] = str(error)
    return record


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "url": {"type": "str", "required": True},
                    "checksum_suffix": {"type": "str", "required": True},
                },
            },
            "verify": {"type": "bool", "default": False},
            "registry_url": {"type": "str"},
            "images": {"type": "list", "elements": "str", "default": []},
            "charts": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "repo_url": {"type": "str", "required": True},
                    "name": {"type": "str", "required": True},
                    "version": {"type": "str", "required": True},
                },
            },
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    if wanted["charts"] and YAML_ERROR:
        module.fail_json(msg=missing_required_lib("PyYAML"), exception=YAML_ERROR)
    client = Client(wanted["timeout"])
    files = [look_for_file(client, file["url"], file["checksum_suffix"]) for file in wanted["files"]]
    if wanted["verify"]:
        verify_smallest(client, files)
    images = [look_for_image(client, wanted["registry_url"] or "", image) for image in wanted["images"]]
    charts = [look_for_chart(client, chart) for chart in wanted["charts"]]
    module.exit_json(changed=False, downloads=files + images + charts)


if __name__ == "__main__":
    main()
