# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs of their own for tests that take long: each has a name and a subnet that no other has."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.lab import Lab


@contextmanager
def lab_of(name: str, number: int, **environment: str) -> Iterator[Lab]:
    """Bare machines and a mirror as lab kubehub-``name`` in 198.18.``number``.0/24, gone afterwards; ``environment`` is for all that is done to it."""
    logs = Path(os.environ.get("LAB_LOGS") or tempfile.mkdtemp(prefix=f"kubehub-{name}-"))
    lab = Lab(f"kubehub-{name}", f"198.18.{number}.0/24", logs)
    lab.environment.update(environment)
    lab.run("lab/molecule", "destroy", log="destroy-first")
    try:
        lab.run("lab/up.sh", log="up")
        lab.playbook("playbooks/mirror.yml")
        yield lab
    finally:
        lab.run("lab/molecule", "destroy", log="destroy-last")
