"""The journal block: what a node measured and what happened to it, in one sealed piece.

Payload (inside the COSE_Mac0 of `cose`), a CBOR array whose unknown further elements are ignored:

    [version, node, seq, prev, t0_ms, status, software, config, boot, event0, groups, events]

 - `prev` is `link()` of the sealed block before: a hash of all its bytes, because the tag of a MAC
   binds nothing for a reader who has no key. The first block ever has 16 zero bytes.
 - `status` is mode | clock quality << 4; `boot` counts starts; `event0` counts the events that the
   node recorded before this block, so event i is number event0 + 1 + i for ever.
 - a group holds the channels of one schedule: [period_ms, offset_ms, n, ch, scale, data, ...].
   `data` is what `series` packs, in units of 10^scale of the wire unit.
 - an event is [dt_ms from t0, code, arguments ...].
"""

import hashlib
from collections import namedtuple

from . import WIRE_VERSION, cbor
from ._const import const
from .cbor import ARRAY, UINT, put, put_bytes, put_head
from .errors import DecodeError, TooLarge, VersionError
from .paths import MAX_BLOCK_BYTES
from .series import MAX_HOLE, MAX_SAMPLE_BYTES, Packer, unpack

LINK_BYTES = const(16)
FIRST_LINK = bytes(LINK_BYTES)
ID_BYTES = const(4)  # of the software and configuration digests; EV_BOOT holds them whole
MAX_NODE_BYTES = const(16)
MAX_SLOTS = const(4096)  # per channel; a sealed block of 960 bytes cannot hold more

Header = namedtuple(
    "Header",
    ("node", "seq", "prev", "t0_ms", "mode", "clock", "software", "config", "boot", "event0"),
)
Series = namedtuple("Series", ("ch", "scale", "period_ms", "offset_ms", "values", "qualities"))
Event = namedtuple("Event", ("number", "t_ms", "code", "args"))
Block = namedtuple("Block", ("header", "series", "events"))

# Samples leave this much, so that an alarm finds room in the block of its sample.
EVENT_RESERVE_BYTES = const(120)

# MicroPython looks for a builtin in the module first, and a miss there can cost 0.1 us.
_int = int
_len = len
_type = type
_bytes = bytes
_list = list

_FIELDS = const(12)
_OPENING = bytes((ARRAY << 5 | _FIELDS, WIRE_VERSION))
# What a block needs at most besides samples and events: 44 for the seal and 89 for the fields of
# the header at their longest; what a channel alone in its group needs; array head and time of an
# event.
_FIXED_BYTES = const(133)
_CHANNEL_BYTES = const(23)
_EVENT_BYTES = const(7)


def link(sealed: bytes) -> bytes:
    """What the next block says of this one: 16 bytes of the SHA-256 over all its sealed bytes."""
    return hashlib.sha256(sealed).digest()[:LINK_BYTES]


def encode(header: Header, series: list, events: list) -> bytes:
    """Payload of one block. `series`: Series; `events`: (dt_ms, code, args) tuples."""
    packers = []
    for one in series:
        packer = Packer(one.ch, one.scale, one.period_ms)
        t_ms = header.t0_ms + one.offset_ms
        for i in range(_len(one.values)):
            packer.add(t_ms, one.values[i], one.qualities[i])
            t_ms += one.period_ms
        packers.append(packer)
    records = [_record(header.t0_ms + dt_ms, code, args) for dt_ms, code, args in events]
    out = bytearray()
    _put_block(out, header, packers, records)
    return bytes(out)


def decode(payload: bytes) -> Block:
    """Block of a payload; DecodeError, TooLarge or VersionError for what is none."""
    fields = cbor.decode(payload)
    if _type(fields) is not _list or not fields:
        raise DecodeError("block is not an array")
    if not _is_uint(fields[0]) or fields[0] != WIRE_VERSION:
        raise VersionError(fields[0])
    if _len(fields) < _FIELDS:
        raise DecodeError("block has {} fields, not {}".format(_len(fields), _FIELDS))
    header = _header(fields)
    groups, happened = fields[10], fields[11]
    if _type(groups) is not _list or _type(happened) is not _list:
        raise DecodeError("groups or events are not an array")
    series: list = []
    for group in groups:
        _take_group(series, group)
    events: list = []
    for item in happened:
        _take_event(events, item, header)
    return Block(header, series, events)


def peek(payload: bytes) -> "tuple[int, int]":
    """(t0_ms, boot) of a block, without decoding its samples and events."""
    kind, count, offset = cbor.head_at(payload, 0)
    if kind != ARRAY or count < _FIELDS:
        raise DecodeError("block is not an array of {} fields".format(_FIELDS))
    fields = []
    for _ in range(9):  # version, node, seq, prev, t0_ms, status, software, config, boot
        value, offset = cbor.decode_at(payload, offset, 0)
        fields.append(value)
    t0_ms, boot = fields[4], fields[8]
    if not (_is_uint(t0_ms) and _is_uint(boot)):
        raise DecodeError("t0_ms or boot is not an unsigned integer")
    return t0_ms, boot


class Writer:
    """The block that is open on a node: samples and events come one by one, then it is closed.

    `t_ms` is wall time, from one clock for the whole block.
    """

    def __init__(self, channels: tuple):
        """`channels`: (ch, scale, period_ms) of everything that may be added."""
        self._packers = [Packer(ch, scale, period_ms) for ch, scale, period_ms in channels]
        self._by_ch = {packer.ch: packer for packer in self._packers}
        self._add = {packer.ch: packer.add for packer in self._packers}
        self._records: list = []
        self._out = bytearray()

    @property
    def samples(self) -> int:
        """Samples added; slots filled as missed are none."""
        return sum(packer.count() - packer.missed for packer in self._packers)

    @property
    def events(self) -> int:
        """Events added."""
        return _len(self._records)

    @property
    def empty(self) -> bool:
        """Is there nothing to close yet?"""
        return not self._records and all(packer.count() == 0 for packer in self._packers)

    @property
    def size(self) -> int:
        """Bytes that the block will have at most when it is sealed."""
        size = _FIXED_BYTES
        for packer in self._packers:
            size += _CHANNEL_BYTES + packer.size()
        for record in self._records:
            size += _EVENT_BYTES + _len(record[2])
        return size

    @property
    def first_ms(self) -> "int | None":
        """Time of the earliest sample or event; None while empty."""
        times = [packer.first_ms for packer in self._packers if packer.count()]
        times.extend(record[0] for record in self._records)
        return min(times) if times else None

    @property
    def last_ms(self) -> "int | None":
        """Time of the latest sample or event; None while empty."""
        times = [packer.next_ms - packer.period_ms for packer in self._packers if packer.count()]
        times.extend(record[0] for record in self._records)
        return max(times) if times else None

    def room(self, ch: int, t_ms: int) -> bool:
        """Can this sample be added? If not, close first: then any sample can.

        No: the block is full, the slot is taken already, the time is not on the channel's schedule
        or so far ahead of it that the hole would cost more than a new block.
        """
        hole = self._by_ch[ch].hole(t_ms)
        most = self.size + hole + MAX_SAMPLE_BYTES
        return 0 <= hole <= MAX_HOLE and most <= MAX_BLOCK_BYTES - EVENT_RESERVE_BYTES

    def add(self, ch: int, t_ms: int, value: "int | None", quality: int):
        """Append a sample that there is `room` for; slots it leaps over are MISSED."""
        self._add[ch](t_ms, value, quality)

    def event(self, t_ms: int, code: int, args: tuple) -> bool:
        """Append an event; False, and nothing happened, if it does not fit: close first.

        ValueError for an event that no block could hold.
        """
        record = _record(t_ms, code, args)
        if self.size + _EVENT_BYTES + _len(record[2]) > MAX_BLOCK_BYTES:
            if self.empty:
                raise ValueError("event is larger than a block")
            return False
        self._records.append(record)
        return True

    def close(self, header: Header) -> bytes:
        """Payload of the block; the writer is empty again. `header.t0_ms` is `first_ms`."""
        out = self._out
        out[:] = b""
        _put_block(out, header, self._packers, self._records)
        for packer in self._packers:
            packer.clear()
        self._records.clear()
        return _bytes(out)


def _record(t_ms, code, args):
    """(time, number of items, everything after the time) of an event."""
    out = bytearray()
    put(out, code)
    for arg in args:
        put(out, arg)
    return t_ms, 2 + _len(args), out


def _put_block(out, header, packers, records):
    node, seq, prev, t0_ms, mode, clock, software, config, boot, event0 = header
    out.extend(_OPENING)
    put(out, node)
    put_head(out, UINT, seq)
    put_bytes(out, prev)
    put_head(out, UINT, t0_ms)
    put_head(out, UINT, mode | clock << 4)
    put_bytes(out, software)
    put_bytes(out, config)
    put_head(out, UINT, boot)
    put_head(out, UINT, event0)
    groups = _grouped(packers)
    put_head(out, ARRAY, _len(groups))
    for group in groups:
        first = group[0]
        put_head(out, ARRAY, 3 + 3 * _len(group))
        put_head(out, UINT, first.period_ms)
        put_head(out, UINT, first.first_ms - t0_ms)
        put_head(out, UINT, first.count())
        for one in group:
            out.extend(one.label)
            put_bytes(out, one.data())
    put_head(out, ARRAY, _len(records))
    for t_ms, count, body in records:
        put_head(out, ARRAY, count)
        put_head(out, UINT, t_ms - t0_ms)
        out.extend(body)


def _grouped(packers):
    """Lists of those that share a schedule, in order of appearance; without the empty ones."""
    groups: list = []
    for one in packers:
        if one.first_ms == one.next_ms:
            continue
        for group in groups:
            if _together(one, group[0]):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _together(one, other):
    same = one.first_ms == other.first_ms and one.next_ms == other.next_ms
    return same and one.period_ms == other.period_ms


def _header(fields):
    _, node, seq, prev, t0_ms, status, software, config, boot, event0 = fields[:10]
    if _type(node) is not str or not 0 < _len(node.encode()) <= MAX_NODE_BYTES:
        raise DecodeError("node is not a text of 1 to 16 bytes")
    if not (_is_uint(seq) and _is_uint(t0_ms) and _is_uint(boot) and _is_uint(event0)):
        raise DecodeError("seq, t0_ms, boot or event0 is not an unsigned integer")
    if seq == 0 or not _is_uint(status) or status > 0xFF:
        raise DecodeError("seq or status out of range")
    if not (_is_bytes(software, ID_BYTES) and _is_bytes(config, ID_BYTES)):
        raise DecodeError("software or config is not 4 bytes")
    if not _is_bytes(prev, LINK_BYTES):
        raise DecodeError("prev is not 16 bytes")
    return Header(node, seq, prev, t0_ms, status & 15, status >> 4, software, config, boot, event0)


def _take_group(series, group):
    if _type(group) is not _list or _len(group) < 6 or _len(group) % 3:
        raise DecodeError("group is not a schedule and channels")
    period_ms, offset_ms, count = group[0], group[1], group[2]
    if not (_is_uint(period_ms) and _is_uint(offset_ms) and _is_uint(count)):
        raise DecodeError("schedule is not three unsigned integers")
    if not 0 < count <= MAX_SLOTS:
        raise TooLarge("a channel has {} slots".format(count))
    for i in range(3, _len(group), 3):
        ch, scale, data = group[i], group[i + 1], group[i + 2]
        if not _is_uint(ch) or _type(scale) is not _int or not -12 <= scale <= 12:
            raise DecodeError("channel number or scale out of range")
        if _type(data) is not _bytes or _len(data) < count:
            raise DecodeError("channel data are not {} slots".format(count))
        values, qualities = unpack(data, count)
        series.append(Series(ch, scale, period_ms, offset_ms, values, qualities))


def _take_event(events, item, header):
    if _type(item) is not _list or _len(item) < 2 or not (_is_uint(item[0]) and _is_uint(item[1])):
        raise DecodeError("event does not begin with a time and a code")
    number = header.event0 + 1 + _len(events)
    events.append(Event(number, header.t0_ms + item[0], item[1], tuple(item[2:])))


def _is_uint(value):
    return _type(value) is _int and value >= 0


def _is_bytes(value, size):
    return _type(value) is _bytes and _len(value) == size
