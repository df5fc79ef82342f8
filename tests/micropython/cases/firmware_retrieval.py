"""The journal read from outside: by number and by time, in portions, over holes."""

import os

from firmware import retrieval
from firmware.journal import Journal
from protocols import block, cbor, codes, cose

DIRECTORY = "/tmp/tocsin-retrieval-case-" + os.urandom(6).hex()
MAC = cose.Mac(b"k")
START_MS = 1_795_000_000_000
STEP_MS = 10_000


def sealed(seq, events=4):
    header = block.Header(
        "pg-01", seq, bytes(16), START_MS + seq * STEP_MS, codes.MODE_NORMAL, codes.CLOCK_SYNCED,
        b"soft", b"conf", 1, 0,
    )  # fmt: skip
    words = [(i, codes.EV_CRASH, ("x" * 150,)) for i in range(events)]
    return cose.seal(block.encode(header, [], words), MAC)


def clear():
    try:
        for name in os.listdir(DIRECTORY):
            os.remove(DIRECTORY + "/" + name)
        os.rmdir(DIRECTORY)
    except OSError:
        pass


def filled(count, capacity=1 << 20):
    clear()
    book = Journal(DIRECTORY, capacity)
    for seq in range(1, count + 1):
        book.append(seq, sealed(seq))
    return book


def numbers(found):
    """Sequence numbers of the blocks in an answer."""
    seqs, offset = [], 0
    while offset < len(found):
        payload, offset = cose.payload(found, offset)
        seqs.append(block.decode(payload).header.seq)
    return seqs


def test_portions_follow_each_other_without_hole_or_repetition():
    book = filled(60)
    seqs = []
    while True:
        found = retrieval.after(book, seqs[-1] if seqs else 0)
        if not found:
            break
        assert len(found) <= retrieval.MAX_BYTES
        seqs += numbers(found)
    assert seqs == list(range(1, 61))
    assert retrieval.after(book, 60) == retrieval.after(book, 10**15) == b""
    clear()


def test_what_the_ring_gave_up_is_passed_over():
    book = filled(120, capacity=3 * 16 * 1024)
    assert book.first > 1
    assert numbers(retrieval.after(book, 0))[0] == book.first
    clear()


def test_a_damaged_block_is_left_out_and_its_number_shows_the_hole():
    book = filled(60)
    hurt = book.starts()[1]
    with open("{}/{:08x}".format(DIRECTORY, hurt), "r+b") as file:
        file.write(b"\x00")  # of the first block: that segment cannot be walked any more
    assert numbers(retrieval.after(book, hurt - 2)) == [hurt - 1] + list(
        range(book.starts()[2], book.starts()[2] + 4)
    )
    clear()


def test_a_moment_is_found_within_one_segment_and_never_too_late():
    book = filled(120)
    widest = max(b - a for a, b in zip(book.starts(), book.starts()[1:]))
    for seq in (1, 2, 17, 60, 119, 120):
        begins = retrieval.before(book, START_MS + seq * STEP_MS) + 1
        assert begins <= seq < begins + widest, (seq, begins)
    assert retrieval.before(book, 0) == 0
    assert retrieval.before(book, START_MS * 2) + 1 == book.starts()[-1]
    clear()


def test_an_empty_journal_answers_nothing():
    book = filled(0)
    assert retrieval.before(book, START_MS) == 0 and retrieval.after(book, 0) == b""
    clear()


def test_the_time_of_a_block_is_read_without_decoding_it():
    payload = cose.payload(sealed(7))[0]
    assert block.peek(payload) == (START_MS + 7 * STEP_MS, 1)
    for broken in (b"", b"\x80", payload[:30], cbor.encode([1] * 12), cbor.encode({})):
        try:
            found = block.peek(broken)
        except block.DecodeError:
            continue
        assert found == (1, 1), broken  # a number where the time stands is one
