"""What stands in the nodes' own journals, read off their flash: evidence where no gateway was.

It answers what `sim.evidence.Evidence` answers, as if everything had been delivered.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firmware.journal import Journal
from protocols import block, codes, cose
from protocols import event as layouts
from protocols.errors import ProtocolError
from sim.evidence import Delivered


class Chain:
    """Journals by node, each a folder of segment files."""

    def __init__(self, journals: dict[str, Path]) -> None:
        self._journals = journals

    def close(self) -> None:
        """Nothing is held open."""

    def events(self, node: str, after: int) -> list[dict[str, Any]]:
        """Events of a node with a number above `after`."""
        found = []
        for _, _, content in self._read(node):
            for one in content.events:
                if one.number > after:
                    stamp = {"number": one.number, "t_ms": one.t_ms, "code": one.code}
                    found.append(stamp | layouts.fields(one))
        return sorted(found, key=lambda one: one["number"])

    def names(self, node: str) -> dict[int, tuple[str, str]]:
        """ch -> (channel name, instrument kind), as far as the journal still says."""
        described = (one for one in self.events(node, 0) if one["code"] == codes.EV_CHANNEL)
        return {one["ch"]: (one["name"], one["instrument"]) for one in described}

    def blocks(self, node: str) -> dict[int, Delivered]:
        """Every readable block of a node by its number."""
        return {
            seq: Delivered(seq, sealed, content.header.t0_ms, None, 0)
            for seq, sealed, content in self._read(node)
        }

    def contiguous(self, node: str) -> int:
        """Highest number that is there."""
        return max(self.blocks(node), default=0)

    def committed_ms(self, node: str, number: int) -> int | None:
        """Nothing was committed anywhere."""
        return None

    def _read(self, node: str) -> Iterator[tuple[int, bytes, Any]]:
        if node not in self._journals:
            return
        book = Journal(str(self._journals[node]), 1 << 40)
        for seq in range(max(book.first, 1), book.last + 1):
            sealed = book.read(seq)
            if sealed is not None:
                try:
                    yield seq, sealed, block.decode(cose.payload(sealed)[0])
                except ProtocolError:
                    continue
