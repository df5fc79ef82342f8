"""Hoist whose service brake fails: the load runs away."""

import random
from math import copysign

from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

GRAVITY_M_S2 = 9.80665
KMH_PER_M_S = 3.6

_STEP_S = 0.01
_CONTROL_TAU_S = 0.5
_CONTROL_M_S2 = 0.4  # comfort limit of the drive
_LAG_S = 0.2  # magnet and safety gear
_ROPE_SIGMA_M_S2 = 0.01
_ROPE_TAU_S = 1.0


class Hoist:
    """Speed of a hoist, in km/h.

    All moving masses m as one, driven by the weight of the imbalance M between load and
    counterweight, with quadratic drag:

        m dv/dt = M g - c v^2

    from rest v = v_t tanh(a t / v_t) with a = M g / m and terminal speed v_t = sqrt(M g / c)
    (H. Goldstein et al., Classical Mechanics, 3rd ed. 2002; any text on falling with drag).
    Healthy, the drive holds `set_kmh`. When the relay releases, the safety gear brakes to
    standstill.
    """

    QUANTITY = "speed"

    def __init__(
        self,
        noise: random.Random,
        set_kmh: float = 8.0,
        mass_kg: float = 3000.0,
        imbalance_kg: float = 52.0,
        drag_kg_m: float = 3.5,
        brake_m_s2: float = 1.5,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        self._set_m_s = self._speed_m_s = set_kmh / KMH_PER_M_S
        self._mass_kg = mass_kg
        self._weight_n = imbalance_kg * GRAVITY_M_S2
        self._drag_kg_m = drag_kg_m
        self._brake_m_s2 = brake_m_s2
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._rope = Wander(noise, _ROPE_SIGMA_M_S2, _ROPE_TAU_S)

    @property
    def value(self) -> float:
        """Speed in km/h."""
        return self._speed_m_s * KMH_PER_M_S

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self._speed_m_s == 0.0)
            self._rope.step(part_s)
            self._speed_m_s = max(0.0, self._speed_m_s + self._acceleration() * part_s)

    def permit(self, on: bool) -> None:
        """Current of the safety gear's magnet."""
        self._runaway.permit(on)

    def _acceleration(self) -> float:
        if self._runaway.tripped:
            return -self._brake_m_s2
        if self._runaway.present:
            drag_n = self._drag_kg_m * self._speed_m_s**2
            return (self._weight_n - drag_n) / self._mass_kg + self._rope.value
        wanted = (self._set_m_s - self._speed_m_s) / _CONTROL_TAU_S
        if abs(wanted) > _CONTROL_M_S2:
            wanted = copysign(_CONTROL_M_S2, wanted)
        return wanted + self._rope.value
