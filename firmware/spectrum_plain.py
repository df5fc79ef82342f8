"""Kernels of the fixed-point transform in plain MicroPython; `spectrum_viper.py` says the same.

Whole numbers and shifts only, so that both give the same bits on every board. Arrays: `pairs` of
16 bits signed, I and Q interleaved; `re` and `im` of 32 bits; tables in 1/16384.
"""

SLICE = 32  # butterflies at a time: some 6 ms on a Pico


def mean(pairs, points: int, first: int, bits: int) -> int:
    """Mean of one wire, rounded down: `first` is 0 for I and 1 for Q, `points` is 2^bits."""
    total = 0
    for at in range(first, 2 * points, 2):
        total += pairs[at]
    return total >> bits


def span(pairs, points: int, first: int) -> int:
    """Highest less lowest of one wire."""
    low = high = pairs[first]
    for at in range(first, 2 * points, 2):
        value = pairs[at]
        if value < low:
            low = value
        if value > high:
            high = value
    return high - low


def load(pairs, window, order, wire, first: int, offset: int, points: int):
    """Half of each value of a wire, less `offset` and windowed, into `wire` in reversed order."""
    for at in range(points):
        wire[order[at]] = (pairs[2 * at + first] - offset) * window[at] >> 15


def stage(re, im, cosine, sine, bits: int, step: int, begin: int, end: int):
    """Butterflies `begin` to `end` of the stage that joins transforms of 2^step; each halves."""
    half, turn = 1 << step, bits - 1 - step
    for number in range(begin, end):
        inner = number & (half - 1)
        top = (number >> step) << (step + 1) | inner
        low = top + half
        c, s = cosine[inner << turn], sine[inner << turn]
        a, b = re[low], im[low]
        x, y = (a * c + b * s) >> 14, (b * c - a * s) >> 14
        a, b = re[top], im[top]
        re[top], im[top] = (a + x) >> 1, (b + y) >> 1
        re[low], im[low] = (a - x) >> 1, (b - y) >> 1


def power(re, im, begin: int, end: int):
    """Square of the magnitude of each bin, into `re`."""
    for at in range(begin, end):
        a, b = re[at], im[at]
        re[at] = a * a + b * b
