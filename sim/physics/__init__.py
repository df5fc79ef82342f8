"""Registry of physics models: adding one is one file here and one line in `MODELS`.

A model is a class made with `(noise, **parameters)` whose docstring gives its equations and where
they come from. Parameters come from the scenario by name, with their unit in the name.
"""

import random
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

MODELS = {
    "constant": "sim.physics.constant:Constant",
    "dust_room": "sim.physics.dust_room:DustRoom",
    "hoist": "sim.physics.hoist:Hoist",
    "recording": "sim.replay:Recording",
    "vessel": "sim.physics.vessel:Vessel",
}


class Model(Protocol):
    """A quantity that changes with time."""

    @property
    def value(self) -> float:
        """The quantity now, in the wire unit."""

    def step(self, dt_s: float) -> None:
        """Let that much time pass (the plant keeps it at or below its `STEP_S`)."""

    def permit(self, on: bool) -> None:
        """The safety relay allows the machine to run, or stops it."""


def load(name: str) -> Callable[..., Model]:
    """Class of the model called `name`; KeyError for an unknown one."""
    module, _, attribute = MODELS[name].partition(":")
    found: Callable[..., Model] = getattr(import_module(module), attribute)
    return found


def build(cfg: Mapping[str, Any], noise: random.Random) -> Model:
    """Model named by `cfg["physics"]`, its other entries as parameters; KeyError if unknown."""
    parameters = {key: value for key, value in cfg.items() if key != "physics"}
    return load(cfg["physics"])(noise, **parameters)
