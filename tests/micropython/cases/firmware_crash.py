"""Last words: kept once, in few bytes, whatever they are and however flash feels."""

import os

from firmware import crash
from protocols import block, codes

PATH = "/tmp/tocsin-crash-case-" + os.urandom(6).hex()


def words_of(error):
    try:
        raise error
    except Exception as caught:
        crash.keep(caught, PATH)
    return crash.take(PATH)


def test_the_words_are_there_once():
    assert "ValueError: no such thing" in words_of(ValueError("no such thing"))
    assert crash.take(PATH) is None


def test_without_a_crash_there_are_none():
    assert crash.take("/nowhere/crash.txt") is None


def test_the_end_of_a_long_traceback_is_what_counts():
    words = words_of(ValueError("x" * 500 + " the end"))
    assert len(words) <= crash.MAX_BYTES and words.strip().endswith("the end")


def test_the_same_crash_again_is_not_written_again():
    writes = []
    genuine = open

    def noting(path, mode):
        if "w" in mode:
            writes.append(path)
        return genuine(path, mode)

    crash.open = noting
    try:
        for _ in range(3):
            crash.keep(ValueError("again"), PATH)
        crash.keep(ValueError("another"), PATH)
    finally:
        del crash.open
    assert len(writes) == 2 and "another" in crash.take(PATH)


def test_any_words_fit_in_a_block():
    words = words_of(ValueError("\u4e2d\u6587" * 250))
    assert block.Writer(((1, 0, 1000),)).event(0, codes.EV_CRASH, (words,))


def test_words_that_are_no_text_are_readable_all_the_same():
    with open(PATH, "wb") as file:
        file.write(b"torn \xff\xe4\xb8 words")
    assert crash.take(PATH) == "torn ??? words"


def test_a_flash_that_refuses_does_not_stop_the_restart():
    crash.keep(OSError(28), "/nowhere/at/all.txt")
