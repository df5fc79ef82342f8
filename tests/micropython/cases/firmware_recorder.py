"""From sensor to chain: the pipeline's record, over reboots, lost power and refusing flash."""

import os

from firmware import limits
from firmware.clock import Clock
from firmware.journal import Journal
from firmware.recorder import Recorder
from firmware.sampler import Channel
from protocols import block, codes, cose

DIRECTORY = "/tmp/tocsin-recorder-case-" + os.urandom(6).hex()
MAC = cose.Mac(b"k")
CFG = {
    "ch": 1, "name": "pressure", "instrument": "pressure", "serial": "urn:dev:os:32473-X",
    "sensor": "none", "period_ms": 200, "range": [0, 1600000], "horizon_s": 20,
    "uncertainty": 2400,
}  # fmt: skip
LIMIT = {"ch": 1, "at": "HH", "value": 1000000.0, "deadband": 32000.0, "predict": True}


class Sensor:
    value = 500000.0
    quality = codes.GOOD

    def read(self, t_ms):
        return self.value, self.quality


class Bench:
    """A node without board and network: one channel, one recorder."""

    def __init__(self, fresh=True):
        if fresh:
            clear()
        self.sensor = Sensor()
        self.channel = Channel(CFG, [LIMIT], self.sensor)
        self.channel.start(0)
        self.clock = Clock(1_795_000_000_000)
        self.journal = Journal(DIRECTORY, 1 << 20)
        self.sent = []
        self.recorder = Recorder(
            self.journal, MAC, self.clock, [self.channel],
            ("pg-01", codes.MODE_SIMULATED, b"s" * 32, b"c" * 32), 10_000,
            lambda seq, urgent: self.sent.append((seq, urgent)),
        )  # fmt: skip
        self.recorder.start(codes.BOOT_POWER, "0.1.0", "micropython 1.29.0", "esp32_s3")

    def slot(self, now_ms):
        t_ms = self.channel.due(now_ms)
        sample = self.channel.take(t_ms)
        changes = self.channel.guard(sample)
        self.recorder.sample(self.channel, sample, changes + self.channel.foresee(sample))
        self.recorder.flush(self.clock.now_ms())

    def blocks(self):
        return [
            block.decode(cose.open(self.journal.read(seq), MAC))
            for seq in range(self.journal.first, self.journal.last + 1)
        ]

    def events(self, code):
        return [event for one in self.blocks() for event in one.events if event.code == code]


def clear():
    try:
        for name in os.listdir(DIRECTORY):
            os.remove(DIRECTORY + "/" + name)
        os.rmdir(DIRECTORY)
    except OSError:
        pass


def test_the_chain_describes_itself():
    bench = Bench()
    bench.recorder.close()
    (first,) = bench.blocks()
    assert [event.code for event in first.events] == [
        codes.EV_BOOT, codes.EV_CHANNEL, codes.EV_LIMIT,
    ]  # fmt: skip
    assert first.header.seq == 1 and first.header.boot == 1
    assert first.header.prev == block.FIRST_LINK
    assert first.events[2].args[:4] == (1, codes.HH, 10000, 320)
    clear()


def test_samples_and_their_alarm_share_a_block_that_is_on_flash_at_once():
    bench = Bench()
    for i in range(5):
        bench.slot(i * 200)
    bench.sensor.value = 1_000_000.0
    bench.slot(1000)
    assert bench.sent == [(1, True)]
    (only,) = bench.blocks()
    assert only.series[0].values == [5000] * 5 + [10000]
    (alarm,) = bench.events(codes.EV_ALARM)
    assert alarm.args[:5] == (1, codes.HH, codes.NORM, codes.UNACK, 10000)
    assert alarm.number == 4
    clear()


def test_a_reboot_continues_the_chain_and_records_what_the_open_block_took():
    bench = Bench()
    for i in range(10):
        bench.slot(i * 200)
    bench.recorder.close()
    bench.slot(2000)  # in memory only: the power goes now
    again = Bench(fresh=False)
    again.recorder.close()
    before, after = again.blocks()
    assert after.header.seq == 2 and after.header.boot == 2
    assert after.header.prev == block.link(again.journal.read(1))
    assert after.header.event0 == len(before.events)
    (gap,) = again.events(codes.EV_GAP)
    last_ms = before.header.t0_ms + before.series[0].offset_ms + 9 * 200
    assert gap.args[0] == codes.GAP_OPEN_BLOCK and gap.args[1] == last_ms
    assert gap.args[3:] == (0, 0)
    clear()


def test_a_hole_before_the_first_sample_of_a_block_is_an_event():
    bench = Bench()
    bench.slot(0)
    bench.recorder.close()
    bench.slot(1000)
    bench.recorder.close()
    (missed,) = bench.events(codes.EV_MISSED)
    assert missed.args == (1, 4)
    assert bench.channel.missed == 4
    clear()


def test_a_hole_inside_a_block_is_slots_without_a_value():
    bench = Bench()
    bench.slot(0)
    bench.slot(600)
    bench.recorder.close()
    (only,) = bench.blocks()
    assert only.series[0].values == [5000, None, None, 5000]
    assert only.series[0].qualities[1] == codes.MISSED
    assert bench.events(codes.EV_MISSED) == []
    clear()


def test_a_stall_too_long_for_a_block_ends_it_and_is_counted_once():
    bench = Bench()
    bench.slot(0)
    bench.slot(20_030)
    bench.slot(20_200)
    bench.recorder.close()
    before, after = [one for one in bench.blocks() if one.series]
    assert before.series[0].values == [5000] and after.series[0].values == [5000, 5000]
    (missed,) = bench.events(codes.EV_MISSED)
    assert missed.args == (1, 99) and bench.channel.missed == 99
    clear()


def test_flash_that_refuses_leaves_a_gap_in_the_record_and_no_number_twice():
    bench = Bench()
    bench.recorder.close()
    bench.slot(0)
    append, bench.journal.append = bench.journal.append, refuse
    bench.recorder.close()
    bench.journal.append = append
    bench.slot(200)
    bench.recorder.close()
    assert bench.recorder.failed == 1
    (gap,) = bench.events(codes.EV_GAP)
    assert gap.args[0] == codes.GAP_REFUSED
    numbers = [event.number for one in bench.blocks() for event in one.events]
    assert len(set(numbers)) == len(numbers)
    assert [one.header.seq for one in bench.blocks()] == [1, 2]
    clear()


def refuse(seq, sealed):
    raise OSError(5)


def test_a_new_time_begins_a_new_block_and_says_how_far_it_stepped():
    bench = Bench()
    bench.slot(0)
    bench.recorder.set_clock(1_795_000_060_000, bench.clock.now_ms())
    bench.slot(200)
    bench.recorder.close()
    before, after = bench.blocks()
    assert (before.header.clock, after.header.clock) == (codes.CLOCK_RTC, codes.CLOCK_SYNCED)
    (clock,) = bench.events(codes.EV_CLOCK)
    assert 59_000 < clock.args[2] <= 60_000
    assert after.header.t0_ms > before.header.t0_ms + 59_000
    clear()


def test_time_kept_too_long_without_the_gateway_is_said_from_the_next_block_on():
    bench = Bench()
    bench.recorder.set_clock(1_795_000_060_000, bench.clock.now_ms())
    bench.slot(0)
    bench.recorder.doubt_clock()
    bench.slot(200)
    bench.recorder.close()
    clocks = [one.header.clock for one in bench.blocks()]
    assert clocks[-2:] == [codes.CLOCK_SYNCED, codes.CLOCK_HOLDOVER]
    assert list(bench.events(codes.EV_CLOCK)[-1].args) == [
        codes.CLOCK_SYNCED,
        codes.CLOCK_HOLDOVER,
        0,
    ]
    clear()


def test_an_overwritten_range_is_an_event():
    bench = Bench()
    bench.journal._capacity = 1
    bench.recorder.close()
    bench.journal._segments[0][1] = 1 << 20  # as if the segment were full
    bench.slot(0)
    bench.recorder.close()
    bench.recorder.close()
    assert bench.recorder.overwritten == 0
    bench.journal._segments[-1][1] = 1 << 20
    bench.slot(200)
    bench.recorder.close()
    bench.recorder.close()
    assert bench.recorder.overwritten >= 1
    (event,) = bench.events(codes.EV_OVERWRITE)[:1]
    assert event.args[0] == 1
    clear()


def test_a_flipped_bit_is_a_gap_of_one_block_and_one_behind_the_head_too():
    bench = Bench()
    for i in range(6):
        bench.slot(i * 200)
        bench.recorder.close()
    sealed = bench.journal.read(2)
    path = DIRECTORY + "/" + os.listdir(DIRECTORY)[0]
    with open(path, "r+b") as file:
        file.seek(len(bench.journal.read(1)) + len(sealed) - 1)
        file.write(bytes([sealed[-1] ^ 1]))
    assert bench.recorder.read(1) is not None and bench.recorder.read(2) is None
    assert bench.recorder.read(3) is not None
    assert bench.recorder.lost(2) == 2
    bench.recorder.close()
    (gap,) = [
        event
        for event in block.decode(cose.open(bench.journal.read(7), MAC)).events
        if event.code == codes.EV_GAP
    ]
    assert gap.args[0] == codes.GAP_CORRUPT and gap.args[3:] == (2, 2)
    clear()


def test_a_sample_and_more_transitions_than_its_block_holds_are_all_kept():
    bench = Bench()
    while bench.recorder._writer.size < block.MAX_BLOCK_BYTES - block.EVENT_RESERVE_BYTES - 12:
        bench.slot(bench.channel.next_ms)
    bench.sensor.value = 1_000_000.0
    change = limits.Transition(1, codes.HH, codes.NORM, codes.UNACK, 1e6, None)
    t_ms = bench.channel.due(bench.channel.next_ms)
    bench.recorder.sample(bench.channel, bench.channel.take(t_ms), (change,) * 40)
    bench.recorder.flush(bench.clock.now_ms())
    assert len(bench.events(codes.EV_ALARM)) == 40
    assert [urgent for _, urgent in bench.sent][-2:] == [True, True]
    assert bench.blocks()[0].series[-1].values[-1] == 10000
    clear()


def test_time_may_step_back_and_the_record_goes_on():
    bench = Bench()
    bench.slot(0)
    bench.recorder.set_clock(1_794_000_000_000, bench.clock.now_ms())
    bench.slot(200)
    bench.recorder.set_clock(1_796_000_000_000, bench.clock.now_ms())
    bench.slot(400)
    bench.recorder.close()
    steps = [event.args[2] for event in bench.events(codes.EV_CLOCK)]
    assert steps[0] < -900_000_000 and steps[1] > 1_900_000_000
    assert [one.header.seq for one in bench.blocks()] == [1, 2, 3]
    assert sum(len(one.series[0].values) for one in bench.blocks()) == 3
    clear()
