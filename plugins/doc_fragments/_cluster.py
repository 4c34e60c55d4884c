# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it changes without notice.

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach a cluster, with the names that kubernetes.core has for it."""

    DOCUMENTATION = r"""
requirements:
  - kubernetes (Python) 31 or newer
  - openshift (Python) 0.13.2 or newer
  - PyYAML
notes:
  - Runs where the Python packages and the access to the cluster are, as a rule on the controller (C(localhost), C(connection=local)).
options:
  kubeconfig:
    description:
      - File with access to the cluster.
      - Without it, and without O(context) and O(host), the client takes E(KUBECONFIG) or C(~/.kube/config), and where neither is
        there, the service account of the pod that it runs in.
      - Can also be given by E(K8S_AUTH_KUBECONFIG).
    type: path
  context:
    description:
      - Name of a context in the kubeconfig; the current one by default.
      - Can also be given by E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - URL of the API server. Can also be given by E(K8S_AUTH_HOST).
      - Without O(kubeconfig) and O(context), no kubeconfig is read.
    type: str
  api_key:
    description:
      - Bearer token for the API server. Can also be given by E(K8S_AUTH_API_KEY).
    type: str
  validate_certs:
    description:
      - Whether the API server's certificate is verified. It is, unless the kubeconfig says otherwise.
      - Can also be given by E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - File with the CA certificates that the API server's certificate is verified with.
      - Can also be given by E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - File with the client's certificate. Can also be given by E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - File with the client's key. Can also be given by E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - URL of an HTTP proxy to the API server. Can also be given by E(K8S_AUTH_PROXY).
    type: str
attributes:
  check_mode:
    description: Can run without changing anything and predict what would change.
  diff_mode:
    description: Returns what has changed, or would change in check mode.
  idempotent:
    description: A second run with the same options changes nothing, unless the cluster has changed in between.
"""
