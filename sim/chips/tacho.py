"""Pulse pick-up: `pulses_per_rev` falling edges of an open contact for each `circumference_m`.

The contact pulls its pin down for half of each pulse. It may bounce (`bounce_us`: for so long
after each closing it opens and closes again, four times) and it may miss teeth (`missing`: share).
A board reads the edges with an interrupt, or misses those that it does not look for.
"""

import random
from collections.abc import Mapping
from typing import Any

from sim.chips import Chip, Output

_BOUNCES = 4


def build(params: Mapping[str, Any], noise: random.Random) -> "Tacho":
    """One pick-up, as the channel's params describe it."""
    return Tacho(
        params.get("pulses_per_rev", 1.0) / params.get("circumference_m", 1.0),
        params.get("bounce_us", 0.0) / 1e6,
        params.get("missing", 0.0),
        noise,
    )


class Tacho(Chip):
    """One pick-up; the value is a speed in km/h, its sign does not matter."""

    def __init__(
        self, pulses_per_m: float, bounce_s: float, missing: float, noise: random.Random
    ) -> None:
        super().__init__()
        self.bounce_s = bounce_s
        self.missing = missing
        self._per_m = pulses_per_m
        self._noise = noise
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """The contact stands open."""
        self._now_s = now_s
        self._half_turns = 0.0  # of the pulse, counted in half pulses
        self._closed = False

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Edges since; the speed is taken as steady in between."""
        per_s = 2.0 * self._per_m * abs(value) / 3.6
        outputs: list[Output] = []
        begun_s, at = self._now_s, self._half_turns
        self._now_s = max(now_s, begun_s)
        self._half_turns = at + per_s * (self._now_s - begun_s)
        for half in range(int(at) + 1, int(self._half_turns) + 1):
            outputs += self._turn(begun_s + (half - at) / per_s, half % 2 == 1, value)
        return outputs

    def _turn(self, at_s: float, closing: bool, value: float) -> list[Output]:
        missed = closing and self._noise.random() < self.missing
        was, self._closed = self._closed, self.through(float(closing and not missed)) > 0.5
        if self._closed == was:
            return []
        if was:
            return [Output(at_s, value, abs(value), level=1)]
        count = 2 * _BOUNCES if self.bounce_s else 0
        edges = [at_s + self.bounce_s * n / max(1, count) for n in range(count + 1)]
        return [Output(edge, value, abs(value), level=n % 2) for n, edge in enumerate(edges)]
