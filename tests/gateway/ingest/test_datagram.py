"""Hostile datagrams: counted, answered per RFC 7252 §4.2, never logged; the gateway goes on."""

import asyncio
import logging
import random
import socket

import pytest

from protocols import coap

PING = coap.encode(coap.Message(coap.CON, coap.EMPTY, 0x1234, b"", (), b""))

# (what is wrong, datagram, Reset that answers it or None)
MALFORMED = (
    ("empty datagram", b"", None),
    ("short header", b"\x40\x01", None),
    ("version 0", b"\x00\x01\x12\x34", None),
    ("version 2", b"\x80\x01\x12\x34", None),
    ("reserved token length", b"\x49\x02\x12\x34" + bytes(9), b"\x70\x00\x12\x34"),
    ("token cut off", b"\x44\x02\x12\x34\x01", b"\x70\x00\x12\x34"),
    ("empty message with payload", b"\x40\x00\x12\x34\xffx", b"\x70\x00\x12\x34"),
    ("option cut off", b"\x40\x02\x12\x34\xb5b", b"\x70\x00\x12\x34"),
    ("reserved option length", b"\x40\x02\x12\x34\xbf", b"\x70\x00\x12\x34"),
    ("marker without payload", b"\x40\x02\x12\x34\xb1b\xff", b"\x70\x00\x12\x34"),
    ("path that is not UTF-8", b"\x40\x02\x12\x34\xb1\xff\xffx", b"\x70\x00\x12\x34"),
    ("host that is not UTF-8", b"\x40\x02\x12\x34\x31\xff", b"\x70\x00\x12\x34"),
    ("reserved class 1", b"\x40\x20\x12\x34", b"\x70\x00\x12\x34"),
    ("reserved class 7", b"\x40\xe1\x12\x34", b"\x70\x00\x12\x34"),
    ("non-confirmable, malformed", b"\x59\x02\x12\x34", None),
    ("non-confirmable, empty", b"\x50\x00\x12\x34", None),
    ("request in an acknowledgement", b"\x60\x01\x12\x34", None),
    ("reset with a code", b"\x70\x45\x12\x34", None),
    ("beyond any message", b"\x40\x02\x12\x34\xb1b\xff" + bytes(1200), b"\x70\x00\x12\x34"),
    ("beyond any buffer", b"\x40\x02\x12\x34\xb1b\xff" + bytes(9000), b"\x70\x00\x12\x34"),
)


class Wire:
    """A bare UDP socket towards the gateway."""

    def __init__(self, uri):
        host, port = uri.removeprefix("coap://").rsplit(":", 1)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect((host, int(port)))
        self.sock.setblocking(False)

    async def ask(self, datagram):
        """What comes back before the answer to a ping that is sent behind it."""
        self.sock.send(datagram)
        self.sock.send(PING)
        found = []
        while True:
            async with asyncio.timeout(5):
                answer = await asyncio.get_running_loop().sock_recv(self.sock, 2048)
            found.append(answer)
            if answer == b"\x70\x00\x12\x34" and (len(found) > 1 or not self._resets(datagram)):
                return found[:-1]

    def _resets(self, datagram):
        return any(reset for _, known, reset in MALFORMED if known == datagram)


@pytest.fixture
def wire(gateway):
    found = Wire(gateway.addresses.coap)
    yield found
    found.sock.close()


@pytest.mark.parametrize(("datagram", "reset"), [one[1:] for one in MALFORMED], ids=[
    one[0] for one in MALFORMED
])  # fmt: skip
async def test_a_malformed_datagram_is_counted_and_answered_by_the_book(
    wire, gateway, caplog, datagram, reset
):
    caplog.set_level(logging.INFO)
    answers = await wire.ask(datagram)
    assert answers == ([] if reset is None else [reset])
    assert gateway.live.snapshot()["counters"]["malformed"] == 1
    assert caplog.records == []


async def test_noise_neither_stops_the_gateway_nor_fills_its_log(
    wire, gateway, client, make_node, caplog
):
    chance = random.Random(7)
    payload = make_node("pg-02").birth()
    good = coap.encode(
        coap.Message(coap.CON, coap.POST, 1, b"to", coap.path_options("b"), payload)
    )
    for n in range(2000):
        noise = bytearray(good if n % 2 else chance.randbytes(chance.randrange(60)))
        for _ in range(chance.randrange(1, 4)):
            if noise:
                noise[chance.randrange(min(len(noise), 24))] = chance.randrange(256)
        wire.sock.send(bytes(noise))
        if n % 50 == 0:
            await asyncio.sleep(0)
    await client.post(make_node().birth())
    assert gateway.live.snapshot()["counters"]["malformed"] > 500
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_block_in_pieces_is_too_large_and_gathers_nothing(client):
    response = await client.send(bytes(3000))
    assert str(response.code) == "4.13 Request Entity Too Large"
    assert response.opt.size1 == 960
