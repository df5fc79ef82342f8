"""Peer: somebody in the network who means harm. He hears what a node sends and may send anything.

He answers nothing and keeps no exchange: what comes back to him is lost.
"""

import asyncio
import contextlib
import random
import socket

from protocols import block, coap, cose, paths
from protocols.coap import Message
from protocols.errors import ProtocolError
from sim.faults.fault import Fault, Target
from sim.sockets import Address
from sim.station import SUBNET

_HIS: Address = (SUBNET + "250", 40000)
_MAX_KEPT = 64


class Intruder(Fault):
    """Base of who sends every `every_ms` what `datagrams` gives."""

    def __init__(self, target: Target, *, every_ms: float) -> None:
        super().__init__(target)
        self.sent = 0
        self._every_s = every_ms / 1000.0
        self._network = target.world.network
        self._station = self._network.attach(target.node.name)
        self._random = target.noise()
        self.gateway: Address | None = None  # where the node sends its blocks, once he has heard
        self._heard: list[tuple[Address, bytes]] = []  # what it sends there
        self._socket: socket.socket | None = None

    def datagrams(self) -> list[tuple[Address, bytes]]:
        """What to send now, and whereto."""
        raise NotImplementedError

    @property
    def nodes(self) -> list[Address]:
        """Where the node listens."""
        found: list[Address] = self._station.addresses
        return found

    async def _begin(self) -> None:
        self._network.taps.append(self._hear)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._run(self._act())

    async def _end(self) -> None:
        self._network.taps.remove(self._hear)
        await self._stop()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _act(self) -> None:
        while True:
            for to, data in self.datagrams():
                self._throw(to, data)
            await asyncio.sleep(self._every_s)

    def _throw(self, to: Address, data: bytes) -> None:
        self.sent += 1
        if to[0].startswith(SUBNET):
            self._network.route(data, _HIS, to)
        elif self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(data, to)

    def _hear(self, node: str, to: Address, data: bytes) -> None:
        if node != self.target.node_name:
            return
        if _sealed(data) is not None:
            self.gateway = to
        if to == self.gateway:
            self._heard = [*self._heard[1 - _MAX_KEPT :], (to, data)]


class Replay(Intruder):
    """What a node has sent is sent again by somebody else, byte for byte."""

    def __init__(self, target: Target, *, every_ms: float = 200.0) -> None:
        super().__init__(target, every_ms=every_ms)

    def datagrams(self) -> list[tuple[Address, bytes]]:
        """One of those that he has heard."""
        return [self._random.choice(self._heard)] if self._heard else []


class Forgery(Intruder):
    """Blocks in a node's name with a seal of the wrong key, and genuine ones with a bit turned."""

    def __init__(self, target: Target, *, every_ms: float = 500.0) -> None:
        super().__init__(target, every_ms=every_ms)
        self._mac = cose.Mac(self._random.randbytes(32))

    def datagrams(self) -> list[tuple[Address, bytes]]:
        """Two forgeries of the newest block."""
        genuine = next(filter(None, (_sealed(data) for _, data in reversed(self._heard))), None)
        if genuine is None or self.gateway is None:
            return []
        turned = bytearray(genuine)
        turned[self._random.randrange(len(turned))] ^= 1 << self._random.randrange(8)
        forged = cose.seal(cose.payload(genuine)[0], self._mac)
        return [(self.gateway, self._post(one)) for one in (forged, bytes(turned))]

    def _post(self, sealed: bytes) -> bytes:
        options = (
            *coap.path_options(paths.BLOCKS),
            coap.uint_option(coap.CONTENT_FORMAT, paths.COSE_MAC0),
        )
        number, token = self._random.randrange(0x10000), self._random.randbytes(4)
        return coap.encode(Message(coap.CON, coap.POST, number, token, options, sealed))


class Flood(Intruder):
    """Malformed datagrams, `burst` at once, to the node and to its gateway."""

    def __init__(self, target: Target, *, every_ms: float = 50.0, burst: int = 10) -> None:
        super().__init__(target, every_ms=every_ms)
        self._burst = burst

    def datagrams(self) -> list[tuple[Address, bytes]]:
        """Rubbish."""
        all_of_them = self.nodes + ([self.gateway] if self.gateway else [])
        return [(to, _rubbish(self._random)) for _ in range(self._burst) for to in all_of_them]


def _rubbish(noise: random.Random) -> bytes:
    """Noise, noise behind a good header, a request cut short, a token too long."""
    kind = noise.randrange(4)
    if kind == 0:
        return noise.randbytes(noise.randrange(1, 1400))
    if kind == 1:
        return b"\x40\x01" + noise.randbytes(noise.randrange(2, 200))
    if kind == 2:
        return b"\x44\x02\x00"
    return b"\x4f\x01" + noise.randbytes(noise.randrange(2, 30))


def _sealed(data: bytes) -> bytes | None:
    """The sealed block in a datagram, if it carries one."""
    try:
        message = coap.decode(data)
        block.decode(cose.payload(message.payload)[0])
    except ProtocolError:
        return None
    return bytes(message.payload)
