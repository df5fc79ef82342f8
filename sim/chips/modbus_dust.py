"""RS-485 dust transmitter that speaks Modbus RTU, as common 485 PM transmitters do.

Modbus over Serial Line V1.02 (2.5.1: frames end with 3.5 characters of silence, a gap over 1.5
inside one spoils it, fixed at 1750 and 750 us above 19200 baud) and Application Protocol V1.1b3.
Registers, readable with functions 3 and 4: 0x0004 PM2.5 and 0x0009 PM10 in ug/m3, 0x07D0 address,
which function 6 writes. It measures once a second and answers after a turn-around time.

Silence: another address, a wrong CRC, a byte with a broken frame or parity, a frame too short, a
broadcast. Exception 1: any other function. 2: a register that it does not have. 3: a count of
none or over 125, a value that it does not take. While it speaks it does not hear.
"""

import random
from collections.abc import Mapping
from typing import Any

from sim.chips import Chip, Output
from sim.wire import EVEN, ODD, Framing

PERIOD_S = 1.0
TURN_AROUND_S = 0.02
NOISE = 0.005  # of the value, one standard deviation (our choice)
READ_HOLDING, READ_INPUT, WRITE = 3, 4, 6
PM25, PM10, ADDRESS = 0x0004, 0x0009, 0x07D0

_FUNCTION, _REGISTER, _VALUE = 1, 2, 3
_PM25_SHARE = 0.7
_PARITIES = {"none": None, "even": EVEN, "odd": ODD}
_FAST_BAUD, _FAST_GAP_S, _FAST_END_S = 19_200, 0.000_75, 0.001_75


def build(params: Mapping[str, Any], noise: random.Random) -> "ModbusDust":
    """One transmitter, as the channel's params describe it."""
    parity = _PARITIES[params.get("parity", "none")]
    return ModbusDust(params.get("address", 1), params.get("baud", 9600), parity, noise)


class ModbusDust(Chip):
    """One transmitter at `unit` on its line; the value is its PM10."""

    half_duplex = True

    def __init__(self, unit: int, baud: int, parity: int | None, noise: random.Random) -> None:
        super().__init__()
        self.baud = baud
        self.parity = parity
        self.unit = unit
        self._noise = noise
        byte_s = Framing(baud, parity).byte_s
        fast = baud > _FAST_BAUD
        self._gap_s = byte_s + (_FAST_GAP_S if fast else 1.5 * byte_s)
        self._end_s = _FAST_END_S if fast else 3.5 * byte_s
        self._byte_s = byte_s
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """Measures anew; the address is kept."""
        self._next_s = now_s + PERIOD_S
        self._frame = b""
        self._spoilt = False
        self._last_s = 0.0
        self._busy_s = 0.0
        self._answers: list[tuple[float, bytes]] = []
        self._pm10 = 0

    def hear(self, at_s: float, byte: int, sound: bool) -> None:
        """One byte of a request."""
        if at_s <= self._busy_s:
            return
        if self._frame and at_s - self._last_s >= self._byte_s + self._end_s:
            self._end()
        elif self._frame and at_s - self._last_s > self._gap_s:
            self._spoilt = True
        self._frame += bytes((byte,))
        self._spoilt = self._spoilt or not sound
        self._last_s = at_s

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Measurements, and answers whose time has come."""
        outputs = []
        while self._next_s <= now_s:
            self._pm10 = _word(value * (1.0 + self._noise.gauss(0.0, NOISE)))
            outputs.append(Output(self._next_s, value, float(self._pm10)))
            self._next_s += PERIOD_S
        if self._frame and now_s >= self._last_s + self._end_s:
            self._end()
        for answer in [one for one in self._answers if one[0] <= now_s]:
            self._answers.remove(answer)
            outputs.append(Output(answer[0], value, float(self._pm10), answer[1]))
        return outputs

    def _end(self) -> None:
        """3.5 characters of silence: a frame is over."""
        frame, spoilt, self._frame, self._spoilt = self._frame, self._spoilt, b"", False
        if spoilt or len(frame) < 4 or crc(frame[:-2]) != frame[-2:]:
            return
        unit, own = frame[0], self.unit
        if unit not in (0, own):
            return
        body = self._answer(frame[1], frame[2:-2])
        if unit == own:
            answer = bytes((own,)) + body
            at_s = self._last_s + self._end_s + TURN_AROUND_S
            self._busy_s = at_s + (len(answer) + 2) * self._byte_s
            self._answers.append((at_s, answer + crc(answer)))

    def _answer(self, function: int, data: bytes) -> bytes:
        if function not in (READ_HOLDING, READ_INPUT, WRITE):
            return bytes((function | 0x80, _FUNCTION))
        if len(data) != 4:
            return bytes((function | 0x80, _VALUE))
        register, number = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
        if function == WRITE:
            return self._write(register, number, data)
        if not 1 <= number <= 125:
            return bytes((function | 0x80, _VALUE))
        known = {
            PM25: _word(self._pm10 * _PM25_SHARE),
            PM10: self._pm10,
            ADDRESS: self.unit,
        }
        words = [known.get(register + n) for n in range(number)]
        found = [word for word in words if word is not None]
        if len(found) < number:
            return bytes((function | 0x80, _REGISTER))
        return bytes((function, 2 * number)) + b"".join(word.to_bytes(2, "big") for word in found)

    def _write(self, register: int, number: int, data: bytes) -> bytes:
        if register != ADDRESS:
            return bytes((WRITE | 0x80, _REGISTER))
        if not 1 <= number <= 247:
            return bytes((WRITE | 0x80, _VALUE))
        self.unit = number
        return bytes((WRITE,)) + data


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus (polynomial 0xA001 from the low end), low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def _word(value: float) -> int:
    return max(0, min(0xFFFF, int(value)))
