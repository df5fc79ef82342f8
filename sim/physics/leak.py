"""Isolated vessel with a hole: the pressure falls, first choked, then subsonic."""

import random

from sim.physics.parts.gas import ATMOSPHERE_PA, Receiver
from sim.physics.parts.orifice import leak_m3_s
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

_STEP_S = 0.02
_LAG_S = 0.5  # shut-off valve before the hole
_WARMTH_SIGMA = 5e-4  # of absolute temperature: 0.15 K
_WARMTH_TAU_S = 60.0


class Leak:
    """Gauge pressure of a vessel that nothing fills, in Pa.

    A hole of `hole_mm2` opens (`parts.orifice`). While it is choked the absolute pressure falls as

        p = p_0 exp(-t / tau),   tau = V / (c A w),  w = 199 m/s for air at 20 C

    and slower below 0.9 bar gauge. With its temperature the pressure breathes a little (p ~ T).
    The relay shuts the hole off; then the vessel is refilled to `full_pa`. `hole_mm2` may be set
    at any time.
    """

    QUANTITY = "pressure"

    def __init__(
        self,
        noise: random.Random,
        full_pa: float = 800_000.0,
        volume_m3: float = 0.2,
        hole_mm2: float = 20.0,
        refill_m3_s: float = 0.05,
        start_s: float = 60.0,
        period_s: float = 300.0,
    ) -> None:
        self.hole_mm2 = hole_mm2
        self._full_pa = full_pa
        self._gas = Receiver(volume_m3, full_pa)
        self._refill_m3_s = refill_m3_s
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._warmth = Wander(noise, _WARMTH_SIGMA, _WARMTH_TAU_S)

    @property
    def value(self) -> float:
        """Gauge pressure in Pa."""
        breath_pa = (self._gas.value + ATMOSPHERE_PA) * self._warmth.value
        return max(0.0, self._gas.value + breath_pa)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self._gas.value >= self._full_pa)
            self._warmth.step(part_s)
            self._gas.fill(self._flow_m3_s() * part_s)

    def permit(self, on: bool) -> None:
        """Shut-off valve before the hole."""
        self._runaway.permit(on)

    def _flow_m3_s(self) -> float:
        if self._runaway.tripped:
            return self._refill_m3_s if self._gas.value < self._full_pa else 0.0
        if self._runaway.present:
            return -leak_m3_s(self.hole_mm2, self._gas.value)
        return 0.0
