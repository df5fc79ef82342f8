"""Workshop with several sources, whose extraction weakens for weeks as its filter clogs."""

import random
from collections.abc import Sequence

from sim.physics.parts.air import Air
from sim.physics.parts.filter import Filter
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

_STEP_S = 0.1
_LAG_S = 1.5  # the machines run down
_SOURCE_SIGMA = 0.1
_SOURCE_TAU_S = 10.0


class Workshop:
    """Mass concentration of dust where several machines work, in ug/m3.

        dC/dt = sum S_i / V - (Q(W) / V + k) C,    dW/dt = Q(W) C / A

    source i is on for the share `duty` of every cycle, each at its own time; the flow Q of fan and
    filter falls with the cake W (`parts.filter`), so the level rises over days and weeks. At
    `start_s` a bag bursts (`outbreak_mg_s`). The relay stops the machines until the air is as
    before; the fan runs on. `filter.loaded_g_m2` may be set at any time: zero is a shaken filter.
    """

    QUANTITY = "dust"

    def __init__(
        self,
        noise: random.Random,
        sources_mg_s: Sequence[float] = (0.4, 0.25, 0.15),
        duty: float = 0.5,
        cycle_s: float = 300.0,
        volume_m3: float = 200.0,
        settling_per_h: float = 1.0,
        fan_m3_s: float = 2.0,
        fan_pa: float = 1000.0,
        filter_m2: float = 20.0,
        clean_pa_s_m: float = 5_000.0,
        cake_pa_s_m_per_g_m2: float = 300.0,
        loaded_g_m2: float = 0.0,
        outbreak_mg_s: float = 10.0,
        start_s: float = 1800.0,
        period_s: float = 86_400.0,
    ) -> None:
        self.filter = Filter(
            filter_m2, clean_pa_s_m, cake_pa_s_m_per_g_m2, fan_m3_s, fan_pa, loaded_g_m2
        )
        self._sources_ug_s = [1000.0 * source for source in sources_mg_s]
        self._phases = [noise.random() for _ in sources_mg_s]
        self._duty = duty
        self._cycles_per_s = 1.0 / cycle_s
        self._settling_per_s = settling_per_h / 3600.0
        self._outbreak_ug_s = 1000.0 * outbreak_mg_s
        mean_ug_s = duty * sum(self._sources_ug_s)
        loss_m3_s = self.filter.flow_m3_s + self._settling_per_s * volume_m3
        self._quiet = mean_ug_s / loss_m3_s
        self._air = Air(volume_m3, self._quiet)
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
            drawn_per_s = self.filter.flow_m3_s / self._air.volume_m3
            loss_per_s = drawn_per_s + self._settling_per_s
            gone_ug = self._air.step(part_s, self._source_ug_s(part_s), loss_per_s)
            self.filter.catch(1e-6 * gone_ug * drawn_per_s / loss_per_s)

    def permit(self, on: bool) -> None:
        """Contactor of the machines."""
        self._runaway.permit(on)

    def _source_ug_s(self, dt_s: float) -> float:
        total = self._outbreak_ug_s if self._runaway.present else 0.0
        for number, source in enumerate(self._sources_ug_s):
            self._phases[number] = (self._phases[number] + dt_s * self._cycles_per_s) % 1.0
            if self._phases[number] < self._duty:
                total += source * (1.0 + self._wander.value)
        return 0.0 if self._runaway.tripped else total
