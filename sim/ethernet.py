"""The Ethernet interface of a board: what its driver makes of a cable.

It follows the STM32 port of MicroPython 1.29 (ports/stm32/eth.c): switched on, it negotiates with
the other end whenever a cable is there, then asks for an address. The times are our own choice,
like those of a managed switch and a DHCP server close by.
"""

from collections.abc import Callable

from sim.board import ops
from sim.carrier import Carrier

NEGOTIATION_S = 2.0
LEASE_S = 0.5


class Ethernet:
    """Off until the firmware switches it on."""

    def __init__(self, carrier: Carrier, now_s: Callable[[], float]) -> None:
        self._carrier = carrier
        self._now_s = now_s
        self._on_s: float | None = None

    def switch(self, on: bool) -> None:
        """The firmware switches the interface; once more on resets its PHY."""
        self._on_s = self._now_s() if on else None

    @property
    def status(self) -> int:
        """One of `ops.LINK_...`."""
        plugged_s = self._carrier.plugged_s
        if plugged_s is None:
            return ops.LINK_NONE
        if self._on_s is None:
            return ops.LINK_OFF
        waited_s = self._now_s() - max(plugged_s, self._on_s)
        if waited_s < NEGOTIATION_S:
            return ops.LINK_NONE
        return ops.LINK_NO_IP if waited_s < NEGOTIATION_S + LEASE_S else ops.LINK_UP
