"""Registry of physics models: adding one is one file here and one word in `NAMES`.

A model file holds one class `Model(noise, **parameters)` whose docstring gives the equations and
where they come from. Parameters come from the scenario by name, with their unit in the name.
"""

import random
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

NAMES = ("constant",)


class Model(Protocol):
    """A quantity that changes with time."""

    @property
    def value(self) -> float:
        """The quantity now, in the wire unit."""

    def step(self, dt_s: float) -> None:
        """Let that much time pass."""

    def permit(self, on: bool) -> None:
        """The safety relay allows the machine to run, or stops it."""


def build(cfg: Mapping[str, Any], noise: random.Random) -> Model:
    """Model named by `cfg["physics"]`, other entries as parameters; KeyError if unknown."""
    name = cfg["physics"]
    if name not in NAMES:
        raise KeyError(name)
    parameters = {key: value for key, value in cfg.items() if key != "physics"}
    model: Model = import_module(f"sim.physics.{name}").Model(noise, **parameters)
    return model
