"""The trace of a run: one JSON line for everything that happened, each with the world's time.

It holds nothing of this machine and no time of day, so that the same seed gives the same bytes
wherever the clock is virtual. `k` says what a line is:

    start     the scenario's text and seed       channel, limit   what the nodes are
    value     truth and the sensor's reading     pin              an output changed its level
    event     an event of a node's chain         console          a line that a node wrote
    datagram  its way, fate, size and digest     boot, address    a start · a new address
    step      an action or a fault that begins   end              of a fault, or of the run
    set       a tester set a value               flash            a program or erase
    defect    a mistake of the firmware
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SAMPLE_S = 0.1  # values of a channel are not written more often


class Trace:
    """Writes lines; `sha256` is that of the file so far."""

    def __init__(self, path: Path, now_s: Callable[[], float]) -> None:
        self.path = path
        self._now_s = now_s
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self._written_s: dict[tuple[str, int], float] = {}

    @property
    def sha256(self) -> str:
        """Of everything written."""
        return self._digest.hexdigest()

    def write(self, kind: str, at_s: float | None = None, **fields: Any) -> None:
        """One line; at the present, or at the given time of the world."""
        stamp = round(self._now_s() if at_s is None else at_s, 6)
        line = {"t": stamp, "k": kind} | {key: _plain(value) for key, value in fields.items()}
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._file.write(data)
        self._digest.update(data)

    def value(self, node: str, ch: int, at_s: float, value: float, shown: float) -> None:
        """A reading of a sensor, unless the last one of it is hardly older."""
        if at_s - self._written_s.get((node, ch), -1.0) >= SAMPLE_S - 1e-9:
            self._written_s[node, ch] = at_s
            fields = {"value": float(f"{value:.7g}"), "shown": float(f"{shown:.7g}")}
            self.write("value", at_s, node=node, ch=ch, **fields)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a trace."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
