# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for all tests of this folder; `make test` makes and removes it.

The files are run in the order of their names and build on each other, as a site grows.
For some of them on a lab that stands: ``LAB_NAME=mine LAB_SUBNET=198.18.9.0/24 LAB_LOGS=/tmp/logs .venv/bin/pytest tests/lab -k verify``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .lab import Lab


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The lab whose machines `lab/test.sh` has made, bare; its logs are kept in ``LAB_LOGS``."""
    missing = [name for name in ("LAB_NAME", "LAB_SUBNET", "LAB_LOGS") if not os.environ.get(name)]
    if missing:
        pytest.fail(
            f"{', '.join(missing)} not set: `make test` brings up a lab and runs these tests on it", pytrace=False
        )
    logs = Path(os.environ["LAB_LOGS"])
    logs.mkdir(parents=True, exist_ok=True)
    return Lab(os.environ["LAB_NAME"], os.environ["LAB_SUBNET"], logs)
