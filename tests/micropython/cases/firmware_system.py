"""Alarms of the node itself: journal, cover, configuration."""

from firmware.system import DRAINED_PERCENT, FULL_PERCENT, SOUND_MS, System
from protocols import alarm, codes


class Bench:
    """Journal, board and configuration as far as the node's own alarms look."""

    def __init__(self):
        self.unsent_percent = 0
        self.open = False
        self.whole = True
        self.looks = 0
        self.system = System(self, self, self.sound)

    def opened(self):
        return self.open

    def sound(self):
        self.looks += 1
        return self.whole

    def check(self, now_ms=0):
        return [(one.condition, one.old, one.new) for one in self.system.check(now_ms)]


def test_a_journal_that_nobody_takes_over_raises_an_alarm_before_it_is_full():
    bench = Bench()
    bench.unsent_percent = FULL_PERCENT - 1
    assert bench.check() == []
    bench.unsent_percent = FULL_PERCENT
    assert bench.check() == [(codes.JOURNAL_FULL, codes.NORM, codes.UNACK)]
    bench.unsent_percent = DRAINED_PERCENT
    assert bench.check() == []
    bench.unsent_percent = DRAINED_PERCENT - 1
    assert bench.check() == [(codes.JOURNAL_FULL, codes.UNACK, codes.RTN_UNACK)]


def test_an_opened_cover_stays_an_alarm_until_somebody_resets_it():
    bench = Bench()
    bench.open = True
    assert bench.check() == [(codes.TAMPER, codes.NORM, codes.UNACK)]
    bench.open = False
    assert bench.check() == [(codes.TAMPER, codes.UNACK, codes.LATCH_UNACK)]
    assert bench.system.tamper.command(alarm.ACK, 0) and bench.check() == []
    assert bench.system.tamper.command(alarm.RESET, 0)
    assert bench.system.tamper.state == codes.NORM


def test_a_damaged_configuration_is_a_fault_that_trips_within_a_minute():
    bench = Bench()
    bench.whole = False
    assert bench.check(SOUND_MS - 1) == []
    assert bench.check(SOUND_MS) == [(codes.FAULT, codes.NORM, codes.UNACK)]
    assert bench.system.fault.tripping
    for now_ms in range(SOUND_MS, 2 * SOUND_MS, 1_000):
        bench.check(now_ms)
    assert bench.looks == 1  # reading flash is not for every second


def test_a_shelved_alarm_of_the_node_comes_back_by_itself():
    bench = Bench()
    bench.unsent_percent = 100
    bench.check()
    bench.system.journal_full.hide(alarm.SHELVE, 0, "link under repair", 60_000)
    assert bench.check(59_000) == []
    assert bench.check(60_000) == [(codes.JOURNAL_FULL, codes.SHELVED, codes.UNACK)]


def test_its_transitions_have_number_0_and_no_value():
    bench = Bench()
    bench.open = True
    (change,) = bench.system.check(0)
    assert bench.system.transition(change) == (0, codes.TAMPER, codes.NORM, codes.UNACK, None)
