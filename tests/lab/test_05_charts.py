# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for JupyterHub's chart, rendered by the lab's helm: the objects that its values make. No machine is needed."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .lab import ROOT, Lab

CHART = ROOT / "lab" / "standins" / "jupyterhub" / "chart"
MADE_ONCE = {
    "hub": {"cookieSecret": "c0", "config": {"CryptKeeper": {"keys": ["k0", "k1"]}}},
    "proxy": {"secretToken": "t0"},
}
SELECTOR = {"app": "jupyterhub", "release": "hub1"}


class Rendered(dict[tuple[str, str], Any]):
    """A release's objects by kind and name."""

    @property
    def pod(self) -> Any:
        """The specification of the hub's pod."""
        return self["Deployment", "hub"]["spec"]["template"]["spec"]

    def secret(self, key: str, name: str = "hub") -> str:
        """A text in a Secret."""
        return base64.b64decode(self["Secret", name]["data"][key]).decode()


class Chart:
    """The chart, and the helm that renders it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder

    def helm(self, *values: dict[str, Any], status: int = 0) -> str:
        """What ``helm template`` prints with the values, the later ones over the earlier."""
        files = []
        for number, content in enumerate(values):
            path = self.folder / f"values-{number}.json"
            path.write_text(json.dumps(content), encoding="utf-8")
            files += ["--values", str(path)]
        program = str(self.lab.state / "bin/helm")
        arguments = ("template", "hub1", str(CHART), "--namespace", "jupyterhub", *files)
        output = self.lab.run(program, *arguments, log="helm-template", status=status).output
        # helm's warning that a list stands where the chart's default is a map, which upstream's chart allows too.
        return re.sub(r"(?m)^coalesce\.go:.*\n", "", output)

    def render(self, *values: dict[str, Any]) -> Rendered:
        """The objects, each once."""
        objects = [entry for entry in yaml.safe_load_all(self.helm(*values)) if entry]
        found = Rendered({(entry["kind"], entry["metadata"]["name"]): entry for entry in objects})
        assert len(found) == len(objects)
        return found


@pytest.fixture
def chart(lab: Lab, tmp_path: Path) -> Chart:
    """The chart in the checkout."""
    return Chart(lab, tmp_path)


def components(found: Rendered) -> dict[str, set[str]]:
    """The objects' kinds and names by the label that says which part they belong to."""
    listed: dict[str, set[str]] = {}
    for (kind, name), entry in found.items():
        labels = entry["metadata"]["labels"]
        assert labels["component"] == labels["app.kubernetes.io/component"]
        assert (labels["app"], labels["release"], labels["heritage"]) == ("jupyterhub", "hub1", "Helm")
        listed.setdefault(labels["component"], set()).add(f"{kind} {name}")
    return listed


def test_the_defaults_make_upstreams_objects(chart: Chart) -> None:
    """Names and labels as zero-to-jupyterhub has them."""
    assert components(chart.render()) == {
        "hub": {
            *("ConfigMap hub", "Deployment hub", "NetworkPolicy hub", "PersistentVolumeClaim hub-db-dir", "Role hub"),
            *("RoleBinding hub", "Secret hub", "Service hub", "ServiceAccount hub"),
        },
        "proxy": {"Deployment proxy", "NetworkPolicy proxy"},
        "proxy-api": {"Service proxy-api"},
        "proxy-public": {"Service proxy-public"},
        "singleuser": {"NetworkPolicy singleuser"},
        "continuous-image-puller": {"DaemonSet continuous-image-puller"},
        "hook-image-puller": {"DaemonSet hook-image-puller"},
        "image-puller": {
            *("Job hook-image-awaiter", "Role hook-image-awaiter", "RoleBinding hook-image-awaiter"),
            *("ServiceAccount hook-image-awaiter", "ServiceAccount hook-image-puller"),
            "ServiceAccount continuous-image-puller",
        },
    }


def test_what_is_switched_off_is_not_there(chart: Chart) -> None:
    found = chart.render(
        {
            "hub": {"db": {"type": "sqlite-memory"}, "networkPolicy": {"enabled": False}},
            "proxy": {"chp": {"networkPolicy": {"enabled": False}}},
            "singleuser": {"networkPolicy": {"enabled": False}},
            "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
        }
    )
    assert components(found) == {
        "hub": {
            *("ConfigMap hub", "Deployment hub", "Role hub", "RoleBinding hub", "Secret hub", "Service hub"),
            "ServiceAccount hub",
        },
        "proxy": {"Deployment proxy"},
        "proxy-api": {"Service proxy-api"},
        "proxy-public": {"Service proxy-public"},
    }


def test_services_lead_to_their_pods(chart: Chart) -> None:
    service = {"type": "NodePort", "nodePorts": {"http": 30080}}
    found = chart.render({"proxy": {"service": service}})
    public = found["Service", "proxy-public"]["spec"]
    assert public["type"] == "NodePort"
    assert public["ports"] == [{"name": "http", "port": 80, "targetPort": "http", "nodePort": 30080}]
    for name, component in {"hub": "hub", "proxy-api": "proxy", "proxy-public": "proxy"}.items():
        selector = {"component": component, **SELECTOR}
        assert found["Service", name]["spec"]["selector"] == selector
        assert found["Deployment", component]["spec"]["selector"] == {"matchLabels": selector}
        labels = found["Deployment", component]["spec"]["template"]["metadata"]["labels"]
        assert labels.items() >= selector.items()


def test_a_notebook_reaches_what_its_policy_names_and_no_more(chart: Chart) -> None:
    policy = {
        "egressAllowRules": {
            "cloudMetadataServer": False,
            "dnsPortsCloudMetadataServer": False,
            "dnsPortsKubeSystemNamespace": True,
            "dnsPortsPrivateIPs": False,
            "nonPrivateIPs": False,
            "privateIPs": False,
        },
        "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["198.18.0.0/15"]}}]}],
    }
    found = chart.render({"singleuser": {"networkPolicy": policy}})["NetworkPolicy", "singleuser"]["spec"]
    assert found["podSelector"] == {"matchLabels": {"component": "singleuser-server", **SELECTOR}}
    assert found["policyTypes"] == ["Ingress", "Egress"]
    assert found["ingress"] == [
        {
            "ports": [{"port": "notebook-port"}],
            "from": [{"podSelector": {"matchLabels": {"hub.jupyter.org/network-access-singleuser": "true"}}}],
        }
    ]
    kube_system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    assert found["egress"] == [
        *(
            {"ports": [{"port": port}], "to": [{"podSelector": {"matchLabels": {"component": component, **SELECTOR}}}]}
            for component, port in (("hub", 8081), ("proxy", 8000))
        ),
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}], "to": [kube_system]},
        policy["egress"][0],
    ]


def test_every_rule_of_a_policy_is_one_that_can_be_switched(chart: Chart) -> None:
    found = chart.render({"singleuser": {"cloudMetadata": {"ip": "192.0.2.7"}}})["NetworkPolicy", "hub"]["spec"][
        "egress"
    ]
    metadata = {"ipBlock": {"cidr": "192.0.2.7/32"}}
    private = [{"ipBlock": {"cidr": cidr}} for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
    kube_system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    outside = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "192.0.2.7/32"]}
    dns = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    assert found[2:] == [
        {"ports": dns, "to": [metadata, kube_system, *private]},
        {"to": [{"ipBlock": outside}]},
        {"to": private},
        {"to": [metadata]},
    ]


def test_sqlite_has_a_claim_and_a_database_server_none(chart: Chart) -> None:
    claim = {"storage": "2Gi", "storageClassName": "local", "subPath": "db"}
    found = chart.render({"hub": {"db": {"pvc": claim}}})
    assert found["PersistentVolumeClaim", "hub-db-dir"]["spec"] == {
        "storageClassName": "local",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "2Gi"}},
    }
    mounts = found.pod["containers"][0]["volumeMounts"]
    assert {"name": "pvc", "mountPath": "/srv/jupyterhub", "subPath": "db"} in mounts
    assert found.pod["containers"][0]["args"][-1] == "--upgrade-db"
    url = "postgresql+psycopg2://jupyterhub@192.0.2.1/jupyterhub"
    found = chart.render({"hub": {"db": {"type": "postgres", "url": url, "password": "p0"}}})
    assert ("PersistentVolumeClaim", "hub-db-dir") not in found
    assert "--upgrade-db" not in found.pod["containers"][0]["args"]
    assert found.secret("hub.db.password") == "p0"
    found = chart.render({"hub": {"db": {"type": "postgres", "url": url, "upgrade": True}}})
    assert found.pod["containers"][0]["args"][-1] == "--upgrade-db"


def test_secrets_are_the_given_ones_and_else_made(chart: Chart) -> None:
    given = chart.render(MADE_ONCE, {"hub": {"services": {"verify": {"apiToken": "a0"}}}})
    names = {
        "auth_token": "hub.config.ConfigurableHTTPProxy.auth_token",
        "cookie_secret": "hub.config.JupyterHub.cookie_secret",
        "keys": "hub.config.CryptKeeper.keys",
        "token": "hub.services.verify.apiToken",
    }
    assert [given.secret(key) for key in names.values()] == ["t0", "c0", "k0;k1", "a0"]
    made = [chart.render({"hub": {"services": {"verify": {}}}}) for _ in range(2)]
    for key in names.values():
        first, second = (found.secret(key) for found in made)
        assert re.fullmatch("[0-9a-f]{64}", first)
        assert first != second


def test_given_secrets_make_the_same_objects_again(chart: Chart) -> None:
    """So that an upgrade that changes nothing restarts nothing."""
    assert chart.helm(MADE_ONCE) == chart.helm(MADE_ONCE)
    sums = [
        chart.render(MADE_ONCE, values)["Deployment", "hub"]["spec"]["template"]["metadata"]["annotations"]
        for values in ({}, {"cull": {"every": 1}})
    ]
    assert sums[0]["checksum/config-map"] == sums[1]["checksum/config-map"]
    assert sums[0]["checksum/secret"] != sums[1]["checksum/secret"]


def test_the_hub_is_given_all_values_and_its_programs(chart: Chart) -> None:
    found = chart.render({"custom": {"site": "here"}})
    values = yaml.safe_load(found.secret("values.yaml"))
    assert values["custom"] == {"site": "here"}
    assert values["Release"] == {"Name": "hub1", "Namespace": "jupyterhub", "Service": "Helm"}
    assert values["Chart"].items() >= {"Name": "jupyterhub"}.items()
    data = found["ConfigMap", "hub"]["data"]
    for path in (CHART / "files/hub").glob("*.py"):
        assert data[path.name].strip() == path.read_text(encoding="utf-8").strip()
    assert (data["hub"], data["proxy-api"], data["singleuser"]) == ("hub", "proxy-api", "singleuser")


def test_files_and_variables_reach_the_hub(chart: Chart) -> None:
    files = {
        "bytes": {"mountPath": "/etc/bytes", "binaryData": "AAEC"},
        "json": {"mountPath": "/etc/a.json", "data": {"a": 1}},
        "text": {"mountPath": "/etc/ca.crt", "mode": 0o440, "stringData": "CA"},
        "yaml": {"mountPath": "/etc/a.yaml", "data": {"a": 1}},
    }
    reference = {"secretKeyRef": {"name": "s", "key": "k"}}
    extra = {"PLAIN": "1", "SECRET": {"valueFrom": reference}}
    found = chart.render({"hub": {"extraFiles": files, "extraEnv": extra, "existingSecret": "ours"}})
    assert found["Secret", "hub"]["data"]["bytes"] == "AAEC"
    assert found["Secret", "hub"]["stringData"] == {"json": '{"a":1}', "text": "CA", "yaml": "a: 1"}
    (volume,) = [entry for entry in found.pod["volumes"] if entry["name"] == "files"]
    assert {"key": "text", "path": "text", "mode": 0o440} in volume["secret"]["items"]
    assert {"name": "existing-secret", "secret": {"secretName": "ours"}} in found.pod["volumes"]
    container = found.pod["containers"][0]
    assert {"name": "files", "mountPath": "/etc/ca.crt", "subPath": "text"} in container["volumeMounts"]
    assert container["env"][-2:] == [
        {"name": "PLAIN", "value": "1"},
        {"name": "SECRET", "valueFrom": reference},
    ]
    listed = [{"name": "LISTED", "value": "x"}]
    assert chart.render({"hub": {"extraEnv": listed}}).pod["containers"][0]["env"][-1:] == listed


def test_files_reach_the_users_pods(chart: Chart) -> None:
    files = {
        "a": {"mountPath": "/etc/a.toml", "data": {"a": 1}},
        "b": {"mountPath": "/b", "stringData": '"two"\nlines\n'},
    }
    found = chart.render({"singleuser": {"extraFiles": files}})["Secret", "singleuser"]
    assert found["stringData"] == {"a": "a = 1.0\n", "b": '"two"\nlines\n'}
    assert "data" not in found


def test_every_image_of_users_pods_is_pulled_before_an_upgrade(chart: Chart) -> None:
    values = {
        "singleuser": {
            "image": {"name": "example.org/a", "tag": "1"},
            "initContainers": [{"name": "first", "image": "example.org/b:1"}],
            "profileList": [
                {"display_name": "plain"},
                {"display_name": "other", "kubespawner_override": {"image": "example.org/c:1"}},
                {
                    "display_name": "chosen",
                    "profile_options": {
                        "image": {"choices": {"d": {"kubespawner_override": {"image": "example.org/d:1"}}}},
                        "size": {"choices": {"big": {"kubespawner_override": {"cpu_limit": 2}}}},
                    },
                },
            ],
            "extraTolerations": [{"key": "gpu", "operator": "Exists"}],
        },
        "prePuller": {"extraImages": {"e": {"name": "example.org/e", "tag": "1"}}},
    }
    found = chart.render(values)
    for name in ("hook-image-puller", "continuous-image-puller"):
        pod = found["DaemonSet", name]["spec"]["template"]["spec"]
        images = [container["image"] for container in pod["initContainers"]]
        assert sorted(images) == [f"example.org/{letter}:1" for letter in "abcde"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["tolerations"][-1] == {"key": "gpu", "operator": "Exists"}
    weights = {
        f"{kind} {name}": entry["metadata"]["annotations"]["helm.sh/hook-weight"]
        for (kind, name), entry in found.items()
        if "helm.sh/hook" in entry["metadata"].get("annotations", {})
    }
    assert weights == {
        "ServiceAccount hook-image-puller": "-10",
        "DaemonSet hook-image-puller": "-10",
        "ServiceAccount hook-image-awaiter": "0",
        "Role hook-image-awaiter": "0",
        "RoleBinding hook-image-awaiter": "0",
        "Job hook-image-awaiter": "10",
    }


def test_the_pullers_sum_changes_with_an_image_alone(chart: Chart) -> None:
    """The hook is left out of an upgrade that needs no image which was not pulled before."""
    image = {"singleuser": {"image": {"name": "example.org/a", "tag": "2"}}}
    sums = [
        chart.render(values)["ConfigMap", "hub"]["data"]["checksum_hook-image-puller"]
        for values in ({}, {"cull": {"every": 1}}, image)
    ]
    assert sums[0] == sums[1] != sums[2]


def test_helm_refuses_a_value_that_there_is_not(chart: Chart) -> None:
    assert "at '/hub': additional properties 'extraConfigs' not allowed" in chart.helm(
        {"hub": {"extraConfigs": {}}}, status=1
    )
