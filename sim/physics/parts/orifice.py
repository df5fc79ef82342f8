"""Hole in a pressurised wall: choked when the pressure is high, subsonic when it is low.

Isentropic flow of an ideal gas through an area A with a discharge coefficient c (NASA Glenn
Research Center, "Mass flow choking"; Perry's Chemical Engineers' Handbook, section 6: discharge of
gases), r = p_atm / p_abs:

    m = c A p_abs sqrt(k / (R T)) (2 / (k + 1))^((k + 1) / (2 (k - 1)))     choked
    m = c A p_abs sqrt(2 k / ((k - 1) R T) (r^(2/k) - r^((k + 1)/k)))       subsonic

choked as long as r <= (2 / (k + 1))^(k / (k - 1)) = 0.528.
"""

from math import sqrt

from sim.physics.parts.gas import ATMOSPHERE_PA

KAPPA = 1.4
GAS_J_KG_K = 287.05
AIR_K = 293.15
DISCHARGE = 0.8

CHOKED_RATIO = (2 / (KAPPA + 1)) ** (KAPPA / (KAPPA - 1))  # 0.528
_CHOKED_M_S = sqrt(KAPPA * GAS_J_KG_K * AIR_K) * (2 / (KAPPA + 1)) ** (
    (KAPPA + 1) / (2 * (KAPPA - 1))
)
_SUBSONIC_M_S = sqrt(2 * KAPPA / (KAPPA - 1) * GAS_J_KG_K * AIR_K)


def leak_m3_s(hole_mm2: float, gauge_pa: float) -> float:
    """Free air through a hole of that area into the atmosphere."""
    ratio = ATMOSPHERE_PA / (gauge_pa + ATMOSPHERE_PA)
    if ratio <= CHOKED_RATIO:
        speed_m_s: float = _CHOKED_M_S
    else:
        root = ratio ** (2 / KAPPA) - ratio ** ((KAPPA + 1) / KAPPA)
        speed_m_s = _SUBSONIC_M_S * sqrt(max(0.0, root))
    return DISCHARGE * 1e-6 * hole_mm2 * speed_m_s / ratio
