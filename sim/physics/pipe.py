"""Pump on a pipe that a plug closes slowly: the pressure climbs to the pump's shut-off head."""

import random
from math import exp, pi, sqrt, tanh

from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

_STEP_S = 0.02
_LAG_S = 0.2  # contactor
_RUN_DOWN_S = 1.5  # pump and water
_DEMAND_SIGMA = 0.01
_DEMAND_TAU_S = 3.0
_OPEN_MIN = 1e-3  # share of the bore that the worst plug leaves


class Pipe:
    """Gauge pressure between a centrifugal pump and a blockage, in Pa.

    Pump, pipe and plug in a row around a column of water with inertia I = density x length / area:

        I dQ/dt = p_0 - (a + K / s^2) Q |Q|,    p = p_0 - a Q^2

    p_0 shut-off pressure, a slope of the pump's curve, K pipe friction, s the share of the bore
    that is open (an orifice: dp ~ (Q / area)^2; F. M. White, Fluid Mechanics: pump curves and
    obstructions). Solved exactly over a step: Q goes to its end value as tanh.
    Blocked, s falls as exp(-t / `plug_s`); the relay stops the pump and the plug is removed.
    """

    QUANTITY = "pressure"

    def __init__(
        self,
        noise: random.Random,
        shut_off_pa: float = 1_200_000.0,
        quiet_pa: float = 600_000.0,
        flow_m3_s: float = 0.02,
        length_m: float = 200.0,
        bore_m: float = 0.1,
        plug_s: float = 15.0,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        self.flow_m3_s = flow_m3_s
        self._quiet_pa = quiet_pa
        self._shut_off_pa = shut_off_pa
        self._pump = (shut_off_pa - quiet_pa) / flow_m3_s**2
        self._pipe = quiet_pa / flow_m3_s**2
        self._inertia = 998.0 * length_m / (pi / 4 * bore_m**2)
        self._plug_s = plug_s
        self._open = 1.0
        self._drive = 1.0  # shut-off pressure now, as a share
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _DEMAND_SIGMA, _DEMAND_TAU_S)

    @property
    def value(self) -> float:
        """Gauge pressure in Pa."""
        return max(0.0, self._drive * self._shut_off_pa - self._pump * self.flow_m3_s**2)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self._drive < 0.01)
            self._wander.step(part_s)
            self._turn(part_s)
            self._flow(part_s)

    def permit(self, on: bool) -> None:
        """Contactor of the pump."""
        self._runaway.permit(on)

    def _turn(self, dt_s: float) -> None:
        goal = 0.0 if self._runaway.tripped else 1.0
        self._drive = goal + (self._drive - goal) * exp(-dt_s / _RUN_DOWN_S)
        if self._runaway.present:
            self._open = max(_OPEN_MIN, self._open * exp(-dt_s / self._plug_s))
        else:
            self._open = 1.0

    def _flow(self, dt_s: float) -> None:
        head_pa = self._drive * self._shut_off_pa
        drag = self._pump + self._pipe * (1.0 + self._wander.value) / self._open**2
        level = sqrt(head_pa / drag)
        gone = tanh(level * drag * dt_s / self._inertia)
        self.flow_m3_s = level * (self.flow_m3_s + level * gone) / (level + self.flow_m3_s * gone)
