"""Self-diagnosis of one channel: NE 107 category and reason of every calibrated value.

The sensor speaks first (loop faults, silence, checksums); what it calls good is then judged by
the range, by how fast it moved and by whether it still shows the noise it used to show. Only a
failure takes the value away. A value that is merely doubtful keeps being checked against the
limits, for it may be a real danger; `trusted` says which ones the forecast may learn from.
"""

from protocols import codes

# Learned noise is the running mean size of the steps taken: standing still teaches nothing. It is
# kept in 1/64 of the resolution, its gain is 1/64.
_NOISE_SHIFT = 6
# A channel has a noise worth missing when that mean is this many times the resolution.
_NOISE_STEPS = 2


def trusted(quality: int) -> bool:
    """May the forecast learn from a value of this quality?"""
    return codes.category(quality) in (codes.GOOD_CATEGORY, codes.MAINTENANCE)


class Check:
    """Judge of one channel's values; remembers the last one and the usual step."""

    def __init__(self, low: float, high: float, step: float, max_rate: float, stuck_ms: int):
        """Range and resolution in the wire unit, `max_rate` in wire units per second."""
        self._low = low
        self._high = high
        self._per_step = 1 / step
        self._max_steps_per_s = int(max_rate / step)
        self._stuck_ms = stuck_ms
        self._last = None
        self._last_ms = 0
        self._moved_ms = 0
        self._noise = 0

    def judge(self, value: float, quality: int, t_ms: int) -> int:
        """Quality of a value that the sensor gave with `quality`."""
        if codes.category(quality) == codes.FAILURE:
            self._last = None  # a rate across a hole says nothing
            return quality
        found = self._motion(value, t_ms)
        if found == codes.STUCK:
            return found
        if quality != codes.GOOD:
            return quality
        if value > self._high:
            return codes.OVER_RANGE
        if value < self._low:
            return codes.UNDER_RANGE
        return found

    def _motion(self, value, t_ms):
        last, elapsed_ms = self._last, t_ms - self._last_ms
        self._last, self._last_ms = value, t_ms
        if last is None or elapsed_ms <= 0:
            self._moved_ms = t_ms
            return codes.GOOD
        if value == last:
            return codes.STUCK if self._is_stuck(t_ms) else codes.GOOD
        self._moved_ms = t_ms
        steps = abs(int((value - last) * self._per_step))
        self._noise += steps - (self._noise >> _NOISE_SHIFT)
        if steps * 1000 > self._max_steps_per_s * elapsed_ms:
            return codes.IMPLAUSIBLE_RATE
        return codes.GOOD

    def _is_stuck(self, t_ms):
        return 0 < self._stuck_ms <= t_ms - self._moved_ms and (
            self._noise >> _NOISE_SHIFT >= _NOISE_STEPS
        )
