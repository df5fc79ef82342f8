"""Budgets of the design, measured: one file per bench, each a `run()` that returns rows.

A speed is a ratio against a yardstick measured in the same run, so that it means the same on every
machine. `render` makes the table for people or the JSON for machines.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

# What the benches that run whole nodes share: their chance, a seal's key, values at rest.
SEED = 20261124
KEY = bytes(range(32))
CALM = {"ads1115_loop": 500_000.0, "pms5003": 80.0, "uart_radar": 8.0}

_HEADINGS = ("name", "value", "unit", "yardstick", "ratio", "budget", "ok")


@dataclass(frozen=True)
class Row:
    """One budget: what was measured, against what, and whether it is kept."""

    name: str
    value: float
    unit: str
    yardstick: float | None
    ratio: float | None
    budget: str
    ok: bool


def faster(name: str, value: float, unit: str, yardstick: float, times: float) -> Row:
    """A cost that must be `times` smaller than the yardstick's."""
    ratio = yardstick / value
    return Row(name, value, unit, yardstick, ratio, f">= {times:g} x", ratio >= times)


def share(name: str, value: float, unit: str, yardstick: float, most: float) -> Row:
    """A cost that may be at most this share of the yardstick's."""
    ratio = value / yardstick
    return Row(name, value, unit, yardstick, ratio, f"<= {most:.2f} x", ratio <= most)


def limit(name: str, value: float, unit: str, most: float) -> Row:
    """A cost with a bound of its own."""
    return Row(name, value, unit, None, None, f"<= {most:g} {unit}", value <= most)


def at_least(name: str, value: float, unit: str, least: float) -> Row:
    """What has to be reached, with a bound of its own."""
    return Row(name, value, unit, None, None, f">= {least:g} {unit}", value >= least)


def render(rows: Sequence[Row], as_json: bool = False) -> str:
    """The rows as a table, or as the JSON object of `--json`."""
    if as_json:
        return json.dumps({"rows": [asdict(row) for row in rows]})
    lines = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADINGS))]
    return "\n".join(_line(cells, widths) for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    numbers = [_number(number) for number in (row.value, row.yardstick, row.ratio)]
    verdict = "yes" if row.ok else "NO"
    return (row.name, numbers[0], row.unit, numbers[1], numbers[2], row.budget, verdict)


def _number(number: float | None) -> str:
    """Three digits that matter; large ones whole."""
    if number is None:
        return "-"
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, numbers to the right."""
    padded = [
        cell.rjust(width) if i in (1, 3, 4) else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()
