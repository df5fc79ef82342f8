"""A button or a cover switch: a contact to ground, which bounces whenever it closes or opens.

For some milliseconds it makes and breaks, at random instants, before it stays (J. G. Ganssle, "A
Guide to Debouncing": most of his switches settled within 10 ms). Level and edges both show it.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bounce:
    """How long a contact bounces, and how often it breaks meanwhile at most."""

    least_ms: float = 1.0
    most_ms: float = 10.0
    most_breaks: int = 8


class Contact:
    """`drive(level)` moves the input; None lets go of it. Without `bounce` it is ideal."""

    def __init__(self, drive: Callable[[int | None], None], noise: random.Random) -> None:
        self.bounce: Bounce | None = Bounce()
        self.closed = False
        self._drive = drive
        self._noise = noise
        self._timers: list[asyncio.TimerHandle] = []

    def rest(self, closed: bool) -> None:
        """It stands closed or open: no bounce, whatever it did before."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.closed = closed
        self._show(closed)

    def move(self, closed: bool) -> None:
        """Close it or open it; nothing happens if it is there."""
        if closed == self.closed:
            return
        self.rest(closed)
        if self.bounce is None:
            return
        loop = asyncio.get_running_loop()
        length_s = self._noise.uniform(self.bounce.least_ms, self.bounce.most_ms) / 1000
        count = 2 * self._noise.randint(1, self.bounce.most_breaks) - 1
        instants = sorted(self._noise.uniform(0.0, length_s) for _ in range(count))
        for index, after_s in enumerate((*instants, length_s)):
            self._timers.append(loop.call_later(after_s, self._show, closed == bool(index % 2)))

    def _show(self, closed: bool) -> None:
        self._drive(0 if closed else None)
