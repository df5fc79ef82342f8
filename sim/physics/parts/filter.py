"""Fan behind a bag filter whose cake grows: the same fan moves less and less air.

Pressure drop of cloth and cake at face velocity Q / A, against a fan with a straight curve:

    dp = (S_e + K_2 W) Q / A = p_max (1 - Q / Q_max),   dW = caught mass / A

filter drag model of US EPA, Air Pollution Control Cost Manual, section 6, chapter 1 "Baghouses
and filters".
"""


class Filter:
    """`loaded_g_m2` is its cake, which shaking (setting it) takes off."""

    def __init__(
        self,
        area_m2: float,
        clean_pa_s_m: float,
        cake_pa_s_m_per_g_m2: float,
        fan_m3_s: float,
        fan_pa: float,
        loaded_g_m2: float = 0.0,
    ) -> None:
        self.loaded_g_m2 = loaded_g_m2
        self._area_m2 = area_m2
        self._clean_pa_s_m = clean_pa_s_m
        self._cake_pa_s_m_per_g_m2 = cake_pa_s_m_per_g_m2
        self._fan_m3_s = fan_m3_s
        self._fan_pa = fan_pa

    @property
    def flow_m3_s(self) -> float:
        """Air that fan and filter move together."""
        drag_pa_s_m = self._clean_pa_s_m + self._cake_pa_s_m_per_g_m2 * self.loaded_g_m2
        return self._fan_pa / (self._fan_pa / self._fan_m3_s + drag_pa_s_m / self._area_m2)

    def catch(self, mass_g: float) -> None:
        """That much dust stays in the cake."""
        self.loaded_g_m2 += mass_g / self._area_m2
