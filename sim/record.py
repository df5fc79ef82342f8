"""What happened in a run, in order, on the world's clock: what expectations are held against."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocols import codes, words
from sim import commentary

KINDS = ("alarm", "predicted", "fault", *(
    word for code, word in words.EVENTS
    if code not in (codes.EV_ALARM, codes.EV_CHANNEL, codes.EV_LIMIT)
))  # fmt: skip
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


class Record:
    """Happenings and the nodes' consoles."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self.consoles: dict[str, deque[str]] = {}
        self.now_s = 0.0

    def add(self, one: Happening) -> None:
        """It has happened."""
        self.happenings.append(one)

    def of(self, kinds: Iterable[str]) -> Iterator[Happening]:
        """Those of some kinds."""
        return (one for one in self.happenings if one.kind in kinds)

    def tail(self, count: int = 8) -> list[str]:
        """The last happenings as lines."""
        return [str(one) for one in self.happenings[-count:]]


def of_event(event: Mapping[str, Any], node: str, at_s: float) -> Happening | None:
    """Happening of a chain's event; None for what only describes the node."""
    code = event["code"]
    text = commentary.text(dict(event))
    if code in (codes.EV_CHANNEL, codes.EV_LIMIT):
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
