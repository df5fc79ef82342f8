"""UART Doppler radar: ASCII lines as an OmniPreSense OPS243-A sends them (API note AN-010).

As the profile has it set: km/h (`UK`), two decimals (`F2`), zero reporting (`BZ`), no units
(`Ou`), about ten lines a second; positive is approaching. After power-on it introduces itself with
one JSON line. Two-letter commands change units (`UC UF UK UM US`), decimals (`F0` to `F5`) and
zero reporting (`BZ`, `Bz`), `??` asks who it is; anything else is passed over in silence.
Not modelled: several targets, the quantisation of its spectrum, its other commands.
"""

import random
from collections.abc import Mapping
from typing import Any

from sim.chips import Chip, Output

PERIOD_S = 0.1
NOISE_KMH = 0.01  # one standard deviation (our choice; a real one steps more coarsely)

_BANNER = b'{"Product":"OPS243-A"}\r\n'
_PER_KMH = {"K": 1.0, "M": 1 / 3.6, "C": 100 / 3.6, "F": 1 / 1.09728, "S": 1 / 1.609344}


def build(params: Mapping[str, Any], noise: random.Random) -> "UartRadar":
    """One that looks the way its channel is configured."""
    sign = -1 if params.get("direction") == "recede" else 1
    return UartRadar(params.get("baud", 9600), sign, noise)


class UartRadar(Chip):
    """One radar that looks at its target from the front (`sign` 1) or from behind (-1)."""

    def __init__(self, baud: int, sign: int, noise: random.Random) -> None:
        super().__init__()
        self.baud = baud
        self._sign = sign
        self._noise = noise
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """Introduces itself, then speaks each period; its settings are kept in its flash."""
        self._next_s = now_s + PERIOD_S
        self._banner = _BANNER
        self._heard = ""
        self._unit, self._decimals, self._zero = "K", 2, True

    def hear(self, at_s: float, byte: int, sound: bool) -> None:
        """A command is two characters."""
        self._heard = (self._heard + chr(byte)).strip()[-2:]
        if len(self._heard) == 2 and self._obey(*self._heard):
            self._heard = ""

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Lines whose time has come."""
        outputs = []
        while self._next_s <= now_s:
            shown = round(value + self._noise.gauss(0.0, NOISE_KMH), 2) if value else 0.0
            outputs.append(Output(self._next_s, value, shown, self._banner + self._line(shown)))
            self._next_s += PERIOD_S
            self._banner = b""
        return outputs

    def _line(self, shown: float) -> bytes:
        if not shown and not self._zero:
            return b""
        number = self._sign * shown * _PER_KMH[self._unit]
        return b"%.*f\r\n" % (self._decimals, number + 0.0)

    def _obey(self, first: str, second: str) -> bool:
        if first == "U" and second in _PER_KMH:
            self._unit = second
        elif first == "F" and second in "012345":
            self._decimals = int(second)
        elif first == "B" and second in "Zz":
            self._zero = second == "Z"
        elif first + second == "??":
            self._banner += _BANNER
        else:
            return False
        return True
