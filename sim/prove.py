"""Is a run determined by its seed? Three runs, the last on a busy machine, trace by trace."""

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.image import Workshop
from sim.run import run_here
from sim.scenario import Scenario

RUNS = ("first", "second", "under load")
_BUSY = "while True: pass"


@dataclass(frozen=True)
class Proof:
    """What the runs left: SHA-256 and path of each trace."""

    scenario: Scenario
    seed: int
    sha256: tuple[str, ...]
    traces: tuple[Path, ...]

    @property
    def ok(self) -> bool:
        """Are they the same, byte for byte?"""
        return len(set(self.sha256)) == 1

    @property
    def lines(self) -> int:
        """How many lines the first trace has."""
        with self.traces[0].open("rb") as file:
            return sum(1 for _ in file)

    @property
    def difference(self) -> str:
        """The first line that is not the same in all of them; empty if all are."""
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in self.traces]
            for number, found in enumerate(itertools.zip_longest(*files, fillvalue=b""), 1):
                if len(set(found)) > 1:
                    return _told(number, found)
        return ""


def prove(one: Scenario, workshop: Workshop, folder: Path, seed: int | None = None) -> Proof:
    """Run it three times in folders of their own."""
    chosen = one.seed if seed is None else seed
    digests, traces = [], []
    for name in RUNS:
        place = folder / name.replace(" ", "-")
        place.mkdir(parents=True)
        with busy() if name == RUNS[-1] else contextlib.nullcontext():
            outcome = run_here(one, workshop, place, chosen)
        digests.append(outcome.trace_sha256)
        traces.append(outcome.trace)
    return Proof(one, chosen, tuple(digests), tuple(traces))


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Give every core of this machine something else to do."""
    jobs = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for job in jobs:
            job.kill()
            job.wait()


def _told(number: int, found: tuple[bytes, ...]) -> str:
    lines = [f"line {number} is not the same:"]
    for name, line in zip(RUNS, found, strict=True):
        text = line.decode(errors="replace").strip() or "(the trace has ended)"
        lines.append(f"  {name:10} {text[:160]}")
    return "\n".join(lines)
