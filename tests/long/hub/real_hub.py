# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real JupyterHub of the stand-in's image with the values that the role builds, as a process: without a cluster, a proxy or root."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import kept, values
from lab.check.shell import cache

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ROOT / "lab/standins/jupyterhub/images/hub.txt"
CHART = ROOT / "lab/standins/jupyterhub/chart"
PROGRAMS = {path.name: path for path in (ROOT / "roles/jupyterhub/files").rglob("*.*")}
SECONDS = 600
# The hub's own port is asked, so that there need not be a proxy; nobody starts a server.
WITHOUT_A_CLUSTER = """
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False
    async def add_route(self, routespec, target, data):
        pass
    async def delete_route(self, routespec):
        pass
    async def get_all_routes(self):
        return {{}}

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = "http://127.0.0.1:{port}"
c.JupyterHub.services.append({{"name": "test", "api_token": "{token}"}})
c.JupyterHub.load_roles.append({{"name": "test", "services": ["test"], "scopes": ["admin:users", "list:users"]}})
"""


def environment() -> Path:
    """The folder of programs of a virtual environment with the image's packages, kept in the cache by their lock file."""
    digest = hashlib.sha256(PACKAGES.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache() / f"hub-{digest}"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", "--require-hashes", "-r", PACKAGES], check=True)
        (folder / "complete").touch()
    return folder / "bin"


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Hub:
    """A hub that runs, and its log."""

    def __init__(self, port: int, log: Path, secrets: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}/hub"
        self.log = log
        self.secrets = secrets

    def user(self, name: str) -> tuple[bool, list[str]] | None:
        """Whether a user is an admin, and the user's groups; None where the hub knows none of the name."""
        answer = requests.get(f"{self.url}/api/users/{name}", headers={"Authorization": "token not-secret"}, timeout=30)
        return (answer.json()["admin"], sorted(answer.json()["groups"])) if answer.ok else None

    def form(self, page: str, **fields: str) -> requests.Response:
        """The answer to a form of the hub, filled in by a new browser: 302 where a log-in succeeds."""
        browser = requests.Session()
        browser.get(f"{self.url}/{page}", timeout=30)
        filled = {**fields, "_xsrf": browser.cookies["_xsrf"]}
        return browser.post(f"{self.url}/{page}", data=filled, allow_redirects=False, timeout=30)

    def lets_in(self, name: str, password: str) -> bool:
        """Whether the form for the password lets a user in."""
        return self.form("login", username=name, password=password).status_code == 302


@contextmanager
def running(folder: Path, settings: Mapping[str, Any], more: str = "") -> Iterator[Hub]:
    """The hub with the role's inputs, running in a folder: what it finds there of an earlier run is its database.

    ``more`` is the end of its configuration.
    """
    secrets = kept.made(settings, {}, lambda alphabet: alphabet[-1])
    programs = {name: path.read_text(encoding="utf-8") for name, path in PROGRAMS.items()}
    built = values.values(settings, secrets, programs)
    port = free_port()
    built["hub"]["extraConfig"]["20-test"] = WITHOUT_A_CLUSTER.format(port=port, token="not-secret") + more
    for source in (CHART / "files/hub").glob("*.py"):
        shutil.copy(source, folder)
    mounts = {}
    for name, file in built["hub"]["extraFiles"].items():
        content = base64.b64decode(file["binaryData"]) if "binaryData" in file else file["stringData"].encode()
        (folder / name).write_bytes(content)
        mounts[file["mountPath"]] = str(folder / name)
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    facts = {"Chart": {"Name": "jupyterhub", "Version": "1"}, "Release": {"Name": "jupyterhub"}}
    text = json.dumps(values.merged(defaults, built) | facts)
    for mounted, path in mounts.items():
        text = text.replace(mounted, path)
    files = {f"config/{name}": name for name in ("hub", "proxy", "proxy-api", "proxy-public", "singleuser")} | {
        "secret/values.yaml": text,
        "secret/hub.config.JupyterHub.cookie_secret": secrets["cookie-secret"],
        "secret/hub.config.CryptKeeper.keys": secrets["crypt-key"],
        f"secret/hub.services.{values.VERIFIER}.apiToken": secrets["verify-token"],
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    log = folder / "hub.log"
    tools = environment()
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [tools / "python3", "-m", "jupyterhub", "--config", folder / "jupyterhub_config.py"],
            cwd=folder,
            env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "CONFIGPROXY_AUTH_TOKEN": "x"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    hub = Hub(port, log, secrets)
    try:
        end = time.monotonic() + SECONDS
        while not answers(hub.url):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.2)
        yield hub
    finally:
        process.terminate()
        process.wait(SECONDS)


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return requests.get(f"{url}/health", timeout=5).ok
    except requests.ConnectionError:
        return False
