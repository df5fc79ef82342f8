"""`machine.PWM` of the simulated board: what it was set to, told to the supervisor."""

import struct

import bus
import ops

_FULL = 65535


class PWM:
    """A pin that repeats itself."""

    def __init__(self, dest, *, freq=5000, duty_u16=0):
        self._id = dest._id
        self._freq = freq
        self._duty = duty_u16
        self._set()

    def freq(self, value=None):
        """Periods a second; with an argument, set them."""
        if value is None:
            return self._freq
        if value <= 0:
            raise ValueError("freq")
        self._freq = value
        self._set()

    def duty_u16(self, value=None):
        """Share of a period at high level, 65535 for all of it; with an argument, set it."""
        if value is None:
            return self._duty
        self._duty = min(max(value, 0), _FULL)
        self._set()

    def deinit(self):
        """Stop, low."""
        self._duty = 0
        self._set()

    def _set(self):
        bus.tell(ops.PWM_SET, self._id, struct.pack("<IH", self._freq, self._duty))
