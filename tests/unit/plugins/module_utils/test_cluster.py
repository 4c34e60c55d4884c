# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _cluster
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import (
    Cluster,
    ClusterError,
    ConflictError,
    Service,
    ServiceError,
    UnreachableError,
)
from tests.unit.plugins.fake_cluster import NAMESPACE, TOKEN, FakeCluster, status

SCHEDULER = Service(NAMESPACE, "yunikorn-service", 9080)


def config_map(name: str = "a", **meta: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": NAMESPACE, **meta}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}}


def test_an_object_is_created_read_replaced_and_deleted(cluster: FakeCluster) -> None:
    api = Cluster({})
    assert api.get("ConfigMap", NAMESPACE, "a") is None
    made = api.create(config_map())
    assert api.get("ConfigMap", NAMESPACE, "a") == made
    replaced = api.replace({**made, "data": {"k": "w"}})
    assert (replaced["data"], replaced["metadata"]["resourceVersion"]) == ({"k": "w"}, "102")
    api.delete(replaced)
    assert cluster.writes == [("POST", "a"), ("PUT", "a"), ("DELETE", "a")]
    assert set(cluster.headers) == {f"Bearer {TOKEN}"}


def test_what_changed_meanwhile_is_a_conflict(cluster: FakeCluster) -> None:
    api = Cluster({})
    made = api.create(config_map())
    old = {**made, "metadata": {**made["metadata"], "resourceVersion": "1"}}
    with pytest.raises(ConflictError, match=r'^ConfigMap "a" in yunikorn: configmaps "a" already exists$'):
        api.create(config_map())
    with pytest.raises(ConflictError, match=r'^ConfigMap "a" in yunikorn: Operation cannot be fulfilled on configmaps'):
        api.replace(old)
    with pytest.raises(ConflictError, match=r'^ConfigMap "a" in yunikorn: Operation cannot be fulfilled on configmaps'):
        api.delete(old)
    assert cluster.maps["a"] == made


def test_what_an_admission_webhook_denies_comes_with_its_words(cluster: FakeCluster) -> None:
    cluster.denies = (
        'admission webhook "admission-webhook.yunikorn.validate-conf" denied the request: undefined policy: x'
    )
    with pytest.raises(ClusterError, match=f'^ConfigMap "a" in yunikorn: {re.escape(cluster.denies)}$') as error:
        Cluster({}).create(config_map())
    assert not isinstance(error.value, ConflictError)


def test_a_service_is_asked_through_the_proxy(cluster: FakeCluster) -> None:
    cluster.scheduler.text = "partitions: [{name: default, queues: []}]"
    api = Cluster({})
    assert api.ask(SCHEDULER, "/ws/v1/config", accept="*/*").startswith("checksum: ")
    assert api.ask(SCHEDULER, "/ws/v1/validate-conf", body="a: [1]\n# é") == '{"allowed": true}'
    assert cluster.scheduler.validated == ["a: [1]\n# é"]


def test_an_answer_of_the_service_is_told_from_one_of_the_api_server(cluster: FakeCluster) -> None:
    api = Cluster({})
    with pytest.raises(ServiceError, match=r"^Queue not found$") as error:
        api.ask(SCHEDULER, "/ws/v1/partition/default/queue/root.none")
    assert error.value.status == 404
    cluster.scheduler.broken["/ws/v1/config"] = (500, "no\nJSON")
    with pytest.raises(ServiceError, match=r"^no JSON$"):
        api.ask(SCHEDULER, "/ws/v1/config")
    cluster.scheduler.down = 'no endpoints available for service "yunikorn-service:9080"'
    with pytest.raises(
        UnreachableError,
        match=r'^Service "yunikorn-service" in yunikorn can\'t be reached: '
        r'no endpoints available for service "yunikorn-service:9080"$',
    ):
        api.ask(SCHEDULER, "/ws/v1/config")


def test_a_service_that_is_gone_while_it_is_asked_is_unreachable(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Cluster({})

    def refuses(*_arguments: Any, **_options: Any) -> None:
        raise ConnectionRefusedError("connection refused")

    monkeypatch.setattr(api._dynamic, "request", refuses)
    with pytest.raises(UnreachableError, match=r"in yunikorn can't be reached: connection refused$"):
        api.ask(SCHEDULER, "/ws/v1/config")


def test_a_service_that_hangs_is_asked_once(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cluster, "TIMEOUT", (1, 0.2))
    api = Cluster({})
    goes_on = threading.Event()
    asked: list[str] = []

    def hangs(_method: str, target: str, *_arguments: Any) -> Any:
        asked.append(target)
        goes_on.wait(30)
        return 200, ""

    monkeypatch.setattr(cluster, "answer", hangs)
    with pytest.raises(UnreachableError, match=r"in yunikorn can't be reached: no answer within 0\.2 s$"):
        api.ask(SCHEDULER, "/ws/v1/config")
    goes_on.set()
    assert len(asked) == 1


def test_a_log_and_lists_are_read(cluster: FakeCluster) -> None:
    cluster.scheduler.complain("reload configuration failed", "why")
    cluster.pods = [{"metadata": {"name": "p"}}]
    api = Cluster({})
    assert [pod["metadata"]["name"] for pod in api.find("Pod", field_selector="spec.schedulerName=yunikorn")] == ["p"]
    text = api.log(NAMESPACE, "yunikorn-scheduler-0", "yunikorn-scheduler-k8s", timestamps="true", tailLines="1")
    assert text.endswith('reload configuration failed\t{"error": "why"}')


def test_a_token_is_sent_in_place_of_the_kubeconfig_s(cluster: FakeCluster) -> None:
    Cluster({"host": cluster.url, "api_key": "another"})
    assert set(cluster.headers) == {"Bearer another"}


def test_nothing_that_was_discovered_is_left_behind(cluster: FakeCluster) -> None:
    before = set(os.listdir(tempfile.gettempdir()))
    Cluster({}).get("ConfigMap", NAMESPACE, "a")
    assert [name for name in set(os.listdir(tempfile.gettempdir())) - before if "osrcp" in name] == []


def test_each_failure_to_connect_says_why(cluster: FakeCluster, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(ClusterError, match=f"^kubeconfig {missing}: .*No configuration found"):
        Cluster({"kubeconfig": str(missing)})
    with pytest.raises(ClusterError, match=r"Expected object with name other in .*/kubeconfig/contexts list$"):
        Cluster({"context": "other"})
    with pytest.raises(
        ClusterError, match=r"^The API server http://127\.0\.0\.1:1 can't be asked: .*Connection refused"
    ):
        Cluster({"host": "http://127.0.0.1:1"})


def test_where_there_is_no_kubeconfig_and_no_pod_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    monkeypatch.setenv("KUBECONFIG", str(missing))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ClusterError, match=f"^kubeconfig {missing}: Service host/port is not set.$"):
        Cluster({})


def test_what_the_api_server_refuses_is_told_without_headers(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "answer", lambda *_arguments: status(401, "Unauthorized"))
    with pytest.raises(ClusterError) as error:
        Cluster({})
    assert str(error.value) == f"The API server {cluster.url}: Unauthorized"
