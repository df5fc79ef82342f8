"""Fault put in -> what the node said: each reason of quality, on the real interpreter.

One node alone on the jump clock, from an example profile, with the simulator's faults; read back
from its journal. The table of `firmware/README.md` is `CASES` in words: a test compares the two.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from protocols import codes, tags, words
from sim import clock, plant
from sim.image import NodeSpec
from sim.world import World
from tests.firmware.test_sensor_runs import KEY, Recorded, Run
from tools.node import profile, workshop

README = Path(__file__).parents[2] / "firmware" / "README.md"
LEARNED_S = 60.0  # by then a node knows how a channel moves that is sampled fast
FLUSH_S = 2.0

LEVELS = {"pressure": 500_000.0, "dust": 80.0, "cloud": 2_000_000.0, "speed": 8.0}


class Case(NamedTuple):
    """A fault of channel 1, and what the node says while it lasts: nothing else but `good`."""

    what: str
    profile: str
    fault: str | None
    params: dict[str, Any]
    says: tuple[int, ...]
    alarms: tuple[int, ...] = ()
    for_s: float = 20.0
    level: float | None = None
    edit: tuple[str, str] | None = None  # of the profile, before it is built
    learned_s: float = LEARNED_S


_CERTIFICATE = 'certificate = { id = "PG-26-0511", issued = 2026-07-01, due = 2099-12-31 }\n'
_OVERDUE = _CERTIFICATE.replace("2026-07-01", "2025-01-01").replace("2099-12-31", "2025-06-30")

CASES = (
    Case("wire broken", "pressure", "open_loop", {}, (codes.OPEN_LOOP,), (codes.FAULT,)),
    Case("wire shorted", "pressure", "short_circuit", {}, (codes.SHORT_CIRCUIT,), (codes.FAULT,)),
    Case(
        "transmitter reports a failure", "dust_loop", "fault_current", {"current_ma": 21.5},
        (codes.SHORT_CIRCUIT,), (codes.FAULT,),
    ),
    Case(
        "current in the lower guard band", "dust_loop", "fault_current", {"current_ma": 3.7},
        (codes.GUARD_LOW,),
    ),
    Case(
        "current in the upper guard band", "dust_loop", "fault_current", {"current_ma": 20.8},
        (codes.GUARD_HIGH,), (codes.HH,),
    ),
    Case("bus does not answer", "pressure", "i2c_nak", {}, (codes.NO_RESPONSE,), (codes.FAULT,)),
    Case("dropouts", "pressure", "i2c_nak", {"share": 0.1}, (codes.NO_RESPONSE,)),
    Case("line silent", "dust", "uart_silence", {}, (codes.NO_RESPONSE,), (codes.FAULT,)),
    Case("wrong checksums", "dust", "bad_checksums", {}, (codes.BAD_CHECKSUM,), (codes.FAULT,)),
    Case("stuck, a quiet loop", "pressure", "stuck", {}, (codes.STUCK,), (codes.FAULT,), 60.0),
    Case(
        "stuck, dust", "dust", "stuck", {}, (codes.STUCK,), (codes.FAULT,), 300.0, learned_s=300.0,
    ),
    Case(
        "stuck, dust on a loop", "dust_loop", "stuck", {}, (codes.STUCK,), (codes.FAULT,), 200.0,
        learned_s=300.0,
    ),
    Case("stuck, speed", "speed", "stuck", {}, (codes.STUCK,), (codes.FAULT,), 60.0),
    Case(
        "stuck at the end of the range", "pressure", "stuck", {},
        (codes.OVER_RANGE, codes.SATURATED), (codes.FAULT,), 60.0, 1_610_000.0,
    ),
    Case(
        "clipped above the range", "pressure", "saturation", {"highest": 1_610_000.0},
        (codes.OVER_RANGE,), (), 20.0, 1_700_000.0,
    ),
    Case(
        "drift beside a second channel", "pressure_pair", "drift", {"drift_per_s": 2_000.0},
        (codes.DISCREPANT,), (codes.DISCREPANCY,), 60.0,
    ),
    Case(
        "spikes", "pressure", "spikes", {"height": 150_000.0, "width_ms": 200.0, "every_s": 5.0},
        (codes.SPIKE,),
    ),
    Case(
        "faster than it can be", "pressure", "spikes",
        {"height": 700_000.0, "width_ms": 200.0, "every_s": 5.0},
        (codes.IMPLAUSIBLE_RATE,), (), 20.0, 200_000.0,
    ),
    Case(
        "no certificate", "pressure", None, {}, (codes.UNCALIBRATED,), edit=(_CERTIFICATE, ""),
    ),
    Case(
        "certificate fallen due", "pressure", None, {}, (codes.VERIFICATION_OVERDUE,),
        edit=(_CERTIFICATE, _OVERDUE),
    ),
)  # fmt: skip


class Node(Run):
    """A node of an example profile, maybe edited, with every channel at a quiet level."""

    def __init__(
        self, folder: Path, name: str, edit: tuple[str, str] | None = None, **levels: float
    ) -> None:
        path = folder / "profile.toml"
        text = profile.named(name).read_text(encoding="utf-8")
        before, after = edit or ("", "")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")
        self.world = World(7, "jump")
        self._folder = folder
        spec = NodeSpec(str(path), changes={"flush_ms": 1_000})
        image = workshop.image(spec, ("10.83.0.1", 5683), 5683, KEY)
        self.channels = profile.load(path).sealed.channels
        self.channel = self.channels[0]
        self.plants = [
            plant.build(
                msgspec.to_builtins(one),
                {
                    "physics": "constant",
                    "value": levels.get(one.name, LEVELS[one.name.strip("2")]),
                },
                one.ch,
            )
            for one in self.channels
        ]
        self.plant = self.plants[0]
        self.node = self.world.add(
            image.node, image.board, folder / "node.flash", workshop.library(), self.plants
        )
        self.node.provision(dict(image.files))

    def of(self, ch: int) -> Iterator[Recorded]:
        """Samples of one channel."""
        start_ms = self.world.unix_ms(self.world._start_s)
        for one in self.blocks():
            for series in one.series:
                if series.ch == ch:
                    for slot, value in enumerate(series.values):
                        t_ms = one.header.t0_ms + series.offset_ms + slot * series.period_ms
                        found = None if value is None else value * 10.0**series.scale
                        yield Recorded((t_ms - start_ms) / 1000, found, series.qualities[slot])

    def run(self, seconds: float, *happenings: tuple[float, Any]) -> None:
        """So long, with (at_s, coroutine function) on the way."""

        async def main() -> None:
            async with self.power():
                for at_s, happen in happenings:
                    await self.world.at(at_s)
                    await happen()
                await self.world.at(seconds + FLUSH_S)

        clock.run(main(), 7)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what.replace(" ", "_"))
def test_a_fault_is_named(tmp_path: Path, case: Case) -> None:
    levels = {} if case.level is None else {"pressure": case.level}
    run = Node(tmp_path, case.profile, case.edit, **levels)
    end_s = case.learned_s + case.for_s
    if case.fault is None:
        run.run(end_s)
    else:
        fault = run.fault(case.fault, **case.params)
        run.run(end_s, (case.learned_s, fault.begin), (end_s, fault.end))
    for one in run.channels if case.fault == "drift" else run.channels[:1]:
        during = {x.quality for x in run.of(one.ch) if case.learned_s + 0.5 < x.at_s < end_s}
        assert set(case.says) <= during <= {*case.says, codes.GOOD}, said(during)
    own = (codes.HH,) if case.level and case.level > 1_000_000.0 else ()  # the level's own alarm
    assert sorted(set(run.alarms())) == sorted({*case.alarms, *own})
    assert run.node.boots == 1 and run.node.crashes == 0


def said(qualities: set[int]) -> list[str]:
    return [words.name(words.QUALITIES, one) for one in sorted(qualities)]


def row(case: Case) -> str:
    """One line of the table."""
    params = ", ".join(f"{key} {value:,.10g}" for key, value in case.params.items())
    fault = "–" if case.fault is None else f"`{case.fault}` {params}".strip()
    says = ", ".join(
        f"{words.CATEGORIES[codes.category(one)]}: {words.name(words.QUALITIES, one)}"
        for one in case.says
    )
    alarms = ", ".join(tags.name(tags.CONDITIONS, one) for one in case.alarms) or "–"
    return f"| {case.what} | `{case.profile}` | {fault} | {says} | {alarms} |"


def test_the_readme_tells_what_each_fault_was_called() -> None:
    told = README.read_text(encoding="utf-8")
    missing = [row(case) for case in CASES if row(case) not in told]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", ["speed", "speed_tacho"])
def test_a_machine_that_stands_is_not_stuck(tmp_path: Path, name: str) -> None:
    run = Node(tmp_path, name)

    async def stop() -> None:
        run.plant.model.value = 0.0

    run.run(660.0, (LEARNED_S, stop))
    rest = [x for x in run.of(1) if x.at_s > LEARNED_S + 5.0]
    assert {x.value for x in rest} == {0.0} and {x.quality for x in rest} == {codes.GOOD}
    assert codes.FAULT not in run.alarms()


@pytest.mark.parametrize("name", ["pressure", "pressure_ratio", "dust", "dust_loop", "speed"])
def test_a_steady_value_is_not_stuck(tmp_path: Path, name: str) -> None:
    run = Node(tmp_path, name)
    run.run(1_800.0)
    assert {x.quality for x in run.of(1) if x.at_s > 5.0} == {codes.GOOD}
    assert run.alarms() == []


def test_clean_air_after_dusty_air_is_not_stuck(tmp_path: Path) -> None:
    run = Node(tmp_path, "dust", dust=800.0)

    async def clear() -> None:
        run.plant.model.value = 3.0

    run.run(1_200.0, (LEARNED_S, clear))
    assert {x.quality for x in run.of(1) if x.at_s > LEARNED_S + 5.0} == {codes.GOOD}


def test_dust_is_measured_for_lungs_and_for_explosions_once_each_meter_is_warm(
    tmp_path: Path,
) -> None:
    run = Node(tmp_path, "dust_ranges")

    async def cloud() -> None:
        run.plants[1].model.value = 16_000_000.0

    run.run(60.0, (40.0, cloud))
    for ch, warm_s, level in ((1, 30.0, 80.0), (2, 10.0, 2_000_000.0)):
        found = [x for x in run.of(ch) if x.at_s < 39.0 and x.value is not None]
        warming = {x.quality for x in found if x.at_s < warm_s}
        settled = [x for x in found if x.at_s > warm_s + 2.0]
        assert warming == {codes.WARM_UP} and {x.quality for x in settled} == {codes.GOOD}
        bound = run.channels[ch - 1].uncertainty
        assert all(abs(x.value - level) < bound for x in settled)
    assert run.alarms() == [codes.H, codes.HH]
