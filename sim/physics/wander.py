"""Slow random change around zero: what makes quiet operation look alive.

Ornstein-Uhlenbeck process, dx = -x dt/tau + sigma sqrt(2 dt/tau) N(0, 1): standard deviation
sigma, correlation time tau (G. E. Uhlenbeck, L. S. Ornstein, Phys. Rev. 36 (1930) 823).
"""

import random
from math import sqrt


class Wander:
    """`value` has the standard deviation `sigma` in the long run."""

    def __init__(self, noise: random.Random, sigma: float, tau_s: float) -> None:
        self.value = 0.0
        self._noise = noise
        self._sigma = sigma
        self._tau_s = tau_s

    def step(self, dt_s: float) -> None:
        """Let time pass, less than tau at once."""
        share = dt_s / self._tau_s
        kick = self._sigma * sqrt(2 * share) * self._noise.gauss(0.0, 1.0)
        self.value += kick - share * self.value
