# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role refuses, and what it asks to be signed, rendered as Ansible renders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/certificate"
SITE = {
    "platform_name": "department",
    "platform_kubeconfig": "/home/admin/.kube/department.conf",
    "certificate_name": "front-door",
    "certificate_names": ["hub.example.org", "192.0.2.100"],
    "ansible_check_mode": False,
}


def rendered(expression: str, **inputs: Any) -> Any:
    """Return an expression's value with the role's defaults and variables."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    return Templar(loader, variables=variables | SITE | inputs).template(trust_as_template(f"{{{{ {expression} }}}}"))


def reasons(**inputs: Any) -> list[str]:
    """Return what the role has against its inputs."""
    return list(rendered("__certificate_reasons", **inputs))


def test_good_inputs_have_no_reason_against_them() -> None:
    assert reasons() == []


def test_the_ca_is_put_beside_the_kubeconfig() -> None:
    assert rendered("certificate_authority_path") == "/home/admin/.kube/department-ca.pem"


def test_names_and_addresses_are_told_apart() -> None:
    wanted = ["DNS:hub.example.org", "IP:192.0.2.100", "DNS:1.example.org"]
    names = ["hub.example.org", "192.0.2.100", "1.example.org"]
    assert rendered("__certificate_alternatives", certificate_names=names) == wanted


def test_all_reasons_are_given_at_once() -> None:
    assert reasons(
        certificate_name="../front door",
        certificate_names=["our hub"],
        certificate_days=90,
        certificate_authority_days=90,
        certificate_given="/nowhere/hub.pem",
    ) == [
        (
            "certificate_name is '../front door', wanted at most 64 letters, digits, dots, hyphens and underscores, a letter or "
            "digit first"
        ),
        (
            "one of certificate_given and certificate_given_key is empty; give both, or none for one that the site's own CA "
            "signs"
        ),
        "the controller has no file /nowhere/hub.pem; give the paths of PEM files there",
        "certificate_renew_days is 90, wanted 1 to 89, less than certificate_days",
        "certificate_authority_days is 90, wanted more than certificate_days, 90",
        "certificate_names: 'our hub' is neither a DNS name nor an IPv4 address; write it like hub.example.org",
    ]


def test_two_missing_files_are_named_both() -> None:
    assert reasons(certificate_given="/nowhere/hub.pem", certificate_given_key="/nowhere/hub.key") == [
        "the controller has no file /nowhere/hub.pem and no file /nowhere/hub.key; give the paths of PEM files there"
    ]


def test_a_given_pair_that_cannot_serve_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.pem").write_text("a", encoding="utf-8")
    (tmp_path / "hub.key").write_text("s3cret", encoding="utf-8")
    assert reasons(certificate_given=str(tmp_path / "hub.pem"), certificate_given_key=str(tmp_path / "hub.key")) == [
        "front-door: the certificate is not PEM text that begins with -----BEGIN CERTIFICATE-----",
        "front-door: the key is not the PEM text of a private key",
    ]


@pytest.mark.parametrize(
    ("check", "exist", "bare"),
    [(True, (True, True, False), True), (True, (True, True, True), False), (False, (False, False, False), False)],
)
def test_a_pair_is_only_pretended_in_check_mode_where_one_is_missing(
    check: bool, exist: tuple[bool, bool, bool], bare: bool
) -> None:
    paths = rendered("__certificate_paths")
    found = {"texts": {path: "PEM" for path, one in zip(paths, exist, strict=True) if one}}
    assert rendered("__certificate_bare", ansible_check_mode=check, __certificate_found=found) is bare
    assert rendered("__certificate_texts", __certificate_found=found) == ["PEM" if one else "" for one in exist]


@pytest.mark.parametrize(
    ("inputs", "step"),
    [
        ({}, "made"),
        ({"certificate_given": "/nowhere/hub.pem"}, "given"),
        ({"certificate_state": "absent", "certificate_given": "/nowhere/hub.pem"}, "absent"),
    ],
)
def test_a_pair_is_made_taken_or_removed(inputs: dict[str, str], step: str) -> None:
    assert rendered("__certificate_step", **inputs) == step


def test_the_controller_keeps_the_authority_when_its_copy_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    inputs = {"certificate_authority_path": str(path), "certificate_authority": "PEM\n"}
    assert rendered("__certificate_authority_kept", **inputs) is False
    path.write_text("another\n", encoding="utf-8")
    assert rendered("__certificate_authority_kept", **inputs) is False
    path.write_text("PEM\n", encoding="utf-8")
    assert rendered("__certificate_authority_kept", **inputs) is True
