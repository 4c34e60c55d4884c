# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump of the hub's database brings back what was lost since, and a restore that cannot succeed stops nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.kubehub.platform.plugins.modules.notebook_cell import NotebookError, Server

from .lab import Lab

USER = "/hub/api/users/kubehub-verify-a"
Ask = Callable[[str], int]


@pytest.fixture
def ask(lab: Lab) -> Iterator[Ask]:
    """A function that asks the hub about the first reserved user, by the token that may, and returns how the hub answers; at the end it has none."""
    url = f"https://{lab.address(100)}"
    token = lab.secret("kubehub-kept", "verify-token")

    def answer(method: str) -> int:
        # A hub that has just been started answers 503 by its proxy until it listens.
        end = time.monotonic() + 120
        while True:
            try:
                Server(url, token, str(lab.state / f"{lab.name}-ca.pem"), end).ask(method, USER)
            except NotebookError as error:
                code = str(error).removeprefix(f"{method} {url}{USER}: ").split()[0]
                if code.isdigit() and code != "503":
                    return int(code)
                if time.monotonic() > end:
                    raise
                time.sleep(1)
            else:
                return 200

    answer("DELETE")
    yield answer
    answer("DELETE")


def restore(lab: Lab, log: str, dump: str = "", status: int = 0) -> str:
    """Run the playbook as an admin does, by default with the newest dump; return what it printed."""
    given = ("-e", f"hub_database_dump={dump}") if dump else ()
    confirmed = ("-e", f"restore_confirm={lab.name}")
    return lab.playbook("playbooks/restore_hub_database.yml", *confirmed, *given, log=log, status=status).output


def test_a_user_who_was_dropped_after_the_dump_is_back(lab: Lab, ask: Ask) -> None:
    assert ask("POST") == 200
    lab.shell("nfs1", "systemctl start hub-database-dump")
    assert ask("DELETE") == 200
    assert ask("GET") == 404
    restore(lab, "restore")
    assert ask("GET") == 200
    # What was there before the restore is kept beside it, and closed.
    kept = lab.shell(
        "nfs1",
        "runuser -u postgres -- psql -qAtc \"select datallowconn from pg_database where datname='jupyterhub_replaced'\"",
    )
    assert kept.output == "f\n"


def test_what_is_no_dump_is_refused_and_the_hub_goes_on(lab: Lab, ask: Ask) -> None:
    assert ask("POST") == 200
    lab.shell("nfs1", "echo nothing >/var/tmp/no.dump")
    said = " ".join(restore(lab, "restore-refused", "/var/tmp/no.dump", status=2).split())
    assert "/var/tmp/no.dump on nfs1 is no whole dump: " in said
    assert "Nothing was changed." in said
    assert ask("GET") == 200
