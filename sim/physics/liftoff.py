"""Room with a layer of settled dust, of which a blast lifts a share into the air."""

import random

from sim.physics.parts.air import Air
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

_STEP_S = 0.05
_LAG_S = 1.5  # the process runs down, the fan up
_SOURCE_SIGMA = 0.05
_SOURCE_TAU_S = 4.0


class Liftoff:
    """Mass concentration of dust above a deposit, in ug/m3.

        dC/dt = (S + R) / V - (a + k) C,    dM/dt = k C V - R

    with process source S, air changes a, settling k, layer mass M and resuspension R: an event
    lifts `share` of the layer evenly over `lift_s` (resuspension after W. W. Nazaroff, "Indoor
    particle dynamics", Indoor Air 14 Suppl. 7 (2004) 175; why layers matter: US Chemical Safety
    Board, Combustible Dust Hazard Study, 2006-H-1). Mass only moves between layer, air and
    `drawn_g`, what the extraction took. The relay stops the process and whatever lifts, and
    starts the purge. `layer_g` may be set at any time: zero is a cleaned room.
    """

    QUANTITY = "dust"

    def __init__(
        self,
        noise: random.Random,
        quiet_ug_m3: float = 80.0,
        volume_m3: float = 60.0,
        floor_m2: float = 20.0,
        layer_g_m2: float = 10.0,
        share: float = 0.001,
        lift_s: float = 20.0,
        changes_per_h: float = 10.0,
        settling_per_h: float = 4.0,
        purge_per_h: float = 200.0,
        start_s: float = 60.0,
        period_s: float = 300.0,
    ) -> None:
        self.layer_g = layer_g_m2 * floor_m2
        self.drawn_g = 0.0
        self._air = Air(volume_m3, quiet_ug_m3)
        self._quiet = quiet_ug_m3
        self._share = share
        self._lift_s = lift_s
        self._changes_per_s = changes_per_h / 3600.0
        self._settling_per_s = settling_per_h / 3600.0
        self._purge_per_s = purge_per_h / 3600.0
        self._quiet_ug_s = quiet_ug_m3 * volume_m3 * (self._changes_per_s + self._settling_per_s)
        self._events = 0
        self._lift_g = self._lift_g_s = 0.0
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _SOURCE_SIGMA, _SOURCE_TAU_S)

    @property
    def value(self) -> float:
        """Dust in ug/m3."""
        return self._air.value

    @property
    def air_g(self) -> float:
        """Mass of dust in the air."""
        return 1e-6 * self._air.value * self._air.volume_m3

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.value <= self._quiet)
            self._wander.step(part_s)
            self._move(part_s, self._lifted_g(part_s))

    def permit(self, on: bool) -> None:
        """Contactor of the process; released, it also starts the purge."""
        self._runaway.permit(on)

    def _lifted_g(self, dt_s: float) -> float:
        if self._runaway.count != self._events:
            self._events = self._runaway.count
            self._lift_g = self._share * self.layer_g
            self._lift_g_s = self._lift_g / self._lift_s
        if self._runaway.tripped:
            self._lift_g = 0.0
        lifted_g = min(self._lift_g, self._lift_g_s * dt_s, self.layer_g)
        self._lift_g -= lifted_g
        return lifted_g

    def _move(self, dt_s: float, lifted_g: float) -> None:
        tripped = self._runaway.tripped
        source_ug_s = 0.0 if tripped else self._quiet_ug_s * (1.0 + self._wander.value)
        drawn_per_s = self._purge_per_s if tripped else self._changes_per_s
        loss_per_s = drawn_per_s + self._settling_per_s
        gone_ug = self._air.step(dt_s, source_ug_s + 1e6 * lifted_g / dt_s, loss_per_s)
        drawn_g = 1e-6 * gone_ug * drawn_per_s / loss_per_s if loss_per_s else 0.0
        self.drawn_g += drawn_g
        self.layer_g += 1e-6 * gone_ug - drawn_g - lifted_g
