"""What our code may rely on in both runtimes, and the heap cap that makes memory a test."""

import gc
import os
import sys


def test_big_integers_keep_unix_milliseconds():
    assert 1_790_000_000_000 + 1 == 1_790_000_000_001


def test_errors_carry_their_fields():
    from protocols.errors import DecodeError

    error = DecodeError("truncated", 7)
    assert (error.reason, error.offset) == ("truncated", 7)
    assert str(error) == "truncated at byte 7"


def test_heap_is_capped_on_micropython():
    if sys.implementation.name == "micropython":
        assert gc.mem_alloc() + gc.mem_free() <= int(os.getenv("HEAP_KIB")) * 1024
