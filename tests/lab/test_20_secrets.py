# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No join token, certificate key or private key in a full `-vvv` run, in journals or in any process's arguments."""

from __future__ import annotations

import json

from .lab import Lab
from .secrets import findings


def test_the_search_finds_what_it_looks_for() -> None:
    """A search that finds nothing proves something only if it would find something."""
    key = "0123456789abcdef" * 4
    planted = (
        f'kubeadm join --token abc123.0123456789abcdef {{"certificate_key": "{key}"}} -----BEGIN RSA PRIVATE KEY-----'
    )
    assert findings(planted, {key}) == ["token abc123.0123456789abcdef", "key PRIVATE KEY-----", "known secret"]


def test_the_first_run_told_no_secret(lab: Lab) -> None:
    """What the first, most talkative run printed, and every argument list that was seen while it ran."""
    seen = json.loads((lab.logs / "watched.json").read_text(encoding="utf-8"))
    secrets = set(seen["secrets"])
    assert secrets, "no certificate key was seen while the control planes joined: the search would prove nothing"
    assert len(seen["arguments"]) > 100
    encryption_key = lab.shell(
        "cp1", "sed -n 's/^ *secret: *//p' /etc/kubernetes/*encrypt*/* /etc/kubernetes/*encrypt* 2>/dev/null | head -1"
    ).output.strip()
    assert encryption_key
    secrets.add(encryption_key)
    assert findings((lab.logs / "site-first.log").read_text(encoding="utf-8", errors="replace"), secrets) == []
    assert [(line, found) for line in seen["arguments"] if (found := findings(line, secrets))] == []
    for machine in ("cp1", "cp2", "cp3", "w1", "lb1"):
        journal = lab.shell(machine, "journalctl --no-pager -o cat")
        assert findings(journal.output, secrets) == [], machine


def test_no_join_token_outlives_the_run(lab: Lab) -> None:
    """kubeadm init's own token of 24 hours, ours and the one that holds the uploaded certificates are gone."""
    left = lab.kubectl("-n", "kube-system", "get", "secrets", "-o", "name").output.split()
    assert [name for name in left if "bootstrap-token" in name or "kubeadm-certs" in name] == []
