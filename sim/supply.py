"""The supply of one node: a switch, and whatever interrupts it.

Power goes on and off in one order for everybody: who switches waits until it has happened.
"""

import asyncio
from collections.abc import Awaitable, Callable


class Supply:
    """`on()` and `off()` are awaited when the power comes and goes."""

    def __init__(
        self, on: Callable[[], Awaitable[None]], off: Callable[[], Awaitable[None]]
    ) -> None:
        self.powered = False
        self.interruptions: set[object] = set()
        self._on, self._off = on, off
        self._switched = False
        self._turn = asyncio.Lock()

    async def switch(self, on: bool) -> None:
        """Close the switch or open it; nothing happens if it is there already."""
        async with self._turn:
            self._switched = on
            await self._follow()

    async def interrupt(self, who: object) -> None:
        """Something breaks the supply, whatever the switch says, until it is `restore`d."""
        async with self._turn:
            self.interruptions.add(who)
            await self._follow()

    async def restore(self, who: object) -> None:
        """That one is over; with the last of them power comes back if the switch is closed."""
        async with self._turn:
            self.interruptions.discard(who)
            await self._follow()

    async def _follow(self) -> None:
        wanted = self._switched and not self.interruptions
        if wanted and not self.powered:
            await self._on()
            self.powered = True
        elif self.powered and not wanted:
            self.powered = False
            await self._off()
