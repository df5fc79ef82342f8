"""The journal: blocks come back as they were written, over reboots, damage and a full ring."""

import os

from firmware import journal
from firmware.journal import Journal
from protocols import block, cose
from protocols.paths import MAX_BLOCK_BYTES

DIRECTORY = "/tmp/tocsin-journal-case-{}".format(os.urandom(6)[0:6].hex())
MAC = cose.Mac(b"k")


def clear():
    try:
        names = os.listdir(DIRECTORY)
    except OSError:
        return
    for name in names:
        os.remove(DIRECTORY + "/" + name)
    os.rmdir(DIRECTORY)


def sealed(seq, size=600):
    return cose.seal(bytes([seq & 255]) * size, MAC)


def filled(count, capacity=1 << 20, acked=0):
    clear()
    book = Journal(DIRECTORY, capacity)
    book.acked = acked
    lost = [book.append(seq, sealed(seq)) for seq in range(1, count + 1)]
    return book, [one for one in lost if one]


def newest():
    return DIRECTORY + "/" + sorted(os.listdir(DIRECTORY))[-1]


def on_flash():
    return [os.stat(DIRECTORY + "/" + name)[6] for name in os.listdir(DIRECTORY)]


def test_a_new_journal_is_empty_and_counts_its_bytes():
    book, _ = filled(0)
    assert (book.first, book.last, book.bytes, book.unsent_percent) == (0, 0, 0, 0)
    book, _ = filled(60)
    assert book.bytes == sum(on_flash()) == 60 * len(sealed(1))
    assert Journal(DIRECTORY, 1 << 20).bytes == book.bytes
    clear()


def test_the_smallest_block_is_as_small_as_the_journal_thinks():
    header = block.Header("n", 1, bytes(16), 0, 0, 0, bytes(4), bytes(4), 0, 0)
    assert len(cose.seal(block.encode(header, [], []), MAC)) == journal.MIN_BLOCK_BYTES


def test_a_segment_is_filled_to_the_last_byte_and_no_further():
    clear()
    book = Journal(DIRECTORY, 1 << 20)
    each = len(sealed(1, 468))
    assert journal.SEGMENT_BYTES % each == 0
    for seq in range(1, journal.SEGMENT_BYTES // each + 1):
        book.append(seq, sealed(seq, 468))
    assert on_flash() == [journal.SEGMENT_BYTES]
    book.append(book.last + 1, sealed(1))
    assert sorted(on_flash()) == [len(sealed(1)), journal.SEGMENT_BYTES]
    clear()


def test_a_reboot_goes_on_in_the_segment_that_was_begun():
    filled(3)
    book = Journal(DIRECTORY, 1 << 20)
    book.append(4, sealed(4))
    assert on_flash() == [4 * len(sealed(1))]
    clear()


def test_reading_on_looks_at_each_block_once():
    book, _ = filled(60)
    looks, genuine = [], journal._length
    journal._length = lambda file, offset: looks.append(offset) or genuine(file, offset)
    for seq in range(1, 61):
        assert book.read(seq) == sealed(seq)
    journal._length = genuine
    assert len(looks) == 60
    clear()


def test_what_the_gateway_lacks_is_a_share_of_the_ring_in_whole_segments():
    book, _ = filled(100, capacity=1 << 17)
    sizes = [size for _, size in book._segments]
    assert len(sizes) > 3
    starts = book.starts()
    for acked, unsent in (
        (0, sum(sizes)),
        (starts[1] - 2, sum(sizes)),
        (starts[1] - 1, sum(sizes[1:])),
        (starts[2] - 1, sum(sizes[2:])),
        (99, sizes[-1]),
        (100, 0),
    ):
        book.acked = acked
        assert book.unsent_percent == 100 * unsent // (1 << 17), acked
    book._capacity = 100  # a percent is a byte
    assert book.unsent_percent == 0
    clear()


def test_a_ring_keeps_within_its_capacity_and_uses_all_of_it():
    clear()
    book = Journal(DIRECTORY, 2 * journal.SEGMENT_BYTES)
    each = len(sealed(1, 468))
    full = journal.SEGMENT_BYTES // each
    for seq in range(1, 5 * full):
        book.append(seq, sealed(seq, 468))
        kept = seq if seq <= full else full + 1 + (seq - 1) % full
        assert book.bytes == kept * each <= 2 * journal.SEGMENT_BYTES, seq
    clear()


def test_of_a_segment_that_the_gateway_has_nothing_is_lost():
    book, _ = filled(60, capacity=1 << 20)
    book.acked = book.starts()[1] - 1
    book._capacity = book.bytes
    assert book.append(61, sealed(61)) is None and book.first == book.acked + 1
    clear()


class Flash:
    """A file system that is full for so many writes, or broken otherwise."""

    def __init__(self, book, number, times):
        self.genuine, self.number, self.times = book._write, number, times
        book._write = self.write

    def write(self, seq, sealed):
        self.times -= 1
        if self.times >= 0:
            raise OSError(self.number, "refused")
        self.genuine(seq, sealed)


def refused(book, seq):
    try:
        book.append(seq, sealed(seq))
    except OSError:
        return True
    return False


def test_a_file_system_smaller_than_the_ring_gives_up_the_oldest_and_says_so():
    book, _ = filled(60)
    starts = book.starts()
    Flash(book, 28, 1)
    assert book.append(61, sealed(61)) == (1, starts[1] - 1)
    assert book.first == starts[1] and book.read(61) == sealed(61)
    clear()


def test_a_file_system_that_stays_full_keeps_the_last_segment():
    book, _ = filled(60)
    Flash(book, 28, 1_000)
    assert refused(book, 61) and len(on_flash()) == 1 and book.last == 60
    clear()


def test_a_file_system_that_is_broken_costs_no_old_block():
    book, _ = filled(60)
    Flash(book, 5, 1)
    assert refused(book, 61) and book.first == 1
    clear()


def test_what_goes_with_a_damaged_block_ends_with_its_segment():
    book, _ = filled(60)
    starts = book.starts()
    assert book.lost(starts[1]) == starts[2] - 1
    assert book.lost(starts[2] - 1) == starts[2] - 1
    assert book.lost(60) == 60
    clear()


def test_the_largest_block_is_read_back_and_a_larger_one_is_none():
    clear()
    book = Journal(DIRECTORY, 1 << 20)
    largest = sealed(1, MAX_BLOCK_BYTES - len(sealed(1, 600)) + 600)
    assert len(largest) == MAX_BLOCK_BYTES
    book.append(1, largest)
    book.append(2, sealed(2, MAX_BLOCK_BYTES - len(sealed(1, 600)) + 601))
    assert book.read(1) == largest and book.read(2) is None
    clear()


def test_every_block_comes_back_in_any_order():
    book, _ = filled(60)
    assert len(os.listdir(DIRECTORY)) > 1
    for seq in list(range(1, 61)) + [5, 60, 1, 33, 32]:
        assert book.read(seq) == sealed(seq), seq
    assert book.read(0) is None and book.read(61) is None
    clear()


def test_a_reboot_finds_first_and_last_and_goes_on():
    filled(60)
    book = Journal(DIRECTORY, 1 << 20)
    assert (book.first, book.last, book.damaged) == (1, 60, [])
    book.append(61, sealed(61))
    assert book.read(61) == sealed(61) and book.read(60) == sealed(60)
    clear()


def test_an_empty_file_left_by_a_power_cut_is_no_segment():
    book, _ = filled(3)
    open(DIRECTORY + "/00000004", "wb").close()
    book = Journal(DIRECTORY, 1 << 20)
    assert (book.first, book.last) == (1, 3)
    assert len(os.listdir(DIRECTORY)) == 1
    clear()


def test_a_full_ring_drops_acknowledged_blocks_without_a_word():
    book, lost = filled(200, capacity=3 * journal.SEGMENT_BYTES, acked=200)
    assert book.bytes <= 3 * journal.SEGMENT_BYTES
    assert lost == [] and book.first > 1 and book.read(book.first) == sealed(book.first)
    clear()


def test_a_full_ring_says_which_unacknowledged_blocks_it_overwrote():
    book, lost = filled(200, capacity=3 * journal.SEGMENT_BYTES, acked=10)
    assert lost[0][0] == 11
    for before, after in zip(lost, lost[1:]):
        assert after[0] == before[1] + 1
    assert lost[-1][1] == book.first - 1
    clear()


def test_a_damaged_tail_is_never_written_over_and_its_numbers_are_not_used_again():
    filled(10)
    size = os.stat(newest())[6]
    length = len(sealed(1))
    with open(newest(), "r+b") as file:
        file.seek(7 * length)
        file.write(b"\x00")
    book = Journal(DIRECTORY, 1 << 20)
    hidden = (size - 7 * length) // journal.MIN_BLOCK_BYTES + 1
    assert book.damaged == [(8, 7 + hidden)] and book.last == 7 + hidden
    assert book.read(7) == sealed(7) and book.read(8) is None
    book.append(book.last + 1, sealed(99))
    assert book.read(book.last) == sealed(99)
    assert Journal(DIRECTORY, 1 << 20).last == book.last
    clear()


def test_every_cut_of_the_newest_file_leaves_the_blocks_before_it_readable():
    filled(3)
    with open(newest(), "rb") as file:
        whole = file.read()
    length = len(whole) // 3
    for size in range(1, len(whole), 37):
        with open(newest(), "wb") as file:
            file.write(whole[:size])
        book = Journal(DIRECTORY, 1 << 20)
        for seq in range(1, size // length + 1):
            assert book.read(seq) == sealed(seq)
        assert (not book.damaged) == (size % length == 0)
    clear()


class Refusing:
    """Stands for `os` in the journal, and takes no file away."""

    def __init__(self, number):
        self.number = number

    def remove(self, path):
        raise OSError(self.number)


def test_a_segment_that_will_not_go_is_not_forgotten():
    book, _ = filled(60)
    book._capacity = 1
    genuine, journal.os = journal.os, Refusing(5)
    try:
        book.append(61, sealed(61))
        raised = False
    except OSError:
        raised = True
    journal.os = genuine
    assert raised and book.first == 1 and book.read(1) == sealed(1) and book.last == 60
    assert book.append(61, sealed(61)) is not None and book.read(61) == sealed(61)
    clear()


def test_what_was_overwritten_for_a_block_that_failed_is_said_with_the_next():
    book, _ = filled(60)
    book._capacity = 1
    last = book._segments[1][0] - 1
    genuine, book._write = book._write, fails
    try:
        book.append(61, sealed(61))
    except OSError:
        pass
    book._write = genuine
    book._capacity = 1 << 20
    assert book.append(61, sealed(61))[0] == 1 and last < book.first
    assert book.append(62, sealed(62)) is None
    clear()


def fails(seq, sealed):
    raise OSError(5)


def test_a_tail_that_nobody_wrote_is_left_alone_and_the_next_block_is_kept():
    book, _ = filled(3)
    with open(newest(), "ab") as file:
        file.write(b"half a block")
    book.append(4, sealed(4))
    assert [book.read(seq) for seq in (1, 2, 3, 4)] == [sealed(seq) for seq in (1, 2, 3, 4)]
    assert Journal(DIRECTORY, 1 << 20).last == 4
    clear()


def test_after_a_damaged_tail_a_failed_write_does_not_go_behind_it():
    filled(3)
    with open(newest(), "ab") as file:
        file.write(b"half a block")
    book = Journal(DIRECTORY, 1 << 20)
    genuine = book._path
    book._path = lambda first: "/nowhere/" + genuine(first)
    try:
        book.append(book.last + 1, sealed(9))
    except OSError:
        pass
    book._path = genuine
    book.append(book.last + 1, sealed(9))
    assert book.read(book.last) == sealed(9) and book.read(3) == sealed(3)
    clear()


def test_a_damaged_block_takes_those_behind_it_in_its_segment():
    book, _ = filled(60)
    second = book._segments[1][0]
    with open(DIRECTORY + "/00000001", "r+b") as file:
        file.seek(2 * len(sealed(1)))
        file.write(b"\x00")
    book = Journal(DIRECTORY, 1 << 20)
    assert book.read(2) == sealed(2) and book.read(3) is None
    assert book.lost(3) == second - 1
    assert book.read(second) == sealed(second)
    clear()


def test_new_blocks_do_not_follow_a_damaged_one():
    book, _ = filled(5)
    with open(newest(), "r+b") as file:
        file.seek(2 * len(sealed(1)))
        file.write(b"\x00")
    assert book.read(1) == sealed(1) and book.read(3) is None
    assert book.lost(3) == 5
    book.append(6, sealed(6))
    assert book.read(6) == sealed(6)
    clear()


def test_a_length_that_no_block_has_is_damage_and_not_memory():
    filled(3)
    with open(newest(), "r+b") as file:
        file.seek(len(sealed(1)) + 8)  # the length of the second block
        file.write(b"\xff\xff")
    book = Journal(DIRECTORY, 1 << 20)
    assert book.damaged and book.read(1) == sealed(1) and book.read(2) is None
    clear()


def test_a_file_that_is_not_ours_is_left_alone():
    filled(3)
    with open(DIRECTORY + "/readme", "w") as file:
        file.write("hello")
    book = Journal(DIRECTORY, 1 << 20)
    assert (book.first, book.last) == (1, 3)
    clear()
