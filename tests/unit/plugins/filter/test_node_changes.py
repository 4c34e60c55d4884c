# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter reads real certificate signing requests."""

from __future__ import annotations

import base64
import ipaddress
import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.kubehub.platform.plugins.filter.node_changes import node_changes

NODE = {"kind": "Node", "metadata": {"name": "w1", "creationTimestamp": "2026-11-25T09:00:00Z"}, "spec": {}}
WANTED = {"name": "w1", "address": "198.18.7.31", "labels": {}, "taints": []}


def request(*names: x509.GeneralName, signer: str = "kubernetes.io/kubelet-serving") -> dict[str, Any]:
    """Return a request as the API shows it, signed by a key of its own."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:nodes"),
            x509.NameAttribute(NameOID.COMMON_NAME, "system:node:w1"),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    pem = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM
    )
    return {
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "csr-1", "creationTimestamp": "2026-11-25T09:00:02Z"},
        "spec": {
            "request": base64.b64encode(pem).decode(),
            "signerName": signer,
            "username": "system:node:w1",
            "groups": ["system:nodes"],
        },
        "status": {},
    }


ADDRESS = x509.IPAddress(ipaddress.ip_address("198.18.7.31"))


def test_a_kubelets_own_request_is_approved() -> None:
    assert node_changes([NODE, request(x509.DNSName("w1"), ADDRESS)], [WANTED])["approve"] == ["csr-1"]


@pytest.mark.parametrize(
    ("names", "asks"),
    [
        ((x509.DNSName("w1"), x509.DNSName("kubernetes"), ADDRESS), "it asks for kubernetes;"),
        ((x509.UniformResourceIdentifier("https://w1"), ADDRESS), "it asks for <UniformResourceIdentifier"),
        ((), "it asks for no name and no address"),
    ],
)
def test_others_are_not(names: tuple[x509.GeneralName, ...], asks: str) -> None:
    found = node_changes([NODE, request(*names)], [WANTED])
    assert found["approve"] == []
    assert asks in found["reasons"][0]


def test_requests_to_other_signers_are_none_of_its_business() -> None:
    found = node_changes([NODE, request(signer="kubernetes.io/kube-apiserver-client-kubelet")], [WANTED])
    assert found == {"commands": [], "approve": [], "pending": [], "reasons": []}


def test_an_unexpected_shape_is_one_clear_error() -> None:
    with pytest.raises(
        AnsibleFilterError, match=re.escape("node_changes: unexpected shape of a node or request: KeyError('address')")
    ):
        node_changes([NODE], [{"name": "w1"}])
