# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab whose storage machine is a virtual one: the kernel's NFS server on XFS, with a quota for each home that its user's notebook meets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.lab.lab import Lab
from tests.long.labs import lab_of

# As a user on a node: a home that the quota service finds, what df says of it, and where writing ends.
FILL = """
mkdir -p /mnt/homes
mount -t nfs4 {server}:/srv/homes /mnt/homes
cd /mnt/homes
setpriv --reuid=1000 --regid=1000 --clear-groups sh -c '
mkdir -m 0700 filled
for second in $(seq 20); do [ $(df --output=size -BM filled | tail -1) != 900M ] || break; sleep 1; done
df --output=size -BM filled | tail -1
dd if=/dev/zero of=filled/all bs=1M count=1200 conv=fsync 2>&1 | grep -oE "No space left on device|Disk quota exceeded"
stat --format=%s filled/all
rm -r filled'
cd /
umount /mnt/homes
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A site whose storage is a virtual machine."""
    with lab_of("vm", 19, LAB_STORAGE="vm") as lab:
        lab.playbook("site.yml", log="site-vm")
        yield lab


def ssh(lab: Lab, script: str) -> str:
    """What a script prints as root on the storage machine, which podman does not reach."""
    return lab.run("lab/login.sh", "nfs1", "sh", "-c", script, log="ssh-nfs1", timeout=300).output


def limits(lab: Lab) -> dict[str, tuple[int, int]]:
    """Each home's project id and hard limit."""
    homes = json.loads(ssh(lab, "kubehub-quota report --format json"))["homes"]
    return {home["name"]: (home["project"], home["hard"]) for home in homes}


def test_the_storage_is_a_machine_with_a_kernel_of_its_own(lab: Lab) -> None:
    assert ssh(lab, "systemd-detect-virt --container || systemd-detect-virt --vm").split() in (
        ["none", "kvm"],
        ["none", "qemu"],
    )
    assert ssh(lab, "findmnt -no FSTYPE,OPTIONS /srv").startswith("xfs ")
    assert "prjquota" in ssh(lab, "findmnt -no OPTIONS /srv")
    assert ssh(lab, "systemctl is-active nfs-server kubehub-quota").split() == ["active", "active"]


def test_verify_proves_the_quota_in_a_notebook(lab: Lab) -> None:
    report = lab.logs / "verify-vm.json"
    lab.playbook("playbooks/verify.yml", "-e", f"verify_report_path={report}", log="verify-vm")
    content = json.loads(report.read_text(encoding="utf-8"))
    assert content["ok"] is True
    (quota,) = [check for check in content["checks"] if check["id"] == "hub_quota"]
    assert quota["ok"] is True, quota


def test_a_home_holds_its_quota_and_no_more(lab: Lab) -> None:
    """``df`` says the soft limit of 900 MiB, and the hard one of 1 GiB is where the server refuses."""
    size, refused, written = lab.shell("w1", FILL.format(server=lab.address(41))).output.splitlines()
    assert size.split() == ["900M"]
    assert refused in ("No space left on device", "Disk quota exceeded")
    assert 2**30 - 2**24 < int(written) <= 2**30


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    assert lab.playbook("site.yml", log="site-vm-second").changed == {}


def test_the_firewall_and_the_quotas_are_there_after_a_restart(lab: Lab) -> None:
    """The virtual machine loses its power, and its disks have what they had."""
    before = limits(lab)
    assert before
    lab.run("podman", "restart", f"{lab.name}-nfs1", log="restart-nfs1")
    lab.run("lab/up.sh", log="up-again", timeout=1800, LAB_MACHINES="nfs1")
    assert ssh(lab, "systemctl is-active nfs-server kubehub-quota kubehub-nfs-server").split() == ["active"] * 3
    assert limits(lab) == before
