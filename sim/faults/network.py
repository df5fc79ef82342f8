"""Network: datagrams of one node, or of all without a node, suffer on their way, both ways.

Of two faults of one kind on one node the later counts, and the first to end heals both.
"""

from typing import Any

from sim.carrier import Impairment
from sim.faults.fault import Fault, Target
from sim.station import SUBNET

_FIRST_MOVED, _LAST_MOVED = 100, 249


class LinkFault(Fault):
    """Base of what is one field of `sim.carrier.Impairment`."""

    def __init__(self, target: Target, **impairment: Any) -> None:
        super().__init__(target)
        self._impairment = impairment
        self._nodes = [target.node.name] if target.node_name else list(target.world.nodes)

    async def _begin(self) -> None:
        for node in self._nodes:
            self.target.world.network.impair(node, **self._impairment)

    async def _end(self) -> None:
        healthy = {field: getattr(Impairment(), field) for field in self._impairment}
        for node in self._nodes:
            self.target.world.network.impair(node, **healthy)


class Loss(LinkFault):
    """A share of the datagrams is lost."""

    def __init__(self, target: Target, *, share: float) -> None:
        super().__init__(target, loss=share)


class Delay(LinkFault):
    """Every datagram comes late."""

    def __init__(self, target: Target, *, delay_ms: float) -> None:
        super().__init__(target, delay_ms=delay_ms)


class Jitter(LinkFault):
    """Every datagram comes late by another time, up to that."""

    def __init__(self, target: Target, *, jitter_ms: float) -> None:
        super().__init__(target, jitter_ms=jitter_ms)


class Duplication(LinkFault):
    """A share of the datagrams comes twice."""

    def __init__(self, target: Target, *, share: float) -> None:
        super().__init__(target, duplicate=share)


class Reorder(LinkFault):
    """A share of the datagrams is overtaken by later ones."""

    def __init__(self, target: Target, *, share: float) -> None:
        super().__init__(target, reorder=share)


class Corruption(LinkFault):
    """A share of the datagrams arrives with one bit wrong, its checksum notwithstanding."""

    def __init__(self, target: Target, *, share: float) -> None:
        super().__init__(target, corrupt=share)


class Partition(LinkFault):
    """Nothing comes through."""

    def __init__(self, target: Target) -> None:
        super().__init__(target, partition=True)


class LinkDown(LinkFault):
    """The cable is out, or the access point gone: the board sees it, and its stack refuses."""

    def __init__(self, target: Target) -> None:
        super().__init__(target, unplugged=True)


class SmallMtu(LinkFault):
    """Datagrams that are longer than that are lost, and nobody says so."""

    def __init__(self, target: Target, *, mtu_bytes: int) -> None:
        super().__init__(target, mtu=mtu_bytes)


class AddressChange(Fault):
    """The node gets another address, as from a lease that was not renewed; its own one after."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._station = target.world.network.attach(target.node.name)
        self._noise = target.noise()

    async def _begin(self) -> None:
        self._station.move(f"{SUBNET}{self._noise.randint(_FIRST_MOVED, _LAST_MOVED)}")

    async def _end(self) -> None:
        self._station.move(self._station.home)
