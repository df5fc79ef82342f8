"""One direction of a serial line, sensor to board: bytes at the line's speed, a bounded buffer.

A byte exists for the board when its last bit has arrived. Bytes that find the buffer full, or the
port not opened, are lost and counted. Opened at another speed, the port hears noise.
"""

from collections import deque

BITS_PER_BYTE = 10  # 8N1: start, eight data, stop


class Wire:
    """A line that its sensor drives at `baud`."""

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.lost = 0
        self._under_way: deque[tuple[float, int]] = deque()
        self._free_s = 0.0
        self._heard_baud = 0
        self._room = 0
        self._waiting = bytearray()

    def carry(self, at_s: float, data: bytes) -> float:
        """Send `data` from `at_s` on, or when the line is free: the instant of its last bit."""
        byte_s = BITS_PER_BYTE / self.baud
        arrival_s = max(at_s, self._free_s)
        for byte in data:
            arrival_s += byte_s
            self._under_way.append((arrival_s, byte))
        self._free_s = arrival_s
        return arrival_s

    def open(self, baud: int, room: int) -> None:
        """The board listens from now on, with an empty buffer."""
        self._heard_baud, self._room = baud, room
        self._waiting.clear()

    def advance(self, now_s: float) -> None:
        """Let everything arrive that has by now."""
        while self._under_way and self._under_way[0][0] <= now_s:
            byte = self._under_way.popleft()[1]
            if len(self._waiting) < self._room:
                self._waiting.append(byte if self._heard_baud == self.baud else ~byte & 0xFF)
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
