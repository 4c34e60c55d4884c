# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What may be shown of values and manifests: everything but secrets. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MASK = "(secret)"
CHANGED = "(secret, another one)"
VALUES = "values"

_SECRET_KEY = re.compile(r"(?i)secret|token|passw|^keys$|^url$|credential")
_SECRET_LONG_ENOUGH = 8


def text(message: object, secrets: Iterable[str]) -> str:
    """Return a message with every occurrence of a secret replaced. Texts shorter than eight characters are no secrets."""
    result = str(message)
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SECRET_LONG_ENOUGH:
            result = result.replace(secret, MASK)
    return result


def difference(
    old: tuple[Mapping[str, Any], Iterable[Mapping[str, Any]]],
    new: tuple[Mapping[str, Any], Iterable[Mapping[str, Any]]],
    dump: Callable[[Any], str],
    secrets: Iterable[str] = (),
) -> list[str]:
    """Return the lines of a unified diff of two releases, each its values and its rendered objects.

    ``dump`` writes one value as text, in an order of its own. A Secret's data and whatever the values call a secret, token, password,
    key or URL is only told to be the same or another. What else repeats one of ``secrets`` is masked, too.
    """
    known = list(secrets)
    before, after = _by_name(*old), _by_name(*new)
    lines: list[str] = []
    for name in sorted({*before, *after}, key=lambda one: (one != VALUES, one)):
        left, right = before.get(name), after.get(name)
        deployed = dump(_shown(name, left, None)).splitlines() if left else []
        wanted = dump(_shown(name, right, left)).splitlines() if right else []
        found = difflib.unified_diff(deployed, wanted, f"deployed {name}", f"wanted {name}", lineterm="")
        lines += [text(line, known) for line in found]
    return lines


def masked(value: Any, other: Any = None, *, secret: bool = False) -> Any:
    """Return a value with its secret leaves replaced; those that differ from the ones in ``other`` are told apart."""
    if isinstance(value, Mapping):
        there = other if isinstance(other, Mapping) else {}
        return {
            key: masked(item, there.get(key), secret=secret or bool(_SECRET_KEY.search(str(key))))
            for key, item in value.items()
        }
    if isinstance(value, list):
        there_list = other if isinstance(other, list) else []
        return [
            masked(item, there_list[place] if place < len(there_list) else None, secret=secret)
            for place, item in enumerate(value)
        ]
    if secret and isinstance(value, str):
        return MASK if other is None or value == other else CHANGED
    return value


def _by_name(values: Mapping[str, Any], objects: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {VALUES: values} | {f"{one.get('kind')} {one.get('metadata', {}).get('name')}": one for one in objects}


def _shown(name: str, one: Mapping[str, Any], other: Mapping[str, Any] | None) -> Any:
    if name == VALUES:
        return masked(one, other)
    if one.get("kind") != "Secret":
        return one
    data = {part: one[part] for part in ("data", "stringData") if part in one}
    return {**one, **masked(data, other, secret=True)}
