# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubelet's sockets: device plugins that register there, and who holds which devices.

It speaks gRPC with bytes in place of generated messages (``wire``), so that no compiler of them is needed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from . import wire

PLUGINS = Path("/var/lib/kubelet/device-plugins")
PODS = Path("/var/lib/kubelet/pod-resources/kubelet.sock")
TIMEOUT = 10
# kubelet did not answer.
CallError: type[Exception] = grpc.RpcError


class Plugin:
    """A device plugin for one resource; the devices that it offers may change while it serves."""

    def __init__(self, resource: str, folder: Path = PLUGINS) -> None:
        self.resource = resource
        self.socket = folder / f"{resource.replace('/', '-')}.sock"
        self._kubelet = folder / "kubelet.sock"
        self._devices: list[str] = []
        self._changed = threading.Condition()
        self._server: Any = None
        self._seen = 0

    def offer(self, devices: list[str]) -> None:
        """Offer these devices; kubelet is told at once."""
        with self._changed:
            if devices != self._devices:
                self._devices = list(devices)
                self._changed.notify_all()

    def keep(self) -> bool:
        """Serve and register, anew where kubelet was restarted: it has then removed the socket. Whether it did anything."""
        kubelet = self._kubelet.stat().st_ino
        if self._server is not None and kubelet == self._seen and self.socket.exists():
            return False
        self.stop()
        self.socket.unlink(missing_ok=True)
        # Each watch holds a thread, and an old one may end a moment after the new one began.
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8))
        handlers = {
            "GetDevicePluginOptions": grpc.unary_unary_rpc_method_handler(lambda request, context: b""),
            "ListAndWatch": grpc.unary_stream_rpc_method_handler(self._watch),
            "Allocate": grpc.unary_unary_rpc_method_handler(self._allocate),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v1beta1.DevicePlugin", handlers),))
        self._server.add_insecure_port(f"unix://{self.socket}")
        self._server.start()
        with grpc.insecure_channel(f"unix://{self._kubelet}") as channel:
            call = channel.unary_unary("/v1beta1.Registration/Register")
            call(wire.register(self.socket.name, self.resource), timeout=TIMEOUT)
        self._seen = kubelet
        return True

    def stop(self) -> None:
        """End the service; kubelet then takes the devices for unhealthy."""
        if self._server is not None:
            self._server.stop(grace=0).wait(TIMEOUT)
            self._server = None

    def _watch(self, request: bytes, context: Any) -> Iterator[bytes]:
        sent: list[str] | None = None
        while context.is_active():
            with self._changed:
                if sent == self._devices:
                    self._changed.wait(1)
                devices = list(self._devices)
            if devices != sent:
                sent = devices
                yield wire.listed(devices)

    def _allocate(self, request: bytes, context: Any) -> bytes:
        visible = [",".join(sorted({each.partition("::")[0] for each in devices})) for devices in wire.asked(request)]
        return wire.allocated({"NVIDIA_VISIBLE_DEVICES": names} for names in visible)


def holders(socket: Path = PODS) -> list[wire.Holder]:
    """Who holds which devices on this machine."""
    with grpc.insecure_channel(f"unix://{socket}") as channel:
        call = channel.unary_unary("/v1.PodResourcesLister/List")
        return wire.holders(call(b"", timeout=TIMEOUT))
