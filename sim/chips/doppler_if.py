"""K-band Doppler module: two intermediate-frequency wires, I and Q, on the board's own converter.

    f = 2 v cos(angle) f0 / c        44.7 Hz per km/h at 24.125 GHz

(Skolnik, Introduction to Radar Systems, ch. 3.) An approaching target turns the pair one way
(I = cos, Q = sin), a receding one the other; a positive value approaches. Both wires stand at
`bias_v`. What spoils them: noise, a second target (`second_kmh`, `second_share`), a reflection
over the ground that fades the tone slowly (`multipath`: depth, 0 to 1), unequal gain and a phase
that is not quite 90 degrees.

`capture` continues the phase, so that one capture joins the next.
"""

import random
from collections.abc import Mapping
from math import cos, pi, radians, sin
from typing import Any

from sim.chips import Chip, Output

C_M_S = 299_792_458.0
SUPPLY_V = 3.3
NOISE_V = 0.004  # one standard deviation on each wire (our choice)
GAIN_ERROR = 0.05  # of Q against I, and
PHASE_ERROR_DEG = 4.0  # typical of low-cost modules (our choice)
FADE_HZ = 3.0

_DEFAULTS = {
    "f0_ghz": 24.125,
    "angle_deg": 0.0,
    "bias_v": 1.5,
    "amplitude_v": 0.3,
    "second_kmh": 0.0,
    "second_share": 0.0,
    "multipath": 0.0,
}


def build(params: Mapping[str, Any], noise: random.Random) -> "DopplerIf":
    """One module, as the channel's params describe it."""
    sign = -1.0 if params.get("direction") == "recede" else 1.0
    known = {key: float(params.get(key, default)) for key, default in _DEFAULTS.items()}
    return DopplerIf(noise, sign=sign, **known)


class DopplerIf(Chip):
    """One module; all that spoils its signal may be changed while it runs."""

    def __init__(
        self,
        noise: random.Random,
        sign: float = 1.0,
        f0_ghz: float = 24.125,
        angle_deg: float = 0.0,
        bias_v: float = 1.5,
        amplitude_v: float = 0.3,
        second_kmh: float = 0.0,
        second_share: float = 0.0,
        multipath: float = 0.0,
    ) -> None:
        super().__init__()
        self.bias_v = bias_v
        self.amplitude_v = amplitude_v
        self.second_kmh, self.second_share = second_kmh, second_share
        self.multipath = multipath
        self.hz_per_kmh = 2.0 * f0_ghz * 1e9 / C_M_S / 3.6 * cos(radians(angle_deg))
        self._sign = sign
        self._noise = noise
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """The oscillator starts."""
        self._now_s = now_s
        self._phase = self._second_phase = 0.0  # in turns
        self._value = 0.0

    def advance(self, now_s: float, value: float) -> list[Output]:
        """The tone runs on."""
        passed_s = max(0.0, now_s - self._now_s)
        self._now_s += passed_s
        self._value = value
        self._phase = (self._phase + passed_s * self._hz(value)) % 1.0
        self._second_phase = (self._second_phase + passed_s * self._hz(self.second_kmh)) % 1.0
        return [Output(now_s, value, abs(value))]

    def volts(self, input: int) -> float:
        """One of the two wires now."""
        return self._pair(0.0)[input]

    def capture(self, count: int, rate_hz: float) -> list[tuple[float, float]]:
        """The last `count` instants, as if the speed had been what it is now."""
        return [self._pair((n + 1 - count) / rate_hz) for n in range(count)]

    def _hz(self, value: float) -> float:
        return self._sign * value * self.hz_per_kmh

    def _pair(self, after_s: float) -> tuple[float, float]:
        i, q = self._tone(self._phase + after_s * self._hz(self._value))
        if not self._value:
            i = q = 0.0  # a wall gives a constant, which the amplifier does not pass
        fade = 1.0 - self.multipath * (0.5 + 0.5 * cos(2 * pi * FADE_HZ * (self._now_s + after_s)))
        second = self._tone(self._second_phase + after_s * self._hz(self.second_kmh))
        i = fade * i + self.second_share * second[0]
        q = fade * q + self.second_share * second[1]
        return (self._wire(i), self._wire(q * (1.0 + GAIN_ERROR)))

    def _wire(self, tone: float) -> float:
        volts = self.bias_v + self.amplitude_v * tone + self._noise.gauss(0.0, NOISE_V)
        return SUPPLY_V * self.through(volts / SUPPLY_V) if self.wires else volts

    @staticmethod
    def _tone(turns: float) -> tuple[float, float]:
        angle = 2 * pi * turns
        return cos(angle), sin(angle + radians(PHASE_ERROR_DEG))
