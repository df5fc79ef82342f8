"""Between the resources and the store: verify, commit, tell the live state, then answer.

What was handed to the store is followed to its end even if the peer that sent it is gone.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any, TypeVar

from gateway.errors import Conflict, Refused
from gateway.ingest import decode
from gateway.live import Live
from gateway.model import Receipt, Sealed
from gateway.store.store import Store
from protocols import cose

T = TypeVar("T")


class Intake:
    """Takes blocks from anybody; keeps what is genuine."""

    def __init__(self, store: Store, live: Live, keys: Mapping[str, bytes]) -> None:
        self._store = store
        self._live = live
        self._macs = {node: cose.Mac(key) for node, key in keys.items()}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def block(self, data: bytes, now_ms: int) -> tuple[Sealed, Receipt]:
        """A sealed block and what the store says of it, once it is on disk; Refused, StoreDown."""
        try:
            block = decode.sealed_block(data, self._macs, now_ms)
            return await self._to_the_end(self._commit(block))
        except Conflict:
            self._live.count("conflicts")
            raise
        except Refused:
            self._live.count("refused")
            raise

    async def close(self) -> None:
        """Wait for what is being committed."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _commit(self, block: Sealed) -> tuple[Sealed, Receipt]:
        receipt = await asyncio.wrap_future(self._store.commit_block(block))
        self._live.committed(block, receipt)
        return block, receipt

    def _to_the_end(self, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return asyncio.shield(task)
