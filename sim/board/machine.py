"""`machine` of the simulated board: the classes and arguments of the ESP32 and RP2 ports.

Levels, bytes and registers live with the supervisor, as they live in silicon on a board: they
change whether or not the firmware looks. What few firmwares use is loaded when it is first named.
"""

import struct
import time

import bus
import ops

PWRON_RESET = ops.PWRON_RESET
HARD_RESET = ops.HARD_RESET
WDT_RESET = ops.WDT_RESET
DEEPSLEEP_RESET = ops.DEEPSLEEP_RESET
SOFT_RESET = ops.SOFT_RESET

PLATFORM = bus.ask(ops.PLATFORM).decode()

_ALL = 0xFFFF
_LEVELS = (b"\x00", b"\x01")
_LATER = ("ADC", "PWM", "SPI", "Timer")
_byte = bytearray(1)


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(name)
    module = __import__("machine_" + name.lower())
    globals()[name] = getattr(module, name)
    return globals()[name]


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


def soft_reset():
    """Restart the interpreter at once: nothing after this call runs."""
    bus.tell(ops.RESET, ops.RESET_SOFT)
    bus.wait_for_the_end()


def idle():
    """Wait for an interrupt; here: let those happen that wait."""
    bus.pump()


def disable_irq():
    """Hold interrupts back; what it returns goes to `enable_irq`."""
    before, bus.masked = bus.masked, True
    return before


def enable_irq(state):
    """Let those through that waited."""
    bus.masked = state
    bus.pump()


def freq():
    """Nominal: the simulator does not know how fast the board's processor is."""
    return 160_000_000


class Pin:
    """One pin, input or output."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=None, pull=None, value=None):
        self._id = _number(id)
        self._level = None
        self.init(mode, pull, value)

    def init(self, mode=None, pull=None, value=None):
        """Set it up again."""
        self._pull = _LEVELS[pull == Pin.PULL_UP]
        if mode == Pin.OUT:
            self._drive(value or 0)
        elif mode is not None:
            self._level = None

    def value(self, level=None):
        """Level of an input, last one written of an output; with an argument, write it."""
        if level is not None:
            self._drive(level)
        elif self._level is None:
            bus.ask(ops.PIN_GET, self._id, self._pull, _byte)
            return _byte[0]
        else:
            return self._level

    __call__ = value

    def on(self):
        """Drive high."""
        self._drive(1)

    def off(self):
        """Drive low."""
        self._drive(0)

    def toggle(self):
        """Drive the other way."""
        self._drive(not self._level)

    def irq(self, handler=None, trigger=3, hard=False):
        """Call `handler(pin)` at edges; None: not any more."""
        import irq

        irq.watch(self, self._id, handler, hard)
        triggers = 0 if handler is None else trigger
        bus.tell(ops.PIN_IRQ, self._id, bytes((triggers, self._pull[0])))
        return self

    def _drive(self, level):
        self._level = 1 if level else 0
        bus.tell(ops.PIN_SET, self._id, _LEVELS[self._level])


def _number(pin):
    """Number of a pin on the link: as it is, or counted through the ports (`PB3` is 19)."""
    if isinstance(pin, str):
        return (ord(pin[1]) - ord("A")) * 16 + int(pin[2:])
    return pin


def _pins(wanted):
    """Their numbers. An STM32 has its own pins for each bus number and takes no others."""
    given = [pin for pin in wanted if pin is not None]
    if PLATFORM == "stm32":
        if given:
            raise ValueError("explicit choice of pins is not implemented")
        return bytes((ops.NONE,) * len(wanted))
    if len(given) < len(wanted):
        raise TypeError("pins")
    return bytes([pin._id for pin in given])


class I2C:
    """Controller on two pins; OSError when nobody acknowledges."""

    def __init__(self, id, *, scl=None, sda=None, freq=400_000):
        self._id = id
        bus.ask(ops.I2C_OPEN, id, _pins((sda, scl)))

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
    """Serial port with a bounded receive buffer. `parity`: None, 0 for even, 1 for odd."""

    def __init__(
        self, id, baudrate=9600, bits=8, parity=None, stop=1, *, tx=None, rx=None, rxbuf=256
    ):
        if bits != 8:
            raise ValueError("bits")
        self._id = id
        self._byte_us = 1_000_000 * (9 + (parity is not None) + stop) // baudrate
        self._sent_us = 0
        parity = ops.NONE if parity is None else parity
        framing = struct.pack(ops.UART_FORMAT, baudrate, rxbuf, parity, stop)
        bus.ask(ops.UART_OPEN, id, _pins((tx, rx)) + framing)

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
        self._sent_us = max(self._sent_us, time.now_us()) + len(buf) * self._byte_us
        return len(buf)

    def txdone(self):
        """Has the last bit been sent?"""
        return time.now_us() >= self._sent_us

    def flush(self):
        """Wait until it has."""
        time.sleep_us(max(0, self._sent_us - time.now_us()))


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
