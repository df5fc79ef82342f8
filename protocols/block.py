"""The journal block: what a node measured and what happened to it, in one sealed piece.

Payload (inside the COSE_Mac0 of `cose`), a CBOR array whose unknown further elements are ignored:

    [version, node, seq, prev, t0_ms, status, software, config, boot, event0, groups, events]

 - `prev` is `link()` of the sealed block before: a hash of all its bytes, because the tag of a MAC
   binds nothing for a reader who has no key. The first block ever has 16 zero bytes.
 - `status` is mode | clock quality << 4; `boot` counts starts; `event0` counts the events that the
   node recorded before this block, so event i is number event0 + 1 + i for ever.
 - a group holds the channels of one schedule: [period_ms, offset_ms, n, ch, scale, data, ...].
   `data` is a zigzag varint start and n - 1 deltas, in units of 10^scale of the wire unit, then,
   only if a quality is not good, runs of (varint count, quality byte) over all n slots. A slot of
   an NE 107 failure has no value: its delta is 0.
 - an event is [dt_ms from t0, code, arguments ...].
"""

import hashlib
from collections import namedtuple

from . import WIRE_VERSION, cbor, codes
from .errors import DecodeError, TooLarge, VersionError

LINK_BYTES = 16
FIRST_LINK = bytes(LINK_BYTES)
ID_BYTES = 4  # of the software and configuration digests; EV_BOOT holds them whole
MAX_NODE_BYTES = 16
MAX_SLOTS = 4096  # per channel; a sealed block of 960 bytes cannot hold more

Header = namedtuple(
    "Header",
    ("node", "seq", "prev", "t0_ms", "mode", "clock", "software", "config", "boot", "event0"),
)
Series = namedtuple("Series", ("ch", "scale", "period_ms", "offset_ms", "values", "qualities"))
Event = namedtuple("Event", ("number", "t_ms", "code", "args"))
Block = namedtuple("Block", ("header", "series", "events"))

_FIELDS = 12


def link(sealed: bytes) -> bytes:
    """What the next block says of this one: 16 bytes of the SHA-256 over all its sealed bytes."""
    return hashlib.sha256(sealed).digest()[:LINK_BYTES]


def encode(header: Header, series: list, events: list) -> bytes:
    """Payload of one block. `series`: Series; `events`: (dt_ms, code, args) tuples."""
    groups = []
    for one in series:
        schedule = [one.period_ms, one.offset_ms, len(one.values)]
        for group in groups:
            if group[:3] == schedule:
                break
        else:
            group = schedule
            groups.append(group)
        group += [one.ch, one.scale, pack(one.values, one.qualities)]
    return cbor.encode(
        [
            WIRE_VERSION,
            header.node,
            header.seq,
            header.prev,
            header.t0_ms,
            header.mode | header.clock << 4,
            header.software,
            header.config,
            header.boot,
            header.event0,
            groups,
            [[dt_ms, code] + list(args) for dt_ms, code, args in events],
        ]
    )


def decode(payload: bytes) -> Block:
    """Block of a payload; DecodeError, TooLarge or VersionError for what is none."""
    fields = cbor.decode(payload)
    if not isinstance(fields, list) or not fields:
        raise DecodeError("block is not an array")
    if fields[0] != WIRE_VERSION or not _is_uint(fields[0]):
        raise VersionError(fields[0])
    if len(fields) < _FIELDS:
        raise DecodeError("block has {} fields, not {}".format(len(fields), _FIELDS))
    header = _header(fields)
    series = []
    for group in _list(fields[10], "groups"):
        series.extend(_group(_list(group, "group")))
    events = []
    for item in _list(fields[11], "events"):
        events.append(_event(_list(item, "event"), header, len(events)))
    return Block(header, series, events)


def pack(values: list, qualities: list) -> bytes:
    """`data` of one channel; `values` are integers, None where the quality is a failure."""
    out = bytearray()
    last = 0
    for value in values:
        if value is None:
            value = last
        _put_varint(out, _zigzag(value - last))
        last = value
    if any(qualities):
        start = 0
        for i in range(1, len(qualities) + 1):
            if i == len(qualities) or qualities[i] != qualities[start]:
                _put_varint(out, i - start)
                out.append(qualities[start])
                start = i
    return bytes(out)


def unpack(data: bytes, count: int) -> "tuple[list, list]":
    """(values, qualities) of the `count` slots in `data`."""
    values, last, offset = [], 0, 0
    for _ in range(count):
        number, offset = _varint(data, offset)
        last += number >> 1 ^ -(number & 1)
        values.append(last)
    if offset == len(data):
        return values, [codes.GOOD] * count
    qualities = []
    while offset < len(data):
        run, offset = _varint(data, offset)
        if offset == len(data) or not 0 < run <= count - len(qualities):
            raise DecodeError("quality runs do not fit the slots", offset)
        qualities.extend([data[offset]] * run)
        offset += 1
    if len(qualities) != count:
        raise DecodeError("quality runs end early", offset)
    for i in range(count):
        if codes.category(qualities[i]) == codes.FAILURE:
            values[i] = None
    return values, qualities


def _header(fields):
    node, seq, prev, t0_ms, status, software, config, boot, event0 = fields[1:10]
    if not isinstance(node, str) or not 0 < len(node.encode()) <= MAX_NODE_BYTES:
        raise DecodeError("node is not a text of 1 to 16 bytes")
    for word, number in (("seq", seq), ("t0_ms", t0_ms), ("boot", boot), ("event0", event0)):
        if not _is_uint(number):
            raise DecodeError(word + " is not an unsigned integer")
    if seq == 0 or not _is_uint(status) or status > 0xFF:
        raise DecodeError("seq or status out of range")
    for word, data, size in (
        ("prev", prev, LINK_BYTES),
        ("software", software, ID_BYTES),
        ("config", config, ID_BYTES),
    ):
        if not isinstance(data, bytes) or len(data) != size:
            raise DecodeError("{} is not {} bytes".format(word, size))
    return Header(node, seq, prev, t0_ms, status & 15, status >> 4, software, config, boot, event0)


def _group(group):
    if len(group) < 6 or len(group) % 3:
        raise DecodeError("group is not a schedule and channels")
    period_ms, offset_ms, count = group[:3]
    for number in group[:3]:
        if not _is_uint(number):
            raise DecodeError("schedule is not three unsigned integers")
    if not 0 < count <= MAX_SLOTS:
        raise TooLarge("a channel has {} slots".format(count))
    for i in range(3, len(group), 3):
        ch, scale, data = group[i : i + 3]
        if not _is_uint(ch) or not _is_int(scale) or not -12 <= scale <= 12:
            raise DecodeError("channel number or scale out of range")
        if not isinstance(data, bytes) or len(data) < count:
            raise DecodeError("channel data are not {} slots".format(count))
        values, qualities = unpack(data, count)
        yield Series(ch, scale, period_ms, offset_ms, values, qualities)


def _event(item, header, index):
    if len(item) < 2 or not _is_uint(item[0]) or not _is_uint(item[1]):
        raise DecodeError("event does not begin with a time and a code")
    number = header.event0 + 1 + index
    return Event(number, header.t0_ms + item[0], item[1], tuple(item[2:]))


def _list(value, word):
    if not isinstance(value, list):
        raise DecodeError(word + " is not an array")
    return value


def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_uint(value):
    return _is_int(value) and value >= 0


def _zigzag(number):
    return number << 1 if number >= 0 else (-number << 1) - 1


def _put_varint(out, number):
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _varint(data, offset):
    """(number, next offset) of a little-endian base-128 integer of at most 5 bytes."""
    number = shift = 0
    while shift < 35:
        if offset >= len(data):
            raise DecodeError("varint is truncated", offset)
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, offset
        shift += 7
    raise DecodeError("varint is longer than 5 bytes", offset)
