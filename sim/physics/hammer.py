"""Water hammer: a valve at the end of a long pipe shuts and the water does not want to stop."""

import random
from math import sqrt

from sim.physics.parts.runaway import Runaway
from sim.physics.parts.wander import Wander

WATER_KG_M3 = 998.0

_REACHES = 10
_LAG_S = 0.2  # pilot of the valve
_VAPOUR_PA = -99_000.0  # gauge, at 20 C
_FLOW_SIGMA = 0.005
_FLOW_TAU_S = 5.0


class Hammer:
    """Gauge pressure at the valve, in Pa.

    Waves of speed a run between reservoir and valve; along them (method of characteristics,
    E. B. Wylie, V. L. Streeter, Fluid Transients in Systems, chapter 3)

        dp +- rho a dv +- rho f v |v| / (2 D) dx = 0   on   dx = +-a dt

    Shut faster than 2 L / a, the valve sees Joukowsky's rise rho a v, then an oscillation of
    period 4 L / a that friction damps. `_REACHES` reaches, solved on the grid L / (a `_REACHES`)
    whatever the step is, and read as a straight line between. Below its vapour pressure water is
    held there; the cavity that opens then is not followed. The relay opens the valve again.
    """

    QUANTITY = "pressure"

    def __init__(
        self,
        noise: random.Random,
        reservoir_pa: float = 600_000.0,
        speed_m_s: float = 0.4,
        length_m: float = 600.0,
        wave_m_s: float = 1200.0,
        friction: float = 0.02,
        bore_m: float = 0.1,
        closing_s: float = 0.2,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        self._grid_s = length_m / wave_m_s / _REACHES
        self._impedance = WATER_KG_M3 * wave_m_s
        self._loss = WATER_KG_M3 * friction * length_m / _REACHES / (2 * bore_m)
        drop_pa = self._loss * speed_m_s**2
        self._p = [reservoir_pa - drop_pa * reach for reach in range(_REACHES + 1)]
        self._v = [speed_m_s] * (_REACHES + 1)
        self._valve = speed_m_s**2 / self._p[-1]
        self._closing_s = closing_s
        self._open = 1.0
        self._before_pa = self._p[-1]
        self._share = 1.0  # of the way from the last grid point to the next
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _FLOW_SIGMA, _FLOW_TAU_S)

    @property
    def value(self) -> float:
        """Gauge pressure in Pa."""
        value = self._before_pa + (self._p[-1] - self._before_pa) * self._share
        return max(_VAPOUR_PA, value)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        self._share += dt_s / self._grid_s
        while self._share >= 1.0:
            self._share -= 1.0
            self._runaway.step(self._grid_s, safe=True)
            self._wander.step(self._grid_s)
            self._turn()
            self._before_pa = self._p[-1]
            self._reach()

    def permit(self, on: bool) -> None:
        """Pilot of the valve, which opens when the relay releases."""
        self._runaway.permit(on)

    def _turn(self) -> None:
        if self._runaway.present:
            self._open = max(0.0, self._open - self._grid_s / self._closing_s)
        else:
            self._open = min(1.0, self._open + self._grid_s / self._closing_s)

    def _reach(self) -> None:
        p, v, z = self._p, self._v, self._impedance
        last = len(p) - 1
        plus = [p[i] + v[i] * (z - self._loss * abs(v[i])) for i in range(last)]
        minus = [p[i] - v[i] * (z - self._loss * abs(v[i])) for i in range(1, last + 1)]
        p_new, v_new = [p[0]], [(p[0] - minus[0]) / z]
        for i in range(1, last):
            p_new.append((plus[i - 1] + minus[i]) / 2)
            v_new.append((plus[i - 1] - minus[i]) / (2 * z))
        v_end = self._through(plus[-1])
        self._p, self._v = [*p_new, plus[-1] - z * v_end], [*v_new, v_end]

    def _through(self, plus: float) -> float:
        """Speed that valve (orifice law) and arriving wave agree on; nothing flows back."""
        half = self._valve * (1.0 + self._wander.value) * self._open**2 * self._impedance / 2
        return sqrt(half * half + 2 * half * plus / self._impedance) - half if plus > 0 else 0.0
