"""Wi-Fi of the simulated board: a station in reach of one access point that lets anybody in.

The radio is not simulated; the supervisor says whether the access point is there.
"""

import time

import bus
import ops
from network import addresses

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010

_JOIN_MS = 300


class WLAN:
    """The station interface; every instance is the same radio."""

    _active = False
    _since_ms = None

    def __init__(self, interface=STA_IF):
        if interface != STA_IF:
            raise ValueError("interface")

    def active(self, on=None):
        """Is the radio on? With an argument, switch it."""
        if on is None:
            return WLAN._active
        WLAN._active = bool(on)
        if not on:
            WLAN._since_ms = None

    def connect(self, ssid=None, key=None):
        """Begin to join; `isconnected` says when it is done."""
        if not WLAN._active:
            raise OSError("WiFi not started")
        WLAN._since_ms = time.ticks_ms()

    def disconnect(self):
        """Leave."""
        WLAN._since_ms = None

    def isconnected(self):
        """Joined, with an address?"""
        since_ms = WLAN._since_ms
        if since_ms is None or time.ticks_diff(time.ticks_ms(), since_ms) < _JOIN_MS:
            return False
        return bus.ask(ops.LINK)[0] != ops.LINK_NONE

    def status(self):
        """One of the STAT_... numbers."""
        if self.isconnected():
            return STAT_GOT_IP
        return STAT_IDLE if WLAN._since_ms is None else STAT_CONNECTING

    def ifconfig(self):
        """(address, mask, gateway, name server)."""
        return addresses(self.isconnected())
