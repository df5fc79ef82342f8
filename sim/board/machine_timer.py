"""`machine.Timer` of the simulated board: fires at the interrupt points."""

import time

import irq


class Timer:
    """One-shot or periodic; what a sleeping interpreter missed comes once, not in a row."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **settings):
        self.due_us = 0
        self._callback = None
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        """Start it: `period` in ms or `freq` in Hz."""
        if freq <= 0 and period <= 0:
            raise ValueError("period")
        self._mode, self._callback, self._hard = mode, callback, hard
        self._period_us = int(1_000_000 / freq) if freq > 0 else period * 1000
        self.due_us = time.ticks_add(time.ticks_us(), self._period_us)
        irq.start(self)

    def deinit(self):
        """Stop it."""
        irq.stop(self)

    def fire(self):
        """Its time has come."""
        if self._mode == Timer.ONE_SHOT:
            irq.stop(self)
        else:
            now_us = time.ticks_us()
            self.due_us = time.ticks_add(self.due_us, self._period_us)
            if time.ticks_diff(self.due_us, now_us) <= 0:
                self.due_us = time.ticks_add(now_us, self._period_us)
        if self._callback is not None and not irq.run(self._callback, self, self._hard):
            irq.stop(self)
