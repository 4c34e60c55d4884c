# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import command

KUBECTL = ["/usr/local/bin/kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "--request-timeout=30s"]
ADMIN = "/etc/kubernetes/admin.conf"


def test_kubectl_makes_one_plain_request() -> None:
    kubectl = "/usr/local/bin/kubectl"
    secrets = "/api/v1/namespaces/kube-system/secrets"
    assert command.get(kubectl, ADMIN, command.TOKEN_SECRETS) == [
        *KUBECTL,
        "get",
        "--raw",
        f"{secrets}?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken",
    ]
    assert command.create(kubectl, ADMIN, command.SECRETS) == [*KUBECTL, "create", "--raw", secrets, "-f", "-"]
    path = command.secret_path("kubeadm-certs")
    assert command.replace(kubectl, ADMIN, path) == [
        *KUBECTL,
        "replace",
        "--raw",
        f"{secrets}/kubeadm-certs",
        "-f",
        "-",
    ]
    assert command.delete(kubectl, ADMIN, path) == [*KUBECTL, "delete", "--raw", f"{secrets}/kubeadm-certs"]


def test_kubeadm_gets_the_key_in_its_configuration_and_prints_none() -> None:
    assert command.upload_certificates("/usr/local/bin/kubeadm", ADMIN) == [
        "/usr/local/bin/kubeadm",
        "init",
        "phase",
        "upload-certs",
        "--upload-certs",
        "--skip-certificate-key-print",
        "--kubeconfig",
        ADMIN,
        "--config",
        "/dev/stdin",
    ]


def test_the_configuration_of_an_upload_carries_the_clusters_own() -> None:
    text = command.upload_configuration(
        "kind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n", "00", ("192.0.2.1", 6443)
    )
    first, rest = text.split("\n---\n")
    assert json.loads(first) == {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "certificateKey": "00",
        "localAPIEndpoint": {"advertiseAddress": "192.0.2.1", "bindPort": 6443},
    }
    assert rest == "kind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n"
    assert "localAPIEndpoint" not in command.upload_configuration("", "00", None)


@pytest.mark.parametrize(
    ("line", "endpoint"),
    [
        ("    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 192.0.2.1:6443", ("192.0.2.1", 6443)),
        (
            "    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: '[2001:db8::1]:6443'",
            ("2001:db8::1", 6443),
        ),
        ("    some.other/annotation: 192.0.2.1:6443", None),
    ],
)
def test_the_own_endpoint_stands_in_the_manifest(line: str, endpoint: tuple[str, int] | None) -> None:
    assert command.local_endpoint(f"metadata:\n  annotations:\n{line}\n  name: kube-apiserver\n") == endpoint


@pytest.mark.parametrize(
    ("server", "endpoint"),
    [
        ("https://192.0.2.100:6443", "192.0.2.100:6443"),
        ("https://api.example.org", "api.example.org:443"),
        ("https://[2001:db8::1]:6443/", "[2001:db8::1]:6443"),
        ("http://192.0.2.100:6443", None),
        ("https://192.0.2.100:6443/path", None),
        ("", None),
    ],
)
def test_the_joining_machines_reach_the_kubeconfigs_server(server: str, endpoint: str | None) -> None:
    assert command.server_endpoint({"clusters": [{"name": "x", "cluster": {"server": server}}]}) == endpoint


def test_a_kubeconfig_without_a_cluster_has_no_endpoint() -> None:
    assert command.server_endpoint({"clusters": None}) is None


UNREACHABLE = (
    "The API server that /etc/kubernetes/admin.conf names does not answer: check that kube-apiserver runs on a control plane "
    "and that its address, the virtual IP, is up; then run again."
)


# What kubectl and kubeadm 1.37.2 said when each of these was tried.
@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (
            "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n",
            "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port? "
            + UNREACHABLE,
        ),
        (
            "Unable to connect to the server: dial tcp: lookup nosuch.invalid on 192.0.2.53:53: no such host\n",
            "Unable to connect to the server: dial tcp: lookup nosuch.invalid on 192.0.2.53:53: no such host. "
            + UNREACHABLE,
        ),
        (
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority\n",
            (
                "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority. "
                "/etc/kubernetes/admin.conf does not fit this cluster's certificates: take the admin.conf of a living control "
                "plane, or renew it with `kubeadm certs renew admin.conf`."
            ),
        ),
        (
            'Error from server (Forbidden): secrets is forbidden: User "kubernetes-admin" cannot list resource "secrets"\n',
            (
                'Error from server (Forbidden): secrets is forbidden: User "kubernetes-admin" cannot list resource "secrets". '
                "The user of /etc/kubernetes/admin.conf may not do this: take the kubeconfig of a cluster admin. "
                "kubeadm makes its admin.conf one by the ClusterRoleBinding kubeadm:cluster-admins."
            ),
        ),
        (
            (
                "can't use upload-certs with an external CA or an external front-proxy CA\n"
                "To see the stack trace of this error execute with --v=5 or higher\n"
            ),
            (
                "can't use upload-certs with an external CA or an external front-proxy CA. "
                "The CA's key is not on this machine, so its certificates can't be uploaded: copy them to the joining control "
                "planes by hand."
            ),
        ),
        (
            "\n",
            (
                "no reason given. Run again when the reason is gone; `journalctl -u kubelet` and the control plane's logs may "
                "tell more."
            ),
        ),
    ],
)
def test_a_failure_says_what_to_do(stderr: str, message: str) -> None:
    assert (
        command.explain("Listing the bootstrap tokens", stderr, ADMIN)
        == f"Listing the bootstrap tokens failed: {message}"
    )


def test_a_failure_tells_no_secret() -> None:
    key = "0123456789abcdef" * 4
    said = command.explain("Joining", f"no: abcdef.0123456789abcdef and {key}", ADMIN)
    assert said.startswith("Joining failed: no: <redacted> and <redacted>. ")


def test_a_failure_is_no_novel() -> None:
    assert re.fullmatch(r"x{600}\.", command.last_line("x" * 5000))
