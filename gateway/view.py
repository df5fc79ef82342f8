"""What a page sees of an instrument and of its alarms: words and wire units, ready for JSON."""

from typing import Any

from gateway.instrument import OTHER, Instrument
from gateway.model import AlarmRow, NodeRow
from protocols import codes, tags, words

CHAIN = "chain"  # tag of the flag that a node's evidence does not hold together
FAULT_PRIORITY = 2  # as in the firmware; an instrument that fails is no process alarm
JOURNAL_PRIORITY = 3  # as in the firmware
LOWEST_PRIORITY = 4

# Worst first: what nobody has acknowledged before what somebody has, active before gone.
_STATES = (
    codes.UNACK,
    codes.LATCH_UNACK,
    codes.RTN_UNACK,
    codes.ACKED,
    codes.LATCH_ACKED,
    codes.SHELVED,
    codes.OUT_OF_SERVICE,
    codes.SUPPRESSED_BY_DESIGN,
    codes.NORM,
)
_NOT_LISTED = (codes.NORM, codes.SUPPRESSED_BY_DESIGN)


def instrument(one: Instrument) -> dict[str, Any]:
    """JSON of an instrument."""
    row = one.row
    return {
        "key": one.key,
        "node": row.node,
        "name": one.name,
        "quantity": one.quantity,
        "unit": one.unit,
        "urn": row.urn,
        "instrument": row.instrument,
        "mode": mode(one.mode),
        "sealed": one.sealed,
        "low": one.scaled(row.low),
        "high": one.scaled(row.high),
        "uncertainty": one.scaled(row.uncertainty),
        "period_ms": row.period_ms,
        "horizon_s": row.horizon_s,
        "value": one.value,
        "t_ms": one.t_ms,
        "quality": one.quality,
        "quality_word": words.name(words.QUALITIES, one.quality),
        "provisional": one.provisional,
        "heard_ms": one.heard_ms,
        "silent": one.silent,
        "limits": [
            {
                "at": at(limit.condition),
                "value": one.scaled(limit.value),
                "priority": limit.priority,
                "predict": limit.predict,
            }
            for limit in row.limits
        ],
        "forecast": one.forecast,
        "state": _worst(one),
        "alarms": [_brief(one, row) for row in _rows(one) if row.state != codes.NORM],
    }


def alarms(one: Instrument) -> list[dict[str, Any]]:
    """JSON of the alarms that belong into the list of alarms."""
    return [_entry(one, row) for row in _rows(one) if row.state not in _NOT_LISTED]


def rank(entry: dict[str, Any]) -> tuple[int, int, int]:
    """Sorts the list of alarms: worst priority, worst state, newest."""
    state = words.code(words.ALARM_STATES, entry["state"])
    return entry["priority"], _STATES.index(state), -entry["started_ms"]


def broken_chain(node: NodeRow) -> dict[str, Any]:
    """JSON of the flag that a node's blocks do not follow one another; it looks like an alarm."""
    return {
        "key": f"{node.node}/{CHAIN}",
        "node": node.node,
        "instrument": f"{node.node}/{CHAIN}",
        "tag": CHAIN,
        "at": CHAIN,
        "predicted": False,
        "quantity": OTHER,
        "unit": "",
        "limit": None,
        "value": float(node.broken),
        "state": words.name(words.ALARM_STATES, codes.UNACK),
        "priority": 1,
        "started_ms": node.broken_ms,
        "since_ms": node.broken_ms,
        "mode": mode(node.mode),
        "p": None,
        "tte_s": None,
    }


def at(condition: int) -> str:
    """Word of the boundary that a condition speaks of, be it measured or predicted."""
    return str(words.name(words.CONDITIONS, condition & ~codes.PREDICTED))


def mode(code: int) -> str:
    """Word of a mode; an unknown one must never read as normal."""
    return words.MODES[code] if code < len(words.MODES) else f"#{code}"


def _rows(one: Instrument) -> list[AlarmRow]:
    return sorted(one.alarms.values(), key=lambda row: row.condition)


def _worst(one: Instrument) -> str:
    found = [row.state for row in one.alarms.values() if not row.condition & codes.PREDICTED]
    worst = min(found, key=_order, default=codes.NORM)
    return str(words.name(words.ALARM_STATES, worst))


def _order(state: int) -> int:
    return _STATES.index(state) if state in _STATES else -1


def _brief(one: Instrument, row: AlarmRow) -> dict[str, Any]:
    return {
        "tag": tags.tag(one.name, row.condition),
        "at": at(row.condition),
        "predicted": bool(row.condition & codes.PREDICTED),
        "state": words.name(words.ALARM_STATES, row.state),
        "priority": _priority(one, row.condition),
        "value": one.scaled(row.value),
        "since_ms": row.since_ms,
    }


def _entry(one: Instrument, row: AlarmRow) -> dict[str, Any]:
    brief = _brief(one, row)
    limit = next((x.value for x in one.row.limits if at(x.condition) == brief["at"]), None)
    return brief | {
        "key": f"{one.row.node}/{brief['tag']}",
        "node": one.row.node,
        "instrument": one.key,
        "quantity": one.quantity,
        "unit": one.unit,
        "limit": one.scaled(limit),
        "started_ms": row.started_ms,
        "mode": mode(one.mode),
        "p": None if row.p_permille is None else row.p_permille / 1000,
        "tte_s": None if row.tte_ms is None else row.tte_ms / 1000,
    }


def _priority(one: Instrument, condition: int) -> int:
    """As configured; a predictive alarm stands one below its limit's, as on the node."""
    boundary = condition & ~codes.PREDICTED
    if boundary == codes.JOURNAL_FULL:
        return JOURNAL_PRIORITY
    if boundary >= codes.FAULT:
        return FAULT_PRIORITY
    known = next((one.priority for one in one.row.limits if one.condition == boundary), 1)
    return min(known + 1, LOWEST_PRIORITY) if condition & codes.PREDICTED else known
