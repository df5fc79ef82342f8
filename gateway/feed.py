"""Changes for whoever watches: a bounded queue each, and `resync` for who falls behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

MAX_WAITING = 256

Message = dict[str, Any]

_RESYNC: Message = {"type": "resync"}


class Feed:
    """Hands every message to every subscriber; never waits for one."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Message | None]] = set()
        self._closed = False

    def publish(self, message: Message) -> None:
        """Give `message` to all; who has no room left loses what waits and is told to refetch."""
        for queue in self._queues:
            if queue.full():
                _empty(queue)
                queue.put_nowait(_RESYNC)
            else:
                queue.put_nowait(message)

    async def subscribe(self) -> AsyncIterator[Message]:
        """Messages from now on, until `close`."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(MAX_WAITING)
        self._queues.add(queue)
        try:
            while not self._closed:
                message = await queue.get()
                if message is None:
                    return
                yield message
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End every subscription."""
        self._closed = True
        for queue in self._queues:
            _empty(queue)
            queue.put_nowait(None)


def _empty(queue: "asyncio.Queue[Any]") -> None:
    while not queue.empty():
        queue.get_nowait()
