"""The running gateway: store -> ingest -> live -> console, in one asyncio loop."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import uvicorn

from gateway import config, sockets
from gateway.ingest import datagram, server
from gateway.ingest.intake import Intake
from gateway.live import Live
from gateway.store.store import Store


class Addresses(msgspec.Struct, frozen=True):
    """Where the gateway can be reached."""

    coap: str
    console: str


class Running(msgspec.Struct, frozen=True):
    """A gateway that serves."""

    addresses: Addresses
    live: Live
    store: Store


class _Web(uvicorn.Server):
    """uvicorn that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


async def run(settings: config.Config, ready: Callable[[Addresses], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the addresses."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serve(settings) as running:
        ready(running.addresses)
        await stop.wait()


@contextlib.asynccontextmanager
async def serve(settings: config.Config) -> AsyncIterator[Running]:
    """A gateway while the context lasts; GatewayError if it cannot start."""
    from gateway.console import build

    keys = config.load_keys(settings.secrets.path)
    async with contextlib.AsyncExitStack() as stack:
        udp = stack.enter_context(sockets.udp(settings.coap.bind, settings.coap.port))
        tcp = stack.enter_context(sockets.tcp(settings.console.bind, settings.console.port))
        addresses = Addresses(f"coap://{sockets.address(udp)}", f"http://{sockets.address(tcp)}")
        store = Store(settings.store.path)
        stack.callback(store.close)
        live = Live(settings.site.name)
        intake = Intake(store, live, keys)
        stack.push_async_callback(intake.close)
        context = await datagram.serve(server.site(intake), udp, lambda: live.count("malformed"))
        stack.push_async_callback(context.shutdown)
        web = _Web(
            uvicorn.Config(
                build(live, store, settings),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        task = asyncio.create_task(web.serve(sockets=[tcp]))
        try:
            yield Running(addresses, live, store)
        finally:
            web.should_exit = True
            await task
