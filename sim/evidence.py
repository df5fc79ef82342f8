"""What stands in the gateway's database, read from outside while it works and after."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.store import events, open
from protocols import codes
from protocols.series import unpack


@dataclass(frozen=True)
class Delivered:
    """One committed block."""

    seq: int
    sealed: bytes
    last_ms: int  # its newest sample, or its start if it has none
    committed_ms: int | None
    samples: int


class Evidence:
    """Read-only look at one gateway database."""

    def __init__(self, path: Path) -> None:
        self._db = open.reader(path)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def events(self, node: str, after: int) -> list[dict[str, Any]]:
        """Events of a node with a number above `after`."""
        try:
            return events.read(self._db, node, after, 1000)
        except sqlite3.OperationalError:  # a gateway that was just killed may still hold the file
            return []

    def names(self, node: str) -> dict[int, tuple[str, str]]:
        """ch -> (channel name, instrument kind)."""
        rows = self._db.execute(
            "SELECT ch, channel.name, instrument FROM channel"
            " JOIN node ON node.id = channel.node WHERE node.name = ?",
            (node,),
        )
        return {ch: (name, instrument) for ch, name, instrument in rows}

    def blocks(self, node: str) -> dict[int, Delivered]:
        """Every committed block of a node by its number."""
        rows = self._db.execute(
            "SELECT delivery.seq, block.sealed, delivery.t0_ms, delivery.committed_ms, block.id"
            " FROM delivery JOIN node ON node.name = delivery.node"
            " JOIN block ON block.id = node.id << 40 | delivery.seq WHERE delivery.node = ?",
            (node,),
        ).fetchall()
        found = {}
        for seq, sealed, t0_ms, committed_ms, block in rows:
            ends = [t0_ms]
            samples = 0
            for start_ms, period_ms, qualities in self._series(block):
                ends.append(start_ms + (len(qualities) - 1) * period_ms)
                samples += sum(one != codes.MISSED for one in qualities)
            found[seq] = Delivered(seq, sealed, max(ends), committed_ms, samples)
        return found

    def contiguous(self, node: str) -> int:
        """Highest number up to which no block of a node is missing."""
        row = self._db.execute(
            "SELECT last FROM run JOIN node ON node.id = run.node WHERE name = ? AND first = 1",
            (node,),
        ).fetchone()
        return int(row[0]) if row else 0

    def committed_ms(self, node: str, number: int) -> int | None:
        """When the block that holds event `number` was on the gateway's disk."""
        row = self._db.execute(
            "SELECT committed_ms FROM event JOIN node ON node.id = event.node"
            " JOIN block ON block.id = event.block JOIN batch ON batch.id = block.batch"
            " WHERE node.name = ? AND number = ?",
            (node, number),
        ).fetchone()
        return row[0] if row else None

    def _series(self, block: int) -> Iterator[tuple[int, int, list[int]]]:
        rows = self._db.execute(
            "SELECT t0_ms, period_ms, count, data FROM series WHERE block = ?", (block,)
        )
        for t0_ms, period_ms, count, data in rows:
            yield t0_ms, period_ms, unpack(data, count)[1]
