"""Gas balance that compressors, consumers, valves and holes share.

Ideal gas in a fixed volume; flows and amounts are free air (m3 at atmospheric pressure):

    dp/dt = n p_atm Q / V

with n = 1 isothermal, 1.4 adiabatic; at constant flow the pressure rises in a straight line
(Atlas Copco, Compressed Air Manual, "Dimensioning the air receiver").
"""

from math import sqrt

ATMOSPHERE_PA = 101_325.0
CRITICAL_RATIO = 0.3  # b of consumers and valves, between an orifice and a pipe


class Receiver:
    """`value` is its gauge pressure in Pa."""

    def __init__(self, volume_m3: float, gauge_pa: float, polytropic: float = 1.0) -> None:
        self.value = gauge_pa
        self._pa_per_m3 = polytropic * ATMOSPHERE_PA / volume_m3

    def fill(self, free_m3: float) -> None:
        """Put that much free air in; less than nothing takes it out, down to the atmosphere."""
        self.value = max(0.0, self.value + self._pa_per_m3 * free_m3)


def sonic_pa(gauge_pa: float) -> float:
    """Flow into the atmosphere per sonic conductance C (ISO 6358-1), in m3/s per m3/(s Pa).

    Q = C p_abs sqrt(1 - ((r - b) / (1 - b))^2), r = p_atm / p_abs; the root is 1 for r <= b.
    """
    absolute_pa = gauge_pa + ATMOSPHERE_PA
    ratio = ATMOSPHERE_PA / absolute_pa
    if ratio <= CRITICAL_RATIO:
        return absolute_pa
    share = (ratio - CRITICAL_RATIO) / (1.0 - CRITICAL_RATIO)
    return absolute_pa * sqrt(max(0.0, 1.0 - share * share))
