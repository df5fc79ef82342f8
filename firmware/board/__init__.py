"""The board under the firmware: named buses, outputs, button, watchdog; imports `machine`.

`build(name)` reads the pins of `board/<name>.py` (data only) and opens nothing yet: a bus is
opened when the first sensor asks for it. In the simulator the same code runs over a simulated
`machine`; `simulated` then is true whatever any configuration says, and every block says so.
"""

import sys
import time
from array import array

import machine

from firmware.button import Button
from protocols import codes

# Some ports count seconds from 2000 instead of 1970; a clock before 2026 has lost its battery.
_EPOCH_S = 946_684_800 if time.gmtime(0)[0] == 2000 else 0
_PLAUSIBLE_MS = 1_767_225_600_000

NAMES = ("esp32_s3", "nucleo_f7", "pico2_w", "pico_w")

# An interpreter with an operating system under it can only be a simulator.
_HOSTS = ("linux", "darwin", "win32")
# A PMS5003 sends 32 bytes a second, a radar up to 160: room for three seconds of silence from us.
_UART_BUFFER_BYTES = 512
_MID_SCALE = 0x8000


def build(name: str) -> "Board":
    """Board of that name; KeyError if there is no such pin file."""
    if name not in NAMES:
        raise KeyError(name)
    return Board(__import__("firmware.board." + name, None, None, ("NAME",)))


def restart(pause_ms: int = 0):
    """Reset the board, after a pause; does not return."""
    time.sleep_ms(pause_ms)
    machine.reset()


class Board:
    """Named parts of one board. Outputs start safe: relay released, horn and lamp off."""

    def __init__(self, pins):
        self.name = pins.NAME
        self.network = pins.NETWORK
        self.simulated = sys.platform in _HOSTS
        self.unique_id = machine.unique_id()
        self.relay = _output(pins, "relay")
        self.horn = _output(pins, "horn")
        self.lamp = _output(pins, "lamp")
        self.button = machine.Pin(pins.INPUTS["button"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._look = Button(self.button).look
        self.cover = None
        if "cover" in pins.INPUTS:
            self.cover = machine.Pin(pins.INPUTS["cover"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._pins = pins
        self._buses = {}
        self._watchdog = None

    def bus(self, name: str, baud: int | None = None, parity: int | None = None):
        """The open bus called `name` (shared between its sensors); KeyError if unknown.

        An I2C, UART or SPI; an ADC; for `IQ` a pair of them; for pulses their pin. `parity` of a
        UART: None, 0 for even, 1 for odd.
        """
        if name not in self._buses:
            self._buses[name] = self._open(name, baud, parity)
        return self._buses[name]

    def transmitter(self, name: str):
        """Pin that lets the RS-485 transceiver of a UART drive its line; None: there is none."""
        pin = self._pins.RS485.get(name)
        return None if pin is None else machine.Pin(pin, machine.Pin.OUT, value=0)

    def capture_iq(self, n: int, rate_hz: int, bus: str = "iq0"):
        """`n` pairs I, Q, interleaved, signed 16 bits around mid-scale, `rate_hz` a second.

        Blocks for as long as that takes. An STM32 samples at the beat of a timer, and so does an
        ADC that offers `read_timed_multi`; elsewhere a loop reads one input after the other, right
        to a few kHz, Q late by one conversion and the instants as even as the interpreter.
        """
        pairs = array("H", bytes(2 * n)), array("H", bytes(2 * n))
        timed = getattr(machine.ADC, "read_timed_multi", None)
        if timed is None and self._pins.PLATFORM == "stm32":
            from firmware.board import _stm32

            _stm32.read_timed_multi(self._pins.IQ[bus], pairs, rate_hz)
        else:
            (timed or _read_timed_multi)(self.bus(bus), pairs, rate_hz)
        both = array("h", bytes(4 * n))
        for index in range(n):
            both[2 * index] = pairs[0][index] - _MID_SCALE
            both[2 * index + 1] = pairs[1][index] - _MID_SCALE
        return both

    def pressed(self) -> bool:
        """Is the acknowledge button held, or was it tapped since somebody last asked?"""
        return self._look()

    def opened(self) -> bool:
        """Is the cover open? (Closed, its switch pulls the input to ground.)"""
        return self.cover is not None and self.cover.value() == 1

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

    def _open(self, name, baud, parity):
        pins = self._pins
        if name in pins.I2C:
            number, wires, frequency = pins.I2C[name]
            return machine.I2C(number, freq=frequency, **self._wires(wires))
        if name in pins.ADC:
            return _adc(pins.ADC[name])
        if name in pins.IQ:
            return tuple([_adc(pin) for pin in pins.IQ[name]])
        if name in pins.PULSES:
            return machine.Pin(pins.PULSES[name], machine.Pin.IN, machine.Pin.PULL_UP)
        if name in pins.SPI:
            number, wires, frequency = pins.SPI[name]
            return machine.SPI(number, frequency, **self._wires(wires))
        number, wires, default_baud = pins.UART[name]
        return machine.UART(
            number,
            baudrate=baud or default_baud,
            parity=parity,
            rxbuf=_UART_BUFFER_BYTES,
            **self._wires(wires),
        )

    def _wires(self, wires):
        """Pins of a bus as arguments; an STM32 knows the pins of each number and takes none."""
        if self._pins.PLATFORM == "stm32":
            return {}
        return {name: machine.Pin(pin) for name, pin in wires.items()}


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


def _adc(pin):
    adc = machine.ADC(machine.Pin(pin))
    if hasattr(adc, "atten"):
        adc.atten(machine.ADC.ATTN_11DB)  # the whole range, up to 3.1 V
    return adc


def _read_timed_multi(adcs, bufs, rate_hz):
    start_us = time.ticks_us()
    for index in range(len(bufs[0])):
        due_us = time.ticks_add(start_us, index * 1_000_000 // rate_hz)
        while time.ticks_diff(due_us, time.ticks_us()) > 0:
            pass
        for adc, buf in zip(adcs, bufs):
            buf[index] = adc.read_u16()
