"""What a scenario expects, and whether a record has it: pure, so a test may ask at any time.

    event = "alarm"     alarm, predicted, fault (raised, unless `state` says otherwise), boot, gap,
                        clock, overwrite, missed, command, config, crash
                        with node, ch, at, state, cause; count = N exactly, at_least = 1, at_most
    relay = 0           an output takes that level (horn, lamp likewise), with node
    lost = 0            journalled samples that never arrived, at most
    measure = "lead_s"  of `MEASURES`, with at_least or at_most, node, ch

`after_s` and `within_s` bound the time: from after_s (0) on, for within_s (to the end).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocols import codes, words
from sim.record import KINDS, OUTPUTS, Happening, Record
from sim.schema import Table, nearest

RAISED = "UNACK"
LIMITS = ("LL", "L", "H", "HH")
EARLY_S = 0.02  # a node's clock follows the gateway's no closer than that

# name -> (unit, what it is, how one figure comes of many)
MEASURES: Mapping[str, tuple[str, str, Callable[[Sequence[float]], float]]] = {
    "lead_s": ("s", "shortest time from a predictive alarm to the crossing it foretold", min),
    "relay_ms": ("ms", "longest time from the sensor's reading to the relay", max),
    "committed_ms": ("ms", "longest time from the sensor's reading to the gateway's disk", max),
    "false_predictions": ("", "predictive alarms without a crossing", sum),
    "missed_alarms": ("", "crossings without an alarm", sum),
    "heap_kib": ("KiB", "highest heap of the firmware", max),
    "boots": ("", "starts of the firmware", max),
    "crashes": ("", "times that the firmware ended by itself", sum),
}

_STATES = [word for _, word in words.ALARM_STATES]
_WHERE = {"node": str, "ch": int, "at": str, "state": str, "cause": str}
_WHEN = {"after_s": float, "within_s": float}
_HOW_MANY = {"count": int, "at_least": float, "at_most": float}
_WHAT = {"event": str, "lost": int, "measure": str, **dict.fromkeys(OUTPUTS, int)}


@dataclass(frozen=True)
class Finding:
    """One expectation, judged: `seen` says what there was, `why` what is missing."""

    expected: str
    ok: bool
    seen: str
    why: str = ""
    to_s: float = float("inf")  # until when it was awaited


@dataclass(frozen=True)
class Expectation:
    """One line of a scenario's expectations."""

    what: str  # "event", an output, "lost" or "measure"
    value: Any
    node: str | None = None
    ch: int | None = None
    at: str | None = None
    state: str | None = None
    cause: str | None = None
    after_s: float = 0.0
    within_s: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @classmethod
    def read(cls, table: Table) -> "Expectation":
        """From a table of the file; ScenarioError if it makes no sense."""
        content = table.content
        what = [key for key in _WHAT if key in content]
        if len(what) != 1:
            raise table.fault("", f"expects one of {', '.join(_WHAT)}, not {len(what)}")
        table.check({what[0]: _WHAT[what[0]]}, {**_WHERE, **_WHEN, **_HOW_MANY})
        table.positive("after_s", "within_s")
        kind, value = what[0], content[what[0]]
        for key, known in (("event", list(KINDS)), ("measure", list(MEASURES))):
            if kind == key and value not in known:
                raise table.fault(key, nearest(value, known))
        for key, known in (("at", [*LIMITS, "fault"]), ("state", _STATES)):
            if key in content and content[key] not in known:
                raise table.fault(key, nearest(content[key], known))
        count = content.get("count")
        bounds = (content.get("at_least", count), content.get("at_most", count))
        if kind == "measure" and bounds == (None, None):
            raise table.fault("at_most", "a measure needs at_least or at_most")
        where = {key: content[key] for key in (*_WHERE, *_WHEN) if key in content}
        return cls(kind, value, **where, at_least=bounds[0], at_most=bounds[1])

    def __str__(self) -> str:
        return " ".join(
            filter(None, (self._name(), self._place(), self._bounds(), self._window()))
        )

    def judge(self, record: Record, measures: Mapping[str, Any] | None = None) -> Finding:
        """Does the record have it? `measures`: name -> [(node, ch, figure)], known at the end."""
        if self.what in ("lost", "measure"):
            return self._weigh(measures or {})
        found = [one for one in record.happenings if self.fits(one)]
        low, high = self._counts()
        ok = low <= len(found) <= high
        seen = f"{len(found)}, at {', '.join(f'{one.at_s:.2f} s' for one in found[:4])}"
        why = "" if ok else self._why(record)
        to_s = self.after_s + (self.within_s or float("inf"))
        return Finding(str(self), ok, seen if found else "none", why, to_s)

    def fits(self, one: Happening) -> bool:
        """Is this what is expected?"""
        wanted = self.value if self.what == "event" else self.what
        if one.kind != wanted or not self._in_place(one.node, one.ch):
            return False
        if self.what != "event":
            return one.level == self.value and self._in_time(one.at_s)
        if self.at is not None and one.at != self.at:
            return False
        if one.state is not None and one.state != (self.state or RAISED):
            return False
        if self.cause is not None and _cause(one) != self.cause:
            return False
        return self._in_time(one.at_s)

    def decided(self, record: Record) -> bool:
        """Is there nothing more to wait for?"""
        end_s = self.after_s + (self.within_s or 0.0)
        if self.within_s is not None and record.now_s > end_s:
            return True
        high = self._counts()[1]
        return high == float("inf") and self.judge(record).ok

    def _weigh(self, measures: Mapping[str, Any]) -> Finding:
        name = "lost" if self.what == "lost" else self.value
        unit, _, combine = MEASURES.get(name, ("", "", sum))
        rows = measures.get(name, [])
        figures = [figure for node, ch, figure in rows if self._in_place(node, ch)]
        if not figures and combine is not sum:
            return Finding(str(self), False, "nothing to measure", "nothing of that kind happened")
        figure = combine(figures) if figures else 0
        low = self.at_least if self.at_least is not None else float("-inf")
        high = self.at_most if self.at_most is not None else float("inf")
        if self.what == "lost":
            low, high = 0, self.value
        ok = low <= figure <= high
        return Finding(str(self), ok, f"{figure:g} {unit}".strip(), "" if ok else "out of bounds")

    def _why(self, record: Record) -> str:
        """The nearest thing that did happen."""
        kind = self.value if self.what == "event" else self.what
        near = [one for one in record.of((kind,)) if self._in_place(one.node, one.ch)]
        waited_s = self.within_s or max(0.0, record.now_s - self.after_s)
        near.sort(key=lambda one: abs(one.at_s - self.after_s))
        nearest = f"; the nearest was: {str(near[0]).strip()}" if near else ""
        return f"waited {waited_s:g} s from {self.after_s:g} s on{nearest}"

    def _counts(self) -> tuple[float, float]:
        low = self.at_least if self.at_least is not None else 1
        high = self.at_most if self.at_most is not None else float("inf")
        return min(low, high), high

    def _in_place(self, node: str | None, ch: int | None) -> bool:
        return self.node in (None, node) and (self.ch is None or ch in (None, self.ch))

    def _in_time(self, at_s: float) -> bool:
        end_s = float("inf") if self.within_s is None else self.after_s + self.within_s
        return self.after_s - EARLY_S <= at_s <= end_s + EARLY_S

    def _name(self) -> str:
        if self.what == "event":
            return " ".join(filter(None, (self.value, self.at, self.state, self.cause)))
        if self.what == "measure":
            return str(self.value)
        return f"{self.what} = {self.value}"

    def _place(self) -> str:
        ch = f" ch {self.ch}" if self.ch is not None else ""
        return f"of {self.node}{ch}" if self.node else ch.strip()

    def _bounds(self) -> str:
        unit = f" {MEASURES[self.value][0]}".rstrip() if self.what == "measure" else " times"
        if self.at_least is not None and self.at_least == self.at_most:
            word = {0: "never", 1: "once"}.get(int(self.at_least)) if unit == " times" else None
            return word or f"exactly {self.at_least:g}{unit}"
        low = f"at least {self.at_least:g}{unit}" if self.at_least is not None else ""
        high = f"at most {self.at_most:g}{unit}" if self.at_most is not None else ""
        return " and ".join(filter(None, (low, high)))

    def _window(self) -> str:
        start = f"from {self.after_s:g} s" if self.after_s else ""
        return f"{start} within {self.within_s:g} s".strip() if self.within_s else start


def _cause(one: Happening) -> str:
    if one.fields.get("code") == codes.EV_BOOT:
        return words.name(words.BOOTS, one.fields["cause"])
    return words.name(words.GAPS, one.fields.get("reason") or 0)
