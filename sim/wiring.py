"""Which pin is what on a board, read from the firmware's own pin file: one truth for both sides.

The file is data, but the package around it imports `machine`: so it is run by its path.
"""

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.boards import BOARDS, PORTS, Port, Silicon

_PINS = Path(__file__).resolve().parents[1] / "firmware" / "board"
_WIRES = {"I2C": ("sda", "scl"), "UART": ("tx", "rx"), "SPI": ("sck", "mosi", "miso")}


@dataclass(frozen=True)
class Wiring:
    """Pins of one board (numbers as on the link) and the habits of its MicroPython port."""

    name: str
    platform: str
    buses: dict[tuple[int, ...], str]  # (sda, scl), (tx, rx) or (sck, mosi, miso) -> bus name
    numbers: dict[tuple[str, int], str]  # ("i2c", peripheral) -> bus name
    analog: dict[int, list[tuple[str, int]]]  # pin -> (bus name, which of its inputs)
    pulses: dict[str, int]  # bus name -> pin
    transmitters: dict[int, str]  # pin that turns an RS-485 line round -> bus name
    outputs: dict[int, str]  # pin -> name
    inputs: dict[str, int]  # name -> pin
    port: Port
    silicon: Silicon

    @property
    def nak_errno(self) -> int:
        """What I2C raises when nobody acknowledges."""
        return self.port.nak_errno

    @property
    def reset_cause(self) -> int:
        """How the chip calls a `machine.reset()`."""
        return self.port.reset_cause

    @property
    def page_bytes(self) -> int:
        """In which its file system programs."""
        return self.port.page_bytes


def number(pin: int | str) -> int:
    """Number of a pin on the link: as it is, or counted through the ports (`PB3` is 19)."""
    if isinstance(pin, str):
        return (ord(pin[1]) - ord("A")) * 16 + int(pin[2:])
    return pin


def load(board: str) -> Wiring:
    """Wiring of the board of that name; KeyError if there is no such pin file."""
    path = _PINS / f"{board}.py"
    if board.startswith("_") or not path.exists():
        raise KeyError(board)
    pins = runpy.run_path(str(path))
    buses: dict[tuple[int, ...], str] = {}
    numbers: dict[tuple[str, int], str] = {}
    for kind, wires in _WIRES.items():
        for name, (peripheral, wired, _) in pins[kind].items():
            buses[tuple(number(wired[wire]) for wire in wires)] = name
            numbers[kind.lower(), peripheral] = name
    return Wiring(
        name=pins["NAME"],
        platform=pins["PLATFORM"],
        buses=buses,
        numbers=numbers,
        analog=_analog(pins["ADC"], pins["IQ"]),
        pulses={name: number(pin) for name, pin in pins["PULSES"].items()},
        transmitters={number(pin): name for name, pin in pins["RS485"].items()},
        outputs={number(pin): name for name, pin in pins["OUTPUTS"].items()},
        inputs={name: number(pin) for name, pin in pins["INPUTS"].items()},
        port=PORTS[pins["PLATFORM"]],
        silicon=BOARDS[board],
    )


def _analog(
    single: Mapping[str, Any], pairs: Mapping[str, Any]
) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    for name, pins in (*((one, (pin,)) for one, pin in single.items()), *pairs.items()):
        for index, pin in enumerate(pins):
            found.setdefault(number(pin), []).append((name, index))
    return found
