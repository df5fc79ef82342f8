"""No sequence of values, commands, times and reboots hides an alarm that is active.

An active alarm is seen (horn or lamp), or it is hidden by somebody with a reason and, if shelved,
an end that comes by itself; or by a rule whose own alarm stands. The real limits, outputs and file
of standing alarms run here; only the pins are lists.
"""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware import limits, sampler, standing
from firmware.limits import MAX_SHELVE_S
from firmware.outputs import Outputs
from protocols import alarm, codes

CFG = {
    "ch": 1, "name": "pressure", "instrument": "pressure", "serial": "urn:dev:os:32473-X",
    "sensor": "none", "period_ms": 1_000, "range": [0, 200], "horizon_s": 20, "uncertainty": 1,
}  # fmt: skip
LIMITS = [
    {"ch": 1, "at": "HH", "value": 100.0, "deadband": 5.0, "latch": True, "predict": True},
    {"ch": 1, "at": "H", "value": 80.0, "on_delay_ms": 2_000, "unless": [1, "HH"]},
    {"ch": 1, "at": "L", "value": 20.0, "off_delay_ms": 3_000, "realarm_s": 60},
]


class Pin:
    level = 0

    def value(self, level: int) -> None:
        self.level = level


class Board:
    def __init__(self) -> None:
        self.relay, self.horn, self.lamp = Pin(), Pin(), Pin()


class Sensor:
    value: float | None = 50.0

    def read(self, t_ms: int) -> tuple[float | None, int]:
        return self.value, codes.GOOD if self.value is not None else codes.NO_RESPONSE


class Clock:
    """Monotonic since a boot; wall time goes on."""

    quality = codes.CLOCK_RTC

    def __init__(self, booted_ms: int) -> None:
        self.booted_ms = booted_ms
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    def wall_ms(self, at_ms: int) -> int:
        return self.booted_ms + at_ms


class Node(RuleBasedStateMachine):
    @initialize()
    def first(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = str(Path(self.folder.name) / "alarms.cbor")
        self.clock = Clock(1_795_000_000_000)
        self.build()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def build(self) -> None:
        self.sensor, self.board = Sensor(), Board()
        self.channel = sampler.Channel(CFG, LIMITS, self.sensor)
        sampler._rule([self.channel])
        self.channel.start(0)
        self.outputs = Outputs(self.board)
        self.acked: set[int] = set()  # conditions acknowledged since they were last raised

    def after(self, before: dict[int, int]) -> None:
        """What the node does when alarms have changed."""
        for one in self.channel.alarms:
            if one.state == codes.UNACK != before[one.condition]:
                self.acked.discard(one.condition)
                self.outputs.sound()
        self.outputs.trip([self.channel])
        standing.keep([self.channel], self.clock, self.path)

    def states(self) -> dict[int, int]:
        return {one.condition: one.state for one in self.channel.alarms}

    @rule(
        value=st.sampled_from([None, 10.0, 50.0, 85.0, 97.0, 120.0]),
        seconds=st.integers(1, 30),
    )
    def measure(self, value: float | None, seconds: int) -> None:
        self.sensor.value = value
        for _ in range(seconds):
            before = self.states()
            self.clock.ms += 1_000
            sample = self.channel.take(self.clock.ms)
            self.channel.guard(sample)
            self.channel.foresee(sample)
            self.after(before)

    @rule(
        which=st.integers(0, 4),
        event=st.sampled_from([alarm.ACK, alarm.RESET, alarm.UNSHELVE, alarm.RETURN]),
    )
    def command(self, which: int, event: int) -> None:
        one, before = self.channel.alarms[which], self.states()
        one.command(event, self.clock.ms)
        self.after(before)
        if event == alarm.ACK and one.state in (codes.ACKED, codes.LATCH_ACKED, codes.NORM):
            self.acked.add(one.condition)

    @rule(which=st.integers(0, 4), for_s=st.sampled_from([None, 1, 20, 60]))
    def hide(self, which: int, for_s: int | None) -> None:
        one, before = self.channel.alarms[which], self.states()
        event = alarm.REMOVE if for_s is None else alarm.SHELVE
        until_ms = None if for_s is None else self.clock.ms + 1_000 * for_s
        one.hide(event, self.clock.ms, "a reason", until_ms)
        self.after(before)

    @rule()
    def silence(self) -> None:
        self.outputs.silence()

    @rule(off_s=st.integers(0, 200), knows_the_time=st.booleans())
    def reboot(self, off_s: int, knows_the_time: bool) -> None:
        acked = self.acked
        self.clock = Clock(self.clock.wall_ms(self.clock.ms) + 1_000 * off_s)
        self.clock.quality = codes.CLOCK_RTC if knows_the_time else codes.CLOCK_NONE
        self.build()
        standing.restore([self.channel], self.clock, self.path)
        self.acked = acked

    @invariant()
    def nothing_active_is_hidden(self) -> None:
        if not hasattr(self, "channel"):
            return
        lit = set()
        for half_ms in (0, 500):
            self.outputs.annunciate([self.channel], self.clock.ms // 1_000 * 1_000 + half_ms)
            lit.add(self.board.lamp.level)
        for one in self.channel.alarms:
            if one.active:
                self._check(one, lit)

    def _check(self, one: Any, lit: set[int]) -> None:
        if one.state == codes.SHELVED:
            assert one.reason and one.until_ms is not None
            assert self.clock.ms < one.until_ms <= self.clock.ms + 1_000 * MAX_SHELVE_S
        elif one.state == codes.OUT_OF_SERVICE:
            assert one.reason
        elif one.state == codes.SUPPRESSED_BY_DESIGN:
            assert self._suppressor(one).active
        else:
            assert one.state in (codes.UNACK, codes.ACKED)
            assert 1 in lit
            assert one.state == codes.UNACK or one.condition in self.acked
        if one.condition in (codes.LL, codes.HH, codes.FAULT):
            assert self.board.relay.level == 0

    def _suppressor(self, one: Any) -> limits.Alarm:
        for limit in self.channel.limits:
            if limit.alarm is one:
                return limit.rule  # type: ignore[no-any-return]
            if limit.predicted is one:
                return limit.alarm  # type: ignore[no-any-return]
        raise AssertionError("nothing suppresses this alarm")


Node.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, derandomize=True
)
test_no_sequence_hides_an_active_alarm = Node.TestCase
