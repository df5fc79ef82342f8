"""`network.LAN` as the STM32 port has it from MicroPython 1.29 on.

`active(True)` returns at once, cable or not. The driver follows the cable, and asks for an address
whenever there is one: here it always gets one, by DHCP, and takes no other.
"""

import bus
import ops
from network import addresses

PHY_LAN8742 = 0


class LAN:
    """The board's one Ethernet interface; every instance is the same."""

    _active = False

    def __init__(self, *, phy_addr=0, phy_type=PHY_LAN8742):
        if phy_type != PHY_LAN8742:
            raise ValueError("invalid phy_type")

    def active(self, on=None):
        """Is the interface on? With an argument, switch it."""
        if on is None:
            return LAN._active
        LAN._active = bool(on)
        bus.tell(ops.LAN_SET, 1 if on else 0)

    def isconnected(self):
        """A link, and an address?"""
        return self.status() == ops.LINK_UP

    def status(self):
        """0: no link, 1: a link but the interface is off, 2: no address yet, 3: connected."""
        return bus.ask(ops.LINK)[0]

    def ifconfig(self, mode=None):
        """(address, mask, gateway, name server)."""
        if mode not in (None, "dhcp"):
            raise ValueError("addresses come by DHCP here")
        return None if mode else addresses(self.isconnected())

    def ipconfig(self, param=None, dhcp4=None):
        """`addr4`: (address, mask), `gw4`, `dhcp4`, `has_dhcp4`."""
        if dhcp4 is not None:
            return None
        found = addresses(self.isconnected())
        known = {"addr4": found[:2], "gw4": found[2], "dhcp4": True}
        if param == "has_dhcp4":
            return self.isconnected()
        if param not in known:
            raise ValueError("unexpected key")
        return known[param]

    def config(self, param):
        """`mac`, six bytes."""
        if param != "mac":
            raise ValueError("unknown config param")
        return b"\x02" + bus.ask(ops.UNIQUE_ID)[1:6]
