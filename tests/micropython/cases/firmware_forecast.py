"""Forecast: quiet, ramps, spikes, holes and what a node may spend on it."""

import gc
from array import array
from math import exp

from firmware.forecast import COASTING, LEARNING, STALE, ChannelForecaster
from firmware.limits import Limit
from protocols import codes

HORIZON_S = 20
PERIOD_MS = 200
MEMORY_BYTES = 2048
STEP_BYTES = 250


class Noise:
    """Nearly normal, the same on every runtime."""

    def __init__(self, seed):
        self._state = seed

    def __call__(self, sd):
        total = 0
        for _ in range(6):
            self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
            total += self._state >> 15
        return (total / 65536 - 3.0) * 1.414 * sd


class Bench:
    """A forecaster with one limit, fed sample by sample."""

    def __init__(self, at, value, deadband, horizon_s=HORIZON_S, period_ms=PERIOD_MS):
        self.limit = Limit({"at": at, "value": value, "deadband": deadband, "predict": True})
        self.forecaster = ChannelForecaster([self.limit], horizon_s, period_ms)
        self.period_ms = period_ms
        self.t_ms = 0

    def feed(self, value):
        self.t_ms += self.period_ms
        self.forecaster.step(value, self.t_ms)
        return self.forecaster.expects(self.limit)

    def outlook(self):
        return self.forecaster.outlook(self.limit)


def gauge(at="HH", value=1_000_000.0, deadband=20_000.0):
    return Bench(at, value, deadband)


def quiet(bench, level, sd, seconds, noise=None):
    """Feed noise about a level; how many samples expected a crossing."""
    noise = noise or Noise(1)
    return sum(bench.feed(level + noise(sd)) for _ in range(seconds * 1000 // bench.period_ms))


def in_order(outlook):
    never = 1 << 40
    times = [
        never if t is None else t for t in (outlook.tte10_ms, outlook.tte_ms, outlook.tte90_ms)
    ]
    return times == sorted(times)


def test_noise_one_deadband_below_the_limit_raises_nothing():
    for seed in range(1, 6):
        assert quiet(gauge(), 980_000.0, 2_000.0, 600, Noise(seed)) == 0


def test_a_ramp_is_foretold_and_its_time_told_within_30_percent():
    for at, limit, start, per_s in (
        ("HH", 1_000_000.0, 600_000.0, 10_000.0),
        ("LL", 200_000.0, 600_000.0, -10_000.0),
    ):
        bench, noise = gauge(at, limit), Noise(2)
        quiet(bench, start, 300.0, 120, noise)
        value, raised, good = start, 0, 0
        while (limit - value) * per_s > 0:
            value += per_s * PERIOD_MS / 1000
            if bench.feed(value + noise(300.0)):
                told, true = bench.outlook().tte_ms, (limit - value) / per_s * 1000
                raised += 1
                good += abs(told - true) <= 0.3 * true + PERIOD_MS
        assert raised * PERIOD_MS >= HORIZON_S * 1000 // 3, raised
        assert good >= 0.9 * raised, (good, raised)


def test_a_falling_limit_mirrors_a_rising_one():
    up, down, noise = gauge("H", 500_000.0), gauge("L", -500_000.0), Noise(3)
    for i in range(400):
        value = max(0, i - 200) * 2_000.0 + noise(300.0)
        assert up.feed(value) == down.feed(-value)
        a, b = up.outlook(), down.outlook()
        assert abs(a.level + b.level) <= 400.0  # 1/50 deadband
        assert abs(a.probability - b.probability) <= 0.001


def test_a_single_spike_raises_nothing_and_leaves_no_trace():
    for size in (50_000.0, 350_000.0, 5e6, -5e6):
        bench, noise = gauge(), Noise(4)
        quiet(bench, 600_000.0, 300.0, 60, noise)
        before = bench.outlook()
        assert not bench.feed(600_000.0 + size)
        assert quiet(bench, 600_000.0, 300.0, 10, noise) == 0
        assert abs(bench.outlook().level - before.level) < 2_000.0


def test_a_hole_is_coasted_over_with_growing_doubt_until_it_is_too_long():
    bench = gauge()
    quiet(bench, 600_000.0, 300.0, 60)
    sd = bench.outlook().sd
    for _ in range(HORIZON_S * 500 // PERIOD_MS):
        assert not bench.feed(None)
        outlook = bench.outlook()
        assert outlook.reason == COASTING and outlook.sd > sd
        sd = outlook.sd
    bench.feed(None)
    outlook = bench.outlook()
    assert outlook.reason == STALE and outlook.probability == 0.0 and outlook.tte_ms is None


def test_an_expected_crossing_is_kept_over_a_hole_but_not_when_stale():
    bench, value = gauge(), 600_000.0
    quiet(bench, value, 300.0, 60)
    while not bench.feed(value):
        value += 2_000.0
    assert bench.feed(None)
    for _ in range(HORIZON_S * 500 // PERIOD_MS):
        expected = bench.feed(None)
    assert not expected


def test_learning_begins_again_after_a_long_hole():
    bench = gauge()
    bench.feed(600_000.0)
    assert bench.outlook().reason == LEARNING
    quiet(bench, 600_000.0, 300.0, 10)
    assert bench.outlook().reason == ""
    bench.t_ms += 60_000
    bench.feed(700_000.0)
    assert bench.outlook().reason == LEARNING and bench.outlook().level > 699_000.0


def test_probability_and_times_are_in_order_on_the_whole_way_up_and_down():
    bench, noise = gauge(), Noise(5)
    for i in range(1500):
        bench.feed(600_000.0 + 1_000.0 * abs((i + 500) % 1000 - 500) + noise(300.0))
        outlook = bench.outlook()
        assert 0.0 <= outlook.probability <= 1.0
        assert outlook.sd > 0.0 and in_order(outlook)


def test_beyond_the_limit_the_outlook_says_now_and_afterwards_nothing_is_left():
    bench = gauge()
    quiet(bench, 1_050_000.0, 300.0, 10)
    outlook = bench.outlook()
    assert outlook.probability == 1.0 and outlook.limit == codes.HH
    assert (outlook.tte10_ms, outlook.tte_ms, outlook.tte90_ms) == (0, 0, 0)
    quiet(bench, 600_000.0, 300.0, 20)
    assert quiet(bench, 600_000.0, 300.0, 60) == 0


def test_the_outlook_speaks_of_the_limit_most_likely_to_be_crossed():
    high = Limit({"at": "HH", "value": 1_000_000.0, "deadband": 20_000.0})
    low = Limit({"at": "LL", "value": 200_000.0, "deadband": 20_000.0})
    forecaster = ChannelForecaster([high, low], HORIZON_S, PERIOD_MS)
    for i in range(100):
        forecaster.step(600_000.0 - 2_000.0 * i, i * PERIOD_MS)
    assert forecaster.outlook().limit == codes.LL
    assert forecaster.outlook(high).limit == codes.HH


def test_a_channel_without_limits_still_has_a_level_and_a_slope():
    forecaster = ChannelForecaster([], HORIZON_S, PERIOD_MS)
    for i in range(500):
        forecaster.step(5.0 * i * PERIOD_MS / 1000, i * PERIOD_MS)
    outlook = forecaster.outlook()
    assert outlook.limit is None and outlook.tte_ms is None
    assert abs(outlook.slope - 5.0) < 0.1


def test_held_values_and_uneven_steps_of_time_do_no_harm():
    bench, noise = Bench("HH", 60.0, 4.0, 15, 1000), Noise(6)
    foretold = 0
    for i in range(400):
        value = 20.0 + max(0, i - 360) * 1.0
        if i % 2 == 0:
            held = int(value)
        bench.t_ms += int(noise(100.0))
        foretold += bench.feed(held)
        assert i >= 360 or foretold == 0
    assert foretold >= 5


def test_single_precision_values_change_nothing():
    exact, single, noise = gauge(), gauge(), Noise(7)
    for i in range(1000):
        value = 900_000.0 + max(0, i - 600) * 250.0 + noise(100.0)
        assert exact.feed(value) == single.feed(array("f", [value])[0])
    assert abs(exact.outlook().level - single.outlook().level) < 10.0


def run_away(bench, samples, quiet_s):
    """Feed `samples(t_s)` until it crosses, t from -quiet_s: seconds of warning before that."""
    t_ms, warned_ms = -1000 * quiet_s, None
    while True:
        value = samples(t_ms / 1000)
        if value >= bench.limit.value:
            return 0.0 if warned_ms is None else (t_ms - warned_ms) / 1000
        expected = bench.feed(value)
        assert not (expected and t_ms < 0), t_ms
        if not expected:
            warned_ms = None
        elif warned_ms is None:
            warned_ms = t_ms
        t_ms += bench.period_ms


def test_a_vessel_is_foretold_three_seconds_ahead_and_never_in_ten_quiet_minutes():
    for seed in (1, 2, 3):
        noise = Noise(seed)
        bench = Bench("HH", 1_000_000.0, 32_000.0, 20, 200)

        def pressure(t_s, noise=noise):
            return 600_000.0 * exp(max(0.0, t_s) * 0.511 / 25) + noise(300.0)

        assert run_away(bench, pressure, 600) >= 3.0


def test_dust_is_foretold_three_seconds_ahead_and_never_in_ten_quiet_minutes():
    for seed in (1, 2, 3):
        for steepness in (0.0, 2.5):  # straight, and as a growing cloud
            noise = Noise(seed)
            bench = Bench("HH", 1_000.0, 100.0, 30, 1000)

            def dust(t_s, noise=noise, steepness=steepness):
                part = max(0.0, t_s) / 22
                if steepness:
                    part = (exp(steepness * part) - 1) / (exp(steepness) - 1)
                return int((80 + 920 * part) * (1 + noise(0.03)))

            assert run_away(bench, dust, 600) >= 3.0


def test_a_hoist_is_foretold_three_seconds_ahead_and_never_in_ten_quiet_minutes():
    for seed in (1, 2, 3):
        noise = Noise(seed)
        bench = Bench("HH", 16.0, 0.8, 15, 100)

        def speed(t_s, noise=noise):
            return 8.0 + 8.0 * max(0.0, t_s) / 12 + noise(0.05)

        assert run_away(bench, speed, 600) >= 3.0


def test_memory_and_allocations_stay_within_bounds():
    if not hasattr(gc, "mem_alloc"):
        return  # CPython does not tell; the other two runs do
    gc.collect()
    before = gc.mem_alloc()
    bench = gauge()
    forecaster, limit = bench.forecaster, bench.limit
    quiet(bench, 600_000.0, 300.0, 120)
    gc.collect()
    assert gc.mem_alloc() - before <= MEMORY_BYTES, gc.mem_alloc() - before
    values = [600_000.0 + 7.0 * i for i in range(100)]
    t_ms = bench.t_ms
    gc.disable()
    before = gc.mem_alloc()
    for value in values:
        t_ms += PERIOD_MS
        forecaster.step(value, t_ms)
        forecaster.expects(limit)
    spent = gc.mem_alloc() - before
    gc.enable()
    assert spent <= STEP_BYTES * len(values), spent
