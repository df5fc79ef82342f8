"""`tocsin sim`: list the scenarios, run them, prove them determined, replay a recording.

Exit codes: 0 everything as expected, 1 something was not, 2 wrong use or a wrong file, 3 this
machine does not let it run.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gateway.errors import ConfigError, GatewayError
from sim import faults, prove, replay, report, scenario
from sim.errors import MissingInterpreter, ScenarioError, SimError
from sim.image import Workshop
from sim.run import Outcome, replayed, run_all, run_here

PASS, FAILED, USAGE, ENVIRONMENT = 0, 1, 2, 3
JOBS = 4
# quantity of a recording -> the scenario whose node measures it
REPLAYED = {"pressure": "runaway", "dust": "liftoff", "speed": "overspeed"}


def main(argv: Sequence[str], workshop: Workshop) -> int:
    """Run the command in `argv`."""
    args = _parser().parse_args(argv)
    try:
        return int(args.command(args, workshop))
    except KeyboardInterrupt:
        return _error("stopped; nothing is left running", FAILED)
    except MissingInterpreter as error:
        return _error(str(error), ENVIRONMENT)
    except (SimError, ConfigError) as error:
        return _error(str(error), USAGE)
    except GatewayError as error:
        return _error(f"{error}\n  try: {error.hint}", ENVIRONMENT)


def _list(args: argparse.Namespace, workshop: Workshop) -> int:
    """Name and purpose of every scenario, or of every fault."""
    if args.faults:
        rows = [(name, faults.layer(name), faults.purpose(name)) for name in faults.NAMES]
        found: list[dict[str, object]] = [
            dict(zip(("name", "layer", "purpose"), row, strict=True)) for row in rows
        ]
    else:
        known = scenario.every()
        rows = [(one.name, f"{one.duration_s:g} s", one.purpose) for one in known]
        found = [
            {"name": one.name, "purpose": one.purpose, "requirements": list(one.requirements)}
            for one in known
        ]
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _table(rows)
    return PASS


def _run(args: argparse.Namespace, workshop: Workshop) -> int:
    """Run scenarios by name or file and judge them."""
    wanted = _quick() if args.all else [scenario.named(name) for name in args.scenario]
    if not wanted:
        raise ScenarioError("which one? `tocsin sim list` shows them; --all runs every one")
    if args.virtual or args.real:
        clock = "lockstep" if args.virtual else "real"
        wanted = [replace(one, clock=clock) for one in wanted]
    if args.seconds is not None:
        wanted = [_longer(one, args.seconds) for one in wanted]
    if args.console:
        consoles = dict(map(_console, args.console))
        wanted = [replace(one, consoles=consoles) for one in wanted]
    return _carry_out(wanted, args, workshop)


def _quick() -> list[scenario.Scenario]:
    return [one for one in scenario.every() if not one.slow]


def _longer(one: scenario.Scenario, duration_s: float) -> scenario.Scenario:
    if duration_s < one.duration_s:
        raise ScenarioError(f"--seconds: {one.name} itself takes {one.duration_s:g}")
    return replace(one, duration_s=duration_s)


def _console(words: str) -> tuple[str, Path | None]:
    node, _, link = words.partition("=")
    return node, Path(link).absolute() if link else None


def _prove(args: argparse.Namespace, workshop: Workshop) -> int:
    """Run each three times, once on a busy machine, and compare the traces byte for byte."""
    wanted = [scenario.named(name) for name in args.scenario]
    proofs = []
    for one in wanted:
        one = replace(one, clock="lockstep") if one.clock == "real" else one
        with tempfile.TemporaryDirectory(prefix="tocsin-sim-") as scratch:
            proof = prove.prove(one, workshop, Path(scratch), args.seed)
            proofs.append(proof)
            _tell_proof(proof, args.json)
    return PASS if all(proof.ok for proof in proofs) else FAILED


def _tell_proof(proof: prove.Proof, as_json: bool) -> None:
    name = proof.scenario.name
    if as_json:
        runs = dict(zip(prove.RUNS, proof.sha256, strict=True))
        found = {"scenario": name, "seed": proof.seed, "same": proof.ok, "sha256": runs}
        print(json.dumps(found | {"lines": proof.lines, "difference": proof.difference}))
        return
    _table(list(zip(prove.RUNS, proof.sha256, strict=True)))
    verdict = "PASS" if proof.ok else "FAIL"
    print(f"{verdict}  {name}, seed {proof.seed}: {proof.lines} lines of trace", flush=True)
    if not proof.ok:
        print(proof.difference)


def _replay(args: argparse.Namespace, workshop: Workshop) -> int:
    """Put a recorded CSV file under an instrument, through its electrical layer."""
    if not args.file.is_file():
        raise ScenarioError(f"{args.file}: there is no such file")
    columns = [one for one in replay.columns(args.file) if args.column in (None, one.name)]
    if not columns:
        known = ", ".join(one.name for one in replay.columns(args.file))
        raise ScenarioError(
            f"{args.file}: no column {args.column or 'with a unit'}; "
            f"there are: {known or f't_s and one that ends in _{chr(44).join(replay.UNITS)}'}"
        )
    base = scenario.named(REPLAYED[columns[0].quantity])
    one = replayed(base, args.file.resolve(), columns[0].name, args.seconds)
    return _carry_out([one], args, workshop)


def _carry_out(
    wanted: list[scenario.Scenario], args: argparse.Namespace, workshop: Workshop
) -> int:
    with tempfile.TemporaryDirectory(prefix="tocsin-sim-") as scratch:
        folder = args.report or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        virtual = [one for one in wanted if one.clock != "real"]
        outcomes = [_alone(one, args, workshop, folder, len(wanted)) for one in virtual]
        real = [one for one in wanted if one.clock == "real"]
        outcomes += asyncio.run(_until_stopped(real, args, workshop, folder))
        for outcome in outcomes:
            if args.report is not None:
                page = report.write(outcome, args.report)
                _say(f"report: {page}")
            _tell(outcome, args.json)
    return PASS if all(one.ok for one in outcomes) else FAILED


def _alone(
    one: scenario.Scenario, args: argparse.Namespace, workshop: Workshop, folder: Path, count: int
) -> Outcome:
    """On a virtual clock: one after the other, each on its own loop."""
    say = _line(count)
    with tempfile.TemporaryDirectory(prefix="tocsin-sim-") as scratch:
        place = Path(scratch)
        outcome = run_here(one, workshop, place, args.seed, lambda line: say(one.name, line))
        kept = folder / f"{one.name}.jsonl"
        shutil.copyfile(outcome.trace, kept)
        return replace(outcome, trace=kept)


async def _until_stopped(
    wanted: list[scenario.Scenario], args: argparse.Namespace, workshop: Workshop, folder: Path
) -> list[Outcome]:
    """Both Ctrl-C and SIGTERM end every node and gateway first."""
    task = asyncio.ensure_future(
        run_all(wanted, workshop, folder, args.jobs, args.seed, _line(len(wanted)))
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _tell(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        print(json.dumps(outcome.summary(), ensure_ascii=False), flush=True)
        return
    verdict = "PASS" if outcome.ok else "FAIL"
    print(f"\n{outcome.scenario.name}: {outcome.scenario.purpose}")
    _table([("ok" if one.ok else "FAILED", one.expected, one.seen) for one in outcome.findings])
    for text in outcome.failures:
        print(text)
    print(
        f"{verdict}  {outcome.virtual_s:.1f} s in {outcome.wall_s:.1f} s, {outcome.runtime}, "
        f"seed {outcome.seed}; again: {outcome.again}"
    )


def _line(count: int) -> Callable[[str, str], None]:
    """Live lines; with the scenario's name when there are several."""
    return lambda name, line: _say(line if count == 1 else f"{name:12} {line}")


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _error(text: str, code: int) -> int:
    _say(f"error: {text}")
    return code


class _Parser(argparse.ArgumentParser):
    """Help that opens with an example."""

    example = "tocsin sim run runaway --report build/report"

    def format_help(self) -> str:
        return f"example: {self.example}\n\n{super().format_help()}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tocsin sim")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    made = {}
    for command, example in (
        (_list, "list --json"),
        (_run, "run runaway open_loop --report build/report"),
        (_prove, "prove runaway loss_reorder"),
        (_replay, "replay field.csv --seconds 60"),
    ):
        name = command.__name__.strip("_")
        made[name] = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        made[name].example = f"tocsin sim {example}"
        made[name].set_defaults(command=command)
        made[name].add_argument("--json", action="store_true", help="one JSON object per result")
    made["list"].add_argument("--faults", action="store_true", help="the faults instead")
    made["run"].add_argument("scenario", nargs="*", help="names of `sim list`, or files")
    made["run"].add_argument("--all", action="store_true", help="every one that is not slow")
    clocks = made["run"].add_mutually_exclusive_group()
    clocks.add_argument("--virtual", action="store_true", help="all on the lock-step clock")
    clocks.add_argument("--real", action="store_true", help="all on the real clock")
    made["run"].add_argument(
        "--console", action="append", metavar="NODE[=PATH]",
        help="make this node's console a serial port (with --real), under that name",
    )  # fmt: skip
    made["run"].add_argument("--seconds", type=float, help="longer than the scenario's own time")
    made["prove"].add_argument("scenario", nargs="+", help="names of `sim list`, or files")
    made["replay"].add_argument("file", type=Path, help="CSV: t_s and a column like p_bar, c_ugm3")
    made["replay"].add_argument("--column", help="which one (default: the first with a unit)")
    made["replay"].add_argument("--seconds", type=float, default=60.0, help="how long (60)")
    for name in ("run", "prove", "replay"):
        made[name].add_argument("--seed", type=int, help="instead of the scenario's own")
    for name in ("run", "replay"):
        made[name].add_argument("--jobs", type=int, default=JOBS, help=f"at a time ({JOBS})")
        made[name].add_argument(
            "--report", type=Path, metavar="DIR", help="keep trace and one HTML page there"
        )
    return parser
