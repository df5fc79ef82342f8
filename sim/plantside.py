"""The real gateway inside the world: store, intake and live state on the world's own loop.

It is `gateway.app` without the console and its web server, on a port of the simulated network.
Commits block the loop, so that nothing depends on when the host's disk is done: each block is on
disk before anything else happens. `kill` drops it as a power cut would: nothing is said to
anybody, whatever was not committed is gone.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, TypeVar

from gateway.config import Plain
from gateway.ingest import datagram, server
from gateway.ingest.intake import Intake
from gateway.ingest.plain import Senders
from gateway.ingest.watch import Watcher
from gateway.live import Live
from gateway.model import Reading, Receipt, Sealed
from gateway.store.store import Store
from sim import clock
from sim.image import KEY_PATH, NodeImage
from sim.net import GATEWAY, Network
from sim.port import Port
from sim.sockets import Address

T = TypeVar("T")

TICK_S = 0.5  # as gateway.app


class InnerGateway:
    """`start`, `kill` and `start` again as often as you like; the database stays."""

    def __init__(
        self,
        network: Network,
        path: Path,
        keys: Mapping[str, bytes],
        site: str = "Simulated",
        address: Address = GATEWAY,
        plain: list[Plain] | None = None,
    ) -> None:
        self.live: Live | None = None
        self.store: Store | None = None
        self.clock_offset_s = 0.0  # of its own clock against the world's
        self._network = network
        self._path = path
        self._keys = keys
        self._site = site
        self._address = address
        self._plain = plain or []
        self._port: Port | None = None
        self._context: Any = None
        self._intake: Intake | None = None
        self._watcher: Watcher | None = None
        self._ticking: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, network: Network, path: Path, images: Mapping[str, NodeImage]) -> "InnerGateway":
        """A gateway that knows the keys of these nodes."""
        return cls(network, path, {name: image.files[KEY_PATH] for name, image in images.items()})

    @property
    def running(self) -> bool:
        """Does it serve?"""
        return self._port is not None

    async def start(self) -> None:
        """Serve, with what the store has kept; nothing happens if it does."""
        if self._port is not None:
            return
        self._port = Port(self._network, self._address)
        store = self.store = _Patient(self._path)
        live = self.live = Live(self._site, self._unix_ms)
        live.restore(store.nodes(), store.channels(), store.alarms(), store.readings())
        sock: Any = self._port
        self._context = await datagram.serve(sock, lambda: live.count("malformed"))
        self._intake = Intake(store, live, self._keys, Senders(self._plain))
        self._watcher = Watcher(self._context, live, self._unix_ms)
        self._context.serversite = server.site(self._intake, self._watcher, self._unix_ms)
        self._ticking = asyncio.create_task(_tick(live), name="gateway tick")

    async def kill(self) -> None:
        """End it in the middle of whatever it does; nothing happens if it does not run."""
        if self._port is None:
            return
        self._network.forget(self._address)
        self._port.mute()
        await self._drop()

    async def stop(self) -> None:
        """End it well: finish what is being committed."""
        if self._port is None:
            return
        assert self._intake is not None
        await self._intake.close()
        await self._drop()

    def _unix_ms(self) -> int:
        return clock.unix_ms() + round(1000 * self.clock_offset_s)

    async def _drop(self) -> None:
        assert self._ticking is not None and self._watcher is not None
        assert self.live is not None and self.store is not None
        self._port = None
        self.live.close()
        self._ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticking
        await self._watcher.close()
        await self._context.shutdown()
        self.store.close()


class _Patient(Store):
    """A store whose promises are kept before they are given."""

    def commit_block(self, block: Sealed) -> "Future[Receipt]":
        return _done(super().commit_block(block))

    def commit_readings(
        self, readings: list[Reading], received_ms: int
    ) -> "Future[list[Reading]]":
        return _done(super().commit_readings(readings, received_ms))


def _done(future: "Future[T]") -> "Future[T]":
    wait([future])
    return future


async def _tick(live: Live) -> None:
    while True:
        live.tick()
        await asyncio.sleep(TICK_S)
