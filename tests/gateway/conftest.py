"""A gateway in this process, on loopback, and nodes whose blocks are made by `protocols`."""

import asyncio
import time
from types import SimpleNamespace

import aiocoap
import cbor2
import pytest

from gateway import app, config
from gateway.ingest import decode
from protocols import block, codes, cose, units

KEY = bytes(range(32))
NOW_MS = 1_795_456_800_000


class FakeNode:
    """Makes the sealed blocks that a node would, in order."""

    def __init__(self, name="pg-01", key=KEY, boot=1, t0_ms=NOW_MS):
        self.name = name
        self.mac = cose.Mac(key)
        self.boot = boot
        self.seq = 0
        self.events = 0
        self.prev = block.FIRST_LINK
        self.t_ms = t0_ms

    def block(self, values=(101325, 101330), events=(), ch=1, scale=0, period_ms=1000, t_ms=None):
        """Sealed bytes of the next block."""
        self.seq += 1
        header = block.Header(
            self.name, self.seq, self.prev, t_ms or self.t_ms, codes.MODE_SIMULATED,
            codes.CLOCK_SYNCED, b"SOFT", b"CONF", self.boot, self.events,
        )  # fmt: skip
        series = []
        if values:
            qualities = [codes.GOOD if value is not None else codes.OPEN_LOOP for value in values]
            series = [block.Series(ch, scale, period_ms, 0, list(values), qualities)]
        sealed = cose.seal(block.encode(header, series, events), self.mac)
        self.events += len(events)
        self.prev = block.link(sealed)
        self.t_ms += 10_000
        return sealed

    def birth(self, ch=1, name="pressure", **more):
        """The block that a node begins with: what it is and what it watches."""
        return self.block(events=[boot_event(), channel_event(ch, name), limit_event(ch)], **more)

    def alarm(self, condition=codes.HH, old=codes.NORM, new=codes.UNACK, value=1_000_100, **more):
        """A block with one alarm event in it."""
        forecast = (930, 4100, 3000, 6200) if condition & codes.PREDICTED else ()
        args = (1, condition, old, new, value, *forecast)
        return self.block(events=[(0, codes.EV_ALARM, args)], **more)


def boot_event():
    digest = bytes(32)
    return (0, codes.EV_BOOT, (codes.BOOT_POWER, "0.1.0", digest, digest, "micropython", "sim"))


def channel_event(ch=1, name="pressure", scale=0):
    urn = f"urn:dev:os:32473-PG-000{ch}"
    args = (
        ch,
        name,
        units.number("pressure"),
        urn,
        scale,
        1000,
        0,
        1_600_000,
        2000,
        30,
        "ads1115",
    )
    return (0, codes.EV_CHANNEL, (*args, "pressure"))


def limit_event(ch=1, condition=codes.HH, value=1_000_000, priority=1, predict=True):
    return (0, codes.EV_LIMIT, (ch, condition, value, 0, 0, 0, priority, False, predict))


class Client:
    """aiocoap client that speaks to one gateway."""

    def __init__(self, context, uri):
        self.context = context
        self.uri = uri

    async def send(self, payload, path="b", content_format=17, code=aiocoap.POST):
        message = aiocoap.Message(
            code=code, uri=f"{self.uri}/{path}", payload=payload, content_format=content_format
        )
        async with asyncio.timeout(10):
            return await self.context.request(message).response

    async def post(self, sealed):
        """[contiguous, ranges] that a block is answered with."""
        response = await self.send(sealed)
        assert response.code == aiocoap.CHANGED, (response.code, response.payload)
        return cbor2.loads(response.payload)


@pytest.fixture
def node():
    return FakeNode()


@pytest.fixture
def make_node():
    return FakeNode


@pytest.fixture
def verified():
    """Sealed bytes -> what ingest hands to the store."""
    macs = {name: cose.Mac(KEY) for name in ("pg-01", "pg-02")}

    def verify(sealed, received_ms=None):
        return decode.sealed_block(sealed, macs, received_ms or time.time_ns() // 10**6)

    return verify


@pytest.fixture
def make():
    """Events as a node writes them."""
    return SimpleNamespace(boot=boot_event, channel=channel_event, limit=limit_event)


@pytest.fixture
def settings(tmp_path):
    """Configuration with free ports and the key of pg-01 and pg-02."""
    (tmp_path / "keys.toml").write_text(
        f'[keys]\n"pg-01" = "{KEY.hex()}"\n"pg-02" = "{KEY.hex()}"\n'
    )
    path = tmp_path / "gateway.toml"
    path.write_text(
        '[site]\nname = "Test"\n[coap]\nport = 0\n[console]\nport = 0\nlanguage = "en"\n'
        '[store]\npath = "gateway.db"\n[secrets]\npath = "keys.toml"\n'
    )
    return config.load(path)


@pytest.fixture
async def gateway(settings):
    async with app.serve(settings) as running:
        yield running


@pytest.fixture
async def client(gateway):
    context = await aiocoap.Context.create_client_context()
    yield Client(context, gateway.addresses.coap)
    await context.shutdown()
