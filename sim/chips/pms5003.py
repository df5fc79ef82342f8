"""Plantower PMS5003 and PMS7003 dust sensors on a UART (makers' data manuals, appendix I and II).

Active mode: a 32-byte frame about every 0.9 s. Passive mode: a frame for each read command.
Asleep: nothing until it is woken, then as after power-on. The commands, seven bytes with a sum:

    42 4D E1 00 00  passive    E1 00 01  active    (answered with eight bytes, 42 4D 00 04 E1 ...)
    42 4D E2 00 00  read, in passive mode only
    42 4D E4 00 00  sleep (answered)    E4 00 01  wake

What is not a command with a right sum is passed over in silence. The true value is the
concentration of the size asked for; the others follow in a fixed proportion, as for one kind of
dust. Readings are whole ug/m3. Both types speak the same.
Not modelled: the fan's spin-up, ageing of the laser.
"""

import random
from collections.abc import Mapping
from typing import Any

from sim.chips import Chip, Output

PERIOD_S = 0.9
FIRST_FRAME_S = 1.0  # after power-on
ANSWER_S = 0.01  # from a command to what it asks for (our choice)
NOISE = 0.002  # of the value, one standard deviation (our choice)

_SHARES = {"pm1": 0.4, "pm25": 0.7, "pm10": 1.0}
# Particles over 0.3, 0.5, 1.0, 2.5, 5 and 10 um in 0.1 l, per ug/m3 of PM10: typical of fine dust.
_COUNTS = (120.0, 35.0, 7.0, 0.7, 0.2, 0.1)
_VERSION = 0x9700  # firmware version and error byte of the last data word
_START = b"\x42\x4d"
_COMMAND_BYTES = 7
_MODE, _READ, _SLEEP = 0xE1, 0xE2, 0xE4


def build(params: Mapping[str, Any], noise: random.Random) -> "Pms5003":
    """One of that size."""
    return Pms5003(params.get("size", "pm10"), noise)


class Pms5003(Chip):
    """One sensor; `size` is pm1, pm25 or pm10."""

    baud = 9600

    def __init__(self, size: str, noise: random.Random) -> None:
        super().__init__()
        self.period_s = PERIOD_S  # 2.3 in air that does not change
        self._size = size
        self._noise = noise
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """Silent for a moment, then a frame each period."""
        self._next_s: float | None = now_s + FIRST_FRAME_S
        self._asleep = False
        self._active = True
        self._heard = b""
        self._answers: list[tuple[float, bytes]] = []

    def hear(self, at_s: float, byte: int, sound: bool) -> None:
        """Commands are looked for in whatever comes."""
        self._heard = (self._heard + bytes((byte,)))[-_COMMAND_BYTES:]
        body, total = self._heard[:-2], int.from_bytes(self._heard[-2:], "big")
        if len(self._heard) == _COMMAND_BYTES and body[:2] == _START and sum(body) == total:
            self._obey(at_s, body[2], body[4])

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Frames and answers whose time has come."""
        outputs = [
            Output(at_s, value, value, data) for at_s, data in self._answers if at_s <= now_s
        ]
        self._answers = [answer for answer in self._answers if answer[0] > now_s]
        while self._next_s is not None and self._next_s <= now_s:
            outputs.append(self._measured(self._next_s, value))
            self._next_s = self._next_s + self.period_s if self._active else None
        return outputs

    def _obey(self, at_s: float, command: int, data: int) -> None:
        answered_s = at_s + ANSWER_S
        if command == _SLEEP and not data:
            self._asleep, self._next_s = True, None
            self._answers.append((answered_s, _sealed(bytes((0, 4, command, data)))))
        elif command == _SLEEP and self._asleep:
            self.power(at_s)
        elif self._asleep:
            return
        elif command == _MODE:
            self._active = bool(data)
            self._next_s = at_s + self.period_s if self._active else None
            self._answers.append((answered_s, _sealed(bytes((0, 4, command, data)))))
        elif command == _READ and not self._active:
            self._next_s = answered_s

    def _measured(self, at_s: float, value: float) -> Output:
        shown = value * (1.0 + self._noise.gauss(0.0, NOISE)) / _SHARES[self._size]
        masses = [_word(shown * share) for share in _SHARES.values()]
        indicated = masses[list(_SHARES).index(self._size)]
        return Output(at_s, value, float(indicated), _frame(masses, shown))


def command(number: int, data: int) -> bytes:
    """Bytes of one command."""
    return _sealed(bytes((number, 0, data)))


def _frame(masses: list[int], pm10: float) -> bytes:
    counts = [_word(pm10 * count) for count in _COUNTS]
    # the masses stand twice: for industrial (CF=1) and for atmospheric conditions
    words = [28, *masses, *masses, *counts, _VERSION]
    return _sealed(b"".join(word.to_bytes(2, "big") for word in words))


def _sealed(body: bytes) -> bytes:
    frame = _START + body
    return frame + (sum(frame) & 0xFFFF).to_bytes(2, "big")


def _word(value: float) -> int:
    return max(0, min(0xFFFF, int(value)))
