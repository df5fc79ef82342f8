"""UART Doppler radar that reports ASCII lines: speed of a hoist, a vehicle, a belt.

Line format, that of an OmniPreSense OPS243-A (API note AN-010), 9600 baud 8N1 here:

    -12.34\\r\\n      optional sign, 1-3 digits, point, two digits, CR LF; about 5 to 20 a second

Positive is approaching. The driver sets km/h (`UK`), two decimals (`F2`) and zero reporting when
nothing moves (`BZ`) at the start and whenever the radar says that it has restarted. Lines that
begin with `{` or `"` are the radar's own messages; any other line that is not such a number counts
as damaged. Every read drains the UART and takes the newest good line; between lines that value
holds. After `STALE_MS` without one the reading is a failure: with zero reporting a radar is never
silent.

The maker's lines carry no check, so a digit may change unseen. What can be told: another form or
more than the radar can measure is damage; a step of more than `jump_kmh` from one line to the
next, the sign included, is implausible, and the limits still act on it.

params: baud (9600), direction ("both": magnitude, "approach" or "recede": that one as positive
and the other as zero; default both), max_kmh (223: the most that the radar measures), jump_kmh
(20: in a tenth of a second, 5.7 g).
"""

from protocols import codes

BUS = "UART"
PARAMS = ("baud", "direction", "max_kmh", "jump_kmh")

STALE_MS = 1_000
MAX_LINE_BYTES = 64  # longer ones are noise on an open line

_SETTINGS = b"UKF2BZ"
_RESTARTED = b"Product"  # in the first message after power-on
_DIRECTIONS = (("both", 0), ("approach", 1), ("recede", -1))


def convert(line: bytes, max_kmh: float = 223.0) -> "tuple[float | None, int]":
    """Signed speed in km/h from one line without its end; positive approaches."""
    digits = line[1:] if line[:1] in (b"+", b"-") else line
    whole, _, decimals = digits.partition(b".")
    # `float` takes more than the radar sends
    if not (1 <= len(whole) <= 3 and len(decimals) == 2 and (whole + decimals).isdigit()):
        return None, codes.BAD_CHECKSUM
    speed = float(line.decode())
    if abs(speed) > max_kmh:
        return None, codes.BAD_CHECKSUM
    return speed, codes.GOOD


class Sensor:
    """One radar on one UART."""

    def __init__(self, bus, params: dict):
        self._bus = bus
        self._direction = _direction(params.get("direction", "both"))
        self._max_kmh = params.get("max_kmh", 223.0)
        self._jump_kmh = params.get("jump_kmh", 20.0)
        self._pending = b""
        self._speed: "float | None" = None  # signed
        self._quality = codes.GOOD
        self._failure = codes.NO_RESPONSE
        self._fresh_ms: "int | None" = None

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Newest speed; the held one between lines."""
        if self._fresh_ms is None:
            self._fresh_ms = t_ms
            self._bus.write(_SETTINGS)
        self._drain(t_ms)
        if t_ms - self._fresh_ms > STALE_MS:
            self._speed = None
        if self._speed is None:
            return None, self._failure
        if self._direction == 0:
            return abs(self._speed), self._quality
        return max(0.0, self._speed * self._direction), self._quality

    def _drain(self, t_ms):
        waiting = self._bus.any()
        if not waiting:
            return
        lines = (self._pending + (self._bus.read(waiting) or b"")).split(b"\n")
        self._pending = lines.pop()[-MAX_LINE_BYTES:]
        for line in lines:
            line = line.strip()
            if line[:1] in (b"{", b'"'):
                if _RESTARTED in line:
                    self._bus.write(_SETTINGS)
            elif line:
                self._take(line, t_ms)

    def _take(self, line, t_ms):
        speed, quality = convert(line, self._max_kmh)
        if speed is None:
            self._failure = quality
            return
        last, self._speed, self._fresh_ms = self._speed, speed, t_ms
        self._failure = codes.NO_RESPONSE
        jumped = last is not None and abs(speed - last) > self._jump_kmh
        self._quality = codes.IMPLAUSIBLE_RATE if jumped else quality


def _direction(word):
    for known, sign in _DIRECTIONS:
        if known == word:
            return sign
    raise ValueError("direction: {} is not one of both, approach, recede".format(word))
