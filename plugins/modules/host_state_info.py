#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_state_info
short_description: Tell which packages, files and units stand on a machine, at one look
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Reads in one round trip what a role would otherwise ask with a module for each package, file and unit, so that a run that has
    nothing to do is quick.
  - Judges nothing and changes nothing.
attributes:
  check_mode:
    support: full
    description: Can run without changing anything and predict what would change.
    details: It changes nothing and reads in check mode too.
  diff_mode:
    support: none
    description: Returns what has changed, or would change in check mode.
  idempotent:
    support: full
    description: A second run changes nothing.
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


def main() -> None:
    """Runs the module."""
    lists = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(argument_spec={"packages": lists, "files": lists, "units": lists}, supports_check_mode=True)

    def installed(package: str) -> bool:
        code, said, _stderr = module.run_command(["dpkg-query", "--show", "--showformat=${db:Status-Status}", package])
        return bool(code == 0 and said == "installed")

    def works(unit: str) -> bool:
        return all(
            module.run_command(["systemctl", "--quiet", verb, unit])[0] == 0 for verb in ("is-active", "is-enabled")
        )

    try:
        paths = sorted({Path(path) for pattern in module.params["files"] for path in glob.glob(pattern)})
        files = {str(path): described(path) for path in paths if path.is_file()}
    except OSError as error:
        module.fail_json(msg=f"Cannot read {error.filename}: {error.strerror}. Run as root (become: true).")
    module.exit_json(
        changed=False,
        packages_missing=[package for package in module.params["packages"] if not installed(package)],
        files=files,
        units_idle=[unit for unit in module.params["units"] if not works(unit)],
    )


if __name__ == "__main__":
    main()
