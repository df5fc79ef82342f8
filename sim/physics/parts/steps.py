"""Cuts a step into shorter ones, so that a model gives the same answer for every step it gets."""

from collections.abc import Iterator
from math import ceil

_ROUNDING = 1e-9


def cut(dt_s: float, longest_s: float) -> Iterator[float]:
    """Equal steps of at most `longest_s` that add up to `dt_s`."""
    count = max(1, ceil(dt_s / longest_s - _ROUNDING))
    for _ in range(count):
        yield dt_s / count
