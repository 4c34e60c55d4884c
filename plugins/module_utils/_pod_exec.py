# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Running programs in pods through the API. The only place of these modules that touches the Kubernetes client."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

try:
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.stream import stream

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()


class PodExecError(Exception):
    """The cluster, or a program in a pod, cannot be asked. The message says why."""


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status and what it wrote to each stream."""

    status: int
    stdout: str
    stderr: str


class Pods:
    """The pods of one namespace of a cluster."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        """Read the kubeconfig; raise :class:`PodExecError` when that fails. Nothing is asked yet."""
        self.namespace = namespace
        self.configuration = client.Configuration()
        load: Callable[..., None] = config.load_kube_config
        try:
            load(config_file=kubeconfig, client_configuration=self.configuration)
        except (ConfigException, OSError) as error:
            raise PodExecError(f"kubeconfig {kubeconfig}: {error}") from error

    def names(self, selector: str) -> list[str]:
        """Return the names of the pods that a label selector matches, sorted."""
        try:
            found = self._api().list_namespaced_pod(self.namespace, label_selector=selector, _request_timeout=10)
        except Exception as error:
            # The client lets its HTTP library's errors through, of any kind.
            raise PodExecError(f"cannot list pods {selector} in {self.namespace}: {_reason(error)}") from error
        return sorted(pod.metadata.name for pod in found.items)

    def run(self, pod: str, command: Sequence[str], timeout: float) -> Ended:
        """Run a program in a pod's first container; raise :class:`PodExecError` when it can't or takes too long."""
        try:
            process = stream(
                self._api().connect_get_namespaced_pod_exec,
                pod,
                self.namespace,
                command=list(command),
                stdin=False,
                stdout=True,
                stderr=True,
                tty=False,
                _preload_content=False,
            )
        except ApiException as error:
            raise PodExecError(f"cannot run {command[0]} in pod {pod}: {_reason(error)}") from error
        process.run_forever(timeout=timeout)
        if process.is_open():
            process.close()
            raise PodExecError(f"{command[0]} in pod {pod} did not end within {timeout:g} s")
        output, errors = process.read_stdout(timeout=0), process.read_stderr(timeout=0)
        try:
            return Ended(process.returncode, output, errors)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            # The client can read an exit status from the API's answer, but no other failure.
            raise PodExecError(f"{command[0]} in pod {pod} ended without an exit status: {errors or output}") from error

    def _api(self) -> Any:
        """Return a client of its own for each call, because a stream takes over its client for a moment."""
        return client.CoreV1Api(client.ApiClient(self.configuration))


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", None) or error).split())
