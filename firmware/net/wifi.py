"""Wi-Fi station: joins, and joins again whenever the connection is gone.

`/wifi.cbor` holds [name, passphrase]; a node without it (wired, or simulated) has none of this.
"""

import asyncio

from protocols import cbor

PATH = "/wifi.cbor"
CHECK_MS = 5_000


async def keep(path: str = PATH):
    """Stay connected to the network that `path` names; return if there is no such file."""
    try:
        with open(path, "rb") as file:
            station = Station(*cbor.decode(file.read()))
    except OSError:
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

    async def keep(self):
        """Stay connected for ever."""
        while True:
            if not self._station.isconnected():
                self.renew()
            await asyncio.sleep_ms(CHECK_MS)

    def renew(self):
        """Switch the radio off and on and join anew."""
        self.joins += 1
        self._station.active(False)
        self._station.active(True)
        self._station.connect(self._name, self._passphrase)


def _radio(network):
    """The station interface (the ports' stubs do not agree on its type)."""
    return network.WLAN(network.STA_IF)
