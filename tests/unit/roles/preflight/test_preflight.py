# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook itself, as an admin calls it, with what inventory and controller alone decide, and with the tests' own machine as a site."""

from __future__ import annotations

import datetime
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROOT = Path(__file__).resolve().parents[4]


def preflight(
    inventory: Path, report: Path, *arguments: str, scope: str = "inventory"
) -> tuple[int, str, dict[str, Any]]:
    """Return exit status, output and report of a run of playbooks/preflight.yml that asks no machine, unless the scope says so."""
    program = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [
            str(program),
            f"--inventory={inventory}",
            f"--extra-vars=preflight_scope={scope}",
            f"--extra-vars=preflight_report_path={report}",
            *arguments,
            "playbooks/preflight.yml",
        ],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "PWD": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    written = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return done.returncode, done.stdout + done.stderr, written


@pytest.mark.parametrize("name", ["example", "small"])
def test_the_inventories_that_admins_begin_with_pass(name: str, tmp_path: Path) -> None:
    status, output, report = preflight(ROOT / "inventory" / name, tmp_path / "report.json", "--check")
    assert status == 0, output
    assert report["ok"] is True
    assert {item["ok"] for item in report["checks"]} == {True}
    assert not [item for item in report["checks"] if item["detail"].startswith("warning: ")]
    assert "21 checks ok, 0 warnings, 0 FAILED, 0 not proved." in output


def test_every_fault_is_refused_at_once_and_nobody_is_asked(tmp_path: Path) -> None:
    faults = {
        "platform_name": "Our Department",
        "platform_vip": "192.0.2.21/24",
        "platform_pod_network": "10.96.0.0/12",
        "platform_mirror_url": "mirror",
        "release_kubernetes_version": "1.36.0",
    }
    status, output, report = preflight(
        ROOT / "inventory/example", tmp_path / "report.json", f"--extra-vars={json.dumps(faults)}"
    )
    assert status == 2, output
    failed = [f"{item['id']}: {item['detail']}" for item in report["checks"] if item["ok"] is False]
    assert failed == [
        "platform_name: platform_name is 'Our Department'",
        "api_name: platform_api_name is the address 192.0.2.100, and the virtual IP is 192.0.2.21",
        "mirror_url: platform_mirror_url is 'mirror'",
        "kubernetes_version: release_kubernetes_version is '1.36.0'",
        "vip: platform_vip 192.0.2.21 is the address of cp1",
        "networks: platform_pod_network 10.96.0.0/12 and platform_service_network 10.96.0.0/16 overlap",
    ]
    for item in report["checks"]:
        if item["ok"] is False:
            assert item["remedy"] in output
    assert "UNREACHABLE" not in output


def test_balancers_on_control_planes_need_a_port_of_their_own(tmp_path: Path) -> None:
    status, output, report = preflight(
        ROOT / "inventory/small", tmp_path / "report.json", "--extra-vars=platform_api_frontend_port=6443"
    )
    assert status == 2, output
    assert [(item["host"], item["id"]) for item in report["checks"] if item["ok"] is False] == [
        (name, "ports_planned") for name in ("server1", "server2", "server3")
    ]


def test_an_empty_inventory_is_refused_and_says_what_is_missing(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {}\n", encoding="utf-8")
    status, output, report = preflight(inventory, tmp_path / "report.json")
    assert status == 2, output
    failed = [item["id"] for item in report["checks"] if item["ok"] is False]
    assert failed == ["variables"] * 6 + ["control_planes", "load_balancers", "workers"]


def test_a_limit_to_one_machine_still_judges_the_whole_site(tmp_path: Path) -> None:
    status, output, report = preflight(
        ROOT / "inventory/example", tmp_path / "report.json", "--limit=w1", "--extra-vars=platform_vip=192.0.2.32/24"
    )
    assert status == 2, output
    assert [item["detail"] for item in report["checks"] if item["id"] == "vip"] == [
        "platform_vip 192.0.2.32 is the address of w2"
    ]


def certificate(folder: Path, name: str, days: int) -> tuple[Path, Path]:
    """Return the files of a certificate for a name that ends in so many days, and of another one's key."""
    own, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(days)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=90))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .sign(own, hashes.SHA256())
    )
    paths = folder / "hub.pem", folder / "hub.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def test_what_roles_refuse_is_refused_before_the_first_change(tmp_path: Path) -> None:
    pair = certificate(tmp_path, "www.example.org", days=30)
    quantity = (
        "team physics: max.memory: '10GB' is no quantity, wanted a number with a suffix such as 500m, 2Gi or none"
    )
    faults = {
        "platform_certificate": str(pair[0]),
        "platform_certificate_key": str(pair[1]),
        "platform_database_url": "mysql://hub:not-for-logs@db.example.org/hub",
        "jupyterhub_authenticator": "oidc",
        "jupyterhub_oidc": {"token_url": "https://id.example.org/token", "client_id": "hub", "client_secret": "x"},
        "jupyterhub_chart": "/nowhere/jupyterhub",
        "jupyterhub_courses": [{"name": "Course 1"}],
        "platform_teams": [{"name": "physics", "members": ["alice"], "max": {"memory": "10GB"}}, {"name": "chess"}],
        "platform_gpu_slices": 0,
        "platform_gpu_mig": {"7g.80gb": 1},
    }
    status, output, report = preflight(
        ROOT / "inventory/example", tmp_path / "report.json", f"--extra-vars={json.dumps(faults)}"
    )
    assert status == 2, output
    assert [f"{item['host']}, {item['id']}: {item['detail']}" for item in report["checks"] if item["ok"] is False] == [
        "site, certificate: front-door: the key does not belong to the certificate (the server's own certificate stands first in a chain)",
        "site, certificate: front-door: the certificate expired at 2026-01-31 00:00 UTC; give a valid one",
        "site, certificate: front-door: the certificate is for www.example.org, not for hub.example.org",
        f"site, yunikorn: {quantity}",
        "site, yunikorn: team chess: it has neither members nor a group of the authenticator, so nobody could use it",
        (
            "site, jupyterhub: chart: the controller has no folder with a Chart.yaml and no archive at '/nowhere/jupyterhub'; correct the path, "
            "or leave it empty for the chart repository"
        ),
        "site, jupyterhub: oidc: authorize_url is missing; the provider tells it under /.well-known/openid-configuration",
        "site, jupyterhub: oidc: userdata_url is missing; the provider tells it under /.well-known/openid-configuration",
        f"site, jupyterhub: {quantity}",
        (
            "site, jupyterhub: courses: 'Course 1' is no DNS name; wanted small letters, digits and hyphens, at most 63, "
            "a letter or digit first and last"
        ),
        "site, jupyterhub: courses: they need shared_path, the file server's directory for what is shared",
        (
            "site, jupyterhub: database_url: it is no address of a PostgreSQL database, "
            "wanted postgresql+psycopg2://USER:PASSWORD@HOST:PORT/DATABASE"
        ),
        (
            "site, nvidia_gpu_operator: w2: slices is 0; "
            "set platform_gpu_slices to the number of pods that share one GPU, 1 for none"
        ),
        (
            "site, nvidia_gpu_operator: w2: the model NVIDIA-A100-SXM4-40GB has no MIG profile 7g.80gb; "
            "take of 1g.5gb, 1g.5gb+me, 1g.10gb, 2g.10gb, 3g.20gb, 4g.20gb, 7g.40gb"
        ),
    ]
    assert "not-for-logs" not in output


def test_what_machines_decide_for_roles_is_refused_before_the_first_change(tmp_path: Path) -> None:
    """One machine carries the whole site: the one that runs the tests. Nothing is changed there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    parts = ("load_balancers", "control_plane", "workers", "nfs_servers", "database_servers")
    site = {
        **yaml.safe_load((ROOT / "inventory/example/group_vars/all/platform.yml").read_text(encoding="utf-8")),
        "platform_domain": "hub_example",
        "platform_database_url": f"postgresql+psycopg2://hub:not-for-logs@127.0.0.1:{port}/hub",
        "jupyterhub_authenticator": "magic",
        "jupyterhub_profiles": [{"name": "huge", "cpu": {"limit": 100000}, "memory": {"limit": "1Gi"}, "gpu": 1}],
        "nfs_server_implementation": "ganesha",
        "nfs_server_homes": str(tmp_path / "homes"),
        "nfs_server_filesystem": "/nowhere",
        "nfs_server_quota_hard": "4096Pi",
        "preflight_files": [],
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
    }
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        json.dumps({"all": {"vars": site, "children": {part: {"hosts": {"here": {}}} for part in parts}}}),
        encoding="utf-8",
    )
    status, output, report = preflight(
        inventory, tmp_path / "report.json", '--extra-vars={"preflight_charts": []}', scope="machines"
    )
    assert status == 2, output
    own = {"certificate", "jupyterhub", "nfs_server", "hub_database"}
    mount = next(str(path) for path in tmp_path.parents if path.is_mount())
    assert [
        re.sub(
            r"has (cpu )?\d+(Mi)?(, memory [\d.]+Gi)?", r"has \1N\2", f"{item['host']}, {item['id']}: {item['detail']}"
        )
        for item in report["checks"]
        if item["id"] in own and item["ok"] is False
    ] == [
        "site, certificate: certificate_names: 'hub_example' is neither a DNS name nor an IPv4 address; write it like hub.example.org",
        "site, jupyterhub: host: 'hub_example' is neither a DNS name nor an IPv4 address; write it like hub.example.org",
        "site, jupyterhub: profile huge: asks for cpu 100000, memory 1.00Gi, more than any node that runs notebooks has (here has cpu N)",
        "site, jupyterhub: authenticator: 'magic' is unknown, wanted one of native, oidc, ldap, fixed",
        (
            f"here, nfs_server: export {tmp_path}/homes: this lies on the file system of {mount}, outside that of /nowhere; "
            "mount /nowhere, or set nfs_server_filesystem to where the exports lie"
        ),
        f"here, nfs_server: quota: hard 4096Pi is more than the whole file system of {mount}, which has NMi",
        (
            f"here, hub_database: here does not reach the hub's database at 127.0.0.1 port {port}: Connection refused. "
            "See that PostgreSQL runs there, that no firewall stands between, and that hub_database_clients holds this machine's address."
        ),
    ]
    assert "not-for-logs" not in output
