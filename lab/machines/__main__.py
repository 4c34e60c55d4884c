# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.machines image|virtual|box|profile``: prints JSON for molecule/default; progress goes to standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from lab.content.steps import ContentError, Progress, Workshop
from lab.machines import client, image, profile


def cache_dir() -> Path:
    """Return the folder for everything that outlives a checkout (KUBEHUB_CACHE)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("KUBEHUB_CACHE") or f"{base}/kubehub")


def main(argv: list[str]) -> int:
    """Run one command; return the exit status."""
    try:
        if argv == ["profile"]:
            print(json.dumps(profile.decide(profile.gather()).to_dict()))
            return 0
        sudo = () if os.geteuid() == 0 else ("sudo", "-n")
        if argv == ["virtual"]:
            wanted = image.virtual(image.inputs(os.environ.get("LAB_DEBIAN") or "12"))
            print(f"virtual machine's root {wanted.tag}", file=sys.stderr)
            print(json.dumps({"root": str(image.root(wanted, cache_dir() / "machines", sudo))}))
            return 0
        if argv == ["box"]:
            wanted = image.box(image.inputs(os.environ.get("LAB_DEBIAN") or "12"))
            print(f"Vagrant box {wanted.tag}", file=sys.stderr)
            box = image.vagrant_box(wanted, cache_dir() / "machines", sudo)
            print(json.dumps({"name": f"kubehub-{wanted.tag}", "box": str(box)}))
            return 0
        if argv == ["image"]:
            shop = Workshop(cache_dir() / "content", Progress(sys.stderr))
            step = None if client.kernel_mounts_nfs() else client.program()
            wanted = image.inputs(os.environ.get("LAB_DEBIAN") or "12", shop.key(step) if step else "")
            start = time.monotonic()
            print(f"machine image {wanted.name}", file=sys.stderr)
            made = image.build(
                wanted, cache_dir() / "machines", sudo, lambda: client.built(shop, step) if step else None
            )
            print(f"machine image ready after {time.monotonic() - start:.0f} s", file=sys.stderr)
            print(json.dumps({"image": wanted.name, "changed": made}))
            return 0
    except (ContentError, image.ImageError, profile.ProfileError) as error:
        print(f"lab.machines: {error}", file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
