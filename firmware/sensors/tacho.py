"""Pulses of a tacho, a toothed wheel or a contact on one pin: speed of a shaft, belt or wheel.

    speed = pulses / time between the first and the last of them * circumference / pulses per turn

An interrupt notes each falling edge and allocates nothing. An edge within `dead_us` of the last
one is a contact that bounces; so the fastest that can be told from bouncing is one pulse in two
dead times, and what comes faster is a guard value. A window in which one interval is far longer
than another misses a tooth: the pulses that it should have held are added, which never gives more
than the fastest interval does, and the value is marked implausible.

Between pulses the speed can only have fallen: it is at most one pulse in the time that has passed,
and zero after `standstill_ms`; until that has passed once, zero counts as warming up.

What nobody can tell: a broken wire from a wheel at rest. Bounces while a contact opens come half a
pulse late and need a filter at the input. A port without hard interrupts is late by some 100 us.

params: circumference_m (way of one turn), pulses_per_rev (1), dead_us (1 000), standstill_ms
(2 000).
"""

import time

from protocols import codes

BUS = "PULSES"
PARAMS = ("circumference_m", "pulses_per_rev", "dead_us", "standstill_ms")

_COUNT_MASK = 0x3FFFFFFF  # small integers of a 32-bit board: no interrupt may allocate
_KMH_US = 3.6e6  # km/h in metres per microsecond
_TEETH_INTERVALS = 3  # a window of fewer cannot tell a missing tooth from a change of speed
_TEETH_RATIO = 1.6  # longest to shortest interval; a missing tooth makes it two


def convert(pulses: int, elapsed_us: int, metres: float) -> float:
    """Speed in km/h of that many pulses, each worth so many `metres`, in that time."""
    return _KMH_US * metres * pulses / elapsed_us


class Sensor:
    """One pulse input; `clock` has the `ticks_us` and `ticks_diff` of MicroPython's `time`."""

    def __init__(self, bus, params: dict, clock=time):
        self._pin = bus
        self._clock = clock
        self._metres = params["circumference_m"] / params.get("pulses_per_rev", 1)
        self._dead_us = int(params.get("dead_us", 1_000))
        self._standstill_ms = params.get("standstill_ms", 2_000)
        self._standstill_us = int(1000 * self._standstill_ms)
        self._edge = self._on_edge  # a bound method made once: making one allocates
        self._sure_ms: "int | None" = None  # from then on no pulse means standstill
        self._value = 0.0
        self._seen = 0
        self._mark_us = 0  # of the edge that the next window is measured from
        # of the interrupt
        self._count = 0
        self._last_us = 0
        self._first_us = 0  # first edge after standstill
        self._resting = True
        self._begun = False
        self._longest_us = 0
        self._shortest_us = _COUNT_MASK

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Speed by the pulses since the last read."""
        if self._sure_ms is None:
            self._sure_ms = t_ms + self._standstill_ms
            self._watch()
        longest_us, shortest_us = self._longest_us, self._shortest_us
        self._longest_us, self._shortest_us = 0, _COUNT_MASK
        count, last_us = self._count, self._last_us
        while count != self._count:  # an edge came in between
            count, last_us = self._count, self._last_us
        pulses = count - self._seen & _COUNT_MASK
        self._seen = count
        if not pulses:
            return self._coast(), self._grade(t_ms)
        if self._begun:
            self._begun = False
            self._mark_us, pulses = self._first_us, pulses - 1
        elapsed_us = self._clock.ticks_diff(last_us, self._mark_us)
        self._mark_us = last_us
        if not pulses or elapsed_us <= 0:
            return self._value, self._grade(t_ms)  # one edge after standstill: no interval yet
        self._sure_ms = t_ms
        quality = codes.GOOD
        if pulses >= _TEETH_INTERVALS and longest_us > _TEETH_RATIO * shortest_us:
            pulses += round(longest_us / shortest_us) - 1
            elapsed_us = max(elapsed_us, pulses * shortest_us)
            quality = codes.IMPLAUSIBLE_RATE
        if shortest_us < 2 * self._dead_us:
            quality = codes.GUARD_HIGH
        self._value = convert(pulses, elapsed_us, self._metres)
        return self._value, quality

    def _coast(self):
        """No pulse since the last read."""
        waited_us = self._clock.ticks_diff(self._clock.ticks_us(), self._last_us)
        if self._resting or waited_us >= self._standstill_us:
            self._resting = True  # the next edge begins anew, whatever the ticks say by then
            self._value = 0.0
        elif waited_us > 0:
            self._value = min(self._value, convert(1, waited_us, self._metres))
        return self._value

    def _grade(self, t_ms):
        """A node that has just started cannot tell yet that nothing turns."""
        return codes.WARM_UP if t_ms < self._sure_ms else codes.GOOD

    def _watch(self):
        try:
            self._pin.irq(self._edge, self._pin.IRQ_FALLING, hard=True)
        except TypeError:  # a port that knows soft interrupts only
            self._pin.irq(self._edge, self._pin.IRQ_FALLING)

    def _on_edge(self, pin):
        now_us = self._clock.ticks_us()
        if self._resting:
            self._resting = False
            self._first_us = now_us
            self._begun = True
        else:
            passed_us = self._clock.ticks_diff(now_us, self._last_us)
            if passed_us < self._dead_us:
                return
            if passed_us > self._longest_us:
                self._longest_us = passed_us
            if passed_us < self._shortest_us:
                self._shortest_us = passed_us
        self._last_us = now_us
        self._count = self._count + 1 & _COUNT_MASK
