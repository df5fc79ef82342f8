"""Kernels of the fixed-point transform as machine code; what they do: see `spectrum_plain.py`.

Pointers read without a sign, and on a 64-bit machine without filling the upper half: `^ s` and
`- s`, with the sign bit `s`, make the number out of what was read.
"""

import micropython

SLICE = 512  # butterflies at a time: all of a stage


@micropython.viper
def mean(pairs_, points: int, first: int, bits: int) -> int:
    """Mean of one wire, rounded down."""
    pairs = ptr16(pairs_)
    total = 0
    for at in range(points):
        total += (pairs[2 * at + first] ^ 0x8000) - 0x8000
    return total >> bits


@micropython.viper
def span(pairs_, points: int, first: int) -> int:
    """Highest less lowest of one wire."""
    pairs = ptr16(pairs_)
    low = (pairs[first] ^ 0x8000) - 0x8000
    high = low
    for at in range(points):
        value = (pairs[2 * at + first] ^ 0x8000) - 0x8000
        if value < low:
            low = value
        if value > high:
            high = value
    return high - low


@micropython.viper
def load(pairs_, window_, order_, wire_, first: int, offset: int, points: int):
    """Half of each value of a wire, less `offset` and windowed, into `wire`."""
    pairs = ptr16(pairs_)
    window = ptr16(window_)
    order = ptr16(order_)
    wire = ptr32(wire_)
    for at in range(points):
        value = (pairs[2 * at + first] ^ 0x8000) - 0x8000 - offset
        wire[order[at]] = value * window[at] >> 15


@micropython.viper
def stage(re_, im_, cosine_, sine_, bits: int, step: int, begin: int, end: int):
    """Butterflies `begin` to `end` of a stage."""
    re = ptr32(re_)
    im = ptr32(im_)
    cosine = ptr16(cosine_)
    sine = ptr16(sine_)
    sign = 1
    sign <<= 31  # as a constant it would be no machine word
    half = 1 << step
    turn = bits - 1 - step
    for number in range(begin, end):
        inner = number & (half - 1)
        top = (number >> step) << (step + 1) | inner
        low = top + half
        c = (cosine[inner << turn] ^ 0x8000) - 0x8000
        s = (sine[inner << turn] ^ 0x8000) - 0x8000
        a = (re[low] ^ sign) - sign
        b = (im[low] ^ sign) - sign
        x = (a * c + b * s) >> 14
        y = (b * c - a * s) >> 14
        a = (re[top] ^ sign) - sign
        b = (im[top] ^ sign) - sign
        re[top] = (a + x) >> 1
        im[top] = (b + y) >> 1
        re[low] = (a - x) >> 1
        im[low] = (b - y) >> 1


@micropython.viper
def power(re_, im_, begin: int, end: int):
    """Square of the magnitude of each bin, into `re`."""
    re = ptr32(re_)
    im = ptr32(im_)
    sign = 1
    sign <<= 31
    for at in range(begin, end):
        a = (re[at] ^ sign) - sign
        b = (im[at] ^ sign) - sign
        re[at] = a * a + b * b
