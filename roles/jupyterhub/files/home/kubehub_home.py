# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user's own notebook server tells its user: an extension of Jupyter Server, asked by the one of JupyterLab beside it.

GET ``kubehub/home`` answers ``{"notes": {str: str}}``: under ``home`` a sentence where the home is fuller than KUBEHUB_HOME_WARNING percent,
else ''; under ``notice`` and ``gpu-idle`` what the pod is annotated with, by an admin's playbook and by the hub's watch of idle GPUs.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

POD = Path("/etc/kubehub")
TOLD = ("notice", "gpu-idle")


def human(size):
    """Return a size for people: ``human(131_000_000) == '124.9 MiB'``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.1f}".removesuffix(".0") + f" {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def note(space, percent):
    """Return what to tell of a file system (``os.statvfs``) that is fuller than so many percent, as df(1) counts them, else ''."""
    used = space.f_blocks - space.f_bfree
    total = used + space.f_bavail
    if not total or 100 * used < percent * total:
        return ""
    sizes = f"{human(space.f_bavail * space.f_frsize)} of {human(total * space.f_frsize)} are left"
    return f"Your home is nearly full: {sizes}. Remove what you no longer need; in a full home nothing can be saved."


def told(folder):
    """Return the notes that stand on the pod, which kubelet puts into a folder; it has none in pods that were made without it."""
    return {name: (folder / name).read_text("utf-8") if (folder / name).exists() else "" for name in TOLD}


class HomeHandler(APIHandler):
    """Looks at the home and the pod. A page that asks by itself is no sign of life, else no idle server were ever stopped."""

    _track_activity = False

    @web.authenticated
    async def get(self):
        """Answer. A file server that is away keeps one thread and nobody else waiting."""
        look = asyncio.get_running_loop().run_in_executor(None, os.statvfs, Path.home())
        self.finish({"notes": {"home": note(await look, float(os.environ["KUBEHUB_HOME_WARNING"])), **told(POD)}})


def _jupyter_server_extension_points():
    return [{"module": "kubehub_home"}]


def _load_jupyter_server_extension(server):
    path = url_path_join(server.web_app.settings["base_url"], "kubehub/home")
    server.web_app.add_handlers(".*$", [(path, HomeHandler)])
