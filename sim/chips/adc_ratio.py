"""Ratiometric 0.5-4.5 V transducer behind a divider, on the board's own converter.

Output = supply * (0.1 + 0.8 * (value - low) / (high - low)), between 0.05 and 0.95 of the supply,
the usual automotive characteristic. The divider (`upper_ohm` over `lower_ohm`, 10 k over 15 k)
makes 0.3 to 2.7 V of it, and pulls a wire that is broken to ground. Both the supply's error and
the converter's noise are in the reading.

The converter holds 12 bits; what lies above its range reads as full scale.
"""

import random
from collections.abc import Mapping
from typing import Any

from sim.chips import Chip, Output

NOISE_V = 0.0008  # at the converter, one standard deviation: one step of 12 bits
_CLAMP = (0.05, 0.95)


def build(params: Mapping[str, Any], noise: random.Random) -> "AdcRatio":
    """One transducer, as the channel's params describe it."""
    upper, lower = params.get("upper_ohm", 10_000.0), params.get("lower_ohm", 15_000.0)
    divider = lower / (upper + lower)
    return AdcRatio(params["low"], params["high"], divider, noise, params.get("supply_v", 5.0))


class AdcRatio(Chip):
    """Transducer and divider; `supply_v` may be moved."""

    def __init__(
        self,
        low: float,
        high: float,
        divider: float,
        noise: random.Random,
        supply_v: float = 5.0,
    ) -> None:
        super().__init__()
        self.supply_v = supply_v
        self._low, self._span = low, high - low
        self._divider = divider
        self._noise = noise
        self._value = low

    def power(self, now_s: float) -> None:
        """Nothing to remember."""

    def advance(self, now_s: float, value: float) -> list[Output]:
        """An analog output says at every instant what it says."""
        self._value = value
        share = self._share()
        shown = self._low + self._span * (share - 0.1) / 0.8
        return [Output(now_s, value, shown)]

    def volts(self, input: int) -> float:
        """Behind the divider."""
        volts = self.supply_v * self.through(self._share()) * self._divider
        return volts + self._noise.gauss(0.0, NOISE_V)

    def _share(self) -> float:
        bottom, top = _CLAMP
        return max(bottom, min(top, 0.1 + 0.8 * (self._value - self._low) / self._span))
