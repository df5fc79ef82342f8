"""Plantower PMS5003 and PMS7003 dust sensors: binary frames on a UART.

A sensor sends every 0.2 to 0.8 s while the air changes and every 2.3 s while it does not (maker's
data manual, "active mode"). Frame (appendix I), 16-bit words big-endian:

    42 4D | 00 1C (28 bytes follow) | 13 data words | checksum = sum of the first 30 bytes

Data words 4, 5, 6 are PM1.0, PM2.5 and PM10 in ug/m3 under atmospheric conditions. Every read
drains the UART and keeps the newest good frame; between frames that value holds. After
`STALE_MS` without a good frame the reading is a failure, which says why if it knows.

params: size ("pm1", "pm25", "pm10"), warm_up_s (30, the manual's time after power-on; 0 for a
sensor with a supply of its own that is already warm).
"""

from protocols import codes

BUS = "UART"
PARAMS = ("size", "warm_up_s")

FRAME_BYTES = 32
STALE_MS = 3_500  # the longest interval and half of another; a lost frame may show for a second

_HEADER = b"\x42\x4d\x00\x1c"
_OFFSETS = (("pm1", 10), ("pm25", 12), ("pm10", 14))


def convert(frame: "bytes | bytearray", offset: int) -> "tuple[float | None, int]":
    """Mass concentration in ug/m3 from the word at `offset` of a frame whose sum agrees."""
    if len(frame) != FRAME_BYTES or bytes(frame[:4]) != _HEADER:
        return None, codes.BAD_CHECKSUM
    if sum(frame[:30]) & 0xFFFF != frame[30] << 8 | frame[31]:
        return None, codes.BAD_CHECKSUM
    return float(frame[offset] << 8 | frame[offset + 1]), codes.GOOD


class Sensor:
    """One sensor in active mode."""

    START_MS = STALE_MS

    def __init__(self, bus, params: dict):
        self._bus = bus
        self._offset = _offset(params.get("size", "pm10"))
        self._warm_ms = int(1000 * params.get("warm_up_s", 30))
        self._pending = b""
        self._value: "float | None" = None
        self._failure = codes.NO_RESPONSE
        self._first_ms: "int | None" = None
        self._fresh_ms: "int | None" = None

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Newest concentration; the held one between frames."""
        if self._first_ms is None:
            self._first_ms = self._fresh_ms = t_ms
        self._drain(t_ms)
        if self._value is None or t_ms - self._fresh_ms > STALE_MS:
            self._value = None
            return None, self._failure
        warming = t_ms - self._first_ms < self._warm_ms
        return self._value, codes.WARM_UP if warming else codes.GOOD

    def _drain(self, t_ms):
        waiting = self._bus.any()
        if not waiting:
            return
        buffer = self._pending + (self._bus.read(waiting) or b"")
        while True:
            start = buffer.find(_HEADER)
            if start < 0:
                self._pending = buffer[-3:]  # a header may have been cut in two
                return
            if len(buffer) - start < FRAME_BYTES:
                self._pending = buffer[start:]
                return
            value, quality = convert(buffer[start : start + FRAME_BYTES], self._offset)
            if value is None:
                self._failure = quality
                buffer = buffer[start + 1 :]  # the good frame may begin inside the bad one
            else:
                self._value, self._failure, self._fresh_ms = value, codes.NO_RESPONSE, t_ms
                buffer = buffer[start + FRAME_BYTES :]


def _offset(size):
    for known, offset in _OFFSETS:
        if known == size:
            return offset
    raise ValueError("size: {} is not one of pm1, pm25, pm10".format(size))
