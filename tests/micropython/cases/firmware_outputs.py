"""Horn, lamp and relay: ISA-18.2 annunciation and a relay that is released whenever in doubt."""

from firmware.limits import FAULT_DELAY_MS, FAULT_PRIORITY, Alarm
from firmware.outputs import FLASH_MS, Outputs
from protocols import alarm, codes

LIT, DARK = 0, FLASH_MS  # instants in the two halves of a flash


class Pin:
    def __init__(self):
        self.written = []

    def value(self, level):
        self.written.append(level)

    @property
    def level(self):
        return self.written[-1] if self.written else 0


class Channel:
    def __init__(self, *alarms):
        self.alarms = alarms
        self.ready = True


class Bench:
    """Outputs of a board with one channel that has an HH, a predictive and a fault alarm."""

    def __init__(self, latch=False):
        self.relay, self.horn, self.lamp = Pin(), Pin(), Pin()
        self.high = Alarm(codes.HH, 1, latch=latch)
        self.predicted = Alarm(codes.HH | codes.PREDICTED, 2)
        self.fault = Alarm(codes.FAULT, FAULT_PRIORITY, FAULT_DELAY_MS)
        self.channel = Channel(self.high, self.predicted, self.fault)
        self.outputs = Outputs(self)
        self.show()

    def rhythm(self, from_ms=0):
        """Levels of the horn in ten halves of a second."""
        levels = []
        for now_ms in range(from_ms, from_ms + 5_000, 500):
            self.outputs.annunciate([self.channel], now_ms)
            levels.append(self.horn.level)
        return levels

    def show(self):
        """(relay, horn, lamp in one half of a flash, lamp in the other)."""
        self.outputs.trip([self.channel])
        lamp = []
        for now_ms in (LIT, DARK):
            self.outputs.annunciate([self.channel], now_ms)
            lamp.append(self.lamp.level)
        return self.relay.level, self.horn.level, lamp[0], lamp[1]


def test_a_board_starts_with_the_relay_released():
    bench = Bench()
    bench.channel.ready = False
    assert not Outputs(bench).healthy
    assert bench.show()[0] == 0


def test_the_relay_waits_for_the_first_value_of_every_channel():
    bench = Bench()
    late = Channel()
    late.ready = False
    bench.outputs.trip([bench.channel, late])
    assert bench.relay.level == 0
    late.ready = True
    bench.outputs.trip([bench.channel, late])
    assert bench.relay.level == 1 and bench.outputs.healthy


def test_horn_and_lamp_through_the_life_of_an_alarm():
    bench = Bench()
    assert bench.show() == (1, 0, 0, 0)
    bench.high.follow(True, 0)
    assert bench.show() == (0, 1, 1, 0)
    bench.high.command(alarm.ACK, 1)
    assert bench.show() == (0, 0, 1, 1)
    bench.high.follow(False, 2)
    assert bench.show() == (1, 0, 0, 0)


def test_an_alarm_that_left_before_anybody_saw_it_flashes_in_silence():
    bench = Bench()
    bench.high.follow(True, 0)
    bench.high.follow(False, 1)
    assert bench.high.state == codes.RTN_UNACK
    assert bench.show() == (1, 0, 1, 0)


def test_a_latched_alarm_holds_the_relay_until_it_is_reset():
    bench = Bench(latch=True)
    bench.high.follow(True, 0)
    bench.high.follow(False, 1)
    assert bench.show() == (0, 0, 1, 0)
    bench.high.command(alarm.RESET, 2)
    assert bench.show()[0] == 0  # not before somebody has acknowledged it
    bench.high.command(alarm.ACK, 3)
    assert bench.show() == (0, 0, 1, 1)
    bench.high.command(alarm.RESET, 4)
    assert bench.show() == (1, 0, 0, 0)


def test_what_nobody_acknowledged_flashes_beside_what_somebody_did():
    bench = Bench()
    bench.high.follow(True, 0)
    bench.high.command(alarm.ACK, 1)
    bench.predicted.follow(True, 2)
    assert bench.show()[2:] == (1, 0) and bench.rhythm() == [1, 0] * 5


def test_shelving_an_alarm_does_not_make_the_place_safe():
    bench = Bench()
    bench.high.follow(True, 0)
    bench.high.command(alarm.SHELVE, 1)
    assert bench.show() == (0, 0, 0, 0)


def test_a_failed_sensor_releases_the_relay_and_a_predictive_alarm_does_not():
    bench = Bench()
    bench.predicted.follow(True, 0)
    assert bench.show()[0] == 1
    bench.fault.follow(True, 0)
    assert bench.show()[0] == 1
    bench.fault.follow(True, FAULT_DELAY_MS)
    assert bench.show()[0] == 0


def test_silence_stops_the_horn_and_nothing_else_until_the_next_alarm():
    bench = Bench()
    bench.high.follow(True, 0)
    bench.show()
    assert bench.outputs.silence()
    assert bench.show() == (0, 0, 1, 0)
    bench.fault.follow(True, 0)
    bench.outputs.sound()
    assert bench.show() == (0, 1, 1, 0)


def test_the_more_urgent_the_less_silence_and_every_rhythm_begins_with_its_sound():
    sounding = []
    for priority in (1, 2, 3, 4):
        bench = Bench()
        bench.high.priority = priority
        bench.high.follow(True, 0)
        at_ms = 70
        bench.outputs.annunciate([bench.channel], at_ms)
        assert bench.horn.level == 1
        levels = []
        for now_ms in range(at_ms, at_ms + 4_000, 100):
            bench.outputs.annunciate([bench.channel], now_ms)
            levels.append(bench.horn.level)
        sounding.append(sum(levels))
    assert sounding == [40, 20, 4, 1]


def test_a_more_urgent_alarm_takes_the_rhythm_over():
    bench = Bench()
    bench.predicted.follow(True, 0)
    assert bench.rhythm() == [1, 0] * 5
    bench.high.follow(True, 5_000)
    assert bench.rhythm(5_000) == [1] * 10


def test_identify_flashes_and_chirps_for_ten_seconds_unless_there_is_an_alarm():
    bench = Bench()
    bench.outputs.identify(1_000)
    levels, lamps = [], []
    for now_ms in range(1_000, 13_000, 100):
        bench.outputs.annunciate([bench.channel], now_ms)
        levels.append(bench.horn.level)
        lamps.append(bench.lamp.level)
    assert 0 < sum(levels) < 10 and 0 < sum(lamps[:100]) < 100
    assert sum(levels[100:]) == sum(lamps[100:]) == 0
    bench.outputs.identify(20_000)
    bench.high.follow(True, 20_000)
    assert bench.rhythm(20_000) == [1] * 10


def test_there_is_nothing_to_silence_while_the_horn_is_still():
    bench = Bench()
    assert not bench.outputs.silence()
    bench.high.follow(True, 0)
    assert bench.show()[1] == 1


def test_a_program_that_ends_lets_the_relay_go():
    bench = Bench()
    assert bench.relay.level == 1
    bench.outputs.release()
    assert bench.relay.level == 0 and not bench.outputs.healthy


def test_a_pin_is_written_only_when_it_changes():
    bench = Bench()
    for _ in range(3):
        bench.show()
    assert bench.relay.written == [1] and bench.horn.written == [] and bench.lamp.written == []
