# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several plugins share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.plugins.fake_cluster import TOKEN, FakeCluster, served


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """A cluster on loopback, and ``KUBECONFIG`` set to an admin's access to it."""
    with served(FakeCluster()) as fake:
        path = tmp_path / "kubeconfig"
        path.write_text(
            f"""\
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "{fake.url}"}}}}]
users: [{{name: u, user: {{token: {TOKEN}}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
""",
            encoding="utf-8",
        )
        path.chmod(0o600)
        monkeypatch.setenv("KUBECONFIG", str(path))
        yield fake
