"""The network between boards, the gateway and the host: seeded, and as bad as it is told to be.

A `Station` is the network side of one board; everything that it sends or gets passes its
impairments. Addresses in `SUBNET` exist in here only: nodes, and a gateway at `GATEWAY` that runs
in this process on a `Port`. On the real clock a board also has the host's own sockets, so that it
reaches, and is reached by, whatever runs on this machine; on a virtual clock it has not, for
nobody knows when the host delivers.
"""

import asyncio
import contextlib
import errno
import os
import random
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sim import clock
from sim.board import ops

Address = tuple[str, int]
Trace = Callable[..., None]  # (kind, node, **fields)

SUBNET = "10.83.0."
GATEWAY: Address = (SUBNET + "1", 5683)
FIRST_NODE = 11
LATENCY_S = 0.001  # of a link without impairments, on a virtual clock
REORDER_S = 0.050  # so much later than its time comes a datagram that is to be overtaken
MAX_WAITING = 32  # datagrams at a board's socket; more are dropped, as its stack drops them

_EPHEMERAL = 49152
_MSG_ERRQUEUE = 0x2000  # linux/socket.h
_APART_S = 1e-6  # datagrams of one direction keep their order by being that far apart


@dataclass(frozen=True)
class Impairment:
    """What happens to the datagrams of one node, both ways; shares are 0 to 1."""

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    partition: bool = False
    mtu: int = 0  # longest datagram in bytes; 0: any


class Network:
    """Carries datagrams; `impair` a node, `heal` it."""

    def __init__(self, seed: int | str = 0, trace: Trace | None = None) -> None:
        self.trace: Trace = trace or _silent
        self.stations: dict[str, Station] = {}
        self.lost = 0  # datagrams that an impairment took
        self.taps: list[Callable[[str, Address, bytes], None]] = []  # (node, to, what it sends)
        self._seed = seed
        self._ports: dict[Address, Callable[[bytes, Address], None]] = {}

    def attach(self, node: str) -> "Station":
        """The station of a node, made at first."""
        if node not in self.stations:
            ip = f"{SUBNET}{FIRST_NODE + len(self.stations)}"
            self.stations[node] = Station(self, node, ip, f"{self._seed} network {node}")
        return self.stations[node]

    def impair(self, node: str, **changes: Any) -> None:
        """Change the impairments of a node that are named, see `Impairment`."""
        station = self.attach(node)
        station.impairment = replace(station.impairment, **changes)

    def heal(self, node: str) -> None:
        """No impairment any more."""
        self.attach(node).impairment = Impairment()

    def move(self, node: str, ip: str | None = None) -> None:
        """Give the node another address in the subnet."""
        self.attach(node).move(ip or f"{SUBNET}{100 + len(self._ports) % 100}")

    def listen(self, address: Address, receive: Callable[[bytes, Address], None]) -> None:
        """From now on `receive(datagram, sender)` hears what is sent there."""
        if address in self._ports:
            raise OSError(errno.EADDRINUSE, "address in use")
        self._ports[address] = receive

    def forget(self, address: Address) -> None:
        """Nobody listens there any more."""
        self._ports.pop(address, None)

    def route(self, data: bytes, sender: Address, to: Address) -> None:
        """Towards a node or a port in here; nobody there means lost in silence."""
        found = [station for station in self.stations.values() if station.ip == to[0]]
        for station in found:
            station.carry("down", data, partial(station.take, sender=sender, port=to[1]))
        receive = self._ports.get(to)
        if not found and receive is not None:
            receive(data, sender)


class Station:
    """One board's place in the network."""

    def __init__(self, network: Network, node: str, ip: str, seed: str) -> None:
        self.node = node
        self.ip = self.home = ip
        self.impairment = Impairment()
        self.on_arrival: Callable[[], None] = _silent
        self.room = MAX_WAITING
        self.refuse: int | None = None  # errno of every send from now on, such as ENOMEM
        self._network = network
        self._noise = random.Random(seed)
        self._sockets: dict[int, _Socket] = {}
        self._last_s = {"up": 0.0, "down": 0.0}

    @property
    def arrived(self) -> int:
        """Bit n: a datagram waits at socket n."""
        return sum(1 << number for number, one in self._sockets.items() if one.waiting)

    @property
    def addresses(self) -> list[Address]:
        """Where its sockets listen; on the real clock, on the host."""
        found = self._sockets.values()
        return [("127.0.0.1" if one.host else self.ip, one.port) for one in found if one.port]

    def open(self) -> int:
        """A new socket's number; ENOMEM if there are too many."""
        for number in range(ops.SOCKETS):
            if number not in self._sockets:
                self._sockets[number] = _Socket()
                return number
        raise OSError(errno.ENOMEM, "sockets")

    def bind(self, number: int, port: int) -> None:
        """Listen on a port; 0: a free one."""
        one = self._sockets[number]
        taken = {other.port for other in self._sockets.values() if other is not one}
        if port and port in taken:
            raise OSError(errno.EADDRINUSE, "port")
        if clock.virtual() is None:
            one.attach(port, lambda data, sender: self._from_host(one, data, sender))
        else:
            one.port = port or next(n for n in range(_EPHEMERAL, 65536) if n not in taken)

    def send(self, number: int, to: Address, data: bytes) -> None:
        """A datagram leaves the board; OSError if its own stack refuses it."""
        if self.refuse is not None:
            raise OSError(self.refuse, "refused")
        one = self._sockets[number]
        if one.port == 0:
            self.bind(number, 0)
        for tap in self._network.taps:
            tap(self.node, to, data)
        if to[0].startswith(SUBNET):
            sender = (self.ip, one.port)
            self.carry("up", data, lambda copy: self._network.route(copy, sender, to))
        elif one.host is not None:
            self.carry("up", data, lambda copy: one.to_host(copy, to))

    def receive(self, number: int) -> tuple[bytes, Address]:
        """The oldest datagram at a socket; EAGAIN if there is none."""
        waiting = self._sockets[number].waiting
        if not waiting:
            raise OSError(errno.EAGAIN, "nothing")
        return waiting.popleft()

    def close(self, number: int) -> None:
        """The port is free."""
        one = self._sockets.pop(number, None)
        if one is not None:
            one.close()

    def restart(self) -> None:
        """The board was reset: it has no socket any more."""
        for number in list(self._sockets):
            self.close(number)

    def move(self, ip: str) -> None:
        """Another address, as a lease that was not renewed gives it."""
        self._network.trace("address", self.node, old=self.ip, new=ip)
        self.ip = ip

    def take(self, data: bytes, sender: Address, port: int) -> None:
        """A datagram came through to the board."""
        for one in self._sockets.values():
            if one.port == port:
                self._put(one, data, sender)
                return

    def carry(self, way: str, data: bytes, deliver: Callable[[bytes], None]) -> None:
        """Let the impairments have their way, then deliver whatever is left of it."""
        fate = self.impairment
        copies = self._copies(fate, len(data))
        word = "lost" if not copies else "sent"
        self._network.trace("datagram", self.node, way=way, fate=word, data=data)
        if not copies:
            self._network.lost += 1
        plain = fate == _PLAIN
        if plain and clock.virtual() is None:
            deliver(data)
            return
        loop = asyncio.get_running_loop()
        for _ in range(copies):
            at_s = loop.time() + LATENCY_S + fate.delay_ms / 1000
            at_s += 0.0 if plain else self._noise.uniform(0.0, fate.jitter_ms / 1000)
            if not plain and self._noise.random() < fate.reorder:
                at_s += REORDER_S
            else:
                at_s = self._last_s[way] = max(at_s, self._last_s[way] + _APART_S)
            loop.call_at(at_s, deliver, self._changed(fate, data))

    def _copies(self, fate: Impairment, size: int) -> int:
        if fate == _PLAIN:
            return 1
        lost = self._noise.random() < fate.loss
        if lost or fate.partition or (fate.mtu and size > fate.mtu):
            return 0
        return 2 if self._noise.random() < fate.duplicate else 1

    def _changed(self, fate: Impairment, data: bytes) -> bytes:
        if not data or not fate.corrupt or self._noise.random() >= fate.corrupt:
            return data
        changed = bytearray(data)
        changed[self._noise.randrange(len(data))] ^= 1 << self._noise.randrange(8)
        return bytes(changed)

    def _from_host(self, one: "_Socket", data: bytes, sender: Address) -> None:
        self.carry("down", data, lambda copy: self._put(one, copy, sender))

    def _put(self, one: "_Socket", data: bytes, sender: Address) -> None:
        if len(one.waiting) < self.room:
            one.waiting.append((data, sender))
            self.on_arrival()


class _Socket:
    """One socket of a board, on the real clock with one of the host's beneath."""

    def __init__(self) -> None:
        self.port = 0
        self.waiting: deque[tuple[bytes, Address]] = deque()
        self.host: socket.socket | None = None

    def attach(self, port: int, receive: Callable[[bytes, Address], None]) -> None:
        """Take the host's port of that number."""
        host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            host.setblocking(False)
            host.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            host.bind(("0.0.0.0", port))
        except OSError:
            host.close()
            raise
        self.host, self.port = host, host.getsockname()[1]

        def readable() -> None:
            with contextlib.suppress(OSError):  # ICMP, about something sent before
                receive(*host.recvfrom(65536))

        asyncio.get_running_loop().add_reader(host, readable)

    def to_host(self, data: bytes, to: Address) -> None:
        """Send, unless the board is gone by now."""
        if self.host is not None:
            self.host.sendto(data, to)

    def close(self) -> None:
        """Give the port back."""
        self.waiting.clear()
        host, self.host, self.port = self.host, None, 0
        if host is not None:
            asyncio.get_running_loop().remove_reader(host)
            host.close()


class Port:
    """What a program of ours uses in place of a dual-stack UDP socket, `recvmsg` and all."""

    def __init__(self, network: Network, address: Address) -> None:
        self._network = network
        self._address = address
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._signal = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._muted = False
        network.listen(address, self._take)

    def fileno(self) -> int:
        """Readable while a datagram waits."""
        return self._signal

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, tuple[str, int, int, int]]:
        """The oldest datagram; nothing is ever in the queue of errors."""
        if flags & _MSG_ERRQUEUE or not self._waiting:
            raise BlockingIOError
        data, (ip, port) = self._waiting.popleft()
        if not self._waiting:
            os.eventfd_read(self._signal)
        here = socket.inet_pton(socket.AF_INET6, f"::ffff:{self._address[0]}")
        info = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, here + struct.pack("I", 1))
        return data[:bufsize], [info], 0, (f"::ffff:{ip}", port, 0, 0)

    def sendmsg(self, buffers: Any, ancdata: Any, flags: int, address: tuple[Any, ...]) -> None:
        """Towards that address; a closed port sends nothing."""
        if self._signal >= 0 and not self._muted:
            to = (address[0].removeprefix("::ffff:"), address[1])
            self._network.route(b"".join(buffers), self._address, to)

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    def setsockopt(self, *args: Any) -> None:
        """It has no options."""

    def getsockname(self) -> tuple[str, int, int, int]:
        """Its address."""
        return (f"::ffff:{self._address[0]}", self._address[1], 0, 0)

    def mute(self) -> None:
        """Its program is dead: what it may still say is not said."""
        self._muted = True

    def close(self) -> None:
        """Hear and say no more."""
        if self._signal >= 0:
            self._network.forget(self._address)
            os.close(self._signal)
            self._signal = -1

    def _take(self, data: bytes, sender: Address) -> None:
        if not self._waiting:
            os.eventfd_write(self._signal, 1)
        self._waiting.append((data, sender))


_PLAIN = Impairment()


def _silent(*args: Any, **fields: Any) -> None:
    pass
