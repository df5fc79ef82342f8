"""K-band Doppler module: speed out of the two intermediate-frequency wires, I and Q.

    f = 2 v cos(angle) f0 / c        44.707 Hz per km/h at 24.125 GHz, aimed along the way

(Skolnik, Introduction to Radar Systems, ch. 3.) The board captures `points` pairs at `rate_hz`,
the node finds the strongest tone; the way in which I and Q turn is the direction. Both f0 and the
angle between beam and way are part of the calibration: a degree at 22 degrees is 0.7 %.

What the settings allow: speeds up to rate_hz / 2 in hertz (89 km/h at 8 kHz; near it the value is
a guard value, beyond it the module's own filter must cut), from about 2 bins of rate_hz / points
on (1.4 km/h). What is slower reads as zero. A front end without any noise is stuck, one whose bias
stands at an end of the scale has lost a wire; a clipped tone is a guard value, for its frequency
is right.

The capture blocks the node for points / rate_hz (32 ms; more than 40 are refused, for another
channel's relay waits meanwhile); the transform is done between samples, in slices. A value holds
for three rounds and the time that the transform may take on a slow board.

params: f0_ghz (24.125), angle_deg (0), points (256), rate_hz (8 000), every_ms (100), direction
("both": magnitude, "approach" or "recede": that one as positive and the other as zero).
"""

from math import cos, pi

from firmware.spectrum import Spectrum
from protocols import codes

BUS = "IQ"
PARAMS = ("f0_ghz", "angle_deg", "points", "rate_hz", "every_ms", "direction")

C_M_S = 299_792_458.0
CAPTURE_MAX_MS = 40  # of the 50 ms that a relay may take (design, promise 1)

_SLOW_MS = 1_000  # longest transform, in plain code on a Pico
_EDGE = 0.95  # of half the rate: from there on a tone may be an alias
_END = 31_000  # of 32 768: a bias there is a wire on ground or supply
_CLIPPED = 65_000  # of 65 535 from the lowest to the highest
_STUCK = 16  # one step of a 12-bit converter
_DIRECTIONS = (("both", 0), ("approach", 1), ("recede", -1))


def hz_per_kmh(f0_ghz: float, angle_deg: float = 0.0) -> float:
    """Doppler shift of 1 km/h along the way."""
    return 2e9 * f0_ghz / C_M_S / 3.6 * cos(angle_deg * pi / 180)


def convert(tone_hz: float, shift_hz: float, direction: int = 0) -> "tuple[float, int]":
    """Speed in km/h of a tone whose sign is its direction; `shift_hz` of 1 km/h."""
    speed = tone_hz / shift_hz
    return (abs(speed) if direction == 0 else max(0.0, speed * direction)), codes.GOOD


def build(board, bus: str, params: dict):
    """Sensor on a pair of analog inputs."""
    return Sensor(lambda points, rate_hz: board.capture_iq(points, rate_hz, bus), params)


class Sensor:
    """One module; `capture(points, rate_hz)` gives interleaved I and Q, signed 16 bits."""

    START_MS = 1_500

    def __init__(self, capture, params: dict):
        points = params.get("points", 256)
        self._rate_hz = params.get("rate_hz", 8_000)
        if 1000 * points > CAPTURE_MAX_MS * self._rate_hz:
            raise ValueError(
                "points: {} take {} ms at that rate_hz, at most {} are allowed".format(
                    points, 1000 * points // self._rate_hz, CAPTURE_MAX_MS
                )
            )
        self._capture = capture
        self._spectrum = Spectrum(points)
        self._shift_hz = hz_per_kmh(params.get("f0_ghz", 24.125), params.get("angle_deg", 0.0))
        self._every_ms = params.get("every_ms", 100)
        self._direction = _direction(params.get("direction", "both"))
        self._course = None
        self._due_ms = 0
        self._value: "float | None" = None
        self._quality = codes.NO_RESPONSE
        self._fresh_ms = 0

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Speed by the newest spectrum."""
        if t_ms - self._fresh_ms > 3 * self._every_ms + _SLOW_MS:
            return None, codes.NO_RESPONSE
        return self._value, self._quality

    def work(self, now_ms: int) -> int:
        """A capture, or a slice of its transform: in how many ms to be called again."""
        if self._course is None:
            if now_ms < self._due_ms:
                return self._due_ms - now_ms
            self._due_ms = now_ms + self._every_ms
            self._course = self._measure(now_ms)
        try:
            next(self._course)
            return 0
        except StopIteration:
            self._course = None
            return max(0, self._due_ms - now_ms)

    def _measure(self, now_ms):
        spectrum = self._spectrum
        pairs = self._capture(spectrum.points, self._rate_hz)
        yield
        means, spans = spectrum.means(pairs), spectrum.spans(pairs)
        quality = _judge(means, spans)
        value = None
        if codes.category(quality) != codes.FAILURE:
            yield from spectrum.run(pairs, means)
            peak = spectrum.peak()
            value = 0.0
            if peak is not None:
                tone_hz = peak * self._rate_hz / spectrum.points
                value, _ = convert(tone_hz, self._shift_hz, self._direction)
                if abs(2 * peak) > _EDGE * spectrum.points:
                    quality = codes.GUARD_HIGH
        self._value, self._quality, self._fresh_ms = value, quality, now_ms


def _judge(means, spans):
    """Quality by the wires alone."""
    if min(means) < -_END:
        return codes.OPEN_LOOP
    if max(means) > _END:
        return codes.SHORT_CIRCUIT
    if min(spans) <= _STUCK:
        return codes.STUCK
    return codes.GUARD_HIGH if max(spans) > _CLIPPED else codes.GOOD


def _direction(word):
    for known, sign in _DIRECTIONS:
        if known == word:
            return sign
    raise ValueError("direction: {} is not one of both, approach, recede".format(word))
