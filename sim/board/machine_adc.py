"""`machine.ADC` of the simulated board: 12 bits that look like 16, integers only.

`read_timed_multi` is what DMA or a timer does on a board: all inputs at the same instants, at an
exact rate, whatever the interpreter does meanwhile. The time that it takes passes here too.
"""

import struct
import time

import bus
import ops
from machine import PLATFORM, Pin

_RANGES_UV = (950_000, 1_250_000, 1_750_000, 3_100_000)  # of an ESP32-S3


class _Input:
    """One analog input, as every port has it."""

    _atten = 0

    def __init__(self, id):
        self._id = (id if isinstance(id, Pin) else Pin(id))._id
        self._code = bytearray(2)

    def read_u16(self):
        """0 to 65535 over the range."""
        bus.ask(ops.ADC_READ, self._id, bytes((self._atten,)), self._code)
        return self._code[0] | self._code[1] << 8

    @staticmethod
    def read_timed_multi(adcs, bufs, rate_hz):
        """Fill one 16-bit buffer for each of two inputs, `rate_hz` pairs a second."""
        first, second = adcs
        count = len(bufs[0])
        time.sleep_us(count * 1_000_000 // rate_hz)
        pins = struct.pack(ops.ADC_FORMAT, first._id, second._id, first._atten, count, rate_hz)
        pairs = bytearray(4 * count)
        bus.ask(ops.ADC_CAPTURE, 0, pins, pairs)
        for index in range(count):
            bufs[0][index] = pairs[4 * index] | pairs[4 * index + 1] << 8
            bufs[1][index] = pairs[4 * index + 2] | pairs[4 * index + 3] << 8
        return True


class _Attenuated(_Input):
    """The ESP32's: with ranges, of which the smallest is there at first."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3

    def __init__(self, id, *, atten=ATTN_0DB):
        super().__init__(id)
        self.atten(atten)

    def atten(self, atten):
        """Choose the range."""
        if not 0 <= atten < len(_RANGES_UV):
            raise ValueError("atten")
        self._atten = atten

    def read_uv(self):
        """Microvolts."""
        return self.read_u16() * _RANGES_UV[self._atten] // 65535


ADC = _Attenuated if PLATFORM == "esp32" else _Input
