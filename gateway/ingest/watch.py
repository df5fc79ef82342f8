"""Watches each node's own `/m` for what it measures between two blocks (RFC 7641).

A watch begins with the node's first block, whose sender is the node's address. It is renewed when
notifications stop coming; a node that does not answer is left alone until it sends a block again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import aiocoap
from aiocoap.numbers.constants import TransportTuning

from gateway.live import Live, now_ms
from protocols import paths, senml
from protocols.errors import DecodeError

STALE_S = 5  # a node notifies once a second
PAUSE_S = 1  # between two attempts, whatever came of the first

_LOG = logging.getLogger(__name__)


class _Brief(TransportTuning):  # type: ignore[misc]
    """Gives up after 3 to 4.5 s: a value is worth less than that after that time."""

    ACK_TIMEOUT = 1.0
    MAX_RETRANSMIT = 1
    reliability = True


class Watcher:
    """One watch per node that sends blocks."""

    def __init__(self, context: Any, live: Live, clock: Callable[[], int] = now_ms) -> None:
        self._context = context
        self._clock = clock
        self._live = live
        self._watches: dict[str, _Watch] = {}

    def heard(self, node: str, remote: Any, boot: int) -> None:
        """A block of `node` came from `remote`."""
        watch = self._watches.get(node)
        if watch is None:
            pass
        elif watch.boot > boot or (watch.boot == boot and watch.remote == remote):
            watch.heard.set()
            return
        else:
            watch.task.cancel()
        self._watches[node] = _Watch(self._context, self._live, self._clock, node, remote, boot)

    async def close(self) -> None:
        """End every watch."""
        tasks = [watch.task for watch in self._watches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Watch:
    """Follows one node at one address for one run of its firmware."""

    def __init__(
        self,
        context: Any,
        live: Live,
        clock: Callable[[], int],
        node: str,
        remote: Any,
        boot: int,
    ) -> None:
        self.remote = remote
        self.boot = boot
        self.heard = asyncio.Event()
        self._context = context
        self._live = live
        self._clock = clock
        self._node = node
        self.task = asyncio.create_task(self._run(), name=f"watch {node}")
        self.task.add_done_callback(self._ended)

    async def _run(self) -> None:
        while True:
            self.heard.clear()
            if not await self._follow():
                await self.heard.wait()
            await asyncio.sleep(PAUSE_S)

    async def _follow(self) -> bool:
        """Observe until it goes stale; did anything come at all?"""
        message = aiocoap.Message(
            code=aiocoap.GET, uri_path=[paths.MEASUREMENTS], observe=0, transport_tuning=_Brief()
        )
        message.remote = self.remote
        request = self._context.request(message)
        came = False
        try:
            self._take(await request.response)
            came = True
            notifications = aiter(request.observation)
            while True:
                async with asyncio.timeout(STALE_S):
                    self._take(await anext(notifications))
        except (aiocoap.error.Error, StopAsyncIteration, TimeoutError, DecodeError):
            return came
        finally:
            # Its error, if it ended by one, was either seen above or is of no interest any more.
            if not request.observation.cancelled:
                request.observation.cancel()
            if request.response.done() and not request.response.cancelled():
                request.response.exception()

    def _take(self, message: Any) -> None:
        if message.code != aiocoap.CONTENT or message.opt.content_format != paths.SENML_CBOR:
            raise DecodeError("not a SenML pack")
        records = senml.decode_cbor(message.payload, self._clock())
        self._live.notified(self._node, {one.name: (one.t_ms, one.value) for one in records})

    def _ended(self, task: "asyncio.Task[None]") -> None:
        with contextlib.suppress(asyncio.CancelledError):
            if task.exception() is not None:
                _LOG.error("watch: ended node=%s", self._node, exc_info=task.exception())
