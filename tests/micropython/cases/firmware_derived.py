"""Limits on the rate of change and on the deviation; and alarms that another one suppresses."""

from firmware import limits, sampler
from protocols import alarm, codes

RATE = {"ch": 1, "at": "RATE", "value": 2.0, "deadband": 0.5, "window_s": 10}
DEV = {"ch": 1, "at": "DEV", "value": 5.0, "deadband": 1.0, "setpoint": 50.0}


def follow(cfg, values, period_ms=1_000):
    """States after each value."""
    (one,) = limits.build([cfg])
    found = []
    for i in range(len(values)):
        one.check(values[i], i * period_ms)
        found.append(one.alarm.state)
    return found


def test_a_slope_is_an_alarm_whichever_way_it_goes_once_a_window_is_whole():
    for sign in (1, -1):
        found = follow(RATE, [100 + sign * 2.0 * i for i in range(11)])
        assert found == [codes.NORM] * 10 + [codes.UNACK]


def test_a_slope_below_the_limit_is_none_and_noise_is_no_slope():
    assert set(follow(RATE, [1.9 * i for i in range(40)])) == {codes.NORM}
    assert set(follow(RATE, [100 + 9 * (-1) ** i for i in range(40)])) == {codes.NORM}


def test_the_rate_clears_by_the_window_after():
    values = [2.5 * i for i in range(11)] + [25.0] * 20
    found = follow(RATE, values)
    assert found[10] == codes.UNACK and found[20] == codes.RTN_UNACK


class Twin:
    """A channel as far as its twin looks."""

    def __init__(self, value=None):
        self.last = None if value is None else sampler.Sample(2, 0, value, codes.GOOD)
        self.discrepant = False


def difference(other, **changes):
    cfg = {"ch": 1, "at": "DIFF", "value": 5.0, "deadband": 1.0, "other": 2}
    cfg.update(changes)
    (one,) = limits.build([cfg])
    one.pair = (Twin(), other)
    return one


def test_two_channels_that_differ_are_an_alarm_and_both_are_marked():
    other = Twin(50.0)
    one = difference(other)
    for value, active in ((54.9, False), (55.0, True), (54.1, True), (54.0, False), (45.0, True)):
        one.check(value, 0)
        assert one.alarm.active == active, value
        assert [twin.discrepant for twin in one.pair] == [active, active]


def test_two_channels_that_differ_for_a_moment_are_none():
    other = Twin(50.0)
    one = difference(other, on_delay_ms=5_000)
    one.check(60.0, 0)
    one.check(60.0, 4_999)
    assert not one.alarm.active and not other.discrepant
    one.check(60.0, 5_000)
    assert one.alarm.active and other.discrepant


def test_without_the_other_value_nothing_is_raised_and_nothing_is_cleared():
    one = difference(Twin())
    assert not one.check(99.0, 0) and not one.alarm.active
    other = Twin(50.0)
    one = difference(other)
    one.check(99.0, 0)
    other.last = sampler.Sample(2, 1, None, codes.NO_RESPONSE)
    assert not one.check(50.0, 1) and one.alarm.active and other.discrepant


def test_a_channel_that_another_contradicts_says_so_of_good_values():
    cfg = {
        "ch": 1, "name": "p", "instrument": "pressure", "serial": "urn:dev:os:32473-X",
        "sensor": "none", "period_ms": 1_000, "range": [0, 100], "horizon_s": 20,
        "certificate": {"id": "X", "issued_ms": 0, "due_ms": 1},
    }  # fmt: skip
    pair = [sampler.Channel(dict(cfg, ch=ch), [], Steady()) for ch in (1, 2)]
    limit = {"ch": 1, "at": "DIFF", "value": 5.0, "other": 2}
    pair[0].limits = limits.build([limit])
    sampler._rule(pair)
    for one in pair:
        one.start(0)
        one.take(0)
    pair[1]._sensor.value = 60.0
    pair[1].take(0)
    pair[0].guard(pair[0].take(1_000))
    for one in pair:
        one.review(1_000, 0)
        assert one.take(2_000).quality == codes.DISCREPANT and one.last.value is not None
    pair[1]._sensor.value = 200.0
    assert pair[1].take(3_000).quality == codes.OVER_RANGE  # the sensor's own doubt comes first


class Steady:
    value = 50.0

    def read(self, t_ms):
        return self.value, codes.GOOD


def test_a_deviation_is_an_alarm_on_both_sides_of_the_set_point():
    assert follow(DEV, [50, 54.9, 55, 54.1, 54, 45, 46]) == [
        codes.NORM, codes.NORM, codes.UNACK, codes.UNACK, codes.RTN_UNACK, codes.UNACK,
        codes.RTN_UNACK,
    ]  # fmt: skip


CFG = {
    "ch": 1, "name": "pressure", "instrument": "pressure", "serial": "urn:dev:os:32473-X",
    "sensor": "none", "period_ms": 200, "range": [0, 200], "horizon_s": 20, "uncertainty": 1,
}  # fmt: skip


class Sensor:
    value = 50.0

    def read(self, t_ms):
        return self.value, codes.GOOD


def channel():
    """A channel whose H says nothing while its HH stands."""
    cfgs = [
        {"ch": 1, "at": "HH", "value": 100.0, "deadband": 1.0},
        {"ch": 1, "at": "H", "value": 80.0, "deadband": 1.0, "unless": [1, "HH"]},
    ]
    one = sampler.Channel(CFG, cfgs, Sensor())
    sampler._rule([one])
    one.start(0)
    return one


def states(one, value, slot):
    one._sensor.value = value
    one.guard(one.take(slot * 200))
    return one.find(codes.H).state, one.find(codes.HH).state


def test_the_alarm_that_says_less_is_suppressed_while_the_one_that_says_more_stands():
    one = channel()
    assert states(one, 85.0, 0) == (codes.UNACK, codes.NORM)
    assert states(one, 105.0, 1) == (codes.SUPPRESSED_BY_DESIGN, codes.UNACK)
    assert one.find(codes.H).active
    assert states(one, 90.0, 2) == (codes.UNACK, codes.RTN_UNACK)  # it still stands
    assert states(one, 70.0, 3) == (codes.RTN_UNACK, codes.RTN_UNACK)


def test_what_a_person_has_shelved_stays_shelved_whatever_the_rule_says():
    one = channel()
    states(one, 85.0, 0)
    one.find(codes.H).hide(alarm.SHELVE, 0, "why", 60_000)
    assert states(one, 105.0, 1)[0] == codes.SHELVED
    assert states(one, 90.0, 2)[0] == codes.SHELVED
