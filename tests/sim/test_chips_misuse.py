"""Every wrong use of a part, answered as the part would: the table of sim/README.md by rows."""

import asyncio
import itertools
import random
import re
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from sim import plant, wiring
from sim.board import ops
from sim.chips import Chip
from sim.chips.ads1115 import Ads1115
from sim.chips.doppler_if import DopplerIf
from sim.chips.modbus_dust import ADDRESS, PM10, READ_HOLDING, WRITE, ModbusDust, crc
from sim.chips.pms5003 import Pms5003, command
from sim.chips.tacho import Tacho
from sim.chips.uart_radar import UartRadar
from sim.contact import Contact
from sim.edges import FALLING, QUEUE, Edges
from sim.ethernet import Ethernet
from sim.net import GATEWAY, Network
from sim.peripherals import Peripherals
from sim.supervisor import SimNode
from sim.wire import EVEN, Framing, Wire, hear

README = Path(__file__).resolve().parents[2] / "sim" / "README.md"

Check = Callable[[random.Random], Awaitable[None] | None]

ROWS: dict[tuple[str, str, str], Check] = {}


def misuse(chip: str, wrong: str, answer: str):
    """Register a row and what proves it."""

    def keep(check: Check) -> Check:
        ROWS[chip, wrong, answer] = check
        return check

    return keep


class Volts:
    """A signal that may be moved."""

    def __init__(self, volts: float) -> None:
        self.now = volts

    def volts(self, value: float) -> float:
        return self.now

    def value(self, volts: float) -> float:
        return volts


def word(chip: Chip, register: int = 0) -> int:
    return int.from_bytes(chip.transfer(bytes((register,)), 2), "big")


def configure(chip: Chip, config: int) -> None:
    chip.transfer(bytes((1, config >> 8, config & 0xFF)), 0)


def continuous(signal: Volts) -> Ads1115:
    chip = Ads1115(0x48, {0: signal})
    configure(chip, 0x4283)
    chip.advance(0.1, 0.0)
    return chip


def board(name: str, *channels: dict) -> Peripherals:
    plants = [plant.build(cfg, {"physics": "constant", "value": 500_000.0}, 1) for cfg in channels]
    return Peripherals(wiring.load(name), plants, b"", lambda name, level: None, lambda: 10.0)


PRESSURE = {
    "ch": 1,
    "bus": "i2c0",
    "sensor": "ads1115_loop",
    "params": {"low": 0, "high": 1_000_000},
}
RATIO = {"ch": 1, "bus": "adc0", "sensor": "adc_ratio", "params": {"low": 0, "high": 1_000_000}}


@misuse("ADS1115", "another address", "NAK: OSError 19 (ESP32, STM32) or 5 (RP2)")
def _(calm):
    for name, errno, pins in (("esp32_s3", 19, (8, 9)), ("pico_w", 5, (4, 5))):
        found = board(name, PRESSURE)
        found.handle(ops.I2C_OPEN, 0, bytes(pins))
        with pytest.raises(OSError) as caught:
            found.handle(ops.I2C_TRANSFER, 0, bytes((0x49, 2, 0)))
        assert caught.value.errno == errno


@misuse("ADS1115", "bus opened on other pins", "nobody there")
def _(calm):
    found = board("esp32_s3", PRESSURE)
    found.handle(ops.I2C_OPEN, 0, bytes((1, 2)))
    assert found.handle(ops.I2C_SCAN, 0, b"") == b""


@misuse("ADS1115", "read faster than its data rate", "the same conversion again")
def _(calm):
    signal = Volts(1.0)
    chip = continuous(signal)
    before, signal.now = word(chip), 2.0
    chip.advance(0.1 + 0.0005, 0.0)
    assert word(chip) == before == 8000
    chip.advance(0.1 + 0.008, 0.0)
    assert word(chip) == 16000


@misuse("ADS1115", "read right after another gain or input", "a conversion with the old one")
def _(calm):
    chip = continuous(Volts(1.0))
    configure(chip, 0x4483)  # 2.048 V
    assert word(chip) == 8000
    chip.advance(0.1 + 0.008, 0.0)
    assert word(chip) == 8000  # it was under way
    chip.advance(0.1 + 0.016, 0.0)
    assert word(chip) == 16000


@misuse("ADS1115", "single-shot, read before the ready bit", "the conversion before")
def _(calm):
    signal = Volts(1.0)
    chip = Ads1115(0x48, {0: signal})
    configure(chip, 0xC383)
    assert not word(chip, 1) & 0x8000 and word(chip) == 0
    chip.advance(0.008, 0.0)
    assert word(chip, 1) & 0x8000 and word(chip) == 8000


@misuse("ADS1115", "single-shot, never started again", "one conversion for ever")
def _(calm):
    signal = Volts(1.0)
    chip = Ads1115(0x48, {0: signal})
    configure(chip, 0xC383)
    chip.advance(0.1, 0.0)
    signal.now = 2.0
    assert chip.advance(100.0, 0.0) == [] and word(chip) == 8000


@misuse("ADS1115", "started while it converts", "the conversion under way goes on")
def _(calm):
    chip = Ads1115(0x48, {0: Volts(1.0)})
    configure(chip, 0xC383)
    chip.advance(0.006, 0.0)
    configure(chip, 0xC383)
    assert len(chip.advance(0.008, 0.0)) == 1


@misuse("ADS1115", "register number above 3", "its lowest two bits count")
def _(calm):
    assert word(Ads1115(0x48, {}), 0xF1) == 0x8583


@misuse("ADS1115", "one byte written to a register", "nothing changes")
def _(calm):
    chip = Ads1115(0x48, {})
    chip.transfer(b"\x01\x42", 0)
    assert word(chip, 1) == 0x8583


@misuse("ADS1115", "conversion register written", "nothing changes")
def _(calm):
    chip = continuous(Volts(1.0))
    chip.transfer(b"\x00\x12\x34", 0)
    assert word(chip) == 8000


@misuse("ADS1115", "input above full scale", "clipped at 0x7FFF")
def _(calm):
    assert word(continuous(Volts(4.2))) == 0x7FFF


@misuse("on-chip ADC", "ESP32 without attenuation", "full scale from 0.95 V on")
def _(calm):
    code = board("esp32_s3", RATIO).handle(ops.ADC_READ, 1, b"\x00")
    assert int.from_bytes(code, "little") == 0xFFFF


@misuse("on-chip ADC", "input above or below its range", "65535 or 0")
def _(calm):
    port = wiring.load("pico_w").port
    assert (port.code(3.4, 0), port.code(-0.1, 0)) == (0xFFFF, 0)


@misuse("on-chip ADC", "input with nothing on it", "0")
def _(calm):
    assert board("esp32_s3").handle(ops.ADC_READ, 1, b"\x03") == b"\x00\x00"


@misuse("on-chip ADC", "16 bits taken for its resolution", "4096 codes, spread")
def _(calm):
    port = wiring.load("pico_w").port
    assert len({port.code(n / 20_000, 0) for n in range(70_000)}) == 4096


def told(chip: Chip, data: bytes, at_s: float, framing: Framing | None = None) -> None:
    own = Framing(chip.baud or 0, chip.parity, chip.stop)
    for after_s, byte, sound in hear(data, framing or own, own):
        chip.hear(at_s + after_s, byte, sound)


def spoken(chip: Chip, until_s: float, value: float = 100.0) -> list[bytes]:
    return [output.data for output in chip.advance(until_s, value) if output.data]


@misuse("PMS5003", "command with a wrong sum", "silence, it goes on as before")
def _(calm):
    chip = Pms5003("pm10", calm)
    told(chip, command(0xE1, 0)[:-1] + b"\x00", 0.1)
    assert [len(data) for data in spoken(chip, 2.0)] == [32, 32]


@misuse("PMS5003", "read command in active mode", "no frame besides its own")
def _(calm):
    chip = Pms5003("pm10", calm)
    told(chip, command(0xE2, 0), 0.1)
    assert spoken(chip, 0.9) == []


@misuse("PMS5003", "passive mode without read commands", "silence")
def _(calm):
    chip = Pms5003("pm10", calm)
    told(chip, command(0xE1, 0), 0.1)
    assert spoken(chip, 60.0) == [bytes.fromhex("424d0004e1000174")]


@misuse("PMS5003", "any command but waking while it sleeps", "silence")
def _(calm):
    chip = Pms5003("pm10", calm)
    told(chip, command(0xE4, 0), 0.1)
    assert spoken(chip, 1.0) == [bytes.fromhex("424d0004e4000177")]
    told(chip, command(0xE1, 1), 1.0)
    told(chip, command(0xE2, 0), 1.1)
    assert spoken(chip, 60.0) == []
    told(chip, command(0xE4, 1), 60.0)
    assert [len(data) for data in spoken(chip, 61.1)] == [32]


@misuse("PMS5003", "command at another speed", "silence")
def _(calm):
    chip = Pms5003("pm10", calm)
    told(chip, command(0xE1, 0), 0.1, Framing(4800))
    assert [len(data) for data in spoken(chip, 2.0)] == [32, 32]


def request(*numbers: int, unit: int = 1, function: int = READ_HOLDING) -> bytes:
    body = bytes((unit, function)) + b"".join(one.to_bytes(2, "big") for one in numbers)
    return body + crc(body)


def meter(calm: random.Random, parity: int | None = None) -> ModbusDust:
    chip = ModbusDust(1, 9600, parity, calm)
    chip.advance(1.5, 300.0)
    return chip


def asked(chip: ModbusDust, data: bytes, at_s: float = 2.0, **how: Framing) -> list[bytes]:
    told(chip, data, at_s, **how)
    return spoken(chip, at_s + 0.5, 300.0)


def refused(number: int, function: int = READ_HOLDING) -> list[bytes]:
    body = bytes((1, function | 0x80, number))
    return [body + crc(body)]


@misuse("Modbus meter", "wrong CRC", "silence")
def _(calm):
    assert asked(meter(calm), request(PM10, 1)[:-1] + b"\x00") == []
    assert len(asked(meter(calm), request(PM10, 1))) == 1


@misuse("Modbus meter", "another address", "silence")
def _(calm):
    assert asked(meter(calm), request(PM10, 1, unit=2)) == []


@misuse("Modbus meter", "another parity or speed", "silence, until set right")
def _(calm):
    chip = meter(calm, EVEN)
    assert asked(chip, request(PM10, 1), framing=Framing(9600)) == []
    assert asked(chip, request(PM10, 1), 4.0, framing=Framing(19200, EVEN)) == []
    assert len(asked(chip, request(PM10, 1), 6.0)) == 1


@misuse("Modbus meter", "a function that it does not have", "exception 1")
def _(calm):
    assert asked(meter(calm), request(0, 1, function=1)) == refused(1, 1)


@misuse("Modbus meter", "a register that it does not have", "exception 2")
def _(calm):
    assert asked(meter(calm), request(PM10, 2)) == refused(2)
    assert asked(meter(calm), request(PM10, 7, function=WRITE)) == refused(2, WRITE)


@misuse("Modbus meter", "a count of 0 or above 125, a value out of range", "exception 3")
def _(calm):
    assert asked(meter(calm), request(PM10, 0)) == refused(3)
    assert asked(meter(calm), request(PM10, 126)) == refused(3)
    assert asked(meter(calm), request(ADDRESS, 248, function=WRITE)) == refused(3, WRITE)


@misuse("Modbus meter", "a pause of over 1.5 characters in a request", "silence")
def _(calm):
    chip, data = meter(calm), request(PM10, 1)
    told(chip, data[:4], 2.0)
    assert asked(chip, data[4:], 2.0 + 6.5 * 10 / 9600) == []


@misuse("Modbus meter", "two requests without 3.5 characters of silence between", "both are lost")
def _(calm):
    assert asked(meter(calm), request(PM10, 1) + request(PM10, 1)) == []


@misuse("Modbus meter", "a request before it has answered the last", "that one is not heard")
def _(calm):
    chip = meter(calm)
    told(chip, request(PM10, 1), 2.0)
    assert len(asked(chip, request(PM10, 1), 2.015)) == 1


@misuse(
    "Modbus meter", "read with no turn-around time for it", "nothing there yet: 20 ms and more"
)
def _(calm):
    chip = meter(calm)
    told(chip, request(PM10, 1), 2.0)
    sent_s = 2.0 + 8 * 10 / 9600
    assert spoken(chip, sent_s + 0.02) == [] != spoken(chip, sent_s + 0.024)


@misuse("Modbus meter", "address written by broadcast", "obeyed without an answer")
def _(calm):
    chip = meter(calm)
    assert asked(chip, request(ADDRESS, 9, unit=0, function=WRITE)) == []
    assert chip.unit == 9


def on_a_pair(calm: random.Random) -> plant.Plant:
    """A meter behind a transceiver that the board turns round."""
    cfg = {"ch": 1, "bus": "uart1", "sensor": "modbus_rtu", "params": {}}
    one = plant.build(cfg, {"physics": "constant", "value": 300.0}, 1)
    one.power(0.0)
    assert one.wire is not None
    one.wire.open(9600, 100)
    one.driven = False
    one.advance(1.5)
    return one


def heard_on(one: plant.Plant, send_s: float, leave_s: float, until_s: float) -> bytes:
    """What the board hears that takes the pair, asks, and leaves it."""
    one.turn(2.0, True)
    one.hear(send_s, request(PM10, 1), Framing(9600))
    one.turn(leave_s, False)
    one.advance(until_s)
    assert one.wire is not None
    return one.wire.take(100)


@misuse("RS-485 line", "a request while the transceiver listens", "silence: it never left")
def _(calm):
    one = on_a_pair(calm)
    one.hear(2.0, request(PM10, 1), Framing(9600))
    one.advance(2.5)
    assert one.wire.take(100) == b""
    assert len(heard_on(one, 3.0, 3.009, 3.5)) == 7


@misuse("RS-485 line", "transceiver turned round before the last bit", "silence: it was cut off")
def _(calm):
    assert heard_on(on_a_pair(calm), 2.0, 2.007, 2.5) == b""


@misuse("RS-485 line", "transceiver not turned round for the answer", "the answer is lost")
def _(calm):
    assert heard_on(on_a_pair(calm), 2.0, 2.1, 2.5) == b""


def turned(chip: DopplerIf, rate_hz: float) -> float:
    pairs = [complex(i - 1.5, q - 1.5) for i, q in chip.capture(200, rate_hz)]
    steps = itertools.pairwise(pairs)
    return sum((b * a.conjugate()).imag for a, b in steps) / len(pairs)


@misuse("Doppler IF", "sampled below twice its tone", "another speed, the other way (alias)")
def _(calm):
    chip = DopplerIf(calm)
    chip.advance(1.0, 40.0)  # 1788 Hz
    assert turned(chip, 8000.0) > 0 > turned(chip, 2400.0)


@misuse("Doppler IF", "I alone", "the same tone for both directions")
def _(calm):
    waves = []
    for value in (10.0, -10.0):
        chip = DopplerIf(calm)
        chip._phase = 0.0
        chip._value = value
        waves.append([round(i, 6) for i, _ in chip.capture(50, 4000.0)])
    assert waves[0] == waves[1]


@misuse("Doppler IF", "a target that stands still", "no tone, the bias alone")
def _(calm):
    chip = DopplerIf(calm)
    chip.advance(1.0, 0.0)
    assert set(chip.capture(10, 4000.0)) == {(1.5, 1.5)}


@misuse("UART radar", "a command that it does not know", "silence, it goes on as before")
def _(calm):
    chip = UartRadar(9600, 1, calm)
    spoken(chip, 0.15)
    told(chip, b"ZZ\r\n", 0.16)
    assert spoken(chip, 0.2, 36.0) == [b"36.00\r\n"]


@misuse("UART radar", "another unit", "its numbers, with nothing to tell them by")
def _(calm):
    chip = UartRadar(9600, 1, calm)
    spoken(chip, 0.15)
    told(chip, b"UMF1", 0.16)
    assert spoken(chip, 0.2, 36.0) == [b"10.0\r\n"]


@misuse("UART radar", "zero reporting off", "silence while nothing moves")
def _(calm):
    chip = UartRadar(9600, 1, calm)
    spoken(chip, 0.15)
    told(chip, b"Bz", 0.16)
    assert spoken(chip, 1.0, 0.0) == [] != spoken(chip, 1.2, 5.0)


@misuse("any UART part", "read at another speed", "other bytes, some with broken frames")
def _(calm):
    wire = Wire(9600)
    wire.open(115_200, 100)
    wire.carry(0.0, b"8.00\r\n")
    wire.advance(1.0)
    assert wire.errors > 0 and b"8.00" not in wire.take(100)


@misuse("any UART part", "read with another parity", "bytes with broken frames or parity")
def _(calm):
    wire = Wire(9600)
    wire.open(9600, 100, EVEN)
    wire.carry(0.0, b"8.00\r\n" * 4)
    wire.advance(1.0)
    assert wire.errors > 0


@misuse("any UART part", "not read in time", "the buffer keeps the oldest, the newest are lost")
def _(calm):
    wire = Wire(9600)
    wire.open(9600, 4)
    wire.carry(0.0, b"abcdef")
    wire.advance(1.0)
    assert (wire.take(9), wire.lost) == (b"abcd", 2)


@misuse("tacho", "contact that bounces, no dead time", "five falling edges for each pulse")
def _(calm):
    outputs = Tacho(10.0, 0.0005, 0.0, calm).advance(1.0, 3.6)
    assert sum(output.level == 0 for output in outputs) == 5 * 10


@misuse("tacho", "a tooth that is missing", "one pulse less, an interval twice as long")
def _(calm):
    chip = Tacho(10.0, 0.0, 0.2, random.Random(1))
    falls = [one.at_s for one in chip.advance(10.0, 3.6) if one.level == 0]
    gaps = [b - a for a, b in itertools.pairwise(falls)]
    assert len(falls) < 100 and max(gaps) > 0.19


@misuse("tacho", "polled instead of interrupted", "pulses between two looks are missed")
def _(calm):
    chip, levels, seen = Tacho(10.0, 0.0, 0.0, calm), [1], []
    for step in range(1, 21):
        levels += [one.level for one in chip.advance(step * 0.05, 36.0)]
        seen.append(levels[-1])
    looks = sum(a and not b for a, b in zip([1, *seen], seen, strict=False))
    assert sum(a and not b for a, b in itertools.pairwise(levels)) == 100 > looks


@misuse("any pin", "edges that no firmware takes", "1024 wait, later ones are lost")
def _(calm):
    edges = Edges(lambda: 0.0)
    edges.arm(5, bytes((FALLING, 1)))
    for _ in range(QUEUE + 7):
        edges.drive(5, 0)
        edges.drive(5, 1)
    assert edges.lost == 7


@misuse("button, cover switch", "input without pull-up", "low, pressed or not; no edge")
def _(calm):
    edges = Edges(lambda: 0.0)
    edges.arm(7, bytes((FALLING, 0)))
    edges.drive(7, 0)
    assert (edges.level(7, 0), edges.waiting) == (0, False)


@misuse("button, cover switch", "edges counted, no debouncing", "several presses for one")
async def _(calm):
    found = board("esp32_s3")
    found.handle(ops.PIN_IRQ, 7, bytes((FALLING, 1)))
    Contact(partial(found.drive, 7), random.Random(1)).move(closed=True)
    await asyncio.sleep(0.02)
    assert len(found.handle(ops.PIN_EDGES, 0, b"")) // ops.EDGE_BYTES > 1


@misuse("button, cover switch", "looked at, no interrupt", "a tap between two looks is missed")
def _(calm):
    found = board("esp32_s3")
    seen = [found.handle(ops.PIN_GET, 7, b"\x01")]
    found.drive(7, 0)
    found.drive(7, None)
    seen.append(found.handle(ops.PIN_GET, 7, b"\x01"))
    assert seen == [b"\x01", b"\x01"]


@misuse("button, cover switch", "its pin written", "the switch and its level stay as they are")
def _(calm):
    found = board("esp32_s3")
    found.drive(7, 0)
    found.handle(ops.PIN_SET, 7, b"\x01")
    assert found.handle(ops.PIN_GET, 7, b"\x01") == b"\x00"


@misuse("relay, horn, lamp", "another pin written", "nothing moves")
def _(calm):
    heard = []
    found = wiring.load("esp32_s3")
    one = Peripherals(found, [], b"", lambda *change: heard.append(change), lambda: 0.0)
    for pin in set(range(48)) - set(found.outputs):
        one.handle(ops.PIN_SET, pin, b"\x01")
    assert heard == []


@misuse("relay, horn, lamp", "board that resets with an output high", "it falls with the reset")
def _(calm):
    heard = []
    found = wiring.load("esp32_s3")
    one = Peripherals(found, [], b"", lambda *change: heard.append(change), lambda: 0.0)
    one.handle(ops.PIN_SET, 4, b"\x01")
    one.restart()
    assert heard == [("relay", 1), ("relay", 0)]


@misuse("RTC", "a date that does not exist", "the day it amounts to (30 February: 1 or 2 March)")
def _(calm):
    found = board("esp32_s3")
    found.handle(ops.RTC_SET, 0, struct.pack(ops.RTC_FORMAT, 2027, 2, 30, 0, 12, 0, 0, 0))
    answer = struct.unpack(ops.RTC_FORMAT, found.handle(ops.RTC_GET, 0, b""))
    assert answer[:3] == (2027, 3, 2)


@misuse("RTC", "a month above 12", "one of the next year")
def _(calm):
    found = board("esp32_s3")
    found.handle(ops.RTC_SET, 0, struct.pack(ops.RTC_FORMAT, 2027, 14, 3, 0, 12, 0, 0, 0))
    answer = struct.unpack(ops.RTC_FORMAT, found.handle(ops.RTC_GET, 0, b""))
    assert answer[:3] == (2028, 2, 3)


@misuse("RTC", "relied on after a loss of power, without a battery", "2000 (ESP32) or 2021 (RP2)")
def _(calm):
    years = []
    for name in ("esp32_s3", "pico_w"):
        node = SimNode("n1", name, Path("n1.flash"), Path(), [])
        node.lose_time()
        answer = struct.unpack(ops.RTC_FORMAT, node.peripherals.handle(ops.RTC_GET, 0, b""))
        years.append(answer[0])
    assert years == [2000, 2021]


@misuse("Ethernet", "a datagram before there is an address", "OSError 113 (EHOSTUNREACH)")
def _(calm):
    times_s = iter((10.0, 11.0, 12.1))  # switched on, then negotiating, then without an address
    station = Network(1).attach("n1")
    station.ethernet = Ethernet(station.carrier, lambda: next(times_s))
    number = station.open()
    for look in range(3):
        with pytest.raises(OSError) as caught:
            station.send(number, GATEWAY, b"x")
        assert caught.value.errno == 113
        if look == 0:
            station.ethernet.switch(True)


@misuse("Ethernet", "asked whether it is on instead of connected", "on, with no cable in it")
def _(calm):
    station = Network(1).attach("n1")
    station.ethernet = Ethernet(station.carrier, lambda: 99.0)
    station.carrier.plugged_s = None
    station.ethernet.switch(True)
    assert station.link == ops.LINK_NONE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1]}")
async def test_a_part_answers_a_wrong_use_as_it_would(row, calm):
    if (takes_time := ROWS[row](calm)) is not None:
        await takes_time


def test_the_readme_has_exactly_these_rows():
    section = README.read_text().split("\n## Misuse\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    assert found[2:] == list(ROWS)
