# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The commands: argument lists, what goes to their standard input, and what their failures mean.

Arguments stand in ``/proc``, so no secret is ever one: secrets go through standard input alone. ``kubectl --raw`` is one
plain request; it discovers nothing first and leaves no cache in the home directory, so that reading changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .token import NAMESPACE, SECRET_TYPE

REQUEST_TIMEOUT = "30s"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
TOKEN_SECRETS = f"{SECRETS}?fieldSelector=type%3D{SECRET_TYPE.replace('/', '%2F')}"
CLUSTER_CONFIGURATION = f"/api/v1/namespaces/{NAMESPACE}/configmaps/kubeadm-config"
API_VERSION = "kubeadm.k8s.io/v1beta4"

# A user's kuberc may change kubectl's defaults.
ENVIRONMENT = {"KUBECTL_KUBERC": "false"}

_TOKEN_LIKE = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b")
_KEY_LIKE = re.compile(r"\b[0-9a-fA-F]{64}\b")
_ENDPOINT = re.compile(
    r"""^\s*["']?kubeadm\.kubernetes\.io/kube-apiserver\.advertise-address\.endpoint["']?:\s*["']?(\S+?):(\d{1,5})["']?\s*$""",
    re.MULTILINE,
)
_LONGEST = 600

_UNREACHABLE = re.compile(
    r"was refused|connection refused|no such host|i/o timeout|deadline exceeded|Client\.Timeout|timed out|handshake timeout"
    r"|no route to host|network is unreachable|connection reset|\bEOF\b|ServiceUnavailable|InternalError",
)
_CERTIFICATES = re.compile(r"x509:|tls:")
_REFUSED = re.compile(r"\((?:Forbidden|Unauthorized)\)|must be logged in")
_EXTERNAL_CA = re.compile(r"external (?:front-proxy )?CA")


def get(kubectl: str, kubeconfig: str, path: str) -> list[str]:
    """Reads one object or list."""
    return [*_kubectl(kubectl, kubeconfig), "get", "--raw", path]


def create(kubectl: str, kubeconfig: str, path: str) -> list[str]:
    """Creates the object of standard input in a collection."""
    return [*_kubectl(kubectl, kubeconfig), "create", "--raw", path, "-f", "-"]


def replace(kubectl: str, kubeconfig: str, path: str) -> list[str]:
    """Replaces an object by that of standard input; refused when its resource version is no longer the latest."""
    return [*_kubectl(kubectl, kubeconfig), "replace", "--raw", path, "-f", "-"]


def delete(kubectl: str, kubeconfig: str, path: str) -> list[str]:
    """Deletes one object."""
    return [*_kubectl(kubectl, kubeconfig), "delete", "--raw", path]


def view_kubeconfig(kubectl: str, kubeconfig: str) -> list[str]:
    """Prints the current context of the kubeconfig as JSON, its keys omitted."""
    return [kubectl, "--kubeconfig", kubeconfig, "config", "view", "--minify", "--output", "json"]


def upload_certificates(kubeadm: str, kubeconfig: str) -> list[str]:
    """Encrypts the control plane's certificates and uploads them; the key comes by standard input, in the configuration."""
    return [
        kubeadm,
        "init",
        "phase",
        "upload-certs",
        "--upload-certs",
        "--skip-certificate-key-print",
        "--kubeconfig",
        kubeconfig,
        "--config",
        "/dev/stdin",
    ]


def secret_path(name: str) -> str:
    """The path of a Secret in kube-system."""
    return f"{SECRETS}/{name}"


def upload_configuration(cluster_configuration: str, certificate_key: str, endpoint: tuple[str, int] | None) -> str:
    """What upload-certs reads: the key, and the cluster's own ClusterConfiguration, unchanged.

    With that one kubeadm knows the certificates' directory, an external etcd and the version; without a version it would
    ask the internet for one. ``endpoint`` is this control plane's own (address, port): kubeadm talks to it, and guesses
    the address of the default route when it isn't told, which is wrong on a machine with several networks.
    """
    init: dict[str, Any] = {"apiVersion": API_VERSION, "kind": "InitConfiguration", "certificateKey": certificate_key}
    if endpoint is not None:
        init["localAPIEndpoint"] = {"advertiseAddress": endpoint[0], "bindPort": endpoint[1]}
    return f"{json.dumps(init)}\n---\n{cluster_configuration.strip()}\n"


def local_endpoint(manifest: str) -> tuple[str, int] | None:
    """This control plane's own address and port, from the annotation that kubeadm writes into kube-apiserver's manifest."""
    match = _ENDPOINT.search(manifest)
    return (match[1].strip("[]"), int(match[2])) if match else None


def server_endpoint(kubeconfig: Mapping[str, Any]) -> str | None:
    """``host:port`` of a kubeconfig's server, as a JoinConfiguration wants it; None when there is no https server."""
    clusters = kubeconfig.get("clusters") or [{}]
    server = str(clusters[0].get("cluster", {}).get("server", ""))
    match = re.fullmatch(r"https://(\[[0-9A-Fa-f:.]+\]|[^:/\[\]]+)(?::(\d{1,5}))?/?", server)
    return f"{match[1]}:{match[2] or '443'}" if match else None


def not_found(stderr: str) -> bool:
    """Whether the API server said that there is no such object."""
    return "(NotFound)" in stderr


def explain(doing: str, stderr: str, kubeconfig: str) -> str:
    """One message for a failed command: what was being done, what the command said, what to do about it."""
    said = last_line(stderr)
    if _UNREACHABLE.search(said):
        remedy = (
            f"The API server that {kubeconfig} names does not answer: check that kube-apiserver runs on a control plane and "
            "that its address, the virtual IP, is up; then run again."
        )
    elif _CERTIFICATES.search(said):
        remedy = (
            f"{kubeconfig} does not fit this cluster's certificates: take the admin.conf of a living control plane, or renew "
            "it with `kubeadm certs renew admin.conf`."
        )
    elif _REFUSED.search(said):
        remedy = (
            f"The user of {kubeconfig} may not do this: take the kubeconfig of a cluster admin. kubeadm makes its admin.conf "
            "one by the ClusterRoleBinding kubeadm:cluster-admins."
        )
    elif _EXTERNAL_CA.search(said):
        remedy = "The CA's key is not on this machine, so its certificates can't be uploaded: copy them to the joining control planes by hand."
    else:
        remedy = (
            "Run again when the reason is gone; `journalctl -u kubelet` and the control plane's logs may tell more."
        )
    return f"{doing} failed: {said} {remedy}"


def last_line(stderr: str) -> str:
    """What a command said in the end, as one sentence without secrets; ends with a full stop."""
    lines = [line.strip() for line in stderr.splitlines()]
    lines = [line for line in lines if line and not line.startswith("To see the stack trace")]
    said = redact(lines[-1])[:_LONGEST] if lines else "no reason given"
    return said if said.endswith((".", "?", "!")) else f"{said}."


def redact(text: str) -> str:
    """The text without anything that looks like a bootstrap token or a certificate key."""
    return _KEY_LIKE.sub("<redacted>", _TOKEN_LIKE.sub("<redacted>", text))


def _kubectl(kubectl: str, kubeconfig: str) -> list[str]:
    return [kubectl, "--kubeconfig", kubeconfig, f"--request-timeout={REQUEST_TIMEOUT}"]
