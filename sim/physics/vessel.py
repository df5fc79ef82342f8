"""Air receiver with a compressor whose controller sticks at full load."""

import random

from sim.physics.parts.gas import Receiver, sonic_pa
from sim.physics.parts.orifice import leak_m3_s
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.valve import Valve
from sim.physics.parts.vented import Vented
from sim.physics.parts.wander import Wander

_STEP_S = 0.02
_BAND = 0.05  # the healthy controller goes from no load to full load over this share of set_pa
_LAG_S = 0.2  # contactor and pilot valve
_DEMAND_SIGMA = 0.05
_DEMAND_TAU_S = 5.0


class Vessel(Vented):
    """Gauge pressure in a receiver, in Pa.

        dp/dt = n p_atm (Q_compressor - Q_consumers - Q_valve - Q_leak) / V

    (`parts.gas`; consumers and valve are sonic conductances, ISO 6358-1, the leak an orifice). The
    controller modulates in proportion to the pressure's error. The blow-off valve opens at
    `relief_pa`, or when the relay stops the compressor and shuts the consumers off, and closes at
    the set point. `hole_mm2` and `valve` may be set at any time.
    """

    def __init__(
        self,
        noise: random.Random,
        set_pa: float = 600_000.0,
        volume_m3: float = 0.5,
        full_load_m3_s: float = 0.17,
        demand_m3_s: float = 0.03,
        valve_m3_s_pa: float = 1.6e-7,
        relief_pa: float = 1_300_000.0,
        valve: str = "works",
        hole_mm2: float = 0.0,
        polytropic: float = 1.0,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        super().__init__(
            Receiver(volume_m3, set_pa, polytropic),
            Valve(relief_pa, set_pa, valve_m3_s_pa, valve),
            Runaway(start_s, period_s, _LAG_S),
        )
        self.hole_mm2 = hole_mm2
        self._set_pa = set_pa
        self._full_m3_s = full_load_m3_s
        self._demand_m3_s = demand_m3_s
        self._consumers = demand_m3_s / sonic_pa(set_pa)
        self._wander = Wander(noise, _DEMAND_SIGMA, _DEMAND_TAU_S)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.value <= self._set_pa)
            self._wander.step(part_s)
            self._gas.fill((self._compressor() - self._outflow()) * part_s)

    def _compressor(self) -> float:
        if self._runaway.tripped:
            return 0.0
        if self._runaway.present:
            return self._full_m3_s
        error = (self._set_pa - self.value) / (_BAND * self._set_pa)
        return min(self._full_m3_s, max(0.0, self._demand_m3_s + error * self._full_m3_s))

    def _outflow(self) -> float:
        gauge_pa, tripped = self.value, self._runaway.tripped
        flow_m3_s = self._valve.flow_m3_s(gauge_pa, pilot=tripped)
        flow_m3_s += leak_m3_s(self.hole_mm2, gauge_pa)
        if not tripped:
            flow_m3_s += self._consumers * (1.0 + self._wander.value) * sonic_pa(gauge_pa)
        return flow_m3_s
