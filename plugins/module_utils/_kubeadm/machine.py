# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The control plane's own files and commands. The only part of the package that touches the machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Protocol

from .certificate import StoredKey, format_key, parse_key, public_key_hashes
from .cluster import Cluster
from .command import ENVIRONMENT, local_endpoint
from .errors import KubeadmError
from .token import DEFAULT_DESCRIPTION

APISERVER_MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"
DIRECTORIES = ["/usr/local/bin"]

# The options of doc_fragments/_kubeadm.py.
OPTIONS: dict[str, dict[str, Any]] = {
    "description": {"type": "str", "default": DEFAULT_DESCRIPTION},
    "kubeconfig": {"type": "path", "default": "/etc/kubernetes/admin.conf"},
}


class Module(Protocol):
    """What is needed of an AnsibleModule."""

    params: dict[str, Any]

    def get_bin_path(self, arg: str, required: bool = False, opt_dirs: list[str] | None = None) -> str | None:
        """The path of a command."""

    def run_command(
        self,
        args: list[str],
        *,
        data: str | None,
        environ_update: dict[str, str],
        expand_user_and_vars: bool,
    ) -> tuple[int, str, str]:
        """Runs a command to its end: exit status, stdout, stderr."""


def connect(module: Module, *, kubeadm: bool = False) -> Cluster:
    """The cluster of the module's kubeconfig; with ``kubeadm``, certificates can be uploaded to it."""

    def need(name: str) -> str:
        path = module.get_bin_path(name, opt_dirs=DIRECTORIES)
        if path is None:
            raise KubeadmError(
                f"{name} is not on this machine: install it here, or delegate the task to a control plane of the cluster."
            )
        return path

    def run(argv: list[str], stdin: str | None) -> tuple[int, str, str]:
        return module.run_command(argv, data=stdin, environ_update=ENVIRONMENT, expand_user_and_vars=False)

    kubeconfig = module.params["kubeconfig"]
    cluster = Cluster(run, kubeconfig, need("kubectl"), need("kubeadm") if kubeadm else None)
    _read(kubeconfig, "the kubeconfig of a cluster admin")
    return cluster


def ca_cert_hashes(path: str) -> list[str]:
    """The public-key hashes of the CA certificates in a file."""
    return public_key_hashes(_read(path, "the cluster's CA certificate"), path)


def own_endpoint(manifest: str) -> tuple[str, int] | None:
    """The address and port of this machine's own API server; None where kubeadm runs none."""
    try:
        return local_endpoint(Path(manifest).read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KubeadmError(f"{manifest} can't be read: {error.strerror}.") from error


def read_key(path: str) -> tuple[bool, StoredKey | None]:
    """Whether there is a file of the certificate key, and the key if that file holds one."""
    try:
        return True, parse_key(Path(path).read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return False, None
    except OSError as error:
        raise KubeadmError(f"{path}, the file of the certificate key, can't be read: {error.strerror}.") from error


def write_key(path: str, key: StoredKey) -> None:
    """Writes the key's file with mode 0600, whole or not at all."""
    target = Path(path)
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(format_key(key))
            Path(temporary).replace(target)
        except OSError:
            Path(temporary).unlink()
            raise
    except OSError as error:
        raise KubeadmError(f"{path}, the file of the certificate key, can't be written: {error.strerror}.") from error


def remove_key(path: str) -> bool:
    """Removes the key's file. False when there was none."""
    try:
        Path(path).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise KubeadmError(f"{path}, the file of the certificate key, can't be removed: {error.strerror}.") from error
    return True


def _read(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise KubeadmError(
            f"{path}, {what}, is not on this machine: delegate the task to a control plane that has joined the cluster."
        ) from error
    except OSError as error:
        raise KubeadmError(
            f"{path}, {what}, can't be read: {error.strerror}. Does the task run with become?"
        ) from error
