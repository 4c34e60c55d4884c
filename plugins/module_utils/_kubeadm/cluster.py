# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""The cluster as these modules see it: through kubectl and kubeadm on a control plane."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import command
from .certificate import CERTS_SECRET, Upload, mark_managed, read_upload
from .errors import KubeadmError
from .token import Token, Unreadable, read_all, to_secret

# Runs a command with a text as its standard input: (argv, stdin) -> (exit status, stdout, stderr).
Run = Callable[[list[str], "str | None"], "tuple[int, str, str]"]


@dataclass(frozen=True)
class Cluster:
    """``run`` is the only way out of here; ``kubeadm`` is needed for uploads alone. Errors are KubeadmError."""

    run: Run
    kubeconfig: str
    kubectl: str
    kubeadm: str | None = None

    def tokens(self) -> tuple[list[Token], list[Unreadable]]:
        """Every bootstrap token of the cluster, and the Secrets of that type that hold none."""
        argv = command.get(self.kubectl, self.kubeconfig, command.TOKEN_SECRETS)
        return read_all(self._json("Listing the bootstrap tokens", argv).get("items") or [])

    def create_token(self, token: Token) -> None:
        """Creates a token; its id must be free."""
        argv = command.create(self.kubectl, self.kubeconfig, command.SECRETS)
        self._json(f'Creating the Secret "{token.name}" of a bootstrap token', argv, json.dumps(to_secret(token)))

    def delete_secret(self, name: str) -> bool:
        """Deletes a Secret of kube-system. False when it was gone already."""
        argv = command.delete(self.kubectl, self.kubeconfig, command.secret_path(name))
        status, _out, err = self.run(argv, None)
        if status and not command.not_found(err):
            raise KubeadmError(command.explain(f'Deleting the Secret "{name}"', err, self.kubeconfig))
        return status == 0

    def upload(self) -> Upload | None:
        """The uploaded certificates, if there are any."""
        secret = self._certs_secret()
        return None if secret is None else read_upload(secret)

    def upload_certificates(self, certificate_key: str, local_endpoint: tuple[str, int] | None) -> Upload:
        """Uploads this control plane's certificates, encrypted with the key, and marks them as ours."""
        if self.kubeadm is None:
            raise KubeadmError("kubeadm is needed to upload certificates")
        argv = command.get(self.kubectl, self.kubeconfig, command.CLUSTER_CONFIGURATION)
        config_map = self._json('Reading the ConfigMap "kubeadm-config"', argv)
        configuration = (config_map.get("data") or {}).get("ClusterConfiguration")
        if not configuration:
            raise KubeadmError(
                'The ConfigMap "kubeadm-config" in kube-system holds no ClusterConfiguration: was this cluster made by '
                "kubeadm? `kubeadm init phase upload-config kubeadm` restores it."
            )
        argv = command.upload_certificates(self.kubeadm, self.kubeconfig)
        text = command.upload_configuration(configuration, certificate_key, local_endpoint)
        status, _out, err = self.run(argv, text)
        if status:
            raise KubeadmError(command.explain("Uploading the control plane's certificates", err, self.kubeconfig))
        secret = self._certs_secret()
        if secret is None:
            raise KubeadmError(
                f'kubeadm uploaded the certificates, but the Secret "{CERTS_SECRET}" is not there: somebody removes it '
                "at the same time. Run again when nothing else does."
            )
        argv = command.replace(self.kubectl, self.kubeconfig, command.secret_path(CERTS_SECRET))
        return read_upload(self._json(f'Labelling the Secret "{CERTS_SECRET}"', argv, json.dumps(mark_managed(secret))))

    def endpoint(self) -> str:
        """``host:port`` under which the kubeconfig, and so every joining machine, reaches the API server."""
        view = self._json("Reading the kubeconfig", command.view_kubeconfig(self.kubectl, self.kubeconfig))
        endpoint = command.server_endpoint(view)
        if endpoint is None:
            raise KubeadmError(
                f"{self.kubeconfig} names no https server of the form https://host:port in its current context."
            )
        return endpoint

    def _certs_secret(self) -> dict[str, Any] | None:
        argv = command.get(self.kubectl, self.kubeconfig, command.secret_path(CERTS_SECRET))
        status, out, err = self.run(argv, None)
        if status and command.not_found(err):
            return None
        return self._parsed(f'Reading the Secret "{CERTS_SECRET}"', status, out, err)

    def _json(self, doing: str, argv: list[str], stdin: str | None = None) -> dict[str, Any]:
        return self._parsed(doing, *self.run(argv, stdin))

    def _parsed(self, doing: str, status: int, out: str, err: str) -> dict[str, Any]:
        if status:
            raise KubeadmError(command.explain(doing, err, self.kubeconfig))
        try:
            answer = json.loads(out)
        except ValueError as error:
            raise KubeadmError(f"{doing} failed: kubectl did not answer with JSON: {error}") from error
        if not isinstance(answer, dict):
            raise KubeadmError(f"{doing} failed: kubectl answered with JSON that is no object")
        return answer
