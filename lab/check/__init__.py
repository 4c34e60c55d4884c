# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make check` runs: everything that needs neither root nor a machine."""
