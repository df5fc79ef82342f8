"""Ratiometric 0.5-4.5 V pressure transducer on the board's own converter, behind a divider.

The transducer puts out 10 to 90 % of its supply (`low` to `high`), the converter measures volts:
the supply's true voltage and the divider are part of the calibration and therefore sealed. An
ESP32 knows its converter's own error and answers in microvolts; elsewhere the code is a share of
the reference. A read is the mean of `_CONVERSIONS`, which takes the last bit out of the noise.

Wiring: the lower resistor pulls a broken signal wire to ground; a wire that touches the supply
reads full scale. Choose the divider so that the whole supply stays within the converter's range
(3.1 V on an ESP32-S3, the reference elsewhere), or a short circuit looks like a high pressure.

params: low and high (values at 10 and 90 % of the supply), supply_v (5.0), upper_ohm (10 000),
lower_ohm (15 000), reference_v (3.3; the converter's full scale, where it cannot tell volts).
"""

from protocols import codes

BUS = "ADC"
PARAMS = ("low", "high", "supply_v", "upper_ohm", "lower_ohm", "reference_v")

# Shares of the supply. Conditioners clamp a transducer that works at 4 and 96 % (Allegro A17700:
# beyond means an open or shorted wire, or a fault found by the transducer itself).
OPEN_SHARE = 0.04
SHORT_SHARE = 0.96
# As much beyond the ends as NE 43 allows a loop (0.2 of 16 mA), for zero has noise too.
GUARD_LOW_SHARE = 0.09
GUARD_HIGH_SHARE = 0.91

_CONVERSIONS = 8
_FULL_CODE = 65535


def convert(share: float, low: float, high: float) -> "tuple[float | None, int]":
    """Value and quality for a share of the supply; `low` and `high` are those at 0.1 and 0.9."""
    if share <= OPEN_SHARE:
        return None, codes.OPEN_LOOP
    if share >= SHORT_SHARE:
        return None, codes.SHORT_CIRCUIT
    value = low + (high - low) * (share - 0.1) / 0.8
    if share < GUARD_LOW_SHARE:
        return value, codes.GUARD_LOW
    if share > GUARD_HIGH_SHARE:
        return value, codes.GUARD_HIGH
    return value, codes.GOOD


class Sensor:
    """One transducer on one analog input."""

    def __init__(self, bus, params: dict):
        self._low = params["low"]
        self._high = params["high"]
        lower_ohm = params.get("lower_ohm", 15_000)
        divider = lower_ohm / (params.get("upper_ohm", 10_000) + lower_ohm)
        volts = params.get("supply_v", 5.0) * divider * _CONVERSIONS  # of the sum at full supply
        self._convert = getattr(bus, "read_uv", None)
        if self._convert is not None:
            self._share = 1e-6 / volts
        else:
            self._convert = bus.read_u16
            self._share = params.get("reference_v", 3.3) / _FULL_CODE / volts

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Mean of conversions made now."""
        total = 0
        for _ in range(_CONVERSIONS):
            total += self._convert()
        return convert(total * self._share, self._low, self._high)
