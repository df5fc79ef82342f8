"""From a physical value to the voltage at a converter's input, and back to what it then says."""

import random
from collections.abc import Callable
from typing import Protocol

# NAMUR NE 43: a transmitter that measures stays within these; what lies outside means a fault.
SATURATION_MA = (3.8, 20.5)
# Residual noise of a smart transmitter after its damping (our choice: 0.005 % of the span).
NOISE_MA = 0.0008


class Signal(Protocol):
    """What a converter's input is wired to."""

    def volts(self, value: float) -> float:
        """Voltage now, noise included, for a true value."""

    def value(self, volts: float) -> float:
        """Value that a voltage stands for."""


class Loop:
    """4-20 mA transmitter over a shunt; `low` and `high` are the values at 4 and 20 mA.

    `currents` distort what the transmitter drives, in mA, on its way to the shunt.
    """

    def __init__(self, low: float, high: float, shunt_ohm: float, noise: random.Random) -> None:
        self._low, self._span = low, high - low
        self._ohm = shunt_ohm
        self._noise = noise
        self.currents: list[Callable[[float], float]] = []

    def volts(self, value: float) -> float:
        """Loop current times shunt, saturated as NE 43 has it."""
        loop_ma = 4.0 + 16.0 * (value - self._low) / self._span + self._noise.gauss(0.0, NOISE_MA)
        bottom_ma, top_ma = SATURATION_MA
        loop_ma = max(bottom_ma, min(top_ma, loop_ma))
        for distort in self.currents:
            loop_ma = distort(loop_ma)
        return loop_ma * self._ohm / 1000.0

    def value(self, volts: float) -> float:
        """The line through 4 and 20 mA."""
        return self._low + self._span * (volts / self._ohm * 1000.0 - 4.0) / 16.0
