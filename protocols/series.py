"""The samples of one channel in a block: zigzag varint deltas, then quality runs if needed.

    data = varint(zigzag(first)), varint(zigzag(delta)) ..., [varint(count), quality] ...

Values are integers in units of 10^scale of the wire unit. The runs are there only if a quality is
not good, and then cover every slot. A slot of an NE 107 failure has no value: its delta is 0.
"""

from . import codes
from ._const import const
from .cbor import encode
from .errors import DecodeError

# A start and a delta of such values always fit the 5 bytes of a varint.
MAX_VALUE = const(0xFFFFFFFF)
MAX_HOLE = const(32)  # slots: a longer one costs about as much as the header of the next block
MAX_RUN_BYTES = const(3)
MAX_SAMPLE_BYTES = const(11)  # a varint and two changes of quality

_LAST_SHIFT = const(28)  # of a varint's fifth byte


class Packer:
    """The slots of one channel on its schedule.

    For reading: ch, period_ms, first_ms, next_ms (of the slot to come), missed (slots filled) and
    label, the CBOR of channel number and scale. No properties: on MicroPython a class that has one
    pays for it at every attribute it sets.
    """

    def __init__(self, ch: int, scale: int, period_ms: int):
        self.ch = ch
        self.period_ms = period_ms
        self.label = encode(ch) + encode(scale)
        self._data = bytearray()
        self._runs = bytearray()
        self.clear()

    def clear(self):
        """Drop everything; the buffers keep their memory."""
        self.first_ms = self.next_ms = self.missed = self._last = self._run_ms = 0
        self._quality = codes.GOOD
        self._data[:] = b""
        if self._runs:
            self._runs[:] = b""

    def count(self) -> int:
        """Slots so far, missed ones included."""
        return (self.next_ms - self.first_ms) // self.period_ms

    def size(self) -> int:
        """Bytes that `data` will have at most."""
        return len(self._data) + len(self._runs) + MAX_RUN_BYTES

    def hole(self, t_ms: int) -> int:
        """Slots that a sample at `t_ms` would leap over; negative if that is no free slot."""
        if self.first_ms == self.next_ms:
            return 0
        ahead_ms = t_ms - self.next_ms
        return -1 if ahead_ms % self.period_ms else ahead_ms // self.period_ms

    def add(self, t_ms: int, value: "int | None", quality: int):
        """Append the sample of one slot. `value` is None exactly for an NE 107 failure.

        A value that no instrument of ours can mean, beyond MAX_VALUE, becomes SATURATED.
        """
        if t_ms != self.next_ms:
            self._leap(t_ms)
        if value is None:
            if quality >> 4 != codes.FAILURE:
                raise ValueError("no value, but no failure either")
            number = 0
        else:
            number = (value - self._last) << 1
            if number < 0:
                number = ~number
            if number > 0x7F and not -MAX_VALUE <= value <= MAX_VALUE:
                number, quality = 0, codes.SATURATED
            else:
                self._last = value
        if quality != self._quality:
            self._turn(quality)
        data = self._data
        while number > 0x7F:
            data.append(number & 0x7F | 0x80)
            number >>= 7
        data.append(number)
        self.next_ms = t_ms + self.period_ms

    def data(self) -> bytearray:
        """Everything that was added; nothing may be added afterwards."""
        if self._runs or self._quality != codes.GOOD:
            self._turn(codes.GOOD)
            self._data.extend(self._runs)
        return self._data

    def _leap(self, t_ms):
        """Begin at `t_ms`, or fill the hole before it with missed slots."""
        hole = self.hole(t_ms)
        if not 0 <= hole <= MAX_HOLE:
            raise ValueError("sample does not fit the schedule")
        if self.first_ms == self.next_ms:
            self.first_ms = self.next_ms = self._run_ms = t_ms
        self.missed += hole
        for _ in range(hole):
            self.add(self.next_ms, None, codes.MISSED)

    def _turn(self, quality):
        """End the run of the quality so far."""
        length = (self.next_ms - self._run_ms) // self.period_ms
        if length:
            while length > 0x7F:
                self._runs.append(length & 0x7F | 0x80)
                length >>= 7
            self._runs.append(length)
            self._runs.append(self._quality)
        self._run_ms = self.next_ms
        self._quality = quality


def unpack(data: bytes, count: int) -> "tuple[list, list]":
    """(values, qualities) of the `count` slots in `data`."""
    if len(data) < count:
        raise DecodeError("fewer bytes than slots", len(data))
    values: list = [None] * count
    last = number = shift = i = more = 0
    for byte in data:
        if byte > 0x7F:
            if shift == _LAST_SHIFT:
                raise DecodeError("varint is longer than 5 bytes", i + more)
            number |= (byte & 0x7F) << shift
            shift += 7
            more += 1
            continue
        if shift:
            byte = byte << shift | number
            number = shift = 0
        last += byte >> 1 ^ -(byte & 1)
        values[i] = last
        i += 1
        if i == count:
            break
    else:
        raise DecodeError("varint is truncated", len(data))
    end = count + more
    if end == len(data):
        return values, [codes.GOOD] * count
    qualities = _runs(data, end, count)
    for i in range(count):
        if qualities[i] >> 4 == codes.FAILURE:
            values[i] = None
    return values, qualities


def _runs(data, offset, count):
    qualities: list = []
    while offset < len(data):
        run, offset = _varint(data, offset)
        if offset == len(data) or not 0 < run <= count - len(qualities):
            raise DecodeError("quality runs do not fit the slots", offset)
        qualities.extend([data[offset]] * run)
        offset += 1
    if len(qualities) != count:
        raise DecodeError("quality runs end early", offset)
    return qualities


def _varint(data, offset):
    """(number, next offset) of a little-endian base-128 integer of at most 5 bytes."""
    number = shift = 0
    while shift <= _LAST_SHIFT:
        if offset >= len(data):
            raise DecodeError("varint is truncated", offset)
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, offset
        shift += 7
    raise DecodeError("varint is longer than 5 bytes", offset)
