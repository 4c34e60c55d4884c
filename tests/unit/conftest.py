# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all unit and property tests share: the settings of properties, and templates that find this collection's own filters."""

from __future__ import annotations

from pathlib import Path

from ansible.plugins.loader import init_plugin_loader
from hypothesis import settings

# Before any test imports from the collection: what Python has loaded by itself, Ansible's loader no longer knows as a collection.
init_plugin_loader([str(Path(__file__).parents[2] / ".collections")])

# A busy machine must not fail a law for being slow, and `make check` has minutes, not hours.
settings.register_profile("check", max_examples=100, deadline=None, print_blob=True)
settings.load_profile("check")
