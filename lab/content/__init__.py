# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a mirror: upstream files, charts and images, downloaded or built from package registries."""
