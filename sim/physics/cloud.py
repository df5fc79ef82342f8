"""Dusty air in a conveying duct whose fan fails while the feed goes on: it becomes explosive."""

import random
from math import exp

from sim.physics.parts.air import Air
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

_STEP_S = 0.02
_LAG_S = 0.5  # the feed's slide
_FEED_SIGMA = 0.1
_FEED_TAU_S = 2.0
_UG_PER_G = 1e6


class Cloud:
    """Mass concentration of dust in a duct or bin, in ug/m3 (30 g/m3 are 30 000 000).

        dC/dt = (F - Q C) / V,    Q = Q_0 exp(-t / `fan_s`) once the fan has failed

    F is the feed that gives `quiet_g_m3` at full air (`parts.air`). From `mec_g_m3`, the minimum
    explosible concentration (EN 14034-3; typically 20-60 g/m3: R. K. Eckhoff, Dust Explosions in
    the Process Industries, appendix A), a spark is enough: `explosive`. The relay shuts the feed,
    and the spare fan sweeps the duct.
    """

    QUANTITY = "dust"

    def __init__(
        self,
        noise: random.Random,
        quiet_g_m3: float = 3.0,
        mec_g_m3: float = 30.0,
        volume_m3: float = 2.0,
        flow_m3_s: float = 0.6,
        fan_s: float = 4.0,
        start_s: float = 60.0,
        period_s: float = 180.0,
    ) -> None:
        self._quiet = quiet_g_m3 * _UG_PER_G
        self._mec = mec_g_m3 * _UG_PER_G
        self._air = Air(volume_m3, self._quiet)
        self._flow_m3_s = flow_m3_s
        self._feed_ug_s = self._quiet * flow_m3_s
        self._fan_s = fan_s
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _FEED_SIGMA, _FEED_TAU_S)

    @property
    def value(self) -> float:
        """Dust in ug/m3."""
        return self._air.value

    @property
    def explosive(self) -> bool:
        """A spark would be enough."""
        return self.value >= self._mec

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.value <= self._quiet)
            self._wander.step(part_s)
            feed_ug_s = 0.0 if self._runaway.tripped else self._feed_ug_s
            loss_per_s = self._fan() * self._flow_m3_s / self._air.volume_m3
            self._air.step(part_s, feed_ug_s * (1.0 + self._wander.value), loss_per_s)

    def permit(self, on: bool) -> None:
        """Slide of the feed; released, the spare fan runs."""
        self._runaway.permit(on)

    def _fan(self) -> float:
        return exp(-self._runaway.since_s / self._fan_s) if self._runaway.present else 1.0
