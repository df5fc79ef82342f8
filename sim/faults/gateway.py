"""Gateway: it dies, its disk is full, it is slow. `world.gateway` is the one that suffers.

One in a process of its own has `pid`, `kill()` and `start()`; one in this process has `store`,
and the same two.
"""

import asyncio
import contextlib
import os
import resource
import signal
from concurrent.futures import Future
from typing import Any

from gateway.errors import StoreDown
from sim.errors import ScenarioError
from sim.faults.fault import Fault, Target


class GatewayFault(Fault):
    """Base of what strikes the gateway."""

    @property
    def gateway(self) -> Any:
        """The world's; ScenarioError if it has none."""
        found = getattr(self.target.world, "gateway", None)
        if found is None:
            raise ScenarioError(f"{self.target.fault}: there is no gateway in this world")
        return found

    @property
    def store(self) -> Any:
        """Its store, if it runs in this process."""
        return getattr(self.gateway, "store", None)

    @property
    def pid(self) -> int | None:
        """Its process, if it has one of its own and runs."""
        found: int | None = getattr(self.gateway, "pid", None)
        return found


class GatewayKill(GatewayFault):
    """The gateway's process is killed, and started again when the fault ends."""

    async def _begin(self) -> None:
        await self.gateway.kill()

    async def _end(self) -> None:
        await self.gateway.start()


class GatewayRestart(GatewayFault):
    """The gateway is killed and started at once, `times` times."""

    def __init__(self, target: Target, *, times: int = 1, every_s: float = 5.0) -> None:
        super().__init__(target)
        self._times = times
        self._every_s = every_s

    async def _begin(self) -> None:
        self._run(self._restart())

    async def _end(self) -> None:
        """The one under way is finished: nobody wants a gateway that stays away."""
        if self._task is not None:
            self._times = 0
            await self._task
            self._task = None

    async def _restart(self) -> None:
        while self._times > 0:
            self._times -= 1
            await self.gateway.kill()
            await self.gateway.start()
            if self._times > 0:
                await asyncio.sleep(self._every_s)


class GatewayDiskFull(GatewayFault):
    """The gateway's disk takes no more: commits fail, and nodes are told to keep their blocks."""

    async def _begin(self) -> None:
        if self.store is not None:
            await self._pages(1)  # SQLite makes it the present size
        else:
            self._limit(0)

    async def _end(self) -> None:
        if self.store is not None:
            await self._pages(2**32 - 2)
        else:
            self._limit(resource.RLIM_INFINITY)

    async def _pages(self, most: int) -> None:
        pragma = f"PRAGMA max_page_count = {most}"
        with contextlib.suppress(StoreDown):  # it was killed since: the next one starts healthy
            await asyncio.wrap_future(self.store.writer.submit(lambda db: db.execute(pragma)))

    def _limit(self, size: int) -> None:
        """Longest file that its process may write."""
        if self.pid is not None:
            _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            soft = hard if size == resource.RLIM_INFINITY else size
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (soft, hard))


class GatewaySlow(GatewayFault):
    """The gateway stalls again and again: it stands still for `stall_ms`, then works `work_ms`;
    one in this process commits every block `stall_ms` late instead."""

    def __init__(self, target: Target, *, stall_ms: float = 900.0, work_ms: float = 100.0) -> None:
        super().__init__(target)
        self._stall_s, self._work_s = stall_ms / 1000.0, work_ms / 1000.0

    async def _begin(self) -> None:
        if self.store is not None:
            self._commit = self.store.commit_block
            self.store.commit_block = self._late
        else:
            self._run(self._stall())

    async def _end(self) -> None:
        if self.store is not None:
            vars(self.store).pop("commit_block", None)
        else:
            await self._stop()
            self._send(signal.SIGCONT)

    async def _stall(self) -> None:
        while True:
            self._send(signal.SIGSTOP)
            await asyncio.sleep(self._stall_s)
            self._send(signal.SIGCONT)
            await asyncio.sleep(self._work_s)

    def _send(self, number: signal.Signals) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    def _late(self, block: Any) -> "Future[Any]":
        late: Future[Any] = Future()
        loop = asyncio.get_running_loop()

        def copy(done: "Future[Any]") -> None:
            if done.exception() is not None:
                late.set_exception(done.exception())
            else:
                late.set_result(done.result())

        def wait(done: "Future[Any]") -> None:
            loop.call_soon_threadsafe(loop.call_later, self._stall_s, copy, done)

        self._commit(block).add_done_callback(wait)
        return late


class GatewayClockJump(GatewayFault):
    """The gateway's own clock jumps, and back when the fault ends; only of one in this process."""

    def __init__(self, target: Target, *, jump_s: float) -> None:
        super().__init__(target)
        self._jump_s = jump_s

    async def _begin(self) -> None:
        if not hasattr(self.gateway, "clock_offset_s"):
            self.active = False
            raise ScenarioError(f"{self.target.fault}: needs the gateway in this process")
        self.gateway.clock_offset_s += self._jump_s

    async def _end(self) -> None:
        self.gateway.clock_offset_s -= self._jump_s
