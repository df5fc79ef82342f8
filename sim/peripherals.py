"""The silicon of one board: pins, buses and clock as its `machine` sees them.

State lives here and not with the firmware's process, as it lives in hardware: bytes arrive and
levels change whether or not anybody asks. A restart of the board clears what a reset clears.
"""

import struct
from calendar import timegm
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from sim import clock
from sim.ble import Radio
from sim.board import ops
from sim.chips import Nak
from sim.edges import Edges
from sim.flash import Flash
from sim.plant import Plant
from sim.wire import Framing
from sim.wiring import Wiring

SENT_BYTES = (
    4096  # of what the firmware wrote to a UART, the newest are kept for who wants to look
)


class Peripherals:
    """Answers every operation that needs no power over the process (that is the supervisor's)."""

    def __init__(
        self,
        wiring: Wiring,
        plants: Sequence[Plant],
        unique_id: bytes,
        on_output: Callable[[str, int], None],
        now_s: Callable[[], float],
    ) -> None:
        self.reset_cause = ops.PWRON_RESET
        self.sent: dict[str, deque[int]] = {}
        self.flash = Flash()
        self._wiring = wiring
        self._plants = plants
        self._unique_id = unique_id
        self._on_output = on_output
        self._now_s = now_s
        self._levels = dict.fromkeys(wiring.outputs.values(), 0)
        self.edges = Edges(now_s)
        self.ble = Radio()
        self.pwm: dict[int, tuple[int, int]] = {}  # pin -> frequency, duty of 65535
        self._framings: dict[int, Framing] = {}
        self._opened: dict[tuple[str, int], list[Plant]] = {}
        self.rtc_offset_s = 0.0  # of the battery clock against the world's
        self._operations: dict[int, Callable[[int, bytes], bytes]] = {
            ops.PIN_SET: self._pin_set,
            ops.UART_WRITE: self._uart_write,
            ops.RTC_SET: self._rtc_set,
            ops.FLASH_PROGRAM: self.flash.program,
            ops.FLASH_ERASE: self.flash.erase,
            ops.FLASH_CUT: self.flash.cut,
            ops.PIN_GET: self._pin_get,
            ops.I2C_OPEN: self._i2c_open,
            ops.I2C_TRANSFER: self._i2c_transfer,
            ops.I2C_SCAN: self._i2c_scan,
            ops.UART_OPEN: self._uart_open,
            ops.UART_ANY: self._uart_any,
            ops.UART_READ: self._uart_read,
            ops.UNIQUE_ID: lambda argument, payload: self._unique_id,
            ops.RESET_CAUSE: lambda argument, payload: bytes((self.reset_cause,)),
            ops.RTC_GET: self._rtc_get,
            ops.PIN_IRQ: self.edges.arm,
            ops.PIN_EDGES: self._pin_edges,
            ops.BLE_SET: self.ble.set,
            ops.BLE_EVENT: self.ble.event,
            ops.BLE_WRITTEN: self.ble.written,
            ops.PWM_SET: self._pwm_set,
            ops.ADC_READ: self._adc_read,
            ops.ADC_CAPTURE: self._adc_capture,
            ops.SPI_OPEN: self._spi_open,
            ops.SPI_TRANSFER: self._spi_transfer,
            ops.PLATFORM: lambda argument, payload: wiring.platform.encode(),
        }
        for plant in plants:
            if plant.bus in wiring.pulses:
                plant.on_level = partial(self._pulse, wiring.pulses[plant.bus])
        self._turned = {
            pin: plant
            for pin, bus in wiring.transmitters.items()
            for plant in plants
            if plant.bus == bus and plant.chip.half_duplex
        }
        for plant in self._turned.values():
            plant.driven = False

    @property
    def events(self) -> bool:
        """Does an edge or the radio wait for the firmware?"""
        return self.edges.waiting or self.ble.waiting

    @property
    def rtc_unix_s(self) -> float:
        """What the battery clock shows."""
        return clock.unix_s() + self.rtc_offset_s

    def handle(self, operation: int, argument: int, payload: bytes) -> bytes:
        """Carry one operation out."""
        return self._operations[operation](argument, payload)

    def restart(self) -> None:
        """Reset or loss of power: outputs fall, ports close."""
        for name in self._levels:
            self._set_output(name, 0)
        for plant in self._turned.values():
            plant.turn(self._now_s(), False)
        self._opened.clear()
        self.pwm.clear()
        self.edges.restart()
        self.ble.restart()

    def drive(self, pin: int, level: int | None) -> None:
        """Something outside holds an input at a level; None: nothing does."""
        self.edges.drive(pin, level)

    def _pin_set(self, pin: int, payload: bytes) -> bytes:
        name = self._wiring.outputs.get(pin)
        if name is not None:
            self._set_output(name, payload[0])
        if pin in self._turned:
            self._turned[pin].turn(self._now_s(), payload[0] == 1)
        return b""

    def _set_output(self, name: str, level: int) -> None:
        if self._levels[name] != level:
            self._levels[name] = level
            self._on_output(name, level)

    def _pin_get(self, pin: int, payload: bytes) -> bytes:
        return bytes((self.edges.level(pin, payload[0]),))

    def _pin_edges(self, argument: int, payload: bytes) -> bytes:
        for plant in self._plants:
            if plant.on_level is not None:
                plant.advance(self._now_s())
        return self.edges.take()

    def _pulse(self, pin: int, at_s: float, level: int) -> None:
        self.edges.drive(pin, level, at_s)

    def _pwm_set(self, pin: int, payload: bytes) -> bytes:
        freq_hz, duty = struct.unpack("<IH", payload)
        self.pwm[pin] = freq_hz, duty
        return self._pin_set(pin, bytes((duty > 0,)))

    def _wired(self, pin: int) -> tuple[Plant | None, int]:
        """What stands at an analog pin, brought up to now, and at which of its wires."""
        for plant in self._plants:
            for bus, wire in self._wiring.analog.get(pin, ()):
                if plant.bus == bus:
                    plant.advance(self._now_s())
                    return plant, wire
        return None, 0

    def _adc_read(self, pin: int, payload: bytes) -> bytes:
        plant, wire = self._wired(pin)
        volts = 0.0 if plant is None else plant.chip.volts(wire)
        return self._wiring.port.code(volts, payload[0]).to_bytes(2, "little")

    def _adc_capture(self, argument: int, payload: bytes) -> bytes:
        pin, _, attenuation, count, rate_hz = struct.unpack(ops.ADC_FORMAT, payload)
        plant, _ = self._wired(pin)
        pairs = [(0.0, 0.0)] * count if plant is None else plant.chip.capture(count, rate_hz)
        codes = [self._wiring.port.code(volts, attenuation) for pair in pairs for volts in pair]
        return struct.pack(f"<{len(codes)}H", *codes)

    def _spi_open(self, number: int, payload: bytes) -> bytes:
        self._attach("spi", number, payload)
        return b""

    def _spi_transfer(self, number: int, payload: bytes) -> bytes:
        for plant in self._on("spi", number):
            return plant.chip.exchange(payload)
        return b"\xff" * len(payload)

    def _attach(self, kind: str, number: int, pins: bytes) -> list[Plant]:
        if pins[0] == ops.NONE:
            bus = self._wiring.numbers.get((kind, number))
        else:
            bus = self._wiring.buses.get(tuple(pins))
        plants = [plant for plant in self._plants if plant.bus == bus]
        self._opened[kind, number] = plants
        return plants

    def _on(self, kind: str, number: int) -> list[Plant]:
        """Plants on an open bus, brought up to now."""
        plants = self._opened.get((kind, number), [])
        for plant in plants:
            plant.advance(self._now_s())
        return plants

    def _i2c_open(self, number: int, payload: bytes) -> bytes:
        self._attach("i2c", number, payload)
        return b""

    def _i2c_scan(self, number: int, payload: bytes) -> bytes:
        chips = [plant.chip for plant in self._on("i2c", number)]
        return bytes(sorted(chip.address for chip in chips if chip.address is not None))

    def _i2c_transfer(self, number: int, payload: bytes) -> bytes:
        address, count = payload[:2]
        for plant in self._on("i2c", number):
            if plant.chip.address == address:
                try:
                    return plant.transfer(payload[2:], count)
                except Nak:
                    break
        raise OSError(self._wiring.nak_errno, "no acknowledge")

    def _uart_open(self, number: int, payload: bytes) -> bytes:
        baud, room, parity, stop = struct.unpack(ops.UART_FORMAT, payload[2:])
        framing = Framing(baud, None if parity == ops.NONE else parity, stop)
        self._framings[number] = framing
        for plant in self._attach("uart", number, payload[:2]):
            if plant.wire is not None:
                plant.advance(self._now_s())
                plant.wire.open(framing.baud, room, framing.parity, framing.stop)
        return b""

    def _uart_any(self, number: int, payload: bytes) -> bytes:
        wires = [plant.wire for plant in self._on("uart", number)]
        return sum(wire.waiting for wire in wires if wire).to_bytes(2, "little")

    def _uart_read(self, number: int, payload: bytes) -> bytes:
        most = int.from_bytes(payload, "little")
        wires = [plant.wire for plant in self._on("uart", number)]
        return b"".join(wire.take(most) for wire in wires if wire)

    def _uart_write(self, number: int, payload: bytes) -> bytes:
        for plant in self._on("uart", number):
            plant.hear(self._now_s(), payload, self._framings[number])
            self.sent.setdefault(plant.bus, deque(maxlen=SENT_BYTES)).extend(payload)
        return b""

    def _rtc_get(self, argument: int, payload: bytes) -> bytes:
        now = datetime.fromtimestamp(self.rtc_unix_s, UTC)
        date = (now.year, now.month, now.day, now.weekday())
        hours = (now.hour, now.minute, now.second, now.microsecond)
        return struct.pack(ops.RTC_FORMAT, *date, *hours)

    def _rtc_set(self, argument: int, payload: bytes) -> bytes:
        year, month, day, _, hour, minute, second, us = struct.unpack(ops.RTC_FORMAT, payload)
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1  # as the ports do
        wanted_s = timegm((year, month, day, hour, minute, second)) + us / 1e6
        self.rtc_offset_s = wanted_s - clock.unix_s()
        return b""
