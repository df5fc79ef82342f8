"""The board under the firmware: named buses, outputs, button, watchdog; imports `machine`.

`build(name)` reads the pins of `board/<name>.py` (data only) and opens nothing yet: a bus is
opened when the first sensor asks for it. In the simulator the same code runs over a simulated
`machine`; `simulated` then is true whatever any configuration says, and every block says so.
"""

import sys
import time

import machine

from protocols import codes

# Some ports count seconds from 2000 instead of 1970; a clock before 2026 has lost its battery.
_EPOCH_S = 946_684_800 if time.gmtime(0)[0] == 2000 else 0
_PLAUSIBLE_MS = 1_767_225_600_000

NAMES = ("esp32_s3", "pico_w")

# An interpreter with an operating system under it can only be a simulator.
_HOSTS = ("linux", "darwin", "win32")
# A PMS5003 sends 32 bytes a second, a radar up to 160: room for three seconds of silence from us.
_UART_BUFFER_BYTES = 512


def build(name: str) -> "Board":
    """Board of that name; KeyError if there is no such pin file."""
    if name not in NAMES:
        raise KeyError(name)
    return Board(__import__("firmware.board." + name, None, None, ("NAME",)))


def restart():
    """Reset the board; does not return."""
    machine.reset()


class Board:
    """Named parts of one board. Outputs start safe: relay released, horn and lamp off."""

    def __init__(self, pins):
        self.name = pins.NAME
        self.simulated = sys.platform in _HOSTS
        self.unique_id = machine.unique_id()
        self.relay = _output(pins, "relay")
        self.horn = _output(pins, "horn")
        self.lamp = _output(pins, "lamp")
        self.button = machine.Pin(pins.INPUTS["button"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._pins = pins
        self._buses = {}
        self._watchdog = None

    def bus(self, name: str, baud: int | None = None):
        """The open I2C or UART called `name` (shared between its sensors); KeyError if unknown."""
        if name not in self._buses:
            self._buses[name] = self._open(name, baud)
        return self._buses[name]

    def pressed(self) -> bool:
        """Is the acknowledge button held down? (It pulls its input to ground.)"""
        return self.button.value() == 0

    def arm(self, timeout_ms: int):
        """Start the hardware watchdog, at most at what the chip can count. Nothing stops it."""
        self._watchdog = machine.WDT(timeout=min(timeout_ms, self._pins.WATCHDOG_MAX_MS))

    def feed(self):
        """Feed the watchdog, if it is armed."""
        if self._watchdog is not None:
            self._watchdog.feed()

    def reset_cause(self) -> int:
        """Why the board started, as a `codes.BOOT_*` number."""
        cause = machine.reset_cause()
        for attribute, code in _CAUSES:
            if cause == getattr(machine, attribute, None):
                return code
        return codes.BOOT_POWER

    def rtc_ms(self) -> int | None:
        """Unix time in ms by the battery clock; None if it was never set."""
        unix_ms = time.time_ns() // 1_000_000 + 1000 * _EPOCH_S
        return unix_ms if unix_ms >= _PLAUSIBLE_MS else None

    def set_rtc(self, unix_ms: int):
        """Set the battery clock, for the next boot without a network."""
        at = time.gmtime(unix_ms // 1000 - _EPOCH_S)  # eight items or nine: ports differ
        year, month, day, hour, minute, second, weekday = at[:7]
        machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))

    def _open(self, name, baud):
        if name in self._pins.I2C:
            number, pins, frequency = self._pins.I2C[name]
            return machine.I2C(
                number,
                sda=machine.Pin(pins["sda"]),
                scl=machine.Pin(pins["scl"]),
                freq=frequency,
            )
        number, pins, default_baud = self._pins.UART[name]
        return machine.UART(
            number,
            baudrate=baud or default_baud,
            tx=machine.Pin(pins["tx"]),
            rx=machine.Pin(pins["rx"]),
            rxbuf=_UART_BUFFER_BYTES,
        )


# Ports name only the causes they can tell apart.
_CAUSES = (
    ("WDT_RESET", codes.BOOT_WATCHDOG),
    ("HARD_RESET", codes.BOOT_HARD),
    ("SOFT_RESET", codes.BOOT_SOFT),
    ("DEEPSLEEP_RESET", codes.BOOT_DEEPSLEEP),
    ("PWRON_RESET", codes.BOOT_POWER),
)


def _output(pins, name):
    return machine.Pin(pins.OUTPUTS[name], machine.Pin.OUT, value=0)
