"""The radio of one board, and what a central in reach can do with it.

A Python-side peer for tests: `connect`, `write`, `read`, `notified`. One central at a time; no
pairing, no losses. A board that restarts is off the air and has dropped its central.
"""

import json
import struct
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from sim.board import ops

CONNECT, DISCONNECT, WRITE, MTU = 1, 2, 3, 21  # numbers of MicroPython's `bluetooth` events
_OFF = 0xFFFFFFFF


class Advertisement(NamedTuple):
    """What is on the air."""

    interval_us: int
    data: bytes
    response: bytes


class Radio:
    """`services` as registered: [[uuid, [[uuid, flags, value handle], ...]], ...]."""

    def __init__(self) -> None:
        self.on_event: Callable[[], None] | None = None
        self.restart()

    def restart(self) -> None:
        """Off, as after a reset."""
        self.active = self.connected = False
        self.advertisement: Advertisement | None = None
        self.services: list[Any] = []
        self.notified: list[tuple[int, bytes]] = []
        self._values: dict[int, bytes] = {}
        self._events: deque[tuple[int, int]] = deque()
        self._written: deque[bytes] = deque()

    @property
    def waiting(self) -> bool:
        """Has the central done what the firmware does not know of?"""
        return bool(self._events)

    def connect(self, mtu: int = 247) -> None:
        """Connect to a board that advertises; ConnectionError if it does not."""
        if self.advertisement is None or self.connected:
            raise ConnectionError("nobody advertises")
        self.connected, self.advertisement = True, None
        self._event(CONNECT, 0)
        self._event(MTU, mtu)

    def disconnect(self) -> None:
        """Go out of reach."""
        if self.connected:
            self.connected = False
            self._event(DISCONNECT, 0)

    def write(self, handle: int, data: bytes) -> None:
        """Write a characteristic's value."""
        if not self.connected:
            raise ConnectionError("not connected")
        self._values[handle] = data
        self._written.append(data)
        self._event(WRITE, handle)

    def read(self, handle: int) -> bytes:
        """Newest value of a characteristic."""
        return self._values.get(handle, b"")

    def set(self, what: int, payload: bytes) -> bytes:
        """The firmware tells."""
        if what == ops.BLE_ACTIVE:
            self.active = bool(payload[0])
        elif what == ops.BLE_ADVERTISE:
            interval_us, size = struct.unpack("<IB", payload[:5])
            found = Advertisement(interval_us, payload[5 : 5 + size], payload[5 + size :])
            self.advertisement = None if interval_us == _OFF else found
        elif what == ops.BLE_SERVICES:
            self.services = json.loads(payload)
        elif what == ops.BLE_DISCONNECT:
            self.disconnect()
        else:
            handle, data = int.from_bytes(payload[:2], "little"), payload[2:]
            if what == ops.BLE_VALUE:
                self._values[handle] = data
            elif self.connected:
                self.notified.append((handle, data))
        return b""

    def event(self, argument: int, payload: bytes) -> bytes:
        """The firmware asks what happened."""
        return struct.pack("<BH", *self._events.popleft()) if self._events else b""

    def written(self, argument: int, payload: bytes) -> bytes:
        """The firmware takes what was written, in order."""
        return self._written.popleft()

    def _event(self, number: int, handle: int) -> None:
        self._events.append((number, handle))
        if self.on_event is not None:
            self.on_event()
