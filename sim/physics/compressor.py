"""Reciprocating compressor on a pressure switch that one day no longer switches off."""

import random

from sim.physics.parts.gas import Receiver, sonic_pa
from sim.physics.parts.piston import Piston
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.valve import Valve
from sim.physics.parts.vented import Vented
from sim.physics.parts.wander import Wander

_STEP_S = 0.01
_LAG_S = 0.2  # contactor
_BLOWDOWN = 0.1
_DEMAND_SIGMA = 0.1
_DEMAND_TAU_S = 8.0


class Compressor(Vented):
    """Gauge pressure of the receiver behind it, in Pa: a saw-tooth while it is healthy.

    The switch runs the piston (`parts.piston`: volumetric efficiency falls as the pressure ratio
    rises) from `cut_in_pa` to `cut_out_pa`; consumers empty the receiver (`parts.gas`). Stuck, it
    runs on until the relay stops it or the safety valve passes what it delivers.
    """

    def __init__(
        self,
        noise: random.Random,
        cut_in_pa: float = 550_000.0,
        cut_out_pa: float = 650_000.0,
        volume_m3: float = 0.3,
        swept_m3: float = 0.01,
        rev_hz: float = 12.0,
        clearance: float = 0.04,
        polytropic: float = 1.3,
        demand_m3_s: float = 0.03,
        valve_m3_s_pa: float = 1.6e-7,
        relief_pa: float = 1_100_000.0,
        valve: str = "works",
        start_s: float = 60.0,
        period_s: float = 180.0,
    ) -> None:
        super().__init__(
            Receiver(volume_m3, cut_in_pa),
            Valve(relief_pa, (1.0 - _BLOWDOWN) * relief_pa, valve_m3_s_pa, valve),
            Runaway(start_s, period_s, _LAG_S),
        )
        self.loaded = True  # what the switch says
        self._cut_in_pa = cut_in_pa
        self._cut_out_pa = cut_out_pa
        self._piston = Piston(swept_m3, rev_hz, clearance, polytropic)
        self._consumers = demand_m3_s / sonic_pa(cut_in_pa)
        self._wander = Wander(noise, _DEMAND_SIGMA, _DEMAND_TAU_S)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.value <= self._cut_in_pa)
            self._wander.step(part_s)
            self._switch()
            self._gas.fill(self._delivered_m3(part_s) - self._outflow() * part_s)

    def _switch(self) -> None:
        if self.value <= self._cut_in_pa or self._runaway.present:
            self.loaded = True
        elif self.value >= self._cut_out_pa:
            self.loaded = False

    def _delivered_m3(self, dt_s: float) -> float:
        if self._runaway.tripped or not self.loaded:
            return 0.0
        return self._piston.turn(dt_s, self.value)

    def _outflow(self) -> float:
        gauge_pa = self.value
        consumers = self._consumers * (1.0 + self._wander.value) * sonic_pa(gauge_pa)
        return consumers + self._valve.flow_m3_s(gauge_pa)
