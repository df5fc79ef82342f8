"""UART Doppler radar that reports ASCII lines: speed of a hoist, a vehicle, a belt.

Line format, that of an OmniPreSense OPS243-A set to km/h (`UK`), two decimals (`F2`), zero
reporting when nothing moves (`BZ`) and no units (`Ou`); 9600 baud 8N1 here:

    -12.34\\r\\n      optional sign, 1-3 digits, point, 1-2 digits, CR LF; about 5 to 20 a second

Positive is approaching. Lines that begin with `{` or `"` are the radar's own messages and are
passed over; any other line that is not a number counts as damaged. Every read drains the UART
and takes the newest good line; between lines that value holds. After `STALE_MS` without one the
reading is a failure: a radar with zero reporting is never silent.

params: baud (9600), direction ("both": magnitude, "approach" or "recede": that one as positive
and the other as zero; default both).
"""

from protocols import codes

BUS = "UART"
PARAMS = ("baud", "direction")

STALE_MS = 1_000
MAX_LINE_BYTES = 64  # longer ones are noise on an open line

_DIRECTIONS = (("both", 0), ("approach", 1), ("recede", -1))


def convert(line: bytes, direction: int = 0) -> "tuple[float | None, int]":
    """Speed in km/h from one line without its end; `direction` 0: magnitude, 1 or -1: that way."""
    if not 3 <= len(line) <= 7 or not _is_number(line):
        return None, codes.BAD_CHECKSUM
    speed = float(line.decode())
    if direction == 0:
        return abs(speed), codes.GOOD
    return max(0.0, speed * direction), codes.GOOD


class Sensor:
    """One radar on one UART."""

    def __init__(self, bus, params: dict):
        self._bus = bus
        self._direction = _direction(params.get("direction", "both"))
        self._pending = b""
        self._value: "float | None" = None
        self._failure = codes.NO_RESPONSE
        self._fresh_ms: "int | None" = None

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Newest speed; the held one between lines."""
        if self._fresh_ms is None:
            self._fresh_ms = t_ms
        self._drain(t_ms)
        if self._value is None or t_ms - self._fresh_ms > STALE_MS:
            self._value = None
            return None, self._failure
        return self._value, codes.GOOD

    def _drain(self, t_ms):
        waiting = self._bus.any()
        if not waiting:
            return
        lines = (self._pending + (self._bus.read(waiting) or b"")).split(b"\n")
        self._pending = lines.pop()[-MAX_LINE_BYTES:]
        for line in reversed(lines):
            line = line.strip()
            if not line or line[:1] in (b"{", b'"'):
                continue
            value, quality = convert(line, self._direction)
            if value is not None:
                self._value, self._failure, self._fresh_ms = value, codes.NO_RESPONSE, t_ms
                return
            self._failure = quality


def _is_number(line):
    """Digits, one point with digits after it, at most one sign before: `float` takes more."""
    digits = line[1:] if line[:1] in (b"+", b"-") else line
    whole, _, decimals = digits.partition(b".")
    return whole.isdigit() and decimals.isdigit()


def _direction(word):
    for known, sign in _DIRECTIONS:
        if known == word:
            return sign
    raise ValueError("direction: {} is not one of both, approach, recede".format(word))
