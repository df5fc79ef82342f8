"""One run of a scenario: power on, let it happen, add up, judge."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from protocols import codes
from sim import account, clock
from sim.expect import Expectation, Finding
from sim.image import Workshop
from sim.scenario import Scenario
from sim.stand import Stand
from sim.witness import Say

NO_DEFECT = "no defect of the firmware"

Measures = dict[str, list[tuple[str, int | None, float]]]


@dataclass(frozen=True)
class Outcome:
    """What became of a run."""

    scenario: Scenario
    seed: int
    findings: Sequence[Finding]
    virtual_s: float
    wall_s: float
    trace: Path
    trace_sha256: str
    runtime: str = ""
    context: Sequence[Sequence[str]] = field(default=())  # of each failure
    happened: Sequence[str] = field(default=())
    again: str = ""  # the command that repeats it

    @property
    def ok(self) -> bool:
        """Did everything come as expected?"""
        return all(one.ok for one in self.findings)

    @property
    def failures(self) -> list[str]:
        """Each as a text that explains itself."""
        bad = [one for one in self.findings if not one.ok]
        return [self._explain(*pair) for pair in zip(bad, self.context, strict=True)]

    def summary(self) -> dict[str, Any]:
        """The object that `sim run --json` ends with."""
        return {
            "scenario": self.scenario.name,
            "verdict": "pass" if self.ok else "fail",
            "seed": self.seed,
            "virtual_s": round(self.virtual_s, 3),
            "wall_s": round(self.wall_s, 3),
            "trace_sha256": self.trace_sha256,
            "failures": self.failures,
        }

    def _explain(self, one: Finding, context: Sequence[str]) -> str:
        head = f"expected: {one.expected}\n  seen: {one.seen}; {one.why}"
        return "\n".join([head, *context, f"  again: {self.again}"])


async def run(
    scenario: Scenario,
    workshop: Workshop,
    folder: Path,
    seed: int | None = None,
    say: Say = lambda line: None,
) -> Outcome:
    """Run it in `folder`, which keeps the trace; nothing else is left behind."""
    started_s = monotonic()
    async with Stand(scenario, workshop, folder, seed, say) as stand:
        await _course(stand)
        await stand.drain()
        virtual_s = stand.now_s
        journals = await asyncio.shield(stand.stop())
        measures = _measure(stand, journals)
        findings = [one.judge(stand.record, measures) for one in scenario.expectations]
        findings.append(_sound(stand))
        stand.trace.write("end", name="run")
        return Outcome(
            scenario,
            stand.seed,
            findings,
            virtual_s,
            monotonic() - started_s,
            stand.trace.path,
            stand.trace.sha256,
            _runtime(stand),
            [stand.context(None, one.to_s) for one in findings if not one.ok],
            [str(one) for one in stand.record.told()],
            f"tocsin sim run {_name(scenario)} --seed {stand.seed}",
        )


async def _course(stand: Stand) -> None:
    """All steps at their times; what a step dies of ends the run."""
    async with asyncio.TaskGroup() as group:
        for step in stand.scenario.steps:
            await stand.until(step.at_s)
            group.create_task(stand.do(step))
        await stand.until(stand.scenario.duration_s)


def _sound(stand: Stand) -> Finding:
    """Did the bench notice a mistake of the firmware that nobody meant to provoke?"""
    found = stand.witness.defects.found
    if not found:
        return Finding(NO_DEFECT, True, "none", "")
    first = found[0]
    seen = f"{len(found)}, at {', '.join(f'{one.at_s:.2f} s' for one in found[:4])}"
    return Finding(NO_DEFECT, False, seen, f"{first.node}: {first.kind}: {first.text}", first.at_s)


def _measure(stand: Stand, journals: dict[str, Path]) -> Measures:
    """Figures by name: (node, ch, figure)."""
    found: Measures = {}
    evidence, observed = stand.evidence, stand.observed
    for node, journal in journals.items():
        events = evidence.events(node, 0)
        _note(found, "lost", node, account.lost(journal, evidence.blocks(node)))
        for one in account.predicted(node, evidence, events, observed):
            false = one["lead_s"] is None
            _note(found, "false_predictions", node, int(false), one["ch"])
        for ch, lead_s in _leads(stand, node, events):
            _note(found, "lead_s", node, lead_s, ch)
        alarms = account.alarms(node, evidence, events, observed)
        for one in alarms:
            for name in ("relay_ms", "committed_ms"):
                if one[name] is not None:
                    _note(found, name, node, one[name], one["ch"])
        for crossing in _unheard(stand, node, alarms):
            _note(found, "missed_alarms", node, 1, crossing)
        board = stand.world.nodes[node]
        _note(found, "boots", node, board.boots)
        _note(found, "crashes", node, board.crashes)
        _note(found, "heap_kib", node, stand.nodes.heap_peak(node) / 1024)
    return found


def _note(found: Measures, name: str, node: str, figure: float, ch: int | None = None) -> None:
    found.setdefault(name, []).append((node, ch, figure))


def _leads(stand: Stand, node: str, events: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """Of every true crossing of a limit: (ch, time since the first warning of it; 0 without)."""
    warned = [one for one in account.raised(events) if one["condition"] & codes.PREDICTED]
    limits = {(limit["ch"], limit["at"]): limit for limit in stand.scene.images[node].limits}
    found, last_ms = [], 0
    for crossing in stand.observed.crossings:
        if crossing.node != node or not limits[crossing.ch, crossing.limit].get("predict"):
            continue
        times = [
            one["t_ms"]
            for one in warned
            if one["ch"] == crossing.ch and last_ms < one["t_ms"] <= crossing.at_unix_ms
        ]
        lead_ms = crossing.at_unix_ms - times[0] if times else 0
        found.append((crossing.ch, lead_ms / 1000))
        last_ms = crossing.at_unix_ms
    return found


def _unheard(stand: Stand, node: str, alarms: list[dict[str, Any]]) -> list[int]:
    """Channels of limits that were truly passed and never alarmed."""
    heard = {(one["ch"], one["limit"]) for one in alarms}
    crossed = {(one.ch, one.limit) for one in stand.observed.crossings if one.node == node}
    return sorted(ch for ch, _ in crossed - heard)


def _runtime(stand: Stand) -> str:
    boots = [one for one in stand.record.happenings if one.kind == "boot"]
    return str(boots[0].fields["runtime"]) if boots else "unknown"


def _name(scenario: Scenario) -> str:
    from sim.scenario import SCENARIOS

    own = scenario.path.parent == SCENARIOS
    return scenario.name if own else str(scenario.path)


def run_here(
    scenario: Scenario,
    workshop: Workshop,
    folder: Path,
    seed: int | None = None,
    say: Say = lambda line: None,
) -> Outcome:
    """Run one with a virtual clock on a loop of its own; the same seed gives the same trace."""
    chosen = scenario.seed if seed is None else seed
    return clock.run(run(scenario, workshop, folder, chosen, say), chosen)


async def run_all(
    scenarios: Sequence[Scenario],
    workshop: Workshop,
    folder: Path,
    jobs: int,
    seed: int | None = None,
    say: Callable[[str, str], None] = lambda name, line: None,
) -> list[Outcome]:
    """Several, `jobs` at a time side by side: on the real clock they wait more than they work."""
    turns = asyncio.Semaphore(jobs)

    async def one(scenario: Scenario) -> Outcome:
        async with turns:
            place = folder / scenario.name
            place.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                (place / "gateway.db").unlink()
            return await run(
                scenario, workshop, place, seed, lambda line: say(scenario.name, line)
            )

    tasks = [asyncio.ensure_future(one(scenario)) for scenario in scenarios]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def replayed(scenario: Scenario, file: Path, column: str | None, duration_s: float) -> Scenario:
    """The same nodes with a recording under the first channel instead of its physics.

    What a machine does can be expected; of a recording only that nothing of it is lost.
    """
    (where, _), *rest = scenario.plants.items()
    cfg = {"physics": "recording", "file": str(file)} | ({"column": column} if column else {})
    plants = {where: cfg, **dict(rest)}
    return replace(
        scenario,
        plants=plants,
        duration_s=duration_s,
        steps=(),
        expectations=(Expectation("lost", 0), Expectation("measure", "crashes", at_most=0)),
    )
