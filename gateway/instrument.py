"""One instrument as of now: what was committed, what is provisional, and whether it is heard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.model import AlarmRow, ChannelRow, Reading, Sample
from gateway.store.series import scaled
from protocols import codes, units

SILENT_MS = 3000  # at least; or three periods, if they are longer
SILENT_PERIODS = 3

NODE = "node"  # name of number 0 in tags and pages
OTHER = "other"  # quantity of a plain instrument whose unit is none of ours

# Forecast field of a page <- derived SenML name of the node's /m.
_FORECAST = (
    ("level", "level"),
    ("slope", "slope"),
    ("sd", "sd"),
    ("p", "p"),
    ("tte_s", "tte"),
    ("tte10_s", "tte10"),
    ("tte90_s", "tte90"),
    ("at", "at"),
)

# What a node notified: the part of the name after the instrument's -> (time in ms, value).
Values = Mapping[str, tuple[int, object]]


@dataclass
class Instrument:
    """One channel of a node, or one name of a plain sender, as of now."""

    row: ChannelRow
    sealed: bool = True
    plain_unit: str = ""
    mode: int = codes.MODE_NORMAL
    value: float | None = None
    t_ms: int = 0
    quality: int = codes.GOOD
    provisional: bool = False
    heard_ms: int = 0
    silent: bool = True
    forecast: dict[str, Any] | None = None
    alarms: dict[int, AlarmRow] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the channel, or its number while its node has not described it."""
        return self.row.name or (NODE if self.is_node else f"#{self.row.ch}")

    @property
    def is_node(self) -> bool:
        """Is this the node itself, which has alarms of its own and measures nothing?"""
        return self.sealed and self.row.ch == 0 and not self.row.name

    @property
    def key(self) -> str:
        return f"{self.row.node}/{self.name}"

    @property
    def quantity(self) -> str:
        """Word of the registry; `other` for what it does not hold."""
        for number, word, unit in units.QUANTITIES:
            if number == self.row.quantity or (not self.sealed and unit == self.plain_unit):
                return str(word)
        return OTHER

    @property
    def unit(self) -> str:
        if not self.sealed:
            return self.plain_unit
        return "" if self.quantity == OTHER else units.unit(self.quantity)

    def take(self, sample: Sample) -> None:
        """A committed sample: shown unless a later one is."""
        if sample.t_ms >= self.t_ms:
            self.value = None if sample.value is None else scaled(sample.value, sample.scale)
            self.t_ms, self.quality, self.provisional = sample.t_ms, sample.quality, False

    def take_live(self, values: Values) -> None:
        """What the node notified: provisional, unless what it says is committed already."""
        if "q" in values:
            t_ms, quality = values["q"]
            if t_ms > self.t_ms and isinstance(quality, int):
                self.value = _number(values.get("", (t_ms, None))[1])
                self.t_ms, self.quality, self.provisional = t_ms, quality, True
        self.forecast = _forecast(values)

    def take_reading(self, reading: Reading, received_ms: int) -> None:
        """A plain measurement; how often they come is learned from two of them.

        The latest is shown, unless it is later than now: then the clock here was set back.
        """
        if reading.t_ms > self.t_ms or self.t_ms > received_ms:
            if 0 < self.t_ms < reading.t_ms:
                self.row = msgspec.structs.replace(self.row, period_ms=reading.t_ms - self.t_ms)
            self.value, self.t_ms = reading.value, reading.t_ms
        self.plain_unit = reading.unit
        self.heard_ms = received_ms
        self.silent = False

    def is_silent(self, now_ms: int) -> bool:
        """Has nothing been heard for too long?"""
        patience_ms = max(SILENT_MS, SILENT_PERIODS * (self.row.period_ms or 0))
        return now_ms - self.heard_ms > patience_ms

    def scaled(self, value: int | None) -> float | None:
        """A number of the channel's description in the wire unit."""
        return None if value is None else scaled(value, self.row.scale or 0)


def _forecast(values: Values) -> dict[str, Any] | None:
    if "level" not in values:
        return None
    found: dict[str, Any] = {"t_ms": values["level"][0]}
    for word, name in _FORECAST:
        value = values.get(name, (0, None))[1]
        found[word] = value if word == "at" else _number(value)
    return found


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None
