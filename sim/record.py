"""What happened in a run, in order, on the world's clock: what expectations are held against."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocols import codes, words
from sim import commentary

KINDS = ("alarm", "predicted", "fault", *(
    word for code, word in words.EVENTS
    if code not in (codes.EV_ALARM, codes.EV_CHANNEL, codes.EV_LIMIT, codes.EV_CERTIFICATE)
))  # fmt: skip
AFTER_S = 5.0  # what comes too late is worth showing for so long
OUTPUTS = ("relay", "horn", "lamp")


@dataclass(frozen=True)
class Happening:
    """One event of a node's chain, or one change of an output (`level`)."""

    at_s: float
    kind: str
    node: str
    text: str
    ch: int | None = None
    at: str | None = None  # LL, L, H, HH
    state: str | None = None
    level: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.at_s:8.2f} s  {self.node:6} {self.text}"


class Seen:
    """Numbers of the events that were taken in: blocks with alarms overtake older ones."""

    def __init__(self) -> None:
        self.upto = 0  # all up to here
        self._above: set[int] = set()

    def add(self, number: int) -> bool:
        """Is it new?"""
        if number <= self.upto or number in self._above:
            return False
        self._above.add(number)
        while self.upto + 1 in self._above:
            self.upto += 1
            self._above.remove(self.upto)
        return True


class Record:
    """Happenings in the order in which they became known."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self.now_s = 0.0

    def add(self, one: Happening) -> None:
        """It has happened."""
        self.happenings.append(one)

    def of(self, kinds: Iterable[str]) -> Iterator[Happening]:
        """Those of some kinds."""
        return (one for one in self.happenings if one.kind in kinds)

    def told(self) -> list[Happening]:
        """All but the lamp, which blinks, in order of time."""
        steady = (one for one in self.happenings if one.kind != "lamp")
        return sorted(steady, key=lambda one: one.at_s)

    def tail(self, to_s: float = float("inf"), count: int = 10) -> list[str]:
        """The last happenings before `to_s`, and some after it, as lines."""
        found = [one for one in self.told() if one.at_s <= to_s + AFTER_S]
        return [str(one) for one in found[-count:]]


def of_event(event: Mapping[str, Any], node: str, at_s: float) -> Happening | None:
    """Happening of a chain's event; None for what only describes the node or went well."""
    code = event["code"]
    text = commentary.text(dict(event))
    if code in (codes.EV_CHANNEL, codes.EV_LIMIT, codes.EV_CERTIFICATE):
        return None
    if code == codes.EV_SELFTEST and event["passed"]:
        return None
    if code != codes.EV_ALARM:
        kind = words.name(words.EVENTS, code)
        return Happening(at_s, kind, node, text or kind, event.get("ch"), fields=event)
    if event["old"] == event["new"]:  # what stands at a boot
        return None
    condition = event["condition"]
    kind = "alarm"
    if condition == codes.FAULT:
        kind = "fault"
    elif condition & codes.PREDICTED:
        kind = "predicted"
    at = words.name(words.CONDITIONS, condition & ~codes.PREDICTED)
    state = words.name(words.ALARM_STATES, event["new"])
    return Happening(at_s, kind, node, text, event["ch"], at, state, fields=event)
