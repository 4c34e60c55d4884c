# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""A running YuniKorn: its two ConfigMaps, its REST paths behind the API server's proxy, its log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._cluster import Cluster, ClusterError, Service, ServiceError
from ._yunikorn import shimlog
from ._yunikorn.state import Pod, State, paths, read

OPTIONS: dict[str, dict[str, Any]] = {
    "namespace": {"type": "str", "default": "yunikorn"},
    "partition": {"type": "str", "default": "default"},
}
"""The options of the modules that ask a scheduler; described in the fragment ``_yunikorn``."""

SERVICE = "yunikorn-service"
PORT = 9080
CONTAINER = "yunikorn-scheduler-k8s"
POD_LABELS = "app=yunikorn,component=yunikorn-scheduler"
APPLICATION_LABELS = ("yunikorn.apache.org/app-id", "applicationId")


class Scheduler:
    """The YuniKorn of one namespace, and one partition of it."""

    def __init__(self, cluster: Cluster, namespace: str, partition: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._partition = partition
        self._service = Service(namespace, SERVICE, PORT)

    def config_map(self, name: str) -> dict[str, Any] | None:
        """Return one of the ConfigMaps, or nothing where there is none."""
        return self._cluster.get("ConfigMap", self._namespace, name)

    def state(self, *parts: str, pods: bool = False) -> State:
        """Return what REST says of ``parts``, all of them where none is named, with ``pods`` the applications' pods, too.

        Raise UnreachableError where the scheduler can't be asked; what it alone does not answer is in ``State.unknown``.
        """
        answers: dict[str, Any] = {}
        for part, path in paths(self._partition).items():
            if not parts or part in parts:
                answers[path] = self._get(path)
        return read(answers, partition=self._partition, pods=self._pods() if pods else None)

    def refusal(self, text: str) -> str:
        """Return why the running scheduler's own validator refuses a configuration; empty where it takes it."""
        answer = _decoded(self._cluster.ask(self._service, "/ws/v1/validate-conf", body=text))
        if not isinstance(answer, dict):
            return "its validator gives no verdict"
        return "" if answer.get("allowed") is True else str(answer.get("reason") or "its validator gives no reason")

    def moment(self) -> str:
        """Return the timestamp of the last line of the scheduler's log, empty where it can't be read."""
        return max((shimlog.last(log) for log in self._logs(tailLines="1")), key=shimlog.moment, default="")

    def complaints(self, after: str) -> tuple[str, ...]:
        """Return why the scheduler refused configurations after a moment, empty for any time; nothing where its log can't be read."""
        since = {"sinceTime": after} if after else {"tailLines": "2000"}
        return tuple(reason for log in self._logs(**since) for reason in shimlog.reasons(log, after=after))

    def _get(self, path: str) -> Any:
        try:
            if path == "/ws/v1/config":
                # Asked for JSON, YuniKorn answers with the names of Go's fields.
                return self._cluster.ask(self._service, path, accept="*/*")
            return _decoded(self._cluster.ask(self._service, path))
        except ServiceError as error:
            return {"status_code": error.status, "message": str(error)}

    def _logs(self, **query: str) -> list[str]:
        try:
            return [
                self._cluster.log(self._namespace, pod["metadata"]["name"], CONTAINER, timestamps="true", **query)
                for pod in self._cluster.find("Pod", namespace=self._namespace, label_selector=POD_LABELS)
            ]
        except ClusterError:
            # Nothing depends on it but the wording of an error.
            return []

    def _pods(self) -> Mapping[str, tuple[Pod, ...]]:
        found: dict[str, tuple[Pod, ...]] = {}
        try:
            pods = self._cluster.find("Pod", field_selector="spec.schedulerName=yunikorn")
        except ClusterError:
            return found
        for pod in pods:
            meta = pod["metadata"]
            labels = meta.get("labels") or {}
            application = next((labels[name] for name in APPLICATION_LABELS if labels.get(name)), None)
            if application:
                one = Pod(namespace=meta["namespace"], name=meta["name"], labels=labels)
                found[application] = (*found.get(application, ()), one)
        return found


def _decoded(answer: str) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None
