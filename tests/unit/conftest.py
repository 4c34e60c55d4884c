# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that all unit and property tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine must not fail a law for being slow, and `make check` has minutes, not hours.
settings.register_profile("check", max_examples=100, deadline=None, print_blob=True)
settings.load_profile("check")
