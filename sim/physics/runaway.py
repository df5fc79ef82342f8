"""What all machines here have in common: a fault that comes by the clock, a relay that stops it.

The fault appears at `start_s` and again every `period_s`. When the relay releases, the machine
trips: the fault ends (somebody repairs it meanwhile) and the safe action begins. The machine stays
tripped until the relay allows it to run *and* the model says that the safe action is complete.
Before the relay was energised for the first time nothing is tripped: the machine idles along.
"""


class Runaway:
    """`present`: the fault is there; `tripped`: the safe action is under way."""

    def __init__(self, start_s: float, period_s: float) -> None:
        self.present = False
        self.tripped = False
        self._permitted = True
        self._next_s = start_s
        self._period_s = period_s
        self._now_s = 0.0

    def step(self, dt_s: float, safe: bool) -> None:
        """Time passes; `safe`: the safe action has reached its end."""
        self._now_s += dt_s
        if self._now_s >= self._next_s:
            self._next_s += self._period_s
            self.present = True
        if safe and self._permitted:
            self.tripped = False

    def permit(self, on: bool) -> None:
        """The relay's contact closes or opens."""
        self._permitted = on
        if not on:
            self.tripped = True
            self.present = False
