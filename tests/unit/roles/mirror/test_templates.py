# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx and the registry are told, and what the role refuses, rendered as Ansible renders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/mirror"
PARTS = ("SHA256SUMS", "images.json", "manifest.json", "files")


def parts(*absent: str) -> dict[str, Any]:
    """Return what the role sees of a content folder that lacks some of its parts."""
    return {"results": [{"item": part, "stat": {"exists": part not in absent, "checksum": "0"}} for part in PARTS]}


def templar(**inputs: Any) -> Templar:
    """Return what renders with the role's defaults and variables."""
    loader = DataLoader()
    variables: dict[str, Any] = {"ansible_managed": "Ansible managed", "ansible_check_mode": False}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    return Templar(loader, variables=variables | {"__mirror_parts": parts()} | inputs)


def render(name: str, **inputs: Any) -> str:
    """Return a rendered template."""
    text = trust_as_template((ROLE / "templates" / name).read_text(encoding="utf-8"))
    return str(templar(**inputs).template(text, escape_backslashes=False))


def reasons(**inputs: Any) -> list[str]:
    """Return what the role has against its inputs."""
    return list(templar(**inputs).template(trust_as_template("{{ __mirror_reasons }}")))


def test_a_mirror_speaks_plain_http_without_a_certificate() -> None:
    text = render("nginx.conf.j2")
    assert "    listen *:80 default_server;\n" in text
    assert "    root /srv/kubehub-content/files;\n" in text
    assert "        proxy_pass http://127.0.0.1:5000;\n" in text
    assert "ssl" not in text


def test_a_mirror_speaks_https_with_one() -> None:
    text = render("nginx.conf.j2", mirror_certificate="PEM", mirror_certificate_key="PEM", mirror_address="192.0.2.51")
    assert "    listen 192.0.2.51:443 default_server ssl;\n" in text
    assert "    ssl_certificate_key /etc/nginx/kubehub-mirror.key;\n" in text


@pytest.mark.parametrize("location", ["/", "/v2/"])
def test_nothing_can_be_written(location: str) -> None:
    refusal = f"    location {location} {{\n        limit_except GET {{\n            deny all;\n        }}\n"
    assert refusal in render("nginx.conf.j2")


def test_the_registry_is_only_reached_through_nginx() -> None:
    config = yaml.safe_load(render("registry.yml.j2", mirror_registry_port=5001, mirror_registry_storage="/srv/images"))
    assert config["http"]["addr"] == "127.0.0.1:5001"
    assert config["storage"]["filesystem"] == {"rootdirectory": "/srv/images"}
    assert "auth" not in config


def test_good_inputs_have_no_reason_against_them() -> None:
    assert reasons() == []


def test_all_reasons_are_given_at_once() -> None:
    assert reasons(
        __mirror_parts=parts("images.json", "files"),
        mirror_port=0,
        mirror_registry_port=0,
        mirror_certificate_key="PEM",
    ) == [
        (
            "/srv/kubehub-content lacks images.json, files; fill a content folder on a machine with internet and carry it "
            "there, or set mirror_content to where it lies"
        ),
        "mirror_port is 0, wanted 1 to 65535",
        "mirror_registry_port is 0, wanted 1 to 65535",
        "mirror_port and mirror_registry_port are both 0; give each its own",
        "one of mirror_certificate and mirror_certificate_key is empty; give both or none",
    ]


def test_a_pair_that_cannot_serve_is_refused() -> None:
    assert reasons(mirror_certificate="a", mirror_certificate_key="b") == [
        "mirror_certificate: the certificate is not PEM text that begins with -----BEGIN CERTIFICATE-----",
        "mirror_certificate: the key is not the PEM text of a private key",
    ]
