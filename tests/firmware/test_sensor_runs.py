"""Every sensor on the real interpreter: what is there, against what the node recorded of it.

One node alone on the jump clock, from its example profile: physics, chip, board, driver, journal.
The recorded value may be off by the uncertainty that the profile states, and no more.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from firmware.journal import Journal
from protocols import block, codes, cose
from sim import clock, faults, plant
from sim.image import NodeSpec
from sim.world import World
from tools.node import profile, workshop

KEY = bytes(range(32))
HOLD_S = 10.0
SETTLED_S = 4.0

# profile -> values that its sensor is shown, one after the other
LEVELS = {
    "pressure": (0.0, 800_000.0, 1_600_000.0),
    "pressure_ratio": (0.0, 500_000.0, 1_000_000.0),
    "dust": (35.0, 800.0, 2_000.0),
    "speed": (0.0, 8.0, 15.0),
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

    def samples(self) -> Iterator[Recorded]:
        """What is on flash, once the power is off."""
        folder = self._folder / "journal"
        folder.mkdir()
        self.node.extract("/journal", folder)
        book = Journal(str(folder), 1 << 20)
        start_ms = self.world.unix_ms(self.world._start_s)
        for seq in range(1, book.last + 1):
            one = block.decode(cose.open(book.read(seq), cose.Mac(KEY)))
            assert not [event for event in one.events if event.code == codes.EV_CRASH]
            for series in one.series:
                for slot, (value, quality) in enumerate(
                    zip(series.values, series.qualities, strict=True)
                ):
                    t_ms = one.header.t0_ms + series.offset_ms + slot * series.period_ms
                    found = None if value is None else value * 10.0**series.scale
                    yield Recorded((t_ms - start_ms) / 1000, found, quality)

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
    ("pressure_ratio", "open_loop", {}, codes.OPEN_LOOP),
    ("pressure_ratio", "short_circuit", {}, codes.SHORT_CIRCUIT),
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
            await run.world.at(3 * HOLD_S)

    clock.run(main(), 7)
    found = list(run.samples())
    during = [one for one in found if 2 * HOLD_S - SETTLED_S < one.at_s < 2 * HOLD_S - 0.1]
    after = [one for one in found if 3 * HOLD_S - SETTLED_S < one.at_s < 3 * HOLD_S - 0.1]
    assert during and {one.quality for one in during} == {quality}
    assert after and {one.quality for one in after} == {codes.GOOD}
    assert run.node.boots == 1
