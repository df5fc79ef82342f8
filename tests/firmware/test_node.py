"""Real nodes on the simulated board: their record, their nerve and their reactions.

The firmware is what boards get (`.mpy`, on MicroPython, under the heap cap of design §9), flash is
LittleFS on an image, the network is UDP on loopback.
"""

import asyncio
import random
from pathlib import Path
from typing import Any

from firmware import limits
from firmware.journal import Journal
from protocols import block, cbor, coap, codes, cose, event, paths
from protocols.coap import Message
from sim.supervisor import SHIMS_KIB

MAC = cose.Mac(bytes(range(32)))
HEAP_CAP_BYTES = 224 * 1024
COLLECTED_S = 11.0  # the node weighs its heap every 10 s
CUTS = 5
SEED = 20261124


def fields(found: list[block.Event]) -> list[dict[str, Any]]:
    return [event.fields(one) for one in found]


async def test_three_instruments_describe_themselves_and_fit_while_they_are_observed(bench, until):
    node, port = await bench.node("station")
    await node.power_on()
    await until(lambda: len(bench.peer.events(codes.EV_CERTIFICATE)) == 3)  # the last of a boot
    first = bench.peer.blocks[0]
    assert first.header.node == "st-01" and first.header.prev == block.FIRST_LINK
    assert first.header.mode == codes.MODE_SIMULATED
    (boot,) = fields([one for one in first.events if one.code == codes.EV_BOOT])
    assert boot["cause"] == codes.BOOT_POWER and boot["board"] == "esp32_s3"
    assert boot["software"][:4] == first.header.software and len(boot["software"]) == 32
    names = [one["name"] for one in fields(first.events) if "urn" in one]
    assert names == ["pressure", "dust", "speed"]
    assert len([one for one in first.events if one.code == codes.EV_LIMIT]) == 3
    certificates = fields(bench.peer.events(codes.EV_CERTIFICATE))
    assert [one["certificate"] for one in certificates] == [
        "PG-26-0512",
        "DM-26-0102",
        "SM-26-0008",
    ]
    assert [one["of_value_ppm"] for one in certificates] == [0, 200_000, 0]
    observe = (coap.OBSERVE, b"")
    for path in (paths.MEASUREMENTS, paths.ALARMS):
        bench.peer.transport.sendto(
            coap.encode(
                Message(coap.CON, coap.GET, 1, path.encode(), (observe, (11, path.encode())), b"")
            ),
            ("127.0.0.1", port),
        )
        await asyncio.sleep(0.1)
    for _ in range(8):  # whose answers the node has to remember
        for path in (paths.IDENTITY, paths.MEASUREMENTS, paths.ALARMS):
            assert (await bench.peer.ask(port, path)).code == coap.CONTENT
    await asyncio.sleep(COLLECTED_S)
    found = await bench.peer.identity(port)
    assert found["boot"] == 1 and node.boots == 1 and node.crashes == 0
    assert found["taken"] >= 3 * 10 and found["missed"] == 0
    assert 0 < found["heap_peak"] - SHIMS_KIB * 1024 < HEAP_CAP_BYTES
    values = [one for one in bench.peer.told if one.token == b"m"]
    numbers = [coap.uint(one, coap.OBSERVE) or 0 for one in values]
    assert len(values) >= 10 and numbers == sorted(set(numbers))
    assert max(len(one.payload) for one in values) < paths.MAX_MESSAGE_BYTES


def hostile(noise: random.Random) -> list[bytes]:
    """Datagrams that no client should send."""
    get = coap.encode(Message(coap.CON, coap.GET, 1, b"tok", coap.path_options("m"), b""))
    deep = coap.encode(
        Message(coap.CON, coap.POST, 2, b"", coap.path_options("cmd"), b"\x81" * 900)
    )
    return [
        *(noise.randbytes(noise.randrange(1, 1500)) for _ in range(100)),
        *(b"\x40" + noise.randbytes(noise.randrange(3, 64)) for _ in range(100)),
        *(bytes((0x44, 1)) + noise.randbytes(noise.randrange(6, 1024)) for _ in range(100)),
        *(get[:size] for size in range(len(get))),
        *(b"\x50" + bytes((code, 0, code)) + b"\xb1m" for code in range(256)),
        b"\x40\x01\x00\x03" + b"\xdd\xff\xff" * 300,
        b"\x40\x01\x00\x04" + b"\xb1a" * 400,
        deep,
    ]


async def test_no_datagram_disturbs_a_node(bench, until):
    node, port = await bench.node("pressure")
    await node.power_on()
    await until(lambda: bench.peer.blocks)
    for datagram in hostile(random.Random(SEED)):
        await bench.peer.throw(port, datagram, 0.001)
    await bench.peer.identity(port)  # so that what was thrown before is answered
    for datagram, reset in (
        (b"\x48\x01\x12\x34", b"\x70\x00\x12\x34"),  # truncated
        (b"\x40\x01\x12\x35" + bytes(1200), b"\x70\x00\x12\x35"),  # oversized
    ):
        await bench.peer.throw(port, datagram)
        await until(lambda reset=reset: reset in bench.peer.raw)
    unknown = await bench.peer.ask(port, "m", b"", (9, b"x"))
    assert unknown.code == coap.BAD_OPTION
    deep = await bench.peer.ask(port, "cmd", b"\x81" * 900)
    assert deep.code == coap.BAD_REQUEST
    found = await bench.peer.identity(port)
    assert found["boot"] == 1 and node.boots == 1 and node.crashes == 0
    assert found["link"]["malformed"] > 100 and found["link"]["faults"] == 0
    assert found["taken"] > 2


async def cut(bench, until, node, noise: random.Random) -> None:
    """Power for a moment, again and again; each boot has got its first block out."""
    for _ in range(CUTS):
        before = len(bench.peer.sealed.get(node.name, ()))
        await node.power_on()
        await until(lambda before=before: len(bench.peer.sealed.get(node.name, ())) > before)
        await asyncio.sleep(noise.uniform(0.0, 1.1))
        await node.power_off()


async def test_the_chain_survives_a_cut_at_any_moment(bench, until, tmp_path: Path):
    """Three nodes with the same fate at other moments."""
    nodes = [
        (await bench.node("pressure", period_ms=50, flush_ms=1_000))[0],
        (await bench.node("speed", period_ms=50, flush_ms=1_000))[0],
        (await bench.node("station", period_ms=100, flush_ms=1_000))[0],
    ]
    noises = [random.Random(f"{SEED} {number}") for number in range(len(nodes))]
    await asyncio.gather(*(cut(bench, until, *pair) for pair in zip(nodes, noises, strict=True)))
    for number, node in enumerate(nodes):
        folder = tmp_path / str(number)
        folder.mkdir()
        node.extract("/journal", folder)
        journal = Journal(str(folder), 1 << 20)
        assert verify(journal) == CUTS and not node.crashes
        sent = bench.peer.sealed[node.name]  # what was sent was on flash before
        assert sent and all(journal.read(seq) == sealed for seq, sealed in sent.items())


def verify(journal: Journal) -> int:
    """Every block from the first to the last: seal, link and numbers; how many boots."""
    assert journal.first == 1 and journal.last >= CUTS and not journal.damaged
    link, events, boot, gaps, end_ms = block.FIRST_LINK, 0, 1, 0, 0
    for seq in range(1, journal.last + 1):
        sealed = journal.read(seq)
        assert sealed is not None
        one = block.decode(cose.open(sealed, MAC))
        assert (one.header.seq, one.header.prev, one.header.event0) == (seq, link, events)
        assert one.header.boot in (boot, boot + 1)
        begins = [happened.code for happened in one.events].count(codes.EV_BOOT)
        assert begins == (1 if seq == 1 or one.header.boot > boot else 0)
        for happened in one.events:
            if happened.code == codes.EV_GAP:
                gap = event.fields(happened)
                assert gap["reason"] == codes.GAP_OPEN_BLOCK and gap["from_ms"] >= end_ms
                gaps += 1
        link, boot, events = block.link(sealed), one.header.boot, events + len(one.events)
        end_ms = one.header.t0_ms
    assert gaps == boot - 1  # every boot says what the one before may have lost
    return boot


class Wire:
    """The loop of a transmitter, which may break."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        self.broken = False

    def volts(self, value: float) -> float:
        return 0.0 if self.broken else self.loop.volts(value)

    def value(self, volts: float) -> float:
        return self.loop.value(volts)


class Pins:
    """What the outputs of a board did, and when."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, int, float]] = []

    def __call__(self, node: object, name: str, level: int, at_s: float) -> None:
        self.changes.append((name, level, at_s))

    def level(self, name: str) -> int:
        return next((level for pin, level, _ in reversed(self.changes) if pin == name), 0)


async def test_an_open_loop_releases_the_relay_as_a_fault_and_no_process_alarm(bench, until):
    pins = Pins()
    node, _ = await bench.node("pressure", on_pin=pins)
    signals = node.plants[0].chip.signals
    wire = signals[0] = Wire(signals[0])
    await node.power_on()
    await until(lambda: pins.level("relay") == 1)
    wire.broken, broken_s = True, asyncio.get_running_loop().time()
    await until(lambda: pins.level("relay") == 0)
    released_s = pins.changes[-1][2] - broken_s
    assert 0.8 < released_s * 1000 / limits.FAULT_DELAY_MS < 1.5
    await until(lambda: bench.peer.events(codes.EV_ALARM)[-1:] and pins.level("horn") == 1)
    await until(lambda: raised(bench.peer) == [codes.FAULT])
    wire.broken = False
    await until(lambda: pins.level("relay") == 1)


def raised(peer) -> list[int]:
    """Conditions that were raised, in order."""
    found = fields(peer.events(codes.EV_ALARM))
    return [one["condition"] for one in found if one["new"] == codes.UNACK]


async def test_the_button_acknowledges_and_held_down_resets_what_is_latched(bench, until):
    pins = Pins()
    node, port = await bench.node("pressure", on_pin=pins, latch=True)
    await node.power_on()
    await until(lambda: pins.level("relay") == 1)
    node.plants[0].model.value = 1_200_000.0
    await until(lambda: pins.level("horn") == 1 and pins.level("relay") == 0)
    node.plants[0].model.value = 500_000.0
    await until(lambda: pins.level("horn") == 0)  # latched: it flashes, in silence
    assert pins.level("relay") == 0
    node.press()
    await until(lambda: commands(bench.peer)[:1] == ["ack"])
    assert pins.level("relay") == 0
    await until(lambda: pins.level("relay") == 1)
    node.release()
    await until(lambda: "reset" in commands(bench.peer))
    assert {one["by"] for one in fields(bench.peer.events(codes.EV_COMMAND))} == {"button"}
    alarms = cbor.decode((await bench.peer.ask(port, paths.ALARMS)).payload)
    assert {state for _, state, _, _, _ in alarms} == {codes.NORM}


def commands(peer) -> list[str]:
    return [one["command"] for one in fields(peer.events(codes.EV_COMMAND))]


async def test_a_latched_alarm_and_its_horn_survive_a_cut(bench, until):
    pins = Pins()
    node, port = await bench.node("pressure", on_pin=pins, latch=True)
    await node.power_on()
    await until(lambda: pins.level("relay") == 1)
    node.plants[0].model.value = 1_200_000.0
    await until(lambda: raised(bench.peer) == [codes.HH])
    node.plants[0].model.value = 500_000.0
    await node.power_off()
    await node.power_on()
    await until(lambda: len([one for one in bench.peer.blocks if one.header.boot == 2]) >= 1)
    await asyncio.sleep(1.0)
    assert pins.level("relay") == 0
    for command in (b"ack", b"reset"):
        answer = await bench.peer.ask(port, "a/pressure.HH", command)
        assert answer.code == coap.CHANGED
    await until(lambda: pins.level("relay") == 1)
