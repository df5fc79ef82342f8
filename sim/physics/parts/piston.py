"""Reciprocating compressor: strokes, clearance volume, delivery in pulses.

    Q = f V_s (1 - c (r^(1/n) - 1)),  r = p_abs / p_atm

free air at f revolutions a second, swept volume V_s, clearance share c, polytropic exponent n:
the gas left in the clearance expands before new gas is drawn (GPSA Engineering Data Book,
"Compressors and expanders": volumetric efficiency). The delivery pulses with each revolution as
1 - cos(2 pi f t), integrated exactly.
"""

from math import pi, sin

from sim.physics.parts.gas import ATMOSPHERE_PA


class Piston:
    """One single-acting cylinder."""

    def __init__(
        self, swept_m3: float, rev_hz: float, clearance: float, polytropic: float
    ) -> None:
        self._swept_m3 = swept_m3
        self._rev_hz = rev_hz
        self._clearance = clearance
        self._exponent = 1.0 / polytropic
        self._turns = 0.0

    def mean_m3_s(self, gauge_pa: float) -> float:
        """Free air delivered over whole revolutions against that pressure."""
        ratio = (gauge_pa + ATMOSPHERE_PA) / ATMOSPHERE_PA
        filled: float = 1.0 - self._clearance * (ratio**self._exponent - 1.0)
        return self._rev_hz * self._swept_m3 * max(0.0, filled)

    def turn(self, dt_s: float, gauge_pa: float) -> float:
        """Free air delivered in that time, in m3."""
        before = self._turns
        self._turns = before + self._rev_hz * dt_s
        pulse = (sin(2 * pi * self._turns) - sin(2 * pi * before)) / (2 * pi)
        self._turns %= 1.0
        return self.mean_m3_s(gauge_pa) * (dt_s - pulse / self._rev_hz)
