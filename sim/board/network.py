"""`network` of the simulated board: Ethernet where the board has it, Wi-Fi everywhere else.

What a port does not have is no attribute here either.
"""

import bus
import ops
from machine import PLATFORM

_KIND = "network_lan" if PLATFORM == "stm32" else "network_wlan"


def __getattr__(name):
    return getattr(__import__(_KIND), name)


def addresses(up):
    """(address, mask, gateway, name server) as `ifconfig` gives them."""
    if not up:
        return ("0.0.0.0",) * 4
    parts = [str(part) for part in bus.ask(ops.LINK)[1:]]
    net = ".".join(parts[:3])
    return (net + "." + parts[3], "255.255.255.0", net + ".1", net + ".1")
