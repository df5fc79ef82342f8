"""Vessel whose outlet is shut while it is fed: the safety valve holds it, or does not."""

import random

from sim.physics.parts.gas import Receiver, sonic_pa
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.valve import Valve
from sim.physics.parts.vented import Vented
from sim.physics.parts.wander import Wander

_STEP_S = 0.01
_LAG_S = 0.3  # solenoid of the feed
_FEED_SIGMA = 0.02
_FEED_TAU_S = 10.0


class Relief(Vented):
    """Gauge pressure of a fed vessel, in Pa.

    Fed at `feed_m3_s` of free air, with an outlet that balances it at `quiet_pa` (`parts.gas`).
    Once the outlet is blocked the pressure climbs; a valve that works (`parts.valve`) then saws
    between `set_pa` and `set_pa` (1 - `blowdown`), with

        t_fill = V (p_set - p_reseat) / (p_atm Q_feed)

    Stuck shut it lets the pressure climb on, stuck open it never lets it build. The relay shuts
    the feed and clears the outlet. `valve` may be set to works, shut or open at any time.
    """

    def __init__(
        self,
        noise: random.Random,
        quiet_pa: float = 600_000.0,
        volume_m3: float = 0.5,
        feed_m3_s: float = 0.1,
        set_pa: float = 900_000.0,
        blowdown: float = 0.1,
        valve_m3_s_pa: float = 4e-7,
        valve: str = "works",
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        super().__init__(
            Receiver(volume_m3, quiet_pa),
            Valve(set_pa, (1.0 - blowdown) * set_pa, valve_m3_s_pa, valve),
            Runaway(start_s, period_s, _LAG_S),
        )
        self._quiet_pa = quiet_pa
        self._feed_m3_s = feed_m3_s
        self._outlet = feed_m3_s / sonic_pa(quiet_pa)
        self._wander = Wander(noise, _FEED_SIGMA, _FEED_TAU_S)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.value <= self._quiet_pa)
            self._wander.step(part_s)
            self._gas.fill((self._feed() - self._outflow()) * part_s)

    def _feed(self) -> float:
        return 0.0 if self._runaway.tripped else self._feed_m3_s * (1.0 + self._wander.value)

    def _outflow(self) -> float:
        flow_m3_s = self._valve.flow_m3_s(self.value)
        if not self._runaway.present:
            flow_m3_s += self._outlet * sonic_pa(self.value)
        return flow_m3_s
