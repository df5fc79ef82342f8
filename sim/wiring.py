"""Which pin is what on a board, read from the firmware's own pin file: one truth for both sides.

The file is data, but the package around it imports `machine`: so it is run by its path.
"""

import runpy
from dataclasses import dataclass
from pathlib import Path

_PINS = Path(__file__).resolve().parents[1] / "firmware" / "board"

# What a port does when a device does not acknowledge, and how it calls its own reset; page size of
# its file system. From MicroPython's ports/esp32 and ports/rp2 (an RP2040 resets by its watchdog).
_ENODEV, _EIO = 19, 5
_SOFT_RESET, _WDT_RESET = 5, 3
_PLATFORMS = {"esp32": (_ENODEV, _SOFT_RESET, 32), "rp2": (_EIO, _WDT_RESET, 256)}


@dataclass(frozen=True)
class Wiring:
    """Pins of one board and the habits of its MicroPython port."""

    name: str
    buses: dict[tuple[int, int], str]  # (sda, scl) or (tx, rx) -> bus name
    outputs: dict[int, str]  # pin -> name
    inputs: dict[str, int]  # name -> pin
    nak_errno: int
    reset_cause: int
    page_bytes: int


def load(board: str) -> Wiring:
    """Wiring of the board of that name; KeyError if there is no such pin file."""
    path = _PINS / f"{board}.py"
    if board.startswith("_") or not path.exists():
        raise KeyError(board)
    pins = runpy.run_path(str(path))
    nak_errno, reset_cause, page_bytes = _PLATFORMS[pins["PLATFORM"]]
    buses = {(wires["sda"], wires["scl"]): name for name, (_, wires, _) in pins["I2C"].items()}
    buses |= {(wires["tx"], wires["rx"]): name for name, (_, wires, _) in pins["UART"].items()}
    return Wiring(
        name=pins["NAME"],
        buses=buses,
        outputs={pin: name for name, pin in pins["OUTPUTS"].items()},
        inputs=dict(pins["INPUTS"]),
        nak_errno=nak_errno,
        reset_cause=reset_cause,
        page_bytes=page_bytes,
    )
