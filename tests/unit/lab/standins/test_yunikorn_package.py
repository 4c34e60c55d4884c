# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the image and the chart of YuniKorn's stand-in hold fits together."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.content.items import STANDINS, items
from lab.content.oci import FilesLayer, Image
from lab.content.release import load
from tests.unit.lab.standins.images import unpacked

FOLDER = STANDINS / "yunikorn"
RELEASE = load()


@pytest.fixture(scope="module")
def image() -> Image:
    """The image's recipe."""
    [recipe] = [item.build for item in items(RELEASE) if item.name == "image yunikorn_scheduler"]
    assert isinstance(recipe, Image)
    return recipe


def templates() -> dict[str, dict[str, Any]]:
    """The chart's objects by kind and name; templates stand in strings and comments, so they are YAML before rendering."""
    found = {}
    for path in sorted((FOLDER / "chart/templates").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found[f"{document['kind']}/{document['metadata']['name']}"] = document
    return found


def test_the_image_starts_with_the_files_that_are_put_into_it(image: Image, tmp_path: Path) -> None:
    folder, entrypoint = unpacked(image, tmp_path / "root")
    # Alone in its own folder: nothing of the checkout can be imported.
    done = subprocess.run(
        [sys.executable, *entrypoint[1:], "--account", str(tmp_path)],
        cwd=folder,
        env={"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    # It comes as far as the account's certificate.
    assert done.stderr.splitlines()[-1] == "FileNotFoundError: [Errno 2] No such file or directory"
    assert "create_default_context" in done.stderr
    assert (folder / entrypoint[-1]).is_file()


def test_the_server_shares_nothing_with_the_core_that_it_is_to_test() -> None:
    allowed = {*sys.stdlib_module_names, "yaml"}
    for path in (STANDINS / "api_server.py", *(FOLDER / "server").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, f"{path.name} imports {names}"


def test_the_chart_is_of_the_pinned_version() -> None:
    chart = yaml.safe_load((FOLDER / "chart/Chart.yaml").read_text(encoding="utf-8"))
    version = RELEASE.versions["yunikorn"]
    assert (chart["name"], chart["version"], chart["appVersion"]) == ("yunikorn", version, version)


def test_the_charts_objects_have_upstreams_names() -> None:
    found = templates()
    assert set(found) == {
        "ClusterRoleBinding/yunikorn-scheduler-kube-scheduler",
        "ClusterRoleBinding/yunikorn-scheduler-volume-scheduler",
        "ConfigMap/yunikorn-defaults",
        "ConfigMap/yunikorn-scheduler-standin",
        "Deployment/yunikorn-scheduler",
        "Role/yunikorn-scheduler",
        "RoleBinding/yunikorn-scheduler",
        "Service/yunikorn-service",
        "ServiceAccount/{{ .Values.serviceAccount }}",
        "ValidatingAdmissionPolicy/yunikorn-admission-controller-standin",
        "ValidatingAdmissionPolicyBinding/yunikorn-admission-controller-standin",
    }
    values = yaml.safe_load((FOLDER / "chart/values.yaml").read_text(encoding="utf-8"))
    assert (values["serviceAccount"], values["service"]["port"]) == ("yunikorn-admin", 9080)
    deployment = found["Deployment/yunikorn-scheduler"]["spec"]["template"]
    selector = found["Service/yunikorn-service"]["spec"]["selector"]
    assert selector.items() <= deployment["metadata"]["labels"].items()
    [server, scheduler] = deployment["spec"]["containers"]
    assert server["ports"] == [{"name": "http1", "containerPort": 9080, "protocol": "TCP"}]
    configuration = yaml.safe_load(found["ConfigMap/yunikorn-scheduler-standin"]["data"]["scheduler.yaml"])
    assert configuration["profiles"] == [{"schedulerName": "yunikorn"}]
    for container in (server, scheduler):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_the_image_holds_what_the_chart_runs(image: Image) -> None:
    [scheduler] = [
        container["command"][0]
        for container in templates()["Deployment/yunikorn-scheduler"]["spec"]["template"]["spec"]["containers"]
        if "command" in container
    ]
    targets = [copy.target for layer in image.layers if isinstance(layer, FilesLayer) for copy in layer.copies]
    assert scheduler in targets
    assert image.reference == f"docker.io/apache/yunikorn:scheduler-{RELEASE.versions['yunikorn']}"
