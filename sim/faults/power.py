"""Power: the supply of one node fails, at an instant or at an operation of its flash.

Switching is shielded: a fault that ends in the middle of it leaves no half-started board.
"""

import asyncio

from sim.faults.fault import Fault, Target
from sim.flash import Operation, Verdict


class PowerCut(Fault):
    """The supply is gone until the fault ends."""

    async def _begin(self) -> None:
        await self.target.node.supply.interrupt(self)

    async def _end(self) -> None:
        await self.target.node.supply.restore(self)


class CutAtOperation(Fault):
    """The supply fails just before the n-th flash operation from now on, and `times` - 1 times
    more at the n-th after its return: during the recovery, that is."""

    share = 0.0  # of the operation that still happens

    def __init__(
        self, target: Target, *, nth_operation: int, times: int = 1, off_ms: float = 200.0
    ) -> None:
        super().__init__(target)
        self._node = target.node
        self._nth = nth_operation
        self._times = times
        self._off_s = off_ms / 1000.0
        self._left = 0
        self.cuts = 0

    def _rule(self, operation: Operation) -> Verdict | None:
        self._left -= 1
        if self._left or self.cuts == self._times:
            return None
        return Verdict(cut_bytes=int(self.share * operation.size), cut=self._cut)

    def _cut(self) -> None:
        self.cuts += 1
        self._node.collapse()
        self._run(self._off_and_on())

    async def _off_and_on(self) -> None:
        await asyncio.shield(self._node.supply.interrupt(self))
        await asyncio.sleep(self._off_s)
        self._left = self._nth
        await asyncio.shield(self._node.supply.restore(self))

    async def _begin(self) -> None:
        self._left, self.cuts = self._nth, 0
        self._node.peripherals.flash.rules.append(self._rule)

    async def _end(self) -> None:
        self._node.peripherals.flash.rules.remove(self._rule)
        await self._stop()
        await self._node.supply.restore(self)


class BrownOut(Fault):
    """The supply fails again and again: `cuts` times, `every_ms` apart, each `off_ms` long."""

    def __init__(
        self, target: Target, *, cuts: int = 5, every_ms: float = 300.0, off_ms: float = 50.0
    ) -> None:
        super().__init__(target)
        self._node = target.node
        self._cuts = cuts
        self._on_s, self._off_s = (every_ms - off_ms) / 1000.0, off_ms / 1000.0

    async def _begin(self) -> None:
        self._run(self._cut())

    async def _end(self) -> None:
        await self._stop()
        await self._node.supply.restore(self)

    async def _cut(self) -> None:
        for _ in range(self._cuts):
            await asyncio.shield(self._node.supply.interrupt(self))
            await asyncio.sleep(self._off_s)
            await asyncio.shield(self._node.supply.restore(self))
            await asyncio.sleep(self._on_s)


class ResetButton(Fault):
    """Somebody presses the board's reset button, `times` times."""

    def __init__(self, target: Target, *, times: int = 1, every_ms: float = 1000.0) -> None:
        super().__init__(target)
        self._node = target.node
        self._times = times
        self._every_s = every_ms / 1000.0

    async def _begin(self) -> None:
        self._node.reset()
        self._run(self._again())

    async def _end(self) -> None:
        await self._stop()

    async def _again(self) -> None:
        for _ in range(self._times - 1):
            await asyncio.sleep(self._every_s)
            self._node.reset()
