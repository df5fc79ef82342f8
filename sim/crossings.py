"""Truth about limits: when a value reached one, at the instant at which the sensor had put it out.

Nobody can know of a crossing before the sensor speaks, so that instant is where reaction times
count from. A value at the limit has crossed it, as in `firmware.limits`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_BELOW = ("LL", "L")


@dataclass(frozen=True)
class Crossing:
    """One limit reached or passed, in the dangerous direction."""

    node: str
    ch: int
    quantity: str
    limit: str  # LL, L, H, HH
    value: float  # in the wire unit
    at_unix_ms: int
    at_loop_s: float


class Watch:
    """Which limits of one channel a series of values has passed."""

    def __init__(self, limits: Iterable[Mapping[str, Any]]) -> None:
        """`limits`: the channel's entries of the operating configuration."""
        self._limits = [(limit["at"], float(limit["value"])) for limit in limits]
        self._beyond: set[str] = set()

    def see(self, value: float) -> list[str]:
        """Limits that this value passes and the one before did not."""
        beyond = {at for at, edge in self._limits if _is_beyond(at, edge, value)}
        passed = [at for at, _ in self._limits if at in beyond - self._beyond]
        self._beyond = beyond
        return passed


def _is_beyond(at: str, edge: float, value: float) -> bool:
    return value <= edge if at in _BELOW else value >= edge
