"""The flash of one board as its supervisor sees it: every operation counted, judged by rules.

A rule sees each operation before it happens and may say what becomes of it (`Verdict`); faults of
the flash are rules. Numbers count from 1 over the life of the node, restarts included: an
operation has one number however often the same run is repeated.
"""

import struct
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from sim.board import ops


class Operation(NamedTuple):
    """One erase or program about to happen: `size` bytes at `offset` of a block."""

    number: int
    erase: bool
    block: int
    offset: int
    size: int


class Verdict(NamedTuple):
    """What becomes of it. With `cut` the power goes after `cut_bytes`; then `cut` is called."""

    stall_ms: int = 0
    errno: int = 0
    cut_bytes: int = 0
    cut: Callable[[], None] | None = None


Rule = Callable[[Operation], Verdict | None]


class Flash:
    """Counts of one board's flash; `rules` decide in order, the first cut or errno is final.

    `heard` is told of every operation that the board began (traces listen there).
    """

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.heard: list[Callable[[Operation], None]] = []
        self.operations = self.programs = self.erases = 0
        self.erases_of: Counter[int] = Counter()
        self._cut: Callable[[], None] | None = None

    def program(self, argument: int, payload: bytes) -> bytes:
        """The board asks before it programs."""
        self.programs += 1
        return self._judge(False, payload)

    def erase(self, argument: int, payload: bytes) -> bytes:
        """The board asks before it erases a block."""
        self.erases += 1
        return self._judge(True, payload)

    def cut(self, argument: int, payload: bytes) -> bytes:
        """The board stands still in mid-operation, as the verdict wanted it."""
        cut, self._cut = self._cut, None
        if cut is not None:
            cut()
        return b""

    def _judge(self, erase: bool, payload: bytes) -> bytes:
        self.operations += 1
        found = Operation(self.operations, erase, *struct.unpack(ops.FLASH_FORMAT, payload))
        if erase:
            self.erases_of[found.block] += 1
        for listener in self.heard:
            listener(found)
        stall_ms, plain = 0, True
        cut_bytes, errno = found.size, 0
        for rule in list(self.rules):
            verdict = rule(found)
            if verdict is None:
                continue
            plain = False
            stall_ms = max(stall_ms, verdict.stall_ms)
            if verdict.cut is not None:
                self._cut, cut_bytes = verdict.cut, min(verdict.cut_bytes, found.size - 1)
                break
            if verdict.errno:
                errno = verdict.errno
                break
        return b"" if plain else struct.pack(ops.FLASH_VERDICT, cut_bytes, stall_ms, errno)
