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

from . import WIRE_VERSION, cbor, codes
from .errors import DecodeError, TooLarge, VersionError
from .paths import MAX_BLOCK_BYTES
from .series import MAX_SAMPLE_BYTES, Packer, unpack

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

MAX_HOLE = 32  # slots: a longer one costs about as much as the header of the next block
EVENT_RESERVE_BYTES = 120  # samples leave this much, so that an alarm finds room in its own block

_FIELDS = 12
# What a block needs at most besides samples and events: 44 for the seal and 89 for the fields of
# the header at their longest; for a channel alone in its group 23, and its last run of quality 3;
# for an event its array head and time.
_FIXED_BYTES = 133
_CHANNEL_BYTES = 26
_EVENT_BYTES = 7


def link(sealed: bytes) -> bytes:
    """What the next block says of this one: 16 bytes of the SHA-256 over all its sealed bytes."""
    return hashlib.sha256(sealed).digest()[:LINK_BYTES]


def encode(header: Header, series: list, events: list) -> bytes:
    """Payload of one block. `series`: Series; `events`: (dt_ms, code, args) tuples."""
    packers = []
    for one in series:
        packer = Packer(one.ch, one.scale, one.period_ms)
        packer.first_ms = header.t0_ms + one.offset_ms
        for i in range(len(one.values)):
            packer.add(one.values[i], one.qualities[i])
        packers.append(packer)
    records = [_record(header.t0_ms + dt_ms, code, args) for dt_ms, code, args in events]
    return _payload(header, packers, records)


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
    events: list = []
    for item in _list(fields[11], "events"):
        events.append(_event(_list(item, "event"), header, len(events)))
    return Block(header, series, events)


class Writer:
    """The block that is open on a node: samples and events come one by one, then it is closed.

    `t_ms` is wall time, from one clock for the whole block. Attributes for reading: samples and
    events (counts), first_ms and last_ms (None while empty), size (bytes that the block will have
    at most when it is sealed).
    """

    def __init__(self, channels: tuple):
        """`channels`: (ch, scale, period_ms) of everything that may be added."""
        self._packers = tuple(Packer(ch, scale, period_ms) for ch, scale, period_ms in channels)
        self._by_ch = {packer.ch: packer for packer in self._packers}
        self._clear()

    @property
    def empty(self) -> bool:
        """Is there nothing to close yet?"""
        return self.first_ms is None

    def room(self, ch: int, t_ms: int) -> bool:
        """Can this sample be added? If not, close first: then any sample can.

        No: the block is full, the slot is taken already, the time is not on the channel's schedule
        or so far ahead of it that the hole would cost more than a new block.
        """
        packer = self._by_ch[ch]
        hole = _hole(packer, t_ms)
        most = self.size + hole + MAX_SAMPLE_BYTES
        return 0 <= hole <= MAX_HOLE and most <= MAX_BLOCK_BYTES - EVENT_RESERVE_BYTES

    def add(self, ch: int, t_ms: int, value: "int | None", quality: int):
        """Append a sample that there is `room` for; slots it leaps over are MISSED."""
        packer = self._by_ch[ch]
        hole = _hole(packer, t_ms)
        if not 0 <= hole <= MAX_HOLE:
            raise ValueError("sample does not fit the schedule")
        before = packer.size
        if packer.count == 0:
            packer.first_ms = t_ms
        for _ in range(hole):
            packer.add(None, codes.MISSED)
        packer.add(value, quality)
        self.size += packer.size - before
        self.samples += 1
        self._spans(t_ms)

    def event(self, t_ms: int, code: int, args: tuple) -> bool:
        """Append an event; False, and nothing happened, if it does not fit: close first.

        ValueError for an event that no block could hold.
        """
        record = _record(t_ms, code, args)
        size = len(record[2]) + _EVENT_BYTES
        if self.size + size > MAX_BLOCK_BYTES:
            if self.empty:
                raise ValueError("event is larger than a block")
            return False
        self._records.append(record)
        self.size += size
        self.events += 1
        self._spans(t_ms)
        return True

    def close(self, header: Header) -> bytes:
        """Payload of the block; the writer is empty again. `header.t0_ms` is `first_ms`."""
        if header.t0_ms > self.first_ms:
            raise ValueError("header begins after its block")
        payload = _payload(header, [one for one in self._packers if one.count], self._records)
        self._clear()
        return payload

    def _clear(self):
        for packer in self._packers:
            packer.clear()
        self._records = []
        self.samples = self.events = 0
        self.first_ms = self.last_ms = None
        self.size = _FIXED_BYTES + _CHANNEL_BYTES * len(self._packers)

    def _spans(self, t_ms):
        if self.first_ms is None or t_ms < self.first_ms:
            self.first_ms = t_ms
        if self.last_ms is None or t_ms > self.last_ms:
            self.last_ms = t_ms


def _hole(packer, t_ms):
    """Slots missing before `t_ms`; negative for a time that is no free slot of the schedule."""
    if packer.count == 0:
        return 0
    elapsed_ms = t_ms - packer.first_ms
    if elapsed_ms % packer.period_ms:
        return -1
    return elapsed_ms // packer.period_ms - packer.count


def _record(t_ms, code, args):
    """(time, number of items, everything after the time) of an event."""
    out = bytearray()
    cbor.put(out, code)
    for arg in args:
        cbor.put(out, arg)
    return t_ms, 2 + len(args), out


def _payload(header, packers, records):
    out = bytearray(cbor.head(cbor.ARRAY, _FIELDS))
    for value in (
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
    ):
        cbor.put(out, value)
    groups = _grouped(packers)
    out.extend(cbor.head(cbor.ARRAY, len(groups)))
    for group in groups:
        out.extend(cbor.head(cbor.ARRAY, 3 + 3 * len(group)))
        cbor.put(out, group[0].period_ms)
        cbor.put(out, group[0].first_ms - header.t0_ms)
        cbor.put(out, group[0].count)
        for one in group:
            cbor.put(out, one.ch)
            cbor.put(out, one.scale)
            cbor.put(out, one.data())
    out.extend(cbor.head(cbor.ARRAY, len(records)))
    for t_ms, count, body in records:
        out.extend(cbor.head(cbor.ARRAY, count))
        cbor.put(out, t_ms - header.t0_ms)
        out.extend(body)
    return bytes(out)


def _grouped(packers):
    """Lists of those that share a schedule, in order of appearance."""
    groups: list = []
    for one in packers:
        for group in groups:
            other = group[0]
            if (one.period_ms, one.first_ms, one.count) == (
                other.period_ms,
                other.first_ms,
                other.count,
            ):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


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
