# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Secrets that are made once and kept in the cluster. Pure: randomness is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

HEX = "0123456789abcdef"
# Without the letters and digits that people mistake for each other.
TYPED = "abcdefghijkmnpqrstuvwxyz23456789"


def names(settings: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Return each secret's name with its length and alphabet. The keys and tokens are of 32 random bytes in hexadecimal digits."""
    wanted = dict.fromkeys(("proxy-token", "cookie-secret", "crypt-key", "verify-token"), (64, HEX))
    if int(settings["gpu_cull_idle"]):
        wanted["gpu-token"] = (64, HEX)
    if settings["authenticator"] == "fixed":
        # The least lengths that JupyterHub takes are 8 and 32.
        wanted |= {"user-password": (12, TYPED), "admin-password": (32, TYPED)}
    if settings["authenticator"] == "native":
        wanted |= {f"initial-password-{name}": (16, TYPED) for name in settings["admins"]}
    return wanted


def made(
    settings: Mapping[str, Any], kept: Mapping[str, str], choose: Callable[[str], str], anew: Iterable[str] = ()
) -> dict[str, str]:
    """Return the secrets that are missing from ``kept``, or named in ``anew``, with new values.

    ``choose`` returns one random character of an alphabet.
    """
    return {
        name: "".join(choose(alphabet) for _position in range(length))
        for name, (length, alphabet) in names(settings).items()
        if name not in kept or name in set(anew)
    }
