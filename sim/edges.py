"""Input pins of one board: who holds them at which level, and the edges its firmware awaits."""

from collections import deque
from collections.abc import Callable

from sim.board import ops

RISING, FALLING = 1, 2
QUEUE = 1024  # edges that wait for a firmware that does not look; later ones are lost


class Edges:
    """Levels by pin; `on_edge()` is called when an awaited edge has come."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.on_edge: Callable[[], None] | None = None
        self.lost = 0
        self._now_s = now_s
        self._driven: dict[int, int] = {}
        self._pulled: dict[int, int] = {}
        self._triggers: dict[int, int] = {}
        self._waiting: deque[tuple[float, int, int]] = deque()

    @property
    def waiting(self) -> bool:
        """Has an edge come that the firmware has not been told of?"""
        return bool(self._waiting)

    @property
    def awaited(self) -> bool:
        """Does the firmware wait for any?"""
        return bool(self._triggers)

    def restart(self) -> None:
        """The board forgets what it waited for."""
        self._triggers.clear()
        self._waiting.clear()

    def level(self, pin: int, pull: int) -> int:
        """What the board reads there with this pull."""
        return self._driven.get(pin, pull)

    def drive(self, pin: int, level: int | None, at_s: float | None = None) -> None:
        """Something outside holds a pin at a level; None: nothing does."""
        before = self.level(pin, self._pulled.get(pin, 0))
        if level is None:
            self._driven.pop(pin, None)
        else:
            self._driven[pin] = level
        after = self.level(pin, self._pulled.get(pin, 0))
        wanted = RISING if after > before else FALLING if after < before else 0
        if self._triggers.get(pin, 0) & wanted:
            self._edge(pin, after, self._now_s() if at_s is None else at_s)

    def arm(self, pin: int, payload: bytes) -> bytes:
        """The firmware awaits edges from now on; with no trigger, none."""
        triggers, self._pulled[pin] = payload
        if triggers:
            self._triggers[pin] = triggers
        else:
            self._triggers.pop(pin, None)
        return b""

    def take(self) -> bytes:
        """Oldest edges, as `ops.PIN_EDGES` answers."""
        answer = b""
        for _ in range(min(len(self._waiting), ops.EDGES_MAX)):
            at_s, pin, level = self._waiting.popleft()
            age_us = max(0, round(1e6 * (self._now_s() - at_s)))
            answer += bytes((pin, level)) + min(age_us, 0xFFFFFFFF).to_bytes(4, "little")
        return answer

    def _edge(self, pin: int, level: int, at_s: float) -> None:
        if len(self._waiting) >= QUEUE:
            self.lost += 1
            return
        self._waiting.append((at_s, pin, level))
        if self.on_edge is not None:
            self.on_edge()
