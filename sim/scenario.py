"""A scenario file: which physics stands under which channel. Strict, so that a slip has a name.

name = "demo"
purpose = "one line for people"
seed = 1

[[plant]]
node = "pg-01"
ch = 1
physics = "vessel"
start_s = 6.0        # and other parameters of that model
"""

import difflib
import inspect
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import physics
from sim.errors import ScenarioError

SCENARIOS = Path(__file__).resolve().parent / "scenarios"

_KEYS = {"name": str, "purpose": str, "seed": int, "plant": list}
_PLANT_KEYS = {"node": str, "ch": int, "physics": str}


@dataclass(frozen=True)
class Scenario:
    """One scenario; `plants` maps (node, ch) to what `physics.build` takes."""

    path: Path
    name: str
    purpose: str
    seed: int
    plants: dict[tuple[str, int], dict[str, Any]]


def load(path: Path) -> Scenario:
    """Scenario in the file; ScenarioError with file, key and what was meant if it is unusable."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    _check(path, "", content, _KEYS, _KEYS)
    plants = {}
    for number, plant in enumerate(content["plant"]):
        place = f"plant[{number}]."
        _check(path, place, plant, _PLANT_KEYS, [*_PLANT_KEYS, *_parameters(path, place, plant)])
        cfg = {key: value for key, value in plant.items() if key not in ("node", "ch")}
        plants[plant["node"], plant["ch"]] = cfg
    return Scenario(path, content["name"], content["purpose"], content["seed"], plants)


def _parameters(path: Path, place: str, plant: dict[str, Any]) -> list[str]:
    name = plant.get("physics", "")
    if name not in physics.MODELS:
        raise ScenarioError(f"{path}: {place}physics: {_nearest(str(name), physics.MODELS)}")
    return [word for word in inspect.signature(physics.load(name)).parameters if word != "noise"]


def _check(
    path: Path, place: str, table: dict[str, Any], needed: dict[str, type], known: Iterable[str]
) -> None:
    for key in table:
        if key not in known:
            raise ScenarioError(f"{path}: {place}{key}: {_nearest(key, known)}")
    for key, kind in needed.items():
        if not isinstance(table.get(key), kind):
            raise ScenarioError(f"{path}: {place}{key}: must be there and be {kind.__name__}")


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
    return f"{word!r} is unknown; {hint}"
