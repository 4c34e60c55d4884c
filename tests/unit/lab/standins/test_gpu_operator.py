# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GPU Operator's stand-in as far as no kubelet is needed: what it reads, labels, offers and measures, and its chart's names."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.content.items import items
from lab.content.oci import Image
from lab.content.release import load
from lab.standins.api_server import ApiError
from lab.standins.gpu_operator.server import hardware, metrics, parts, wire
from lab.standins.gpu_operator.server.api import Api
from lab.standins.gpu_operator.server.hardware import ConfigurationError, Gpus, Settings
from tests.unit.lab.standins.images import unpacked

CHART = Path(parts.__file__).parents[1] / "chart"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in sorted((CHART / "templates").iterdir())}
A100 = Gpus("w2", "NVIDIA A100-SXM4-40GB", 1, 40960, mig=True)
T4 = Gpus("w1", "Tesla T4", 2, 16384, mig=False)
PLAIN = Settings("single", {}, {})
SHARED = {
    "default": {"version": "v1"},
    "shared-4": {"sharing": {"timeSlicing": {"resources": [{"name": "nvidia.com/gpu", "replicas": 4}]}}},
}
LAYOUTS = {"mig-configs": {"7x1g.5gb": [{"devices": "all", "mig-enabled": True, "mig-devices": {"1g.5gb": 7}}]}}
ENVIRONMENT = {"MIG_STRATEGY": "single", "CONFIG": "sharing", "DEFAULT_CONFIG": "default", "MIG_CONFIG": "layouts"}


class Cluster(Api):
    """Objects in dictionaries."""

    def __init__(self, machines: dict[str, Any], nodes: dict[str, dict[str, str]]) -> None:
        super().__init__("http://nowhere", "gpu-operator")
        self.maps = {
            "gpu-operator-standin": {name: json.dumps(given) for name, given in machines.items()},
            "gpu-operator-standin-busy": {"jupyter-a": "80"},
            "sharing": {name: json.dumps(given) for name, given in SHARED.items()},
            "layouts": {"config.yaml": json.dumps(LAYOUTS)},
        }
        self.nodes = nodes

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        name = path.rpartition("/")[2]
        if "/configmaps/" in path:
            return {"data": self.maps[name]} if name in self.maps else None
        if method == "PATCH":
            self.nodes[name] |= body["metadata"]["labels"]
        return {"metadata": {"labels": self.nodes[name]}} if name in self.nodes else None


@pytest.fixture
def cluster() -> Cluster:
    """A cluster whose machine w2 has a GPU that can be split."""
    given = {"model": A100.model, "count": 1, "memory": 40960, "mig": True}
    return Cluster({"w2": given, "gone": given}, {"w1": {}, "w2": {}})


@pytest.fixture
def site(cluster: Cluster) -> parts.Site:
    """What the stand-in sees of it."""
    return parts.Site(cluster, ENVIRONMENT)


class Fake:
    """A plugin that remembers what it was to offer."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.offered: list[str] = []

    def offer(self, devices: list[str]) -> None:
        self.offered = devices

    def keep(self) -> bool:
        return True


# --- settings, devices, labels ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, PLAIN),
        ({"nvidia.com/device-plugin.config": "shared-4"}, Settings("single", {}, {"nvidia.com/gpu": 4})),
        ({"nvidia.com/mig.config": "7x1g.5gb"}, Settings("single", {"1g.5gb": 7}, {})),
        ({"nvidia.com/mig.config": "all-disabled"}, PLAIN),
    ],
)
def test_labels_choose_settings(labels: dict[str, str], expected: Settings) -> None:
    assert hardware.settings("single", labels, SHARED, LAYOUTS, "default") == expected


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"nvidia.com/device-plugin.config": "shared-9"}, "specified config shared-9 does not exist"),
        ({"nvidia.com/mig.config": "all-1g.5gb"}, "selected mig-config not present: all-1g.5gb"),
    ],
)
def test_a_name_that_the_files_do_not_have_is_an_error(labels: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        hardware.settings("single", labels, SHARED, LAYOUTS)


@pytest.mark.parametrize(
    ("gpus", "settings", "offered"),
    [
        (T4, PLAIN, {"nvidia.com/gpu": 2}),
        (T4, Settings("single", {}, {"nvidia.com/gpu": 4}), {"nvidia.com/gpu": 8}),
        (T4, Settings("single", {"1g.5gb": 7}, {}), {"nvidia.com/gpu": 2}),
        (A100, Settings("single", {"1g.5gb": 7}, {"nvidia.com/gpu": 2}), {"nvidia.com/gpu": 14}),
        (
            A100,
            Settings("mixed", {"1g.5gb+me": 1, "3g.20gb": 1}, {"nvidia.com/mig-3g.20gb": 2}),
            {"nvidia.com/mig-1g.5gb.me": 1, "nvidia.com/mig-3g.20gb": 2},
        ),
    ],
)
def test_every_device_has_an_id_of_its_own(gpus: Gpus, settings: Settings, offered: dict[str, int]) -> None:
    found = hardware.devices(gpus, settings)
    assert {name: len(set(ids)) for name, ids in found.items()} == offered
    assert found == hardware.devices(gpus, settings)


def test_a_shared_gpu_keeps_its_id_before_the_replica() -> None:
    (whole,) = hardware.devices(A100, PLAIN)["nvidia.com/gpu"]
    shared = hardware.devices(A100, Settings("single", {}, {"nvidia.com/gpu": 2}))["nvidia.com/gpu"]
    assert whole.startswith("GPU-")
    assert shared == [f"{whole}::0", f"{whole}::1"]


def test_labels_are_the_operators_and_its_discoverys() -> None:
    assert hardware.labels(T4, Settings("single", {}, {"nvidia.com/gpu": 4})) == {
        "feature.node.kubernetes.io/pci-10de.present": "true",
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.deploy.device-plugin": "true",
        "nvidia.com/gpu.deploy.dcgm-exporter": "true",
        "nvidia.com/gpu.product": "Tesla-T4-SHARED",
        "nvidia.com/gpu.count": "2",
        "nvidia.com/gpu.memory": "16384",
        "nvidia.com/gpu.replicas": "4",
        "nvidia.com/gpu.sharing-strategy": "time-slicing",
        "nvidia.com/mig.capable": "false",
        "nvidia.com/mig.strategy": "single",
    }
    split = hardware.labels(A100, Settings("single", {"1g.5gb": 7}, {}))
    names = ("gpu.product", "gpu.count", "gpu.sharing-strategy", "mig.config.state")
    assert [split[f"nvidia.com/{name}"] for name in names] == [
        "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
        "7",
        "none",
        "success",
    ]


# --- one look -----------------------------------------------------------------------------------------------------
def test_the_operator_labels_machines_that_have_gpus_once(
    cluster: Cluster, site: parts.Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    parts.operate(site)
    assert cluster.nodes["w1"] == {}
    assert cluster.nodes["w2"]["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-40GB"
    parts.operate(site)
    assert len(caplog.records) == 1
    cluster.nodes["w2"]["nvidia.com/device-plugin.config"] = "shared-4"
    parts.operate(site)
    assert cluster.nodes["w2"]["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-40GB-SHARED"
    cluster.nodes["w2"]["nvidia.com/device-plugin.config"] = "nothing"
    parts.operate(site)
    assert caplog.records[-1].getMessage() == "w2: specified config nothing does not exist"


def test_the_plugin_offers_what_the_labels_choose(cluster: Cluster, site: parts.Site) -> None:
    plugins: dict[str, parts.Plugin] = {}
    made: dict[str, Fake] = {}

    def make(resource: str) -> Fake:
        return made.setdefault(resource, Fake(resource))

    parts.plug(site, "w1", plugins, make)
    assert made == {}
    parts.plug(site, "w2", plugins, make)
    assert len(made["nvidia.com/gpu"].offered) == 1
    cluster.nodes["w2"]["nvidia.com/device-plugin.config"] = "shared-4"
    parts.plug(site, "w2", plugins, make)
    assert len(made["nvidia.com/gpu"].offered) == 4
    mixed = parts.Site(cluster, {**ENVIRONMENT, "MIG_STRATEGY": "mixed"})
    cluster.nodes["w2"]["nvidia.com/mig.config"] = "7x1g.5gb"
    parts.plug(mixed, "w2", plugins, make)
    assert {name: len(fake.offered) for name, fake in made.items()} == {"nvidia.com/gpu": 0, "nvidia.com/mig-1g.5gb": 7}


def test_metrics_say_of_each_gpu_who_holds_it_and_how_busy_it_is(site: parts.Site) -> None:
    held = wire.Holder("jupyterhub", "jupyter-a", "notebook", "nvidia.com/gpu", (f"{A100.uuid(0)}::1",))
    other = wire.Holder("jupyterhub", "jupyter-b", "notebook", "nvidia.com/gpu", (f"{A100.uuid(0)}::2",))
    found = parts.export(site, "w2", lambda: [held, other]).splitlines()
    card = f'gpu="0",UUID="{A100.uuid(0)}",device="nvidia0",modelName="{A100.model}",Hostname="w2"'
    assert found[:4] == [
        "# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).",
        "# TYPE DCGM_FI_DEV_GPU_UTIL gauge",
        f'DCGM_FI_DEV_GPU_UTIL{{{card},container="notebook",namespace="jupyterhub",pod="jupyter-a"}} 80',
        # Shared by turns, it isn't split by pod.
        f'DCGM_FI_DEV_GPU_UTIL{{{card},container="notebook",namespace="jupyterhub",pod="jupyter-b"}} 80',
    ]
    free = metrics.text(A100, [], {"jupyter-a": "80"})
    assert f"DCGM_FI_DEV_GPU_UTIL{{{card}}} 0\n" in free
    assert f"DCGM_FI_DEV_FB_FREE{{{card}}} 40960\n" in free
    assert parts.export(site, "w1", list) == ""


# --- kubelet's messages -------------------------------------------------------------------------------------------
def test_messages_are_those_of_protocol_buffers() -> None:
    """Bytes as protoc's own code for kubelet's api.proto writes them."""
    assert wire.register("a.sock", "n/g") == b"\n\x07v1beta1\x12\x06a.sock\x1a\x03n/g"
    assert wire.listed(["a", "b"]) == b"\n\x0c\n\x01a\x12\x07Healthy\n\x0c\n\x01b\x12\x07Healthy"
    assert wire.allocated([{"A": "b"}, {}]) == b"\n\x08\n\x06\n\x01A\x12\x01b\n\x00"
    assert wire.asked(b"\n\x06\n\x01a\n\x01b\n\x03\n\x01c") == [["a", "b"], ["c"]]
    long = "x" * 300
    assert wire.fields(wire.field(20, long), 20) == [long.encode()]


def test_who_holds_what_is_read_and_other_fields_are_passed_over() -> None:
    held = wire.field(1, "nvidia.com/gpu") + wire.field(2, "GPU-a::1") + wire.field(3, b"\x08\x01")
    # cpu_ids (3) are packed numbers; a varint, a 64-bit and a 32-bit field stand for whatever a later kubelet adds.
    container = wire.field(1, "notebook") + wire.field(2, held) + wire.field(3, b"\x01\x02") + b"\x40\xac\x02"
    pod = b"\x49" + bytes(8) + wire.field(1, "jupyter-a") + wire.field(2, "jupyterhub") + wire.field(3, container)
    assert wire.holders(wire.field(1, pod + b"\x55" + bytes(4))) == [
        wire.Holder("jupyterhub", "jupyter-a", "notebook", "nvidia.com/gpu", ("GPU-a::1",))
    ]


# --- the API server -----------------------------------------------------------------------------------------------
def test_an_api_server_that_is_not_there_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("not-a-secret", encoding="ascii")
    api = Api("http://127.0.0.1:1", "gpu-operator", account=tmp_path, timeout=1)
    with pytest.raises(ApiError, match=r"^GET /api/v1/nodes/w2: <urlopen error .*Connection refused>$"):
        api.labels("w2")


# --- the image ----------------------------------------------------------------------------------------------------
def test_the_image_starts_with_the_files_that_are_put_into_it(tmp_path: Path) -> None:
    (recipe,) = [item.build for item in items(load()) if item.name == "image gpu_operator"]
    assert isinstance(recipe, Image)
    folder, entrypoint = unpacked(recipe, tmp_path)
    # Debian's package is in the image alone; nothing of the checkout can be imported.
    (folder / "grpc.py").write_text("RpcError = OSError\n", encoding="ascii")
    done = subprocess.run(
        [sys.executable, *entrypoint[1:], "--help"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: server [-h] {operator,device-plugin,exporter}\n")


# --- the chart ----------------------------------------------------------------------------------------------------
def test_its_version_and_images_are_the_releases() -> None:
    release = load()
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert (described["name"], described["version"]) == ("gpu-operator", release.charts["gpu_operator"].version)
    names = {"gpu_operator": "operator", "device_plugin": "devicePlugin", "dcgm_exporter": "dcgmExporter"}
    images = {name: VALUES[part] for name, part in names.items()}
    assert {name: f"{one['repository']}/{one['image']}:{one['version']}" for name, one in images.items()} == {
        name: release.images[name] for name in images
    }


def containers() -> Iterator[dict[str, Any]]:
    """The containers that the chart starts."""
    for text in TEMPLATES.values():
        for one in yaml.safe_load_all(text):
            yield from (one or {}).get("spec", {}).get("template", {}).get("spec", {}).get("containers", ())


def test_every_part_is_started_with_what_it_reads() -> None:
    found = {one["args"][0]: {entry["name"] for entry in one["env"]} for one in containers()}
    shared = {*ENVIRONMENT, "NAMESPACE"}
    assert found == {
        "operator": shared,
        "device-plugin": {*shared, "NODE_NAME"},
        "exporter": {*shared, "NODE_NAME"},
    }
