# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter node_changes, documented in the YAML file of its name."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubehub.platform.plugins.module_utils import _nodes

try:
    from cryptography import x509
    from cryptography.x509.oid import NameOID
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True


def _request(text: str) -> _nodes.Request:
    """Return what a request (base64 of PEM, as the API holds it) asks for."""
    csr = x509.load_pem_x509_csr(base64.b64decode(text))

    def subject(oid: x509.ObjectIdentifier) -> list[str]:
        return [str(attribute.value) for attribute in csr.subject.get_attributes_for_oid(oid)]

    try:
        names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    addresses = names.get_values_for_type(x509.IPAddress)
    dns = names.get_values_for_type(x509.DNSName)
    # Any other kind (an URI, a mail address) is no name that a kubelet has, so it is kept as one that nobody knows.
    others = [repr(name) for name in names if not isinstance(name, (x509.DNSName, x509.IPAddress))]
    return _nodes.Request(
        common_name=",".join(subject(NameOID.COMMON_NAME)),
        organizations=tuple(subject(NameOID.ORGANIZATION_NAME)),
        names=frozenset(dns + others),
        addresses=frozenset(str(address) for address in addresses),
    )


def _signing(item: Mapping[str, Any]) -> _nodes.Signing:
    """Return a CertificateSigningRequest of the API."""
    types = {condition["type"] for condition in (item.get("status") or {}).get("conditions") or []}
    return _nodes.Signing(
        name=item["metadata"]["name"],
        created=item["metadata"]["creationTimestamp"],
        username=item["spec"].get("username", ""),
        groups=tuple(item["spec"].get("groups") or ()),
        decided=bool(types),
        approved="Approved" in types,
        request=_request(item["spec"]["request"]),
    )


def node_changes(
    objects: Sequence[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]], newcomers: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what makes the cluster's nodes those of the inventory."""
    if not HAS_CRYPTOGRAPHY:
        raise AnsibleFilterError(
            "node_changes: the Python that runs Ansible lacks the package cryptography; install it"
        )
    try:
        return _nodes.plan(
            [item for item in objects if item["kind"] == "Node"],
            [
                _signing(item)
                for item in objects
                if item["kind"] == "CertificateSigningRequest" and item["spec"]["signerName"] == _nodes.SERVING_SIGNER
            ],
            [_nodes.wanted(node) for node in nodes],
            newcomers,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"node_changes: unexpected shape of a node or request: {error!r}") from error


class FilterModule:
    """Names of the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by name."""
        return {"node_changes": node_changes}
