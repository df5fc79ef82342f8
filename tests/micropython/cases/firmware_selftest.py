"""The power-on self-test: what each measurement says of a sound board and of a broken one."""

import os

from firmware import selftest
from protocols import block, codes, cose

PATH = "/tmp/tocsin-selftest-case-" + os.urandom(6).hex()
MAC = cose.Mac(b"k")


class Pin:
    def __init__(self, level):
        self.level = level

    def value(self):
        return self.level


class Board:
    def __init__(self, relay=0, button=1):
        self.relay, self.button = Pin(relay), Pin(button)

    def pressed(self):
        return self.button.value() == 0


class Journal:
    def __init__(self, last=0, sealed=None):
        self.first, self.last, self._sealed = min(last, 1), last, sealed

    def read(self, seq):
        return self._sealed


def failed(board=None, journal=None, path=PATH):
    """Names of the tests that did not pass."""
    found = selftest.run(board or Board(), MAC, journal or Journal(), path)
    return [name for name, _, passed in found if not passed]


def test_a_sound_board_passes_and_every_result_has_a_number():
    found = selftest.run(Board(), MAC, Journal(1, cose.seal(b"one", MAC)), PATH)
    assert [name for name, _, passed in found if passed] == [
        "heap_bytes", "flash_ms", "hash_bytes", "newest_block", "relay_level", "button_level",
    ]  # fmt: skip
    assert all(type(value) is int for _, value, _ in found)


def test_each_defect_has_its_own_name():
    assert failed(path="/nowhere/selftest.bin") == ["flash_ms"]
    assert failed(Board(relay=1)) == ["relay_level"]
    assert failed(Board(button=0)) == ["button_level"]
    assert failed(journal=Journal(5, None)) == ["newest_block"]
    assert failed(journal=Journal(5, cose.seal(b"one", cose.Mac(b"other")))) == ["newest_block"]


def test_nothing_is_left_on_flash():
    selftest.run(Board(), MAC, Journal(), PATH)
    try:
        os.stat(PATH)
    except OSError:
        return
    raise AssertionError("the file is still there")


def test_every_result_is_an_event_that_fits_in_a_block():
    writer = block.Writer(((1, 0, 1000),))
    for result in selftest.run(Board(), MAC, Journal(), PATH):
        assert writer.event(0, codes.EV_SELFTEST, result)
