"""Two analog inputs at the beat of a timer on an STM32, whose `machine.ADC` cannot do that.

`pyb.ADC.read_timed_multi` (MicroPython's pyb library) waits until the buffers are full and takes
12-bit codes; what it leaves here is spread over 16 bits as by `ADC.read_u16`.
"""

import pyb

_TIMER = 6  # a basic timer: it drives no pin


def read_timed_multi(pins: tuple, bufs: tuple, rate_hz: int):
    """Fill one 16-bit buffer for each pin, `rate_hz` values a second."""
    timer = pyb.Timer(_TIMER, freq=rate_hz)
    try:
        pyb.ADC.read_timed_multi(tuple([pyb.ADC(pyb.Pin(pin)) for pin in pins]), bufs, timer)
    finally:
        timer.deinit()
    for buf in bufs:
        for index in range(len(buf)):
            buf[index] = buf[index] << 4 | buf[index] >> 8
