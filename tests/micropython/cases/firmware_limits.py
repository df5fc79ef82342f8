"""Limits: deadband, delays and latch in front of the alarm table, and predictive alarms."""

from firmware.limits import Alarm, Limit, condition
from protocols import alarm, codes


def limit(**changes):
    cfg = {"at": "H", "value": 100.0, "deadband": 5.0, "priority": 2, "predict": True}
    cfg.update(changes)
    return Limit(cfg)


def follow(one, values, period_ms=100):
    states = []
    for i in range(len(values)):
        one.check(values[i], i * period_ms)
        states.append(one.alarm.state)
    return states


def test_the_limit_itself_raises_at_once():
    assert follow(limit(), [99.9, 100.0]) == [codes.NORM, codes.UNACK]


def test_the_alarm_stays_until_the_value_has_left_the_deadband():
    assert follow(limit(), [101.0, 96.0, 95.0]) == [codes.UNACK, codes.UNACK, codes.RTN_UNACK]


def test_without_a_deadband_the_limit_itself_keeps_the_alarm():
    assert follow(limit(deadband=0), [100.0, 100.0, 99.9]) == [
        codes.UNACK, codes.UNACK, codes.RTN_UNACK,
    ]  # fmt: skip


def test_a_shelved_alarm_ends_its_silence_by_itself_and_is_raised_if_it_stands():
    one = limit().alarm
    assert one.hide(alarm.SHELVE, 0, "why", 60_000) and one.reason == "why"
    one.follow(True, 1_000)
    assert one.state == codes.SHELVED and one.tripping
    assert not one.expire(59_999) and one.expire(60_000)
    assert (one.state, one.reason, one.until_ms) == (codes.UNACK, "", None)


def test_what_stands_on_acknowledged_is_raised_anew_after_its_time():
    one = limit(realarm_s=300).alarm
    one.follow(True, 0)
    one.command(alarm.ACK, 10_000)
    assert not one.expire(309_999) and one.expire(310_000) and one.state == codes.UNACK
    assert not one.expire(10**9)  # nobody has acknowledged it yet
    one.command(alarm.ACK, 400_000)
    one.follow(False, 500_000)
    assert one.state == codes.NORM and not one.expire(10**9)


def test_without_a_time_patience_has_no_end():
    one = limit().alarm
    one.follow(True, 0)
    one.command(alarm.ACK, 0)
    assert not one.expire(10**12)


def test_a_low_limit_looks_the_other_way():
    assert follow(limit(at="LL"), [101.0, 100.0, 104.0, 105.0]) == [
        codes.NORM, codes.UNACK, codes.UNACK, codes.RTN_UNACK,
    ]  # fmt: skip


def test_an_on_delay_must_pass_in_one_piece():
    states = follow(limit(on_delay_ms=200), [101, 101, 90, 101, 101, 101])
    assert states == [codes.NORM] * 5 + [codes.UNACK]


def test_an_off_delay_begins_when_the_condition_ends_and_not_when_it_began():
    one = limit(on_delay_ms=200, off_delay_ms=200)
    states = follow(one, [101, 101, 101, 90, 90, 90])
    assert states == [codes.NORM] * 2 + [codes.UNACK] * 3 + [codes.RTN_UNACK]


def test_every_boundary_has_its_word_and_no_other_word_has_one():
    for word, code in (
        ("LL", codes.LL), ("L", codes.L), ("H", codes.H), ("HH", codes.HH), ("RATE", codes.RATE),
        ("DEV", codes.DEVIATION), ("DIFF", codes.DISCREPANCY),
    ):  # fmt: skip
        assert condition(word) == code
    try:
        condition("HIGH")
        raised = False
    except KeyError:
        raised = True
    assert raised


def test_an_alarm_has_no_delays_no_latch_and_no_patience_of_its_own():
    one = Alarm(codes.TAMPER, 3)
    assert one.follow(True, 7) and one.state == codes.UNACK
    one.command(alarm.ACK, 8)
    assert not one.expire(10**12)
    assert one.follow(False, 9) and one.state == codes.NORM


def test_only_what_is_to_be_foretold_has_a_predictive_alarm():
    assert Limit({"at": "H", "value": 1.0}).predicted is None
    assert limit().predicted.priority == 3


def test_a_rule_that_changes_nothing_says_so():
    one, other = limit(), limit(at="HH")
    one.rule = other.alarm
    assert not one.suppress(0)
    other.alarm.follow(True, 1)
    assert one.suppress(1) and one.alarm.state == codes.SUPPRESSED_BY_DESIGN
    assert not one.suppress(2)
    one.alarm.hide(alarm.REMOVE, 3, "repair")
    other.alarm.follow(False, 4)
    assert not one.suppress(4) and one.alarm.state == codes.OUT_OF_SERVICE


def test_a_latched_alarm_needs_a_reset():
    one = limit(latch=True)
    follow(one, [101.0, 90.0])
    assert one.alarm.state == codes.LATCH_UNACK
    one.alarm.command(alarm.ACK, 300)
    assert one.alarm.tripping
    one.alarm.command(alarm.RESET, 400)
    assert one.alarm.state == codes.NORM and not one.alarm.tripping


def test_a_missing_value_neither_clears_nor_shortens_the_off_delay():
    one = limit(off_delay_ms=200)
    one.check(101.0, 0)
    one.check(90.0, 100)
    one.alarm.hold()
    one.check(90.0, 300)
    assert one.alarm.active
    one.check(90.0, 500)
    assert not one.alarm.active


def test_the_measured_alarm_takes_over_from_the_predictive_one():
    one = limit()
    one.foretell(True, 0)
    assert one.predicted.state == codes.UNACK
    one.check(101.0, 100)
    one.foretell(True, 100)
    assert one.predicted.state == codes.SUPPRESSED_BY_DESIGN
    one.check(90.0, 200)
    one.foretell(False, 200)
    assert one.predicted.state == codes.NORM


def test_an_expectation_that_came_true_is_not_raised_again():
    one = limit()
    one.check(101.0, 0)
    one.foretell(True, 0)
    one.check(90.0, 100)
    for t_ms in (100, 200, 300):
        one.foretell(True, t_ms)
        assert one.predicted.state == codes.NORM
    one.foretell(False, 400)
    one.foretell(True, 500)
    assert one.predicted.state == codes.UNACK
