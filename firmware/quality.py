"""Self-diagnosis of one channel: NE 107 category and reason of every calibrated value.

The sensor speaks first (loop faults, silence, checksums); what it calls good is then judged by
the range, by how it moved and by whether it still shows the noise it used to show. Only a failure
takes the value away. A value that is merely doubtful keeps being checked against the limits, for
it may be a real danger; `trusted` says which ones the forecast may learn from.

How it moves is learned: the mean size of a step, and the longest rest between two of them. A rest
far longer than the longest of many is a reading that is stuck. A quiet loop that moves by one bit
every second or third sample teaches that as well as a lively one; what never moved may go on
standing still, and so may a meter at its own zero, where the kind of instrument says so. A frozen
transmitter under a converter that still flickers is not seen here, only beside a second channel.
"""

from protocols import codes

# Values are counted in ticks of 1/16 of the resolution, the mean step in 1/64 of that.
_TICKS = 16
_MEAN_SHIFT = 6
_LEARNED = 64  # rests to be seen before anything is said of them
# If rests ended by chance, one of this many times the longest of 64 would come once in e^30 or so.
_RESTS = 8
_FORGET_SHIFT = 8  # the longest rest fades, by a 256th with each that was shorter
# A step of this many means, and of a 32nd of the range, is a spike until the next one confirms it.
_SPIKE_MEANS = 32
_JUMP_SHARE = 32


def trusted(quality: int) -> bool:
    """May the forecast learn from a value of this quality?"""
    return codes.category(quality) in (codes.GOOD_CATEGORY, codes.MAINTENANCE)


class Check:
    """Judge of one channel's values."""

    def __init__(
        self, low: float, high: float, step: float, max_rate: float, stuck_ms: int,
        quiet_below: float = 0.0,
    ):  # fmt: skip
        """Range and resolution in the wire unit, `max_rate` in wire units per second.

        No rest below `stuck_ms` is a fault (0: none at all), nor one of a value whose size is
        below `quiet_below`.
        """
        self._per_tick = _TICKS / step
        self._low = int(low * self._per_tick)
        self._high = int(high * self._per_tick)
        self._max_per_s = int(max_rate * self._per_tick)
        self._jump = (self._high - self._low) // _JUMP_SHARE
        self._quiet = int(quiet_below * self._per_tick)
        self._stuck_ms = stuck_ms
        self._last: "int | None" = None
        self._last_ms = 0
        self._believed = 0  # the last value before one that was doubtful for its step
        self._doubted = False
        self._rest_ms = 0  # since when the value has been the same, and for how many samples
        self._rest = 0
        self._longest = 0
        self._rests = 0
        self._mean = 0

    def judge(self, value: float, quality: int, t_ms: int) -> int:
        """Quality of a value that the sensor gave with `quality`."""
        if codes.category(quality) == codes.FAILURE:
            self._last = None  # a rate across a hole says nothing, nor does a rest
            return quality
        now = int(value * self._per_tick)
        found = self._motion(now, t_ms)
        if found == codes.STUCK:
            return codes.SATURATED if now >= self._high else found
        if quality != codes.GOOD:
            return quality
        if now > self._high:
            return codes.OVER_RANGE
        if now < self._low:
            return codes.UNDER_RANGE
        return found

    def _motion(self, now, t_ms):
        last, elapsed_ms = self._last, t_ms - self._last_ms
        self._last, self._last_ms = now, t_ms
        if last is None or elapsed_ms <= 0:
            self._rest_ms, self._rest, self._doubted = t_ms, 0, False
            return codes.GOOD
        if now == last:
            self._rest += 1
            self._doubted = False
            return codes.STUCK if self._is_stuck(last, t_ms) else codes.GOOD
        if not self._is_stuck(last, t_ms):  # a rest that was a failure teaches nothing
            faded = self._longest - (self._longest >> _FORGET_SHIFT)
            self._longest = max(faded, self._rest)
            self._rests += 1
        self._rest_ms, self._rest = t_ms, 0
        return self._step(now, last, elapsed_ms)

    def _step(self, now, last, elapsed_ms):
        """Is the step from `last` to `now` believable? Two large ones in a row are no spike."""
        step, doubted = abs(now - last), self._doubted
        too_fast = step * 1000 > self._max_per_s * elapsed_ms
        if doubted and abs(now - self._believed) <= self._jump:
            self._doubted = False
            return codes.GOOD  # back from a spike
        self._doubted = too_fast or (
            not doubted
            and step > self._jump
            and self._rests >= _LEARNED
            and step << _MEAN_SHIFT > self._mean * _SPIKE_MEANS
        )
        if not self._doubted:
            self._mean += step - (self._mean >> _MEAN_SHIFT)
            return codes.GOOD
        if not doubted:
            self._believed = last
        return codes.IMPLAUSIBLE_RATE if too_fast else codes.SPIKE

    def _is_stuck(self, value, t_ms):
        return (
            0 < self._stuck_ms <= t_ms - self._rest_ms
            and self._rests >= _LEARNED
            and self._rest >= _RESTS * self._longest
            and abs(value) >= self._quiet
        )
