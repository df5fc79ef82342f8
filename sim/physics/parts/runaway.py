"""What all machines here have in common: a fault that comes by the clock, a relay that stops it.

The fault appears at `start_s` and again every `period_s`. When the relay releases, the machine
trips `lag_s` later (contactor, valve, brake): the fault ends (somebody repairs it meanwhile) and
the safe action begins. The machine stays tripped until the relay allows it to run *and* the model
says that the safe action is complete. Before the relay first released, nothing is tripped.
"""


class Runaway:
    """`present`: the fault is there; `tripped`: the safe action is under way."""

    def __init__(self, start_s: float, period_s: float, lag_s: float) -> None:
        self.present = False
        self.tripped = False
        self.count = 0  # how often the fault came
        self.since_s = 0.0  # since it came last
        self._permitted = True
        self._now_s = 0.0
        self._next_s = start_s
        self._period_s = period_s
        self._lag_s = lag_s
        self._trip_s: float | None = None

    def step(self, dt_s: float, safe: bool) -> None:
        """Time passes; `safe`: the safe action has reached its end."""
        self._now_s += dt_s
        self.since_s += dt_s
        if self._now_s >= self._next_s:
            self.since_s = self._now_s - self._next_s
            self._next_s += self._period_s
            self.present = True
            self.count += 1
        if safe and self._permitted:
            self.tripped = False
        if self._trip_s is not None and self._now_s >= self._trip_s:
            self._trip_s = None
            self.tripped = True
            self.present = False

    def permit(self, on: bool) -> None:
        """The relay's contact closes or opens."""
        if self._permitted and not on:
            self._trip_s = self._now_s + self._lag_s
        self._permitted = on
