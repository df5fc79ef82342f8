"""Alarms over a reboot: what nobody has seen or reset does not vanish with the power."""

import os

from firmware import standing
from firmware.limits import Alarm, Limit
from protocols import alarm, codes

PATH = "/tmp/tocsin-standing-case-" + os.urandom(6).hex()


class Channel:
    ch = 1

    def __init__(self, latch=False):
        self.limit = Limit({"at": "HH", "value": 100.0, "latch": latch, "predict": True})
        self.fault = Alarm(codes.FAULT, 2)
        self.alarms = (self.limit.alarm, self.limit.predicted, self.fault)


class Clock:
    """Seconds after the boot of which wall time is known, or not."""

    def __init__(self, wall_ms=1_795_000_000_000, quality=codes.CLOCK_RTC):
        self.quality = quality
        self._wall_ms = wall_ms

    def now_ms(self):
        return 5_000

    def wall_ms(self, at_ms):
        return self._wall_ms + at_ms


def reboot(channel, latch=False, clock=None):
    standing.keep([channel], Clock(), PATH)
    fresh = Channel(latch)
    found = standing.restore([fresh], clock or Clock(), PATH)
    os.remove(PATH)
    return fresh, [(one.condition, old, one.state) for _, one, old in found]


def test_an_unseen_alarm_comes_back_as_returned_and_unseen():
    channel = Channel()
    channel.limit.check(101.0, 0)
    _, found = reboot(channel)
    assert found[0] == (codes.HH, codes.UNACK, codes.RTN_UNACK)


def test_a_latched_alarm_keeps_tripping_until_somebody_resets_it():
    channel = Channel(latch=True)
    channel.limit.check(101.0, 0)
    fresh, found = reboot(channel, latch=True)
    assert found[0] == (codes.HH, codes.UNACK, codes.LATCH_UNACK)
    assert fresh.limit.alarm.tripping


def test_a_condition_that_still_stands_is_raised_anew():
    channel = Channel()
    channel.limit.check(101.0, 0)
    fresh, _ = reboot(channel)
    fresh.limit.check(101.0, 0)
    assert fresh.limit.alarm.state == codes.UNACK


def test_a_suppressed_prediction_is_over():
    channel = Channel()
    channel.limit.foretell(True, 0)
    channel.limit.check(101.0, 0)
    channel.limit.foretell(True, 0)
    _, found = reboot(channel)
    assert found[1] == (codes.HH | codes.PREDICTED, codes.SUPPRESSED_BY_DESIGN, codes.NORM)


def test_a_shelving_goes_on_to_its_own_end_and_says_why():
    channel = Channel()
    channel.limit.alarm.hide(alarm.SHELVE, 0, "valve under repair", 600_000)
    later = Clock(1_795_000_000_000 + 400_000)
    fresh, _ = reboot(channel, clock=later)
    one = fresh.limit.alarm
    assert (one.state, one.reason) == (codes.SHELVED, "valve under repair")
    assert one.until_ms == 200_000  # on the clock of this boot
    assert not one.expire(199_999) and one.expire(200_000) and one.state == codes.NORM


def test_a_shelving_whose_end_nobody_knows_is_over():
    for clock in (
        Clock(1_795_000_000_000 + 700_000),  # it ended while the power was off
        Clock(0, codes.CLOCK_NONE),
        Clock(1_795_000_000_000 - 100_000_000),  # a clock that went back must not prolong it
    ):
        channel = Channel()
        channel.limit.alarm.hide(alarm.SHELVE, 0, "valve under repair", 600_000)
        fresh, found = reboot(channel, clock=clock)
        assert found[0] == (codes.HH, codes.SHELVED, codes.NORM)
        fresh.limit.check(101.0, 0)
        assert fresh.limit.alarm.state == codes.UNACK


def test_what_was_taken_out_of_service_stays_so_with_its_reason():
    channel = Channel()
    channel.fault.hide(alarm.REMOVE, 0, "sensor at the calibration office")
    fresh, _ = reboot(channel)
    assert fresh.fault.state == codes.OUT_OF_SERVICE
    assert fresh.fault.reason == "sensor at the calibration office"


def test_without_a_file_or_with_a_damaged_one_everything_is_normal():
    for content in (None, b"", b"\xff\x00", b"\x81\x01", b"\x82\x01\x02", b"\x81\x83\x01\x04\x02"):
        if content is not None:
            with open(PATH, "wb") as file:
                file.write(content)
        found = standing.restore([Channel()], Clock(), PATH)
        assert [(old, one.state) for _, one, old in found] == [(codes.NORM, codes.NORM)] * 3
    os.remove(PATH)
