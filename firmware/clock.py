"""Two clocks: monotonic milliseconds for everything inside, wall time with quality for records.

`now_ms` counts from boot and never wraps, whatever the board's tick counter does. Wall time is
`now_ms` plus an offset that only `set` changes, so that a step of wall time can never disturb a
schedule, a delay or a watchdog. Without any time source wall time counts from 1970 and says so.
"""

import time

from protocols import codes

HOLDOVER_S = 86_400  # our choice: a crystal off by 20 ppm, as good ones are, is off 2 s by then


class Clock:
    """`rtc_ms` is the unix time that a battery clock gives at start, or None; time that was set is
    taken for granted for `holdover_s` after it was last confirmed."""

    def __init__(self, rtc_ms: int | None = None, holdover_s: int = HOLDOVER_S):
        self._ticks = time.ticks_ms()
        self._now_ms = 0
        self._offset_ms = rtc_ms or 0
        self._holdover_ms = 1000 * holdover_s
        self._confirmed_ms = 0
        self.quality = codes.CLOCK_NONE if rtc_ms is None else codes.CLOCK_RTC

    def now_ms(self) -> int:
        """Milliseconds since boot. To be called once in six days at least (half a tick period)."""
        ticks = time.ticks_ms()
        self._now_ms += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._now_ms

    def wall_ms(self, at_ms: int) -> int:
        """Unix time in ms of the monotonic instant `at_ms`."""
        return at_ms + self._offset_ms

    def step_ms(self, unix_ms: int, at_ms: int) -> int:
        """By how much wall time would jump if `at_ms` were `unix_ms`."""
        return unix_ms - at_ms - self._offset_ms

    def set(self, unix_ms: int, at_ms: int, quality: int = codes.CLOCK_SYNCED):
        """From now on the monotonic instant `at_ms` was `unix_ms`."""
        self._offset_ms = unix_ms - at_ms
        self.quality = quality
        self.confirm(at_ms)

    def confirm(self, at_ms: int):
        """Somebody who knows said at `at_ms` that the time is right."""
        self._confirmed_ms = at_ms

    def is_stale(self, now_ms: int) -> bool:
        """Was the time, set once, confirmed too long ago?"""
        old = now_ms - self._confirmed_ms > self._holdover_ms
        return old and self.quality == codes.CLOCK_SYNCED
