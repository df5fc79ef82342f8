"""Channels and their schedule: when a sample is due, what it is, and which alarms it changes.

One channel is one quantity of one instrument, from sensor to forecast. Per sample the application
calls, in this order and for reasons of safety never in another:

    t_ms = channel.due(now_ms)          slot time, or None while there is nothing to do
    sample = channel.take(t_ms)         convert, calibrate, judge
    changes = channel.guard(sample)     limits: transitions of measured and fault alarms
    ... outputs.trip(channels) for all channels, then:
    changes = channel.foresee(sample)   forecast: transitions of predictive alarms
    channel.forecast                    the Forecast itself, made when somebody asks

The schedule is fixed-rate: slots are multiples of the period after the start, a slot that passed
without a sample is counted in `missed` and never made up for.
"""

from collections import namedtuple

from firmware import instruments, limits, quality, sensors
from firmware.calibrate import Calibration
from firmware.forecast import ChannelForecaster, Forecast
from protocols import codes, units

# `value` is a float in the wire unit, None exactly when the quality is an NE 107 failure.
Sample = namedtuple("Sample", ("ch", "t_ms", "value", "quality"))

_NOTHING = ()
_BUS_PAUSE_MS = 100  # after a bus error, until a sensor works again


def build(channel_cfgs: list, limit_cfgs: list, board) -> list:
    """All channels of a node from the sealed `channels` and the operating `limits`."""
    channels = []
    for cfg in channel_cfgs:
        sensor = sensors.build(cfg["sensor"], board, cfg["bus"], cfg.get("params", {}))
        own = [limit for limit in limit_cfgs if limit["ch"] == cfg["ch"]]
        channels.append(Channel(cfg, own, sensor))
    _rule(channels)
    return channels


def _rule(channels):
    """Give every limit that looks at another channel that channel, or its alarm."""
    for channel in channels:
        for limit in channel.limits:
            if limit.unless is not None:
                ch, at = limit.unless
                (by,) = [one for one in channels if one.ch == ch]
                limit.rule = by.find(limits.condition(at))
            if limit.condition == codes.DISCREPANCY:
                (other,) = [one for one in channels if one.ch == limit.other_ch]
                limit.pair = (channel, other)


class Channel:
    """One quantity of one instrument. Attributes are for reading; only methods change them.

    ch, name, quantity, unit, scale, step (10^scale), period_ms, low, high, horizon_s, serial,
    sensor_name, instrument, uncertainty; limits (list of Limit), fault (Alarm), alarms (tuple of
    every Alarm: measured, predictive, fault); last (Sample or None), ready (has given a value),
    taken, missed (counts), skipped (slots missed just before the last sample).
    """

    def __init__(self, cfg: dict, limit_cfgs: list, sensor):
        kind = instruments.load(cfg["instrument"])
        self.ch = cfg["ch"]
        self.name = cfg["name"]
        self.quantity = kind.QUANTITY
        self.unit = units.unit(kind.QUANTITY)
        self.scale = cfg.get("scale", kind.SCALE)
        self.period_ms = cfg["period_ms"]
        self.low, self.high = cfg["range"]
        self.horizon_s = cfg["horizon_s"]
        self.serial = cfg["serial"]
        self.sensor_name = cfg["sensor"]
        self.instrument = cfg["instrument"]
        self.step = 10.0**self.scale
        self.limits = limits.build(limit_cfgs)
        self.fault = limits.Alarm(codes.FAULT, limits.FAULT_PRIORITY, limits.FAULT_DELAY_MS)
        self.alarms = tuple(_alarms(self.limits, self.fault))
        self.last: "Sample | None" = None
        self.changes: "tuple | None" = None  # the pipeline's, while `last` is not recorded yet
        self.taken = 0
        self.missed = 0
        self.skipped = 0
        self.ready = False
        self.adjusting = False  # is somebody at its zero or span?
        self.discrepant = False  # does another channel that measures the same say otherwise?
        self.caveat = codes.GOOD  # quality of a value that the sensor calls good; see `review`
        self._warm_ms = 1000 * cfg.get("warm_up_s", 0)
        self._due_ms = cfg["certificate"]["due_ms"] if "certificate" in cfg else None
        self._sensor = sensor
        self._work = getattr(sensor, "work", None)
        self._work_ms = 0
        self._silent_ms = getattr(sensor, "START_MS", 0)  # until then, once started
        self._calibration = Calibration(
            cfg.get("points", ((self.low, self.low), (self.high, self.high))),
            cfg.get("uncertainty", 0.0),
            cfg.get("zero", 0.0),
            cfg.get("gain", 1.0),
        )
        self._check = quality.Check(
            self.low,
            self.high,
            self.step,
            kind.MAX_RATE_PER_S * (self.high - self.low),
            cfg["stuck_s"] * 1000 if "stuck_s" in cfg else kind.STUCK_MS,
            kind.QUIET_SHARE * (self.high - self.low),
        )
        self._forecaster = ChannelForecaster(self.limits, self.horizon_s, self.period_ms)
        self._next_ms: "int | None" = None

    @property
    def uncertainty(self) -> float:
        """Expanded uncertainty (k = 2) of the certificate, in the wire unit."""
        return self._calibration.uncertainty

    def start(self, now_ms: int):
        """Let the first slot be now; channels started together share their slots."""
        self._next_ms = now_ms
        self._silent_ms += now_ms
        self._warm_ms += now_ms

    def due(self, now_ms: int) -> int | None:
        """Time of the slot that is due, at most one period old; None while the next is ahead."""
        late_ms = now_ms - self._next_ms
        if late_ms < 0:
            return None
        self.skipped = late_ms // self.period_ms
        self.missed += self.skipped
        slot_ms = self._next_ms + self.skipped * self.period_ms
        self._next_ms = slot_ms + self.period_ms
        return slot_ms

    @property
    def next_ms(self) -> int:
        """When the next slot begins."""
        return self._next_ms

    @property
    def works(self) -> bool:
        """Has the sensor work to do between samples?"""
        return self._work is not None

    def work(self, now_ms: int) -> int:
        """Let the sensor do a slice of its work, if it wants to: ms until it wants to again."""
        if now_ms >= self._work_ms:
            try:
                self._work_ms = now_ms + self._work(now_ms)
            except OSError:  # the bus itself; `read` says what is missing
                self._work_ms = now_ms + _BUS_PAUSE_MS
        return self._work_ms - now_ms

    def take(self, t_ms: int) -> Sample:
        """Read the sensor: a calibrated value and what it is worth."""
        try:
            value, grade = self._sensor.read(t_ms)
        except OSError:  # the bus itself
            value, grade = None, codes.NO_RESPONSE
        if value is not None:
            self.ready = True
            value = self._calibration.apply(value)
        grade = self._check.judge(value, grade, t_ms)
        if grade == codes.GOOD:
            grade = self.caveat
        if codes.category(grade) == codes.FAILURE:
            value = None
        self.taken += 1
        self.last = sample = Sample(self.ch, t_ms, value, grade)
        return sample

    def review(self, now_ms: int, unix_ms: int):
        """Once a second: what holds of every value by now, however good the sensor calls it.

        `unix_ms` is 0 if nobody knows the time. NE 107 shows the worst of several.
        """
        if self.adjusting:
            self.caveat = codes.LOCAL_TEST
        elif now_ms < self._warm_ms:
            self.caveat = codes.WARM_UP
        elif self.discrepant:
            self.caveat = codes.DISCREPANT
        elif self._due_ms is None:
            self.caveat = codes.UNCALIBRATED
        else:
            overdue = unix_ms >= self._due_ms
            self.caveat = codes.VERIFICATION_OVERDUE if overdue else codes.GOOD

    def guard(self, sample: Sample) -> tuple:
        """Measured and fault alarms: the transitions that this sample causes, mostly none."""
        value, t_ms = sample.value, sample.t_ms
        changes = _NOTHING
        old = self.fault.state
        if self.fault.follow(value is None and (self.ready or t_ms >= self._silent_ms), t_ms):
            changes = self._changed(changes, self.fault, old, value)
        for limit in self.limits:
            if value is None:
                limit.alarm.hold()
                continue
            old = limit.alarm.state
            if limit.rule is not None and limit.suppress(t_ms):
                changes = self._changed(changes, limit.alarm, old, value)
                old = limit.alarm.state
            if limit.check(value, t_ms):
                changes = self._changed(changes, limit.alarm, old, value)
        return changes

    def foresee(self, sample: Sample) -> tuple:
        """Predictive alarms: let the forecast learn the sample, then ask it about every limit.
        Then whatever time has brought to an end: shelvings, and patience with what stands on."""
        known = quality.trusted(sample.quality)
        self._forecaster.step(sample.value if known else None, sample.t_ms)
        changes = _NOTHING
        for limit in self.limits:
            if limit.predicted is None:
                continue
            old = limit.predicted.state
            if limit.foretell(self._forecaster.expects(limit), sample.t_ms):
                outlook = self._forecaster.outlook(limit)
                changes = self._changed(changes, limit.predicted, old, sample.value, outlook)
        for one in self.alarms:
            old = one.state
            if one.expire(sample.t_ms):
                changes = self._changed(changes, one, old, sample.value)
        return changes

    @property
    def forecast(self) -> "Forecast":
        """Forecast for the limit that is most likely to be crossed."""
        return self._forecaster.outlook()

    def scaled(self, value: "float | None") -> "int | None":
        """`value` as the wire carries it: in whole steps of the channel's resolution."""
        return None if value is None else round(value / self.step)

    @property
    def description(self) -> tuple:
        """Arguments of this channel's EV_CHANNEL."""
        return (
            self.ch, self.name, units.number(self.quantity), self.serial, self.scale,
            self.period_ms, self.scaled(self.low), self.scaled(self.high),
            self.scaled(self.uncertainty), self.horizon_s, self.sensor_name, self.instrument,
        )  # fmt: skip

    def describe(self, limit) -> tuple:
        """Arguments of the EV_LIMIT of one of this channel's limits."""
        return (
            self.ch, limit.condition, self.scaled(limit.value), self.scaled(limit.deadband),
            limit.on_delay_ms, limit.off_delay_ms, limit.alarm.priority, limit.alarm.latch,
            limit.predicted is not None,
        )  # fmt: skip

    def transition(self, change: "limits.Transition") -> tuple:
        """Arguments of the EV_ALARM of a transition."""
        args = (self.ch, change.condition, change.old, change.new, self.scaled(change.value))
        if change.forecast is None:
            return args
        found = change.forecast
        return args + (
            int(1000 * found.probability), found.tte_ms, found.tte10_ms, found.tte90_ms,
        )  # fmt: skip

    def find(self, condition: int) -> "limits.Alarm | None":
        """The alarm of this channel with that condition code."""
        for alarm in self.alarms:
            if alarm.condition == condition:
                return alarm
        return None

    def _changed(self, changes, alarm, old, value, outlook=None):
        change = limits.Transition(self.ch, alarm.condition, old, alarm.state, value, outlook)
        return changes + (change,)


def _alarms(all_limits, fault):
    for limit in all_limits:
        yield limit.alarm
        if limit.predicted is not None:
            yield limit.predicted
    yield fault
