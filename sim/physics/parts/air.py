"""Dust in well-mixed air: one balance for every room, duct and bin.

    dC/dt = S / V - k C

with source S, volume V and loss k (what leaves with the air and what settles), solved exactly over
a step: C' = C_e + (C - C_e) exp(-k t), C_e = S / (V k) (W. W. Nazaroff, "Indoor particle
dynamics", Indoor Air 14 Suppl. 7 (2004) 175).
"""

from math import exp, expm1

_TINY = 1e-9


class Air:
    """`value` is its dust in ug/m3."""

    def __init__(self, volume_m3: float, ug_m3: float) -> None:
        self.value = ug_m3
        self.volume_m3 = volume_m3

    def step(self, dt_s: float, source_ug_s: float, loss_per_s: float) -> float:
        """Let time pass; mass in ug that left the air meanwhile."""
        before = self.value
        come = source_ug_s * dt_s / self.volume_m3
        lost = loss_per_s * dt_s
        stays = -expm1(-lost) / lost if lost > _TINY else 1.0  # share of what comes meanwhile
        self.value = before * exp(-lost) + come * stays
        return (before + come - self.value) * self.volume_m3
