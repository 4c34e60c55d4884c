# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""A cluster's API: objects by OpenShift's dynamic client, and services behind the API server's proxy.

The only place of the queues' modules that touches the Kubernetes client. Whatever fails is a :class:`ClusterError`, whose
message holds no header and no credential.
"""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import env_fallback

try:
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config.config_exception import ConfigException
    from openshift.dynamic import DynamicClient
    from urllib3 import Retry
    from urllib3.exceptions import ReadTimeoutError

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

TIMEOUT = (10, 30)
"""Seconds to connect and to wait for an answer. The clients wait forever by themselves."""

OPTIONS: dict[str, dict[str, Any]] = {
    name: {**option, "fallback": (env_fallback, [f"K8S_AUTH_{variable}"])}
    for name, variable, option in (
        ("kubeconfig", "KUBECONFIG", {"type": "path"}),
        ("context", "CONTEXT", {"type": "str"}),
        ("host", "HOST", {"type": "str"}),
        ("api_key", "API_KEY", {"type": "str", "no_log": True}),
        ("validate_certs", "VERIFY_SSL", {"type": "bool", "aliases": ["verify_ssl"]}),
        ("ca_cert", "SSL_CA_CERT", {"type": "path", "aliases": ["ssl_ca_cert"]}),
        ("client_cert", "CERT_FILE", {"type": "path", "aliases": ["cert_file"]}),
        ("client_key", "KEY_FILE", {"type": "path", "aliases": ["key_file"], "no_log": False}),
        ("proxy", "PROXY", {"type": "str"}),
    )
}
"""The options of the modules that ask a cluster, as kubernetes.core names them; described in the fragment ``_cluster``."""


class ClusterError(Exception):
    """The cluster can't do what it was asked. The message names the object and says why."""


class AccessError(ClusterError):
    """The kubeconfig can't be used. Asking again is of no use."""


class ConflictError(ClusterError):
    """The object is not as it was read, or is there already."""


class UnreachableError(ClusterError):
    """The API server answers, the service behind it does not."""


class ServiceError(ClusterError):
    """The service answered that it can't; the message is its own, ``status`` the answer's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Service:
    """A port of a service, over plain HTTP."""

    namespace: str
    name: str
    port: int

    def path(self, path: str) -> str:
        """Return where the API server's proxy has ``path`` of the service."""
        return f"/api/v1/namespaces/{self.namespace}/services/{self.name}:{self.port}/proxy{path}"


class Cluster:
    """A cluster's API."""

    def __init__(self, options: Mapping[str, Any], connect: float = 0) -> None:
        """Connect as :data:`OPTIONS` say; what is not given is taken from the kubeconfig, or from the pod that this runs in.

        ``connect`` is for how many seconds each of three connections is tried, by default for :data:`TIMEOUT`'s.
        """
        api: Any = client.ApiClient(_configuration(options))
        call = api.call_api

        def call_in_time(*args: Any, **keywords: Any) -> Any:
            timeout = keywords.get("_request_timeout") or (connect or TIMEOUT[0], TIMEOUT[1])
            return call(*args, **{**keywords, "_request_timeout": timeout})

        api.call_api = call_in_time
        self._host = api.configuration.host
        # By default the client keeps what it discovers in a file of a guessable name in a folder that everybody writes to.
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._dynamic = DynamicClient(api, cache_file=os.path.join(folder, "discovery"))
                self._dynamic.resources.get(api_version="v1", kind="ConfigMap")
            except Exception as error:
                raise self._failed(f"The API server {self._host}", error) from error

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object, or nothing where there is none."""
        try:
            return self._call(f'{kind} "{name}" in {namespace}', "get", kind, namespace=namespace, name=name)
        except _MissingError:
            return None

    def find(self, kind: str, api_version: str = "v1", **selectors: str) -> list[dict[str, Any]]:
        """Return the objects that ``namespace``, ``label_selector`` and ``field_selector`` leave, of all namespaces where none is given."""
        found = self._call(f"The list of {kind}s", "get", kind, api_version, **selectors)
        items: list[dict[str, Any]] = found["items"]
        return items

    def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Create an object; one that is there already is a :class:`ConflictError`."""
        return self._write("create", manifest)

    def replace(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Replace an object at the ``resourceVersion`` of ``manifest``; one that is at another is a :class:`ConflictError`."""
        return self._write("replace", manifest)

    def delete(self, manifest: dict[str, Any]) -> None:
        """Delete an object at the ``resourceVersion`` of ``manifest``; one that is at another is a :class:`ConflictError`."""
        meta = manifest["metadata"]
        preconditions = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        self._call(
            f'{manifest["kind"]} "{meta["name"]}" in {meta["namespace"]}',
            "delete",
            manifest["kind"],
            namespace=meta["namespace"],
            name=meta["name"],
            body={"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions},
        )

    def log(self, namespace: str, pod: str, container: str, **query: str) -> str:
        """Return what a container has written; ``query`` is the API's (``sinceTime``, ``tailLines``, ``timestamps``)."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        parameters = list({"container": container, **query}.items())
        try:
            answer = self._dynamic.request("get", path, query_params=parameters, serialize=False)
        except Exception as error:
            raise self._failed(f'The log of Pod "{pod}" in {namespace}', error) from error
        return str(answer.data.decode("utf-8", "replace"))

    def ask(self, service: Service, path: str, *, accept: str = "application/json", body: str | None = None) -> str:
        """Return what a service answers at ``path``; with ``body``, a YAML text, it is posted.

        Raise :class:`UnreachableError` where the service can't be reached, :class:`ServiceError` where it refuses.
        """
        what = f'Service "{service.name}" in {service.namespace}'
        try:
            answer = self._dynamic.request(
                "get" if body is None else "post",
                service.path(path),
                body=body,
                header_params={"Accept": accept},
                content_type=None if body is None else "application/x-yaml",
                serialize=False,
            )
            return str(answer.data.decode("utf-8"))
        except ApiException as error:
            # What the API server itself answers is a Status; the service's own answers come through as they are.
            if _decoded(error.body).get("kind") == "Status":
                raise UnreachableError(f"{what} can't be reached: {_reason(error)}") from error
            raise ServiceError(_reason(error), error.status) from error
        except Exception as error:
            raise UnreachableError(f"{what} can't be reached: {_reason(error)}") from error

    def _write(self, verb: str, manifest: dict[str, Any]) -> dict[str, Any]:
        meta, kind = manifest["metadata"], manifest["kind"]
        what = f'{kind} "{meta["name"]}" in {meta["namespace"]}'
        return self._call(what, verb, kind, namespace=meta["namespace"], body=manifest)

    def _call(self, what: str, verb: str, kind: str, api_version: str = "v1", **arguments: Any) -> dict[str, Any]:
        try:
            resource = self._dynamic.resources.get(api_version=api_version, kind=kind)
            found: dict[str, Any] = getattr(self._dynamic, verb)(resource, **arguments).to_dict()
        except Exception as error:
            raise self._failed(what, error) from error
        return found

    def _failed(self, what: str, error: Exception) -> ClusterError:
        if not isinstance(error, ApiException):
            return ClusterError(f"The API server {self._host} can't be asked: {_reason(error)}")
        kinds = {404: _MissingError, 409: ConflictError}
        return kinds.get(error.status, ClusterError)(f"{what}: {_reason(error)}")


class _MissingError(ClusterError):
    """There is no such object."""


def _configuration(options: Mapping[str, Any]) -> Any:
    configuration: Any = client.Configuration()
    # Connecting may be tried again. What was sent is not: a server that hangs would be waited for several times, a write done twice.
    configuration.retries = Retry(total=2, read=0)
    loader: Any = config
    kubeconfig, context, host = options.get("kubeconfig"), options.get("context"), options.get("host")
    default = os.environ.get("KUBECONFIG", os.path.expanduser("~/.kube/config"))
    try:
        if kubeconfig or context or (not host and any(map(os.path.exists, default.split(os.pathsep)))):
            loader.load_kube_config(
                config_file=kubeconfig or default,
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
        elif not host:
            loader.load_incluster_config(client_configuration=configuration)
    except (ConfigException, OSError) as error:
        shown = kubeconfig or default
        raise AccessError(f"kubeconfig {shown}: {error}") from error
    for option, name in (
        ("host", "host"),
        ("validate_certs", "verify_ssl"),
        ("ca_cert", "ssl_ca_cert"),
        ("client_cert", "cert_file"),
        ("client_key", "key_file"),
        ("proxy", "proxy"),
    ):
        if options.get(option) is not None:
            setattr(configuration, name, options[option])
    if options.get("api_key"):
        configuration.api_key = {"authorization": f"Bearer {options['api_key']}"}
    return configuration


def _decoded(body: Any) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _reason(error: Exception) -> str:
    """Return why a call failed on one line, without the headers and the traceback that the clients put into theirs."""
    if isinstance(error, ApiException):
        body = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else error.body
        text = str(_decoded(body).get("message") or body or error.reason)
    else:
        cause = getattr(error, "reason", None) or error
        text = f"no answer within {TIMEOUT[1]} s" if isinstance(cause, ReadTimeoutError) else str(cause)
    return " ".join(text.split())
