# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What PostgreSQL and systemd are told, and what the role refuses, rendered as Ansible renders it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).parents[4] / "roles/hub_database"
MACHINE = {
    "inventory_hostname": "nfs1",
    "ansible_check_mode": False,
    "ansible_facts": {"distribution_release": "bookworm"},
    "ansible_managed": "Ansible managed",
    "hub_database_address": "192.0.2.41",
    "hub_database_clients": ["192.0.2.31/32", "192.0.2.32/32"],
    "hub_database_certificate": "",
    "hub_database_certificate_key": "",
    "__hub_database_machine": {"files": {}},
}


def templar(**inputs: Any) -> Templar:
    """Return what renders with the role's defaults and variables."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for path in ("defaults/main.yml", "vars/main.yml"):
        variables |= loader.load_from_file(str(ROLE / path), trusted_as_template=True)
    return Templar(loader, variables=variables | MACHINE | inputs)


def render(name: str, **inputs: Any) -> str:
    """Return a rendered template."""
    text = trust_as_template((ROLE / "templates" / name).read_text(encoding="utf-8"))
    return str(templar(**inputs).template(text, escape_backslashes=False))


def value(expression: str, **inputs: Any) -> Any:
    """Return an expression's value."""
    return templar(**inputs).template(trust_as_template(f"{{{{ {expression} }}}}"))


OURS = "/etc/postgresql/15/main/conf.d/hub_database.conf"


def database(folder: str, version: str = "15") -> str:
    """Return the file by which the role knows a database."""
    return f"/var/lib/postgresql/{version}/main/base/{folder}/PG_VERSION"


def machine(*clusters: str, others: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the role sees of a machine with these clusters and other files."""
    paths = [*(f"/etc/postgresql/{name}/postgresql.conf" for name in clusters), *others]
    return {"files": dict.fromkeys(paths, "640 postgres postgres 0")}


def test_clients_log_in_over_tls_with_a_password_and_nobody_else_does() -> None:
    rules = [line.split() for line in render("pg_hba.conf.j2").splitlines() if line and not line.startswith("#")]
    assert rules == [
        ["local", "all", "postgres", "peer", "map=administrators"],
        ["hostssl", "jupyterhub", "jupyterhub", "127.0.0.1/32", "scram-sha-256"],
        ["hostssl", "jupyterhub", "jupyterhub", "192.0.2.31/32", "scram-sha-256"],
        ["hostssl", "jupyterhub", "jupyterhub", "192.0.2.32/32", "scram-sha-256"],
    ]


def test_the_server_speaks_tls_with_its_own_certificate() -> None:
    lines = render("hub_database.conf.j2", hub_database_port=5433).splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [
        "listen_addresses = '*'",
        "port = 5433",
        "password_encryption = 'scram-sha-256'",
        "ssl = on",
        "ssl_cert_file = '/etc/postgresql/15/main/hub_database.pem'",
        "ssl_key_file = '/etc/postgresql/15/main/hub_database.key'",
    ]


@pytest.mark.parametrize(("release", "version"), [("bookworm", "15"), ("trixie", "17"), ("noble", "16")])
def test_a_bare_machine_gets_its_system_s_version(release: str, version: str) -> None:
    facts = {"distribution_release": release}
    assert value("__hub_database_unit", ansible_facts=facts) == f"postgresql@{version}-main"


def test_a_machine_keeps_its_version_when_its_system_is_upgraded() -> None:
    facts = {"distribution_release": "trixie"}
    found = value("__hub_database_etc", ansible_facts=facts, __hub_database_machine=machine("15/main"))
    assert found == "/etc/postgresql/15/main"


def test_a_machine_with_two_clusters_is_refused() -> None:
    found = value("__hub_database_reasons", __hub_database_machine=machine("17/main", "15/main"))
    assert found[-1] == (
        "the machine has the PostgreSQL clusters 15/main, 17/main, wanted none or a single one called main; "
        "move or drop the others (pg_lsclusters, pg_upgradecluster, pg_dropcluster)"
    )


def test_a_machine_whose_postgresql_serves_others_is_refused() -> None:
    found = value(
        "__hub_database_reasons",
        __hub_database_machine=machine(
            "15/main", others=[database("1"), database("16384"), database("16390"), database("16384", version="13")]
        ),
    )
    assert found[-1] == (
        "PostgreSQL on this machine serves others already (databases: 2), and this role would rewrite who may log in; "
        "take another machine, or move them"
    )


def test_a_machine_of_ours_is_not_refused_for_our_database() -> None:
    found = value(
        "__hub_database_machine_checks | selectattr('refuse')",
        __hub_database_machine=machine("15/main", others=[OURS, database("16384")]),
    )
    assert list(found) == []


def test_an_unreachable_database_is_named_with_what_to_do() -> None:
    reached = {"rc": 1, "stdout": "Connection refused", "stderr": ""}
    assert value("__hub_database_unreachable", inventory_hostname="w1", __hub_database_reached=reached) == (
        "w1 does not reach the hub's database at 192.0.2.41 port 5432: Connection refused. See that PostgreSQL runs there, "
        "that no firewall stands between, and that hub_database_clients holds this machine's address."
    )


def test_the_newest_dump_is_restored_where_none_is_named() -> None:
    files = [{"path": f"/b/jupyterhub-202606{day:02}T023000Z.dump"} for day in (2, 10, 1)]
    assert value("__hub_database_chosen", __hub_database_dumps={"files": files}) == files[1]["path"]
    assert value("__hub_database_chosen", __hub_database_dumps={"files": []}) == ""
    assert value("__hub_database_chosen", __hub_database_dumps={}, hub_database_dump="/b/one") == "/b/one"


PROGRAM = """#!/bin/sh
for word; do case $word in --file=*) echo data >"${word#--file=}" ;; esac; done
exit "$DUMP_STATUS"
"""


def dump(folder: Path, kept: int, status: int = 0) -> int:
    """Run the script that dumps, with programs that stand in for PostgreSQL's, and return its exit status."""
    for name, text in (("pg_dump", PROGRAM), ("pg_restore", "#!/bin/sh\nexit 0\n")):
        (folder.parent / name).write_text(text, encoding="utf-8")
        (folder.parent / name).chmod(0o755)
    return subprocess.run(
        ["sh", ROLE / "files/hub-database-dump.sh", folder, "jupyterhub", "5432", str(kept)],
        env=os.environ | {"PATH": f"{folder.parent}:{os.environ['PATH']}", "DUMP_STATUS": str(status)},
        check=False,
    ).returncode


def test_a_dump_replaces_the_oldest(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    old = [folder / f"jupyterhub-2020010{day}T023000Z.dump" for day in range(1, 5)]
    for path in [*old, folder / "notes.txt"]:
        path.touch()
    assert dump(folder, kept=3) == 0
    (new,) = set(folder.glob("*.dump")) - set(old)
    assert {path.name for path in folder.iterdir()} == {"notes.txt", old[2].name, old[3].name, new.name}
    assert (new.read_text(encoding="utf-8"), new.stat().st_mode & 0o777) == ("data\n", 0o600)


def test_a_dump_that_fails_leaves_nothing_and_removes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    old = [folder / f"jupyterhub-2020010{day}T023000Z.dump" for day in range(1, 5)]
    for path in old:
        path.touch()
    assert dump(folder, kept=1, status=1) == 1
    assert set(folder.iterdir()) == set(old)


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        ({}, ["", ""]),
        ({"/etc/kubehub/hub_database.password": "s3cret"}, ["s3cret", ""]),
        ({"/etc/postgresql/15/main/hub_database_authority.pem": "PEM\n"}, ["", "PEM\n"]),
        (
            {
                "/etc/kubehub/hub_database.password": "s3cret",
                "/etc/postgresql/15/main/hub_database_authority.pem": "PEM\n",
            },
            ["s3cret", "PEM\n"],
        ),
    ],
)
def test_what_the_hub_needs_to_log_in_is_found(found: dict[str, str], texts: list[str]) -> None:
    assert value("__hub_database_login_texts", __hub_database_login_files={"texts": found}) == texts
