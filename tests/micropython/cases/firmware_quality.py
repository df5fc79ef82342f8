"""Self-diagnosis: range, rate and frozen readings, and what the forecast may learn from."""

from firmware.quality import Check, trusted
from protocols import codes

PERIOD_MS = 1_000


def check(stuck_ms=10_000, max_rate=50.0, quiet_below=0.0):
    return Check(0.0, 100.0, 0.1, max_rate, stuck_ms, quiet_below)


def judge(one, values, start_ms=0, grade=codes.GOOD):
    return [one.judge(values[i], grade, start_ms + i * PERIOD_MS) for i in range(len(values))]


def lively(one, count=200):
    """A reading with a noise of ten steps, as a live loop has; the time after it."""
    judge(one, [50.0 + (i % 2) for i in range(count)])
    return count * PERIOD_MS


def test_the_range_is_part_of_it():
    assert judge(check(), [0.0, 100.0], 0) == [codes.GOOD, codes.IMPLAUSIBLE_RATE]
    assert judge(check(), [100.0]) == [codes.GOOD]
    assert judge(check(), [100.1]) == [codes.OVER_RANGE]
    assert judge(check(), [-0.1]) == [codes.UNDER_RANGE]


def test_a_value_out_of_range_is_still_a_value():
    for grade in (codes.OVER_RANGE, codes.UNDER_RANGE, codes.IMPLAUSIBLE_RATE):
        assert codes.category(grade) != codes.FAILURE


def test_faster_than_the_instrument_can_move_is_doubtful_for_one_sample():
    assert judge(check(), [10.0, 59.0, 10.0, 61.0, 61.2]) == [
        codes.GOOD, codes.GOOD, codes.GOOD, codes.IMPLAUSIBLE_RATE, codes.GOOD,
    ]  # fmt: skip


def test_a_rate_counts_time_and_not_samples():
    one = check()
    assert one.judge(10.0, codes.GOOD, 0) == codes.GOOD
    assert one.judge(90.0, codes.GOOD, 2_000) == codes.GOOD
    assert one.judge(10.0, codes.GOOD, 2_500) == codes.IMPLAUSIBLE_RATE


def test_a_rate_across_a_hole_says_nothing():
    one = check()
    judge(one, [10.0])
    assert one.judge(None, codes.NO_RESPONSE, 1_000) == codes.NO_RESPONSE
    assert one.judge(90.0, codes.GOOD, 2_000) == codes.GOOD


def test_a_live_reading_that_freezes_is_a_failure_until_it_moves():
    one = check()
    now_ms = lively(one)
    frozen = judge(one, [50.5] * 12, now_ms)
    assert frozen[:10] == [codes.GOOD] * 10 and frozen[10:] == [codes.STUCK] * 2
    assert codes.category(codes.STUCK) == codes.FAILURE
    assert one.judge(50.6, codes.GOOD, now_ms + 12_000) == codes.GOOD


def quiet(one, level=50.0, every=9, count=1_000):
    """A loop that moves by one bit at every ninth sample; the time after it."""
    judge(one, [level + 0.1 * (i // every % 2) for i in range(count)])
    return count * PERIOD_MS


def test_a_quiet_loop_that_freezes_is_a_failure_once_the_rest_is_eight_times_the_longest():
    one = check()
    now_ms = quiet(one)
    frozen = judge(one, [50.5] * 100, now_ms)
    assert frozen[:64] == [codes.GOOD] * 64 and set(frozen[65:]) == {codes.STUCK}


def test_a_reading_that_learned_to_rest_may_rest_as_long_again():
    one = check()
    quiet(one)
    values = [50.5] * 60 + [50.6 + 0.1 * (i % 2) for i in range(100)] + [50.5] * 400
    found = judge(one, values, 1_000_000)
    assert set(found[:555]) == {codes.GOOD}


def test_a_rest_that_was_a_failure_teaches_nothing():
    one = check()
    now_ms = lively(one)
    judge(one, [50.5] * 500, now_ms)
    judge(one, [50.0 + (i % 2) for i in range(20)], now_ms + 500_000)
    assert judge(one, [50.5] * 12, now_ms + 520_000)[-1] == codes.STUCK


def test_a_machine_that_stands_still_is_not_stuck():
    one = check(quiet_below=0.5)
    now_ms = lively(one)
    assert judge(one, [0.0] * 3_600, now_ms)[1:] == [codes.GOOD] * 3_599
    one = check(quiet_below=0.5)
    now_ms = lively(one)
    assert judge(one, [0.6] * 60, now_ms)[-1] == codes.STUCK


def test_a_reading_that_stands_at_the_end_of_the_range_is_saturated():
    one = check()
    now_ms = lively(one)
    assert judge(one, [100.0] * 20, now_ms)[-1] == codes.SATURATED
    assert codes.category(codes.SATURATED) == codes.FAILURE


def test_what_is_silent_for_a_moment_has_not_rested():
    one = check()
    now_ms = lively(one)
    judge(one, [50.5] * 9, now_ms)
    assert one.judge(None, codes.NO_RESPONSE, now_ms + 9_000) == codes.NO_RESPONSE
    assert judge(one, [50.5] * 9, now_ms + 10_000) == [codes.GOOD] * 9


def test_a_value_that_leaps_and_returns_is_a_spike_for_one_sample():
    one = check()
    now_ms = lively(one)
    found = judge(one, [50.0, 90.0, 50.0, 51.0], now_ms)
    assert found == [codes.GOOD, codes.SPIKE, codes.GOOD, codes.GOOD]
    assert codes.category(codes.SPIKE) == codes.OUT_OF_SPECIFICATION


def test_a_value_that_leaps_and_stays_is_believed_at_the_second_sample():
    one = check()
    now_ms = lively(one)
    assert judge(one, [90.0, 91.0, 90.5], now_ms) == [codes.SPIKE, codes.GOOD, codes.GOOD]


def test_a_slope_is_no_row_of_spikes():
    one = check()
    now_ms = lively(one)
    found = judge(one, [0.0, 40.0, 80.0, 100.0], now_ms)
    assert found[1:] == [codes.GOOD] * 3


def test_a_slope_within_what_the_loop_used_to_do_is_no_spike():
    one = check()
    now_ms = lively(one)
    assert set(judge(one, [50.0 + 3.0 * i for i in range(10)], now_ms)) == {codes.GOOD}


def test_the_way_back_from_an_implausible_step_is_good():
    assert judge(check(), [10.0, 90.0, 10.0, 10.1]) == [
        codes.GOOD, codes.IMPLAUSIBLE_RATE, codes.GOOD, codes.GOOD,
    ]  # fmt: skip


def test_a_reading_that_never_moved_may_stand_still():
    assert judge(check(), [50.0] * 60) == [codes.GOOD] * 60


def test_a_kind_may_stand_still_for_ever():
    one = check(stuck_ms=0)
    now_ms = lively(one)
    assert judge(one, [50.0] * 60, now_ms) == [codes.GOOD] * 60


def test_the_sensors_own_verdict_comes_first():
    for grade in (codes.WARM_UP, codes.GUARD_HIGH, codes.UNCALIBRATED):
        assert judge(check(), [150.0], grade=grade) == [grade]
    one = check()
    now_ms = lively(one)
    assert judge(one, [50.0] * 12, now_ms, codes.GUARD_HIGH)[-1] == codes.STUCK


def test_the_forecast_learns_from_good_and_from_old_certificates_only():
    assert trusted(codes.GOOD) and trusted(codes.VERIFICATION_OVERDUE)
    for grade in (
        codes.OPEN_LOOP, codes.STUCK, codes.WARM_UP, codes.OVER_RANGE, codes.GUARD_HIGH,
        codes.IMPLAUSIBLE_RATE, codes.SPIKE,
    ):  # fmt: skip
        assert not trusted(grade), grade
