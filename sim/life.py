"""From power-on to power-off of one board: it starts, resets, crashes and starts again.

A board restarts by itself as a real one does: on `machine.reset()`, on a starved watchdog, and
when the firmware ends. One that keeps ending at once is left off after `CRASHES_MAX` times.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from sim import clock
from sim.board import ops
from sim.free import Free
from sim.running import Host
from sim.stepped import Stepped

CRASHES_MAX = 5
RESET_PAUSE_S = 0.2  # from reset to firmware: a board's boot loader, or so
CRASH_PAUSE_S = 1.0  # before the restart: the watchdog of a board without firmware takes its time
STABLE_S = 10.0  # alive for so long: earlier crashes are forgotten

Board: TypeAlias = Free | Stepped


class Life:
    """`boot(board, cause)` starts it; `over()` hears that it ended, and knows its last words."""

    def __init__(
        self,
        host: Host,
        boot: Callable[[Board, int], Awaitable[None]],
        over: Callable[[], str],
        name: str,
    ) -> None:
        self.board: Board | None = None
        self.crashes = 0
        self.exit_reason: str | None = None  # of the last crash
        self._host = host
        self._boot = boot
        self._over = over
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._off = asyncio.Event()
        self._cause: int | None = None  # of the reset that is under way

    async def begin(self) -> None:
        """Power comes."""
        self._off.clear()
        self.exit_reason = None
        await self._start(ops.PWRON_RESET)
        self._task = asyncio.create_task(self._live(), name=f"board {self._name}")

    async def end(self) -> None:
        """Power goes; returns when the process is over, for whoever keeps waiting."""
        task, self._task = self._task, None
        self.collapse()
        if task is not None:
            await asyncio.shield(task)

    def collapse(self) -> None:
        """The board dies, and does not start again."""
        self._off.set()
        self._kill()

    def restart(self, cause: int) -> None:
        """The board dies, and starts again with that reset cause."""
        self._cause = cause
        self._kill()

    async def _live(self) -> None:
        crashes = 0
        while True:
            started_s = self._now_s()
            words = await self._ended()
            if self._off.is_set():
                return
            cause, pause_s = self._cause, RESET_PAUSE_S
            if cause is None:
                cause, pause_s = ops.WDT_RESET, CRASH_PAUSE_S
                crashes = 1 if self._now_s() - started_s > STABLE_S else crashes + 1
                self.crashes += 1
                self.exit_reason = words
                if crashes >= CRASHES_MAX:
                    return
            if await self._off_within(pause_s):
                return
            await self._start(cause)
            if self._off.is_set():  # switched off while the process was being made
                self._kill()

    async def _start(self, cause: int) -> None:
        self._cause = None
        self.board = Free(self._host) if clock.virtual() is None else Stepped(self._host)
        await self._boot(self.board, cause)

    async def _ended(self) -> str:
        assert self.board is not None
        await asyncio.shield(self.board.over)
        return f"firmware ended with status {self.board.status}: {self._over()}"

    def _kill(self) -> None:
        if self.board is not None:
            self.board.kill()

    async def _off_within(self, pause_s: float) -> bool:
        try:
            await asyncio.wait_for(self._off.wait(), pause_s)
        except TimeoutError:
            return False
        return True

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
