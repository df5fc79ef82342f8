"""Recorded CSV files as physics: what was measured in the field comes out of the simulated sensor.

A file has a column `t_s` (seconds, rising) and value columns whose suffix is their unit. An empty
cell means that nothing was recorded: the line goes straight to the next value. Before the first
row and after the last the value stands still.
"""

import csv
import random
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sim.errors import ScenarioError

TIME_COLUMN = "t_s"
REAL_TIME_S = 10.0  # rows further apart than this are for a faster clock than ours

# suffix -> quantity, factor to its wire unit
UNITS = {
    "pa": ("pressure", 1.0),
    "kpa": ("pressure", 1e3),
    "hpa": ("pressure", 1e2),
    "bar": ("pressure", 1e5),
    "mpa": ("pressure", 1e6),
    "ugm3": ("dust", 1.0),
    "kmh": ("speed", 1.0),
    "mph": ("speed", 1.609344),
}


NEEDED = f"{TIME_COLUMN} and one that ends in {', '.join(f'_{unit}' for unit in UNITS)}"


@dataclass(frozen=True)
class Column:
    """A value column and what it measures."""

    name: str
    quantity: str
    factor: float


class Recording:
    """Value of one column against time, linear between its rows. The relay changes nothing."""

    def __init__(self, noise: random.Random, file: str, column: str | None = None) -> None:
        """`column`: its name; default: the first that has a unit."""
        path = Path(file)
        found = [known for known in columns(path) if column in (None, known.name)]
        if not found:
            raise ScenarioError(f"{path}: no column {column or 'with a unit'}: {_known(path)}")
        self.column = found[0]
        self._times_s, self._values = _read(path, self.column)
        self._now_s = self._times_s[0]

    @property
    def value(self) -> float:
        """Value now, in the wire unit."""
        after = bisect_right(self._times_s, self._now_s)
        if after == len(self._times_s):
            return self._values[-1]
        start_s, end_s = self._times_s[after - 1 : after + 1]
        start, end = self._values[after - 1 : after + 1]
        return start + (end - start) * (self._now_s - start_s) / (end_s - start_s)

    @property
    def duration_s(self) -> float:
        """From the first row to the last."""
        return self._times_s[-1] - self._times_s[0]

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        self._now_s += dt_s

    def permit(self, on: bool) -> None:
        """The past cannot be stopped."""


def columns(path: Path) -> list[Column]:
    """Columns of the file that have a unit, in its order."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    if TIME_COLUMN not in header:
        return []
    parts = [(name, name.rpartition("_")[2]) for name in header if name != TIME_COLUMN]
    return [Column(name, *UNITS[unit]) for name, unit in parts if unit in UNITS]


def find(folder: Path, quantity: str, prefer: str = "") -> tuple[Path, Column] | None:
    """First file in `folder` or below with a column of that quantity, and that column.

    Of several columns the one whose name begins with `prefer` is taken, else the first. A file
    that was recorded too slowly to be watched in real time comes after all others.
    """
    found = []
    for path in sorted(folder.rglob("*.csv")):
        fitting = [column for column in columns(path) if column.quantity == quantity]
        fitting.sort(key=lambda column: not column.name.startswith(prefer))
        if fitting:
            found.append((_interval_s(path) > REAL_TIME_S, path, fitting[0]))
    return min(found, key=lambda one: one[:2])[1:] if found else None


def _interval_s(path: Path) -> float:
    """Time between the first two rows."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        times = [row.get(TIME_COLUMN) or "0" for row in islice(csv.DictReader(file), 2)]
    try:
        return float(times[1]) - float(times[0])
    except (IndexError, ValueError):
        return 0.0  # reading it will say what is wrong


def _read(path: Path, column: Column) -> tuple[list[float], list[float]]:
    times_s: list[float] = []
    values: list[float] = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                time_s, text = float(row[TIME_COLUMN]), row[column.name]
                if not text or (times_s and time_s <= times_s[-1]):
                    continue
                values.append(float(text) * column.factor)
                times_s.append(time_s)
            except (TypeError, ValueError) as error:
                raise ScenarioError(f"{path}:{number}: {column.name}: {error}") from error
    if not values:
        raise ScenarioError(f"{path}: {column.name}: no values")
    return times_s, values


def _known(path: Path) -> str:
    names = ", ".join(column.name for column in columns(path))
    return f"it has {names}" if names else f"it needs {NEEDED}"
