"""Mistakes of a firmware that the bench notices by itself, whatever a scenario expects.

    irq        a hard interrupt handler allocated memory or raised      (board/irq.py says so)
    file       a file stayed open for writing while the board slept     (board/files.py says so)
    crash      the program ended with a traceback
    watchdog   nothing fed the watchdog in time
    stall      a board that runs has not looked at any sensor for long

A scenario that means to provoke one says so: `allow = ["watchdog"]`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("irq", "file", "crash", "watchdog", "stall")
STALL_S = 15.0  # at least; or three periods of its slowest channel
CHECK_S = 5.0

_PREFIXES = (("interrupt: hard handler", "irq"), ("files: ", "file"), ("watchdog: ", "watchdog"))
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Defect:
    """One, as a tester reads it."""

    at_s: float
    kind: str
    node: str
    text: str

    def __str__(self) -> str:
        return f"{self.at_s:8.2f} s  {self.node:6} DEFECT {self.kind}: {self.text}"


class Defects:
    """Listens to what the boards say; `found` in order of time."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.found: list[Defect] = []
        self._allowed = frozenset(allowed)
        self._dying: dict[
            str, str
        ] = {}  # node -> last line of the traceback that is being printed
        self._stalled: set[str] = set()

    def hear(self, kind: str, node: str, at_s: float, fields: Mapping[str, Any]) -> Defect | None:
        """Something happened at a node: the defect that it shows, if it is one."""
        if kind == "boot":
            self._stalled.discard(node)
            last = self._dying.pop(node, None)
            return self._note(at_s, "crash", node, last) if last else None
        if kind != "console":
            return None
        line = str(fields["line"])
        for prefix, word in _PREFIXES:
            if line.startswith(prefix):
                self._dying.pop(node, None)  # its traceback was printed with it
                return self._note(at_s, word, node, line.partition(": ")[2])
        if line == _TRACEBACK or node in self._dying:
            self._dying[node] = line
        return None

    def end(self, at_s: float) -> list[Defect]:
        """The run is over: boards that died and did not come back."""
        rest, self._dying = self._dying, {}
        found = [self._note(at_s, "crash", node, line) for node, line in rest.items()]
        return [one for one in found if one is not None]

    def look(self, node: str, at_s: float, quiet_s: float, bound_s: float) -> Defect | None:
        """A board that runs has not looked at a sensor for `quiet_s`."""
        if quiet_s <= bound_s or node in self._stalled:
            return None
        self._stalled.add(node)
        return self._note(at_s, "stall", node, f"no sensor was read for {quiet_s:.0f} s")

    def _note(self, at_s: float, kind: str, node: str, text: str) -> Defect | None:
        if kind in self._allowed:
            return None
        self.found.append(Defect(at_s, kind, node, text))
        return self.found[-1]
