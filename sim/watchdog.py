"""The hardware watchdog of one board: bites once, when it was armed and not fed in time."""

import asyncio
from collections.abc import Callable


class Watchdog:
    """Counts on the loop's clock."""

    def __init__(self, bite: Callable[[], None]) -> None:
        self._bite = bite
        self.timeout_s = 0.0
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def arm(self, timeout_s: float) -> None:
        """Start, or start anew with another time."""
        self.disarm()
        self.timeout_s = timeout_s
        self.feed()
        self._look()

    def feed(self) -> None:
        """Begin the time anew."""
        self._due_s = asyncio.get_running_loop().time() + self.timeout_s

    def disarm(self) -> None:
        """A reset: no watchdog runs until the firmware starts it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._due_s:
            self._timer = None
            self._bite()
        else:
            self._timer = loop.call_at(self._due_s, self._look)
