"""Deterministic CBOR (RFC 8949 §4.2.1), the subset that the wire uses, bounded in depth and size.

Encodes int (64 bit), bytes, str, list or tuple, dict, bool, None, float and Tag. Lengths are
definite and shortest, map keys are sorted by the bytes of their encodings, a float takes the
shortest form that keeps its value. The decoder accepts the same subset with any float width and
refuses everything else with a DecodeError that says at which byte, before it allocates.
"""

import struct
from collections import namedtuple

from .errors import DecodeError, TooLarge

Tag = namedtuple("Tag", ("number", "value"))

MAX_DEPTH = 8
MAX_ITEMS = 2048

# major types
UINT, _NINT, BYTES, _TEXT, ARRAY, MAP, _TAG, _SIMPLE = range(8)
_FALSE, _TRUE, _NULL = 0xF4, 0xF5, 0xF6
_WIDTHS = ((24, 1, 0xFF), (25, 2, 0xFFFF), (26, 4, 0xFFFFFFFF), (27, 8, 0xFFFFFFFFFFFFFFFF))
_FLOATS = ((25, 2, None), (26, 4, ">f"), (27, 8, ">d"))


def encode(value) -> bytes:
    """CBOR of `value`; TypeError or ValueError for what the subset does not hold."""
    out = bytearray()
    put(out, value)
    return bytes(out)


def put(out: bytearray, value):
    """Append the CBOR of `value` to `out`."""
    if value is None:
        out.append(_NULL)
    elif value is True or value is False:
        out.append(_TRUE if value else _FALSE)
    elif isinstance(value, int):
        out.extend(head(UINT, value) if value >= 0 else head(_NINT, -1 - value))
    elif isinstance(value, float):
        _put_float(out, value)
    elif isinstance(value, str):
        _put_string(out, _TEXT, value.encode())
    elif isinstance(value, (bytes, bytearray, memoryview)):
        _put_string(out, BYTES, value)
    elif isinstance(value, Tag):  # before tuple: a Tag is one
        out.extend(head(_TAG, value.number))
        put(out, value.value)
    elif isinstance(value, (list, tuple)):
        out.extend(head(ARRAY, len(value)))
        for item in value:
            put(out, item)
    elif isinstance(value, dict):
        _put_map(out, value)
    else:
        raise TypeError("cannot encode {}".format(type(value).__name__))


def decode(data: "bytes | bytearray | memoryview", max_depth: int = MAX_DEPTH):
    """The one item in `data`; DecodeError for malformed, foreign or trailing bytes."""
    value, end = decode_at(data, 0, max_depth)
    if end != len(data):
        raise DecodeError("trailing bytes", end)
    return value


def decode_at(data: "bytes | bytearray | memoryview", offset: int, max_depth: int = MAX_DEPTH):
    """(item, offset after it) for the item that begins at `offset`."""
    reader = _Reader(data, offset)
    return reader.item(max_depth), reader.offset


def head_at(data: "bytes | bytearray | memoryview", offset: int) -> "tuple[int, int, int]":
    """(major type, argument, offset after them) of the item that begins at `offset`."""
    reader = _Reader(data, offset)
    initial = reader.take(1)[0]
    return initial >> 5, reader.argument(initial & 31, offset), reader.offset


def head(major: int, number: int) -> bytes:
    """Initial byte and argument of an item, shortest form."""
    if number < 24:
        return bytes((major << 5 | number,))
    for info, width, most in _WIDTHS:
        if number <= most:
            return bytes((major << 5 | info,)) + number.to_bytes(width, "big")
    raise ValueError("integer needs more than 64 bits")


def _put_string(out, major, data):
    out.extend(head(major, len(data)))
    out.extend(data)


def _put_map(out, value):
    out.extend(head(MAP, len(value)))
    keys = {encode(key): key for key in value}
    for encoded in sorted(keys):
        out.extend(encoded)
        put(out, value[keys[encoded]])


def _put_float(out, value):
    if value != value:
        out.extend(b"\xf9\x7e\x00")
        return
    half = _half(value)
    if half is not None:
        out.extend(b"\xf9" + half.to_bytes(2, "big"))
        return
    try:
        single = struct.pack(">f", value)
    except OverflowError:
        single = b""
    if single and struct.unpack(">f", single)[0] == value:
        out.extend(b"\xfa" + single)
    else:
        out.extend(b"\xfb" + struct.pack(">d", value))


def _half(value):
    """Bits of the half-precision float equal to `value`, or None (struct `e` is missing there)."""
    try:
        bits = int.from_bytes(struct.pack(">f", value), "big")
    except OverflowError:
        return None
    if struct.unpack(">f", bits.to_bytes(4, "big"))[0] != value:
        return None
    sign, exponent, fraction = bits >> 16 & 0x8000, bits >> 23 & 0xFF, bits & 0x7FFFFF
    if exponent == 0xFF:
        return sign | 0x7C00
    if exponent == 0 and fraction == 0:
        return sign
    exponent -= 112
    if 0 < exponent < 31 and not fraction & 0x1FFF:
        return sign | exponent << 10 | fraction >> 13
    shift = 14 - exponent  # subnormal: the hidden bit moves into the fraction
    if -10 < exponent <= 0 and not fraction & (1 << shift) - 1:
        return sign | (fraction | 0x800000) >> shift
    return None


def _from_half(bits):
    sign = -1.0 if bits & 0x8000 else 1.0
    exponent, fraction = bits >> 10 & 31, bits & 0x3FF
    if exponent == 31:
        return float("nan") if fraction else sign * float("inf")
    if exponent == 0:
        return sign * fraction * 2.0**-24
    return sign * (1024 + fraction) * 2.0 ** (exponent - 25)


class _Reader:
    def __init__(self, data, offset):
        self.data = data
        self.offset = offset
        self.items = 0

    def item(self, depth):
        start = self.offset
        initial = self.take(1)[0]
        major, info = initial >> 5, initial & 31
        self.items += 1
        if self.items > MAX_ITEMS:
            raise TooLarge("more than {} items".format(MAX_ITEMS), start)
        if major == _SIMPLE:
            return self.simple(initial, info, start)
        number = self.argument(info, start)
        if major == UINT:
            return number
        if major == _NINT:
            return -1 - number
        if major == BYTES:
            return bytes(self.take(number))
        if major == _TEXT:
            return self.text(number, start)
        if depth == 0:
            raise TooLarge("nested too deep", start)
        if major == ARRAY:
            self.room(number, start)
            return [self.item(depth - 1) for _ in range(number)]
        if major == MAP:
            self.room(2 * number, start)
            return self.map(number, depth - 1)
        return Tag(number, self.item(depth - 1))

    def take(self, count):
        end = self.offset + count
        if end > len(self.data):
            raise DecodeError("truncated", self.offset)
        piece = self.data[self.offset : end]
        self.offset = end
        return piece

    def argument(self, info, start):
        if info < 24:
            return info
        if info > 27:
            raise DecodeError("indefinite or reserved length", start)
        width = 1 << info - 24
        number = int.from_bytes(self.take(width), "big")
        if number < 24 or (width > 1 and number < 1 << 4 * width):
            raise DecodeError("length or integer not in shortest form", start)
        return number

    def room(self, count, start):
        """Every item takes a byte at least: a count beyond the input is refused unallocated."""
        if count > len(self.data) - self.offset:
            raise DecodeError("more items than bytes", start)

    def text(self, count, start):
        try:
            return str(self.take(count), "utf-8")
        except UnicodeError:
            raise DecodeError("text is not UTF-8", start)

    def map(self, count, depth):
        found = {}
        for _ in range(count):
            start = self.offset
            key = self.item(depth)
            if not isinstance(key, (int, str, bytes)):
                raise DecodeError("map key is neither integer nor string", start)
            if key in found:
                raise DecodeError("duplicate map key", start)
            found[key] = self.item(depth)
        return found

    def simple(self, initial, info, start):
        if initial == _NULL:
            return None
        if initial in (_FALSE, _TRUE):
            return initial == _TRUE
        for known, width, layout in _FLOATS:
            if info == known:
                piece = self.take(width)
                if layout is None:
                    return _from_half(piece[0] << 8 | piece[1])
                return struct.unpack(layout, piece)[0]
        raise DecodeError("simple value outside the subset", start)
