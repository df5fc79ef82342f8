"""Road in the beam of a speed meter: vehicles come at random, and some time much too fast."""

import random

from sim.physics.parts.runaway import Runaway

_LAG_S = 3.0  # until the first driver obeys the signal
_FREE = 1e9
_SPREAD_MIN = 0.3  # slowest vehicle, as a share of the mean


class Road:
    """Speed of the fastest vehicle in the beam, in km/h; zero while there is none.

    Arrivals are a Poisson process (W. F. Adams, "Road traffic considered as a random series",
    J. Inst. Civil Eng. 4 (1936) 121), speeds are normal, and each vehicle is seen for beam /
    speed; lanes are independent, so that two may be seen at once (`speeds_kmh`). The beam is empty
    for the share exp(-rate x mean time in it), as every queue M/G/inf is. From `start_s`, for
    `burst_s`, speeds are `burst` times as high. The relay turns a signal to red: nobody comes
    until it is green again.
    """

    QUANTITY = "speed"

    def __init__(
        self,
        noise: random.Random,
        vehicles_per_h: float = 600.0,
        mean_kmh: float = 12.0,
        sd_kmh: float = 1.0,
        beam_m: float = 15.0,
        burst: float = 1.6,
        burst_s: float = 30.0,
        start_s: float = 60.0,
        period_s: float = 120.0,
    ) -> None:
        self._noise = noise
        self._rate_per_s = vehicles_per_h / 3600.0
        self._mean_kmh = mean_kmh
        self._sd_kmh = sd_kmh
        self._beam_m = beam_m
        self._burst = burst
        self._burst_s = burst_s
        self._now_s = 0.0
        self._seen: list[tuple[float, float]] = []  # leaves at, speed
        self._next_s = self._gap_s()
        self._runaway = Runaway(start_s, period_s, _LAG_S)

    @property
    def value(self) -> float:
        """Speed in km/h."""
        return max(self.speeds_kmh, default=0.0)

    @property
    def speeds_kmh(self) -> list[float]:
        """Speed of every vehicle in the beam."""
        return [speed for _, speed in self._seen]

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        end_s = self._now_s + dt_s
        while self._next_s <= end_s:
            self._pass(self._next_s)
            self._arrive()
        self._pass(end_s)

    def permit(self, on: bool) -> None:
        """The signal: released, it is red."""
        self._runaway.permit(on)

    def _pass(self, until_s: float) -> None:
        self._runaway.step(until_s - self._now_s, safe=not self._seen)
        self._now_s = until_s
        self._seen = [one for one in self._seen if one[0] > until_s]

    def _arrive(self) -> None:
        speed_kmh = self._noise.gauss(self._mean_kmh, self._sd_kmh)
        if self._runaway.present and self._runaway.since_s < self._burst_s:
            speed_kmh *= self._burst
        speed_kmh = max(_SPREAD_MIN * self._mean_kmh, speed_kmh)
        if not self._runaway.tripped:
            self._seen.append((self._now_s + 3.6 * self._beam_m / speed_kmh, speed_kmh))
        self._next_s += self._gap_s()

    def _gap_s(self) -> float:
        return self._noise.expovariate(self._rate_per_s) if self._rate_per_s else _FREE
