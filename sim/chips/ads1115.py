"""TI ADS1115: four-input 16-bit ADC on I2C, at register level (data sheet SBAS444).

Modelled: address, pointer, configuration, conversion and threshold registers, multiplexer, gain
with clipping at full scale, data rate, continuous and single-shot mode, power-on defaults.
Not modelled: comparator and its ALERT pin, the +-10 % of the oscillator, input impedance.
"""

import random
from collections.abc import Mapping
from typing import Any

from sim.chips import Chip, Output
from sim.transducer import Loop, Signal

DEFAULT_CONFIG = 0x8583

_CONVERSION, _CONFIG, _LOW, _HIGH = range(4)
_START = 0x8000  # written: begin a single conversion; read: not converting
_SINGLE_SHOT = 0x0100
_FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
_RATES_SPS = (8, 16, 32, 64, 128, 250, 475, 860)
# MUX: positive and negative input; None is ground
_MUX = ((0, 1), (0, 3), (1, 3), (2, 3), (0, None), (1, None), (2, None), (3, None))


def build(params: Mapping[str, Any], noise: random.Random) -> "Ads1115":
    """One with a 4-20 mA loop over a shunt on one of its inputs."""
    loop = Loop(params["low"], params["high"], params.get("shunt_ohm", 100.0), noise)
    return Ads1115(params.get("address", 0x48), {params.get("input", 0): loop})


class Ads1115(Chip):
    """One chip with the signals that are wired to its inputs."""

    def __init__(self, address: int, signals: Mapping[int, Signal]) -> None:
        super().__init__()
        self.address = address
        self.signals = signals
        self._now_s = 0.0
        self.power(0.0)

    def power(self, now_s: float) -> None:
        """Registers as after power-on: idle in single-shot mode."""
        self._registers = [0, DEFAULT_CONFIG, 0x8000, 0x7FFF]
        self._pointer = _CONVERSION
        self._current = DEFAULT_CONFIG  # of the conversion under way
        self._next_s: float | None = None
        self._now_s = now_s

    def advance(self, now_s: float, value: float) -> list[Output]:
        """Every conversion that ended by now."""
        outputs = []
        self._now_s = now_s
        while self._next_s is not None and self._next_s <= now_s:
            ended_s = self._next_s
            outputs += self._convert(ended_s, value)
            self._next_s = None
            if not self._registers[_CONFIG] & _SINGLE_SHOT:
                self._begin(ended_s)
        return outputs

    def transfer(self, written: bytes, count: int) -> bytes:
        """Pointer, register bytes (big-endian), then as many read as asked for."""
        if written:
            self._pointer = written[0] & 3
        if len(written) >= 3:
            self._write(written[1] << 8 | written[2])
        word = self._read().to_bytes(2, "big")
        return (word * (count // 2 + 1))[:count]

    def _write(self, word: int) -> None:
        if self._pointer == _CONVERSION:
            return
        self._registers[self._pointer] = word
        idle = self._next_s is None
        if self._pointer == _CONFIG and idle and (word & _START or not word & _SINGLE_SHOT):
            self._begin(self._now_s)

    def _read(self) -> int:
        word = self._registers[self._pointer]
        if self._pointer == _CONFIG:
            return word & ~_START if self._next_s is not None else word | _START
        return word

    def _begin(self, at_s: float) -> None:
        """A conversion keeps the settings that it began with (data sheet, "Continuous")."""
        self._current = self._registers[_CONFIG]
        self._next_s = at_s + 1.0 / _RATES_SPS[self._current >> 5 & 7]

    def _convert(self, at_s: float, value: float) -> list[Output]:
        config = self._current
        positive, negative = _MUX[config >> 12 & 7]
        full_scale_v = _FULL_SCALE_V[config >> 9 & 7]
        volts = self._volts(positive, value) - self._volts(negative, value)
        code = max(-32768, min(32767, round(volts / full_scale_v * 32768)))
        self._registers[_CONVERSION] = code & 0xFFFF
        signal = self.signals.get(positive) if negative is None else None
        if signal is None:
            return []
        return [Output(at_s, value, signal.value(code * full_scale_v / 32768))]

    def _volts(self, pin: int | None, value: float) -> float:
        signal = None if pin is None else self.signals.get(pin)
        return 0.0 if signal is None else signal.volts(value)
