"""The journal: blocks come back as they were written, over reboots, damage and a full ring."""

import os

from firmware import journal
from firmware.journal import Journal
from protocols import cose

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
