"""The samples of one channel in a block: zigzag varint deltas, then quality runs if needed.

    data = varint(zigzag(first)), varint(zigzag(delta)) ..., [varint(count), quality] ...

Values are integers in units of 10^scale of the wire unit. The runs are there only if a quality is
not good, and then cover every slot. A slot of an NE 107 failure has no value: its delta is 0.
"""

from . import codes
from .errors import DecodeError

# A start and a delta of such values always fit the 5 bytes of a varint.
MAX_VALUE = 0xFFFFFFFF
MAX_VARINT_BYTES = 5
MAX_SAMPLE_BYTES = 11  # a varint, and what a change of quality and the last run cost: 3 each

_BITS = 7 * MAX_VARINT_BYTES


class Packer:
    """Grows `data` slot by slot. For reading: ch, scale, period_ms, first_ms, count, size."""

    def __init__(self, ch: int, scale: int, period_ms: int):
        self.ch = ch
        self.scale = scale
        self.period_ms = period_ms
        self.clear()

    def clear(self):
        """Begin again with no slot."""
        self.first_ms = 0  # the owner's business
        self.count = 0
        self._data = bytearray()
        self._runs = bytearray()
        self._run_start = 0
        self._quality = codes.GOOD
        self._last = 0

    @property
    def size(self) -> int:
        """Bytes that `data` will have at most."""
        return len(self._data) + len(self._runs) + 3

    def add(self, value: "int | None", quality: int):
        """Append one slot. `value` is None exactly if the quality is an NE 107 failure.

        A value that no instrument of ours can mean, beyond MAX_VALUE, becomes SATURATED.
        """
        if value is None:
            if quality >> 4 != codes.FAILURE:
                raise ValueError("no value, but no failure either")
            number = 0
        elif -MAX_VALUE <= value <= MAX_VALUE:
            number = (value - self._last) << 1
            if number < 0:
                number = ~number
            self._last = value
        else:
            number, quality = 0, codes.SATURATED
        if quality != self._quality:
            self._end_run(quality)
        self.count += 1
        data = self._data
        while number > 0x7F:
            data.append(number & 0x7F | 0x80)
            number >>= 7
        data.append(number)

    def data(self) -> "bytes | bytearray":
        """Everything that was added; nothing may be added afterwards."""
        if self._runs or self._quality != codes.GOOD:
            self._end_run(codes.GOOD)
            self._data += self._runs
        return self._data

    def _end_run(self, quality):
        length = self.count - self._run_start
        if length:
            while length > 0x7F:
                self._runs.append(length & 0x7F | 0x80)
                length >>= 7
            self._runs.append(length)
            self._runs.append(self._quality)
        self._run_start = self.count
        self._quality = quality


def unpack(data: bytes, count: int) -> "tuple[list, list]":
    """(values, qualities) of the `count` slots in `data`."""
    values = []
    last = offset = 0
    for _ in range(count):
        number, offset = _varint(data, offset)
        last += number >> 1 ^ -(number & 1)
        values.append(last)
    if offset == len(data):
        return values, [codes.GOOD] * count
    qualities = _runs(data, offset, count)
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
    while shift < _BITS:
        if offset >= len(data):
            raise DecodeError("varint is truncated", offset)
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, offset
        shift += 7
    raise DecodeError("varint is longer than 5 bytes", offset)
