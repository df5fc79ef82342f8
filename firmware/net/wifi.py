"""Wi-Fi station: joins, and joins again whenever the connection is gone.

`/wifi.cbor` holds [name, passphrase]; a node without it (wired, or simulated) has none of this.
"""

import asyncio

from protocols import cbor
from protocols.errors import DecodeError

PATH = "/wifi.cbor"
CHECK_MS = 5_000
JOIN_CHECKS = 4  # an access point may take its time: only then is joining begun anew


async def keep(path: str = PATH):
    """Stay connected to the network that `path` names; return if it names none, or none is there:
    an instrument that cannot be reached is still an instrument."""
    try:
        with open(path, "rb") as file:
            name, passphrase = cbor.decode(file.read())
        station = Station(name, passphrase)
    except (OSError, ImportError, DecodeError, TypeError, ValueError):
        return
    await station.keep()


class Station:
    """The board's one station interface."""

    def __init__(self, name: str, passphrase: str):
        self._name = name
        self._passphrase = passphrase
        import network  # boards with Ethernet have none

        self._station = _radio(network)
        self.joins = 0
        self.failures = 0

    async def keep(self):
        """Stay connected for ever."""
        without = 0
        while True:
            if self._station.isconnected():
                without = 0
            else:
                if without % JOIN_CHECKS == 0:
                    self._try()
                without += 1
            await asyncio.sleep_ms(CHECK_MS)

    def _try(self):
        try:
            self.renew()
        except (OSError, RuntimeError, TypeError, ValueError):  # ports do not agree on these
            self.failures += 1

    def renew(self):
        """Switch the radio off and on and join anew."""
        self.joins += 1
        self._station.active(False)
        self._station.active(True)
        self._station.connect(self._name, self._passphrase)


def _radio(network):
    """The station interface (the ports' stubs do not agree on its type)."""
    return network.WLAN(network.STA_IF)
