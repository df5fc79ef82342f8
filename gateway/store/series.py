"""Samples: packed as they came, read back as lowest and highest per bucket of time."""

import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

from gateway.model import Chunk, Sample, Sealed
from gateway.store.events import channel_id
from gateway.store.evidence import block_id
from protocols import codes
from protocols.series import unpack


class Trend(msgspec.Struct):
    """Parallel lists, one entry per bucket that holds anything; None where no value was good."""

    t_ms: list[int] = []
    min: list[float | None] = []
    max: list[float | None] = []
    quality: list[int] = []


Slot = tuple[int, float | None, int]  # t_ms, value, quality

# The worse of two qualities has the higher rank; the table is indexed by NE 107 category.
_RANK = {codes.FAILURE: 4, codes.FUNCTION_CHECK: 3, codes.OUT_OF_SPECIFICATION: 2}


def add(db: sqlite3.Connection, node: int, block: Sealed) -> None:
    """Store the chunks of a block."""
    for part, one in enumerate(block.chunks):
        db.execute(
            "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                channel_id(db, node, one.ch),
                one.t0_ms,
                block_id(node, block.seq),
                part,
                one.period_ms,
                one.count,
                one.scale,
                one.data,
            ),
        )


def read(db: sqlite3.Connection, channel: int, from_ms: int, to_ms: int) -> list[Chunk]:
    """Chunks of a channel that hold anything from `from_ms` up to, not including, `to_ms`."""
    rows = db.execute(
        "SELECT ch, series.scale, series.period_ms, t0_ms, count, data FROM series"
        " JOIN channel ON channel.id = channel WHERE channel = ?1 AND t0_ms < ?3"
        " AND t0_ms >= ifnull((SELECT max(t0_ms) FROM series WHERE channel = ?1 AND t0_ms <= ?2),"
        " ?2) ORDER BY t0_ms",
        (channel, from_ms, to_ms),
    )
    return [Chunk(*row) for row in rows]


def slots(chunks: list[Chunk], from_ms: int, to_ms: int) -> Iterator[Slot]:
    """Samples in the chunks from `from_ms` up to, not including, `to_ms`."""
    for one in chunks:
        values, qualities = unpack(one.data, one.count)
        for i, (value, quality) in enumerate(zip(values, qualities, strict=True)):
            t_ms = one.t0_ms + i * one.period_ms
            if from_ms <= t_ms < to_ms:
                yield t_ms, None if value is None else scaled(value, one.scale), quality


def last(db: sqlite3.Connection, channel: int, ch: int) -> Sample | None:
    """The newest sample of a channel."""
    row = db.execute(
        "SELECT t0_ms, period_ms, count, scale, data FROM series WHERE channel = ?"
        " ORDER BY t0_ms DESC LIMIT 1",
        (channel,),
    ).fetchone()
    return last_of(Chunk(ch, row[3], row[1], row[0], row[2], row[4])) if row else None


def last_of(chunk: Chunk) -> Sample:
    """The last sample of a chunk."""
    values, qualities = unpack(chunk.data, chunk.count)
    t_ms = chunk.t0_ms + (chunk.count - 1) * chunk.period_ms
    return Sample(chunk.ch, chunk.scale, chunk.period_ms, t_ms, values[-1], qualities[-1])


def trend(found: Iterable[Slot], from_ms: int, to_ms: int, points: int) -> Trend:
    """At most `points` buckets of time, each with its lowest, its highest and its worst."""
    out = Trend([], [], [], [])
    width_ms = -(-(to_ms - from_ms) // points)
    current = -1
    for t_ms, value, quality in found:
        bucket = (t_ms - from_ms) // width_ms
        if bucket != current:
            current = bucket
            _append(out, from_ms + bucket * width_ms, value, quality)
        else:
            _widen(out, value, quality)
    return out


def as_measured(found: Iterable[Slot]) -> Trend:
    """Every sample at its own time."""
    out = Trend([], [], [], [])
    for t_ms, value, quality in found:
        _append(out, t_ms, value, quality)
    return out


def scaled(value: int, scale: int) -> float:
    """A wire integer in the wire unit; dividing keeps 101.3 from becoming 101.30000000000001."""
    return float(value * 10**scale) if scale >= 0 else value / 10**-scale


def _append(out: Trend, t_ms: int, value: float | None, quality: int) -> None:
    out.t_ms.append(t_ms)
    out.min.append(value)
    out.max.append(value)
    out.quality.append(quality)


def _widen(out: Trend, value: float | None, quality: int) -> None:
    if value is not None:
        low, high = out.min[-1], out.max[-1]
        out.min[-1] = value if low is None else min(low, value)
        out.max[-1] = value if high is None else max(high, value)
    if _rank(quality) > _rank(out.quality[-1]):
        out.quality[-1] = quality


def _rank(quality: int) -> int:
    return _RANK.get(codes.category(quality), 1 if quality else 0)
