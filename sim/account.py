"""The account: what was journalled and committed, what warned and what alarmed, and when.

Truth comes from sides that do not know each other: the journals read off the flash images after
the power was cut, the gateway's database, and the physics. `lost` counts journalled samples that
never arrived, and blocks that arrived with other bytes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware.journal import Journal
from protocols import block, codes, cose, words
from protocols.errors import ProtocolError
from sim.chain import Chain
from sim.crossings import Crossing
from sim.evidence import Delivered, Evidence

# An alarm and the crossing that caused it are at most this far apart: one period and the sensor's.
MATCH_MS = 3_000


@dataclass
class Observed:
    """What was seen from outside, at the physics and the pins."""

    crossings: list[Crossing] = field(default_factory=list)
    indications: list[Crossing] = field(default_factory=list)
    released_ms: dict[str, list[int]] = field(default_factory=dict)  # relay, unix ms by node
    duplicates: int = 0


def lost(journal: Path, delivered: dict[int, Delivered]) -> int:
    """Samples of blocks on flash that the gateway has not, or not as they were written."""
    book = Journal(str(journal), 1 << 40)
    total = 0
    for seq in range(max(book.first, 1), book.last + 1):
        sealed = book.read(seq)
        there = delivered.get(seq)
        if sealed is None:
            total += 0 if there else 1  # unreadable here and not there either: one at the least
        elif there is None or there.sealed != sealed:
            total += max(_samples(sealed), 1)
    return total


def _samples(sealed: bytes) -> int:
    try:
        series = block.decode(cose.payload(sealed)[0]).series
    except ProtocolError:
        return 1
    return sum(
        one.qualities.count(q) for one in series for q in set(one.qualities) - {codes.MISSED}
    )


def predicted(
    node: str, evidence: Evidence | Chain, events: list[dict[str, Any]], observed: Observed
) -> list[dict[str, Any]]:
    quantities = evidence.names(node)
    found = []
    for event in raised(events):
        if not event["condition"] & codes.PREDICTED:
            continue
        limit = words.name(words.CONDITIONS, event["condition"] & ~codes.PREDICTED)
        at_ms = event["t_ms"]
        crossed = [
            one.at_unix_ms
            for one in observed.crossings
            if (one.node, one.ch, one.limit) == (node, event["ch"], limit)
            and one.at_unix_ms >= at_ms
        ]
        found.append(
            {
                "node": node,
                "ch": event["ch"],
                "quantity": quantities[event["ch"]][0],
                "limit": limit,
                "at": iso(at_ms),
                "lead_s": round((crossed[0] - at_ms) / 1000, 1) if crossed else None,
                "probability": event["p_permille"] / 1000,
                "tte_s": None if event["tte_ms"] is None else event["tte_ms"] / 1000,
            }
        )
    return found


def alarms(
    node: str, evidence: Evidence | Chain, events: list[dict[str, Any]], observed: Observed
) -> list[dict[str, Any]]:
    quantities = evidence.names(node)
    found = []
    for event in raised(events):
        if event["condition"] & codes.PREDICTED or event["condition"] > codes.HH:
            continue
        limit = words.name(words.CONDITIONS, event["condition"])
        committed_ms = evidence.committed_ms(node, event["number"])
        crossed_ms = _cause(node, event, limit, observed)
        released = [t for t in observed.released_ms.get(node, []) if t >= (crossed_ms or 0)]
        found.append(
            {
                "node": node,
                "ch": event["ch"],
                "quantity": quantities[event["ch"]][0],
                "limit": limit,
                "at": iso(event["t_ms"]),
                "relay_ms": released[0] - crossed_ms if crossed_ms and released else None,
                "committed_ms": committed_ms - crossed_ms if crossed_ms and committed_ms else None,
            }
        )
    return found


def raised(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in events if one["code"] == codes.EV_ALARM and one["new"] == codes.UNACK]


def _cause(node: str, event: dict[str, Any], limit: str, observed: Observed) -> int | None:
    """When the sensor's own reading crossed the limit that the alarm is about."""
    near = [
        one.at_unix_ms
        for one in observed.indications
        if (one.node, one.ch, one.limit) == (node, event["ch"], limit)
        and abs(event["t_ms"] - one.at_unix_ms) <= MATCH_MS
    ]
    return max((t for t in near if t <= event["t_ms"] + 50), default=min(near, default=None))


def iso(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")
