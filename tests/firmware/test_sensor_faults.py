"""Every driver under every fault of its part, wiring and line: a quality, never an exception.

Chip, plant and fault are the simulator's, driver and profile the firmware's; the board between is
this file's, so that all of them take seconds.
"""

import asyncio
from array import array
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from firmware import sensors
from protocols import codes
from sim import boards, clock, faults, plant
from sim.chips import Nak
from sim.errors import ScenarioError
from sim.wire import Framing
from tools.node import profile

# one profile for each sensor -> value it is shown
PROFILES = {
    "pressure": 800_000.0,
    "pressure_ratio": 500_000.0,
    "dust": 800.0,
    "dust_modbus": 800.0,
    "speed": 8.0,
    "speed_tacho": 8.0,
    "speed_doppler": 8.0,
}
LAYERS = ("transducer", "wiring", "bus")
PARAMS = {
    "drift": {"drift_per_s": 10.0},
    "offset": {"offset": 1.0},
    "noise": {"sigma": 1.0},
    "spikes": {"height": 5.0, "every_s": 1.0},
    "saturation": {"highest": 5.0},
    "slow_response": {"tau_s": 2.0},
}
STEP_MS = 10
PERIOD_MS = 100


class Board:
    """Every kind of bus, with one plant on it; names and arguments as the firmware's board."""

    IRQ_FALLING = 2

    def __init__(self, one: plant.Plant, found: profile.Profile) -> None:
        self._plant = one
        self._port = boards.PORTS[profile.pins(found.sealed.board)["PLATFORM"]]
        self._handler: Any = None
        self._us = 0
        one.on_level = self._level

    def bus(self, name: str, baud: int | None = None, parity: int | None = None) -> "Board":
        if self._plant.wire is not None:
            self._plant.wire.open(self._plant.wire.baud, 512)
        return self

    def transmitter(self, name: str) -> None:
        return None

    # I2C

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        buffer[:] = self._transfer(bytes((register,)), len(buffer))

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self._transfer(bytes((register,)) + data, 0)

    def _transfer(self, written: bytes, count: int) -> bytes:
        self._now()
        try:
            return self._plant.transfer(written, count)
        except Nak as error:
            raise OSError(19) from error

    # UART

    def any(self) -> int:
        self._now()
        assert self._plant.wire is not None
        return self._plant.wire.waiting

    def read(self, most: int) -> bytes:
        assert self._plant.wire is not None
        return self._plant.wire.take(most)

    def write(self, data: bytes) -> None:
        assert self._plant.chip.baud is not None
        self._plant.hear(self._now(), data, Framing(self._plant.chip.baud))

    # ADC

    def read_u16(self) -> int:
        self._now()
        return self._port.code(self._plant.chip.volts(0), 3)

    def read_uv(self) -> int:
        return self.read_u16() * 3_100_000 // 65535

    def capture_iq(self, points: int, rate_hz: int, bus: str) -> "array[int]":
        self._now()
        pairs = self._plant.chip.capture(points, rate_hz)
        return array("h", [self._port.code(one, 3) - 0x8000 for pair in pairs for one in pair])

    # pulses; and their clock

    def irq(self, handler: Any, trigger: int, hard: bool = False) -> None:
        self._handler = handler

    def _level(self, at_s: float, level: int) -> None:
        if level == 0 and self._handler is not None:
            self._us = round(1e6 * at_s)
            self._handler(self)

    def ticks_us(self) -> int:
        return self._us

    def ticks_diff(self, end: int, start: int) -> int:
        return end - start

    def settle(self) -> None:
        self._us = round(1e6 * self._now())

    def _now(self) -> float:
        now_s = asyncio.get_running_loop().time()
        self._plant.advance(now_s)
        return now_s


class Rig:
    """One sensor of an example profile, read every 100 ms and let work every 10."""

    def __init__(self, name: str) -> None:
        found = profile.load(profile.named(name))
        (channel,) = found.sealed.channels
        cfg = msgspec.to_builtins(channel)
        self.plant = plant.build(cfg, {"physics": "constant", "value": PROFILES[name]}, 1)
        self.plant.power(0.0)
        self.board = Board(self.plant, found)
        self.sensor = sensors.build(channel.sensor, self.board, channel.bus, channel.params)
        if hasattr(self.sensor, "_clock"):
            self.sensor._clock = self.board
        node = SimpleNamespace(plants=[self.plant])
        self.world = SimpleNamespace(seed=1, nodes={"n1": node})

    async def run(self, seconds: float) -> list[tuple[float | None, int]]:
        """What it reads in that time."""
        found, due_ms = [], 0
        for step in range(round(1000 * seconds / STEP_MS)):
            await asyncio.sleep(STEP_MS / 1000)
            now_ms = round(1000 * asyncio.get_running_loop().time())
            if hasattr(self.sensor, "work") and now_ms >= due_ms:
                while not (wait_ms := self.sensor.work(now_ms)):
                    pass
                due_ms = now_ms + wait_ms
            if step * STEP_MS % PERIOD_MS == 0:
                self.board.settle()
                try:
                    found.append(self.sensor.read(now_ms))
                except OSError:  # of the bus, as the contract allows
                    found.append((None, codes.NO_RESPONSE))
        return found


def names() -> list[str]:
    return [name for name in faults.NAMES if faults.layer(name) in LAYERS]


@pytest.mark.parametrize("fault", names())
@pytest.mark.parametrize("name", PROFILES)
def test_a_fault_is_a_quality_and_passes(name: str, fault: str) -> None:
    async def main() -> None:
        rig = Rig(name)
        try:
            broken = faults.build(fault, rig.world, "n1", 1, PARAMS.get(fault, {}))
        except ScenarioError:
            return  # it does not fit this part, and says so
        await rig.run(5.0)
        await broken.begin()
        for value, quality in await rig.run(8.0):
            failed = codes.category(quality) == codes.FAILURE
            assert (value is None) == failed, (value, quality)
        await broken.end()
        *_, last = await rig.run(8.0)
        assert last[1] == codes.GOOD
        assert last[0] == pytest.approx(PROFILES[name], rel=0.02)

    clock.run(main(), 1)


def test_every_sensor_has_its_turn() -> None:
    shown = {profile.load(profile.named(name)).sealed.channels[0].sensor for name in PROFILES}
    assert shown == set(sensors.NAMES)
