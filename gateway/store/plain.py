"""Unsealed measurements of other vendors' senders, once per (name, time)."""

import sqlite3

from gateway.model import Reading
from gateway.store.series import Slot
from protocols import codes


def add(db: sqlite3.Connection, readings: list[Reading], received_ms: int) -> list[Reading]:
    """Store the readings; those that were new."""
    new = []
    for one in readings:
        cursor = db.execute(
            "INSERT OR IGNORE INTO plain_sample VALUES (?, ?, ?, ?)",
            (_plain_id(db, one), one.t_ms, one.value, received_ms),
        )
        if cursor.rowcount:
            new.append(one)
    return new


def find(db: sqlite3.Connection, key: str) -> int | None:
    """Number of the plain instrument that pages call `key`."""
    row = db.execute("SELECT id FROM plain WHERE node || '/' || name = ?", (key,)).fetchone()
    return int(row[0]) if row else None


def slots(db: sqlite3.Connection, plain: int, from_ms: int, to_ms: int) -> list[Slot]:
    """Samples from `from_ms` up to, not including, `to_ms`; who sends plain tells no quality."""
    rows = db.execute(
        "SELECT t_ms, value FROM plain_sample WHERE plain = ? AND t_ms >= ? AND t_ms < ?"
        " ORDER BY t_ms",
        (plain, from_ms, to_ms),
    )
    return [(t_ms, value, codes.GOOD) for t_ms, value in rows]


def last(db: sqlite3.Connection) -> list[tuple[Reading, int]]:
    """The newest reading of every plain instrument, and when it was received.

    None counts as measured after it came: earlier versions stored times in the future.
    """
    rows = db.execute(
        "SELECT node, name, unit, max(min(t_ms, received_ms)), value, received_ms"
        " FROM plain_sample JOIN plain ON plain.id = plain_sample.plain GROUP BY plain"
    )
    return [(Reading(*row[:5]), row[5]) for row in rows]


def _plain_id(db: sqlite3.Connection, one: Reading) -> int:
    row = db.execute(
        "INSERT INTO plain (node, name, unit) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET unit = excluded.unit RETURNING id",
        (one.node, one.name, one.unit),
    ).fetchone()
    return int(row[0])
