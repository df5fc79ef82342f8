"""Forecast of one channel: level, slope, and when a limit will be reached.

Model. The level moves on a straight line that may bend: a sample that differs from the line by
`e` moves the level by a share of `e` and the slope by a share of that, both shares being given by
time constants in parts of the horizon (double exponential smoothing for irregular steps). What
lies far outside the usual error is a spike: it is cut, and believed only if it stays.

Noise. The forecaster keeps score of itself: forecasts made half a horizon ago are held against
the level reached now, and the mean size of that error is the spread of the next forecast.

Rule. A crossing is expected when the upper edge of the forecast, level + slope + some spread,
reaches the limit for several samples in a row; it is expected until a wider edge no longer does.

All state is whole numbers: the unit of level is 1/256 of the finest deadband, slope is in such
units per horizon. So a board rounds exactly as a large machine does, and a step allocates nothing.
"""

from collections import namedtuple
from math import erf, sqrt

Forecast = namedtuple(
    "Forecast",
    (
        "t_ms", "level", "slope", "sd", "probability",
        "tte_ms", "tte10_ms", "tte90_ms", "limit", "reason",
    ),
)  # fmt: skip

# Units of level in the finest deadband.
_FINE = 256
# Time constants of level and slope, and the time without a value that ends a forecast, as parts
# of the horizon.
_LEVEL_PART = 16
_SLOPE_PART = 2
_STALE_PART = 4
# Samples before the first forecast; samples that must agree before a crossing is expected.
_LEARN = 4
_DEBOUNCE = 2
# Edges of the forecast in eighths of its spread: to expect a crossing, and to keep expecting it.
_RAISE = 4
_KEEP = 8
# A sample further off than this many mean errors is cut.
_SPIKE = 4
# Gain of the mean errors, as a right shift.
_SHIFT = 4
# Standard deviation of a normal error in mean absolute errors.
_SD = 1.2533


class ChannelForecaster:
    """One channel: `step` per sample, then `expects` per limit; `outlook` when asked."""

    def __init__(self, limits: list, horizon_s: float, period_ms: int):
        self._horizon_ms = int(horizon_s * 1000)
        self._level_ms = max(self._horizon_ms // _LEVEL_PART, period_ms)
        self._slope_ms = max(self._horizon_ms // _SLOPE_PART, 2 * period_ms)
        self._stale_ms = max(self._horizon_ms // _STALE_PART, 5 * period_ms)
        self._scale = _FINE / _finest(limits)
        self._watches = [_Watch(limit, self._scale) for limit in limits]
        self._t_ms = 0
        self._seen_ms = 0
        self._count = 0
        self._level = 0
        self._slope = 0
        self._error = _FINE // 8
        self._spread = _FINE
        self._past = None
        self._past_ms = 0

    def step(self, value: "float | None", t_ms: int):
        """Learn one sample; None is a sample that cannot be trusted."""
        dt_ms = t_ms - self._t_ms
        self._t_ms = t_ms
        if value is None:
            self._coast(dt_ms)
            return
        sample = int(value * self._scale)
        if self._count == 0 or t_ms - self._seen_ms > self._stale_ms:
            self._begin(sample, t_ms)
            return
        self._seen_ms = t_ms
        self._count += 1
        if dt_ms > 0:
            self._follow(sample, dt_ms)
            self._score(t_ms)

    def expects(self, limit: object) -> bool:
        """Should the predictive alarm of `limit` stand now? Asked once per step."""
        watch = self._watch(limit)
        if self._reason():
            watch.expected = False
            watch.votes = 0
            return False
        edge = self._spread * (_KEEP if watch.expected else _RAISE) >> 3
        gap = (watch.value - self._level) * watch.direction - edge
        crossing = gap <= self._slope * watch.direction
        if crossing == watch.expected:
            watch.votes = 0
        else:
            watch.votes += 1
            if watch.votes >= _DEBOUNCE:
                watch.expected = crossing
                watch.votes = 0
        return watch.expected

    def outlook(self, limit: object = None) -> Forecast:
        """Forecast for `limit`, or for the one most likely to be crossed."""
        if limit is not None:
            return self._forecast(self._watch(limit))
        best = None
        for watch in self._watches:
            found = self._forecast(watch)
            if best is None or found.probability > best.probability:
                best = found
        return best or self._forecast(None)

    def _begin(self, sample, t_ms):
        self._count = 1
        self._level = sample
        self._slope = 0
        self._past = None
        self._seen_ms = t_ms

    def _coast(self, dt_ms):
        """Without a value the line is followed, and every horizon of it adds a spread."""
        self._level += self._slope * dt_ms // self._horizon_ms
        self._spread += self._spread * dt_ms // self._horizon_ms

    def _follow(self, sample, dt_ms):
        self._level += self._slope * dt_ms // self._horizon_ms
        error = sample - self._level
        cut = _SPIKE * self._error
        size = abs(error)
        if size > cut:
            size = cut
            error = cut if error > 0 else -cut
        self._error += (size - self._error >> _SHIFT) + 1
        error = error * dt_ms // (dt_ms + self._level_ms)
        self._level += error
        self._slope += error * self._horizon_ms // (dt_ms + self._slope_ms)

    def _score(self, t_ms):
        """Hold the forecast of half a horizon ago against what came."""
        if self._past is not None:
            if t_ms - self._past_ms < self._horizon_ms >> 1:
                return
            miss = abs(self._level - self._past) * 3 >> 1
            self._spread += miss - self._spread >> 3
        self._past = self._level + (self._slope >> 1)
        self._past_ms = t_ms

    def _reason(self):
        if self._count < _LEARN:
            return "learning"
        blind_ms = self._t_ms - self._seen_ms
        if blind_ms > self._stale_ms:
            return "stale"
        return ""

    def _watch(self, limit):
        for watch in self._watches:
            if watch.limit is limit:
                return watch
        raise KeyError(limit)

    def _forecast(self, watch):
        reason = self._reason()
        level = self._level / self._scale
        slope = self._slope / self._scale / (self._horizon_ms / 1000)
        sd = _SD * max(self._spread, 1)
        code = None if watch is None else watch.limit.condition
        if reason or watch is None:
            return Forecast(
                self._t_ms, level, slope, sd / self._scale, 0.0, None, None, None, code, reason
            )
        gap = (watch.value - self._level) * watch.direction
        drift = self._slope * watch.direction
        if self._t_ms > self._seen_ms:
            reason = "coasting"
        return Forecast(
            self._t_ms, level, slope, sd / self._scale,
            0.5 + 0.5 * erf((drift - gap) / sd / sqrt(2.0)),
            self._reach(gap, drift),
            self._reach(gap, drift + 1.28 * sd),
            self._reach(gap, drift - 1.28 * sd),
            code, reason,
        )  # fmt: skip

    def _reach(self, gap, drift):
        """Time until the gap is closed, None beyond ten horizons."""
        if gap <= 0:
            return 0
        if drift * 10 < gap:
            return None
        return int(gap * self._horizon_ms / drift)


class _Watch:
    """A limit in units of level, and whether its crossing is expected."""

    def __init__(self, limit, scale):
        self.limit = limit
        self.value = int(limit.value * scale)
        self.direction = limit.direction
        self.expected = False
        self.votes = 0


def _finest(limits):
    """The finest deadband; 1 % of the largest limit where there is none."""
    bands = [limit.deadband for limit in limits if limit.deadband > 0]
    if bands:
        return min(bands)
    return max([abs(limit.value) for limit in limits] + [1.0]) / 100
