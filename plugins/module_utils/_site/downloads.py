# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Names and checksums of what a site downloads. Pure; standard library alone, for the machines."""

from __future__ import annotations

import re
from urllib.parse import urlencode

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json"
)


def published_sha256(text: str, file_name: str) -> str:
    """Return a file's SHA-256 from the checksum file beside it, empty when there is none.

    The file holds the sum alone (dl.k8s.io), or lines of sum and name as sha256sum writes them (GitHub's projects).
    """
    sums = re.findall(r"^([0-9a-f]{64})(?:\s+\*?(\S+))?\s*$", text, re.MULTILINE)
    return next((value for value, name in sums if name.rpartition("/")[2] in ("", file_name)), "")


def manifest_url(registry_url: str, image: str) -> str:
    """Return where a mirror serves the manifest of an image with its upstream name, such as ``registry.k8s.io/pause:3.10``.

    Without a mirror's address it is the image's own registry, which speaks plain HTTP on this machine only.
    """
    if not registry_url:
        host, _slash, image = image.partition("/")
        loopback = host.partition(":")[0] in ("localhost", "127.0.0.1")
        registry_url = f"{'http' if loopback else 'https'}://{host}"
    name, at, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, "latest"
    return f"{registry_url}/v2/{repository}/manifests/{digest if at else tag}"


def token_url(challenge: str) -> str:
    """Return where a registry gives anybody a token, by its header WWW-Authenticate, empty when that is no such offer.

    Source: the OCI distribution specification's "Token Authentication".
    """
    scheme, _space, rest = challenge.partition(" ")
    given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    realm = given.pop("realm", "")
    if scheme.lower() != "bearer" or not realm.startswith(("http://", "https://")):
        return ""
    return f"{realm}?{urlencode({name: given[name] for name in ('service', 'scope') if name in given})}"
