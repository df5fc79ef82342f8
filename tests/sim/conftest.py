"""Nodes with a firmware of their own: the real board and sensors under the `main.py` of a test."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware.journal import Journal
from protocols import block, codes, cose, event
from sim import clock, faults, plant
from sim.image import CONFIG_PATH
from sim.plantside import InnerGateway
from sim.supervisor import OnPin, SimNode
from sim.world import World
from tools.node import build, profile

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 10.0

Channel = dict[str, Any]
Library = Callable[[str], Path]
MakeNode = Callable[..., SimNode]
Until = Callable[[Callable[[], object]], object]


class Calm(random.Random):
    """Noise that is none."""

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        return mu


@pytest.fixture
def pressure() -> Channel:
    """4-20 mA transmitter, 0-1.6 MPa."""
    params = {"low": 0, "high": 1_600_000, "shunt_ohm": 100.0}
    return {"ch": 1, "bus": "i2c0", "sensor": "ads1115_loop", "params": params}


@pytest.fixture
def dust() -> Channel:
    params = {"size": "pm10", "warm_up_s": 0}
    return {"ch": 2, "bus": "uart0", "sensor": "pms5003", "params": params}


@pytest.fixture
def speed() -> Channel:
    return {"ch": 3, "bus": "uart1", "sensor": "uart_radar", "params": {"baud": 9600}}


@pytest.fixture
def calm() -> random.Random:
    return Calm(1)  # what is not gaussian is repeatable


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Tree like the project's own, but for `firmware/main.py`."""

    def make(main: str) -> Path:
        folder = tmp_path / "library"
        (folder / "firmware").mkdir(parents=True)
        (folder / "protocols").symlink_to(ROOT / "protocols")
        for entry in (ROOT / "firmware").iterdir():
            if entry.name not in ("main.py", "__pycache__"):
                (folder / "firmware" / entry.name).symlink_to(entry)
        (folder / "firmware" / "main.py").write_text(main)
        return folder

    return make


@pytest.fixture
async def make_node(tmp_path: Path, library: Library) -> AsyncIterator[MakeNode]:
    """Node with that firmware and those constant values; off again when the test ends."""
    nodes: list[SimNode] = []

    def make(
        main: str,
        *channels: tuple[Channel, float],
        board: str = "esp32_s3",
        on_pin: OnPin | None = None,
    ) -> SimNode:
        plants = [
            plant.build(cfg, {"physics": "constant", "value": value}, 1) for cfg, value in channels
        ]
        flash = tmp_path / "node.flash"
        node = SimNode("n1", board, flash, library(main), plants, on_pin=on_pin)
        for contact in node.contacts.values():
            contact.bounce = None  # a test of its own
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        await node.power_off()


@pytest.fixture
def until() -> Iterator[Until]:
    """Wait for something to become true; the console of a node says why it did not."""

    async def wait(condition: Callable[[], object]) -> object:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + TIMEOUT_S
        while not (found := condition()):
            assert loop.time() < end_s, "it did not happen"
            await asyncio.sleep(0.005)
        return found

    yield wait


KEY = bytes(range(32))
NODE = "pg-01"


class Bench:
    """One pressure node on a virtual clock, and a gateway that is not started."""

    def __init__(
        self, folder: Path, period_ms: int = 100, board: str | None = None, **operating
    ) -> None:
        self.folder = folder
        self.world = World(7, "lockstep")
        found = profile.load(profile.named("pressure"))
        channels = [
            msgspec.structs.replace(one, period_ms=period_ms) for one in found.sealed.channels
        ]
        gateway = profile.Gateway("10.83.0.1", 5683)
        settings = {"gateway": gateway, "flush_ms": 1_000, **operating}
        placed = msgspec.structs.replace(
            found,
            sealed=msgspec.structs.replace(
                found.sealed, channels=channels, board=board or found.sealed.board
            ),
            operating=msgspec.structs.replace(found.operating, **settings),
        )
        plants = [
            plant.build(msgspec.to_builtins(one), {"physics": "constant", "value": 500_000.0}, 1)
            for one in channels
        ]
        self.path = folder / "node.flash"
        self.node = self.world.add(
            NODE, placed.sealed.board, self.path, build.compile_tree(), plants
        )
        self.gateway = InnerGateway(self.world.network, folder / "gateway.db", {NODE: KEY})
        self.world.gateway = self.gateway
        self.node.provision({CONFIG_PATH: profile.encode(placed), "/key.bin": KEY})

    def fault(self, name, **params):
        return faults.build(name, self.world, NODE, None, params)

    async def live(self, seconds: float) -> None:
        """Power for so long."""
        await self.node.power_on()
        await asyncio.sleep(seconds)
        await self.node.power_off()

    def journal(self) -> Journal:
        """What is on flash; the power is off."""
        folder = self.folder / "journal"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.node.extract("/journal", folder)
        return Journal(str(folder), 1 << 20)

    def blocks(self) -> list[block.Block]:
        """The chain, verified from its first block to its last."""
        return self.verified(self.journal())

    def events(self, code: int) -> list[dict]:
        """Named arguments of the events of that code, in order."""
        found = [one for each in self.blocks() for one in each.events if one.code == code]
        return [event.fields(one) for one in found]

    def verified(self, journal: Journal) -> list[block.Block]:
        """Seals, links and numbers of everything from the first block on."""
        assert not journal.damaged
        found, link, events = [], block.FIRST_LINK, 0
        for seq in range(1, journal.last + 1):
            sealed = journal.read(seq)
            assert sealed is not None, seq
            one = block.decode(cose.open(sealed, cose.Mac(KEY)))
            assert (one.header.seq, one.header.prev) == (seq, link)
            # numbers of events in a block that flash refused are not used again
            refused = any(
                codes.GAP_REFUSED in e.args for e in one.events if e.code == codes.EV_GAP
            )
            assert one.header.event0 == events or (refused and one.header.event0 > events)
            link, events = block.link(sealed), one.header.event0 + len(one.events)
            found.append(one)
        return found


@pytest.fixture
def stand(tmp_path: Path) -> Callable[..., None]:
    """Run a coroutine with a fresh `Bench` on a virtual clock."""

    def run(story: Callable[[Bench], Any], **options: Any) -> None:
        async def main() -> None:
            bench = Bench(tmp_path, **options)
            try:
                await story(bench)
            finally:
                await bench.node.power_off()
                await bench.gateway.stop()

        clock.run(main(), 7)

    return run
