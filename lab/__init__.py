# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab: machines, content and stand-ins on which the collection is proved. Nothing here is needed at run time."""
