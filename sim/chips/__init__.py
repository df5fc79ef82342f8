"""Parts at the level of their registers and bytes; what all have in common.

A chip is driven by `advance(now_s, value)`: time has come this far and the quantity it senses is
now `value`, in the wire unit. It answers with what it put out since: for a bus part each new
conversion, for a serial part each message. Time is a number it is handed, so the same chip runs
in real and in virtual time.
"""

from typing import NamedTuple


class Output(NamedTuple):
    """One result of a sensor: when it began, what was true, what it says, bytes for the line."""

    at_s: float
    value: float
    indicated: float
    data: bytes = b""


class Nak(Exception):
    """Nobody acknowledges at this address."""


class Chip:
    """Base of every part; a part overrides what it has."""

    address: int | None = None  # on I2C
    baud: int | None = None  # on a UART

    def power(self, now_s: float) -> None:
        """The supply has come on: start from the state of a new part."""
        raise NotImplementedError

    def advance(self, now_s: float, value: float) -> list[Output]:
        """What was put out up to now."""
        raise NotImplementedError

    def transfer(self, written: bytes, count: int) -> bytes:
        """One I2C transaction: write, then read `count` bytes."""
        raise Nak
