"""Parts at the level of their registers and bytes; registry, and what all have in common.

A chip is driven by `advance(now_s, value)`: time has come this far and the quantity it senses is
now `value`, in the wire unit. It answers with what it put out since: for a bus part each new
conversion, for a serial part each message, for a pulse part each edge. Time is a number it is
handed, so the same chip runs in real and in virtual time.

Adding one is a file here with `build(params, noise) -> Chip`, and its name in `CHIPS`.
"""

import random
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

# sensor as the firmware and its profiles call it -> file here
CHIPS = {
    "adc_ratio": "adc_ratio",
    "ads1115_loop": "ads1115",
    "doppler_if": "doppler_if",
    "modbus_rtu": "modbus_dust",
    "pms5003": "pms5003",
    "tacho": "tacho",
    "uart_radar": "uart_radar",
}


class Output(NamedTuple):
    """One result of a sensor: when it began, what was true, what it says, bytes for the line.

    `level` is that of a pulse wire from then on.
    """

    at_s: float
    value: float
    indicated: float
    data: bytes = b""
    level: int | None = None


class Nak(Exception):
    """Nobody acknowledges at this address."""


class Chip:
    """Base of every part; a part overrides what it has."""

    address: int | None = None  # on I2C
    baud: int | None = None  # on a UART
    parity: int | None = None
    stop: int = 1
    half_duplex = False  # one pair of wires for both ways

    def __init__(self) -> None:
        # what happens to its analog signal on the way to the board, as a share of its supply
        self.wires: list[Callable[[float], float]] = []

    def through(self, share: float) -> float:
        """What arrives of a signal."""
        for distort in self.wires:
            share = distort(share)
        return share

    def power(self, now_s: float) -> None:
        """The supply has come on: start from the state of a new part."""
        raise NotImplementedError

    def advance(self, now_s: float, value: float) -> list[Output]:
        """What was put out up to now."""
        raise NotImplementedError

    def transfer(self, written: bytes, count: int) -> bytes:
        """One I2C transaction: write, then read `count` bytes."""
        raise Nak

    def hear(self, at_s: float, byte: int, sound: bool) -> None:
        """One byte from the board, complete at `at_s`; unsound with a broken frame or parity."""

    def exchange(self, written: bytes) -> bytes:
        """One SPI transfer; nobody drives the line unless a part does."""
        return b"\xff" * len(written)

    def volts(self, input: int) -> float:
        """Voltage now on one of the wires to the board's own converter."""
        return 0.0

    def capture(self, count: int, rate_hz: float) -> list[tuple[float, float]]:
        """Voltages of wires 0 and 1 at the last `count` instants, `rate_hz` a second."""
        return [(self.volts(0), self.volts(1))] * count


def build(sensor: str, params: Mapping[str, Any], noise: random.Random) -> Chip:
    """The part under a sensor of the firmware; KeyError for an unknown one."""
    make: Callable[..., Chip] = import_module(f"sim.chips.{CHIPS[sensor]}").build
    return make(params, noise)
