"""Registry of physics models: adding one is one file here and one line in `MODELS`.

A model is a class made with `(noise, **parameters)` whose docstring gives its equations and where
they come from. Parameters come from the scenario by name, with their unit in the name; those that
may change while it runs are attributes of the same name. `QUANTITY` says what it measures. A
model gives the same answer for steps of a millisecond and of a second: it cuts long ones itself.
"""

import random
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

MODELS = {
    "cloud": "sim.physics.cloud:Cloud",
    "compressor": "sim.physics.compressor:Compressor",
    "constant": "sim.physics.constant:Constant",
    "conveyor": "sim.physics.conveyor:Conveyor",
    "dust_room": "sim.physics.dust_room:DustRoom",
    "hammer": "sim.physics.hammer:Hammer",
    "hoist": "sim.physics.hoist:Hoist",
    "leak": "sim.physics.leak:Leak",
    "liftoff": "sim.physics.liftoff:Liftoff",
    "pipe": "sim.physics.pipe:Pipe",
    "recording": "sim.replay:Recording",
    "relief": "sim.physics.relief:Relief",
    "road": "sim.physics.road:Road",
    "vessel": "sim.physics.vessel:Vessel",
    "workshop": "sim.physics.workshop:Workshop",
}


class Model(Protocol):
    """A quantity that changes with time."""

    @property
    def value(self) -> float:
        """The quantity now, in the wire unit."""

    def step(self, dt_s: float) -> None:
        """Let that much time pass, from a millisecond to a second."""

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
