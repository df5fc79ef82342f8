"""The account: what was taken, journalled and committed, what warned and what alarmed, and when.

Truth comes from three sides that do not know each other: the nodes' own counters, the journals
read off the flash images after the power was cut, and the gateway's database. `lost` counts
journalled samples that never arrived, and blocks that arrived with other bytes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from firmware.journal import Journal
from protocols import block, codes, cose, words
from protocols.errors import ProtocolError
from sim.crossings import Crossing
from tools.demo.evidence import Delivered, Evidence
from tools.demo.nodes import Nodes

# An alarm and the crossing that caused it are at most this far apart: one period and the sensor's.
MATCH_MS = 3_000

_NO_BOOT: dict[str, Any] = {"runtime": "never heard of", "version": "", "software": b""}


@dataclass
class Observed:
    """What the demo itself saw from outside."""

    crossings: list[Crossing] = field(default_factory=list)
    indications: list[Crossing] = field(default_factory=list)
    released_ms: dict[str, list[int]] = field(default_factory=dict)  # relay, unix ms by node
    duplicates: int = 0


def build(
    evidence: Evidence, nodes: Nodes, observed: Observed, journals: dict[str, Path], url: str
) -> dict[str, Any]:
    """The JSON object that `tocsin demo --json` ends with."""
    names = sorted(journals)
    delivered = {node: evidence.blocks(node) for node in names}
    events = {node: evidence.events(node, 0) for node in names}
    return {
        "nodes": [_node(node, nodes, delivered[node], events[node]) for node in names],
        "lost": sum(lost(journals[node], delivered[node]) for node in names),
        "duplicates_ignored": observed.duplicates,
        "predictive_alarms": [
            one for node in names for one in _predicted(node, evidence, events[node], observed)
        ],
        "alarms": [
            one for node in names for one in _alarms(node, evidence, events[node], observed)
        ],
        "latency_ms": _latency(delivered),
        "console_url": url,
    }


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


def _node(
    node: str, nodes: Nodes, delivered: dict[int, Delivered], events: list[dict[str, Any]]
) -> dict[str, Any]:
    identity = nodes.latest(node)
    boot = next((event for event in events if event["code"] == codes.EV_BOOT), _NO_BOOT)
    kinds = [event["instrument"] for event in events if event["code"] == codes.EV_CHANNEL]
    return {
        "id": node,
        "kind": "+".join(dict.fromkeys(kinds)),
        "runtime": boot["runtime"],
        "firmware": f"{boot['version']} {boot['software'].hex()[:16]}",
        "samples_taken": nodes.taken(node),
        "samples_committed": sum(one.samples for one in delivered.values()),
        "blocks": len(delivered),
        "heap_peak_bytes": nodes.heap_peak(node),
        "missed_slots": nodes.missed(node),
        "boots": identity.get("boot", 0),
        "gaps": [
            {"from": _iso(event["from_ms"]), "to": _iso(event["to_ms"])}
            for event in events
            if event["code"] == codes.EV_GAP
        ],
    }


def _predicted(
    node: str, evidence: Evidence, events: list[dict[str, Any]], observed: Observed
) -> list[dict[str, Any]]:
    quantities = evidence.names(node)
    found = []
    for event in _raised(events):
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
                "quantity": quantities[event["ch"]][0],
                "limit": limit,
                "at": _iso(at_ms),
                "lead_s": round((crossed[0] - at_ms) / 1000, 1) if crossed else None,
                "probability": event["p_permille"] / 1000,
                "tte_s": None if event["tte_ms"] is None else event["tte_ms"] / 1000,
            }
        )
    return found


def _alarms(
    node: str, evidence: Evidence, events: list[dict[str, Any]], observed: Observed
) -> list[dict[str, Any]]:
    quantities = evidence.names(node)
    found = []
    for event in _raised(events):
        if event["condition"] & codes.PREDICTED or event["condition"] > codes.HH:
            continue
        limit = words.name(words.CONDITIONS, event["condition"])
        committed_ms = evidence.committed_ms(node, event["number"])
        crossed_ms = _cause(node, event, limit, observed)
        released = [t for t in observed.released_ms.get(node, []) if t >= (crossed_ms or 0)]
        found.append(
            {
                "node": node,
                "quantity": quantities[event["ch"]][0],
                "limit": limit,
                "at": _iso(event["t_ms"]),
                "relay_ms": released[0] - crossed_ms if crossed_ms and released else None,
                "committed_ms": committed_ms - crossed_ms if crossed_ms and committed_ms else None,
            }
        )
    return found


def _raised(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
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


def _latency(delivered: dict[str, dict[int, Delivered]]) -> dict[str, float | None]:
    """Newest sample of a block -> block committed, over all blocks, in ms."""
    times = [
        one.committed_ms - one.last_ms
        for blocks in delivered.values()
        for one in blocks.values()
        if one.committed_ms is not None and one.samples
    ]
    if len(times) < 2:
        return {"p50": None, "p99": None}
    cuts = quantiles(times, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


def _iso(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")
