# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protocol Buffers as far as kubelet's device plugins and pod resources need them: fields that hold bytes.

Sources: Kubernetes' ``pkg/apis/deviceplugin/v1beta1/api.proto`` and ``pkg/apis/podresources/v1/api.proto``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LENGTH_DELIMITED = 2
FIXED = {1: 8, 5: 4}


@dataclass(frozen=True)
class Holder:
    """A container that holds devices."""

    namespace: str
    pod: str
    container: str
    resource: str
    devices: tuple[str, ...]


def field(number: int, content: bytes | str) -> bytes:
    """A field with bytes, a text or a message in it.

    >>> field(1, "ab")
    b'\\n\\x02ab'
    """
    data = content.encode() if isinstance(content, str) else content
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(len(data)) + data


def fields(message: bytes, number: int) -> list[bytes]:
    """The contents of all fields of this number that hold bytes."""
    return [content for found, content in _all(message) if found == number]


def register(endpoint: str, resource: str) -> bytes:
    """A RegisterRequest."""
    return field(1, "v1beta1") + field(2, endpoint) + field(3, resource)


def listed(devices: Iterable[str]) -> bytes:
    """A ListAndWatchResponse in which all are healthy."""
    return b"".join(field(1, field(1, device) + field(2, "Healthy")) for device in devices)


def asked(request: bytes) -> list[list[str]]:
    """The devices of an AllocateRequest, by container."""
    return [[device.decode() for device in fields(container, 1)] for container in fields(request, 1)]


def allocated(environments: Iterable[Mapping[str, str]]) -> bytes:
    """An AllocateResponse that sets environment variables, by container."""
    return b"".join(
        field(1, b"".join(field(1, field(1, name) + field(2, value)) for name, value in environment.items()))
        for environment in environments
    )


def holders(response: bytes) -> list[Holder]:
    """Who holds which devices, by a ListPodResourcesResponse."""
    return [
        Holder(
            namespace=_text(pod, 2),
            pod=_text(pod, 1),
            container=_text(container, 1),
            resource=_text(held, 1),
            devices=tuple(device.decode() for device in fields(held, 2)),
        )
        for pod in fields(response, 1)
        for container in fields(pod, 3)
        for held in fields(container, 2)
    ]


def _text(message: bytes, number: int) -> str:
    return b"".join(fields(message, number)[:1]).decode()


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _all(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        key = number()
        kind = key & 7
        if kind == LENGTH_DELIMITED:
            size = number()
            yield key >> 3, message[at : at + size]
            at += size
        elif kind in FIXED:
            at += FIXED[kind]
        else:
            number()
