#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_info
short_description: Tell what preflight must know of a machine
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Reads in one round trip what decides whether a machine can become part of a site.
  - Judges nothing and changes nothing. What it cannot read is empty or V(null).
extends_documentation_fragment:
  - kubehub.platform._info
options:
  asked_at:
    description: The controller's clock when it asks, in seconds since 1970. Comes back as it is, for whoever compares clocks.
    type: float
  kernel_modules:
    description: Kernel modules to look for.
    type: list
    elements: str
    default: []
  disk_path:
    description: A folder on the file system whose space counts; where it is missing, the nearest folder above it.
    type: path
    default: /var/lib
  sync_path:
    description:
      - A folder on the file system whose synchronous writes are timed, for at most two seconds; where it is missing, the
        nearest folder above it. The writes go to a file without a name, which ends with the module.
      - Without it nothing is timed, and nothing where etcd runs already, as that would disturb it.
    type: path
notes:
  - Which process holds a port, and what C(/etc/kubernetes) holds, only root can see.
"""

EXAMPLES = r"""
- name: Look at the machine
  kubehub.platform.machine_info:
    kernel_modules: [overlay, br_netfilter]
  become: true
  register: result
"""

RETURN = r"""
machine:
  description: What was seen.
  returned: success
  type: dict
  contains:
    asked_at: {description: The option of that name., type: float}
    time: {description: The machine's clock in seconds since 1970., type: float}
    uid: {description: The user that the module ran as., type: int}
    python: {description: The version of Python that ran the module., type: str}
    system: {description: "The distribution from os-release, such as C(debian).", type: str}
    system_version: {description: "The distribution's version, such as C(13).", type: str}
    architecture: {description: The kernel's name of the architecture., type: str}
    init: {description: Name of the first process., type: str}
    container: {description: Whether the machine is itself a container., type: bool}
    hostname: {description: The kernel's host name., type: str}
    machine_id: {description: Content of C(/etc/machine-id)., type: str}
    cpus: {description: Number of CPUs that may be used., type: int}
    memory_mib: {description: Memory in MiB., type: int}
    disk_free_mib: {description: Free space for ordinary users in MiB., type: int}
    interfaces:
      description: Network interfaces with C(name), C(mac) and C(addresses); V(null) without the program C(ip).
      type: list
      elements: dict
    listeners:
      description: Listening TCP sockets with C(address), C(port) and C(process); the process is empty for the kernel's own.
      type: list
      elements: dict
    missing_kernel_modules: {description: Wanted modules that the kernel doesn't have., type: list, elements: str}
    kubernetes:
      description: The cluster that the machine is part of.
      type: dict
      contains:
        member: {description: Whether a kubelet was set up here., type: bool}
        server: {description: The API server's address in the administrator's kubeconfig or else the kubelet's., type: str}
        ca_sha256: {description: SHA-256 of the cluster's CA certificate., type: str}
        api_server: {description: Version of the API server's static pod., type: str}
        kubelet: {description: Version of the kubelet's program., type: str}
    sync_p99_ms: {description: 99th percentile of a synchronous write in milliseconds or V(null)., type: float}
"""

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubehub.platform.plugins.module_utils._site import proc

# etcd's own writes are about this long (etcd's documentation, "Hardware recommendations", measures with fio --bs=2300).
SYNC_BYTES = 2300
SYNC_WRITES = 200
SYNC_SECONDS = 2.0


def read(path: str) -> str:
    """Return a file's text, empty when it can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def nearest(path: str) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    folder = Path(path)
    return next(candidate for candidate in (folder, *folder.parents) if candidate.is_dir())


def link_of(path: Path) -> str:
    """Return where a link leads, empty when it can't be read: processes close files and end while they are looked at."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def holders(inodes: set[str]) -> dict[str, str]:
    """Return the name of the process that holds each of the sockets' inodes."""
    found: dict[str, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        if len(found) == len(inodes):
            break
        try:
            links = {link_of(link) for link in (process / "fd").iterdir()}
        except OSError:
            continue
        held = {inode for inode in inodes if f"socket:[{inode}]" in links}
        if held:
            name = proc.process_name(link_of(process / "exe"), read(str(process / "comm")).strip())
            found.update(dict.fromkeys(held, name))
    return found


def listeners() -> list[proc.Listener]:
    """Return what listens on this machine."""
    sockets = {**proc.listening(read("/proc/net/tcp")), **proc.listening(read("/proc/net/tcp6"))}
    return proc.listeners(sockets, holders(set(sockets)))


def interfaces(module: AnsibleModule) -> list[proc.Interface] | None:
    """Return the network interfaces, or None without the program that lists them."""
    program = module.get_bin_path("ip")
    if not program:
        return None
    rc, out, _err = module.run_command([program, "-json", "address", "show"])
    return proc.interfaces(out) if rc == 0 else None


def missing_kernel_modules(wanted: list[str]) -> list[str]:
    """Return the wanted kernel modules that this kernel doesn't have."""
    folder = f"/lib/modules/{os.uname().release}"
    present = [path.name for path in Path("/sys/module").glob("*")]
    return proc.modules_without_file(wanted, present, read(f"{folder}/modules.builtin"), read(f"{folder}/modules.dep"))


def kubernetes(module: AnsibleModule) -> dict[str, Any]:
    """Return which cluster this machine is part of."""
    folder = Path("/etc/kubernetes")
    kubelet = module.get_bin_path("kubelet", opt_dirs=["/usr/local/bin"])
    version = module.run_command([kubelet, "--version"])[1] if kubelet else ""
    server = proc.kubeconfig_server(read(str(folder / "admin.conf")))
    authority = folder / "pki/ca.crt"
    return {
        "member": (folder / "kubelet.conf").is_file(),
        "server": server or proc.kubeconfig_server(read(str(folder / "kubelet.conf"))),
        "ca_sha256": hashlib.sha256(authority.read_bytes()).hexdigest() if authority.is_file() else "",
        "api_server": proc.image_version(read(str(folder / "manifests/kube-apiserver.yaml"))),
        "kubelet": version.strip().rpartition(" ")[2].removeprefix("v"),
    }


def sync_durations(path: str) -> list[float]:
    """Return how long synchronous writes took, in seconds; none where the file system knows no file without a name."""
    durations: list[float] = []
    try:
        file = os.open(nearest(path), os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError:
        return durations
    try:
        end = time.monotonic() + SYNC_SECONDS
        while len(durations) < SYNC_WRITES and time.monotonic() < end:
            os.write(file, bytes(SYNC_BYTES))
            begin = time.monotonic()
            os.fdatasync(file)
            durations.append(time.monotonic() - begin)
    finally:
        os.close(file)
    return durations


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "asked_at": {"type": "float"},
            "kernel_modules": {"type": "list", "elements": "str", "default": []},
            "disk_path": {"type": "path", "default": "/var/lib"},
            "sync_path": {"type": "path"},
        },
        supports_check_mode=True,
    )
    now = time.time()
    sync_path = None if Path("/etc/kubernetes/manifests/etcd.yaml").exists() else module.params["sync_path"]
    system, system_version = proc.os_release(read("/etc/os-release"))
    disk = os.statvfs(nearest(module.params["disk_path"]))
    machine = {
        "asked_at": module.params["asked_at"],
        "time": now,
        "uid": os.geteuid(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "system": system,
        "system_version": system_version,
        "architecture": os.uname().machine,
        "init": read("/proc/1/comm").strip(),
        "container": Path("/run/systemd/container").exists() or "\0container=" in "\0" + read("/proc/1/environ"),
        "hostname": os.uname().nodename,
        "machine_id": read("/etc/machine-id").strip(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_mib": proc.memory_mib(read("/proc/meminfo")),
        "disk_free_mib": disk.f_bavail * disk.f_frsize // 2**20,
        "interfaces": interfaces(module),
        "listeners": listeners(),
        "missing_kernel_modules": missing_kernel_modules(module.params["kernel_modules"]),
        "kubernetes": kubernetes(module),
        "sync_p99_ms": proc.sync_p99_ms(sync_durations(sync_path) if sync_path else []),
    }
    module.exit_json(changed=False, machine=machine)


if __name__ == "__main__":
    main()
