"""Interrupts, converter, SPI, timers, serial lines: a small firmware each, real interpreter."""

import itertools
import math
from array import array

import pytest

import firmware
from sim import boards, supervisor, wiring
from sim.chips import Chip
from sim.chips.modbus_dust import crc
from sim.chips.pms5003 import command
from sim.physics.constant import Constant
from sim.plant import Plant

PINS = sorted(wiring._PINS.glob("[a-z]*.py"))

COUNT_EDGES = """
import machine, time
from firmware import board
pin = board.build("{board}").bus("pulse0")
edges, last_us, period_us = [0], [0], [0]
def fell(pin):
    now_us = time.ticks_us()
    since_us = time.ticks_diff(now_us, last_us[0])
    if since_us > {dead_us}:
        if last_us[0]:
            period_us[0] = since_us
        last_us[0] = now_us
        edges[0] += 1
pin.irq(fell, machine.Pin.IRQ_FALLING, hard=True)
while True:
    time.sleep_ms(50)
    print("edges", edges[0], "period", period_us[0])
"""


def tacho(**params):
    return {
        "ch": 1,
        "bus": "pulse0",
        "sensor": "tacho",
        "params": {"pulses_per_rev": 10, **params},
    }


def ratio(bus="adc0"):
    params = {"low": 0, "high": 1_000_000}
    return {"ch": 1, "bus": bus, "sensor": "adc_ratio", "params": params}


def last(node, word):
    lines = [line.split() for line in node.console if line.startswith(word)]
    return lines[-1] if lines else None


async def test_a_falling_edge_calls_a_hard_handler(make_node, until):
    node = make_node("""
import machine, time
pin = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP)
count = bytearray(1)
def fell(pin):
    if pin.value() == 0:
        count[0] += 1
pin.irq(fell, machine.Pin.IRQ_FALLING, hard=True)
print("ready")
while True:
    time.sleep_ms(5)
    if count[0]:
        print("edges", count[0])
        count[0] = 0
""")
    await node.power_on()
    await until(lambda: "ready" in node.console)
    node.press()
    await until(lambda: "edges 1" in node.console)
    node.release()
    node.press()
    await until(lambda: node.console.count("edges 1") == 2)


async def test_a_hard_handler_that_allocates_is_named_and_switched_off(make_node, until):
    node = make_node("""
import machine, time
pin = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP)
calls = []
def remember(pin):
    calls.append([pin.value(), 1.5 * time.ticks_ms()])
pin.irq(remember, machine.Pin.IRQ_FALLING, hard=True)
print("ready")
while True:
    time.sleep_ms(5)
    print("calls", len(calls))
""")
    await node.power_on()
    await until(lambda: "ready" in node.console)
    node.press()
    await until(lambda: any(line.startswith("interrupt:") for line in node.console))
    assert "interrupt: hard handler remember allocated memory: off" in node.console
    assert any("heap is locked" in line for line in node.console)
    node.release()
    node.press()
    node.console.clear()
    await until(lambda: len(node.console) > 5)
    assert set(node.console) == {"calls 0"} and node.boots == 1


async def test_a_hard_handler_that_raises_is_named_too(make_node, until):
    node = make_node("""
import machine, time
pin = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP)
def divide(pin):
    1 // 0
pin.irq(divide, machine.Pin.IRQ_FALLING, hard=True)
print("ready")
while True:
    time.sleep_ms(5)
""")
    await node.power_on()
    await until(lambda: "ready" in node.console)
    node.press()
    await until(lambda: "interrupt: hard handler divide raised: off" in node.console)


async def test_a_soft_handler_may_allocate_and_wakes_a_task(make_node, until):
    node = make_node("""
import asyncio, machine
pin = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP)
flag = asyncio.ThreadSafeFlag()
seen = []
def fell(pin):
    seen.append([pin.value()])
    flag.set()
pin.irq(fell, machine.Pin.IRQ_FALLING)
async def main():
    while True:
        await flag.wait()
        print("woken", seen)
print("ready")
asyncio.run(main())
""")
    await node.power_on()
    await until(lambda: "ready" in node.console)
    node.press()
    await until(lambda: "woken [[0]]" in node.console)


async def test_interrupts_wait_while_they_are_disabled(make_node, until):
    node = make_node("""
import machine, time
pin = machine.Pin(7, machine.Pin.IN, machine.Pin.PULL_UP)
count = bytearray(1)
def fell(pin):
    count[0] += 1
pin.irq(fell, machine.Pin.IRQ_FALLING, hard=True)
state = machine.disable_irq()
print("ready")
while pin.value():
    pass
print("held", count[0])
machine.enable_irq(state)
print("then", count[0])
time.sleep(60)
""")
    await node.power_on()
    await until(lambda: "ready" in node.console)
    node.press()
    await until(lambda: "then 1" in node.console)
    assert "held 0" in node.console


async def test_a_tacho_is_timed_by_its_edges(make_node, until):
    # 7.2 km/h is 2 m/s: 20 pulses a second
    node = make_node(COUNT_EDGES.format(board="esp32_s3", dead_us=0), (tacho(), 7.2))
    await node.power_on()
    await until(lambda: (found := last(node, "edges")) and int(found[1]) >= 6)
    assert int(last(node, "edges")[3]) == pytest.approx(50_000, rel=0.2)  # on a busy host


async def test_a_bouncing_contact_counts_many_times_unless_the_firmware_waits(make_node, until):
    node = make_node(
        COUNT_EDGES.format(board="pico_w", dead_us=0), (tacho(bounce_us=500), 7.2), board="pico_w"
    )
    await node.power_on()
    await until(lambda: (found := last(node, "edges")) and int(found[1]) >= 10)
    assert 0 < int(last(node, "edges")[3]) < 2_000


async def test_a_dead_time_takes_the_bounce_out(make_node, until):
    node = make_node(
        COUNT_EDGES.format(board="esp32_s3", dead_us=5_000), (tacho(bounce_us=500), 7.2)
    )
    await node.power_on()
    await until(lambda: (found := last(node, "edges")) and int(found[1]) >= 5)
    assert int(last(node, "edges")[3]) == pytest.approx(50_000, rel=0.2)  # on a busy host


async def test_timers_fire_periodically_and_once(make_node, until):
    node = make_node("""
import machine, time
counts = bytearray(2)
def tick(timer):
    counts[0] += 1
def once(timer):
    counts[1] += 1
start = time.ticks_ms()
periodic = machine.Timer(0, period=20, callback=tick, hard=True)
machine.Timer(1, mode=machine.Timer.ONE_SHOT, period=50, callback=once)
while time.ticks_diff(time.ticks_ms(), start) < 400:
    time.sleep_ms(1)
periodic.deinit()
print("counts", counts[0], counts[1])
time.sleep_ms(100)
print("after", counts[0])
time.sleep(60)
""")
    await node.power_on()
    await until(lambda: last(node, "after"))
    _, periodic, once = last(node, "counts")
    assert 15 <= int(periodic) <= 20 and once == "1"
    assert last(node, "after")[1] == periodic


async def test_a_timer_fires_in_the_middle_of_a_sleep(make_node, until):
    node = make_node("""
import machine, time
counts = bytearray(1)
def tick(timer):
    counts[0] += 1
machine.Timer(0, freq=50, callback=tick, hard=True)
time.sleep_ms(300)
print("counts", counts[0])
time.sleep(60)
""")
    await node.power_on()
    await until(lambda: last(node, "counts"))
    assert 10 <= int(last(node, "counts")[1]) <= 15


@pytest.mark.parametrize("board", sorted(boards.BOARDS))
@pytest.mark.parametrize(("value", "volts"), [(0.0, 0.3), (500_000.0, 1.5), (1_000_000.0, 2.7)])
async def test_every_board_reads_a_ratiometric_transducer(make_node, until, board, value, volts):
    node = make_node(
        f"""
import time
from firmware import board
adc = board.build("{board}").bus("adc0")
print("code", adc.read_u16(), adc.read_uv() if hasattr(adc, "read_uv") else 0)
time.sleep(60)
""",
        (ratio(), value),
        board=board,
    )
    await node.power_on()
    await until(lambda: last(node, "code"))
    full_scale_v = wiring.load(board).port.full_scale_v[-1]
    assert int(last(node, "code")[1]) / 65535 * full_scale_v == pytest.approx(volts, abs=0.005)


async def test_an_input_without_attenuation_saturates(make_node, until):
    node = make_node(
        """
import machine, time
print("code", machine.ADC(machine.Pin(1)).read_u16(), machine.ADC(2).read_u16())
time.sleep(60)
""",
        (ratio(), 500_000.0),
    )
    await node.power_on()
    await until(lambda: last(node, "code"))
    assert last(node, "code") == ["code", "65535", "0"]


async def test_a_port_without_attenuation_has_none(make_node, until):
    node = make_node(
        """
import machine, time
print("has", hasattr(machine.ADC, "atten"))
time.sleep(60)
""",
        board="pico_w",
    )
    await node.power_on()
    await until(lambda: "has False" in node.console)


@pytest.mark.parametrize("value", [10.0, -10.0])
@pytest.mark.parametrize("board", ["esp32_s3", "pico_w", "nucleo_f7"])
async def test_a_doppler_front_end_is_captured_with_its_direction(make_node, until, board, value):
    node = make_node(
        f"""
import time
from firmware import board
pairs = board.build("{board}").capture_iq(256, 4000)
for index in range(0, 512, 2):
    print("iq", pairs[index], pairs[index + 1])
print("done")
time.sleep(60)
""",
        ({"ch": 1, "bus": "iq0", "sensor": "doppler_if", "params": {}}, value),
        board=board,
    )
    node.console = type(node.console)(maxlen=1000)
    await node.power_on()
    await until(lambda: "done" in node.console)
    pairs = [line.split()[1:] for line in node.console if line.startswith("iq")]
    i = array("d", (float(one) for one, _ in pairs))
    q = array("d", (float(two) for _, two in pairs))
    assert len(pairs) == 256
    turns = turning(i, q)
    assert turns * 4000 == pytest.approx(44.7 * value, rel=0.02)


def turning(i, q):
    """Turns per pair, from the mean step of the angle."""
    mean_i, mean_q = sum(i) / len(i), sum(q) / len(q)
    tones = [complex(a - mean_i, b - mean_q) for a, b in zip(i, q, strict=True)]
    step = sum(b * a.conjugate() for a, b in itertools.pairwise(tones))
    return math.atan2(step.imag, step.real) / (2 * math.pi)


class Inverting(Chip):
    """Answers each byte with its complement."""

    def power(self, now_s):
        pass

    def advance(self, now_s, value):
        return []

    def exchange(self, written):
        return bytes(~byte & 0xFF for byte in written)


@pytest.mark.parametrize("board", sorted(boards.BOARDS))
async def test_spi_is_full_duplex(make_node, until, calm, board):
    node = make_node(
        f"""
import time
from firmware import board
spi = board.build("{board}").bus("spi0")
answer = bytearray(3)
spi.write_readinto(b"\\x00\\x0f\\xff", answer)
print("spi", answer, spi.read(2, 0x55), spi.write(b"x"))
time.sleep(60)
""",
        board=board,
    )
    node.peripherals._plants = [Plant(1, "spi0", Constant(calm), Inverting())]
    await node.power_on()
    await until(lambda: last(node, "spi"))
    assert node.console[-1] == r"spi bytearray(b'\xff\xf0\x00') b'\xaa\xaa' None"


async def test_pwm_is_recorded_and_an_output_follows_it(make_node, until):
    told = []
    node = make_node(
        """
import machine, time
horn = machine.PWM(machine.Pin(5), freq=2000, duty_u16=32768)
horn.freq(3000)
time.sleep_ms(100)
horn.deinit()
print("done")
time.sleep(60)
""",
        on_pin=lambda node, name, level, at_s: told.append((name, level)),
    )
    await node.power_on()
    await until(lambda: node.peripherals.pwm.get(5) == (3000, 32768))
    await until(lambda: "done" in node.console and len(told) == 2)
    assert told == [("horn", 1), ("horn", 0)]


ASK = """
import machine, time
from firmware import board
port = board.build("esp32_s3").bus("uart0")
time.sleep_ms(1100)
for request in {requests}:
    port.write(request)
    time.sleep_ms(150)
    print("answer", port.read())
time.sleep(60)
"""


def meter(**params):
    return {"ch": 1, "bus": "uart0", "sensor": "modbus_rtu", "params": params}


def answers(node):
    return [eval(line.split(maxsplit=1)[1]) for line in node.console if line.startswith("answer")]


async def test_a_dust_meter_answers_a_firmware_over_rs_485(make_node, until):
    request = b"\x01\x03\x00\x09\x00\x01"
    node = make_node(ASK.format(requests=[request + crc(request)]), (meter(), 300.0))
    await node.power_on()
    await until(lambda: answers(node))
    (answer,) = answers(node)
    assert answer[:3] == b"\x01\x03\x02" and crc(answer[:-2]) == answer[-2:]
    assert int.from_bytes(answer[3:5], "big") == pytest.approx(300, abs=8)


async def test_a_line_is_turned_round_when_the_last_bit_has_been_sent(make_node, until):
    request = b"\x01\x03\x00\x09\x00\x01"
    node = make_node(
        f"""
import time
from firmware import board
here = board.build("esp32_s3")
port, transmitter = here.bus("uart1", 9600), here.transmitter("uart1")
time.sleep_ms(1200)
for early in (True, False):
    transmitter.value(1)
    start_us = time.ticks_us()
    port.write({request + crc(request)})
    done = port.txdone()
    if not early:
        port.flush()
    print("sent", done, port.txdone(), time.ticks_diff(time.ticks_us(), start_us) >= 8_300)
    transmitter.value(0)
    time.sleep_ms(100)
    print("answer", port.read())
time.sleep(60)
""",
        ({**meter(), "bus": "uart1"}, 300.0),
    )
    await node.power_on()
    await until(lambda: len(answers(node)) == 2)
    cut, whole = answers(node)
    assert cut is None and len(whole) == 7
    assert [line for line in node.console if line.startswith("sent")] == [
        "sent False False False",
        "sent False True True",
    ]


async def test_a_board_without_such_a_pin_has_no_transmitter(make_node, until):
    node = make_node("""
import time
from firmware import board
print("has", board.build("esp32_s3").transmitter("uart0"))
time.sleep(60)
""")
    await node.power_on()
    await until(lambda: "has None" in node.console)


async def test_a_firmware_at_the_wrong_parity_gets_no_answer(make_node, until):
    request = b"\x01\x03\x00\x09\x00\x01"
    node = make_node(ASK.format(requests=[request + crc(request)]), (meter(parity="even"), 300.0))
    await node.power_on()
    await until(lambda: answers(node))
    assert answers(node) == [None]


async def test_a_firmware_at_the_wrong_speed_reads_bytes_with_broken_frames(
    make_node, until, speed
):
    node = make_node(
        """
import machine, time
port = machine.UART(2, 115200, tx=machine.Pin(15), rx=machine.Pin(16))
time.sleep_ms(600)
print("read", port.read())
time.sleep(60)
""",
        (speed, 8.0),
    )
    await node.power_on()
    await until(lambda: last(node, "read"))
    assert "8." not in node.console[-1]
    assert node.plants[0].wire.errors > 0


async def test_a_dust_sensor_is_read_on_demand_sleeps_and_wakes(make_node, until, dust):
    requests = [command(0xE1, 0), command(0xE2, 0), command(0xE4, 0), command(0xE2, 0)]
    node = make_node(ASK.format(requests=requests), (dust, 80.0))
    await node.power_on()
    await until(lambda: len(answers(node)) == 4)
    passive, frame, asleep, silence = answers(node)
    assert passive.endswith(b"\x42\x4d\x00\x04\xe1\x00\x01\x74")
    assert len(frame) == 32 and frame[15] == pytest.approx(80, abs=1)
    assert (asleep, silence) == (b"\x42\x4d\x00\x04\xe4\x00\x01\x77", None)


async def test_an_stm32_takes_no_pins_for_its_buses(make_node, until, pressure):
    node = make_node(
        """
import machine, time
try:
    machine.I2C(1, sda=machine.Pin("PB9"), scl=machine.Pin("PB8"))
except ValueError as error:
    print("error", error)
from firmware import board
print("scan", board.build("nucleo_f7").bus("i2c0").scan())
time.sleep(60)
""",
        (pressure, 0.0),
        board="nucleo_f7",
    )
    await node.power_on()
    await until(lambda: "scan [72]" in node.console)
    assert node.console[0] == "error explicit choice of pins is not implemented"


@pytest.mark.parametrize("board", sorted(boards.BOARDS))
async def test_a_board_runs_under_its_own_heap_and_flash(make_node, until, board, tmp_path):
    node = make_node(
        f"""
import gc, os, time
from firmware import board
node = board.build("{board}")
node.relay.value(1)
sizes = os.statvfs("/")
print("heap", gc.mem_free() + gc.mem_alloc(), "flash", sizes[0] * sizes[2])
time.sleep(60)
""",
        board=board,
    )
    await node.power_on()
    await until(lambda: last(node, "heap"))
    silicon = boards.BOARDS[board]
    _, heap, _, flash = last(node, "heap")
    heap_kib = int(heap) / 1024 - supervisor.SHIMS_KIB
    assert 0.9 * silicon.heap_kib < heap_kib <= silicon.heap_kib
    assert int(flash) == silicon.flash_kib * 1024


def test_firmware_and_simulator_know_the_same_boards():
    text = (wiring._PINS / "__init__.py").read_text()
    names = next(line for line in text.splitlines() if line.startswith("NAMES"))
    assert firmware.__path__ and sorted(eval(names.partition("=")[2])) == sorted(boards.BOARDS)
    assert [path.stem for path in PINS] == sorted(boards.BOARDS)


@pytest.mark.parametrize("board", sorted(boards.BOARDS))
def test_no_pin_of_a_board_has_two_duties(board):
    found = wiring.load(board)
    used = [*found.outputs, *found.inputs.values(), *found.pulses.values(), *found.analog]
    used += [pin for pins in found.buses for pin in pins]
    assert len(used) == len(set(used))


@pytest.mark.parametrize("name", sorted(boards.BOARDS))
def test_a_heap_is_within_the_cap_and_a_flash_in_whole_blocks(name):
    silicon = boards.BOARDS[name]
    assert 128 <= silicon.heap_kib <= boards.HEAP_CAP_KIB
    assert silicon.flash_kib * 1024 % silicon.erase_bytes == 0
    assert silicon.platform in boards.PORTS


async def test_a_capture_without_a_timed_converter_is_a_loop(make_node, until):
    node = make_node(
        """
import machine, time
class Slow(machine.ADC):
    read_timed_multi = None
class Plain:
    def __init__(self, id):
        self._adc = Slow(id)
    def read_u16(self):
        return self._adc.read_u16()
machine.ADC = Plain
from firmware import board
start_us = time.ticks_us()
pairs = board.build("pico_w").capture_iq(50, 500)
print("took", time.ticks_diff(time.ticks_us(), start_us), len(pairs), max(pairs) > 0 > min(pairs))
time.sleep(60)
""",
        ({"ch": 1, "bus": "iq0", "sensor": "doppler_if", "params": {"bias_v": 1.65}}, 5.0),
        board="pico_w",
    )
    await node.power_on()
    await until(lambda: last(node, "took"))
    _, took_us, count, both = last(node, "took")
    assert (count, both) == ("100", "True")
    assert int(took_us) >= 98_000
