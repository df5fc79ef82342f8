"""Deterministic CBOR (RFC 8949 §4.2.1), the subset that the wire uses, bounded in depth and size.

Encodes int (64 bit), bytes, str, list or tuple, dict, bool, None, float and Tag. Lengths are
definite and shortest, map keys are sorted by the bytes of their encodings, a float takes the
shortest form that keeps its value. The decoder accepts the same subset with any float width and
refuses everything else with a DecodeError that says at which byte, before it allocates.
"""

import struct
from collections import namedtuple

from ._const import const
from .errors import DecodeError, TooLarge

Tag = namedtuple("Tag", ("number", "value"))

MAX_DEPTH = 8
MAX_ITEMS = const(2048)

# major types
UINT = const(0)
_NINT = const(1)
BYTES = const(2)
_TEXT = const(3)
ARRAY = const(4)
MAP = const(5)
_TAG = const(6)
_SIMPLE = const(7)

# MicroPython looks for a builtin in the module first, and a miss there can cost 0.1 us.
_int = int
_len = len
_type = type
_bytes = bytes

_FALSE = const(0xF4)
_TRUE = const(0xF5)
_NULL = const(0xF6)
_FLOATS = ((25, 2, None), (26, 4, ">f"), (27, 8, ">d"))


def encode(value) -> bytes:
    """CBOR of `value`; TypeError or ValueError for what the subset does not hold."""
    out = bytearray()
    put(out, value)
    return bytes(out)


def put(out: bytearray, value):
    """Append the CBOR of `value` to `out`."""
    kind = _type(value)
    if kind is _int:
        if 0 <= value < 24:
            out.append(value)
        elif value >= 0:
            put_head(out, UINT, value)
        else:
            put_head(out, _NINT, ~value)
    elif value is None:
        out.append(_NULL)
    elif kind is str:
        data = value.encode()
        put_head(out, _TEXT, _len(data))
        out.extend(data)
    elif kind is _bytes or kind is bytearray or kind is memoryview:
        put_bytes(out, value)
    elif kind is bool:
        out.append(_TRUE if value else _FALSE)
    elif kind is float:
        _put_float(out, value)
    elif kind is Tag:
        put_head(out, _TAG, value.number)
        put(out, value.value)
    elif kind is dict:
        _put_map(out, value)
    elif isinstance(value, (list, tuple)):
        put_head(out, ARRAY, _len(value))
        for item in value:
            put(out, item)
    else:
        raise TypeError("cannot encode {}".format(kind.__name__))


def put_bytes(out: bytearray, value: "bytes | bytearray | memoryview"):
    """Append a byte string to `out`."""
    put_head(out, BYTES, _len(value))
    out.extend(value)


def put_head(out: bytearray, major: int, number: int):
    """Append initial byte and argument of an item, shortest form."""
    if number < 24:
        if number < 0:
            raise ValueError("negative argument")
        out.append(major << 5 | number)
    elif number < 0x100:
        out.append(major << 5 | 24)
        out.append(number)
    elif number < 0x10000:
        out.append(major << 5 | 25)
        out.append(number >> 8)
        out.append(number & 0xFF)
    elif number >> 64:
        raise ValueError("integer needs more than 64 bits")
    else:
        info = 27 if number >> 32 else 26
        out.append(major << 5 | info)
        out.extend(number.to_bytes(1 << info - 24, "big"))


def decode(data: "bytes | bytearray | memoryview", max_depth: int = MAX_DEPTH):
    """The one item in `data`; DecodeError for malformed, foreign or trailing bytes."""
    value, end = decode_at(data, 0, max_depth)
    if end != _len(data):
        raise DecodeError("trailing bytes", end)
    return value


def decode_at(data: "bytes | bytearray | memoryview", offset: int, max_depth: int = MAX_DEPTH):
    """(item, offset after it) for the item that begins at `offset`.

    One loop, no recursion: `items` waits for the `left` last items of the open container of type
    `kind`, `outer` keeps those around it. So depth and count are bounded before they cost.
    """
    size, total = _len(data), 0
    outer: list = []
    items: list = [None]
    value: object = None
    kind, left, start = ARRAY, 1, offset
    while True:
        if offset >= size:
            raise DecodeError("truncated", offset)
        number = data[offset]
        offset += 1
        if number < 24:
            value = number
        else:
            begin, major = offset - 1, number >> 5
            number &= 31
            if number > 23 and major != _SIMPLE:
                number, offset = _argument(data, number, offset)
            if major == UINT:
                value = number
            elif major == _NINT:
                value = ~number
            elif major <= _TEXT:
                end = offset + number
                if end > size:
                    raise DecodeError("truncated", offset)
                value = data[offset:end]
                value = _bytes(value) if major == BYTES else _text(value, begin)
                offset = end
            elif major == _SIMPLE:
                value, offset = _simple(data, number, offset)
            else:
                room = number if major == ARRAY else 2 * number if major == MAP else 1
                total += room
                if _len(outer) >= max_depth or total >= MAX_ITEMS:
                    raise TooLarge("nested too deep or too many items", begin)
                if room > size - offset:
                    raise DecodeError("more items than bytes", begin)
                if room:
                    outer.append((kind, items, left, start))
                    kind, left, start = major, room, begin
                    items = [number, None] if major == _TAG else [None] * room
                    continue
                value = [] if major == ARRAY else {}
        items[-left] = value
        left -= 1
        while left == 0:
            if not outer:
                return items[0], offset
            value = items if kind == ARRAY else _closed(kind, items, start)
            kind, items, left, start = outer.pop()
            items[-left] = value
            left -= 1


def head_at(data: "bytes | bytearray | memoryview", offset: int) -> "tuple[int, int, int]":
    """(major type, argument, offset after them) of the item that begins at `offset`."""
    if offset >= _len(data):
        raise DecodeError("truncated", offset)
    initial = data[offset]
    number, offset = initial & 31, offset + 1
    if number > 23:
        number, offset = _argument(data, number, offset)
    return initial >> 5, number, offset


def head(major: int, number: int) -> bytes:
    """Initial byte and argument of an item, shortest form."""
    out = bytearray()
    put_head(out, major, number)
    return bytes(out)


def _put_map(out, value):
    put_head(out, MAP, _len(value))
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


def _argument(data, info, offset):
    """(number, offset after it) of a head whose argument follows its initial byte."""
    if info > 27:
        raise DecodeError("indefinite or reserved length", offset - 1)
    width = 1 << info - 24
    end = offset + width
    if end > _len(data):
        raise DecodeError("truncated", offset)
    number = data[offset] if width == 1 else int.from_bytes(data[offset:end], "big")
    if number < 24 or (width > 1 and number < 1 << 4 * width):
        raise DecodeError("length or integer not in shortest form", offset - 1)
    return number, end


def _text(piece, begin):
    try:
        return str(piece, "utf-8")
    except UnicodeError:
        raise DecodeError("text is not UTF-8", begin)


def _simple(data, info, offset):
    """(false, true, null or a float, offset after it)."""
    if 20 <= info <= 22:
        return (False, True, None)[info - 20], offset
    for known, width, layout in _FLOATS:
        if info == known:
            piece = data[offset : offset + width]
            if _len(piece) < width:
                raise DecodeError("truncated", offset)
            if layout is None:
                return _from_half(piece[0] << 8 | piece[1]), offset + width
            return struct.unpack(layout, piece)[0], offset + width
    raise DecodeError("simple value outside the subset", offset - 1)


def _closed(kind, items, start):
    """The map or tag whose parts are all there."""
    if kind == _TAG:
        return Tag(items[0], items[1])
    found = {}
    for i in range(0, _len(items), 2):
        key = items[i]
        if not isinstance(key, (int, str, bytes)):
            raise DecodeError("map key is neither integer nor string", start)
        if key in found:
            raise DecodeError("duplicate map key", start)
        found[key] = items[i + 1]
    return found
