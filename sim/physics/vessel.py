"""Air receiver with a compressor whose controller sticks at full load."""

import random
from math import sqrt

from sim.physics.runaway import Runaway
from sim.physics.wander import Wander

ATMOSPHERE_PA = 101_325.0
CRITICAL_RATIO = 0.3  # b of the consumers and the valve, between an orifice and a pipe

_BAND = (
    0.05  # the healthy controller goes from no load to full load over this share of its set point
)
_LAG_S = 0.2  # contactor and pilot valve
_DEMAND_SIGMA = 0.05
_DEMAND_TAU_S = 5.0


class Vessel:
    """Gauge pressure in a receiver, in Pa.

    Ideal gas in a fixed volume; flows are free air (m3/s at atmospheric pressure):

        dp/dt = n p_atm (Q_compressor - Q_consumers - Q_valve) / V

    with n = 1 isothermal, 1.4 adiabatic; at constant flow the pressure rises in a straight line
    (Atlas Copco, Compressed Air Manual, "Dimensioning the air receiver"). Consumers and valve are
    sonic conductances, Q = C p_abs sqrt(1 - ((r - b) / (1 - b))^2), r = p_atm / p_abs, the root
    being 1 for r <= b (ISO 6358-1). The blow-off valve opens at `relief_pa`, or when the relay
    stops the compressor and shuts the consumers off, and closes at the set point.
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
        polytropic: float = 1.0,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        self.value = set_pa
        self._set_pa = set_pa
        self._pa_per_m3 = polytropic * ATMOSPHERE_PA / volume_m3
        self._full_m3_s = full_load_m3_s
        self._demand_m3_s = demand_m3_s
        self._consumers = demand_m3_s / _choked(set_pa)
        self._valve = valve_m3_s_pa
        self._relief_pa = relief_pa
        self._open = False
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _DEMAND_SIGMA, _DEMAND_TAU_S)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        self._runaway.step(dt_s, safe=self.value <= self._set_pa)
        self._wander.step(dt_s)
        flow_m3_s = self._compressor() - self._outflow()
        self.value = max(0.0, self.value + self._pa_per_m3 * flow_m3_s * dt_s)

    def permit(self, on: bool) -> None:
        """Contactor of the compressor and pilot of the blow-off valve."""
        self._runaway.permit(on)

    def _compressor(self) -> float:
        if self._runaway.tripped:
            return 0.0
        if self._runaway.present:
            return self._full_m3_s
        error = (self._set_pa - self.value) / (_BAND * self._set_pa)
        return min(self._full_m3_s, max(0.0, self._demand_m3_s + error * self._full_m3_s))

    def _outflow(self) -> float:
        if self._runaway.tripped or self.value >= self._relief_pa:
            self._open = True
        if self.value <= self._set_pa:
            self._open = False
        consumers = self._consumers * (1.0 + self._wander.value)
        conductance = self._valve if self._open else 0.0
        if not self._runaway.tripped:
            conductance += consumers
        return conductance * _choked(self.value)


def _choked(gauge_pa: float) -> float:
    """Flow per sonic conductance out to the atmosphere."""
    absolute_pa = gauge_pa + ATMOSPHERE_PA
    ratio = ATMOSPHERE_PA / absolute_pa
    if ratio <= CRITICAL_RATIO:
        return absolute_pa
    share = (ratio - CRITICAL_RATIO) / (1.0 - CRITICAL_RATIO)
    return absolute_pa * sqrt(max(0.0, 1.0 - share * share))
