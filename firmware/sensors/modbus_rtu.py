"""One quantity of a Modbus RTU meter on RS-485: a dust meter, or anything else with registers.

The node is the only master of its line (Modbus over Serial Line V1.02) and asks for one value
every `poll_ms`, between samples. An answer counts if address, function, length and CRC are right,
wherever in the received bytes it stands: turning the line round makes noise. What came too late
is thrown away before the next request, which waits until the line has been silent. A value holds
for three polls; after that the reading is a failure: bad checksum if something answered, no
response if nothing did or the meter answered with an exception.

A transceiver whose direction the board switches (`RS485` in its pin file) is set to send for the
8 characters of a request (8.3 ms at 9600 baud), during which nothing else runs; one that switches
by itself costs no time.

params: register (from 0), address (1), function (3 holding, 4 input registers), kind ("u16",
"s16", "u32", "s32", "f32"; default u16), low_first (false: high word first), factor (1) and offset
(0): value = factor * number + offset; baud (9600), parity ("none", "even", "odd"), poll_ms (500),
timeout_ms (200, from the end of the request).
"""

import struct

from protocols import codes

BUS = "UART"
PARAMS = (
    "register", "address", "function", "kind", "low_first", "factor", "offset", "baud", "parity",
    "poll_ms", "timeout_ms",
)  # fmt: skip

_KINDS = (("u16", ">H"), ("s16", ">h"), ("u32", ">I"), ("s32", ">i"), ("f32", ">f"))
_PARITIES = (("none", None), ("even", 0), ("odd", 1))
_EXCEPTION = 0x80  # bit of the function code in an answer that refuses
_EXCEPTION_BYTES = 5
_KEPT_BYTES = 64  # of what came: an answer, and noise before it
_LOOK_MS = 5
_SILENT_MS = 5  # 3.5 characters at 9600 baud are 4 ms


def crc(data: "bytes | bytearray") -> bytes:
    """CRC-16 of a frame as it is sent, low byte first (V1.02 appendix B: 0xA001 from 0xFFFF)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return bytes((value & 0xFF, value >> 8))


def request(address: int, function: int, register: int, words: int) -> bytes:
    """Frame that asks for `words` registers from `register` on."""
    body = struct.pack(">BBHH", address, function, register, words)
    return body + crc(body)


def convert(
    heard: bytes, address: int, function: int, shape: str, low_first: bool = False
) -> "tuple[float | None, int]":
    """Number in the answer that stands somewhere in `heard`; `shape` as `struct` has it."""
    size = struct.calcsize(shape)
    header = bytes((address, function, size))
    at = heard.find(header)
    while at >= 0:
        frame = heard[at : at + size + 5]
        if len(frame) == size + 5 and crc(frame[:-2]) == frame[-2:]:
            data = frame[5:-2] + frame[3:5] if low_first else frame[3:-2]
            return float(struct.unpack(shape, data)[0]), codes.GOOD
        at = heard.find(header, at + 1)
    at = heard.find(bytes((address, function | _EXCEPTION)))
    frame = heard[at : at + _EXCEPTION_BYTES]
    if at >= 0 and len(frame) == _EXCEPTION_BYTES and crc(frame[:-2]) == frame[-2:]:
        return None, codes.NO_RESPONSE
    return None, codes.BAD_CHECKSUM


def build(board, bus: str, params: dict):
    """Sensor on a line of the board, with its parity and the pin that turns it round."""
    parity = _word("parity", params.get("parity", "none"), _PARITIES)
    uart = board.bus(bus, params.get("baud"), parity)
    return Sensor(uart, params, board.transmitter(bus))


class Sensor:
    """One value of one meter. `transmitter` is the pin that lets the board drive the line."""

    START_MS = 3_000

    def __init__(self, bus, params: dict, transmitter=None):
        self._bus = bus
        self._transmitter = transmitter
        self._address = params.get("address", 1)
        self._function = params.get("function", 3)
        self._shape = _word("kind", params.get("kind", "u16"), _KINDS)
        self._words = struct.calcsize(self._shape) // 2
        self._low_first = params.get("low_first", False)
        self._factor = params.get("factor", 1)
        self._offset = params.get("offset", 0)
        self._poll_ms = params.get("poll_ms", 500)
        self._timeout_ms = params.get("timeout_ms", 200)
        self._request = request(self._address, self._function, params["register"], self._words)
        self._heard = b""
        self._asked_ms: "int | None" = None
        self._value: "float | None" = None
        self._failure = codes.NO_RESPONSE
        self._fresh_ms = 0

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Newest value; the held one while it is not older than three polls."""
        if self._value is not None and t_ms - self._fresh_ms > 3 * self._poll_ms:
            self._value = None
        if self._value is None:
            return None, self._failure
        return self._value, codes.GOOD

    def work(self, now_ms: int) -> int:
        """Ask, or look for the answer: in how many ms to be called again."""
        heard = self._bus.read(self._bus.any()) if self._bus.any() else b""
        if self._asked_ms is None:
            if heard:
                return _SILENT_MS
            self._send()
            self._asked_ms, self._heard = now_ms, b""
            return _LOOK_MS
        self._heard = (self._heard + heard)[-_KEPT_BYTES:]
        value, quality = convert(
            self._heard, self._address, self._function, self._shape, self._low_first
        )
        waited_ms = now_ms - self._asked_ms
        if quality == codes.BAD_CHECKSUM and waited_ms < self._timeout_ms:
            return _LOOK_MS  # nothing whole yet
        if value is not None:
            self._value = self._factor * value + self._offset
            self._fresh_ms, self._failure = now_ms, codes.NO_RESPONSE
        else:
            self._failure = quality if self._heard else codes.NO_RESPONSE
        self._asked_ms = None
        return max(_SILENT_MS, self._poll_ms - waited_ms)

    def _send(self):
        transmitter = self._transmitter
        if transmitter is None:
            self._bus.write(self._request)
            return
        transmitter.value(1)
        try:
            self._bus.write(self._request)
            self._bus.flush()
        finally:
            transmitter.value(0)


def _word(param, word, known):
    for one, meaning in known:
        if one == word:
            return meaning
    raise ValueError("{}: {} is unknown".format(param, word))
