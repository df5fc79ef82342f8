"""A board's place in the network: its address, its sockets, what waits at them."""

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim import clock
from sim.board import ops
from sim.carrier import Carrier
from sim.ethernet import Ethernet
from sim.sockets import Address, Socket

if TYPE_CHECKING:
    from sim.net import Network

SUBNET = "10.83.0."
MAX_WAITING = 32  # datagrams at a board's socket; more are dropped, as its stack drops them

_EPHEMERAL = 49152


class Station:
    """One board's place in the network."""

    def __init__(self, network: "Network", node: str, ip: str, seed: str) -> None:
        self.node = node
        self.ip = self.home = ip
        self.carrier = Carrier(seed, self._carried)
        self.on_arrival: Callable[[], None] = _silent
        self.room = MAX_WAITING
        self.refuse: int | None = None  # errno of every send from now on, such as ENOMEM
        self.ethernet: Ethernet | None = None  # of a board that has one
        self._network = network
        self._sockets: dict[int, Socket] = {}

    @property
    def arrived(self) -> int:
        """Bit n: a datagram waits at socket n."""
        return sum(1 << number for number, one in self._sockets.items() if one.waiting)

    @property
    def link(self) -> int:
        """How far the network is up at the board, one of `ops.LINK_...`."""
        if self.ethernet is not None:
            return self.ethernet.status
        return ops.LINK_NONE if self.carrier.plugged_s is None else ops.LINK_UP

    @property
    def address(self) -> str:
        """What the board takes for its own; on the real clock, the host's."""
        return "127.0.0.1" if clock.virtual() is None else self.ip

    @property
    def addresses(self) -> list[Address]:
        """Where its sockets listen; on the real clock, on the host."""
        found = self._sockets.values()
        return [("127.0.0.1" if one.host else self.ip, one.port) for one in found if one.port]

    def open(self) -> int:
        """A new socket's number; ENOMEM if there are too many."""
        for number in range(ops.SOCKETS):
            if number not in self._sockets:
                self._sockets[number] = Socket()
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
        if self.link != ops.LINK_UP:
            raise OSError(errno.EHOSTUNREACH, "no link")
        one = self._sockets[number]
        if one.port == 0:
            self.bind(number, 0)
        for tap in self._network.taps:
            tap(self.node, to, data)
        if to[0].startswith(SUBNET):
            sender = (self.ip, one.port)
            self.carrier.carry("up", data, lambda copy: self._network.route(copy, sender, to))
        elif one.host is not None:
            self.carrier.carry("up", data, lambda copy: one.to_host(copy, to))

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
        if self.ethernet is not None:
            self.ethernet.switch(False)

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

    def _from_host(self, one: Socket, data: bytes, sender: Address) -> None:
        self.carrier.carry("down", data, lambda copy: self._put(one, copy, sender))

    def _put(self, one: Socket, data: bytes, sender: Address) -> None:
        if self.link == ops.LINK_UP and len(one.waiting) < self.room:
            one.waiting.append((data, sender))
            self.on_arrival()

    def _carried(self, way: str, data: bytes, lost: bool) -> None:
        fate = "lost" if lost else "sent"
        self._network.trace("datagram", self.node, way=way, fate=fate, data=data)
        self._network.lost += lost


def _silent(*args: Any) -> None:
    pass
