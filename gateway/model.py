"""Records that pass between the stages: frozen, plain, in the units of the wire.

`Sealed` is what ingest hands to the store, `Receipt` what the store gives back once it is on disk;
the rows are what pages are made of. Values in rows are integers of 10^scale wire units, as sent.
"""

from typing import Literal

import msgspec

Chain = Literal["linked", "pending", "broken"]


class Event(msgspec.Struct, frozen=True):
    """Anything that happened; `number` counts a node's events for ever."""

    number: int
    t_ms: int
    code: int
    args: list[object]


class Chunk(msgspec.Struct, frozen=True):
    """Samples of one channel in one block, packed as they stand in the block."""

    ch: int
    scale: int
    period_ms: int
    t0_ms: int
    count: int
    data: bytes


class Sample(msgspec.Struct, frozen=True):
    """The last sample of a chunk; no value where the quality is a failure."""

    ch: int
    scale: int
    period_ms: int
    t_ms: int
    value: int | None
    quality: int


class Sealed(msgspec.Struct, frozen=True):
    """A block whose seal was verified: its bytes, and what they say."""

    node: str
    seq: int
    sealed: bytes
    link: bytes
    prev: bytes
    boot: int
    t0_ms: int
    mode: int
    clock: int
    events: list[Event]
    chunks: list[Chunk]
    last: list[Sample]
    received_ms: int


class LimitRow(msgspec.Struct, frozen=True):
    condition: int
    value: int
    priority: int
    predict: bool


class ChannelRow(msgspec.Struct, frozen=True):
    """A channel as its node described it last; all but node and ch are None until it did."""

    node: str
    ch: int
    name: str | None = None
    quantity: int | None = None
    urn: str | None = None
    scale: int | None = None
    period_ms: int | None = None
    low: int | None = None
    high: int | None = None
    uncertainty: int | None = None
    horizon_s: int | None = None
    instrument: str | None = None
    limits: list[LimitRow] = []


class AlarmRow(msgspec.Struct, frozen=True):
    """Where an alarm stands by the latest of its events; `started_ms`: when it last left NORM."""

    node: str
    ch: int
    condition: int
    number: int
    state: int
    value: int | None
    since_ms: int
    started_ms: int
    p_permille: int | None
    tte_ms: int | None


class NodeRow(msgspec.Struct, frozen=True):
    """What the store knows of a node as a whole."""

    node: str
    boot: int
    mode: int
    heard_ms: int
    broken: int  # how many of its blocks do not fit their chain
    broken_ms: int  # when the first of them came


class Receipt(msgspec.Struct, frozen=True):
    """A block is on disk: what is whole by now, and what it changed."""

    node: str
    seq: int
    duplicate: bool
    heard: NodeRow
    contiguous: int
    ranges: list[tuple[int, int]]
    channels: list[ChannelRow]
    alarms: list[AlarmRow]


class Reading(msgspec.Struct, frozen=True):
    """One plain (unsealed) measurement."""

    node: str
    name: str
    unit: str
    t_ms: int
    value: float
