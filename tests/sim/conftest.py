"""Nodes with a firmware of their own: the real board and sensors under the `main.py` of a test."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim import plant
from sim.supervisor import OnPin, SimNode

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
