# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of certificates, each documented in the YAML file of its name."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from ansible_collections.kubehub.platform.plugins.module_utils import _certificate


def certificate_reasons(certificate: str, key: str, name: str = "certificate", host: str = "") -> list[str]:
    """Return why a certificate and its key cannot serve TLS now."""
    return _certificate.reasons(name, certificate, key, datetime.datetime.now(datetime.timezone.utc), host)


def certificate_name_reasons(names: Sequence[str], place: str = "names") -> list[str]:
    """Return why a certificate cannot be made for these names."""
    return _certificate.name_reasons(place, names)


class FilterModule:
    """Names of the filters."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filters by name."""
        return {"certificate_name_reasons": certificate_name_reasons, "certificate_reasons": certificate_reasons}
