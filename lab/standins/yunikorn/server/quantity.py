# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of resources as YuniKorn counts them: integers, vcore in thousandths, everything else in units.

Two notations come in: YuniKorn's own (queue configs) and Kubernetes' (pods and nodes:
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

Resource = Mapping[str, int]

_BINARY = {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {letter: 1000**power for power, letter in enumerate("kMGTPE", 1)}
_SUFFIXES: dict[str, Fraction] = {
    "": Fraction(1),
    **{name: Fraction(1, 1000**power) for power, name in enumerate("mun", 1)},
    **{name: Fraction(value) for name, value in {**_BINARY, **_DECIMAL}.items()},
}
_CONFIGURED = re.compile(r"\s*([0-9]+)\s*([mkKMGTPE]i?|)\s*")
_KUBERNETES = re.compile(r"([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+)|([A-Za-z]*))")


def configured(values: Mapping[str, str]) -> dict[str, int]:
    """Amounts of a queue config; ValueError with YuniKorn's words where one is none."""
    return {name: _configured(name, text) for name, text in values.items()}


def _configured(name: str, text: str) -> int:
    match = _CONFIGURED.fullmatch(text)
    if not match:
        raise ValueError("invalid quantity")
    number, suffix = int(match[1]), match[2]
    if suffix not in _SUFFIXES or (suffix == "m" and name != "vcore"):
        raise ValueError("invalid suffix")
    value = number * _SUFFIXES[suffix] * (1000 if name == "vcore" else 1)
    if value >= 2**63:
        raise ValueError("invalid quantity: overflow")
    return int(value)


def kubernetes(values: Mapping[str, str]) -> dict[str, int]:
    """Amounts of a pod or node under YuniKorn's names: ``cpu`` is ``vcore``; what is less than a unit counts as one."""
    return {
        "vcore" if name == "cpu" else name: math.ceil(_kubernetes(text) * (1000 if name == "cpu" else 1))
        for name, text in values.items()
    }


def _kubernetes(text: str) -> Fraction:
    match = _KUBERNETES.fullmatch(text)
    if not match or (match[3] or "") not in _SUFFIXES:
        raise ValueError(f"{text!r} is no quantity of Kubernetes")
    return Fraction(match[1]) * (Fraction(10) ** int(match[2]) if match[2] else _SUFFIXES[match[3] or ""])


def total(resources: Iterable[Resource]) -> dict[str, int]:
    """The sum of amounts, by resource in the order of names."""
    found: dict[str, int] = {}
    for resource in resources:
        for name, value in resource.items():
            found[name] = found.get(name, 0) + value
    return dict(sorted(found.items()))


def largest(left: Resource, right: Resource) -> dict[str, int]:
    """The larger amount of each resource."""
    return {name: max(left.get(name, 0), right.get(name, 0)) for name in sorted({*left, *right})}


def minus(left: Resource, right: Resource) -> dict[str, int]:
    """What is left of the resources on the left side."""
    return {name: value - right.get(name, 0) for name, value in left.items()}
