"""CoAP messages (RFC 7252 §3): bytes in, a Message out, and back; no sockets, no timers.

Options are a tuple of (number, value bytes) in rising order of number. A message that is not
well formed is a DecodeError; its `offset` says where. Whether it deserves a Reset is for
`reset_for`, which needs no more than the first four bytes.
"""

from collections import namedtuple

from .errors import DecodeError, TooLarge
from .paths import MAX_MESSAGE_BYTES

Message = namedtuple("Message", ("type", "code", "mid", "token", "options", "payload"))

CON = 0
NON = 1
ACK = 2
RST = 3

# codes: class << 5 | detail
EMPTY = 0x00
GET = 0x01
POST = 0x02
PUT = 0x03
DELETE = 0x04
CREATED = 0x41
DELETED = 0x42
VALID = 0x43
CHANGED = 0x44
CONTENT = 0x45
BAD_REQUEST = 0x80
UNAUTHORIZED = 0x81
BAD_OPTION = 0x82
FORBIDDEN = 0x83
NOT_FOUND = 0x84
METHOD_NOT_ALLOWED = 0x85
CONFLICT = 0x89
REQUEST_ENTITY_TOO_LARGE = 0x8D
UNSUPPORTED_CONTENT_FORMAT = 0x8F
INTERNAL_SERVER_ERROR = 0xA0
SERVICE_UNAVAILABLE = 0xA3

# option numbers; an odd number is critical
OBSERVE = 6
URI_PATH = 11
CONTENT_FORMAT = 12
MAX_AGE = 14
URI_QUERY = 15

MAX_OPTIONS = 32

_VERSION = 1
_MARKER = 0xFF


def encode(message: Message) -> bytes:
    """Datagram of a message; ValueError if a field does not fit."""
    size = len(message.token)
    if size > 8:
        raise ValueError("token is longer than 8 bytes")
    out = bytearray((_VERSION << 6 | message.type << 4 | size, message.code))
    out += message.mid.to_bytes(2, "big")
    out += message.token
    last = 0
    for number, value in message.options:
        if number < last:
            raise ValueError("options are not in rising order")
        _put_option(out, number - last, value)
        last = number
    if message.payload:
        out.append(_MARKER)
        out += message.payload
    return bytes(out)


def decode(data: bytes) -> Message:
    """Message of a datagram; DecodeError for what RFC 7252 calls a message format error."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise TooLarge("datagram of {} bytes".format(len(data)))
    if len(data) < 4:
        raise DecodeError("shorter than a header", len(data))
    if data[0] >> 6 != _VERSION:
        raise DecodeError("version is not 1")
    size = data[0] & 15
    if size > 8:
        raise DecodeError("token length is reserved")
    code = data[1]
    if code == EMPTY and len(data) > 4:
        raise DecodeError("empty message with content", 4)
    if 4 + size > len(data):
        raise DecodeError("token is truncated", 4)
    token = bytes(data[4 : 4 + size])
    options, offset = _options(data, 4 + size)
    kind, mid = data[0] >> 4 & 3, data[2] << 8 | data[3]
    return Message(kind, code, mid, token, options, bytes(data[offset:]))


def reset_for(data: bytes) -> "bytes | None":
    """Reset for a datagram that could not be decoded, if it was a CON of our version (§4.2)."""
    if len(data) < 4 or data[0] >> 4 != _VERSION << 2 | CON:
        return None
    return bytes((_VERSION << 6 | RST << 4, EMPTY, data[2], data[3]))


def path_options(path: str) -> tuple:
    """Uri-Path options of `a/b`; none for the empty path."""
    return tuple((URI_PATH, part.encode()) for part in path.split("/") if part)


def path(message: Message) -> str:
    """Path of a request, its segments joined by `/`; DecodeError if one is not UTF-8."""
    try:
        return "/".join(
            str(value, "utf-8") for number, value in message.options if number == URI_PATH
        )
    except UnicodeError:
        raise DecodeError("Uri-Path is not UTF-8")


def uint_option(number: int, value: int) -> tuple:
    """(number, shortest bytes of an unsigned integer), as §3.2 wants it."""
    size = 0
    while value >> 8 * size:
        size += 1
    return number, value.to_bytes(size, "big")


def uint(message: Message, number: int) -> "int | None":
    """Value of the first option `number` as an unsigned integer, or None."""
    for known, value in message.options:
        if known == number:
            return int.from_bytes(value, "big")
    return None


def _put_option(out, delta, value):
    delta_nibble, delta_more = _extend(delta)
    size_nibble, size_more = _extend(len(value))
    out.append(delta_nibble << 4 | size_nibble)
    out += delta_more
    out += size_more
    out += value


def _extend(number):
    """(nibble, further bytes) of an option delta or length (§3.1)."""
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes((number - 13,))
    return 14, (number - 269).to_bytes(2, "big")


def _options(data, offset):
    """(options, offset of the payload)."""
    options: list = []
    number = 0
    while offset < len(data):
        start, byte = offset, data[offset]
        offset += 1
        if byte == _MARKER:
            if offset == len(data):
                raise DecodeError("payload marker without payload", start)
            return tuple(options), offset
        delta, offset = _extended(data, byte >> 4, offset, start)
        size, offset = _extended(data, byte & 15, offset, start)
        number += delta
        if number > 0xFFFF or offset + size > len(data):
            raise DecodeError("option is truncated or its number too large", start)
        if len(options) == MAX_OPTIONS:
            raise TooLarge("more than {} options".format(MAX_OPTIONS), start)
        options.append((number, bytes(data[offset : offset + size])))
        offset += size
    return tuple(options), offset


def _extended(data, nibble, offset, start):
    if nibble < 13:
        return nibble, offset
    width = nibble - 12
    if nibble == 15 or offset + width > len(data):
        raise DecodeError("option header is reserved or truncated", start)
    base = 13 if width == 1 else 269
    return base + int.from_bytes(data[offset : offset + width], "big"), offset + width
