"""What carries the datagrams of one node, cable or radio; as bad as it is told to be, seeded."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sim import clock

LATENCY_S = 0.001  # of a link without impairments, on a virtual clock
REORDER_S = 0.050  # so much later than its time comes a datagram that is to be overtaken

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
    unplugged: bool = False  # no cable, or no access point: the board itself sees it


PLAIN = Impairment()


class Told(Protocol):
    """Who hears of every datagram."""

    def __call__(self, way: str, data: bytes, lost: bool) -> None:
        """It goes "up" to the network or "down" to the board."""


class Carrier:
    """`impairment` may be set at any time; what is under way already is not touched."""

    def __init__(self, seed: str, told: Told) -> None:
        self.plugged_s: float | None = 0.0  # loop time since when; None: unplugged
        self._impairment = PLAIN
        self._told = told
        self._noise = random.Random(seed)
        self._last_s = {"up": 0.0, "down": 0.0}

    @property
    def impairment(self) -> Impairment:
        """What it does to datagrams from now on."""
        return self._impairment

    @impairment.setter
    def impairment(self, fate: Impairment) -> None:
        if fate.unplugged != self._impairment.unplugged:
            self.plugged_s = None if fate.unplugged else asyncio.get_running_loop().time()
        self._impairment = fate

    def carry(self, way: str, data: bytes, deliver: Callable[[bytes], None]) -> None:
        """Let the impairments have their way, then deliver whatever is left of it."""
        fate = self.impairment
        copies = self._copies(fate, len(data))
        self._told(way, data, lost=not copies)
        plain = fate == PLAIN
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
        if fate == PLAIN:
            return 1
        lost = self._noise.random() < fate.loss
        if lost or fate.partition or fate.unplugged or (fate.mtu and size > fate.mtu):
            return 0
        return 2 if self._noise.random() < fate.duplicate else 1

    def _changed(self, fate: Impairment, data: bytes) -> bytes:
        if not data or not fate.corrupt or self._noise.random() >= fate.corrupt:
            return data
        changed = bytearray(data)
        changed[self._noise.randrange(len(data))] ^= 1 << self._noise.randrange(8)
        return bytes(changed)
