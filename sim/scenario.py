"""A scenario file: nodes, the physics under them, what happens when, and what is expected of it.

name = "leak"
purpose = "one line for people"
seed = 1
clock = "real"               # or "lockstep", "jump"
duration_s = 40              # from power-on
requirements = ["P1"]
allow = ["watchdog"]         # defects that it means to provoke, of `sim.defects`

[[node]]
profile = "pressure"         # or a file; id, period_ms, flush_ms, journal_kib if need be

[[plant]]
node = "pg-01"
ch = 1
physics = "vessel"
start_s = 6.0                # and other parameters of that model

[[step]]
at_s = 20
do = "power_off"             # an action of `sim.steps`, or `fault = "..."` of `sim.faults`
node = "pg-01"

[[expect]]
event = "alarm"              # or relay = 0, lost = 0, measure = "lead_s": see `sim.expect`
node = "pg-01"
at = "HH"
within_s = 30                # counted from after_s, or from power-on

Strict, so that a slip has a name. Nodes, steps and expectations may be missing: then the file is a
world for others to use.
"""

import inspect
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim import defects, physics, steps
from sim.errors import ScenarioError
from sim.expect import Expectation
from sim.image import CHANGES, NodeSpec
from sim.schema import Table, nearest

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
CLOCKS = ("real", "lockstep", "jump")

_NEEDED = {"name": str, "purpose": str, "seed": int, "plant": list}
_OPTIONAL = {
    "clock": str,
    "slow": bool,
    "duration_s": float,
    "requirements": list,
    "allow": list,
    "node": list,
    "step": list,
    "expect": list,
}
_PLANT = {"node": str, "ch": int, "physics": str}
_STEP = {"do": str, "fault": str, "node": str, "ch": int, "until_s": float}


@dataclass(frozen=True)
class Step:
    """Something that happens to the world."""

    at_s: float
    action: str  # of `sim.steps`
    node: str | None = None
    ch: int | None = None
    until_s: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """One scenario; `plants` maps (node, ch) to what `physics.build` takes."""

    path: Path
    name: str
    purpose: str
    seed: int
    plants: dict[tuple[str, int], dict[str, Any]]
    clock: str = "real"
    slow: bool = False  # takes minutes: only run when asked for by name
    duration_s: float = 0.0
    requirements: tuple[str, ...] = ()
    nodes: tuple[NodeSpec, ...] = ()
    steps: tuple[Step, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    allow: tuple[str, ...] = ()  # kinds of `sim.defects`
    # of a run, not of the file: nodes whose console is a port of this machine, and its other name
    consoles: Mapping[str, Path | None] = field(default_factory=dict)


def load(path: Path) -> Scenario:
    """Scenario in the file; ScenarioError with file, key and what was meant if it is unusable."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    table = Table(path, "", content)
    table.check(_NEEDED, _OPTIONAL)
    table.positive("duration_s")
    return Scenario(
        path,
        content["name"],
        content["purpose"],
        content["seed"],
        dict(map(_plant, table.tables("plant"))),
        table.word("clock", CLOCKS, "real"),
        content.get("slow", False),
        float(content.get("duration_s", 0.0)),
        tuple(map(str, content.get("requirements", []))),
        tuple(map(_node, table.tables("node"))),
        tuple(sorted(map(_step, table.tables("step")), key=lambda one: one.at_s)),
        tuple(map(Expectation.read, table.tables("expect"))),
        tuple(table.words("allow", defects.KINDS)),
    )


def every() -> list[Scenario]:
    """The scenarios that come with the simulator and can be run, by name."""
    found = [load(path) for path in sorted(SCENARIOS.glob("*.toml"))]
    return [one for one in found if one.nodes and one.duration_s]


def named(name: str) -> Scenario:
    """Scenario in that file, or of that name; ScenarioError names the nearest."""
    path = Path(name)
    if path.suffix != ".toml":
        path = SCENARIOS / f"{name}.toml"
        if not path.exists():
            raise ScenarioError(nearest(name, [one.name for one in every()]))
    found = load(path)
    if not found.nodes or not found.duration_s:
        raise ScenarioError(f"{path}: needs [[node]] and duration_s to be run")
    return found


def _plant(table: Table) -> tuple[tuple[str, int], dict[str, Any]]:
    name = table.word("physics", physics.MODELS)
    words = [word for word in inspect.signature(physics.load(name)).parameters if word != "noise"]
    table.check(_PLANT, {}, words)
    cfg = {key: value for key, value in table.content.items() if key not in ("node", "ch")}
    return (table.content["node"], table.content["ch"]), cfg


def _node(table: Table) -> NodeSpec:
    table.check({"profile": str}, {"id": str, **dict.fromkeys(CHANGES, int)})
    changes = {key: table.content[key] for key in CHANGES if key in table.content}
    return NodeSpec(table.content["profile"], table.content.get("id", ""), changes)


def _step(table: Table) -> Step:
    content = table.content
    if ("do" in content) == ("fault" in content):
        raise table.fault("do", "a step has either do or fault")
    kind = "do" if "do" in content else "fault"
    name = table.word(kind, steps.known(kind))
    table.check({"at_s": float}, _STEP, steps.parameters(kind, name))
    table.positive("at_s")
    at_s, until_s = float(content["at_s"]), content.get("until_s")
    if until_s is not None and until_s <= at_s:
        raise table.fault("until_s", "must be after at_s")
    if "node" not in content and steps.needs_node(kind, name):
        raise table.fault("node", f"must be there: {name} happens to a node")
    for key in steps.required(kind, name):
        if key not in content:
            raise table.fault(key, f"must be there: {name} needs it")
    more = {key: value for key, value in content.items() if key not in {"at_s", *_STEP}}
    return Step(at_s, name, content.get("node"), content.get("ch"), until_s, more)
