"""Belt conveyor whose drum gets wet: the drum turns on and the belt slips."""

import random
from math import exp, pi

from sim.errors import ScenarioError
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.wander import Wander

KMH_PER_M_S = 3.6
PLACES = ("belt", "drum", "slip")

_STEP_S = 0.01
_LAG_S = 0.2  # contactor and brake
_LOAD_SIGMA = 0.03
_LOAD_TAU_S = 5.0


class Conveyor:
    """Speed of the belt, of its drum or of the slip between them, in km/h; which, `at` says.

    A drum passes at most the force of Euler and Eytelwein to its belt, T the tension of the slack
    side, alpha the wrap (ISO 5048: tension that a belt needs so as not to slip):

        F_max = T (exp(mu alpha) - 1),    m dv/dt = F - `pull_n`

    They move as one while F_max suffices for load and acceleration; else the drum runs ahead and
    the belt is moved by F_max alone, down to standstill on its holdback. Wet, mu falls as a
    straight line to `wet_mu` within `soak_s`. The relay brakes the drum; at standstill it is
    dried.
    """

    QUANTITY = "speed"

    def __init__(
        self,
        noise: random.Random,
        set_kmh: float = 8.0,
        at: str = "belt",
        mass_kg: float = 4000.0,
        pull_n: float = 12_000.0,
        slack_n: float = 6_000.0,
        wrap_deg: float = 210.0,
        dry_mu: float = 0.35,
        wet_mu: float = 0.22,
        soak_s: float = 20.0,
        ramp_m_s2: float = 0.2,
        brake_m_s2: float = 1.0,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        if at not in PLACES:
            raise ScenarioError(f"at: {at!r} is unknown; choose from {', '.join(PLACES)}")
        self.belt_m_s = self.drum_m_s = self._set_m_s = set_kmh / KMH_PER_M_S
        self._at = at
        self._mass_kg = mass_kg
        self._pull_n = pull_n
        self._slack_n = slack_n
        self._wrap_rad = wrap_deg * pi / 180.0
        self._dry_mu = dry_mu
        self._wet_mu = wet_mu
        self._soak_s = soak_s
        self._wet = 0.0  # share of the way from dry to wet
        self._ramp_m_s2 = ramp_m_s2
        self._brake_m_s2 = brake_m_s2
        self._runaway = Runaway(start_s, period_s, _LAG_S)
        self._wander = Wander(noise, _LOAD_SIGMA, _LOAD_TAU_S)

    @property
    def value(self) -> float:
        """Speed in km/h."""
        slip_m_s = self.drum_m_s - self.belt_m_s
        speeds_m_s = {"belt": self.belt_m_s, "drum": self.drum_m_s, "slip": slip_m_s}
        return KMH_PER_M_S * max(0.0, speeds_m_s[self._at])

    @property
    def grip_n(self) -> float:
        """Largest force that the drum can pass on now."""
        mu = self._dry_mu + (self._wet_mu - self._dry_mu) * self._wet
        return self._slack_n * (exp(mu * self._wrap_rad) - 1.0)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        for part_s in cut(dt_s, _STEP_S):
            self._runaway.step(part_s, safe=self.belt_m_s == 0.0)
            self._wander.step(part_s)
            self._soak()
            self._turn(part_s)
            self._pull(part_s)

    def permit(self, on: bool) -> None:
        """Contactor of the drive; released, the drum is braked."""
        self._runaway.permit(on)

    def _soak(self) -> None:
        if self._runaway.present:
            self._wet = min(1.0, self._runaway.since_s / self._soak_s)
        elif self.belt_m_s == 0.0:
            self._wet = 0.0

    def _turn(self, dt_s: float) -> None:
        if self._runaway.tripped:
            self.drum_m_s = max(0.0, self.drum_m_s - self._brake_m_s2 * dt_s)
        else:
            self.drum_m_s = min(self._set_m_s, self.drum_m_s + self._ramp_m_s2 * dt_s)

    def _pull(self, dt_s: float) -> None:
        """The belt follows its drum as far as the grip allows."""
        grip_n, pull_n = self.grip_n, self._pull_n * (1.0 + self._wander.value)
        most_m_s = self.belt_m_s + (grip_n - pull_n) / self._mass_kg * dt_s
        least_m_s = self.belt_m_s - (grip_n + pull_n) / self._mass_kg * dt_s
        self.belt_m_s = max(0.0, min(most_m_s, max(least_m_s, self.drum_m_s)))
