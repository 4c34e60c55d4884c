# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for flannel's CNI plugin does what flannel's documentation says of the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[4] / "lab" / "standins" / "flannel-cni-plugin"
SUBNET = "FLANNEL_NETWORK=198.19.0.0/17\nFLANNEL_SUBNET=198.19.5.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, built with the Go of the Python environment."""
    target = tmp_path_factory.mktemp("flannel") / "flannel"
    go = Path(sys.executable).parent / "go"
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
    subprocess.run([go, "vet", "."], cwd=SOURCE, env=environment, check=True)
    subprocess.run([go, "build", "-o", target, "."], cwd=SOURCE, env=environment, check=True)
    return target


class Node:
    """A node with a bridge plugin that notes how it is called."""

    def __init__(self, plugin: Path, folder: Path) -> None:
        self.plugin = plugin
        self.folder = folder
        self.subnet = folder / "subnet.env"
        self.subnet.write_text(SUBNET, encoding="ascii")
        (folder / "bin").mkdir()
        for name, status in (("bridge", 0), ("refuses", 3)):
            script = folder / "bin" / name
            script.write_text(
                f"#!/bin/sh\necho {name} $CNI_COMMAND >> {folder}/calls\ncat > {folder}/given\necho '{{}}'\nexit {status}\n",
                encoding="ascii",
            )
            script.chmod(0o755)

    def call(self, verb: str, **config: Any) -> tuple[int, Any]:
        """Call the plugin; returns its status and what it printed."""
        given = {"cniVersion": "1.0.0", "name": "cbr0", "type": "flannel", **config}
        paths = {"subnetFile": str(self.subnet), "dataDir": str(self.folder / "data")}
        done = subprocess.run(
            [self.plugin],
            input=json.dumps({**paths, **given}).encode(),
            capture_output=True,
            check=False,
            env={
                "CNI_COMMAND": verb,
                "CNI_CONTAINERID": "c1",
                "CNI_PATH": str(self.folder / "bin"),
                "PATH": "/usr/bin:/bin",
            },
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else None

    @property
    def given(self) -> dict[str, Any]:
        """What the delegate was given last."""
        found: dict[str, Any] = json.loads((self.folder / "given").read_text(encoding="utf-8"))
        return found

    @property
    def calls(self) -> list[str]:
        """The delegate's calls."""
        path = self.folder / "calls"
        return path.read_text(encoding="ascii").splitlines() if path.exists() else []


@pytest.fixture
def node(plugin: Path, tmp_path: Path) -> Node:
    return Node(plugin, tmp_path)


def test_add_hands_over_to_a_bridge_with_the_nodes_subnet(node: Node) -> None:
    assert node.call("ADD", delegate={"hairpinMode": True, "isDefaultGateway": True}) == (0, {})
    assert node.given == {
        "cniVersion": "1.0.0",
        "name": "cbr0",
        "type": "bridge",
        "hairpinMode": True,
        "isDefaultGateway": True,
        "isGateway": True,
        "ipMasq": False,
        "mtu": 1450,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": "198.19.5.0/24"}]],
            "routes": [{"dst": "198.19.0.0/17"}],
        },
    }


def test_the_bridge_masquerades_where_flanneld_does_not(node: Node) -> None:
    node.subnet.write_text(SUBNET.replace("true", "false"), encoding="ascii")
    node.call("ADD")
    assert node.given["ipMasq"] is True


def test_delete_uses_what_add_kept_also_without_flanneld(node: Node) -> None:
    node.call("ADD")
    given = node.given
    node.subnet.unlink()
    assert node.call("DEL") == (0, {})
    assert node.calls == ["bridge ADD", "bridge DEL"]
    assert node.given == given
    assert list((node.folder / "data").iterdir()) == []
    assert node.call("DEL") == (0, None)


def test_the_delegates_refusal_is_the_plugins(node: Node) -> None:
    assert node.call("ADD", delegate={"type": "refuses"})[0] == 3


def test_a_node_without_a_subnet_is_not_ready(node: Node) -> None:
    node.subnet.unlink()
    for verb in ("ADD", "STATUS"):
        status, answer = node.call(verb)
        assert status == 1
        assert answer["code"] == 5
        assert answer["msg"].startswith("flannel: the node has no subnet yet: ")
    assert node.calls == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SUBNET.replace("198.19.5.1/24", "five"), "FLANNEL_SUBNET: netip.ParsePrefix"),
        (SUBNET.replace("FLANNEL_MTU=1450\n", ""), "FLANNEL_NETWORK, FLANNEL_SUBNET and FLANNEL_MTU are wanted"),
    ],
)
def test_a_subnet_file_that_makes_no_sense_is_refused(node: Node, text: str, message: str) -> None:
    node.subnet.write_text(text, encoding="ascii")
    status, answer = node.call("ADD")
    assert status == 1
    assert message in answer["msg"]


def test_a_delegate_that_takes_over_the_addresses_is_refused(node: Node) -> None:
    status, answer = node.call("ADD", delegate={"ipam": {"type": "dhcp"}})
    assert (status, answer["code"]) == (1, 7)
    assert answer["msg"] == "flannel: 'delegate' must not have \"ipam\""


def test_a_plugin_that_is_not_there_is_named(node: Node) -> None:
    status, answer = node.call("ADD", delegate={"type": "nowhere"})
    assert status == 1
    assert answer["msg"] == f'flannel: no plugin "nowhere" in CNI_PATH={node.folder / "bin"}'


def test_version_needs_no_configuration(node: Node) -> None:
    status, answer = node.call("VERSION")
    assert status == 0
    assert "1.0.0" in answer["supportedVersions"]
