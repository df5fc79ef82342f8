"""Changes as server-sent events: frames numbered per stream, and a beat every two seconds.

A stream starts with a beat, which tells the page that changes are being kept for it from here on:
then it fetches the snapshot, and applies what came meanwhile on top. A new stream is a new count
and a new snapshot, so nothing needs to be replayed and nothing can come twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec

BEAT_S = 2.0


async def every(seconds: float) -> AsyncIterator[None]:
    """Ticks, the first at once."""
    while True:
        yield None
        await asyncio.sleep(seconds)


async def frames(
    changes: AsyncIterator[Mapping[str, Any]],
    ticks: AsyncIterator[None],
    now_ms: Callable[[], int],
) -> AsyncIterator[bytes]:
    """Frames for what `changes` gives and a beat for each tick, until the changes end."""
    change = _next(changes)
    await asyncio.sleep(0)  # subscribed before the first beat says so
    tick = _next(ticks)
    number = 0
    try:
        while True:
            await asyncio.wait((change, tick), return_when=asyncio.FIRST_COMPLETED)
            if tick.done():
                yield frame(number, {"type": "beat", "now_ms": now_ms()})
                tick = _next(ticks)
            elif isinstance(change.exception(), StopAsyncIteration):
                return
            else:
                yield frame(number, change.result())
                change = _next(changes)
            number += 1
    finally:
        change.cancel()
        tick.cancel()
        await asyncio.gather(change, tick, return_exceptions=True)


def frame(number: int, message: Mapping[str, Any]) -> bytes:
    """One event; JSON holds no line feed, so one data line is enough."""
    return b"id: %d\ndata: %b\n\n" % (number, msgspec.json.encode(message))


def _next(items: AsyncIterator[Any]) -> asyncio.Future[Any]:
    return asyncio.ensure_future(_await(items))


async def _await(items: AsyncIterator[Any]) -> Any:
    return await anext(items)
