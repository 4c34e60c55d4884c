# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether this machine can carry a lab. Standard library only, Python 3.9: it runs before anything is installed."""
