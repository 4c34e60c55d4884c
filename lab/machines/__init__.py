# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's machines: the host's profile, their image, and how long they took."""
