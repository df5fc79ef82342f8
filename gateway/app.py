"""The running gateway: store -> ingest -> live -> console, in one asyncio loop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import uvicorn

from gateway import config, sockets
from gateway.ingest import datagram, server
from gateway.ingest.intake import Intake
from gateway.ingest.plain import Senders
from gateway.ingest.watch import Watcher
from gateway.live import Live
from gateway.store.store import Store

TICK_S = 0.5  # how often silence is looked for and counters are told
START_S = 0.01  # between looks whether the console listens
ANSWER_S = 0.05  # what an answer needs from the commit to the wire, many times over


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
    keys = config.load_keys(settings.secrets.path)
    async with contextlib.AsyncExitStack() as stack:
        udp = stack.enter_context(sockets.udp(settings.coap.bind, settings.coap.port))
        tcp = stack.enter_context(sockets.tcp(settings.console.bind, settings.console.port))
        addresses = Addresses(f"coap://{sockets.address(udp)}", f"http://{sockets.address(tcp)}")
        store = Store(settings.store.path)
        stack.callback(store.close)
        live = Live(settings.site.name)
        live.restore(store.nodes(), store.channels(), store.alarms(), store.readings())
        context = await datagram.serve(udp, lambda: live.count("malformed"))
        stack.push_async_callback(context.shutdown)
        intake = Intake(store, live, keys, Senders(settings.plain))
        stack.push_async_callback(_settle, intake)
        watcher = Watcher(context, live)
        stack.push_async_callback(watcher.close)
        context.serversite = server.site(intake, watcher)
        stack.push_async_callback(_cancel, asyncio.create_task(_tick(live)))
        await stack.enter_async_context(_console(live, store, settings, tcp))
        stack.callback(live.close)  # first to go: ends the streams that browsers hold open
        yield Running(addresses, live, store)


@contextlib.asynccontextmanager
async def _console(
    live: Live, store: Store, settings: config.Config, sock: socket.socket
) -> AsyncIterator[None]:
    from gateway.console import build

    web = _Web(
        uvicorn.Config(
            build(live, store, settings),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(web.serve(sockets=[sock]))
    while not web.started and not task.done():
        await asyncio.sleep(START_S)
    try:
        yield
    finally:
        web.should_exit = True
        await task


async def _settle(intake: Intake) -> None:
    """Finish what is being committed, and let the answers out."""
    await intake.close()
    await asyncio.sleep(ANSWER_S)


async def _tick(live: Live) -> None:
    while True:
        live.tick()
        await asyncio.sleep(TICK_S)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
