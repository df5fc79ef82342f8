"""A running board: what the world has to do with it, and its sleep.

A board sleeps until a time or an arrival; what differs between the clocks stands in `free.py`, for
a board that runs beside us, and `stepped.py`, for one that runs only when it is its turn.
"""

import asyncio
import struct
from typing import Protocol

from sim.board import ops
from sim.ticks import Ticks

READ_BYTES = 65536  # of its console, at once

_WAKE = {ops.WAKE_NONE: 0, ops.WAKE_ALL: 0xFFFF, ops.WAKE_EVENTS: ops.EVENTS | ops.BREAK}


class Host(Protocol):
    """What stands around the board."""

    ticks: Ticks

    def handle(self, operation: int, argument: int, payload: bytes) -> bytes:
        """Carry out one operation; OSError carries an errno."""

    def hear(self, data: bytes) -> None:
        """Bytes on the console; none: the process is over."""

    def arrived(self) -> int:
        """What waits for the board, as in `ops.AWAKE_FORMAT`."""

    def edges(self) -> bool:
        """May an edge wait for it, as every answer says?"""


class Running:
    """What both kinds have in common."""

    def __init__(self, host: Host) -> None:
        self.status: int | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None
        self._wakeable = 0  # asleep, and any of these arrivals ends it

    def wake(self) -> None:
        """Something arrived: a sleep that this may end ends."""
        if self._wakeable & self._host.arrived():
            self._wakeable = 0
            self._stop_timer()
            self._timer = self._loop.call_soon(self._awake, 0)

    def _sleep(self, end_us: int, at_s: float, ends: int) -> None:
        self._wakeable = _WAKE[ends]
        if self._wakeable & self._host.arrived():
            self.wake()
        elif end_us < ops.FOREVER:
            self._timer = self._loop.call_at(at_s, self._awake, end_us)

    def _awake(self, end_us: int) -> None:
        self._timer, self._wakeable = None, 0
        now_us = max(end_us, self._host.ticks.us(self._loop.time()))
        self._answer(struct.pack(ops.AWAKE_FORMAT, now_us, self._host.arrived()))

    def _answer(self, payload: bytes) -> None:
        raise NotImplementedError

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
