"""The network between boards, the gateway and the host.

A `Station` is a board's place in it. Addresses in `SUBNET` exist in here only: nodes, and programs
that run in this process on a `Port`, such as a gateway at `GATEWAY`. On the real clock a board
also has the host's own sockets, so that it reaches, and is reached by, whatever runs on this
machine; on a virtual clock it has not, for nobody knows when the host delivers.
"""

import errno
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sim.carrier import PLAIN
from sim.sockets import Address
from sim.station import SUBNET, Station

Trace = Callable[..., None]  # (kind, node, **fields)

GATEWAY: Address = (SUBNET + "1", 5683)
FIRST_NODE = 11


class Network:
    """Carries datagrams; `impair` a node, `heal` it."""

    def __init__(self, seed: int | str = 0, trace: Trace | None = None) -> None:
        self.trace: Trace = trace or _silent
        self.stations: dict[str, Station] = {}
        self.lost = 0  # datagrams that an impairment took
        self.taps: list[Callable[[str, Address, bytes], None]] = []  # (node, to, what it sends)
        self._seed = seed
        self._ports: dict[Address, Callable[[bytes, Address], None]] = {}

    def attach(self, node: str) -> Station:
        """The station of a node, made at first."""
        if node not in self.stations:
            ip = f"{SUBNET}{FIRST_NODE + len(self.stations)}"
            self.stations[node] = Station(self, node, ip, f"{self._seed} network {node}")
        return self.stations[node]

    def impair(self, node: str, **changes: Any) -> None:
        """Change the impairments of a node that are named, see `Impairment`."""
        carrier = self.attach(node).carrier
        carrier.impairment = replace(carrier.impairment, **changes)

    def heal(self, node: str) -> None:
        """No impairment any more."""
        self.attach(node).carrier.impairment = PLAIN

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
            station.carrier.carry("down", data, partial(station.take, sender=sender, port=to[1]))
        receive = self._ports.get(to)
        if not found and receive is not None:
            receive(data, sender)


def _silent(*args: Any, **fields: Any) -> None:
    pass
