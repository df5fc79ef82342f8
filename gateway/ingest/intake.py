"""Between the resources and the store: verify, commit, tell the live state, then answer.

What was handed to the store is followed to its end even if the peer that sent it is gone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

from gateway.errors import Conflict, Refused, StoreDown
from gateway.ingest import decode, plain
from gateway.live import Live
from gateway.model import Reading, Receipt, Sealed
from gateway.store.store import Store
from protocols import cose

T = TypeVar("T")

_LOG = logging.getLogger(__name__)


class Intake:
    """Takes blocks from anybody; keeps what is genuine."""

    def __init__(
        self, store: Store, live: Live, keys: Mapping[str, bytes], senders: plain.Senders
    ) -> None:
        self._store = store
        self._live = live
        self._senders = senders
        self._macs = {node: cose.Mac(key) for node, key in keys.items()}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._down = False

    async def block(self, data: bytes, now_ms: int) -> tuple[Sealed, Receipt]:
        """A sealed block and what the store says of it, once it is on disk; Refused, StoreDown."""
        with self._counting():
            block = decode.sealed_block(data, self._macs, now_ms)
            return await self._to_the_end(self._commit(block))

    def names(self, host: str, port: int) -> list[str]:
        """What a plain sender may send; Refused if it is not configured."""
        try:
            return self._senders.names(host, port)
        except Refused:
            self._live.count("refused")
            raise

    async def pack(
        self, data: bytes, content_format: int | None, allowed: list[str], now_ms: int
    ) -> None:
        """A SenML pack, on disk when this returns; Refused, StoreDown."""
        with self._counting():
            readings = plain.readings(data, content_format, allowed, now_ms)
            await self._to_the_end(self._commit_readings(readings, now_ms))

    async def close(self) -> None:
        """Wait for what is being committed."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _commit(self, block: Sealed) -> tuple[Sealed, Receipt]:
        receipt = await asyncio.wrap_future(self._store.commit_block(block))
        self._live.committed(block, receipt)
        return block, receipt

    async def _commit_readings(self, readings: list[Reading], now_ms: int) -> None:
        new = await asyncio.wrap_future(self._store.commit_readings(readings, now_ms))
        self._live.readings(new, now_ms)

    @contextlib.contextmanager
    def _counting(self) -> Iterator[None]:
        try:
            yield
        except Conflict:
            self._live.count("conflicts")
            raise
        except Refused:
            self._live.count("refused")
            raise
        except StoreDown as error:
            self._report(error)
            raise
        else:
            self._report(None)

    def _report(self, error: StoreDown | None) -> None:
        """Log when the store goes down and when it is back, not each block in between."""
        if error is not None and not self._down:
            _LOG.error("store: refusing blocks: %s", error)
        elif error is None and self._down:
            _LOG.warning("store: taking blocks again")
        self._down = error is not None

    def _to_the_end(self, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return asyncio.shield(task)
