"""Alarms over a reboot: what nobody has seen or reset does not vanish with the power."""

import os

from firmware import standing
from firmware.limits import Alarm, Limit
from protocols import codes

PATH = "/tmp/tocsin-standing-case-" + os.urandom(6).hex()


class Channel:
    ch = 1

    def __init__(self, latch=False):
        self.limit = Limit({"at": "HH", "value": 100.0, "latch": latch, "predict": True})
        self.fault = Alarm(codes.FAULT, 2)
        self.alarms = (self.limit.alarm, self.limit.predicted, self.fault)


def reboot(channel, latch=False):
    standing.keep([channel], PATH)
    fresh = Channel(latch)
    found = standing.restore([fresh], PATH)
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


def test_without_a_file_or_with_a_damaged_one_everything_is_normal():
    for content in (None, b"", b"\xff\x00", b"\x81\x01", b"\x82\x01\x02"):
        if content is not None:
            with open(PATH, "wb") as file:
                file.write(content)
        found = standing.restore([Channel()], PATH)
        assert [(old, one.state) for _, one, old in found] == [(codes.NORM, codes.NORM)] * 3
    os.remove(PATH)
