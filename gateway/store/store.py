"""The door to the store: writes become futures that resolve after COMMIT, reads are plain calls.

Reads have a connection of their own and see the last commit; call them from any thread.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gateway.errors import StoreDown, StoreError
from gateway.model import AlarmRow, ChannelRow, NodeRow, Reading, Receipt, Sample, Sealed
from gateway.store import events, evidence, open, plain, series
from gateway.store.db import Writer

T = TypeVar("T")


class Store:
    """One database file, opened; `close` it."""

    def __init__(self, path: Path) -> None:
        """StoreError if the file cannot be used."""
        self._claim = open.claim(path)
        try:
            self.writer = Writer(open.writer(path))
        except StoreError:
            self._claim.close()
            raise
        self._db = open.reader(path)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Finish what was submitted."""
        self.writer.close()
        with self._lock:
            self._db.close()
        self._claim.close()

    # --- writes

    def commit_block(self, block: Sealed) -> "Future[Receipt]":
        """Store a verified block once; Conflict, StoreDown."""
        return self.writer.submit(lambda db: _commit_block(db, block))

    def commit_readings(
        self, readings: list[Reading], received_ms: int
    ) -> "Future[list[Reading]]":
        """Store plain readings once per (name, time); those that were new."""
        return self.writer.submit(lambda db: plain.add(db, readings, received_ms))

    # --- reads

    def contiguous(self, node: str) -> tuple[int, list[tuple[int, int]]]:
        """(highest seq up to which nothing of a node is still to come, runs above it)."""

        def read(db: sqlite3.Connection) -> tuple[int, list[tuple[int, int]]]:
            row = db.execute("SELECT id FROM node WHERE name = ?", (node,)).fetchone()
            return evidence.contiguous(db, row[0]) if row else (0, [])

        return self._read(read)

    def trend(self, key: str, from_ms: int, to_ms: int, points: int) -> dict[str, Any]:
        """Lowest, highest and worst quality per bucket of time, or every sample if there are no
        more than `points`; KeyError for an unknown key."""
        channel = self._read(lambda db: _channel(db, key))
        if channel is None:
            few = self._read(lambda db: _plain(db, key, from_ms, to_ms))
            return _trend(few, len(few), from_ms, to_ms, points)
        chunks = self._read(lambda db: series.read(db, channel, from_ms, to_ms))
        total = sum(one.count for one in chunks)
        return _trend(series.slots(chunks, from_ms, to_ms), total, from_ms, to_ms, points)

    def events(self, node: str, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """Events of a node with a number above `after`, in order."""
        return self._read(lambda db: events.read(db, node, after, limit))

    def nodes(self) -> list[NodeRow]:
        """Every node that ever delivered a block."""
        return self._read(_nodes)

    def channels(self) -> list[tuple[ChannelRow, Sample | None]]:
        """Every channel and its newest sample."""
        return self._read(_channels)

    def alarms(self) -> list[AlarmRow]:
        """Every alarm as it stands."""
        return self._read(events.alarm_rows)

    def readings(self) -> list[tuple[Reading, int]]:
        """The newest plain reading of every name, and when it came."""
        return self._read(plain.last)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                return work(self._db)
            except sqlite3.Error as error:
                raise StoreDown(f"the store cannot be read: {error}", open.hint(error)) from None


def _commit_block(db: sqlite3.Connection, block: Sealed) -> Receipt:
    node = evidence.node_id(db, block.node)
    duplicate = evidence.is_known(db, node, block)
    channels: list[ChannelRow] = []
    alarms: list[AlarmRow] = []
    if not duplicate:
        evidence.add(db, node, block)
        series.add(db, node, block)
        channels, alarms = events.add(db, node, block)
    contiguous, ranges = evidence.contiguous(db, node)
    heard = evidence.node_row(db, node, block.node)
    assert heard is not None  # the block is there by now
    return Receipt(
        node=block.node,
        seq=block.seq,
        duplicate=duplicate,
        heard=heard,
        contiguous=contiguous,
        ranges=ranges,
        channels=channels,
        alarms=alarms,
    )


def _channel(db: sqlite3.Connection, key: str) -> int | None:
    row = db.execute(
        "SELECT channel.id FROM channel JOIN node ON node.id = channel.node"
        " WHERE node.name || '/' || ifnull(channel.name, '#' || ch) = ?",
        (key,),
    ).fetchone()
    return int(row[0]) if row else None


def _trend(
    slots: Iterable[series.Slot], total: int, from_ms: int, to_ms: int, points: int
) -> dict[str, Any]:
    if total <= points:
        return msgspec.structs.asdict(series.as_measured(slots))
    return msgspec.structs.asdict(series.trend(slots, from_ms, to_ms, points))


def _plain(db: sqlite3.Connection, key: str, from_ms: int, to_ms: int) -> list[series.Slot]:
    number = plain.find(db, key)
    if number is None:
        raise KeyError(key)
    return plain.slots(db, number, from_ms, to_ms)


def _nodes(db: sqlite3.Connection) -> list[NodeRow]:
    nodes = db.execute("SELECT id, name FROM node ORDER BY name").fetchall()
    return [row for node, name in nodes if (row := evidence.node_row(db, node, name))]


def _channels(db: sqlite3.Connection) -> list[tuple[ChannelRow, Sample | None]]:
    rows = db.execute(
        "SELECT channel.id, node.name, ch FROM channel JOIN node ON node.id = channel.node"
        " ORDER BY node.name, ch"
    ).fetchall()
    return [(events.channel_row(db, node, id), series.last(db, id, ch)) for id, node, ch in rows]
