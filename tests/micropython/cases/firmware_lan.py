"""Ethernet: switched on once, again where the PHY does not answer, and no end of an instrument."""

import asyncio
import sys

from firmware.net import lan


class Nic:
    """Stands for the module `network` and its interface, which fails `failures` times."""

    def __init__(self, failures=0, missing=None):
        self.tries = 0
        self.naps = []
        self._on = False
        self._failures = failures
        self._missing = missing

    def LAN(self):
        if self._missing:
            raise self._missing
        return self

    def active(self, on=None):
        if on is None:
            return self._on
        self.tries += 1
        if self.tries <= self._failures:
            raise OSError(110)
        self._on = on

    async def nap(self, delay_ms):
        self.naps.append(delay_ms)


def keep(nic):
    genuine = getattr(asyncio, "sleep_ms", None)
    sys.modules["network"], asyncio.sleep_ms = nic, nic.nap
    try:
        asyncio.run(lan.keep())
    finally:
        del sys.modules["network"]
        asyncio.sleep_ms = genuine


def test_the_interface_is_switched_on_once():
    nic = Nic()
    keep(nic)
    assert nic.active() and nic.tries == 1 and nic.naps == []


def test_an_interface_that_is_on_is_left_alone():
    nic = Nic()
    nic.active(True)
    keep(nic)
    assert nic.tries == 1


def test_a_phy_that_does_not_answer_is_tried_again():
    nic = Nic(failures=2)
    keep(nic)
    assert nic.active() and nic.naps == [lan.CHECK_MS] * 2


def test_a_board_without_ethernet_has_nothing_to_do():
    for missing in (AttributeError("LAN"), OSError(19), ValueError("invalid phy_type")):
        nic = Nic(missing=missing)
        keep(nic)
        assert nic.tries == 0
