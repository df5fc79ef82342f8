"""Slow random change around zero: what makes quiet operation look alive.

Ornstein-Uhlenbeck process: standard deviation sigma, correlation time tau (G. E. Uhlenbeck,
L. S. Ornstein, Phys. Rev. 36 (1930) 823), exact from one point to the next,

    x' = x e^(-h/tau) + sigma sqrt(1 - e^(-2h/tau)) N(0, 1)

The points stand on a grid of their own, h = tau / 16, and the value is a straight line between
them: one seed gives one curve, however long the steps are.
"""

import random
from math import exp, sqrt

_POINTS_PER_TAU = 16
_DECAY = exp(-1 / _POINTS_PER_TAU)
_KICK = sqrt(1 - _DECAY * _DECAY)


class Wander:
    """`value` has the standard deviation `sigma` in the long run."""

    def __init__(self, noise: random.Random, sigma: float, tau_s: float) -> None:
        self._noise = noise
        self._sigma = sigma
        self._per_s = _POINTS_PER_TAU / tau_s
        self._last = self._next = 0.0
        self._share = 1.0  # of the way from the last point to the next

    @property
    def value(self) -> float:
        """The deviation now."""
        return self._last + (self._next - self._last) * self._share

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        self._share += dt_s * self._per_s
        while self._share >= 1.0:
            self._share -= 1.0
            self._last = self._next
            self._next = _DECAY * self._last + _KICK * self._sigma * self._noise.gauss(0.0, 1.0)
