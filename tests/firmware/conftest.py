"""A real node on the simulated board, and a gateway of fifty lines that it can talk to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocols import block, cbor, coap, cose, paths
from protocols.coap import Message
from protocols.exchange import Exchanges
from sim import plant
from sim.image import CONFIG_PATH
from sim.supervisor import OnPin, SimNode
from tools.node import build, profile

HOST = "127.0.0.1"
KEY = bytes(range(32))
MAC = cose.Mac(KEY)
PATIENCE_S = 30.0
CALM = {"ads1115_loop": 500_000.0, "pms5003": 80.0, "uart_radar": 8.0}

Until = Callable[[Callable[[], object]], Awaitable[object]]


class Peer(asyncio.DatagramProtocol):
    """One UDP port that speaks `protocols.exchange`: a gateway for nodes, a client of them.

    `sealed` are the blocks of each node by number, `conflicts` those that came with two contents;
    `raw` keeps every datagram that answered a `throw`.
    """

    def __init__(self) -> None:
        self.sealed: dict[str, dict[int, bytes]] = {}
        self.conflicts: list[tuple[str, int]] = []
        self.told: list[Message] = []
        self.raw: list[bytes] = []
        self._exchanges = Exchanges(0x8000)  # away from the IDs of what is thrown
        self._answers: dict[bytes, asyncio.Future[Message]] = {}

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.raw.append(data)
        message = coap.decode(data)
        if message.type in (coap.CON, coap.NON) and message.code == coap.CONTENT:
            self.told.append(message)
            if message.type == coap.CON:
                self.transport.sendto(bytes((0x60, 0, *data[2:4])), addr)
            return
        self._act(self._exchanges.receive(addr, data, 0))

    @property
    def blocks(self) -> list[block.Block]:
        """Every block, verified, in order."""
        return [
            block.decode(cose.open(known[seq], MAC))
            for known in self.sealed.values()
            for seq in sorted(known)
        ]

    def events(self, code: int) -> list[block.Event]:
        return [event for one in self.blocks for event in one.events if event.code == code]

    async def ask(
        self, port: int, path: str, payload: bytes = b"", *options: tuple[int, bytes]
    ) -> Message:
        """GET, or POST of a payload."""
        found = tuple(sorted((*coap.path_options(path), *options)))
        code = coap.POST if payload else coap.GET
        token, actions = self._exchanges.request((HOST, port), code, found, payload, 0, 0)
        future = self._answers[token] = asyncio.get_running_loop().create_future()
        self._act(actions)
        return await asyncio.wait_for(future, 3.0)

    async def identity(self, port: int) -> dict[str, Any]:
        found = cbor.decode((await self.ask(port, paths.IDENTITY)).payload)
        assert isinstance(found, dict)
        return found

    async def throw(self, port: int, datagram: bytes, wait_s: float = 0.0) -> list[bytes]:
        """Send these very bytes; what came back within `wait_s`."""
        self.raw.clear()
        self.transport.sendto(datagram, (HOST, port))
        await asyncio.sleep(wait_s)
        return list(self.raw)

    def _act(self, actions: Any) -> None:
        for kind, *rest in actions:
            if kind == 1:  # SEND
                self.transport.sendto(rest[1], rest[0])
            elif kind == 2:  # REQUEST
                code, payload = self._serve(rest[1])
                self._act(self._exchanges.respond(rest[0], rest[1], code, (), payload, 0))
            elif kind == 3 and rest[0] in self._answers:  # RESPONSE
                self._answers.pop(rest[0]).set_result(rest[1])

    def _serve(self, message: Message) -> tuple[int, bytes]:
        if coap.path(message) != paths.BLOCKS:
            return coap.NOT_FOUND, b""
        header = block.decode(cose.open(message.payload, MAC)).header
        known = self.sealed.setdefault(header.node, {})
        if known.setdefault(header.seq, message.payload) != message.payload:
            self.conflicts.append((header.node, header.seq))
        contiguous = next(seq for seq in range(len(known) + 1) if seq + 1 not in known)
        above = [n for seq in sorted(known) if seq > contiguous for n in (seq, seq)]
        return coap.CHANGED, cbor.encode([contiguous, above[:60]])


class Bench:
    """Nodes of example profiles whose gateway is `peer`, off again when the test ends."""

    def __init__(self, folder: Path) -> None:
        self.nodes: list[SimNode] = []
        self.configurations: dict[str, bytes] = {}  # of each node, as it was provisioned
        self._folder = folder

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        _, self.peer = await loop.create_datagram_endpoint(Peer, local_addr=(HOST, 0))

    async def close(self) -> None:
        for node in self.nodes:
            await node.power_off()
        self.peer.transport.close()
        assert not self.peer.conflicts

    async def free_port(self) -> int:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(HOST, 0)
        )
        port = transport.get_extra_info("sockname")[1]
        transport.close()
        return int(port)

    async def node(
        self,
        name: str,
        on_pin: OnPin | None = None,
        period_ms: int | None = None,
        latch: bool = False,
        **operating: Any,
    ) -> tuple[SimNode, int]:
        """Node of that profile with quiet physics, its power off, and its port."""
        found = profile.load(profile.named(name))
        port = await self.free_port()
        gateway = profile.Gateway(HOST, self.peer.port)
        limits = [msgspec.structs.replace(one, latch=latch) for one in found.operating.limits]
        channels = [
            msgspec.structs.replace(one, period_ms=period_ms or one.period_ms)
            for one in found.sealed.channels
        ]
        placed = msgspec.structs.replace(
            found,
            sealed=msgspec.structs.replace(found.sealed, channels=channels),
            operating=msgspec.structs.replace(
                found.operating, gateway=gateway, port=port, limits=limits, **operating
            ),
        )
        plants = [
            plant.build(
                msgspec.to_builtins(one), {"physics": "constant", "value": CALM[one.sensor]}, 1
            )
            for one in channels
        ]
        flash = self._folder / f"{len(self.nodes)}.flash"
        node = SimNode(
            found.sealed.node, found.sealed.board, flash, build.compile_tree(), plants,
            on_pin=on_pin,
        )  # fmt: skip
        self.configurations[node.name] = profile.encode(placed)
        node.provision({CONFIG_PATH: self.configurations[node.name], "/key.bin": KEY})
        self.nodes.append(node)
        return node, port


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    found = Bench(tmp_path)
    await found.open()
    yield found
    await found.close()


@pytest.fixture
def until() -> Iterator[Until]:
    """Wait for something to become true, at most `PATIENCE_S`."""

    async def wait(condition: Callable[[], object]) -> object:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + PATIENCE_S
        while not (found := condition()):
            assert loop.time() < end_s, "it did not happen"
            await asyncio.sleep(0.005)
        return found

    yield wait
