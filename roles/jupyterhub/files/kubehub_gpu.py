# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gives back GPUs that nobody uses: a service that the hub starts beside itself.

It asks NVIDIA's exporter on every GPU machine how busy each pod keeps its GPUs. A server whose GPUs were idle for long is warned of in its
notebook, by an annotation of its pod, and is stopped when they stay so. A pod of which no exporter tells is left alone, and so is one that
is seen after a gap: its time begins anew. The service's token may stop servers and nothing else; pods it sees with the hub's own account.

Source: the metric and its labels are those of dcgm-exporter 4; the annotations are KubeSpawner's.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import socket
import time
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

LOG = logging.getLogger("kubehub-gpu")
NOTE = "kubehub.platform/gpu-idle"
USER = "hub.jupyter.org/username"
SERVER = "hub.jupyter.org/servername"
SAMPLE = re.compile(r"DCGM_FI_DEV_GPU_UTIL\{(.*)\} (\S+)")
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')
# The hub answers for a server that takes long to stop after 10 s.
ANSWER_SECONDS = 30
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def usage(text, namespace):
    """Return how busy the pods of a namespace keep their GPUs, by the pod's name: the percents of the busiest of them."""
    used = {}
    for found in SAMPLE.finditer(text):
        labels = dict(LABEL.findall(found[1]))
        if labels.get("namespace") == namespace and labels.get("pod"):
            used[labels["pod"]] = max(float(found[2]), used.get(labels["pod"], 0.0))
    return used


def span(seconds):
    """Return a time for people: ``span(600) == '10 minutes'``."""
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


class Idle:
    """Since when GPUs are idle. Times are in seconds of any clock that only goes forward."""

    def __init__(self, seconds, warning):
        """Have servers warned ``warning`` seconds before their GPUs were idle for ``seconds``."""
        self._patience = seconds - warning
        self._warning = warning
        self._since = {}
        self._told = {}
        self.note = (
            f"The GPU of this server has not been used for {span(self._patience)}. If it stays so, the server is stopped "
            f"in {span(warning)}, so that others get the GPU. What is saved stays."
        )

    def look(self, used, now):
        """Return who is to be warned and who is to be stopped, of ``used``: percents by whatever a server is known by."""
        self._since = {server: self._since.get(server, now) for server, percent in used.items() if percent == 0}
        warned = {server for server, since in self._since.items() if now - since >= self._patience}
        self._told = {server: when for server, when in self._told.items() if server in warned}
        return warned, {server for server, when in self._told.items() if now - when >= self._warning}

    def told(self, server, now):
        """Note that a server's user could be told: from then on it is counted how long the warning stands."""
        self._told.setdefault(server, now)


def exporters(url):
    """Return the address of every exporter behind a headless service, none where there is none."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    hosts = sorted({address[0] for *_what, address in found})
    return [
        parts._replace(netloc=f"[{host}]:{parts.port}" if ":" in host else f"{host}:{parts.port}").geturl()
        for host in hosts
    ]


def ask(url, method="GET", token=""):
    """Return the text that an address answers. Raises OSError."""
    request = urllib.request.Request(url, method=method)
    if token:
        request.add_unredirected_header("Authorization", f"token {token}")
    try:
        with OPENER.open(request, timeout=ANSWER_SECONDS) as answer:
            return answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            raise OSError(f"{method} {url}: {error.code} {error.reason}") from error


def server_url(hub, user, server):
    """Return where the hub stops a user's server; the first one has no name."""
    place = f"servers/{quote(server, safe='')}" if server else "server"
    return f"{hub}/users/{quote(user, safe='')}/{place}"


async def look(api, idle, options, now):
    """Look once: warn, take back, stop."""
    used = {}
    for url in await asyncio.to_thread(exporters, options.exporters):
        try:
            used |= usage(await asyncio.to_thread(ask, url), options.namespace)
        except OSError as error:
            LOG.warning("%s does not answer, so nobody is stopped there: %s", url, error)
    pods = (await api.list_namespaced_pod(options.namespace, label_selector="component=singleuser-server")).items
    by_uid = {pod.metadata.uid: pod for pod in pods if pod.metadata.deletion_timestamp is None}
    warned, stopped = idle.look(
        {uid: used[pod.metadata.name] for uid, pod in by_uid.items() if pod.metadata.name in used}, now
    )
    for uid, pod in by_uid.items():
        wanted = idle.note if uid in warned else ""
        if (pod.metadata.annotations or {}).get(NOTE, "") != wanted:
            body = {"metadata": {"annotations": {NOTE: wanted}}}
            await api.patch_namespaced_pod(pod.metadata.name, options.namespace, body)
        if wanted:
            idle.told(uid, now)
    calls = []
    for uid in sorted(stopped):
        pod = by_uid[uid].metadata
        LOG.info("%s of %s is stopped, because its GPU is idle", pod.name, pod.annotations[USER])
        url = server_url(options.hub, pod.annotations[USER], pod.annotations.get(SERVER, ""))
        calls.append(asyncio.to_thread(ask, url, "DELETE", os.environ["JUPYTERHUB_API_TOKEN"]))
    await asyncio.gather(*calls)


async def watch(options):
    """Look again and again."""
    from kubernetes_asyncio import client, config

    config.load_incluster_config()
    idle = Idle(options.idle, options.warning)
    async with client.ApiClient() as connection:
        api = client.CoreV1Api(connection)
        while True:
            try:
                await look(api, idle, options, time.monotonic())
            except Exception:
                LOG.exception("could not look at GPUs; trying again")
            await asyncio.sleep(min(30, options.warning / 4))


def main(argv=None):
    """Run until the hub ends it."""
    parser = argparse.ArgumentParser(prog="kubehub_gpu", description="Stops servers whose GPUs are idle.")
    parser.add_argument(
        "--exporters", required=True, help="address of the metrics, at a service without an address of its own"
    )
    parser.add_argument("--namespace", required=True, help="where users' pods are")
    parser.add_argument("--idle", type=int, required=True, help="seconds after which a server is stopped")
    parser.add_argument("--warning", type=int, required=True, help="seconds before that its user is warned")
    options = parser.parse_args(argv)
    # The hub's service may be closed to the hub's own pod.
    options.hub = f"http://localhost:8081{urlsplit(os.environ['JUPYTERHUB_API_URL']).path}"
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    asyncio.run(watch(options))


if __name__ == "__main__":
    main()
