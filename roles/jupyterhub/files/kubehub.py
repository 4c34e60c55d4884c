# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the platform adds to the hub: a module beside its configuration, which calls :func:`configure` at its end.

It makes a user's home before the user's pod, mounts what is shared with the user, takes users' pods off nodes that are lost, shows
notices, closes the names of admins to sign-up, and takes a directory's groups. Its settings are the chart's value ``custom.kubehub``.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import html
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

from z2jh import get_config

SETTINGS = get_config("custom.kubehub")
FILE_SERVER_SECONDS = 20
LOOK_SECONDS = 10
NOTICE = "kubehub.platform/notice"
# What users are told in their notebooks: annotations of their pods by the file in which a notebook server finds each.
NOTES = {"notice": NOTICE, "gpu-idle": "kubehub.platform/gpu-idle"}
START_SECONDS = 120
# A file server that does not answer keeps a thread for as long. These are not those that the hub itself needs.
FILES = ThreadPoolExecutor(max_workers=8, thread_name_prefix="kubehub-files")
# A task that nobody holds may be collected.
TASKS = set()


class NotNowError(Exception):
    """A server that cannot start, with the sentence that its user reads."""

    def __init__(self, message):
        super().__init__(message)
        self.jupyterhub_message = message


async def on_files(function, *arguments):
    """Call a function that touches the file server, without making anybody else wait."""
    call = asyncio.get_running_loop().run_in_executor(FILES, function, *arguments)
    try:
        return await asyncio.wait_for(call, FILE_SERVER_SECONDS)
    except asyncio.TimeoutError:
        raise NotNowError(
            "The file server does not answer. Nothing is lost; tell the operator, and try again."
        ) from None
    except OSError as error:
        raise NotNowError(f"The file server refuses: {error.strerror}. Tell the operator.") from error


def make_folder(path, mode):
    """Make a folder unless it is there; leave one that is there as it is."""
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        return
    # The hub's umask has no say in it.
    os.chmod(path, mode)


def make_link(path, target):
    """Make a symbolic link unless its name is taken."""
    with contextlib.suppress(FileExistsError):
        os.symlink(target, path)


def has_quota(home, parent):
    """Say whether a home has a quota: then its file system looks smaller from inside than from its parent."""
    inside, outside = os.statvfs(home), os.statvfs(parent)
    return inside.f_blocks * inside.f_frsize < outside.f_blocks * outside.f_frsize


async def make_home(spawner, slug):
    """Make a user's home and wait a moment for its quota; without one the user starts all the same and the admin is told."""
    parent = SETTINGS["homes"]["path"]
    home = os.path.join(parent, slug)
    await on_files(make_folder, home, 0o700)
    patience = SETTINGS["homes"]["quotaSeconds"]
    end = time.monotonic() + patience
    while patience and not await on_files(has_quota, home, parent):
        if time.monotonic() >= end:
            spawner.log.warning(
                "kubehub: home %s has no quota after %s s; look at the file server's quota service", slug, patience
            )
            break
        await asyncio.sleep(0.25)
    return home


def shared_folders(user, groups):
    """Return what is shared with a user: pairs of the folder below the shared directory and whether it is only read."""
    shared = SETTINGS.get("shared", {})
    found = [(f"teams/{team}", False) for team, group in shared.get("groupOfTeam", {}).items() if group in groups]
    for course, rule in shared.get("courses", {}).items():
        if not rule["groups"] or groups & {*rule["groups"]}:
            found.append((f"courses/{course}", user not in rule["writers"]))
    return found


async def mount_shared(spawner, pod, home):
    """Mount what is shared with the user below /shared, and put a link to it into the home."""
    groups = {group.name for group in spawner.user.groups}
    folders = shared_folders(spawner.user.name, groups)
    if not folders:
        return
    pod.spec.volumes.append({"name": "shared", "persistentVolumeClaim": {"claimName": SETTINGS["shared"]["claim"]}})
    for folder, read_only in folders:
        path = os.path.join(SETTINGS["shared"]["path"], folder)
        await on_files(make_folder, os.path.dirname(path), 0o711)
        await on_files(make_folder, path, 0o700)
        pod.spec.containers[0].volume_mounts.append(
            {"name": "shared", "mountPath": f"/shared/{folder}", "subPath": folder, "readOnly": read_only}
        )
    # A mount point inside of the home would have to be made by root, whom the file server does not trust.
    await on_files(make_link, os.path.join(home, "shared"), "/shared")


def mount_notes(pod):
    """Have kubelet keep what the pod is annotated with for its user where the notebook server looks."""
    items = [
        {"path": path, "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
        for path, annotation in NOTES.items()
    ]
    pod.spec.volumes.append({"name": "kubehub-notes", "downwardAPI": {"items": items}})
    pod.spec.containers[0].volume_mounts.append({"name": "kubehub-notes", "mountPath": "/etc/kubehub"})


async def prepare_pod(spawner, pod):
    """Make what a pod needs before it is made: KubeSpawner's ``modify_pod_hook``."""
    mounts = pod.spec.containers[0].volume_mounts
    slug = next(mount.sub_path for mount in mounts if mount.name == "home")
    home = await make_home(spawner, slug)
    await mount_shared(spawner, pod, home)
    if SETTINGS.get("notes"):
        mount_notes(pod)
    node = (spawner.user_options or {}).get("node")
    if node and spawner.user.name in SETTINGS["reservedUsers"]:
        pod.spec.node_selector = {**(pod.spec.node_selector or {}), "kubernetes.io/hostname": node}
    # A first start reads much from the home. Not in the configuration: a hub that starts asks the servers that it knows, and whoever
    # has one on a lost node could not start again for as long.
    spawner.http_timeout = max(spawner.http_timeout, START_SECONDS)
    return pod


def is_lost(node, now):
    """Say whether a node has not been ready for so long that its pods are given up."""
    for condition in node.status.conditions or ():
        if condition.type == "Ready" and condition.status != "True":
            return (now - condition.last_transition_time).total_seconds() >= SETTINGS["lostNodeSeconds"]
    return False


async def remove_lost_pods(api, namespace, now, log):
    """Remove users' pods from lost nodes: a kubelet that is gone never confirms that they ended, and the hub would wait for it."""
    lost = {node.metadata.name for node in (await api.list_node()).items if is_lost(node, now)}
    if not lost:
        return
    pods = await api.list_namespaced_pod(namespace, label_selector="component=singleuser-server")
    for pod in pods.items:
        if pod.spec.node_name in lost:
            log.warning("kubehub: node %s is lost, so its pod %s is removed", pod.spec.node_name, pod.metadata.name)
            await api.delete_namespaced_pod(pod.metadata.name, namespace, grace_period_seconds=0)


async def show_notice(api, namespace, shown, banner):
    """Show on every page what the hub's pod is annotated with, above the site's own banner. ``shown`` are the templates' variables."""
    pod = await api.read_namespaced_pod(os.environ["HOSTNAME"], namespace)
    notice = html.escape((pod.metadata.annotations or {}).get(NOTICE, ""))
    shown["announcement"] = "<br>".join(filter(None, (notice, banner)))


async def watch():
    """Look after lost nodes and notices for as long as the hub runs."""
    from jupyterhub.app import JupyterHub
    from kubernetes_asyncio import client, config

    hub = JupyterHub.instance()
    log, banner = hub.log, hub.template_vars.get("announcement", "")
    config.load_incluster_config()
    async with client.ApiClient() as connection:
        api = client.CoreV1Api(connection)
        while True:
            try:
                now = datetime.datetime.now(datetime.timezone.utc)
                await remove_lost_pods(api, os.environ["POD_NAMESPACE"], now, log)
                await show_notice(api, os.environ["POD_NAMESPACE"], hub.template_vars, banner)
            except Exception:
                log.exception("kubehub: nodes and notices could not be looked at; trying again")
            await asyncio.sleep(LOOK_SECONDS)


def closed_names(base, passwords, reserved):
    """Return NativeAuthenticator with the admins' accounts made beforehand, and their names closed to sign-up.

    It approves an admin's name for whoever signs up with it first.
    """

    class PlatformAuthenticator(base):
        """NativeAuthenticator for this platform."""

        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            for name, password in passwords.items():
                if not self.user_exists(name):
                    super().create_user(name, password)

        def create_user(self, username, password, **more):
            """Refuse names that are not for everybody."""
            if self.normalize_username(username) in {*passwords, *reserved}:
                return None
            return super().create_user(username, password, **more)

    return PlatformAuthenticator


def group_of(value):
    """Return a group's name of what a directory has: the first part of a distinguished name, or the text itself."""
    match = re.match(r"[A-Za-z][A-Za-z0-9-]*=((?:\\.|[^,+\\])+)", value)
    return re.sub(r"\\(.)", r"\1", match[1]) if match else value


def take_groups(_authenticator, _handler, model):
    """Give a user who logs in the groups of the directory: LDAPAuthenticator's ``post_auth_hook``."""
    entry = (model["auth_state"] or {}).get("user_attributes") or {}
    values = entry.get(SETTINGS["groupsAttribute"])
    # Without an answer the user stays in the groups of the last time.
    model["groups"] = None if values is None else sorted({group_of(value) for value in values})
    return model


def follow_inventory(spawner, _auth_state):
    """Put a user into the groups that the inventory says, before the choice of a server: KubeSpawner's ``auth_state_hook``.

    JupyterHub itself does it when it starts, and then only adds: it would leave a former member in the group, and a user who is
    made anew out of it. Groups whose members the inventory doesn't list stay as the hub has them.
    """
    name, members = spawner.user.name, SETTINGS["members"]
    known = {group.name for group in spawner.user.groups}
    listed = {group for group, names in members.items() if name in names}
    if known != (wanted := (known - members.keys()) | listed):
        spawner.user.sync_groups(wanted)


def configure(c):
    """Put all of it into the hub's configuration object."""
    c.KubeSpawner.modify_pod_hook = prepare_pod
    if SETTINGS.get("members"):
        c.KubeSpawner.auth_state_hook = follow_inventory
    if c.JupyterHub.authenticator_class == "native":
        import nativeauthenticator

        c.JupyterHub.authenticator_class = closed_names(
            nativeauthenticator.NativeAuthenticator, SETTINGS["initialPasswords"], SETTINGS["reservedUsers"]
        )
        c.JupyterHub.template_paths = [os.path.join(os.path.dirname(nativeauthenticator.__file__), "templates")]
    if "groupsAttribute" in SETTINGS:
        c.LDAPAuthenticator.post_auth_hook = take_groups
    try:
        TASKS.add(asyncio.get_running_loop().create_task(watch()))
    except RuntimeError:
        # The hub's other commands read the configuration, too, and have no loop in which to watch anything.
        return
