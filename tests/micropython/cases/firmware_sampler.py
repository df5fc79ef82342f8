"""Channels: a fixed-rate schedule, the safe order of things, and alarms of measured values."""

import sys

from firmware.limits import FAULT_DELAY_MS
from firmware.sampler import Channel
from protocols import codes

PERIOD_MS = 200
CFG = {
    "ch": 1, "name": "pressure", "instrument": "pressure", "serial": "urn:dev:os:32473-X",
    "sensor": "none", "period_ms": PERIOD_MS, "range": [0, 1600000], "horizon_s": 20,
    "uncertainty": 2400,
}  # fmt: skip
LIMIT = {"ch": 1, "at": "HH", "value": 1000000.0, "deadband": 32000.0, "predict": True}


class Sensor:
    value = 500000.0
    quality = codes.GOOD
    broken = False

    def read(self, t_ms):
        if self.broken:
            raise OSError(5)
        return self.value, self.quality


def channel(limits=(LIMIT,), **changes):
    cfg = dict(CFG)
    cfg.update(changes)
    one = Channel(cfg, list(limits), Sensor())
    one.start(0)
    return one


def slot(one, t_ms):
    """[(condition, old, new)] of one sample, in the order of the application."""
    sample = one.take(t_ms)
    changes = one.guard(sample) + one.foresee(sample)
    return [(change.condition, change.old, change.new) for change in changes]


def test_slots_are_multiples_of_the_period_whenever_somebody_looks():
    one = channel()
    assert [one.due(now_ms) for now_ms in (0, 1, 199, 200, 230, 399, 407, 600)] == [
        0, None, None, 200, None, None, 400, 600,
    ]  # fmt: skip
    assert (one.missed, one.skipped, one.next_ms) == (0, 0, 800)


def test_a_slot_that_passed_is_counted_and_never_made_up_for():
    one = channel()
    assert one.due(0) == 0
    assert one.due(1_130) == 1_000
    assert (one.missed, one.skipped) == (4, 4)
    assert one.due(1_131) is None
    assert one.due(1_200) == 1_200
    assert (one.missed, one.skipped) == (4, 0)


def test_after_a_day_of_standstill_there_is_one_sample_and_one_count():
    one = channel()
    assert one.due(86_400_050) == 86_400_000
    assert one.missed == 432_000 and one.due(86_400_060) is None


def test_channels_of_different_periods_keep_their_own_time():
    fast, slow = channel(), channel(period_ms=1_000)
    taken = [(fast.due(t), slow.due(t)) for t in range(0, 2_000, 100)]
    assert [f for f, _ in taken if f is not None] == list(range(0, 2_000, 200))
    assert [s for _, s in taken if s is not None] == [0, 1_000]


def test_no_channel_is_ready_before_its_first_value():
    one = channel()
    one._sensor.value, one._sensor.quality = None, codes.NO_RESPONSE
    slot(one, 0)
    assert not one.ready and one.last.value is None
    one._sensor.value, one._sensor.quality = 500000.0, codes.GOOD
    slot(one, 200)
    assert one.ready


def test_a_channel_without_limits_becomes_ready_too():
    one = channel(limits=())
    slot(one, 0)
    assert one.ready and [a.condition for a in one.alarms] == [codes.FAULT]


def test_a_bus_that_fails_is_a_failure_and_no_exception():
    one = channel()
    slot(one, 0)
    one._sensor.broken = True
    slot(one, 200)
    assert one.last.value is None and one.last.quality == codes.NO_RESPONSE


def test_a_sensor_fault_is_its_own_alarm_and_clears_no_other():
    one = channel()
    one._sensor.value = 1100000.0
    assert slot(one, 0) == [(codes.HH, codes.NORM, codes.UNACK)]
    one._sensor.value, one._sensor.quality = None, codes.OPEN_LOOP
    for t_ms in range(200, FAULT_DELAY_MS + 200, PERIOD_MS):
        assert slot(one, t_ms) == []
    assert slot(one, FAULT_DELAY_MS + 200) == [(codes.FAULT, codes.NORM, codes.UNACK)]
    assert one.find(codes.HH).active and one.find(codes.HH).state == codes.UNACK
    one._sensor.value, one._sensor.quality = 900000.0, codes.GOOD
    assert slot(one, FAULT_DELAY_MS + 400) == [
        (codes.FAULT, codes.UNACK, codes.RTN_UNACK),
        (codes.HH, codes.UNACK, codes.RTN_UNACK),
    ]


def test_a_sensor_fault_comes_before_the_alarms_of_the_third_priority():
    assert channel().fault.priority == 2


def test_a_doubtful_value_is_held_against_the_limits_and_not_forecast():
    one = channel()
    for t_ms in range(0, 2_000, PERIOD_MS):
        slot(one, t_ms)
    learnt = one.forecast.level
    one._sensor.value, one._sensor.quality = 1050000.0, codes.GUARD_HIGH
    assert (codes.HH, codes.NORM, codes.UNACK) in slot(one, 2_000)
    assert abs(one.forecast.level - learnt) < 1000.0


def test_a_spike_sounds_the_alarm():
    one = channel()
    for t_ms in range(0, 1_000, PERIOD_MS):
        slot(one, t_ms)
    one._sensor.value = 1500000.0
    assert (codes.HH, codes.NORM, codes.UNACK) in slot(one, 1_000)
    assert one.last.quality == codes.IMPLAUSIBLE_RATE


def test_a_value_that_stands_on_a_limit_without_deadband_raises_it_once():
    bare = dict(LIMIT)
    bare["deadband"] = 0
    one = channel(limits=(bare,))
    one._sensor.value = 1000000.0
    found = [slot(one, t_ms) for t_ms in range(0, 2_000, PERIOD_MS)]
    assert (codes.HH, codes.NORM, codes.UNACK) in found[0]
    assert [c for later in found[1:] for c in later if c[0] == codes.HH] == []


def test_records_are_in_whole_steps_of_the_resolution():
    one = channel()
    assert one.scaled(812345.0) == 8123 and one.scaled(None) is None
    assert one.description[:7] == (1, "pressure", 1, "urn:dev:os:32473-X", 2, 200, 0)
    assert one.describe(one.limits[0]) == (1, codes.HH, 10000, 320, 0, 0, 2, False, True)


class Worker(Sensor):
    def __init__(self):
        self.called = []

    def work(self, now_ms):
        if self.broken:
            raise OSError(5)
        self.called.append(now_ms)
        return 30


def test_a_sensor_works_between_samples_when_it_wants_to():
    one = Channel(CFG, [], Worker())
    assert one.works and not channel().works
    assert [one.work(t_ms) for t_ms in (0, 10, 30, 59, 60)] == [30, 20, 30, 1, 30]
    assert one._sensor.called == [0, 30, 60]


def test_a_bus_that_fails_at_work_is_tried_again_later():
    one = Channel(CFG, [], Worker())
    one._sensor.broken = True
    assert one.work(0) == 100 and one.work(50) == 50
    one._sensor.broken = False
    assert one.work(100) == 30


def test_a_sensor_that_may_be_silent_at_first_is_no_fault_before_that():
    one = Channel(CFG, [], Sensor())
    one._silent_ms = 3_500
    one._sensor.value, one._sensor.quality = None, codes.NO_RESPONSE
    one.start(1_000)
    raised = [t_ms for t_ms in range(1_000, 9_000, PERIOD_MS) if slot(one, t_ms)]
    assert raised[0] == 1_000 + 3_600 + FAULT_DELAY_MS


class Stand:
    """A node as far as the pipeline looks; notes the order in which its parts are called."""

    def __init__(self, *channels):
        self.order = []
        self.channels = self.alarming = [Noted(one, self.order) for one in channels]
        self.outputs = self.recorder = self

    def trip(self, channels):
        self.order.append("trip")

    def annunciate(self, changes):
        pass

    def sample(self, one, sample, changes):
        self.order.append("record {}".format(one.ch))

    def flush(self, now_ms):
        self.order.append("flush")


class Noted:
    def __init__(self, one, order):
        self._one, self._order, self.ch = one, order, one.ch
        self.alarms, self.changes = (), None

    @property
    def last(self):
        return self._one.last

    def due(self, now_ms):
        return self._one.due(now_ms)

    def take(self, t_ms):
        return self._one.take(t_ms)

    def guard(self, sample):
        self._order.append("guard {}".format(self.ch))
        return self._one.guard(sample)

    def foresee(self, sample):
        self._order.append("foresee {}".format(self.ch))
        return self._one.foresee(sample)


def test_no_forecast_and_no_flash_comes_before_another_channels_relay():
    sys.modules["machine"] = sys  # nothing of it is called
    from firmware import app

    stand = Stand(channel(), channel(ch=2))
    app.step(stand, 0)
    assert stand.order == [
        "guard 1", "trip", "guard 2", "trip",
        "foresee 1", "record 1", "foresee 2", "record 2", "flush",
    ]  # fmt: skip
