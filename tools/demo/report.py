"""The JSON object that `tocsin demo --json` ends with."""

from pathlib import Path
from statistics import quantiles
from typing import Any

from protocols import codes
from sim.account import Observed, alarms, iso, lost, predicted
from sim.evidence import Delivered, Evidence
from sim.nodes import Nodes

_NO_BOOT: dict[str, Any] = {"runtime": "never heard of", "version": "", "software": b""}


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
            one for node in names for one in predicted(node, evidence, events[node], observed)
        ],
        "alarms": [
            one for node in names for one in alarms(node, evidence, events[node], observed)
        ],
        "latency_ms": _latency(delivered),
        "console_url": url,
    }


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
            {"from": iso(event["from_ms"]), "to": iso(event["to_ms"])}
            for event in events
            if event["code"] == codes.EV_GAP
        ],
    }


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
