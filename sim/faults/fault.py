"""What all faults have in common: where they strike, that they begin and end once.

`begin` and `end` may be called in any order and as often as one likes. What a fault found it
leaves behind; only what it broke for good stays broken, and its class says so.
"""

import asyncio
import contextlib
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from sim.errors import ScenarioError
from sim.plant import Plant
from sim.supervisor import SimNode


@dataclass(frozen=True)
class Target:
    """What is to be broken: a channel, a node or something of the whole world."""

    world: Any  # seed, nodes, network, gateway
    node_name: str | None
    ch: int | None
    fault: str  # name of the fault, for its noise and for messages

    @property
    def node(self) -> SimNode:
        """The node; ScenarioError without one."""
        found: SimNode | None = self.world.nodes.get(self.node_name)
        if found is None:
            raise ScenarioError(f"{self.fault}: needs a node, and {self.node_name!r} is none")
        return found

    @property
    def plant(self) -> Plant:
        """The channel's plant; ScenarioError without one."""
        for plant in self.node.plants:
            if plant.ch == self.ch:
                return plant
        raise ScenarioError(f"{self.fault}: {self.node_name} has no channel {self.ch}")

    def noise(self) -> random.Random:
        """Randomness that is the same in every run with this seed."""
        return random.Random(f"{self.world.seed} {self.fault} {self.node_name} {self.ch}")


class Fault:
    """Base of every fault; a fault overrides `_begin` and `_end`."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.active = False
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Break it; nothing happens if it is broken by this fault already."""
        if not self.active:
            self.active = True
            await self._begin()

    async def end(self) -> None:
        """Mend it; nothing happens if this fault has not broken it."""
        if self.active:
            self.active = False
            await self._end()

    async def _begin(self) -> None:
        raise NotImplementedError

    async def _end(self) -> None:
        raise NotImplementedError

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on beside everything else until it is done or `_stop`ped."""
        self._task = asyncio.get_running_loop().create_task(work, name=self.target.fault)

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


class PlantFault(Fault):
    """Base of what strikes one measuring point, which is brought up to the instant first."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.plant = target.plant
        self._began_s = 0.0

    @property
    def elapsed_s(self) -> float:
        """How long it has lasted, in the plant's own time."""
        return self.plant.now_s - self._began_s

    async def _begin(self) -> None:
        self._began_s = asyncio.get_running_loop().time()
        self.plant.advance(self._began_s)
        self._attach()

    async def _end(self) -> None:
        self.plant.advance(asyncio.get_running_loop().time())
        self._detach()

    def _attach(self) -> None:
        raise NotImplementedError

    def _detach(self) -> None:
        raise NotImplementedError
