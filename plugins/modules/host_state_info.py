#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_state_info
short_description: Tell which packages, files, units and tables of the firewall stand on a machine, at one look
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Reads in one round trip what a role would otherwise ask with a module for each package, file and unit, so that a run that has
    nothing to do is quick.
  - Judges nothing and changes nothing.
notes:
  - A task that asks for secret O(texts) needs C(no_log).
extends_documentation_fragment:
  - kubehub.platform._info
options:
  packages:
    description: Debian packages to look for.
    type: list
    elements: str
    default: []
  files:
    description: Paths of files, or patterns of paths as a shell expands them.
    type: list
    elements: str
    default: []
  units:
    description: systemd's units, with their suffix.
    type: list
    elements: str
    default: []
  texts:
    description: Paths of files whose text is wanted, or patterns of paths as a shell expands them.
    type: list
    elements: str
    default: []
  tables:
    description: nftables' tables of the family inet, by name.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look at the balancer
  kubehub.platform.host_state_info:
    packages: [haproxy]
    files: [/etc/haproxy/haproxy.cfg, /etc/haproxy/certs/*.pem]
    units: [haproxy.service]
  become: true
  register: found

- name: Configure it where it differs
  ansible.builtin.include_tasks: configure.yml
  when: found.files != wanted_files or found.packages_missing is truthy or found.units_idle is truthy
"""

RETURN = r"""
packages_missing:
  description: Packages that are not installed, in the order in which they were asked for.
  returned: success
  type: list
  elements: str
versions:
  description: Versions of those that are installed, by their names.
  returned: success
  type: dict
  sample: {haproxy: 3.0.11-1+deb13u1}
files:
  description:
    - What is known of each file that exists, by its path; its mode in octal digits, its owner and group, and the SHA-256 of its content, with
      a space between each.
  returned: success
  type: dict
  sample: {/etc/haproxy/haproxy.cfg: "644 root root 7d51f8f2a7601dad06e8c0302055bd5538c42a4d65e9fbc2049270bc464e69fe"}
units_idle:
  description: Units that do not run now or are not enabled for the next boot, in the order in which they were asked for.
  returned: success
  type: list
  elements: str
texts:
  description: The text of each file that exists, by its path.
  returned: success
  type: dict
  sample: {/proc/sys/net/ipv4/ip_nonlocal_bind: "1\n"}
tables_missing:
  description: Tables that the kernel does not have, or that cannot be listed, in the order in which they were asked for.
  returned: success
  type: list
  elements: str
"""

import glob
import grp
import hashlib
import pwd
import stat
from collections.abc import Callable
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def name_of(look_up: Callable[[int], tuple[object, ...]], number: int) -> str:
    """Return the name of a user's or a group's number, or the number where it has none."""
    try:
        return str(look_up(number)[0])
    except KeyError:
        return str(number)


def described(path: Path) -> str:
    """Return a file's mode, owner, group and SHA-256."""
    about = path.stat()
    owner, group = name_of(pwd.getpwuid, about.st_uid), name_of(grp.getgrgid, about.st_gid)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{stat.S_IMODE(about.st_mode):o} {owner} {group} {digest}"


def found(patterns: list[str]) -> list[Path]:
    """Return the files at paths and patterns of paths, each once and in order."""
    paths = sorted({Path(path) for pattern in patterns for path in glob.glob(pattern)})
    return [path for path in paths if path.is_file()]


def main() -> None:
    """Runs the module."""
    options = ("packages", "files", "units", "texts", "tables")
    module = AnsibleModule(
        argument_spec={option: {"type": "list", "elements": "str", "default": []} for option in options},
        supports_check_mode=True,
    )

    def version(package: str) -> str:
        """Return the version of an installed package, an empty text for one that is not."""
        argv = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
        status, _space, number = module.run_command(argv)[1].partition(" ")
        return str(number) if status == "installed" else ""

    def works(unit: str) -> bool:
        return all(
            module.run_command(["systemctl", "--quiet", verb, unit])[0] == 0 for verb in ("is-active", "is-enabled")
        )

    def loaded(table: str) -> bool:
        program = module.get_bin_path("nft")
        return bool(program) and module.run_command([program, "list", "table", "inet", table])[0] == 0

    try:
        files = {str(path): described(path) for path in found(module.params["files"])}
        texts = {str(path): path.read_text(encoding="utf-8") for path in found(module.params["texts"])}
    except OSError as error:
        module.fail_json(msg=f"Cannot read {error.filename}: {error.strerror}. Run as root (become: true).")
    versions = {package: version(package) for package in module.params["packages"]}
    module.exit_json(
        changed=False,
        packages_missing=[package for package, number in versions.items() if not number],
        versions={package: number for package, number in versions.items() if number},
        files=files,
        units_idle=[unit for unit in module.params["units"] if not works(unit)],
        texts=texts,
        tables_missing=[table for table in module.params["tables"] if not loaded(table)],
    )


if __name__ == "__main__":
    main()
