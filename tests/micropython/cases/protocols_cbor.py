"""CBOR on both runtimes: RFC 8949 appendix A inside our subset, and what must be refused."""

from binascii import hexlify, unhexlify

from protocols import cbor
from protocols.errors import DecodeError, TooLarge

EXAMPLES = (
    (0, "00"), (23, "17"), (24, "1818"), (1000, "1903e8"), (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"), (18446744073709551615, "1bffffffffffffffff"),
    (-1, "20"), (-100, "3863"), (-18446744073709551616, "3bffffffffffffffff"),
    (0.0, "f90000"), (-0.0, "f98000"), (1.5, "f93e00"), (65504.0, "f97bff"),
    (5.960464477539063e-08, "f90001"), (6.103515625e-05, "f90400"), (-4.0, "f9c400"),
    (float("inf"), "f97c00"), (False, "f4"), (True, "f5"), (None, "f6"),
    (b"", "40"), (b"\x01\x02\x03\x04", "4401020304"), ("", "60"), ("IETF", "6449455446"),
    ("\u6c34", "63e6b0b4"), ([], "80"), ([1, [2, 3], [4, 5]], "8301820203820405"),
    ({}, "a0"), ({1: 2, 3: 4}, "a201020304"), (cbor.Tag(1, 1363896240), "c11a514b67b0"),
)  # fmt: skip

REFUSED = (
    "", "18", "1901", "1817", "190017", "5f", "9f", "bf", "ff", "f7", "f800", "1c", "44010203",
    "61ff", "82", "a10102a1", "a201020103", "a1f600", "0000", "9b7fffffffffffffff",
    "5b7fffffffffffffff",
)  # fmt: skip


def test_examples_encode_to_the_published_bytes():
    for value, text in EXAMPLES:
        assert hexlify(cbor.encode(value)).decode() == text, (value, text)


def test_examples_decode_to_the_value():
    for value, text in EXAMPLES:
        found = cbor.decode(unhexlify(text))
        assert found == value and type(found) is type(value), text


def test_wider_floats_survive():
    for value in (100000.0, 1.1, -4.1, 3.4028234663852886e38):
        assert cbor.decode(cbor.encode(value)) == value


def test_map_keys_are_sorted_by_their_bytes():
    value = {"aa": 1, 100: 2, -1: 3, "z": 4, 10: 5}
    assert hexlify(cbor.encode(value)) == b"a50a05186402200361" + b"7a04" + b"62616101"


def test_foreign_and_broken_bytes_are_refused_with_an_offset():
    for text in REFUSED:
        try:
            cbor.decode(unhexlify(text))
        except DecodeError as error:
            assert 0 <= error.offset <= len(text) // 2, text
        else:
            raise AssertionError("accepted " + text)


def test_nesting_is_bounded():
    try:
        cbor.decode(b"\x81" * 500 + b"\x00")
    except TooLarge:
        return
    raise AssertionError("accepted 500 levels")
