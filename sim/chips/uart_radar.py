"""UART Doppler radar: ASCII lines like an OmniPreSense OPS243-A set to km/h (`UK`), two decimals
(`F2`), zero reporting (`BZ`), no units (`Ou`), about ten lines a second.

Positive is approaching. After power-on it introduces itself with one JSON line.
Not modelled: several targets, the quantisation of its spectrum, commands sent to it.
"""

import random

from sim.chips import Chip, Output

PERIOD_S = 0.1
NOISE_KMH = 0.01  # one standard deviation (our choice; a real one steps more coarsely)

_BANNER = b'{"Product":"OPS243-A"}\r\n'


class UartRadar(Chip):
    """One radar that looks at its target from the front (`sign` 1) or from behind (-1)."""

    def __init__(self, baud: int, sign: int, noise: random.Random) -> None:
        self.baud = baud
        self._sign = sign
        self._noise = noise
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """Introduces itself, then speaks each period."""
        self._next_s = now_s + PERIOD_S
        self._banner = _BANNER

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Lines whose time has come."""
        outputs = []
        while self._next_s <= now_s:
            shown = round(value + self._noise.gauss(0.0, NOISE_KMH), 2) if value else 0.0
            line = self._banner + b"%.2f\r\n" % (self._sign * shown + 0.0)
            outputs.append(Output(self._next_s, value, shown, line))
            self._next_s += PERIOD_S
            self._banner = b""
        return outputs
