"""Evidence: sealed blocks verbatim, each held against the stored neighbours of its chain.

A block is `linked` if it names the block before it, `broken` if it names another one, `pending`
while the block before is not here. When a late block fills a hole, the block after it is judged
too. A broken block is kept like any other: it is evidence that something is wrong.
"""

import sqlite3

from gateway.errors import Conflict
from gateway.model import Chain, NodeRow, Sealed
from protocols.block import FIRST_LINK

SEQ_BITS = 40
SEQ_MAX = 2**SEQ_BITS - 1
HEARD_BLOCKS = 16  # newest blocks among which the last to arrive is looked for
MAX_RANGES = 32  # in an answer; a node that has more holes hears of the lowest


def node_id(db: sqlite3.Connection, name: str) -> int:
    """Number of a node, given on first sight."""
    row = db.execute("SELECT id FROM node WHERE name = ?", (name,)).fetchone()
    if row is None:
        row = db.execute("INSERT INTO node (name) VALUES (?) RETURNING id", (name,)).fetchone()
    return int(row[0])


def block_id(node: int, seq: int) -> int:
    return node << SEQ_BITS | seq


def is_known(db: sqlite3.Connection, node: int, block: Sealed) -> bool:
    """Is this very block stored already? Conflict if another one has its place."""
    key = (block_id(node, block.seq),)
    row = db.execute("SELECT sealed FROM block WHERE id = ?", key).fetchone()
    if row is not None and row[0] != block.sealed:
        raise Conflict(block.node, block.seq)
    return row is not None


def add(db: sqlite3.Connection, node: int, block: Sealed) -> Chain:
    """Store a new block; how it stands to the one before it."""
    key = block_id(node, block.seq)
    chain = _judge(db, key, block)
    db.execute(
        "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT max(id) FROM batch))",
        (
            key,
            block.sealed,
            block.link,
            block.prev,
            chain,
            block.boot,
            block.t0_ms,
            block.mode,
            block.clock,
            block.received_ms,
        ),
    )
    db.execute(
        "UPDATE block SET chain = iif(prev = ?, 'linked', 'broken') WHERE id = ?",
        (block.link, key + 1),
    )
    _cover(db, node, block.seq, block.seq)
    return chain


def gone(db: sqlite3.Connection, node: int, first: int, last: int) -> None:
    """The node has lost these blocks, overwritten or damaged, and says so under its seal."""
    _cover(db, node, first, last)


def contiguous(db: sqlite3.Connection, node: int) -> tuple[int, list[tuple[int, int]]]:
    """(highest seq up to which nothing is still to come, runs above it)."""
    rows = db.execute(
        "SELECT first, last FROM run WHERE node = ? ORDER BY first LIMIT ?", (node, MAX_RANGES + 1)
    ).fetchall()
    if rows and rows[0][0] == 1:
        return rows[0][1], rows[1:]
    return 0, rows[:MAX_RANGES]


def node_row(db: sqlite3.Connection, node: int, name: str) -> NodeRow | None:
    """A node as its latest block shows it; None before the first."""
    span = (block_id(node, 0), block_id(node, SEQ_MAX))
    latest = db.execute(
        "SELECT boot, mode FROM block WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", span
    ).fetchone()
    if latest is None:
        return None
    heard_ms = db.execute(
        "SELECT max(received_ms) FROM (SELECT received_ms FROM block WHERE id BETWEEN ? AND ?"
        " ORDER BY id DESC LIMIT ?)",
        (*span, HEARD_BLOCKS),
    ).fetchone()[0]
    boot, mode = latest
    broken, broken_ms = db.execute(
        "SELECT count(*), ifnull(min(received_ms), 0) FROM block"
        " WHERE chain = 'broken' AND id BETWEEN ? AND ?",
        span,
    ).fetchone()
    return NodeRow(name, boot, mode, heard_ms, broken, broken_ms)


def _judge(db: sqlite3.Connection, key: int, block: Sealed) -> Chain:
    if block.seq == 1:
        return "linked" if block.prev == FIRST_LINK else "broken"
    row = db.execute("SELECT link FROM block WHERE id = ?", (key - 1,)).fetchone()
    if row is None:
        return "pending"
    return "linked" if row[0] == block.prev else "broken"


def _cover(db: sqlite3.Connection, node: int, first: int, last: int) -> None:
    """Add `first` to `last` to the runs, joining those that overlap or touch it."""
    touched = db.execute(
        "DELETE FROM run WHERE node = ? AND first <= ? AND last >= ? RETURNING first, last",
        (node, last + 1, first - 1),
    ).fetchall()
    first = min([first, *(run[0] for run in touched)])
    last = max([last, *(run[1] for run in touched)])
    db.execute("INSERT INTO run VALUES (?, ?, ?)", (node, first, last))
