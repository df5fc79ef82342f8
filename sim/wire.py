"""A serial line: bytes at their speed, a bounded buffer, and what another setting makes of them.

A byte exists for the board when its last bit has arrived. Bytes that find the buffer full, or the
port not opened, are lost and counted. A port set to another speed or parity samples the same
levels at its own instants, as a UART does, and hands on what it found: `errors` counts the bytes
with a missing stop bit or a wrong parity.
"""

from collections import deque
from math import ceil
from typing import NamedTuple

EVEN, ODD = 0, 1


class Framing(NamedTuple):
    """How bytes stand on a line: eight data bits, between start and stop."""

    baud: int
    parity: int | None = None
    stop: int = 1

    @property
    def byte_s(self) -> float:
        """Time of one byte."""
        return (9 + (self.parity is not None) + self.stop) / self.baud


class Heard(NamedTuple):
    """One byte that a receiver made out, so long after the first start bit."""

    after_s: float
    byte: int
    sound: bool


def hear(data: bytes, sent: Framing, at: Framing) -> list[Heard]:
    """Bytes that were sent back to back, as a receiver with its own setting takes them."""
    if sent == at:
        return [Heard((i + 1) * sent.byte_s, byte, True) for i, byte in enumerate(data)]
    bits = [bit for byte in data for bit in _bits(byte, sent)]

    def level(t_s: float) -> int:
        index = int(t_s * sent.baud + 1e-6)
        return bits[index] if index < len(bits) else 1

    heard: list[Heard] = []
    t_s, parity_bits = 0.0, at.parity is not None
    while True:
        index = ceil(t_s * sent.baud - 1e-6)
        while index < len(bits) and (bits[index] or (index > 0 and not bits[index - 1])):
            index += 1  # a start bit is a fall from high to low
        if index >= len(bits):
            return heard
        start_s = index / sent.baud
        sampled = [level(start_s + (n + 1.5) / at.baud) for n in range(9 + parity_bits)]
        byte = sum(bit << n for n, bit in enumerate(sampled[:8]))
        sound = sampled[-1] == 1
        if at.parity is not None:
            sound = sound and sampled[8] == (byte.bit_count() + at.parity) % 2
        t_s = start_s + (9.5 + parity_bits) / at.baud
        heard.append(Heard(start_s + at.byte_s, byte, sound))


class Wire:
    """A line that its sensor drives at `baud`, towards a port of the board."""

    def __init__(self, baud: int, parity: int | None = None, stop: int = 1) -> None:
        self.framing = Framing(baud, parity, stop)
        self.lost = 0
        self.errors = 0
        self._under_way: deque[tuple[float, int, bool]] = deque()
        self._free_s = 0.0
        self._heard: Framing | None = None
        self._room = 0
        self._waiting = bytearray()

    @property
    def baud(self) -> int:
        """Speed of the sensor."""
        return self.framing.baud

    def carry(self, at_s: float, data: bytes) -> float:
        """Send `data` from `at_s` on, or when the line is free: the instant of its last bit."""
        start_s = max(at_s, self._free_s)
        for after_s, byte, sound in hear(data, self.framing, self._heard or self.framing):
            self._under_way.append((start_s + after_s, byte, sound))
        self._free_s = start_s + len(data) * self.framing.byte_s
        return self._free_s

    def open(self, baud: int, room: int, parity: int | None = None, stop: int = 1) -> None:
        """The board listens from now on, with an empty buffer."""
        self._heard, self._room = Framing(baud, parity, stop), room
        self._waiting.clear()

    def advance(self, now_s: float) -> None:
        """Let everything arrive that has by now."""
        while self._under_way and self._under_way[0][0] <= now_s:
            _, byte, sound = self._under_way.popleft()
            self.errors += not sound
            if len(self._waiting) < self._room:
                self._waiting.append(byte)
            else:
                self.lost += 1

    @property
    def waiting(self) -> int:
        """Bytes in the buffer."""
        return len(self._waiting)

    def take(self, most: int) -> bytes:
        """Oldest bytes out of the buffer."""
        taken = bytes(self._waiting[:most])
        del self._waiting[:most]
        return taken


def _bits(byte: int, framing: Framing) -> list[int]:
    parity = [] if framing.parity is None else [(byte.bit_count() + framing.parity) % 2]
    return [0, *(byte >> n & 1 for n in range(8)), *parity, *[1] * framing.stop]
