"""Ethernet: the interface is switched on; its driver follows the cable and asks for an address.

From MicroPython 1.29 on, that is: earlier ones wait for a cable in `active(True)`, for longer than
the watchdog does.
"""

import asyncio

CHECK_MS = 5_000


async def keep():
    """Return once the interface is on, or if there is none: without a network an instrument is
    still an instrument."""
    try:
        import network

        lan = _interface(network)
    except (AttributeError, ImportError, OSError, ValueError):
        return
    while not lan.active():
        try:
            lan.active(True)
        except OSError:  # no answer from its PHY
            await asyncio.sleep_ms(CHECK_MS)


def _interface(network):
    """The board's own (the ports' stubs do not agree on its type)."""
    return network.LAN()
