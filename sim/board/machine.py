"""`machine` of the simulated board: the classes and arguments of the ESP32 and RP2 ports.

Levels, bytes and registers live with the supervisor, as they live in silicon on a board: they
change whether or not the firmware looks.
"""

import struct

import bus
import ops

PWRON_RESET = ops.PWRON_RESET
HARD_RESET = ops.HARD_RESET
WDT_RESET = ops.WDT_RESET
DEEPSLEEP_RESET = ops.DEEPSLEEP_RESET
SOFT_RESET = ops.SOFT_RESET

_ALL = 0xFFFF


def unique_id():
    """The chip's own number."""
    return bus.ask(ops.UNIQUE_ID)


def reset_cause():
    """One of the ..._RESET numbers."""
    return bus.ask(ops.RESET_CAUSE)[0]


def reset():
    """Restart at once: nothing after this call runs."""
    bus.tell(ops.RESET)
    bus.wait_for_the_end()


def freq():
    """Nominal: the simulator does not know how fast the board's processor is."""
    return 160_000_000


class Pin:
    """One pin, input or output."""

    IN = 0
    OUT = 1
    PULL_UP = 1
    PULL_DOWN = 2

    def __init__(self, id, mode=None, pull=None, value=None):
        self._id = id
        self._pull = b"\x01" if pull == Pin.PULL_UP else b"\x00"
        self._level = None
        if mode == Pin.OUT:
            self._drive(value or 0)

    def value(self, level=None):
        """Level of an input, last one written of an output; with an argument, write it."""
        if level is not None:
            self._drive(level)
        elif self._level is None:
            return bus.ask(ops.PIN_GET, self._id, self._pull)[0]
        else:
            return self._level

    __call__ = value

    def on(self):
        """Drive high."""
        self._drive(1)

    def off(self):
        """Drive low."""
        self._drive(0)

    def _drive(self, level):
        self._level = 1 if level else 0
        bus.tell(ops.PIN_SET, self._id, b"\x01" if level else b"\x00")


class I2C:
    """Controller on two pins; OSError when nobody acknowledges."""

    def __init__(self, id, *, scl, sda, freq=400_000):
        self._id = id
        bus.ask(ops.I2C_OPEN, id, bytes((sda._id, scl._id)))

    def scan(self):
        """Addresses that acknowledge."""
        return list(bus.ask(ops.I2C_SCAN, self._id))

    def readfrom_mem_into(self, addr, memaddr, buf):
        """Write the register number, read into `buf`."""
        bus.ask(ops.I2C_TRANSFER, self._id, bytes((addr, len(buf), memaddr)), buf)

    def readfrom_mem(self, addr, memaddr, nbytes):
        """Write the register number, read."""
        return bus.ask(ops.I2C_TRANSFER, self._id, bytes((addr, nbytes, memaddr)))

    def writeto_mem(self, addr, memaddr, buf):
        """Write the register number and `buf`."""
        bus.ask(ops.I2C_TRANSFER, self._id, bytes((addr, 0, memaddr)) + buf)

    def readfrom(self, addr, nbytes):
        """Read."""
        return bus.ask(ops.I2C_TRANSFER, self._id, bytes((addr, nbytes)))

    def writeto(self, addr, buf):
        """Write; how many bytes were acknowledged."""
        bus.ask(ops.I2C_TRANSFER, self._id, bytes((addr, 0)) + buf)
        return len(buf)


class UART:
    """Serial port with a bounded receive buffer, 8N1."""

    def __init__(self, id, baudrate=9600, *, tx, rx, rxbuf=256):
        self._id = id
        pins = (tx._id, rx._id, baudrate, rxbuf)
        bus.ask(ops.UART_OPEN, id, struct.pack("<BBIH", *pins))

    def any(self):
        """How many bytes wait."""
        low, high = bus.ask(ops.UART_ANY, self._id)
        return low | high << 8

    def read(self, nbytes=_ALL):
        """At most that many waiting bytes; None if there are none."""
        return bus.ask(ops.UART_READ, self._id, struct.pack("<H", nbytes)) or None

    def readinto(self, buf, nbytes=None):
        """Waiting bytes into `buf`: how many; None if there are none."""
        most = len(buf) if nbytes is None else min(nbytes, len(buf))
        return bus.ask(ops.UART_READ, self._id, struct.pack("<H", most), buf) or None

    def write(self, buf):
        """Send all of `buf`: how many bytes."""
        for start in range(0, len(buf), ops.PAYLOAD_BYTES):
            bus.tell(ops.UART_WRITE, self._id, buf[start : start + ops.PAYLOAD_BYTES])
        return len(buf)


class WDT:
    """Hardware watchdog: starts when made, never stops."""

    def __init__(self, id=0, timeout=5000):
        bus.tell(ops.WDT_ARM, 0, struct.pack("<I", timeout))

    def feed(self):
        """Begin the time anew."""
        bus.tell(ops.WDT_FEED)


class RTC:
    """Clock with a battery of its own, in UTC."""

    def datetime(self, value=None):
        """(year, month, day, weekday, hour, minute, second, us); with an argument, set it."""
        if value is None:
            return struct.unpack(ops.RTC_FORMAT, bus.ask(ops.RTC_GET))
        bus.tell(ops.RTC_SET, 0, struct.pack(ops.RTC_FORMAT, *value))
