"""Virtual time: `run(main, seed)` runs a coroutine on a loop whose clock is the world's.

Time stands still while anything is under way: a callback that is ready, a board that computes, a
commit, a job in a thread. When everything waits, the clock moves to the next timer at once. So an
hour takes as long as what happens in it, and the order of everything follows from the seed.

Everybody else asks the running loop and need not know which clock it has.
"""

import asyncio
import contextlib
import gc
import random
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from sim.errors import SimError

T = TypeVar("T")

START_UNIX_S = 1_795_478_400.0  # 2026-11-24T00:00:00Z: what wall clocks show at loop time 0
PATIENCE_S = 60.0  # of the host's time, for something that time waits for
COLLECT_S = 60.0  # of the world's time, between two collections of garbage


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop that moves its own clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.held = 0
        self.fault: BaseException | None = None
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self
        self._waiter: asyncio.Task[Any] | None = None
        self.set_exception_handler(self._failed)

    def time(self) -> float:
        """The world's time in seconds."""
        return self.now_s

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Time stands still: something is under way that the loop cannot see."""
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> Any:
        """As ever; time waits for the result."""
        self.held += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._released)
        return future

    def guard(self, task: "asyncio.Task[Any]") -> None:
        """End this task when a callback fails, for then the world is not what it should be."""
        self._waiter = task

    def advance(self) -> bool:
        """Move on to the next timer; False if there is none."""
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        if not timers:
            return False
        self.now_s = max(self.now_s, timers[0].when())
        return True

    def _released(self, future: Any) -> None:
        self.held -= 1

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if "handle" in context and isinstance(error, Exception) and self.fault is None:
            self.fault = error
            if self._waiter is not None:
                self._waiter.cancel()
        else:
            self.default_exception_handler(context)


class _Selector(selectors.EpollSelector):
    """Looks at files without waiting; waits only for what holds time."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; or nothing, and it is later."""
        found = super().select(0)
        if found or timeout == 0:
            return found
        if self.loop.held or not self.loop.advance():
            found = super().select(PATIENCE_S)
            if not found:
                raise SimError("clock: nothing is left that could happen, yet somebody waits")
        return found


def run(main: Coroutine[Any, Any, T], seed: int | str) -> T:
    """The result of `main` on virtual time; what failed in a callback is raised, too."""
    state = random.getstate()
    random.seed(f"{seed} shared")
    collecting = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()  # when garbage goes must not depend on what ran before
    try:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(_guarded(main))
    finally:
        random.setstate(state)
        gc.unfreeze()
        if collecting:
            gc.enable()


def virtual() -> VirtualLoop | None:
    """The running loop if its clock is virtual."""
    loop = asyncio.get_running_loop()
    return loop if isinstance(loop, VirtualLoop) else None


def unix_s() -> float:
    """Unix time as the world has it."""
    loop = virtual()
    return time.time() if loop is None else START_UNIX_S + loop.time()


def unix_ms() -> int:
    """The same in whole milliseconds."""
    return int(1000 * unix_s())


async def _guarded(main: Coroutine[Any, Any, T]) -> T:
    loop = virtual()
    assert loop is not None
    task = asyncio.ensure_future(main)
    loop.guard(task)
    timer = loop.call_later(COLLECT_S, _collect, loop)
    try:
        return await task
    except asyncio.CancelledError:
        if loop.fault is not None:
            raise loop.fault from None
        raise
    finally:
        timer.cancel()
        loop.guard(task)
        if not task.done():
            task.cancel()


def _collect(loop: VirtualLoop) -> None:
    gc.collect()
    loop.call_later(COLLECT_S, _collect, loop)
