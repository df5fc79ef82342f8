"""Power spectrum of I and Q on the node: window, fixed-point transform, strongest tone.

A Hann window, then a radix-2 transform whose every stage halves, so that nothing overflows 32
bits: a full-scale tone gives a power of 2^26, the last bit is a tone of 1/8192 of the scale.
The tone between two bins follows from the ratio of the two highest magnitudes, which the window
makes exact for one clean tone: with a = |X[k+1]| / |X[k]| it lies (2a - 1) / (a + 1) beyond k.

The kernels are machine code where the build has it and plain MicroPython otherwise, chosen once at
import; they agree to the bit. The work is done in slices (`Spectrum.run` is a generator), because
in plain code on a microcontroller it takes a good part of a second.
"""

from array import array
from math import cos, pi, sin, sqrt


def _fastest():
    try:
        from firmware import spectrum_viper

        return spectrum_viper
    except (ImportError, SyntaxError, ValueError):  # no emitter, or code for another processor
        from firmware import spectrum_plain

        return spectrum_plain


KERNEL = _fastest()

_ONE = 16_384  # of the tables
_BESIDE = 3  # bins to either side that a windowed tone spreads into
# A tone is one when it stands so far above the mean of the other bins: noise alone does so in one
# spectrum out of 3e8 (256 bins, exp(-25)).
_ABOVE_NOISE = 25
_LEAST_NOISE = 4  # power of the roundings


class Spectrum:
    """Tables and buffers for spectra of `points` pairs, a power of two from 32 to 1024."""

    def __init__(self, points: int, kernel=KERNEL):
        bits = 0
        while 1 << bits < points:
            bits += 1
        if points != 1 << bits or not 5 <= bits <= 10:
            raise ValueError("points: {} is no power of two from 32 to 1024".format(points))
        self.points = points
        self._bits = bits
        self._kernel = kernel
        self._re = array("i", bytes(4 * points))
        self._im = array("i", bytes(4 * points))
        half = points // 2
        self._cosine = _table("h", half, lambda n: cos(2 * pi * n / points))
        self._sine = _table("h", half, lambda n: sin(2 * pi * n / points))
        self._window = _table("h", points, lambda n: 0.5 - 0.5 * cos(2 * pi * n / points))
        self._order = array("h", [_reversed(n, bits) for n in range(points)])

    def means(self, pairs) -> "tuple[int, int]":
        """Mean of I and of Q."""
        mean = self._kernel.mean
        return mean(pairs, self.points, 0, self._bits), mean(pairs, self.points, 1, self._bits)

    def spans(self, pairs) -> "tuple[int, int]":
        """Highest less lowest, of I and of Q."""
        return self._kernel.span(pairs, self.points, 0), self._kernel.span(pairs, self.points, 1)

    def run(self, pairs, means: "tuple[int, int]"):
        """Slices of the transform of these pairs; when it has ended, ask for `peak`."""
        points, bits = self.points, self._bits
        re, im, kernel = self._re, self._im, self._kernel
        for first, wire in ((0, re), (1, im)):
            kernel.load(pairs, self._window, self._order, wire, first, means[first], points)
            yield
        for step in range(bits):
            for begin in range(0, points // 2, kernel.SLICE):
                end = min(begin + kernel.SLICE, points // 2)
                kernel.stage(re, im, self._cosine, self._sine, bits, step, begin, end)
                yield
        kernel.power(re, im, 0, points)

    def peak(self) -> "float | None":
        """Strongest tone in bins, from -points/2 to points/2; None if there is but noise."""
        power, points = self._re, self.points
        power[0] = power[1] = power[-1] = 0  # what is left of the bias
        top = max(power)
        at = 0
        while power[at] != top:
            at += 1
        around = sum([power[(at + n) % points] for n in range(-_BESIDE, _BESIDE + 1)])
        noise = (sum(power) - around) // (points - 2 * _BESIDE - 4)
        if top < _ABOVE_NOISE * max(noise, _LEAST_NOISE):
            return None
        before, after = power[at - 1], power[(at + 1) % points]
        ratio = sqrt(max(before, after) / top)
        beyond = (2 * ratio - 1) / (ratio + 1)
        found = at + beyond if after > before else at - beyond
        return found if found < points / 2 else found - points


def _table(kind, count, of):
    return array(kind, [round(_ONE * of(n)) for n in range(count)])


def _reversed(number, bits):
    found = 0
    for _ in range(bits):
        found, number = found << 1 | number & 1, number >> 1
    return found
