"""Plantower PMS5003 dust sensor on a UART, active mode (maker's data manual, appendix I).

A 32-byte frame about every 0.9 s. The true value is the concentration of the size asked for; the
others follow in a fixed proportion, as for one kind of dust. Readings are whole ug/m3.
Not modelled: passive mode and sleep, the fan's spin-up, ageing of the laser.
"""

import random

from sim.chips import Chip, Output

PERIOD_S = 0.9
FIRST_FRAME_S = 1.0  # after power-on
NOISE = 0.002  # of the value, one standard deviation (our choice)

_SHARES = {"pm1": 0.4, "pm25": 0.7, "pm10": 1.0}
# Particles over 0.3, 0.5, 1.0, 2.5, 5 and 10 um in 0.1 l, per ug/m3 of PM10: typical of fine dust.
_COUNTS = (120.0, 35.0, 7.0, 0.7, 0.2, 0.1)
_VERSION = 0x9700  # firmware version and error byte of the last data word


class Pms5003(Chip):
    """One sensor; `size` is pm1, pm25 or pm10."""

    baud = 9600

    def __init__(self, size: str, noise: random.Random) -> None:
        self._size = size
        self._noise = noise
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """Silent for a moment, then a frame each period."""
        self._next_s = now_s + FIRST_FRAME_S

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Frames whose time has come."""
        outputs = []
        while self._next_s <= now_s:
            shown = value * (1.0 + self._noise.gauss(0.0, NOISE)) / _SHARES[self._size]
            masses = [_word(shown * share) for share in _SHARES.values()]
            indicated = masses[list(_SHARES).index(self._size)]
            outputs.append(Output(self._next_s, value, float(indicated), _frame(masses, shown)))
            self._next_s += PERIOD_S
        return outputs


def _frame(masses: list[int], pm10: float) -> bytes:
    counts = [_word(pm10 * count) for count in _COUNTS]
    # the masses stand twice: for industrial (CF=1) and for atmospheric conditions
    words = [28, *masses, *masses, *counts, _VERSION]
    frame = b"\x42\x4d" + b"".join(word.to_bytes(2, "big") for word in words)
    return frame + (sum(frame) & 0xFFFF).to_bytes(2, "big")


def _word(value: float) -> int:
    return max(0, min(0xFFFF, int(value)))
