#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_images
short_description: Load the images of a content folder into a registry
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Makes a registry serve the OCI archives that a content folder's C(images.json) lists, each under its upstream name,
    so that C(registry.k8s.io/pause:3.10.2) becomes tag C(3.10.2) of the repository C(registry.k8s.io/pause).
  - Asks the registry for the digest behind each tag and loads only the images whose digest differs.
requirements:
  - skopeo on the machine that runs the module, when an image is to be loaded
attributes:
  check_mode:
    support: full
    description: Can run without changing anything and predict what would change.
    details: In check mode a registry that does not answer counts as empty, since it may not be installed yet.
  diff_mode:
    support: full
    description: Returns what has changed, or would change in check mode.
  idempotent:
    support: full
    description: A second run changes nothing.
options:
  content:
    description: The content folder, with C(images.json) and the archives that it names.
    type: path
    required: true
  registry:
    description: Address of the registry.
    type: str
    default: http://127.0.0.1:5000
"""

EXAMPLES = r"""
- name: Serve the images of the content folder
  kubehub.platform.registry_images:
    content: /srv/kubehub-content
"""

RETURN = r"""
loaded:
  description: Names of the images that were loaded, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["registry.k8s.io/pause:3.10.2"]
present:
  description: Names of the images that the registry had already.
  returned: success
  type: list
  elements: str
"""

import urllib.error
from pathlib import Path
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url

from ansible_collections.kubehub.platform.plugins.module_utils import _registry_images as core


class RegistryError(Exception):
    """The registry cannot be reached, answered what it should not, or took an image wrongly."""


def read_digest(registry: str, image: core.Image) -> str | None:
    """Return the digest that the registry has under the image's name, None where it has none."""
    url = f"{registry}/v2/{image.repository}/manifests/{image.tag}"
    try:
        # a proxy of the machine is for what lies outside, never for its mirror
        with open_url(
            url, method="HEAD", headers={"Accept": ", ".join(core.MANIFEST_TYPES)}, use_proxy=False
        ) as answer:
            return str(answer.headers["Docker-Content-Digest"])
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                return None
            raise RegistryError(
                f"{url}: the registry answered {error.code} {error.reason}, wanted 200 or 404"
            ) from error
    except OSError as error:
        raise RegistryError(f"{url}: the registry does not answer: {error}") from error


def read_digests(module: AnsibleModule, images: list[core.Image]) -> dict[str, str | None]:
    """Return the registry's digest by image name."""
    registry = module.params["registry"].rstrip("/")
    try:
        return {image.name: read_digest(registry, image) for image in images}
    except RegistryError:
        if module.check_mode:
            return {}
        raise


def load(module: AnsibleModule, image: core.Image) -> None:
    """Load an image and see that the registry has it with the listed digest."""
    registry = urlsplit(module.params["registry"])
    skopeo = module.get_bin_path("skopeo", required=True)
    command = core.load_command(
        skopeo, module.params["content"], image, registry.netloc, tls=registry.scheme == "https"
    )
    code, _output, errors = module.run_command(command)
    if code != 0:
        raise RegistryError(f"{image.name}: skopeo cannot load {image.file}: {errors.strip()}")
    digest = read_digest(module.params["registry"].rstrip("/"), image)
    if digest != image.digest:
        raise RegistryError(
            f"{image.name}: {image.file} has the digest {digest}, but images.json says {image.digest}; make the content anew"
        )


def lines(digests: dict[str, str | None]) -> str:
    """Return a line for each image that has a digest, for the diff."""
    return "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()) if digest)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "content": {"type": "path", "required": True},
            "registry": {"type": "str", "default": "http://127.0.0.1:5000"},
        },
        supports_check_mode=True,
    )
    listing = Path(module.params["content"]) / "images.json"
    try:
        images = core.parse(listing.read_text(encoding="utf-8"))
        before = read_digests(module, images)
        wanted = core.missing(images, before)
        if not module.check_mode:
            for image in wanted:
                load(module, image)
    except OSError as error:
        module.fail_json(msg=f"{listing}: cannot be read: {error.strerror}")
    except (core.ImagesError, RegistryError) as error:
        module.fail_json(msg=str(error))
    loaded = [image.name for image in wanted]
    module.exit_json(
        changed=bool(loaded),
        loaded=loaded,
        present=[image.name for image in images if image.name not in loaded],
        diff={"before": lines(before), "after": lines({image.name: image.digest for image in images})},
    )


if __name__ == "__main__":
    main()
