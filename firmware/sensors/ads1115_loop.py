"""4-20 mA transmitter into a TI ADS1115 over a shunt: pressure, or anything else with a loop.

The ADC converts continuously, so a read never waits. Its configuration register is read back with
every sample: a chip that lost power for a moment would go on answering with an old conversion.
One input per chip: the multiplexer stays where it is.

params: address (0x48), input (0-3), shunt_ohm (100.0), low and high (value at 4 and at 20 mA).
"""

from protocols import codes

BUS = "I2C"
ADDRESS = 0x48  # of a chip whose ADDR pin is grounded
PARAMS = ("address", "input", "shunt_ohm", "low", "high")

# Registers and fields: TI ADS1115 data sheet SBAS444, "Register Map". Words are big-endian.
_CONVERSION = 0
_CONFIG = 1
_SINGLE_ENDED = 0x4000  # MUX: input against ground; input number in bits 13-12
_PGA_4V096 = 0x0200  # 21 mA over 100 ohm is 2.1 V: the 2.048 V range would hide a short circuit
_CONTINUOUS = 0x0000  # MODE bit clear
_RATE_128_SPS = 0x0080  # a fresh value every 7.8 ms
_NO_COMPARATOR = 0x0003
_BUSY_MASK = 0x7FFF  # the top bit is a status when read
_VOLTS_PER_BIT = 4.096 / 32768

# NAMUR NE 43: up to 3.6 and from 21.0 mA the transmitter or its wiring has failed;
# between there and 3.8 / 20.5 mA the value is saturated but may still be a real danger.
OPEN_LOOP_MA = 3.6
GUARD_LOW_MA = 3.8
GUARD_HIGH_MA = 20.5
SHORT_CIRCUIT_MA = 21.0


def convert(loop_ma: float, low: float, high: float) -> "tuple[float | None, int]":
    """Value and quality for a loop current; `low` and `high` are the values at 4 and 20 mA."""
    if loop_ma <= OPEN_LOOP_MA:
        return None, codes.OPEN_LOOP
    if loop_ma >= SHORT_CIRCUIT_MA:
        return None, codes.SHORT_CIRCUIT
    value = low + (high - low) * (loop_ma - 4.0) / 16.0
    if loop_ma < GUARD_LOW_MA:
        return value, codes.GUARD_LOW
    if loop_ma > GUARD_HIGH_MA:
        return value, codes.GUARD_HIGH
    return value, codes.GOOD


class Sensor:
    """One transmitter on one ADS1115."""

    def __init__(self, bus, params: dict):
        self._bus = bus
        self._address = params.get("address", ADDRESS)
        self._low = params["low"]
        self._high = params["high"]
        self._ma_per_bit = 1000.0 * _VOLTS_PER_BIT / params.get("shunt_ohm", 100.0)
        self._config = (
            _SINGLE_ENDED
            | params.get("input", 0) << 12
            | _PGA_4V096
            | _CONTINUOUS
            | _RATE_128_SPS
            | _NO_COMPARATOR
        )
        self._word = bytearray(2)

    def read(self, t_ms: int) -> "tuple[float | None, int]":
        """Newest conversion. The sample that finds the chip unconfigured configures it."""
        try:
            if self._register(_CONFIG) & _BUSY_MASK != self._config:
                self._configure()
                return None, codes.NO_RESPONSE
            raw = self._register(_CONVERSION)
        except OSError:
            return None, codes.NO_RESPONSE
        if raw & 0x8000:
            raw -= 0x10000
        return convert(raw * self._ma_per_bit, self._low, self._high)

    def _register(self, number):
        self._bus.readfrom_mem_into(self._address, number, self._word)
        return self._word[0] << 8 | self._word[1]

    def _configure(self):
        word = bytes((self._config >> 8, self._config & 0xFF))
        self._bus.writeto_mem(self._address, _CONFIG, word)
