# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's readers: what they make of nft's and the kernel's words, and the words and commands that follow from findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.doctor.__main__ import fixes, table
from lab.doctor.gather import ask, forward_drops, gather, kernel_states, overlay_probe
from lab.doctor.judge import KERNEL_NEEDED, Finding, ForwardChain

from .test_judge import GOOD


def test_forward_drops_are_base_chains_with_that_hook_and_policy() -> None:
    ruleset = {
        "nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "ip", "name": "filter"}},
            {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "policy": "drop"}},
            {"chain": {"family": "ip", "table": "filter", "name": "INPUT", "hook": "input", "policy": "drop"}},
            {"chain": {"family": "inet", "table": "mine", "name": "fwd", "hook": "forward", "policy": "accept"}},
            {"chain": {"family": "ip", "table": "filter", "name": "NETAVARK_FORWARD"}},
        ]
    }
    assert forward_drops(ruleset) == (ForwardChain("ip", "filter", "FORWARD"),)


def machine(root: Path, release: str, builtin: str = "", modules: str = "", config: str = "") -> Path:
    """A file system with a kernel's lists."""
    folder = root / "lib/modules" / release
    folder.mkdir(parents=True)
    (folder / "modules.builtin").write_text(builtin)
    (folder / "modules.dep").write_text(modules)
    (root / "boot").mkdir()
    (root / f"boot/config-{release}").write_text(config)
    return root


def test_a_kernel_feature_is_here_loadable_or_missing(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        "6.1.0",
        builtin="kernel/net/bridge/bridge.ko\n",
        modules="kernel/fs/overlayfs/overlay.ko.xz:\nkernel/drivers/net/vxlan/vxlan.ko: kernel/net/ipv4/udp_tunnel.ko\n",
        config="CONFIG_VETH=y\nCONFIG_NF_TABLES=m\n",
    )
    (root / "sys/module/nf_conntrack").mkdir(parents=True)
    assert kernel_states(tuple(KERNEL_NEEDED), "6.1.0", root) == {
        "overlay": "loadable",
        "br_netfilter": "missing",
        "nf_tables": "missing",
        "nf_conntrack": "here",
        "veth": "here",
        "bridge": "here",
        "vxlan": "loadable",
    }


def test_ask_has_no_answer_from_a_command_that_fails_or_is_missing() -> None:
    assert ask(["sh", "-c", "echo yes"]) == "yes\n"
    assert ask(["sh", "-c", "echo yes; exit 3"]) is None
    assert ask(["there-is-no-such-command"]) is None


def test_storage_that_cannot_be_tried_is_unknown(tmp_path: Path) -> None:
    assert overlay_probe(str(tmp_path), [str(tmp_path / "no-sudo")]) is None


def test_a_failed_probe_says_why(tmp_path: Path) -> None:
    refusing = tmp_path / "sudo"
    refusing.write_text("#!/bin/sh\necho 'mount: no such luck' >&2\nexit 32\n")
    refusing.chmod(0o755)
    assert overlay_probe(str(tmp_path / "not/there/yet"), [str(refusing)]) == "mount: no such luck"


def test_gathering_works_on_the_machine_that_runs_this() -> None:
    facts = gather({"LAB_NAME": "x", "LAB_SUBNET": "198.18.90.0/24", "HTTP_PROXY": "http://p:1"}, "python")
    assert (facts.lab_name, facts.lab_subnet, facts.python) == ("x", "198.18.90.0/24", "python")
    assert facts.proxies == {"http_proxy": "http://p:1"}
    assert facts.cores >= 1
    assert facts.cache.free > 0
    assert set(facts.kernel) == set(KERNEL_NEEDED)


def test_the_table_has_every_finding_and_its_remedy() -> None:
    findings = [Finding("ok", "rights", "root"), Finding("problem", "memory", "too little", "buy some")]
    assert table(findings) == (
        "ok        rights           root\nPROBLEM   memory           too little\n                           -> buy some"
    )


@pytest.mark.parametrize(
    ("kernel", "instances", "commands"),
    [
        ({}, 8192, []),
        ({"overlay": "loadable", "vxlan": "here"}, 8192, [["modprobe", "--all", "overlay"]]),
        ({}, 128, [["sysctl", "--quiet", "--write", "fs.inotify.max_user_instances=8192"]]),
    ],
)
def test_fixes_are_what_the_findings_promise(kernel: dict[str, str], instances: int, commands: list[list[str]]) -> None:
    inotify = {**GOOD.inotify, "max_user_instances": instances}
    assert fixes(replace(GOOD, kernel={**GOOD.kernel, **kernel}, inotify=inotify)) == commands
