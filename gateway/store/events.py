"""Events of a block, and what follows from them: descriptions of channels, states of alarms.

Blocks may arrive in any order, so the latest is the one with the highest event number. An alarm's
row is worked out from its events each time one of them arrives.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

import cbor2
import msgspec

from gateway.model import AlarmRow, ChannelRow, Event, LimitRow, Sealed
from gateway.store.evidence import block_id, gone
from protocols import codes, words
from protocols import event as layouts

MAX_HISTORY = 1000  # events read back to find where an alarm started
STATES = tuple(state for state, _ in words.ALARM_STATES)
MAX_SCALE = 12  # as for samples (protocols.block)

_DESCRIPTION = (
    "name", "quantity", "urn", "scale", "period_ms", "low", "high", "uncertainty", "horizon_s",
    "sensor", "instrument",
)  # fmt: skip
_LIMIT = (
    "value", "deadband", "on_delay_ms", "off_delay_ms", "priority", "latch", "predict",
)  # fmt: skip


def add(
    db: sqlite3.Connection, node: int, block: Sealed
) -> tuple[list[ChannelRow], list[AlarmRow]]:
    """Store the events; the channels and alarms that stand otherwise now."""
    channels: set[int] = set()
    alarms: set[tuple[int, int]] = set()
    for event in block.events:
        fields = layouts.fields(event)
        ch, condition = fields.get("ch"), None
        if event.code == codes.EV_ALARM and ch is not None:
            condition = fields["condition"]
        _insert(db, node, block.seq, event, ch, condition)
        _write_off(db, node, block.seq, event.code, fields)
        if ch is None:
            continue
        if event.code == codes.EV_CHANNEL:
            if not -MAX_SCALE <= (fields["scale"] or 0) <= MAX_SCALE:
                fields["scale"] = None
            _describe(db, node, ch, block.boot, event.number, fields)
            channels.add(ch)
        elif event.code == codes.EV_LIMIT and fields["condition"] is not None:
            _limit(db, node, ch, block.boot, event.number, fields)
            channels.add(ch)
        elif condition is not None:
            alarms.add((ch, condition))
    return (
        [channel_row(db, block.node, channel_id(db, node, ch)) for ch in sorted(channels)],
        [row for key in sorted(alarms) if (row := _refresh(db, node, block.node, *key))],
    )


def _write_off(
    db: sqlite3.Connection, node: int, seq: int, code: int, fields: dict[str, Any]
) -> None:
    """Nobody need wait for blocks that the node itself says are gone."""
    first, last = fields.get("first_seq") or 0, fields.get("last_seq") or 0
    if not 0 < first <= last < seq:
        return
    if code == codes.EV_OVERWRITE:
        gone(db, node, 1, last)  # the oldest go first: nothing below can be there either
    elif code == codes.EV_GAP:
        gone(db, node, first, last)


def channel_id(db: sqlite3.Connection, node: int, ch: int) -> int:
    """Number of a channel, given on first sight, be it described or not."""
    row = db.execute("SELECT id FROM channel WHERE node = ? AND ch = ?", (node, ch)).fetchone()
    if row is None:
        row = db.execute(
            "INSERT INTO channel (node, ch) VALUES (?, ?) RETURNING id", (node, ch)
        ).fetchone()
    return int(row[0])


def channel_row(db: sqlite3.Connection, node: str, channel: int) -> ChannelRow:
    """A channel with the limits of its latest description."""
    ch, boot, *rest = db.execute(
        "SELECT ch, boot, name, quantity, urn, scale, period_ms, low, high, uncertainty,"
        " horizon_s, instrument FROM channel WHERE id = ?",
        (channel,),
    ).fetchone()
    limits = db.execute(
        "SELECT condition, value, priority, predict FROM limits"
        " WHERE channel = ? AND boot >= ? AND value IS NOT NULL ORDER BY condition",
        (channel, boot or 0),
    )
    found = [LimitRow(at, value, prio or 1, bool(predict)) for at, value, prio, predict in limits]
    return msgspec.structs.replace(ChannelRow(node, ch, *rest), limits=found)


def alarm_rows(db: sqlite3.Connection) -> list[AlarmRow]:
    """Every alarm as it stands."""
    rows = db.execute(
        "SELECT name, ch, condition, number, state, value, since_ms, started_ms, p_permille,"
        " tte_ms FROM alarm JOIN node ON node.id = alarm.node"
    )
    return [AlarmRow(*row) for row in rows]


def read(db: sqlite3.Connection, node: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Events of a node with a number above `after`: number, t_ms, code and named arguments."""
    rows = db.execute(
        "SELECT number, t_ms, code, args FROM event JOIN node ON node.id = event.node"
        " WHERE node.name = ? AND number > ? ORDER BY number LIMIT ?",
        (node, after, limit),
    )
    found = []
    for number, t_ms, code, args in rows:
        fields = layouts.fields(Event(number, t_ms, code, cbor2.loads(args)))
        found.append({"number": number, "t_ms": t_ms, "code": code} | fields)
    return found


def _insert(
    db: sqlite3.Connection, node: int, seq: int, event: Event, ch: object, condition: object
) -> None:
    db.execute(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            node,
            event.number,
            block_id(node, seq),
            event.t_ms,
            event.code,
            ch,
            condition,
            cbor2.dumps(event.args),
        ),
    )


def _describe(
    db: sqlite3.Connection, node: int, ch: int, boot: int, number: int, fields: dict[str, Any]
) -> None:
    columns = ", ".join(f"{word} = ?" for word in _DESCRIPTION)
    db.execute(
        f"UPDATE channel SET boot = ?, number = ?, {columns}"
        " WHERE id = ? AND ifnull(number, 0) < ?",
        (
            boot,
            number,
            *(fields[word] for word in _DESCRIPTION),
            channel_id(db, node, ch),
            number,
        ),
    )


def _limit(
    db: sqlite3.Connection, node: int, ch: int, boot: int, number: int, fields: dict[str, Any]
) -> None:
    columns = ", ".join(f"{word} = excluded.{word}" for word in ("number", "boot", *_LIMIT))
    db.execute(
        "INSERT INTO limits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT DO UPDATE SET {columns} WHERE number < excluded.number",
        (
            channel_id(db, node, ch),
            fields["condition"],
            number,
            boot,
            *(fields[word] for word in _LIMIT),
        ),
    )


def _refresh(
    db: sqlite3.Connection, node: int, name: str, ch: int, condition: int
) -> AlarmRow | None:
    """Work out where an alarm stands from its events, and keep it."""
    rows = db.execute(
        "SELECT number, t_ms, args FROM event WHERE node = ? AND ch = ? AND condition = ?"
        " ORDER BY number DESC, block DESC LIMIT ?",
        (node, ch, condition, MAX_HISTORY),
    )
    row = _standing(name, ch, condition, rows)
    if row is not None:
        values = msgspec.structs.astuple(row)[1:]
        db.execute(
            "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (node, *values)
        )
    return row


def _standing(
    name: str, ch: int, condition: int, newest_first: Iterable[tuple[int, int, bytes]]
) -> AlarmRow | None:
    """State by the latest event; its start by the last one that led out of NORM."""
    latest: AlarmRow | None = None
    for number, t_ms, args in newest_first:
        fields = layouts.fields(Event(number, t_ms, codes.EV_ALARM, cbor2.loads(args)))
        new = fields["new"]
        if new is None:
            continue
        if latest is not None and new == codes.NORM:
            break
        if latest is None:
            state = new if new in STATES else codes.UNACK  # of later software: better loud
            forecast = fields["p_permille"], fields["tte_ms"]
            latest = AlarmRow(
                name, ch, condition, number, state, fields["value"], t_ms, t_ms, *forecast
            )
        latest = msgspec.structs.replace(latest, started_ms=t_ms)
        if fields["old"] == codes.NORM:
            break
    return latest
