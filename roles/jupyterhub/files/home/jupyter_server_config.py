# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads the server's side of the note on a home that is nearly full. The path is the server's alone; kernels do not get it."""

import sys

from traitlets.config import get_config

sys.path.append("/usr/local/share/kubehub")
c = get_config()
c.ServerApp.jpserver_extensions.update({"kubehub_home": True})
