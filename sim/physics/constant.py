"""A value that stands still until somebody sets it: for tests and for trying things by hand."""

import random


class Constant:
    """`value` is what was set last; `permitted` what the relay said last."""

    def __init__(self, noise: random.Random, value: float = 0.0) -> None:
        self.value = value
        self.permitted = False

    def step(self, dt_s: float) -> None:
        """Nothing happens by itself."""

    def permit(self, on: bool) -> None:
        """Remember it."""
        self.permitted = on
