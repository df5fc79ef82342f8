"""Boots that come to nothing wait longer and longer; any other start does not."""

from firmware import backoff
from protocols import block, codes, cose

MAC = cose.Mac(b"k")


class Recorder:
    """Blocks of which those of `boots` hold a boot event."""

    def __init__(self, last, boots):
        self.journal = self
        self.last = last
        self._boots = boots
        self.reads = 0

    def read(self, seq):
        self.reads += 1
        code = codes.EV_BOOT if seq in self._boots else codes.EV_CLOCK
        header = block.Header(
            "pg-01", seq, bytes(16), 1_795_000_000_000, codes.MODE_NORMAL, codes.CLOCK_SYNCED,
            b"soft", b"conf", 1, 0,
        )  # fmt: skip
        return cose.seal(block.encode(header, [], [(0, code, ())]), MAC)


def pause_ms(last, boots):
    return backoff.pause_ms(Recorder(last, boots))


def test_a_first_boot_and_one_after_a_day_do_not_wait():
    assert pause_ms(0, ()) == 0
    assert pause_ms(8_640, (1, 5_000)) == 0


def test_a_few_short_boots_are_no_loop():
    assert [pause_ms(n, range(1, n + 1)) for n in range(1, 5)] == [0, 0, 0, 0]


def test_each_further_short_boot_doubles_the_pause_up_to_a_minute():
    found = [pause_ms(n, range(1, n + 1)) for n in range(5, 14)]
    assert found == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]


def test_one_boot_that_came_further_ends_the_loop():
    assert pause_ms(20, [n for n in range(1, 21) if n != 19]) == 0


def test_a_long_loop_is_not_read_to_its_beginning():
    recorder = Recorder(1_000, range(1, 1_001))
    assert backoff.pause_ms(recorder) == backoff.MAX_PAUSE_MS and recorder.reads < 16


def test_a_block_that_cannot_be_read_is_no_boot():
    recorder = Recorder(9, range(1, 10))
    recorder.read = lambda seq: None
    assert backoff.pause_ms(recorder) == 0
