"""Wi-Fi: patient with slow access points, and never the end of an instrument that measures."""

import asyncio
import os
import sys

from firmware.net import wifi
from protocols import cbor

PATH = "/tmp/tocsin-wifi-case-" + os.urandom(6).hex()


class Done(Exception):
    pass


class Radio:
    """Stands for the module `network` and its station, which joins `joins_after` checks later."""

    STA_IF = 0

    def __init__(self, joins_after=1, error=None):
        self.connects = []
        self.checks = 0
        self._joins_after = joins_after
        self._error = error

    def WLAN(self, interface):
        return self

    def active(self, on):
        if self._error:
            raise self._error

    def connect(self, name, passphrase):
        self.connects.append((self.checks, name, passphrase))

    def isconnected(self):
        self.checks += 1
        return self.checks > self._joins_after


def keep(radio, content, checks=12):
    """Let the station be looked after for so many checks: True if it gave up before."""

    async def nap(delay_ms):
        assert delay_ms == wifi.CHECK_MS
        if radio.checks >= checks:
            raise Done
        await asyncio.sleep(0)

    if content is not None:
        with open(PATH, "wb") as file:
            file.write(content)
    genuine = getattr(asyncio, "sleep_ms", None)
    sys.modules["network"], asyncio.sleep_ms = radio, nap
    try:
        asyncio.run(wifi.keep(PATH))
        return True
    except Done:
        return False
    finally:
        del sys.modules["network"]
        asyncio.sleep_ms = genuine
        if content is not None:
            os.remove(PATH)


STATION = cbor.encode(["plant", "secret"])


def test_without_a_network_to_join_there_is_nothing_to_do():
    radio = Radio()
    for content in (None, b"", b"\xff", b"\x00", cbor.encode(["plant"]), cbor.encode({0: 1})):
        assert keep(radio, content), content
    assert radio.connects == []


def test_joining_is_not_begun_anew_before_it_had_time():
    radio = Radio(joins_after=3)
    assert not keep(radio, STATION)
    assert radio.connects == [(1, "plant", "secret")]


def test_what_never_joins_is_tried_again_and_again():
    radio = Radio(joins_after=1000)
    keep(radio, STATION)
    tries = [check for check, _, _ in radio.connects]
    assert tries == [1, 1 + wifi.JOIN_CHECKS, 1 + 2 * wifi.JOIN_CHECKS]


def test_a_radio_that_fails_does_not_end_the_program():
    for error in (OSError(5), RuntimeError("Wifi Unknown Error")):
        assert not keep(Radio(joins_after=1000, error=error), STATION)
