"""Forecast of one channel: level, slope, and when a limit will be reached.

Model. A straight line that may bend: what a sample lies off the line moves the level by one share
and the slope by another; both shares are given by memories in parts of the horizon, so any step of
time will do (double exponential smoothing). Noise lies on both sides of the line; where sample
after sample lies on the same side it is the line that errs, and its memory shortens (D. W. Trigg
and A. G. Leach, "Exponential smoothing with an adaptive response rate", 1967). A sample very far
off is a spike: the line goes on without it, unless the next one lies as far off.

Spread. The forecaster keeps score of itself: what it said one horizon ago is held against the
level now, and the running mean of the miss is the spread of what it says today. The spread also
tells what a slope is worth. Where it is small against the deadband, a slope is news and is
believed; where the level always swings by deadbands, a slope promises next to nothing:

    trust = b^2 / (b^2 + spread^2)        rise = trust * slope        b = 0.3 deadbands

Rule. A crossing is expected once level + rise + most of a spread has reached the limit for 1/24
of the horizon, until it falls short by three quarters of the deadband.

Outlook. The rise within a horizon is taken as normal with the spread for its mean size of error:
the chance that it closes the gap is the probability. The times are those of the line itself, for
they are of use when it comes true: median by the slope, band by its 10 % edges.

All state is whole numbers: level in 1/4096 of the finest deadband, slope in that per horizon. A
board rounds just as a large machine does, and a step allocates next to nothing.
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

# Why there is no forecast, or one without a new sample.
LEARNING = "learning"
COASTING = "coasting"
STALE = "stale"

# Levels are counted in this part of the finest deadband.
_FINE = 4096
# Parts of the horizon: memory of the slope at rest and at its shortest, how long a crossing has to
# be seen coming, and how long a forecast lives without a sample (in periods at least).
_SLOW_PART = 2
_QUICK_PART = 16
_DEBOUNCE_PART = 24
_STALE_PART = 2
_STALE_PERIODS = 5
# Memory of the level: 1/16 of that of the slope.
_LEVEL_SHIFT = 4
# Samples before the first forecast.
_LEARN = 3
# A sample this many usual errors off the line is a spike. The usual error is a running mean over
# 8 samples, kept off zero by a thousandth of a deadband a sample.
_SPIKE = 8
_ERROR_SHIFT = 3
_ERROR_RISE = _FINE // 1000
# The spread before anything is known, the memory of scores (64 horizons), and how many half
# spreads a miss may count: what runs away and is stopped now and then is not the usual.
_SPREAD = _FINE * 3 // 8
_SCORE_SHIFT = 6
_WORST_MISS = 5
# The spread at which a slope is believed by half, squared.
_DOUBT = (_FINE * 3 // 10) ** 2
# Margin of the rule in 1/16 spreads; what it may fall short before the crossing is called off, in
# 1/16 deadbands.
_MARGIN = 14
_KEEP = 12
# Times beyond this many horizons are not told.
_REACH = 2
# Standard deviation of a normal miss in mean misses; its 90 % point in standard deviations.
_SD = 1.2533
_P90 = 1.2816


class ChannelForecaster:
    """One channel: `step` per sample, then `expects` per limit; `outlook` when asked."""

    def __init__(self, limits: list, horizon_s: float, period_ms: int):
        """`limits` are `limits.Limit` objects; only their boundary and deadband matter here."""
        self._horizon_ms = int(horizon_s * 1000)
        self._slow_ms = max(self._horizon_ms // _SLOW_PART, period_ms)
        self._quick_ms = max(self._horizon_ms // _QUICK_PART, period_ms)
        self._debounce_ms = self._horizon_ms // _DEBOUNCE_PART
        self._stale_ms = max(self._horizon_ms // _STALE_PART, _STALE_PERIODS * period_ms)
        finest = _finest(limits)
        self._scale = _FINE / finest
        self._watches = [_Watch(limit, finest) for limit in limits]
        self._t_ms = 0
        self._seen_ms = 0
        self._count = 0
        self._level = 0
        self._slope = 0
        self._error = _FINE // 8
        self._bias = 0
        self._spike = False
        self._spread = _SPREAD
        self._said = 0
        self._said_ms = 0
        self._weigh()

    def step(self, value: "float | None", t_ms: int):
        """Learn the sample of `t_ms`; None is one that cannot be trusted."""
        dt_ms = t_ms - self._t_ms
        self._t_ms = t_ms
        if value is not None and (self._count == 0 or t_ms - self._seen_ms > self._stale_ms):
            self._begin(int(value * self._scale), t_ms)
            return
        self._level += self._slope * dt_ms // self._horizon_ms
        if value is None or dt_ms <= 0:
            return
        self._seen_ms = t_ms
        self._count += 1
        self._follow(int(value * self._scale) - self._level, dt_ms)
        if t_ms - self._said_ms >= self._horizon_ms:
            self._score(t_ms)

    def expects(self, limit: object) -> bool:
        """Should the predictive alarm of `limit` stand now? Asked once per step."""
        watch = self._find(limit)
        if self._count < _LEARN or self._t_ms - self._seen_ms > self._stale_ms:
            watch.expected = False
            watch.since_ms = self._t_ms
        elif self._t_ms == self._seen_ms:  # else unknown: nothing is raised, nothing is cleared
            self._decide(watch)
        return watch.expected

    def outlook(self, limit: object = None) -> Forecast:
        """Forecast for `limit`, or for the one most likely to be crossed."""
        if limit is not None:
            return self._forecast(self._find(limit))
        if not self._watches:
            return self._forecast(None)
        return self._forecast(min(self._watches, key=self._short))

    def _begin(self, sample, t_ms):
        self._seen_ms = self._said_ms = t_ms
        self._level = self._said = sample
        self._slope = self._bias = 0
        self._count = 1

    def _follow(self, error, dt_ms):
        """Bend the line towards a sample that lies `error` off it."""
        cut = _SPIKE * self._error
        usual = max(-cut, min(error, cut))
        if usual == error:
            self._spike = False
        elif not self._spike:
            self._spike = True
            return
        self._error += (abs(usual) - self._error >> _ERROR_SHIFT) + _ERROR_RISE
        self._bias += usual - self._bias >> _ERROR_SHIFT
        slope_ms = self._memory_ms()
        move = error * dt_ms // (dt_ms + (slope_ms >> _LEVEL_SHIFT))
        self._level += move
        self._slope += move * self._horizon_ms // (dt_ms + slope_ms)

    def _memory_ms(self):
        """Slow while errors cancel each other, quick while they agree."""
        agreed = 16 * abs(self._bias) // self._error
        return self._slow_ms - ((self._slow_ms - self._quick_ms) * agreed * agreed >> 8)

    def _score(self, t_ms):
        """Hold what was said a horizon ago against the level now, and say anew."""
        miss = min(abs(self._level - self._said), _WORST_MISS * self._spread >> 1)
        self._spread = max(self._spread + (miss - self._spread >> _SCORE_SHIFT), 1)
        self._weigh()
        self._said = self._level + (self._slope * self._trust >> 8)
        self._said_ms = t_ms

    def _weigh(self):
        """What follows from the spread: trust in slopes (1/256) and margin."""
        self._trust = 256 * _DOUBT // (_DOUBT + self._spread * self._spread)
        self._margin = self._spread * _MARGIN >> 4

    def _decide(self, watch):
        gap = self._short(watch) - self._margin
        if watch.expected:
            watch.expected = gap <= watch.keep
            watch.since_ms = self._t_ms
        elif gap > 0:
            watch.since_ms = self._t_ms
        elif self._t_ms - watch.since_ms >= self._debounce_ms:
            watch.expected = True

    def _short(self, watch):
        """By how much the line falls short of the limit at the horizon."""
        line = self._level + (self._slope * self._trust >> 8)
        return (watch.value - line) * watch.direction

    def _find(self, limit):
        for watch in self._watches:
            if watch.limit is limit:
                return watch
        raise KeyError(limit)

    def _forecast(self, watch):
        scale, reason = self._scale, self._reason()
        level = self._level / scale
        slope = self._slope * 1000 / (scale * self._horizon_ms)
        blind_ms = self._t_ms - self._seen_ms
        sd = _SD * self._spread * (self._stale_ms + blind_ms) / self._stale_ms
        code = None if watch is None else watch.limit.condition
        chance = 0.0
        tte = tte10 = tte90 = None
        if watch is not None and reason in ("", COASTING):
            slope_up = self._slope * watch.direction
            gap = (watch.value - self._level) * watch.direction
            chance = _chance(gap, slope_up * self._trust >> 8, sd)
            edge = _P90 * sd
            tte = self._reach(gap, slope_up)
            tte10, tte90 = self._reach(gap, slope_up + edge), self._reach(gap, slope_up - edge)
        return Forecast(
            self._t_ms, level, slope, sd / scale, chance, tte, tte10, tte90, code, reason
        )

    def _reason(self):
        if self._count < _LEARN:
            return LEARNING
        blind_ms = self._t_ms - self._seen_ms
        if blind_ms > self._stale_ms:
            return STALE
        return COASTING if blind_ms else ""

    def _reach(self, gap, rise):
        """Milliseconds until a rise per horizon has closed the gap; None where too far off."""
        if gap <= 0:
            return 0
        if rise * _REACH < gap:
            return None
        return int(gap / rise * self._horizon_ms)


class _Watch:
    """A limit in our units, and whether its crossing is expected."""

    def __init__(self, limit, finest):
        self.limit = limit
        self.direction = limit.direction
        self.value = int(limit.value / finest * _FINE)
        self.keep = int((limit.deadband or finest) / finest * _FINE) * _KEEP >> 4
        self.expected = False
        self.since_ms = 0


def _finest(limits):
    """The finest deadband; where there is none, 1 % of the largest limit."""
    bands = [limit.deadband for limit in limits if limit.deadband > 0]
    if bands:
        return min(bands)
    return max([abs(limit.value) for limit in limits] + [1.0]) / 100


def _chance(gap, rise, sd):
    """That a normal rise closes the gap."""
    return 1.0 if gap <= 0 else 0.5 + 0.5 * erf((rise - gap) / (sd * sqrt(2.0)))
