"""Work room with a dust source and ventilation; the source breaks out."""

import random

from sim.physics.parts.air import Air
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

_STEP_S = 0.05
_LAG_S = 1.5  # the process runs down, the fan up
_SOURCE_SIGMA = 0.05
_SOURCE_TAU_S = 4.0


class DustRoom:
    """Mass concentration of dust in a well-mixed room, in ug/m3.

        dC/dt = S / V - (a + k) C

    with source S, volume V, air changes a and settling k per second (`parts.air`). The air that
    comes in is clean. When the relay stops the process, the source ends and the extraction runs at
    `purge_per_h` until the air is as before.
    """

    QUANTITY = "dust"

    def __init__(
        self,
        noise: random.Random,
        quiet_ug_m3: float = 80.0,
        volume_m3: float = 20.0,
        changes_per_h: float = 30.0,
        settling_per_h: float = 1.0,
        outbreak_mg_s: float = 1.3,
        purge_per_h: float = 300.0,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        self._air = Air(volume_m3, quiet_ug_m3)
        self._quiet = quiet_ug_m3
        self._loss_per_s = (changes_per_h + settling_per_h) / 3600.0
        self._purge_per_s = (purge_per_h + settling_per_h) / 3600.0
        self._quiet_ug_s = quiet_ug_m3 * self._loss_per_s * volume_m3
        self._outbreak_ug_s = 1000.0 * outbreak_mg_s
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _SOURCE_SIGMA, _SOURCE_TAU_S)

    @property
    def value(self) -> float:
        """Dust in ug/m3."""
        return self._air.value

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.value <= self._quiet)
            self._wander.step(part_s)
            source, loss = self._quiet_ug_s, self._loss_per_s
            if self._runaway.tripped:
                source, loss = 0.0, self._purge_per_s
            elif self._runaway.present:
                source += self._outbreak_ug_s
            self._air.step(part_s, source * (1.0 + self._wander.value), loss)

    def permit(self, on: bool) -> None:
        """Contactor of the process; released, it also starts the purge."""
        self._runaway.permit(on)
