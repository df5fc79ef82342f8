"""Boots that come to nothing wait longer and longer; any other start does not."""

from firmware import backoff
from protocols import block, codes, cose

MAC = cose.Mac(b"k")


class Recorder:
    """A journal in which block n was written by boot `boots[n - 1]`; the next boot starts now."""

    def __init__(self, boots):
        self.journal = self
        self.last = len(boots)
        self.boot = boots[-1] + 1 if boots else 1
        self._boots = boots
        self.reads = 0

    def read(self, seq):
        self.reads += 1
        header = block.Header(
            "pg-01", seq, bytes(16), 1_795_000_000_000, codes.MODE_NORMAL, codes.CLOCK_SYNCED,
            b"soft", b"conf", self._boots[seq - 1], 0,
        )  # fmt: skip
        return cose.seal(block.encode(header, [], []), MAC)


def pause_ms(boots):
    return backoff.pause_ms(Recorder(list(boots)))


def test_a_first_boot_and_one_after_a_day_do_not_wait():
    assert pause_ms([]) == 0
    assert pause_ms([1] * 50 + [2] * 30) == 0


def test_a_few_short_boots_are_no_loop():
    assert [pause_ms(range(1, n + 1)) for n in range(1, 5)] == [0, 0, 0, 0]


def test_each_further_short_boot_doubles_the_pause_up_to_a_minute():
    found = [pause_ms([1] * 20 + list(range(2, 2 + n))) for n in range(4, 13)]
    assert found == [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]


def test_boots_that_each_came_a_little_further_are_a_loop_too():
    assert pause_ms([n // 2 for n in range(2, 42)]) == 2_000


def test_two_minutes_without_a_boot_end_the_loop():
    assert pause_ms(list(range(1, 29)) + [28] * 12) == 0


def test_one_block_is_read_however_long_the_loop_was():
    recorder = Recorder(list(range(1, 201)))
    assert backoff.pause_ms(recorder) == backoff.MAX_PAUSE_MS and recorder.reads == 1


def test_a_block_that_cannot_be_read_is_no_reason_to_wait():
    recorder = Recorder(list(range(1, 20)))
    recorder.read = lambda seq: None
    assert backoff.pause_ms(recorder) == 0
