"""Clock: what a node believes of time is wrong. Its schedule must not care; its records say so."""

import asyncio

from sim import clock
from sim.errors import ScenarioError
from sim.faults.fault import Fault, Target


class RtcJump(Fault):
    """The battery clock jumps, forwards or backwards; it stays wrong until somebody sets it."""

    def __init__(self, target: Target, *, jump_s: float) -> None:
        super().__init__(target)
        self._jump_s = jump_s

    async def _begin(self) -> None:
        self.target.node.peripherals.rtc_offset_s += self._jump_s

    async def _end(self) -> None:
        """It was an instant."""


class RtcLost(Fault):
    """The battery is empty: the clock begins anew, in the past, until somebody sets it."""

    async def _begin(self) -> None:
        self.target.node.lose_time()

    async def _end(self) -> None:
        """It was an instant."""


class ClockDrift(Fault):
    """The node's crystal is too fast, or too slow (below zero); on virtual clocks only."""

    def __init__(self, target: Target, *, drift_ppm: float) -> None:
        super().__init__(target)
        self._drift_ppm = drift_ppm

    async def _begin(self) -> None:
        if clock.virtual() is None:
            self.active = False
            raise ScenarioError(f"{self.target.fault}: needs a virtual clock")
        self._set(self._drift_ppm)

    async def _end(self) -> None:
        self._set(0.0)

    def _set(self, ppm: float) -> None:
        self.target.node.ticks.drift(ppm, asyncio.get_running_loop().time())
