"""Every sensor on the real interpreter: what is there, against what the node recorded of it.

One node alone on the jump clock, from its example profile: physics, chip, board, driver, journal.
The recorded value may be off by the uncertainty that the profile states, and no more.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from firmware.journal import Journal
from protocols import block, codes, cose, event
from sim import clock, faults, plant
from sim.image import CONFIG_PATH, KEY_PATH, NodeSpec
from sim.world import World
from tools import cli, ui
from tools.node import profile, workshop

KEY = bytes(range(32))
HOLD_S = 10.0
SETTLED_S = 4.0
FLUSH_S = 2.0  # until the last block that counts is on flash

# profile -> values that its sensor is shown, one after the other
LEVELS = {
    "pressure": (0.0, 800_000.0, 1_600_000.0),
    "pressure_ratio": (0.0, 500_000.0, 1_000_000.0),
    "dust": (35.0, 800.0, 2_000.0),
    "dust_modbus": (35.0, 800.0, 2_000.0),
    "dust_loop": (0.0, 4_000.0, 10_000.0),
    "speed": (0.0, 8.0, 15.0),
    "speed_tacho": (0.0, 8.0, 15.0),
    "speed_doppler": (0.0, 8.0, 60.0),
}


class Recorded(NamedTuple):
    """One sample of the journal, so long after power-on."""

    at_s: float
    value: float | None
    quality: int


class Run:
    """A node of an example profile with one channel, whose plant and faults a story moves."""

    def __init__(self, folder: Path, name: str, **changes: Any) -> None:
        self.world = World(7, "jump")
        self._folder = folder
        spec = NodeSpec(name, changes=changes)
        image = workshop.image(spec, ("10.83.0.1", 5683), 5683, KEY)
        (self.channel,) = profile.load(profile.named(name)).sealed.channels
        self.plant = plant.build(
            msgspec.to_builtins(self.channel), {"physics": "constant", "value": 0.0}, 3
        )
        self.node = self.world.add(
            image.node, image.board, folder / "node.flash", workshop.library(), [self.plant]
        )
        self.node.provision(dict(image.files))

    def fault(self, name: str, **params: Any) -> faults.Fault:
        return faults.build(name, self.world, self.node.name, self.channel.ch, params)

    def alarms(self) -> list[int]:
        """Conditions that were raised."""
        events = [
            event.fields(one)
            for found in self.blocks()
            for one in found.events
            if one.code == codes.EV_ALARM
        ]
        return [one["condition"] for one in events if one["new"] == codes.UNACK]

    def samples(self) -> Iterator[Recorded]:
        """What is on flash, once the power is off."""
        start_ms = self.world.unix_ms(self.world._start_s)
        for one in self.blocks():
            for series in one.series:
                for slot, (value, quality) in enumerate(
                    zip(series.values, series.qualities, strict=True)
                ):
                    t_ms = one.header.t0_ms + series.offset_ms + slot * series.period_ms
                    found = None if value is None else value * 10.0**series.scale
                    yield Recorded((t_ms - start_ms) / 1000, found, quality)

    def blocks(self) -> list[block.Block]:
        """Every block, verified."""
        folder = self._folder / "journal"
        folder.mkdir(exist_ok=True)
        self.node.extract("/journal", folder)
        book = Journal(str(folder), 1 << 20)
        found = []
        for seq in range(1, book.last + 1):
            sealed = book.read(seq)
            assert sealed is not None
            found.append(block.decode(cose.open(sealed, cose.Mac(KEY))))
        return found

    @contextlib.asynccontextmanager
    async def power(self):
        await self.world.start()
        try:
            yield
        finally:
            await self.world.stop()


@pytest.mark.parametrize("name", LEVELS)
def test_a_recorded_value_is_true_within_its_uncertainty(tmp_path: Path, name: str) -> None:
    run = Run(tmp_path, name, flush_ms=1_000)

    async def main() -> None:
        run.plant.model.value = LEVELS[name][0]
        async with run.power():
            for number, level in enumerate(LEVELS[name], 1):
                run.plant.model.value = level
                await run.world.at(number * HOLD_S)
            await run.world.at(run.world.now_s + FLUSH_S)

    clock.run(main(), 7)
    found = list(run.samples())
    for number, level in enumerate(LEVELS[name], 1):
        settled = [
            one for one in found if number * HOLD_S - SETTLED_S < one.at_s < number * HOLD_S - 0.1
        ]
        wanted = SETTLED_S * 1000 / run.channel.period_ms
        assert len(settled) > 0.6 * wanted
        for one in settled:
            assert one.value == pytest.approx(level, abs=run.channel.uncertainty), one
            assert codes.category(one.quality) in (
                codes.GOOD_CATEGORY,
                codes.OUT_OF_SPECIFICATION,  # noise at the very end of a range
            ), one
        middle = LEVELS[name][1]
        assert level != middle or {one.quality for one in settled} == {codes.GOOD}


def test_every_example_of_one_instrument_is_run() -> None:
    alone = {
        name
        for name in profile.examples()
        if len(profile.load(profile.named(name)).sealed.channels) == 1
    }
    assert alone == set(LEVELS)


# (profile, fault, its parameters) -> what the node records while it lasts
FAULTS = [
    ("pressure", "open_loop", {}, codes.OPEN_LOOP),
    ("pressure", "short_circuit", {}, codes.SHORT_CIRCUIT),
    ("pressure", "i2c_nak", {}, codes.NO_RESPONSE),
    ("pressure", "i2c_stuck", {}, codes.NO_RESPONSE),
    ("pressure_ratio", "open_loop", {}, codes.OPEN_LOOP),
    ("pressure_ratio", "short_circuit", {}, codes.SHORT_CIRCUIT),
    ("dust_loop", "open_loop", {}, codes.OPEN_LOOP),
    ("dust_loop", "fault_current", {"current_ma": 3.5}, codes.OPEN_LOOP),
    ("dust_loop", "fault_current", {"current_ma": 3.7}, codes.GUARD_LOW),
    ("dust_loop", "fault_current", {"current_ma": 20.8}, codes.GUARD_HIGH),
    ("dust_loop", "fault_current", {"current_ma": 21.5}, codes.SHORT_CIRCUIT),
    ("dust", "uart_silence", {}, codes.NO_RESPONSE),
    ("dust", "bad_checksums", {}, codes.BAD_CHECKSUM),
    ("dust", "half_frames", {}, codes.BAD_CHECKSUM),
    ("dust", "swapped_bytes", {}, codes.NO_RESPONSE),
    ("dust", "noise_bytes", {}, codes.GOOD),
    ("dust_modbus", "uart_silence", {}, codes.NO_RESPONSE),
    ("dust_modbus", "bad_checksums", {}, codes.BAD_CHECKSUM),
    ("dust_modbus", "half_frames", {}, codes.BAD_CHECKSUM),
    ("dust_modbus", "swapped_bytes", {}, codes.BAD_CHECKSUM),
    ("dust_modbus", "noise_bytes", {}, codes.GOOD),
    ("speed_doppler", "open_loop", {}, codes.OPEN_LOOP),
    ("speed_doppler", "short_circuit", {}, codes.SHORT_CIRCUIT),
    # a wheel at rest and a broken wire look the same
    ("speed_tacho", "open_loop", {}, codes.GOOD),
    ("speed_tacho", "short_circuit", {}, codes.GOOD),
    ("speed", "uart_silence", {}, codes.NO_RESPONSE),
    ("speed", "half_frames", {}, codes.NO_RESPONSE),
    ("speed", "swapped_bytes", {}, codes.BAD_CHECKSUM),
]


@pytest.mark.parametrize(("name", "fault", "params", "quality"), FAULTS)
def test_a_fault_of_the_wiring_or_the_line_is_named(
    tmp_path: Path, name: str, fault: str, params: dict[str, Any], quality: int
) -> None:
    run = Run(tmp_path, name, flush_ms=1_000)

    async def main() -> None:
        run.plant.model.value = LEVELS[name][1]
        async with run.power():
            await run.world.at(HOLD_S)
            broken = run.fault(fault, **params)
            await broken.begin()
            await run.world.at(2 * HOLD_S)
            await broken.end()
            await run.world.at(3 * HOLD_S + FLUSH_S)

    clock.run(main(), 7)
    found = list(run.samples())
    during = [one for one in found if 2 * HOLD_S - SETTLED_S < one.at_s < 2 * HOLD_S - 0.1]
    after = [one for one in found if 3 * HOLD_S - SETTLED_S < one.at_s < 3 * HOLD_S - 0.1]
    assert during and {one.quality for one in during} == {quality}
    assert after and {one.quality for one in after} == {codes.GOOD}
    assert run.node.boots == 1


def test_a_dust_sensor_in_still_air_is_no_false_fault(tmp_path: Path) -> None:
    """It speaks every 2.3 s then, and a node may start right after it has spoken."""
    run = Run(tmp_path, "dust", flush_ms=1_000)

    async def main() -> None:
        run.plant.model.value = 80.0
        run.plant.chip.period_s = 2.3
        async with run.power():
            run.plant.chip._next_s = 2.9  # after the firmware's first look
            await run.world.at(HOLD_S)

    clock.run(main(), 7)
    assert run.alarms() == []


def test_a_dust_sensor_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    run = Run(tmp_path, "dust", flush_ms=1_000)

    async def main() -> None:
        async with run.power():
            await run.fault("uart_silence").begin()
            await run.world.at(HOLD_S)

    clock.run(main(), 7)
    assert run.alarms() == [codes.FAULT]


def test_a_contact_that_bounces_reads_the_true_speed(tmp_path: Path) -> None:
    run = Run(tmp_path, "speed_tacho", flush_ms=1_000)

    async def main() -> None:
        run.plant.model.value = 8.0
        run.plant.chip.bounce_s = 0.0005
        async with run.power():
            await run.world.at(HOLD_S)

    clock.run(main(), 7)
    settled = [one for one in run.samples() if one.at_s > HOLD_S - SETTLED_S]
    assert settled and {one.quality for one in settled} == {codes.GOOD}
    assert all(abs(one.value - 8.0) < run.channel.uncertainty for one in settled)
    assert not [line for line in run.node.console if line.startswith("interrupt:")]


@pytest.mark.parametrize(
    ("beside", "bus"),
    [("speed_doppler", "iq0"), ("dust_modbus", "uart1"), ("speed_tacho", "pulse0")],
)
def test_no_sensor_keeps_the_relay_of_another_waiting(
    tmp_path: Path, beside: str, bus: str
) -> None:
    """One period and 50 ms, whenever the value crosses: a capture takes 32 ms of it."""
    pressure, other = profile.load(profile.named("pressure")), profile.load(profile.named(beside))
    (one,), (two,) = pressure.sealed.channels, other.sealed.channels
    channels = [one, msgspec.structs.replace(two, ch=2, name="other", bus=bus)]
    both = msgspec.structs.replace(
        pressure, sealed=msgspec.structs.replace(pressure.sealed, channels=channels)
    )
    plants = [
        plant.build(msgspec.to_builtins(cfg), {"physics": "constant", "value": value}, 3)
        for cfg, value in zip(channels, (500_000.0, 8.0), strict=True)
    ]
    world, released = World(7, "lockstep"), []

    def on_pin(node: object, output: str, level: int, at_s: float) -> None:
        if output == "relay" and level == 0:
            released.append(at_s)

    node = world.add(
        "n1", "esp32_s3", tmp_path / "n.flash", workshop.library(), plants, on_pin=on_pin
    )
    node.provision({CONFIG_PATH: profile.encode(both), KEY_PATH: KEY})

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await world.start()
        try:
            for number in range(1, 13):
                await world.at(4 * number + 0.017 * number)
                released.clear()
                crossed_s = loop.time()
                plants[0].model.value = 1_200_000.0
                await asyncio.sleep(1.0)
                assert released and released[0] - crossed_s <= one.period_ms / 1000 + 0.05
                plants[0].model.value = 500_000.0
        finally:
            await world.stop()

    clock.run(main(), 7)


def test_the_scenario_of_the_newer_sensors_passes() -> None:
    """Five nodes and the real gateway: quiet, then each limit is crossed once."""
    assert cli.main(["sim", "run", "sensors", "--json"]) == ui.PASS
