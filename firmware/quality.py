"""Self-diagnosis of one channel: NE 107 category and reason of every calibrated value.

The sensor speaks first (loop faults, silence, checksums); what it calls good is then judged by
the range, by how fast it moved and by whether it still shows the noise it used to show. Only a
failure takes the value away. A value that is merely doubtful keeps being checked against the
limits, for it may be a real danger; `trusted` says which ones the forecast may learn from.
"""

from protocols import codes

# Learned noise is the running mean size of the steps taken: standing still teaches nothing.
_NOISE_GAIN = 1 / 64
# A channel has a noise worth missing when that mean is this many times the wire resolution.
_NOISE_STEPS = 2.0


def trusted(quality: int) -> bool:
    """May the forecast learn from a value of this quality?"""
    return codes.category(quality) in (codes.GOOD_CATEGORY, codes.MAINTENANCE)


class Check:
    """Judge of one channel's values; remembers the last one and the usual step."""

    def __init__(self, low: float, high: float, step: float, max_rate: float, stuck_ms: int):
        """Range and resolution in the wire unit, `max_rate` in wire units per second."""
        self._low = low
        self._high = high
        self._step = step
        self._max_rate = max_rate
        self._stuck_ms = stuck_ms
        self._last = None
        self._last_ms = 0
        self._moved_ms = 0
        self._noise = 0.0

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
        moved = abs(value - last)
        if moved == 0:
            return codes.STUCK if self._is_stuck(t_ms) else codes.GOOD
        self._moved_ms = t_ms
        self._noise += _NOISE_GAIN * (moved - self._noise)
        if moved > self._max_rate * elapsed_ms / 1000:
            return codes.IMPLAUSIBLE_RATE
        return codes.GOOD

    def _is_stuck(self, t_ms):
        return 0 < self._stuck_ms <= t_ms - self._moved_ms and (
            self._noise >= _NOISE_STEPS * self._step
        )
